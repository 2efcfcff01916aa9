package postgres_test

import (
	"fmt"
	"testing"
	"time"

	"banmuyuan/internal/link"
	"banmuyuan/payments"
	"banmuyuan/payments/earlier"
)

func history(households, months int) []earlier.HistoricIncome {
	var rows []earlier.HistoricIncome
	for m := range months {
		for h := range households {
			gross := int64(10000 + h%997 + m)
			rows = append(rows, earlier.HistoricIncome{Household: int64(h + 1), Season: 2024, Month: m%12 + 1, Programme: "geese",
				Channel: []string{"contract", "market"}[m%2], Product: fmt.Sprintf("goose-%d", m/12), Qty: 3, NetGrams: 9000, GrossFen: gross, FeeFen: gross / 20, Coop: int64(1 + h%3),
				PaidOn: time.Date(2024, time.Month(m%12+1), 28, 0, 0, 0, 0, time.FixedZone("CST", 8*3600))})
		}
	}
	return rows
}

func TestHistoryIsInTheBooksToTheFen(t *testing.T) {
	b := setup(t)
	rows := history(2000, 14)
	var gross, fee int64
	for _, r := range rows {
		gross += r.GrossFen
		fee += r.FeeFen
	}
	var heard []int
	for range 2 { // loading again changes nothing
		if err := b.svc.LoadHistory(system(), rows, func(n int) { heard = append(heard, n) }); err != nil {
			t.Fatal(err)
		}
	}
	if heard[len(heard)-1] != len(rows) {
		t.Errorf("progress is %v", heard)
	}
	tb, err := b.svc.TrialBalance(operator, payments.None{})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]int64{}
	for _, r := range tb.Rows {
		got[r.Kind] = r.BalanceFen
		if r.Kind == "payable" && (r.CreditFen != gross-fee || r.DebitFen != gross-fee) {
			t.Errorf("payable: %+v, want %d through it", r, gross-fee)
		}
	}
	if tb.SumFen != 0 || got["bank"] != fee || got["payable_coop"] != -fee || got["payable"] != 0 {
		t.Errorf("balances are %v, fees %d", got, fee)
	}
	var after, sum int64
	n := 0
	for {
		page, err := b.svc.IncomeFacts(system(), payments.SourcesRequest{After: after, Limit: 5000})
		if err != nil {
			t.Fatal(err)
		}
		if len(page.Items) == 0 {
			break
		}
		for _, f := range page.Items {
			sum += f.AmountFen
			n++
			if f.State != payments.PayablePaid || f.PaidOn == nil || f.Origin.Season != 2024 || f.Origin.Programme != "geese" || f.Origin.Qty != 3 {
				t.Fatalf("fact is %+v", f)
			}
			after = f.ID
		}
	}
	if n != len(rows) || sum != gross-fee {
		t.Errorf("%d facts of %d fen, want %d of %d", n, sum, len(rows), gross-fee)
	}
	if h := b.household(7); h.PaidFen == 0 || h.ReleasedFen != 0 {
		t.Errorf("household is %+v", h)
	}
}

func TestHistoryThatCannotBeIsRefused(t *testing.T) {
	b := setup(t)
	rows := history(3, 1)
	rows[1].FeeFen = rows[1].GrossFen + 1
	if err := b.svc.LoadHistory(system(), rows, nil); link.CodeOf(err) != link.Invalid {
		t.Errorf("error is %v", err)
	}
	if err := b.svc.LoadHistory(operator, history(1, 1), nil); link.CodeOf(err) != link.Forbidden {
		t.Errorf("error is %v", err)
	}
	// Half of it there already: somebody loads another history.
	if err := b.svc.LoadHistory(system(), history(3, 1), nil); err != nil {
		t.Fatal(err)
	}
	if err := b.svc.LoadHistory(system(), history(5, 1), nil); link.CodeOf(err) != link.Conflict {
		t.Errorf("error is %v", err)
	}
}
