package postgres_test

import (
	"fmt"
	"testing"
	"time"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/orders"
	"banmuyuan/orders/adopt"
)

func subscribe(key, start string) adopt.Subscribe {
	return adopt.Subscribe{IdempotencyKey: "standing-" + key, PresaleID: boxStanding, Qty: 2, EveryDays: 7, StartOn: start,
		Delivery: orders.Delivery{Kind: orders.DeliverPickup, PointID: 1, Name: "李芳", Phone: "13800000000"}}
}

func (y *yard) standing(buyer, id int64) adopt.Standing {
	y.t.Helper()
	s, err := y.orders.Standing(y.buyer(buyer), adopt.StandingRef{ID: id})
	if err != nil {
		y.t.Fatal(err)
	}
	return s
}

// dated waits until a date is in a state.
func (y *yard) dated(buyer, id int64, on string, state adopt.DateState) (d adopt.StandingDate) {
	y.t.Helper()
	y.eventually(on+" "+string(state), func() bool {
		for _, d = range y.standing(buyer, id).Dates {
			if d.On == on && d.State == state {
				return true
			}
		}
		return false
	})
	return d
}

// Each date becomes one ordinary order, though three processes look; skipped and paused ones do not.
func TestBoxesBecomeOrdersOnce(t *testing.T) {
	y := newYard(t)
	y.process()
	y.process()
	first := y.inDays(7)
	on := func(n int) string { return first.AddDate(0, 0, 7*n).Format(time.DateOnly) }
	s, err := y.orders.Subscribe(y.buyer(1), subscribe("one", on(0)))
	if err != nil {
		t.Fatal(err)
	}
	if again, err := y.orders.Subscribe(y.buyer(1), subscribe("one", on(0))); err != nil || again.ID != s.ID {
		t.Errorf("the same again is %d, %v", again.ID, err)
	}
	if _, err := y.orders.Subscribe(y.buyer(1), subscribe("one", on(1))); link.CodeOf(err) != link.Conflict {
		t.Errorf("another under the same key: %v", err)
	}
	if _, err := y.orders.SkipDate(y.buyer(1), adopt.SkipDate{ID: s.ID, On: on(1), Skip: true}); err != nil {
		t.Fatal(err)
	}
	y.forward(5 * 24 * time.Hour) // past the cut-off of the first
	d := y.dated(1, s.ID, on(0), adopt.DateOrdered)
	o, err := y.orders.Order(y.buyer(1), orders.OrderRef{No: d.OrderNo})
	if err != nil || o.Lines[0].Ordered != 2 || o.Lines[0].Policy == "" || o.ExpiresAt == nil || !o.ExpiresAt.Equal(d.PayBy) {
		t.Errorf("ordered %+v, %v", o, err)
	}
	_, err = y.orders.SkipDate(y.buyer(1), adopt.SkipDate{ID: s.ID, On: on(0), Skip: true})
	wantError(t, err, link.Conflict, "standing.cut_off")

	// A change holds for the dates that are not cut off.
	change := adopt.ChangeStanding{ID: s.ID, Qty: 3, EveryDays: 7, Delivery: subscribe("", "").Delivery}
	if _, err := y.orders.ChangeStanding(y.buyer(1), change); err != nil {
		t.Fatal(err)
	}
	y.forward(7 * 24 * time.Hour)
	y.dated(1, s.ID, on(1), adopt.DateSkipped)
	if _, err := y.orders.SetStanding(y.buyer(1), adopt.SetStanding{ID: s.ID, State: adopt.StandingPaused}); err != nil {
		t.Fatal(err)
	}
	y.forward(7 * 24 * time.Hour)
	y.dated(1, s.ID, on(2), adopt.DatePaused)
	y.eventually("the pause has passed a date", func() bool { return y.count(`SELECT count(*) FROM standing_date WHERE state = 'paused'`) == 1 })
	if _, err := y.orders.SetStanding(y.buyer(1), adopt.SetStanding{ID: s.ID, State: adopt.StandingActive}); err != nil {
		t.Fatal(err)
	}
	y.forward(7 * 24 * time.Hour)
	d = y.dated(1, s.ID, on(3), adopt.DateOrdered)
	if o, err := y.orders.Order(y.buyer(1), orders.OrderRef{No: d.OrderNo}); err != nil || o.Lines[0].Ordered != 3 {
		t.Errorf("after the change %+v, %v", o.Lines, err)
	}
	if n := y.count(`SELECT count(*) FROM orders`); n != 2 {
		t.Errorf("%d orders, want 2", n)
	}
}

// Many standing orders on the same date, three processes: one order each.
func TestManyBoxesAtOneCutOff(t *testing.T) {
	y := newYard(t)
	y.process()
	y.process()
	start := y.inDays(7).Format(time.DateOnly)
	for i := range int64(20) {
		if _, err := y.orders.Subscribe(y.buyer(i), subscribe(fmt.Sprint("many-", i), start)); err != nil {
			t.Fatal(err)
		}
	}
	y.forward(5 * 24 * time.Hour)
	y.eventually("all ordered", func() bool { return y.count(`SELECT count(*) FROM standing_date WHERE state = 'ordered'`) == 20 })
	if n := y.count(`SELECT count(*) FROM orders`); n != 20 {
		t.Errorf("%d orders of 20 standing orders", n)
	}
}

func TestBoxThatCannotBeOrdered(t *testing.T) {
	y := newYard(t)
	s, err := y.orders.Subscribe(y.buyer(1), subscribe("gone", ""))
	if err != nil {
		t.Fatal(err)
	}
	for h := int64(1); h <= 4; h++ {
		if _, err := y.catalog.Offer(y.household(h), catalog.OfferRequest{PresaleID: boxStanding, HouseholdID: h, Capacity: 0}); err != nil {
			t.Fatal(err)
		}
	}
	on := s.Dates[0].On
	y.offset.Store(int64(s.Dates[0].CutOff.Sub(yardStart)) + int64(time.Hour))
	if d := y.dated(1, s.ID, on, adopt.DateFailed); d.Reason != "order.quantity.sold_out" {
		t.Errorf("failed because of %q", d.Reason)
	}
	// A process that was away past the time to pay orders nothing.
	y.offset.Store(int64(s.Dates[1].PayBy.Sub(yardStart)) + int64(time.Hour))
	if d := y.dated(1, s.ID, s.Dates[1].On, adopt.DateFailed); d.Reason != "standing.missed" {
		t.Errorf("missed because of %q", d.Reason)
	}
}

func TestStandingOrdersArePrivate(t *testing.T) {
	y := newYard(t)
	s, err := y.orders.Subscribe(y.buyer(1), subscribe("mine", ""))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := y.orders.Standing(y.buyer(2), adopt.StandingRef{ID: s.ID}); link.CodeOf(err) != link.NotFound {
		t.Errorf("another buyer reads: %v", err)
	}
	if _, err := y.orders.SetStanding(y.buyer(2), adopt.SetStanding{ID: s.ID, State: adopt.StandingEnded}); link.CodeOf(err) != link.NotFound {
		t.Errorf("another buyer ends: %v", err)
	}
	if _, err := y.orders.SetStanding(y.operator(), adopt.SetStanding{ID: s.ID, State: adopt.StandingEnded}); link.CodeOf(err) != link.NotFound {
		t.Errorf("the county ends: %v", err)
	}
	if _, err := y.orders.Subscribe(y.household(1), subscribe("no", "")); link.CodeOf(err) != link.Forbidden {
		t.Errorf("a household subscribes: %v", err)
	}
	if _, err := y.orders.Subscribe(y.buyer(1), subscribe("early", y.inDays(1).Format(time.DateOnly))); link.AsError(err).Key != "standing.start" {
		t.Errorf("too early: %v", err)
	}
	if _, err := y.orders.SetStanding(y.buyer(1), adopt.SetStanding{ID: s.ID, State: adopt.StandingEnded}); err != nil {
		t.Fatal(err)
	}
	_, err = y.orders.SetStanding(y.buyer(1), adopt.SetStanding{ID: s.ID, State: adopt.StandingActive})
	wantError(t, err, link.Conflict, "standing.ended")
}

func (y *yard) count(query string) (n int64) {
	y.t.Helper()
	if err := y.db.Get(&n, query); err != nil {
		y.t.Fatal(err)
	}
	return n
}
