package postgres_test

import (
	"fmt"
	"testing"

	"banmuyuan/internal/link"
	"banmuyuan/payments"
)

func (b *bundle) household(id int64) payments.HouseholdAccount {
	b.t.Helper()
	h, err := b.svc.HouseholdAccount(system(), payments.HouseholdRef{ID: id})
	if err != nil {
		b.t.Fatal(err)
	}
	return h
}

// wantHousehold compares pending, released, in transit, paid.
func (b *bundle) wantHousehold(id, pending, released, transit, paid int64) {
	b.t.Helper()
	h := b.household(id)
	if got, want := [4]int64{h.PendingFen, h.ReleasedFen, h.InTransitFen, h.PaidFen}, [4]int64{pending, released, transit, paid}; got != want {
		b.t.Errorf("household %d: pending, released, in transit, paid = %v, want %v", id, got, want)
	}
}

func (b *bundle) close(ref string, seq int) {
	b.t.Helper()
	b.command(payments.CmdCloseRef, payments.CloseRef{Ref: ref, Seq: seq})
}

// Weighed less than the deposit, as much, more, and nothing at all.
func TestCloseAppliesDeposit(t *testing.T) {
	for name, c := range map[string]struct {
		gross   int64
		closed  [5]int64 // deposit, receivable, refund due, paid, refunded
		settled int
	}{
		"less":    {25000, [5]int64{0, 0, 5000, 30000, 0}, 1},
		"equal":   {30000, [5]int64{0, 0, 0, 30000, 0}, 1},
		"more":    {100000, [5]int64{0, 70000, 0, 30000, 0}, 0},
		"nothing": {0, [5]int64{0, 0, 30000, 30000, 0}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			b := setup(t)
			b.deposit(order, 30000)
			if c.gross > 0 {
				b.deliver(1, order, map[int64]int64{17: c.gross - 1001, 18: 1001})
			}
			b.close(order, 1)
			b.close(order, 1) // said twice
			b.wantAccount(order, c.closed[0], c.closed[1], c.closed[2], c.closed[3], c.closed[4])
			b.work()
			a := b.account(order)
			if a.RefundDueFen != 0 || !a.Closed || a.BilledFen != c.gross {
				t.Errorf("account is %+v", a)
			}
			if got := len(events[payments.RefEvent](b, payments.EvtRefSettled)); got != c.settled {
				t.Errorf("settled %d times, want %d", got, c.settled)
			}
			if got := events[payments.RefEvent](b, payments.EvtRefClosed); len(got) != 1 || got[0].BilledFen != c.gross || got[0].ReceivableFen != c.closed[1] {
				t.Errorf("closed events: %+v", got)
			}
		})
	}
}

func TestDeliverySentThreeTimesIsBilledOnce(t *testing.T) {
	b := setup(t)
	d := payments.AcceptDelivery{DeliveryID: 1, Ref: order, Coop: 7, Shares: []payments.DeliveryShare{{SourceKey: "ticket:1", Household: 17, GrossFen: 5000, FeeFen: 500}}}
	for range 3 {
		b.command(payments.CmdAcceptDelivery, d)
	}
	b.wantAccount(order, 0, 5000, 0, 0, 0)
	b.wantHousehold(17, 4500, 0, 0, 0)
	d.Shares[0].GrossFen++
	if err := b.tryCommand(payments.CmdAcceptDelivery, d); link.CodeOf(err) != link.Conflict {
		t.Errorf("another amount for the same delivery: %v", err)
	}
	d.DeliveryID = 2
	if err := b.tryCommand(payments.CmdAcceptDelivery, d); err != nil {
		t.Errorf("the ticket in another delivery: %v", err) // an addition, under a number of its own
	}
}

func TestBalanceReleasesAndExcessGoesBack(t *testing.T) {
	b := setup(t)
	b.deposit(order, 30000)
	b.deliver(1, order, map[int64]int64{17: 60000, 18: 40000})
	if err := b.tryCommand(payments.CmdReleaseRef, payments.ReleaseRef{Ref: order}); err == nil {
		t.Error("released before it was paid")
	}
	// Asked for more than turns out to be due: two payments of the balance, the second partly too much.
	first, second := b.create(order, "balance", payments.BankTransfer, 50000), b.create(order, "balance", payments.Sandbox, 30000)
	b.close(order, 1)
	b.transfer("T1", 50000, first.TransferCode)
	b.wantAccount(order, 0, 20000, 0, 80000, 0)
	b.pay(second)
	b.work()
	b.wantAccount(order, 0, 0, 0, 110000, 10000)
	if got := events[payments.RefEvent](b, payments.EvtRefSettled); len(got) != 1 {
		t.Errorf("settled events: %+v", got)
	}
	for range 2 {
		b.command(payments.CmdReleaseRef, payments.ReleaseRef{Ref: order})
	}
	b.wantHousehold(17, 0, 54000, 0, 0)
	b.wantHousehold(18, 0, 36000, 0, 0)
	changes := events[payments.PayablesChanged](b, payments.EvtPayables)
	if len(changes) != 1 || len(changes[0].Changes) != 2 || changes[0].Changes[0].State != payments.PayableReleased || changes[0].Changes[0].Version != 2 {
		t.Errorf("events: %+v", changes)
	}
	// Paid once more, with nothing due: late.
	third, err := b.svc.CreatePayment(system(), b.request(order, "balance", payments.Sandbox, 100))
	if err != nil {
		t.Fatal(err)
	}
	b.pay(third)
	b.wantAccount(order, 0, 0, 100, 110100, 10000)
	b.command(payments.CmdRefundLate, payments.RefundPayment{PaymentID: third.ID})
	b.work()
	b.wantAccount(order, 0, 0, 0, 110100, 10100)
}

// A command that overtook a delivery waits for it instead of sending the deposit back.
func TestCloseWaitsForItsDeliveries(t *testing.T) {
	b := setup(t)
	b.deposit(order, 30000)
	billed := int64(25000)
	if err := b.tryCommand(payments.CmdCloseRef, payments.CloseRef{Ref: order, Seq: 1, BilledFen: &billed}); err == nil {
		t.Error("closed without its delivery")
	}
	b.deliver(1, order, map[int64]int64{17: 25000})
	b.command(payments.CmdCloseRef, payments.CloseRef{Ref: order, Seq: 1, BilledFen: &billed})
	b.work()
	b.wantAccount(order, 0, 0, 0, 30000, 5000)
}

func TestManyEventsForManyPayables(t *testing.T) {
	b := setup(t)
	gross := map[int64]int64{}
	for h := range int64(1201) {
		gross[h+1] = 100 + h
	}
	b.deliver(1, order, gross)
	p := b.create(order, "balance", payments.BankTransfer, b.account(order).ReceivableFen)
	b.close(order, 1)
	b.transfer("T1", p.AmountFen, p.TransferCode)
	b.command(payments.CmdReleaseRef, payments.ReleaseRef{Ref: order})
	rows := 0
	for _, e := range events[payments.PayablesChanged](b, payments.EvtPayables) {
		if len(e.Changes) > 500 {
			t.Errorf("an event of %d rows", len(e.Changes))
		}
		rows += len(e.Changes)
	}
	if rows != 1201 {
		t.Errorf("%d of 1201 payables told", rows)
	}
}

// Delivered, closed, corrected: at each point of the money's way.
func TestReverseDelivery(t *testing.T) {
	accept := func(b *bundle, delivery, gross int64) {
		b.t.Helper()
		b.command(payments.CmdAcceptDelivery, payments.AcceptDelivery{DeliveryID: delivery, Ref: order, Coop: 7, OccurredAt: b.clock.now().Unix(),
			Shares: []payments.DeliveryShare{{SourceKey: "ticket:1", Household: 17, GrossFen: gross, FeeFen: gross / 10}}})
	}
	reverse := func(b *bundle, delivery int64) {
		b.t.Helper()
		for range 2 {
			b.command(payments.CmdReverseDelivery, payments.ReverseDelivery{DeliveryID: delivery, Ref: order})
		}
	}
	t.Run("pending", func(t *testing.T) {
		b := setup(t)
		b.deposit(order, 30000)
		accept(b, 1, 50000)
		reverse(b, 1)
		b.wantAccount(order, 30000, 0, 0, 30000, 0)
		b.wantHousehold(17, 0, 0, 0, 0)
		accept(b, 2, 40000) // the same ticket, corrected
		b.close(order, 1)
		b.wantAccount(order, 0, 10000, 0, 30000, 0)
		b.wantHousehold(17, 36000, 0, 0, 0)
	})
	t.Run("closed and paid", func(t *testing.T) {
		b := setup(t)
		b.deposit(order, 30000)
		accept(b, 1, 50000)
		b.close(order, 1)
		b.pay(b.create(order, "balance", payments.Sandbox, 20000))
		b.command(payments.CmdReleaseRef, payments.ReleaseRef{Ref: order})
		b.wantHousehold(17, 0, 45000, 0, 0)
		reverse(b, 1)
		b.wantAccount(order, 50000, 0, 0, 50000, 0)
		b.wantHousehold(17, 0, 0, 0, 0)
		accept(b, 2, 45000)
		b.close(order, 2)
		b.work()
		b.wantAccount(order, 0, 0, 0, 50000, 5000)
		b.command(payments.CmdReleaseRef, payments.ReleaseRef{Ref: order})
		b.wantHousehold(17, 0, 40500, 0, 0)
	})
	t.Run("paid out", func(t *testing.T) {
		b := setup(t)
		b.loadAccounts(17)
		b.deposit(order, 50000)
		accept(b, 1, 50000)
		b.close(order, 1)
		b.command(payments.CmdReleaseRef, payments.ReleaseRef{Ref: order})
		b.payOut("first")
		b.wantHousehold(17, 0, 0, 0, 45000)
		reverse(b, 1)
		b.wantHousehold(17, 0, -45000, 0, 45000) // to be kept back
		accept(b, 2, 40000)
		b.close(order, 2)
		b.work()
		b.wantAccount(order, 0, 0, 0, 50000, 10000)
		b.command(payments.CmdReleaseRef, payments.ReleaseRef{Ref: order})
		b.wantHousehold(17, 0, -9000, 0, 45000)
		_, err := b.svc.CreateBatch(operator, payments.CreateBatch{IdempotencyKey: "nothing"})
		wantCode(t, err, link.Conflict, "payout.nothing")
		// The income of the next order is paid less the sum to keep back.
		b.deposit("order:2", 20000)
		b.deliver(3, "order:2", map[int64]int64{17: 20000})
		b.close("order:2", 1)
		b.command(payments.CmdReleaseRef, payments.ReleaseRef{Ref: "order:2"})
		batch := b.payOut("second")
		if batch.AmountFen != 9000 {
			t.Errorf("batch is %+v", batch)
		}
		b.wantHousehold(17, 0, 0, 0, 54000) // 40000 and 20000, a tenth less
		var keys []string
		if err := b.db.Select(&keys, `SELECT source_key || ' ' || amount_fen || ' ' || state FROM payable ORDER BY id`); err != nil {
			t.Fatal(err)
		}
		want := []string{"ticket:1 45000 paid", "overpaid:ticket:1:1 -45000 paid", "ticket:1#2 36000 paid", "ticket:3-17 18000 paid"}
		if fmt.Sprint(keys) != fmt.Sprint(want) {
			t.Errorf("payables are %q, want %q", keys, want)
		}
	})
}

func TestCancelAfterDeliveryPaysForIt(t *testing.T) {
	b := setup(t)
	b.deposit(order, 30000)
	b.deliver(1, order, map[int64]int64{17: 10000})
	b.command(payments.CmdCancelRef, payments.CancelRef{Ref: order, ForfeitFen: 5000, Coop: 7})
	b.work()
	b.wantAccount(order, 0, 0, 0, 30000, 15000)
	b.command(payments.CmdReleaseRef, payments.ReleaseRef{Ref: order})
	b.wantHousehold(17, 0, 9000, 0, 0)
}
