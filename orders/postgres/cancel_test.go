package postgres_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/orders"
	"banmuyuan/payments"
)

func (b *bundle) cancelling(no string) orders.CancelRequest {
	return orders.CancelRequest{OrderNo: no, Reason: "不要了", IdempotencyKey: fmt.Sprintf("cancel-%06d", b.keys.Add(1))}
}

// account reads an order's account from payments.
func (b *bundle) account(o orders.Order) payments.Account {
	b.t.Helper()
	a, err := b.payments.Account(system(), payments.Ref{Ref: orders.PaymentRef(o.ID)})
	if err != nil {
		b.t.Fatal(err)
	}
	return a
}

// lots returns the reserved units of each lot of a presale.
func (b *bundle) lots(presale int64) (reserved [6]int64) {
	b.t.Helper()
	rows := []int64{}
	if err := b.stock.Select(&rows, `SELECT reserved FROM lot WHERE presale_id = $1 ORDER BY household_id`, presale); err != nil {
		b.t.Fatal(err)
	}
	copy(reserved[:], rows)
	return reserved
}

// Orders that nobody pays expire once, however many processes look for them, and each unit goes back to its own lot.
func TestUnpaidOrdersExpireOnce(t *testing.T) {
	b := setup(t)
	b.process()
	b.process()
	kept := b.place(as("officer", 9, 2), b.asking(geese, 31)) // has three days
	before := b.lots(geese)
	const n = 60
	var placing sync.WaitGroup
	for i := range n {
		placing.Go(func() { b.place(buyer(int64(501+i)), b.asking(geese, int64(1+i%7))) })
	}
	placing.Wait()
	b.clock.Advance(31 * time.Minute)
	b.eventually("all are expired", func() bool { return b.count(`SELECT count(*) FROM orders WHERE state = 'expired'`) == n })
	b.eventually("their units are back", func() bool { return b.reserved(geese) == 31 })
	if after := b.lots(geese); after != before {
		t.Errorf("lots have %v reserved, %v before", after, before)
	}
	if told := b.count(`SELECT count(*) FROM outbox WHERE subject = $1`, catalog.CmdRelease); told != n {
		t.Errorf("the catalogue was told %d times to release %d orders", told, n)
	}
	if o := b.order(kept.No); o.State != orders.StatePlaced {
		t.Errorf("the organisation's order is %s", o.State)
	}
}

// Paying, cancelling and the end of the time to pay meet at once. However it ends: an order that is confirmed has its
// stock and its deposit, one that is not has neither, and the buyer's money is where the order says.
func TestPayingRacesExpiryAndCancelling(t *testing.T) {
	b := setup(t)
	b.process()
	const n = 24
	all := make([]orders.Order, n)
	starts := make([]orders.PayStart, n)
	for i := range n {
		all[i] = b.place(buyer(int64(501+i)), b.asking(geese, 2))
		starts[i] = b.startPaying(buyer(int64(501+i)), all[i].No)
	}
	var racing sync.WaitGroup
	for i := range n {
		racing.Go(func() { b.tryPay(starts[i]) })
		if i%3 == 0 {
			racing.Go(func() { _, _ = b.orders.Cancel(buyer(int64(501+i)), b.cancelling(all[i].No)) }) // may be too late
		}
	}
	racing.Go(func() { b.clock.Advance(31 * time.Minute) })
	racing.Wait()
	b.eventually("every order is decided", func() bool {
		return b.count(`SELECT count(*) FROM orders WHERE state IN ('placed', 'expiring')`) == 0 &&
			b.count(`SELECT count(*) FROM task WHERE done_at IS NULL`) == 0
	})
	b.settled()
	for i, o := range all {
		var a payments.Account
		o = b.order(o.No)
		b.eventually(fmt.Sprintf("the money of order %d is where it belongs", i), func() bool {
			a = b.account(o)
			o = b.order(o.No)
			switch o.State {
			case orders.StateConfirmed:
				return a.DepositFen == o.DepositFen && a.PaidFen-a.RefundedFen-a.RefundDueFen == o.DepositFen
			default:
				return a.DepositFen == 0 && a.PaidFen == a.RefundedFen+a.RefundDueFen
			}
		})
		if held := b.holds()[o.ID]; (held == 2) != (o.State == orders.StateConfirmed) {
			t.Errorf("order %s is %s and has %d units", o.No, o.State, held)
		}
	}
}

// tryPay presses the button on the bank's page; the page may have expired.
func (b *bundle) tryPay(p orders.PayStart) {
	res, err := b.press(p)
	if err != nil {
		b.t.Errorf("pay: %v", err)
		return
	}
	res.Body.Close()
}

// A cancelled order gives every unit back to the lot it came from, and the money back less the part that the terms keep.
func TestCancelGivesBack(t *testing.T) {
	b := setup(t)
	b.place(buyer(400), b.asking(geese, 9))
	before := b.lots(geese)
	for _, test := range []struct {
		name    string
		paid    bool
		after   time.Duration
		forfeit bool // half of the deposit
	}{
		{"unpaid", false, 0, false},
		{"paid, at once", true, 0, false},
		{"paid, after the free hours", true, 25 * time.Hour, true},
	} {
		ctx := as("officer", 9, 2)
		o := b.place(ctx, b.asking(geese, 40))
		if test.paid {
			b.pay(ctx, o.No)
		}
		b.clock.Advance(test.after)
		seen, err := b.orders.Order(ctx, orders.OrderRef{No: o.No})
		if want := o.DepositFen / 2; err != nil || test.forfeit != (seen.CancelCost == want) || !test.forfeit && seen.CancelCost != 0 {
			t.Errorf("%s: would cost %d of %d, %v", test.name, seen.CancelCost, o.DepositFen, err)
		}
		if _, err := b.orders.Cancel(buyer(501), b.cancelling(o.No)); link.CodeOf(err) != link.NotFound {
			t.Errorf("%s: a stranger cancels: %v", test.name, err)
		}
		r := b.cancelling(o.No)
		for range 2 { // a double click
			cancelled, err := b.orders.Cancel(ctx, r)
			if err != nil || cancelled.State != orders.StateCancelled {
				t.Fatalf("%s: %s, %v", test.name, cancelled.State, err)
			}
		}
		b.eventually(test.name+": the units are back", func() bool { return b.holds()[o.ID] == 0 })
		if after := b.lots(geese); test.after == 0 && after != before {
			t.Errorf("%s: lots have %v reserved, %v before", test.name, after, before)
		}
		paid := int64(0)
		if test.paid {
			paid = o.DepositFen
		}
		b.eventually(test.name+": the money is back", func() bool {
			a := b.account(o)
			return a.PaidFen == paid && a.DepositFen == 0 && a.RefundDueFen == 0 && a.RefundedFen == paid-b.order(o.No).ForfeitFen
		})
		if o = b.order(o.No); test.forfeit != (o.ForfeitFen > 0) || o.RefundFen != paid-o.ForfeitFen {
			t.Errorf("%s: forfeit %d, refund %d of %d", test.name, o.ForfeitFen, o.RefundFen, paid)
		}
	}
}

// Stock held for an order that was never written is free after its time.
func TestHoldWithoutOrder(t *testing.T) {
	b := setup(t)
	_, err := b.catalog.Reserve(system(), catalog.ReserveRequest{Key: "501:lost-key", OrderID: 77, Channel: catalog.ChannelPrivate,
		Lines: []catalog.ReserveLine{{Line: 1, PresaleID: geese, Qty: 11}}, ExpiresAt: b.clock.Now().Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	if held := b.reserved(geese); held != 11 {
		t.Fatalf("%d held", held)
	}
	b.clock.Advance(time.Hour + time.Minute)
	b.eventually("the units are free", func() bool { return b.reserved(geese) == 0 })
}

// Money that comes after the order expired revives it while the stock is there, and goes back in full when it is not.
func TestPaidAfterExpiry(t *testing.T) {
	for _, soldMeanwhile := range []bool{false, true} {
		t.Run(fmt.Sprintf("sold meanwhile %v", soldMeanwhile), func(t *testing.T) {
			b := setup(t)
			o := b.place(buyer(501), b.asking(geese, 50))
			start, err := b.orders.Pay(buyer(501), orders.PayRequest{OrderNo: o.No, Method: payments.BankTransfer, IdempotencyKey: "by-transfer"})
			if err != nil {
				t.Fatal(err)
			}
			b.clock.Advance(31 * time.Minute)
			b.becomes(o.No, orders.StateExpired)
			b.eventually("the units are free", func() bool { return b.reserved(geese) == 0 })
			if soldMeanwhile {
				b.place(as("officer", 9, 2), b.asking(geese, 560))
			}
			_, err = b.payments.RecordTransfers(county(), payments.RecordTransfers{Lines: []payments.Transfer{
				{BankRef: "T1", AmountFen: o.DepositFen, Payer: "林晓", Memo: start.TransferCode, PaidOn: b.clock.Now()}}})
			if err != nil {
				t.Fatal(err)
			}
			if soldMeanwhile {
				b.eventually("the money is on its way back", func() bool {
					a := b.account(o)
					return a.PaidFen == o.DepositFen && a.DepositFen == 0 && a.RefundDueFen+a.RefundedFen == o.DepositFen
				})
				b.eventually("the order says so", func() bool { return b.order(o.No).RefundFen == o.DepositFen })
				if o = b.order(o.No); o.State != orders.StateExpired {
					t.Errorf("the order is %s", o.State)
				}
				return
			}
			b.becomes(o.No, orders.StateConfirmed)
			if held := b.holds()[o.ID]; held != 50 {
				t.Errorf("%d units held", held)
			}
		})
	}
}
