package payout_test

import (
	"maps"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"banmuyuan/payments"
	"banmuyuan/payments/payout"
)

var noon = time.Date(2026, 9, 18, 4, 0, 0, 0, time.UTC) // 12:00 in China

func TestDecideResult(t *testing.T) {
	t.Parallel()
	items := []payout.ResultItem{
		{ID: 11, Line: 1, AmountFen: 100, State: payments.ItemSent, Account: 91},
		{ID: 12, Line: 2, AmountFen: 200, State: payments.ItemPaid, Account: 92},
		{ID: 13, Line: 3, AmountFen: 300, State: payments.ItemReturned, Account: 93},
	}
	row := func(line int, paid bool, change ...func(*payout.ResultRow)) payout.ResultRow {
		r := payout.ResultRow{Line: line + 1, Item: payout.ItemNo("DF1", line), Fen: int64(line) * 100, Paid: paid}
		if !paid {
			r.Reason = "账户已销户"
		}
		for _, c := range change {
			c(&r)
		}
		return r
	}
	on := func(d time.Time) func(*payout.ResultRow) { return func(r *payout.ResultRow) { r.Date = d } }
	first := row(1, true)
	for name, c := range map[string]struct {
		rows     []payout.ResultRow
		effect   payout.ResultEffect
		problems []string
	}{
		"paid today":        {[]payout.ResultRow{first}, payout.ResultEffect{Paid: []payout.PaidItem{{ID: 11, On: "2026-09-18"}}, PaidFen: 100}, nil},
		"paid on a day":     {[]payout.ResultRow{row(1, true, on(time.Date(2026, 9, 16, 0, 0, 0, 0, time.UTC)))}, payout.ResultEffect{Paid: []payout.PaidItem{{ID: 11, On: "2026-09-16"}}, PaidFen: 100}, nil},
		"in the future":     {[]payout.ResultRow{row(1, true, on(noon.AddDate(0, 0, 2).Add(1)))}, payout.ResultEffect{}, []string{"payout.result.bad_date"}},
		"returned":          {[]payout.ResultRow{row(1, false)}, payout.ResultEffect{Returned: []payout.ReturnedItem{{ID: 11, Reason: "账户已销户"}}, Unusable: []int64{91}}, nil},
		"busy":              {[]payout.ResultRow{row(1, false, func(r *payout.ResultRow) { r.Reason = "系统繁忙" })}, payout.ResultEffect{Returned: []payout.ReturnedItem{{ID: 11, Reason: "系统繁忙"}}}, nil},
		"recalled":          {[]payout.ResultRow{first, row(2, false)}, payout.ResultEffect{Paid: []payout.PaidItem{{ID: 11, On: "2026-09-18"}}, PaidFen: 100, Returned: []payout.ReturnedItem{{ID: 12, Reason: "账户已销户", Recall: true}}, Unusable: []int64{92}}, nil},
		"repeated":          {[]payout.ResultRow{first, row(2, true), row(3, false)}, payout.ResultEffect{Paid: []payout.PaidItem{{ID: 11, On: "2026-09-18"}}, PaidFen: 100}, nil},
		"paid after return": {[]payout.ResultRow{first, row(3, true)}, payout.ResultEffect{Paid: []payout.PaidItem{{ID: 11, On: "2026-09-18"}}, PaidFen: 100}, []string{"payout.result.already_returned"}},
		"another amount":    {[]payout.ResultRow{row(1, true, func(r *payout.ResultRow) { r.Fen = 101 })}, payout.ResultEffect{}, []string{"payout.result.amount_differs"}},
		"a smaller amount":  {[]payout.ResultRow{row(1, true, func(r *payout.ResultRow) { r.Fen = 99 })}, payout.ResultEffect{}, []string{"payout.result.amount_differs"}},
		"not answered yet":  {nil, payout.ResultEffect{Missing: 1}, nil},
		"a year wrong":      {[]payout.ResultRow{row(1, true, on(time.Date(2006, 9, 18, 0, 0, 0, 0, time.UTC)))}, payout.ResultEffect{}, []string{"payout.result.before_batch"}},
		"just too early":    {[]payout.ResultRow{row(1, true, on(noon.AddDate(0, 0, -31).Add(-1)))}, payout.ResultEffect{}, []string{"payout.result.before_batch"}},
		"a value day":       {[]payout.ResultRow{row(1, true, on(noon.AddDate(0, 0, -31)))}, payout.ResultEffect{Paid: []payout.PaidItem{{ID: 11, On: "2026-08-18"}}, PaidFen: 100}, nil},
		"twice":             {[]payout.ResultRow{first, first}, payout.ResultEffect{Paid: []payout.PaidItem{{ID: 11, On: "2026-09-18"}}, PaidFen: 100}, []string{"payout.result.duplicate_item"}},
		"unknown":           {[]payout.ResultRow{first, row(7, true)}, payout.ResultEffect{Paid: []payout.PaidItem{{ID: 11, On: "2026-09-18"}}, PaidFen: 100}, []string{"payout.result.unknown_item"}},
	} {
		got, problems := payout.DecideResult("DF1", items, c.rows, noon, noon)
		var keys []string
		for _, p := range problems {
			keys = append(keys, p.Key)
		}
		if !reflect.DeepEqual(keys, c.problems) || !reflect.DeepEqual(got, c.effect) {
			t.Errorf("%s: %+v %v, want %+v %v", name, got, keys, c.effect, c.problems)
		}
	}
}

// A file that was applied and comes again changes nothing, and each item of a first file is paid or returned once.
func TestDecideResultOnce(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 12).Draw(t, "items")
		items, rows := make([]payout.ResultItem, n), make([]payout.ResultRow, n)
		var paidFen int64
		for i := range items {
			fen := rapid.Int64Range(1, 1000).Draw(t, "fen")
			items[i] = payout.ResultItem{ID: int64(i + 1), Line: i + 1, AmountFen: fen, State: payments.ItemSent}
			rows[i] = payout.ResultRow{Line: i + 2, Item: payout.ItemNo("DF1", i+1), Fen: fen, Paid: rapid.Bool().Draw(t, "paid")}
			if rows[i].Paid {
				paidFen += fen
			}
		}
		e, problems := payout.DecideResult("DF1", items, rows, noon, noon)
		if len(problems) > 0 || len(e.Paid)+len(e.Returned) != n || e.PaidFen != paidFen {
			t.Fatalf("%+v %+v", e, problems)
		}
		for _, p := range e.Paid {
			items[p.ID-1].State = payments.ItemPaid
		}
		for _, p := range e.Returned {
			items[p.ID-1].State = payments.ItemReturned
		}
		e, problems = payout.DecideResult("DF1", items, rows, noon, noon)
		if len(problems) > 0 || len(e.Paid)+len(e.Returned) > 0 || e.PaidFen != 0 {
			t.Fatalf("again: %+v %+v", e, problems)
		}
	})
}

func TestUnusableAccount(t *testing.T) {
	t.Parallel()
	for reason, want := range map[string]bool{"账户已销户": true, "户名不符": true, "账号不存在": true, "账户冻结": true, "收款行暂停受理，请重新提交": false, "": false} {
		if got := payout.UnusableAccount(reason); got != want {
			t.Errorf("%s: %t", reason, got)
		}
	}
}

func TestResultProblems(t *testing.T) {
	t.Parallel()
	items := []payout.ResultItem{{ID: 1, Line: 1, AmountFen: 123450, State: payments.ItemSent}, {ID: 2, Line: 2, AmountFen: 1, State: payments.ItemSent}}
	no := payout.ItemNo("DF1", 1)
	effect, problems := payout.DecideResult("DF1", items, []payout.ResultRow{{Line: 5, Item: no, Fen: 5, Paid: true}, {Line: 6, Item: payout.ItemNo("DF1", 2), Fen: 1, Reason: strings.Repeat("字", 201)}}, noon, noon)
	if len(problems) != 1 || problems[0].Line != 5 || !maps.Equal(problems[0].Args, map[string]string{"item": no, "want": "1234.50", "got": "0.05"}) {
		t.Errorf("problems %+v", problems)
	}
	if len(effect.Returned) != 1 || effect.Returned[0].Reason != strings.Repeat("字", 200) {
		t.Errorf("returned %+v", effect.Returned)
	}
	if effect, _ := payout.DecideResult("DF1", items[1:], []payout.ResultRow{{Line: 6, Item: payout.ItemNo("DF1", 2), Fen: 1, Reason: strings.Repeat("字", 200)}}, noon, noon); effect.Returned[0].Reason != strings.Repeat("字", 200) {
		t.Errorf("returned %+v", effect.Returned)
	}
}
