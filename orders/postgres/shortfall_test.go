package postgres_test

import (
	"fmt"
	"testing"
	"time"

	"banmuyuan/internal/link"
	"banmuyuan/orders"
)

func (b *bundle) falling(village, household int64) orders.ShortfallRequest {
	return orders.ShortfallRequest{VillageID: village, HouseholdID: household, Reason: "died", Lost: true,
		IdempotencyKey: fmt.Sprintf("shortfall-%06d", b.keys.Add(1))}
}

// paidOrder places an order of an organisation that wants this done about shortages, and pays its deposit.
func (b *bundle) paidOrder(qty int64, shortage orders.Shortage) orders.Order {
	b.t.Helper()
	r := b.asking(geese, qty)
	r.Shortage = shortage
	o := b.place(as("officer", 9, 2), r)
	return b.pay(as("officer", 9, 2), o.No)
}

// from is how many units of an order each village still has to bring.
func (b *bundle) from(o orders.Order) map[int64]int64 {
	b.t.Helper()
	rows := []struct {
		Village int64 `db:"village_id"`
		Units   int64 `db:"units"`
	}{}
	err := b.db.Select(&rows, `SELECT village_id, sum(qty - short) AS units FROM share WHERE order_id = $1 GROUP BY 1 HAVING sum(qty - short) > 0`, o.ID)
	if err != nil {
		b.t.Fatal(err)
	}
	units := map[int64]int64{}
	for _, r := range rows {
		units[r.Village] = r.Units
	}
	return units
}

// A village that cannot deliver is one report: each buyer's wish for shortages is followed, the village's units are looked
// for in other villages only, and the price of missing ones goes back.
func TestShortfallOfAVillage(t *testing.T) {
	b := setup(t)
	clerk := as("clerk", 21, 1)
	refill, less, ask := b.paidOrder(60, orders.ShortageRefill), b.paidOrder(60, orders.ShortageRefund), b.paidOrder(60, orders.ShortageAsk)
	was := map[int64]int64{refill.ID: b.from(refill)[1], less.ID: b.from(less)[1], ask.ID: b.from(ask)[1]}
	lost := was[refill.ID] + was[less.ID] + was[ask.ID]
	if was[refill.ID] == 0 || was[less.ID] == 0 || was[ask.ID] == 0 {
		t.Fatalf("the village has no part in an order: %v", was)
	}
	for _, ctx := range []struct {
		role string
		org  int64
	}{{"buyer", 0}, {"household", 0}} {
		if _, err := b.orders.ReportShortfall(as(ctx.role, 33, ctx.org), b.falling(1, 0)); link.CodeOf(err) != link.Forbidden {
			t.Errorf("a %s reports a village: %v", ctx.role, err)
		}
	}
	r := b.falling(1, 0)
	first, err := b.orders.ReportShortfall(clerk, r)
	if err != nil {
		t.Fatal(err)
	}
	again, err := b.orders.ReportShortfall(clerk, r) // a double click
	if err != nil || again.ID != first.ID || again.Units != lost || again.Orders != 3 || again.Households != 2 || again.Asked != was[ask.ID] {
		t.Errorf("short %+v, then %+v, %v; want %d units of 3 orders", first, again, err, lost)
	}
	r.Reason = "harvest"
	if _, err := b.orders.ReportShortfall(clerk, r); link.CodeOf(err) != link.Conflict {
		t.Errorf("the same key for another report: %v", err)
	}

	b.eventually("the refill is found", func() bool { return b.order(refill.No).Lines[0].Allocated == 60 })
	for _, o := range []orders.Order{refill, less, ask} {
		if n := b.from(o)[1]; n != 0 {
			t.Errorf("order %d still waits for %d units of the village", o.ID, n)
		}
	}
	if l := b.order(less.No).Lines[0]; l.Allocated != 60-was[less.ID] || l.Short != was[less.ID] {
		t.Errorf("who takes less: %+v", l)
	}

	officer := as("officer", 9, 2)
	asked, err := b.orders.Order(officer, orders.OrderRef{No: ask.No})
	if err != nil || len(asked.Questions) != 1 || asked.Questions[0].Units != was[ask.ID] || !asked.Questions[0].CanCancel {
		t.Fatalf("asked %+v, %v", asked.Questions, err)
	}
	q := orders.AnswerShortageRequest{OrderNo: ask.No, ID: asked.Questions[0].ID, Answer: orders.AnswerRefill}
	if _, err := b.orders.AnswerShortage(buyer(501), q); link.CodeOf(err) != link.NotFound {
		t.Errorf("a stranger answers: %v", err)
	}
	if _, err := b.orders.AnswerShortage(clerk, q); link.CodeOf(err) != link.Forbidden {
		t.Errorf("the seller answers: %v", err)
	}
	for range 2 { // a double click
		if answered, err := b.orders.AnswerShortage(officer, q); err != nil || len(answered.Questions) != 0 {
			t.Fatalf("answered %+v, %v", answered.Questions, err)
		}
	}
	q.Answer = orders.AnswerLess
	_, err = b.orders.AnswerShortage(officer, q)
	wantCode(t, err, link.Conflict, "shortage.answered", "answer")
	b.eventually("what was asked for is found", func() bool { return b.order(ask.No).Lines[0].Allocated == 60 })
	if n := b.from(ask)[1]; n != 0 {
		t.Errorf("%d units come from the village that fell short", n)
	}
	done, err := b.orders.ReportShortfall(clerk, b.falling(1, 0))
	if err != nil || done.Units != 0 {
		t.Errorf("there is nothing left to fall short: %+v, %v", done, err)
	}
}

// A buyer may leave because of a shortage and gets everything back, also after the free hours; not once goods are
// weighed for them. A buyer without an answer takes less.
func TestAnswersToAShortage(t *testing.T) {
	b := setup(t)
	officer := as("officer", 9, 2)
	leave, silent := b.paidOrder(60, orders.ShortageAsk), b.paidOrder(60, orders.ShortageAsk)
	b.clock.Advance(30 * time.Hour)
	if cost := b.order(leave.No).CancelCost; cost != 0 { // the county calls off for nothing
		t.Errorf("calling off costs %d", cost)
	}
	if o, err := b.orders.Order(officer, orders.OrderRef{No: leave.No}); err != nil || o.CancelCost != leave.DepositFen/2 {
		t.Errorf("cancelling costs %d of %d, %v", o.CancelCost, leave.DepositFen, err)
	}
	fell, err := b.orders.ReportShortfall(county(), b.falling(0, 1))
	if err != nil || fell.Households != 1 || fell.Asked != fell.Units || fell.Orders != 2 {
		t.Fatalf("shortfall %+v, %v", fell, err)
	}
	asked, err := b.orders.Order(officer, orders.OrderRef{No: leave.No})
	if err != nil || len(asked.Questions) != 1 {
		t.Fatalf("asked %+v, %v", asked.Questions, err)
	}
	left, err := b.orders.AnswerShortage(officer, orders.AnswerShortageRequest{OrderNo: leave.No, ID: asked.Questions[0].ID, Answer: orders.AnswerCancel})
	if err != nil || left.State != orders.StateCancelled || left.ForfeitFen != 0 || left.RefundFen != leave.DepositFen {
		t.Errorf("left: %s, forfeit %d, refund %d of %d, %v", left.State, left.ForfeitFen, left.RefundFen, leave.DepositFen, err)
	}
	b.eventually("the deposit is back", func() bool { return b.account(leave).RefundedFen == leave.DepositFen })

	b.clock.Advance(49 * time.Hour)
	b.eventually("silence is an answer", func() bool { return b.count(`SELECT count(*) FROM refill WHERE answer = 'less'`) == 1 })
	if o, err := b.orders.Order(officer, orders.OrderRef{No: silent.No}); err != nil || len(o.Questions) != 0 || o.Lines[0].Short == 0 || o.State != orders.StateConfirmed {
		t.Errorf("who said nothing: %s, %+v, %v", o.State, o.Lines[0], err)
	}
}
