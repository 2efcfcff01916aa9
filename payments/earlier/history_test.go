package earlier

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"banmuyuan/internal/link"
	"banmuyuan/payments"
)

var noon = time.Date(2026, 9, 18, 4, 0, 0, 0, time.UTC) // 12:00 in China

func historic(household int64) HistoricIncome {
	return HistoricIncome{Household: household, Season: 2024, Month: 9, Programme: "goose", Channel: "contract", Product: "goose",
		Qty: 3, GrossFen: 1000, FeeFen: 50, Coop: 7, PaidOn: noon}
}

func TestCheckHistory(t *testing.T) {
	t.Parallel()
	if err := CheckHistory(nil); err != nil {
		t.Error(err)
	}
	for i, change := range []func(*HistoricIncome){
		func(*HistoricIncome) {},
		func(r *HistoricIncome) { r.FeeFen, r.Coop = 0, 0 },
		func(r *HistoricIncome) { r.FeeFen = r.GrossFen - 1 },
		func(r *HistoricIncome) { r.GrossFen = payments.MaxFen },
		func(r *HistoricIncome) { r.Month = 1 },
		func(r *HistoricIncome) { r.Month = 12 },
		func(r *HistoricIncome) { r.Household, r.Coop = 1, 1 },
	} {
		r := historic(17)
		change(&r)
		if err := CheckHistory([]HistoricIncome{r}); err != nil {
			t.Errorf("%d: %+v: %v", i, r, err)
		}
	}
	for i, change := range []func(*HistoricIncome){
		func(r *HistoricIncome) { r.Household = 0 },
		func(r *HistoricIncome) { r.GrossFen, r.FeeFen = 0, 0 },
		func(r *HistoricIncome) { r.GrossFen = payments.MaxFen + 1 },
		func(r *HistoricIncome) { r.FeeFen = -1 },
		func(r *HistoricIncome) { r.FeeFen = r.GrossFen },
		func(r *HistoricIncome) { r.Coop = 0 },
		func(r *HistoricIncome) { r.PaidOn = time.Time{} },
		func(r *HistoricIncome) { r.Month = 0 },
		func(r *HistoricIncome) { r.Month = 13 },
	} {
		r := historic(17)
		change(&r)
		err := CheckHistory([]HistoricIncome{historic(1), r})
		if link.CodeOf(err) != link.Invalid || link.AsError(err).Key != "malformed" {
			t.Errorf("%v", err)
		}
		if err != nil && link.AsError(err).Field != "[1]" {
			t.Errorf("%d: the error is about %q", i, link.AsError(err).Field)
		}
	}
}

func TestHistoryPosting(t *testing.T) {
	t.Parallel()
	r := historic(17)
	r.PaidOn = time.Date(2024, 10, 31, 16, 0, 0, 0, time.UTC) // the next day in China
	if got := r.Posting(); got != "history:2024:09:goose:contract:goose:2024-11-01" {
		t.Errorf("the key is %q", got)
	}
}

func TestSumHistory(t *testing.T) {
	t.Parallel()
	a, b, c, d := historic(1), historic(2), historic(3), historic(4)
	b.Coop, b.FeeFen = 5, 30
	c.Coop, c.FeeFen = 0, 0
	got := SumHistory([]HistoricIncome{a, b, c, d})
	if got.GrossFen != 4000 || got.NetFen != 3870 || !slices.Equal(got.Fees, []CoopFee{{Coop: 5, Fen: 30}, {Coop: 7, Fen: 100}}) {
		t.Errorf("%+v", got)
	}
}

// A chunk holds whole groups, no group is booked twice, and what a group's bank receives leaves it or is owed as fees.
func TestHistoryGroups(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		rows := make([]HistoricIncome, rapid.IntRange(0, 40).Draw(t, "rows"))
		for i := range rows {
			r := historic(rapid.Int64Range(1, 5).Draw(t, "household"))
			r.Month = rapid.IntRange(8, 10).Draw(t, "month")
			r.Product = rapid.SampledFrom([]string{"goose", "egg"}).Draw(t, "product")
			r.FeeFen = rapid.Int64Range(0, 999).Draw(t, "fee")
			r.Coop = rapid.Int64Range(1, 3).Draw(t, "coop")
			rows[i] = r
		}
		before := slices.Clone(rows)
		sorted := SortHistory(rows)
		if !slices.Equal(before, rows) || len(sorted) != len(rows) {
			t.Fatal("the rows were changed")
		}
		least := rapid.IntRange(1, 12).Draw(t, "least")
		seen := map[string]bool{}
		for rest := sorted; len(rest) > 0; {
			n := HistoryGroups(rest, least)
			if n < min(least, len(rest)) || n > len(rest) {
				t.Fatalf("%d of %d rows, at least %d", n, len(rest), least)
			}
			if fewer := n - 1; fewer >= least && fewer > 0 && rest[fewer-1].Posting() != rest[fewer].Posting() {
				t.Fatalf("%d rows would have been enough", fewer)
			}
			keys := map[string]bool{}
			for i, r := range rest[:n] {
				if seen[r.Posting()] {
					t.Fatalf("%s is divided", r.Posting())
				}
				if i > 0 && keys[r.Posting()] && r.Posting() == rest[i-1].Posting() && r.Household < rest[i-1].Household {
					t.Fatal("households are out of order")
				}
				keys[r.Posting()] = true
			}
			for k := range keys {
				seen[k] = true
			}
			s := SumHistory(rest[:n])
			fees := int64(0)
			for i, f := range s.Fees {
				if fees += f.Fen; f.Fen <= 0 || i > 0 && f.Coop <= s.Fees[i-1].Coop {
					t.Fatalf("fees are %v", s.Fees)
				}
			}
			if s.GrossFen != s.NetFen+fees {
				t.Fatal(fmt.Sprint(s, " do not add up"))
			}
			rest = rest[n:]
		}
	})
}

func TestNoRowsAreNeeded(t *testing.T) {
	t.Parallel()
	if n := HistoryGroups([]HistoricIncome{historic(1), historic(2)}, 0); n != 0 {
		t.Errorf("%d rows, none are needed", n)
	}
}
