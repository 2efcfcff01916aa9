package contract_test

import (
	"fmt"
	"testing"

	"banmuyuan/orders"
	"banmuyuan/orders/contract"
)

func TestRate(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ received, short, want int64 }{{0, 0, -1}, {0, 1, 0}, {1, 1, 5000}, {1, 0, 10_000}, {1, 2, 3333}} {
		if got := contract.Rate(c.received, c.short); got != c.want {
			t.Errorf("%d received, %d short: %d", c.received, c.short, got)
		}
	}
}

func TestFulfilmentAddsUp(t *testing.T) {
	t.Parallel()
	var f contract.Fulfilment
	f.Add(contract.FulfilmentRow{HouseholdID: 1, VillageID: 7, Village: "东", Signed: 10, CalledOff: 8, Received: 5, Short: 3})
	f.Add(contract.FulfilmentRow{HouseholdID: 2, VillageID: 7, Village: "东", Signed: 20, CalledOff: 2, Received: 2})
	f.Add(contract.FulfilmentRow{HouseholdID: 3, VillageID: 8, Village: "西", Signed: 30})
	if len(f.Households) != 3 || len(f.Villages) != 2 {
		t.Fatalf("%+v", f)
	}
	for name, c := range map[string]struct{ got, want contract.FulfilmentRow }{
		"household":          {f.Households[0], contract.FulfilmentRow{HouseholdID: 1, VillageID: 7, Village: "东", Households: 1, Signed: 10, CalledOff: 8, Received: 5, Short: 3, RateBP: 6250}},
		"village":            {f.Villages[0], contract.FulfilmentRow{VillageID: 7, Village: "东", Households: 2, Signed: 30, CalledOff: 10, Received: 7, Short: 3, RateBP: 7000}},
		"village of nothing": {f.Villages[1], contract.FulfilmentRow{VillageID: 8, Village: "西", Households: 1, Signed: 30, RateBP: -1}},
		"contract":           {f.Contract, contract.FulfilmentRow{Households: 3, Signed: 60, CalledOff: 10, Received: 7, Short: 3, RateBP: 7000}},
	} {
		if c.got != c.want {
			t.Errorf("%s: %+v", name, c.got)
		}
	}
}

func TestStopsAreSorted(t *testing.T) {
	t.Parallel()
	stops := []contract.PlanStop{
		{OrderNo: "5", Day: "2026-08-02", Township: "a", Village: "a"}, {OrderNo: "4", Day: "2026-08-01", Township: "ab", Village: "a"},
		{OrderNo: "2", Day: "2026-08-01", Township: "a", Village: "b"}, {OrderNo: "3", Day: "2026-08-01", Township: "a", Village: "b"},
		{OrderNo: "1", Day: "2026-08-01", Township: "a", Village: "a"},
	}
	contract.SortStops(stops)
	rows := []contract.CallOffRow{{OrderNo: "1", Late: true}, {OrderNo: "4"}, {OrderNo: "2", Late: true}, {OrderNo: "5"}, {OrderNo: "3", Late: true}}
	contract.LateFirst(rows)
	for i, s := range stops {
		if s.OrderNo != fmt.Sprint(i+1) {
			t.Errorf("stops: %+v", stops)
			break
		}
	}
	for i, r := range rows {
		if r.OrderNo != fmt.Sprint(i+1) {
			t.Errorf("call-offs: %+v", rows)
			break
		}
	}
}

func TestLateItems(t *testing.T) {
	t.Parallel()
	made := func(change func(*contract.Contract)) contract.Contract {
		c := contract.Contract{No: "HT1", Terms: terms(), Unit: "head", Signed: 100}
		change(&c)
		return c
	}
	for name, c := range map[string]struct {
		contract contract.Contract
		today    string
		want     contract.LateItem
	}{
		"signing is over": {made(func(c *contract.Contract) { c.State, c.AdvanceDue = contract.Signing, 9 }), "2026-08-21",
			contract.LateItem{Kind: "start", Since: "2026-08-20", Qty: 100}},
		"signing ends today": {made(func(c *contract.Contract) { c.State = contract.Signing }), "2026-08-20", contract.LateItem{}},
		"not called off": {made(func(c *contract.Contract) { c.State, c.CalledOff, c.AdvanceDue = contract.Running, 60, 9 }), "2026-10-02",
			contract.LateItem{Kind: "call_off", Since: "2026-10-01", Qty: 40}},
		"last day":                {made(func(c *contract.Contract) { c.State, c.CalledOff = contract.Running, 60 }), "2026-10-01", contract.LateItem{}},
		"all called off":          {made(func(c *contract.Contract) { c.State, c.CalledOff = contract.Running, 100 }), "2026-10-02", contract.LateItem{}},
		"closed":                  {made(func(c *contract.Contract) { c.State = contract.Closed }), "2026-10-02", contract.LateItem{}},
		"advance due":             {made(func(c *contract.Contract) { c.State, c.AdvanceDue = contract.Running, 1 }), "2026-09-01", contract.LateItem{Kind: "advance", AmountFen: 1}},
		"advance due when closed": {made(func(c *contract.Contract) { c.State, c.AdvanceDue = contract.Closed, 5 }), "2026-10-02", contract.LateItem{Kind: "advance", AmountFen: 5}},
	} {
		want := []contract.LateItem{}
		if c.want.Kind != "" {
			c.want.ContractNo, c.want.Title, c.want.Unit = "HT1", "中秋大鹅收购", "head"
			want = append(want, c.want)
		}
		if got := (contract.Procurement{Contracts: []contract.Contract{c.contract}}).LateItems(c.today); fmt.Sprint(got) != fmt.Sprint(want) || got == nil {
			t.Errorf("%s: %+v, want %+v", name, got, want)
		}
	}
	row := contract.CallOffRow{OrderNo: "BM1", ContractNo: "HT1", Title: "x", Day: "2026-08-01", Unit: "head", Ordered: 10, Received: 5, Short: 2, BilledFen: 90, PaidFen: 30}
	late, billed, other := row, row, row
	late.Late, billed.State, other.State, other.PaidFen = true, orders.StateBilled, orders.StatePaid, 90
	got := contract.Procurement{CallOffs: []contract.CallOffRow{late, billed, other}}.LateItems("2026-08-02")
	want := []contract.LateItem{
		{Kind: "collection", ContractNo: "HT1", Title: "x", OrderNo: "BM1", Since: "2026-08-01", Qty: 3, Unit: "head"},
		{Kind: "payment", ContractNo: "HT1", Title: "x", OrderNo: "BM1", Since: "2026-08-01", AmountFen: 60, Unit: "head"},
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%+v", got)
	}
}

func TestTimelineSumsUpSignatures(t *testing.T) {
	t.Parallel()
	entry := func(key, qty, actor string) orders.TimelineEntry {
		return orders.TimelineEntry{Key: "contract.timeline." + key, Actor: actor, Args: map[string]string{"qty": qty}}
	}
	var all []orders.TimelineEntry
	for _, e := range []orders.TimelineEntry{entry("open", "1", "a"), entry("open", "1", "a"), entry("signed", "10", "b"), entry("signed", "20", "c"), entry("signed", "5", "d"),
		entry("declined", "7", "e"), entry("declined", "8", "f"), entry("signed", "1", "g"), entry("signed", "x", "h"), entry("signed", "2", "i")} {
		all = contract.AppendEntry(all, e)
	}
	var got []string
	for _, e := range all {
		got = append(got, fmt.Sprint(e.Key[len("contract.timeline."):], " ", e.Args["n"], " ", e.Args["qty"], " ", e.Actor))
	}
	want := []string{"open  1 a", "open  1 a", "signed 3 35 ", "declined 2 15 ", "signed 1 1 g", "signed 1 x h", "signed 1 2 i"}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%q", got)
	}
	first := contract.AppendEntry(contract.AppendEntry(nil, entry("signed", "1", "a")), entry("signed", "2", "b"))
	if len(first) != 1 || first[0].Args["qty"] != "3" {
		t.Errorf("%+v", first)
	}
}
