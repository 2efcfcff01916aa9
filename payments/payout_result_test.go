package payments_test

import (
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"banmuyuan/payments"
)

func TestDecideResult(t *testing.T) {
	t.Parallel()
	items := []payments.ResultItem{
		{ID: 11, Line: 1, AmountFen: 100, State: payments.ItemSent, Account: 91},
		{ID: 12, Line: 2, AmountFen: 200, State: payments.ItemPaid, Account: 92},
		{ID: 13, Line: 3, AmountFen: 300, State: payments.ItemReturned, Account: 93},
	}
	row := func(line int, paid bool, change ...func(*payments.ResultRow)) payments.ResultRow {
		r := payments.ResultRow{Line: line + 1, Item: payments.ItemNo("DF1", line), Fen: int64(line) * 100, Paid: paid}
		if !paid {
			r.Reason = "账户已销户"
		}
		for _, c := range change {
			c(&r)
		}
		return r
	}
	on := func(d time.Time) func(*payments.ResultRow) { return func(r *payments.ResultRow) { r.Date = d } }
	first := row(1, true)
	for name, c := range map[string]struct {
		rows     []payments.ResultRow
		effect   payments.ResultEffect
		problems []string
	}{
		"paid today":        {[]payments.ResultRow{first}, payments.ResultEffect{Paid: []payments.PaidItem{{ID: 11, On: "2026-09-18"}}, PaidFen: 100}, nil},
		"paid on a day":     {[]payments.ResultRow{row(1, true, on(time.Date(2026, 9, 16, 0, 0, 0, 0, time.UTC)))}, payments.ResultEffect{Paid: []payments.PaidItem{{ID: 11, On: "2026-09-16"}}, PaidFen: 100}, nil},
		"in the future":     {[]payments.ResultRow{row(1, true, on(noon.AddDate(0, 0, 2).Add(1)))}, payments.ResultEffect{}, []string{"payout.result.bad_date"}},
		"returned":          {[]payments.ResultRow{row(1, false)}, payments.ResultEffect{Returned: []payments.ReturnedItem{{ID: 11, Reason: "账户已销户"}}, Unusable: []int64{91}}, nil},
		"busy":              {[]payments.ResultRow{row(1, false, func(r *payments.ResultRow) { r.Reason = "系统繁忙" })}, payments.ResultEffect{Returned: []payments.ReturnedItem{{ID: 11, Reason: "系统繁忙"}}}, nil},
		"recalled":          {[]payments.ResultRow{first, row(2, false)}, payments.ResultEffect{Paid: []payments.PaidItem{{ID: 11, On: "2026-09-18"}}, PaidFen: 100, Returned: []payments.ReturnedItem{{ID: 12, Reason: "账户已销户", Recall: true}}, Unusable: []int64{92}}, nil},
		"repeated":          {[]payments.ResultRow{first, row(2, true), row(3, false)}, payments.ResultEffect{Paid: []payments.PaidItem{{ID: 11, On: "2026-09-18"}}, PaidFen: 100}, nil},
		"paid after return": {[]payments.ResultRow{first, row(3, true)}, payments.ResultEffect{Paid: []payments.PaidItem{{ID: 11, On: "2026-09-18"}}, PaidFen: 100}, []string{"payout.result.already_returned"}},
		"another amount":    {[]payments.ResultRow{row(1, true, func(r *payments.ResultRow) { r.Fen = 101 })}, payments.ResultEffect{}, []string{"payout.result.amount_differs"}},
		"a smaller amount":  {[]payments.ResultRow{row(1, true, func(r *payments.ResultRow) { r.Fen = 99 })}, payments.ResultEffect{}, []string{"payout.result.amount_differs"}},
		"not answered yet":  {nil, payments.ResultEffect{Missing: 1}, nil},
		"a year wrong":      {[]payments.ResultRow{row(1, true, on(time.Date(2006, 9, 18, 0, 0, 0, 0, time.UTC)))}, payments.ResultEffect{}, []string{"payout.result.before_batch"}},
		"just too early":    {[]payments.ResultRow{row(1, true, on(noon.AddDate(0, 0, -31).Add(-1)))}, payments.ResultEffect{}, []string{"payout.result.before_batch"}},
		"a value day":       {[]payments.ResultRow{row(1, true, on(noon.AddDate(0, 0, -31)))}, payments.ResultEffect{Paid: []payments.PaidItem{{ID: 11, On: "2026-08-18"}}, PaidFen: 100}, nil},
		"twice":             {[]payments.ResultRow{first, first}, payments.ResultEffect{Paid: []payments.PaidItem{{ID: 11, On: "2026-09-18"}}, PaidFen: 100}, []string{"payout.result.duplicate_item"}},
		"unknown":           {[]payments.ResultRow{first, row(7, true)}, payments.ResultEffect{Paid: []payments.PaidItem{{ID: 11, On: "2026-09-18"}}, PaidFen: 100}, []string{"payout.result.unknown_item"}},
	} {
		got, problems := payments.DecideResult("DF1", items, c.rows, noon, noon)
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
		items, rows := make([]payments.ResultItem, n), make([]payments.ResultRow, n)
		var paidFen int64
		for i := range items {
			fen := rapid.Int64Range(1, 1000).Draw(t, "fen")
			items[i] = payments.ResultItem{ID: int64(i + 1), Line: i + 1, AmountFen: fen, State: payments.ItemSent}
			rows[i] = payments.ResultRow{Line: i + 2, Item: payments.ItemNo("DF1", i+1), Fen: fen, Paid: rapid.Bool().Draw(t, "paid")}
			if rows[i].Paid {
				paidFen += fen
			}
		}
		e, problems := payments.DecideResult("DF1", items, rows, noon, noon)
		if len(problems) > 0 || len(e.Paid)+len(e.Returned) != n || e.PaidFen != paidFen {
			t.Fatalf("%+v %+v", e, problems)
		}
		for _, p := range e.Paid {
			items[p.ID-1].State = payments.ItemPaid
		}
		for _, p := range e.Returned {
			items[p.ID-1].State = payments.ItemReturned
		}
		e, problems = payments.DecideResult("DF1", items, rows, noon, noon)
		if len(problems) > 0 || len(e.Paid)+len(e.Returned) > 0 || e.PaidFen != 0 {
			t.Fatalf("again: %+v %+v", e, problems)
		}
	})
}

func TestUnusableAccount(t *testing.T) {
	t.Parallel()
	for reason, want := range map[string]bool{"账户已销户": true, "户名不符": true, "账号不存在": true, "账户冻结": true, "收款行暂停受理，请重新提交": false, "": false} {
		if got := payments.UnusableAccount(reason); got != want {
			t.Errorf("%s: %t", reason, got)
		}
	}
}
