package orders_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/orders"
)

const key = "12345678"

func TestCheckShort(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		r    orders.ShortRequest
		want []string
	}{
		"right":     {orders.ShortRequest{IdempotencyKey: key, Units: 1, Reason: "other"}, nil},
		"no units":  {orders.ShortRequest{IdempotencyKey: key, Reason: "died"}, []string{"short.units units"}},
		"no reason": {orders.ShortRequest{IdempotencyKey: key, Units: 1}, []string{"short.reason reason"}},
		"nothing":   {orders.ShortRequest{Units: -1, Reason: "x"}, []string{"order.key.invalid idempotency_key", "short.units units", "short.reason reason"}},
	} {
		var problems link.Problems
		orders.CheckShort(&problems, c.r)
		if got := said(problems); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestCheckShortfall(t *testing.T) {
	t.Parallel()
	whose := []string{"shortfall.whose village_id"}
	for _, c := range []struct {
		village, household int64
		reason             string
		want               []string
	}{
		{1, 0, "harvest", nil}, {0, 1, "quality", nil}, {0, 0, "refused", whose}, {1, 1, "died", whose}, {-1, 1, "died", whose}, {1, -1, "died", whose},
		{1, 0, "", []string{"short.reason reason"}},
	} {
		var problems link.Problems
		orders.CheckShortfall(&problems, orders.ShortfallRequest{IdempotencyKey: key, VillageID: c.village, HouseholdID: c.household, Reason: c.reason})
		if got := said(problems); !slices.Equal(got, c.want) {
			t.Errorf("%+v: %q", c, got)
		}
	}
	var problems link.Problems
	if orders.CheckShortfall(&problems, orders.ShortfallRequest{VillageID: 1, Reason: "died"}); len(problems) != 1 || problems[0].Key != "order.key.invalid" {
		t.Errorf("without a key: %q", said(problems))
	}
}

func TestWish(t *testing.T) {
	t.Parallel()
	later := midday.Add(48 * time.Hour)
	for _, c := range []struct {
		asked, wish orders.Shortage
		ok          bool
		until       *time.Time
		seek        bool
	}{
		{"", orders.ShortageRefill, true, nil, true}, {orders.ShortageRefill, orders.ShortageRefill, true, nil, true},
		{orders.ShortageRefund, orders.ShortageRefund, true, nil, false}, {orders.ShortageAsk, orders.ShortageAsk, true, &later, true},
		{"never", "never", false, nil, true},
	} {
		wish, ok := c.asked.Or()
		if wish != c.wish || ok != c.ok {
			t.Errorf("%q is %q, %v", c.asked, wish, ok)
		}
		until, seek := wish.SeekUntil(midday)
		if seek != c.seek || (until == nil) != (c.until == nil) || until != nil && !until.Equal(*c.until) {
			t.Errorf("%q asks until %v, seeks %v", wish, until, seek)
		}
	}
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a           orders.ShortageAnswer
		valid, ends bool
	}{
		{orders.AnswerRefill, true, false}, {orders.AnswerLess, true, true}, {orders.AnswerCancel, true, true}, {"", false, true}, {"maybe", false, true},
	} {
		if c.a.Valid() != c.valid || c.a.EndsSearch() != c.ends {
			t.Errorf("%q: %v, %v", c.a, c.a.Valid(), c.a.EndsSearch())
		}
	}
}

func TestLessAfter(t *testing.T) {
	t.Parallel()
	soldOut := func(left string) error { return link.E(link.SoldOut, "reserve.sold_out", "", "left", left) }
	for _, c := range []struct {
		asked   int64
		refusal error
		want    int64
	}{
		{10, soldOut("4"), 4}, {10, soldOut("9"), 9}, {10, soldOut("10"), 9}, {10, soldOut("50"), 9}, {10, soldOut("0"), 0}, {10, soldOut("-3"), 0},
		{10, soldOut("many"), 0}, {10, soldOut(""), 0}, {1, soldOut("1"), 0}, {10, link.E(link.Conflict, "presale.closed", "", "left", "4"), 0},
		{10, errors.New("left 4"), 0},
	} {
		if got := orders.LessAfter(c.asked, c.refusal); got != c.want {
			t.Errorf("after %d, %v: %d, want %d", c.asked, c.refusal, got, c.want)
		}
	}
}

func TestShortOutcome(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		reported, found int64
		looking         bool
		want            orders.ShortResult
	}{
		{5, 0, false, orders.ShortResult{Short: 5}}, {5, 2, false, orders.ShortResult{Refilled: 2, Short: 3}},
		{5, 2, true, orders.ShortResult{Refilled: 2, Looking: 3}}, {5, 5, true, orders.ShortResult{Refilled: 5}}, {5, 5, false, orders.ShortResult{Refilled: 5}},
	} {
		got := orders.ShortOutcome(c.reported, c.found, c.looking)
		if got.Refilled != c.want.Refilled || got.Looking != c.want.Looking || got.Short != c.want.Short {
			t.Errorf("%+v: %+v", c, got)
		}
	}
	if got := (orders.Shortfall{Units: 20, Refilled: 1, Looking: 2, Asked: 4}).RefundedUnits(); got != 13 {
		t.Errorf("%d units are refunded", got)
	}
}

func TestReportShort(t *testing.T) {
	t.Parallel()
	c := orders.ShareCount{Qty: 10, Received: 4, Held: 1, Short: 2, Returned: 1, NetGrams: 9}
	got, err := c.ReportShort(3)
	if err != nil || got != (orders.ShareCount{Qty: 10, Received: 4, Held: 1, Short: 5, Returned: 4, NetGrams: 9}) {
		t.Errorf("%+v, %v", got, err)
	}
	got, err = c.ReportShort(4)
	if got != c || !isError(err, link.Invalid, "short.units.above_share") || link.AsError(err).Args["room"] != "3" || link.AsError(err).Field != "units" {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestCloseShares(t *testing.T) {
	t.Parallel()
	if _, err := orders.CloseShares(nil); !isError(err, link.NotFound, "village.no_shares") {
		t.Error(err)
	}
	all := []orders.ShareCount{{Qty: 10, Received: 4}, {Qty: 5, Short: 5}, {Qty: 7, Received: 1, Short: 2}}
	if missing, err := orders.CloseShares(all); err != nil || missing != 10 {
		t.Errorf("%d are missing, %v", missing, err)
	}
	if _, err := orders.CloseShares(append(all, orders.ShareCount{Qty: 5, Held: 1})); !isError(err, link.Conflict, "village.held_tickets") {
		t.Error(err)
	}
}

func TestSplit(t *testing.T) {
	t.Parallel()
	shares := func(line int, qty ...int64) catalog.Shares {
		n := make([]int64, len(qty))
		return catalog.Shares{Line: line, Lots: n, Households: n, Villages: n, Qty: qty, LevelFen: n}
	}
	res := func(lines ...catalog.Shares) catalog.Reservation {
		return catalog.Reservation{OrderID: 7, Lines: lines}
	}
	split, err := orders.Split(res(shares(2, 3), shares(1, 4, 6)), []int64{10, 3})
	if err != nil || !slices.Equal(split[0].Qty, []int64{4, 6}) || !slices.Equal(split[1].Qty, []int64{3}) {
		t.Errorf("%+v, %v", split, err)
	}
	without := func(change func(*catalog.Shares)) catalog.Shares {
		s := shares(1, 4, 6)
		change(&s)
		return s
	}
	for name, r := range map[string]catalog.Reservation{
		"a line too many": res(shares(1, 10), shares(3, 3)), "a line zero": res(shares(0, 10), shares(2, 3)), "a line missing": res(shares(1, 10)),
		"too few units": res(shares(1, 4, 5), shares(2, 3)), "too many units": res(shares(1, 4, 7), shares(2, 3)), "no lot": res(shares(1), shares(2, 3)),
		"lots":       res(without(func(s *catalog.Shares) { s.Lots = s.Lots[:1] }), shares(2, 3)),
		"households": res(without(func(s *catalog.Shares) { s.Households = nil }), shares(2, 3)),
		"villages":   res(without(func(s *catalog.Shares) { s.Villages = s.Villages[:1] }), shares(2, 3)),
		"quantities": res(without(func(s *catalog.Shares) { s.Qty = []int64{10} }), shares(2, 3)),
		"levels":     res(without(func(s *catalog.Shares) { s.LevelFen = nil }), shares(2, 3)),
	} {
		if split, err := orders.Split(r, []int64{10, 3}); err == nil || split != nil {
			t.Errorf("%s: %+v", name, split)
		}
	}
	if _, err := orders.Split(res(shares(1)), []int64{0}); err == nil {
		t.Error("a line without lots is split")
	}
	if _, err := orders.Split(res(shares(1, 10), shares(2, 2)), []int64{10, 3}); err == nil || !strings.Contains(err.Error(), "line 2 has 2 of 3 units") {
		t.Error(err)
	}
}

func TestOutlives(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		state catalog.HoldState
		ends  time.Duration
		want  bool
	}{
		{catalog.HoldHeld, time.Hour, true}, {catalog.HoldHeld, 30 * time.Minute, true}, {catalog.HoldHeld, 30*time.Minute - 1, false},
		{catalog.HoldConfirmed, time.Hour, true}, {catalog.HoldReleased, time.Hour, false},
	} {
		if got := orders.Outlives(catalog.Reservation{State: c.state, ExpiresAt: midday.Add(c.ends)}, midday, time.Hour); got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
}

func TestCheckDelivery(t *testing.T) {
	t.Parallel()
	points := func(id int64) (string, bool) { return map[int64]string{1: "村口", 2: "仓库"}[id], id == 1 }
	long := string(slices.Repeat([]byte("a"), 41))
	for name, c := range map[string]struct {
		d, out orders.Delivery
		want   []string
	}{
		"pickup": {
			orders.Delivery{Kind: orders.DeliverPickup, PointID: 1, Point: "elsewhere", Name: " 王 ", Phone: " 139-0000 0000 ", Address: "somewhere"},
			orders.Delivery{Kind: orders.DeliverPickup, PointID: 1, Point: "村口", Name: "王", Phone: "139-0000 0000"}, nil},
		"address": {
			orders.Delivery{Kind: orders.DeliverAddress, PointID: 1, Point: "x", Name: "王", Phone: "+8613900000000", Address: " 县城东街1号 "},
			orders.Delivery{Kind: orders.DeliverAddress, Name: "王", Phone: "+8613900000000", Address: "县城东街1号"}, nil},
		"a closed point": {
			orders.Delivery{Kind: orders.DeliverPickup, PointID: 2, Name: "王", Phone: "13900000000"},
			orders.Delivery{Kind: orders.DeliverPickup, PointID: 2, Point: "仓库", Name: "王", Phone: "13900000000"}, []string{"order.delivery.point delivery.point_id"}},
		"everything is wrong": {
			orders.Delivery{Kind: orders.DeliverAddress, Name: long, Phone: "1390", Address: "东街1号"},
			orders.Delivery{Kind: orders.DeliverAddress, Name: long, Phone: "1390", Address: "东街1号"},
			[]string{"order.delivery.name delivery.name", "order.delivery.phone delivery.phone", "order.delivery.address delivery.address"}},
		"no name and no kind": {
			orders.Delivery{Phone: "13900000000"}, orders.Delivery{Phone: "13900000000"},
			[]string{"order.delivery.name delivery.name", "order.delivery.kind delivery.kind"}},
	} {
		var problems link.Problems
		d := c.d
		orders.CheckDelivery(&problems, &d, points)
		if got := said(problems); !slices.Equal(got, c.want) || d != c.out {
			t.Errorf("%s: %q, %+v", name, got, d)
		}
	}
}
