package postgres_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"banmuyuan/internal/link"
	"banmuyuan/payments"
	"banmuyuan/payments/gateway/sandbox"
)

// cancel has a deposit of 300 yuan cancelled, with 100 of it forfeited.
func cancel(b *bundle) payments.Payment {
	b.t.Helper()
	p := b.deposit(order, 30000)
	b.command(payments.CmdCancelRef, payments.CancelRef{Ref: order, ForfeitFen: 10000, Coop: 7, Reason: "refund.cancelled"})
	return p
}

func (b *bundle) refundState(want payments.RefundState) payments.Refund {
	b.t.Helper()
	r := b.account(order).Refunds
	if len(r) != 1 || r[0].State != want {
		b.t.Fatalf("refunds are %+v, want one that is %s", r, want)
	}
	return r[0]
}

func TestCancelRefundsLessForfeit(t *testing.T) {
	b := setup(t)
	p := cancel(b)
	b.command(payments.CmdCancelRef, payments.CancelRef{Ref: order, ForfeitFen: 0}) // said twice, differently
	b.wantAccount(order, 0, 0, 20000, 30000, 0)
	b.work()
	b.wantAccount(order, 0, 0, 0, 30000, 20000)
	b.refundState(payments.RefundSucceeded)
	if a := b.account(order); a.ForfeitFen != 10000 || a.Payments[0].RefundedFen != 20000 {
		t.Errorf("account is %+v", a)
	}
	got := events[payments.RefundEvent](b, payments.EvtRefundDone)
	if len(got) != 1 || got[0].PaymentID != p.ID || got[0].AmountFen != 20000 {
		t.Errorf("events: %+v", got)
	}
}

func TestForfeitIsNeverMoreThanWasPaid(t *testing.T) {
	b := setup(t)
	b.deposit(order, 30000)
	b.command(payments.CmdCancelRef, payments.CancelRef{Ref: order, ForfeitFen: 99999, Coop: 7})
	b.work()
	b.wantAccount(order, 0, 0, 0, 30000, 0)
	if a := b.account(order); a.ForfeitFen != 30000 || len(a.Refunds) != 0 {
		t.Errorf("account is %+v", a)
	}
}

func TestCancelOfUnpaidStopsPayment(t *testing.T) {
	b := setup(t)
	p := b.create(order, "deposit", payments.Sandbox, 30000)
	b.command(payments.CmdCancelRef, payments.CancelRef{Ref: order})
	b.work()
	if got := b.payment(p.ID); got.State != payments.PaymentExpired {
		t.Errorf("payment is %s", got.State)
	}
	_, err := b.svc.CreatePayment(system(), b.request(order, "deposit", payments.Sandbox, 1))
	wantCode(t, err, link.Conflict, "payment.ref_closed")
}

// Paid at the provider in the moment of the cancellation: it is late, and waits for a decision.
func TestPaidWhileCancelled(t *testing.T) {
	b := setup(t)
	b.turn(sandbox.Switches{Drop: true})
	p := b.create(order, "deposit", payments.Sandbox, 30000)
	b.play(p, "pay")
	b.command(payments.CmdCancelRef, payments.CancelRef{Ref: order})
	b.work()
	b.wantAccount(order, 0, 0, 30000, 30000, 0)
	err := b.tryCommand(payments.CmdAcceptLate, payments.AcceptLate{PaymentID: p.ID})
	if link.CodeOf(err) != link.Conflict {
		t.Errorf("accepted for a cancelled order: %v", err)
	}
	b.command(payments.CmdRefundLate, payments.RefundPayment{PaymentID: p.ID})
	b.work()
	b.wantAccount(order, 0, 0, 0, 30000, 30000)
}

func TestRefundPendingThenDone(t *testing.T) {
	b := setup(t)
	b.turn(sandbox.Switches{RefundDelay: time.Hour})
	cancel(b)
	b.work()
	b.refundState(payments.RefundPending)
	b.wantAccount(order, 0, 0, 20000, 30000, 0)
	b.clock.forward(2 * time.Hour)
	b.work()
	b.refundState(payments.RefundSucceeded)
	b.wantAccount(order, 0, 0, 0, 30000, 20000)
}

func TestRefundFailsAndGoesByBank(t *testing.T) {
	b := setup(t)
	b.turn(sandbox.Switches{RefundDelay: time.Hour, RefundsFail: true})
	cancel(b)
	b.work()
	b.clock.forward(2 * time.Hour)
	b.work()
	r := b.refundState(payments.RefundByBank)
	if r.FailureKey != "refund.provider_failed" {
		t.Errorf("refund is %+v", r)
	}
	b.wantAccount(order, 0, 0, 20000, 30000, 0)
	page, err := b.svc.Refunds(operator, payments.RefundFilter{State: payments.RefundByBank})
	if err != nil || page.Total != 1 || page.SumFen != 20000 {
		t.Errorf("list: %+v, %v", page, err)
	}
	_, err = b.svc.RecordRefund(as("buyer", 501), payments.RecordRefund{RefundID: r.ID, BankRef: "B1"})
	wantCode(t, err, link.Forbidden, "forbidden")
	for range 2 {
		done, err := b.svc.RecordRefund(operator, payments.RecordRefund{RefundID: r.ID, BankRef: "B1", PaidOn: b.clock.now()})
		if err != nil || done.State != payments.RefundSucceeded {
			t.Fatalf("recorded: %+v, %v", done, err)
		}
	}
	if acts := events[link.Act](b, payments.EvtAct); len(acts) != 1 || acts[0].Kind != "refund.recorded" {
		t.Errorf("acts %+v", acts)
	}
	b.wantAccount(order, 0, 0, 0, 30000, 20000)
	_, err = b.svc.RecordRefund(operator, payments.RecordRefund{RefundID: r.ID, BankRef: "B2"})
	wantCode(t, err, link.Conflict, "refund.not_by_bank")
	if len(events[payments.RefundEvent](b, payments.EvtRefundDone)) != 1 {
		t.Error("not told once")
	}
}

// The provider takes back a success: the money is owed again and goes by bank.
func TestRefundFailsAfterSuccess(t *testing.T) {
	b := setup(t)
	b.turn(sandbox.Switches{RefundDelay: time.Hour, RefundsReturn: true})
	cancel(b)
	b.work()
	b.refundState(payments.RefundSucceeded)
	b.wantAccount(order, 0, 0, 0, 30000, 20000)
	b.clock.forward(2 * time.Hour)
	b.work() // the webhook says so
	r := b.refundState(payments.RefundByBank)
	b.wantAccount(order, 0, 0, 20000, 30000, 0)
	if _, err := b.svc.RecordRefund(operator, payments.RecordRefund{RefundID: r.ID, BankRef: "B1"}); err != nil {
		t.Fatal(err)
	}
	b.wantAccount(order, 0, 0, 0, 30000, 20000)
}

func TestRefundTimeouts(t *testing.T) {
	for name, sw := range map[string]sandbox.Switches{
		"before effect": {TimeoutBefore: map[sandbox.Op]int{sandbox.OpRefund: 2}},
		"after effect":  {TimeoutAfter: map[sandbox.Op]int{sandbox.OpRefund: 2}},
	} {
		t.Run(name, func(t *testing.T) {
			b := setup(t)
			b.turn(sw)
			cancel(b)
			b.work()
			b.refundState(payments.RefundUnknown)
			for range 3 {
				b.clock.forward(time.Minute)
				b.work()
			}
			b.refundState(payments.RefundSucceeded)
			var n int
			if err := b.db.Get(&n, `SELECT count(*) FROM sandbox_refund`); err != nil || n != 1 {
				t.Errorf("%d refunds at the provider (%v)", n, err)
			}
		})
	}
}

// Unknown for longer than providers remember keys: it is looked for, not asked for again.
func TestOldUnknownRefundIsLookedFor(t *testing.T) {
	for name, sw := range map[string]sandbox.Switches{
		"made":  {TimeoutAfter: map[sandbox.Op]int{sandbox.OpRefund: 1}},
		"never": {TimeoutBefore: map[sandbox.Op]int{sandbox.OpRefund: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			b := setup(t)
			b.turn(sw)
			cancel(b)
			b.work()
			b.clock.forward(24 * time.Hour)
			b.work()
			if name == "made" {
				b.refundState(payments.RefundSucceeded)
			} else {
				b.refundState(payments.RefundByBank)
			}
		})
	}
}

func TestRefundPastItsWindowGoesByBank(t *testing.T) {
	b := setup(t)
	b.deposit(order, 30000)
	b.clock.forward(91 * 24 * time.Hour)
	b.command(payments.CmdCancelRef, payments.CancelRef{Ref: order})
	b.work()
	if r := b.refundState(payments.RefundByBank); r.FailureKey != "refund.window_over" {
		t.Errorf("refund is %+v", r)
	}
	b.wantAccount(order, 0, 0, 30000, 30000, 0)
}

// Two operators, or two copies of a command, at once.
func TestRefundedOnceHoweverOftenItIsAsked(t *testing.T) {
	b := setup(t)
	b.deposit(order, 30000)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if err := b.tryCommand(payments.CmdCancelRef, payments.CancelRef{Ref: order}); err != nil {
				t.Error(err)
			}
			if _, err := b.svc.Work(context.Background()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	b.work()
	b.wantAccount(order, 0, 0, 0, 30000, 30000)
}

func TestDatabaseRefusesToRefundTooMuch(t *testing.T) {
	b := setup(t)
	p := cancel(b)
	_, err := b.db.Exec(`INSERT INTO refund (payment_id, ref, amount_fen, reason, state, created_at, next_check_at)
		VALUES ($1, $2, 10001, 'x', 'ready', now(), now())`, p.ID, order)
	if link.Constraint(err) != "refund_within_payment" {
		t.Errorf("error is %v", err)
	}
	open := b.create("order:2", "deposit", payments.Cash, 100)
	_, err = b.db.Exec(`INSERT INTO refund (payment_id, ref, amount_fen, reason, state, created_at, next_check_at)
		VALUES ($1, 'order:2', 1, 'x', 'ready', now(), now())`, open.ID)
	if link.Constraint(err) != "refund_within_payment" {
		t.Errorf("refund of what was not paid: %v", err)
	}
	b.work()
}

func TestCommandsThatMakeNoSense(t *testing.T) {
	b := setup(t)
	for name, c := range map[string]struct {
		subject string
		data    any
		code    link.Code
	}{
		"unknown command":     {"cmd.payments.v1.money.print", struct{}{}, link.Invalid},
		"negative forfeit":    {payments.CmdCancelRef, payments.CancelRef{Ref: order, ForfeitFen: -1}, link.Invalid},
		"no shares":           {payments.CmdAcceptDelivery, payments.AcceptDelivery{DeliveryID: 1, Ref: order}, link.Invalid},
		"fee above gross":     {payments.CmdAcceptDelivery, payments.AcceptDelivery{DeliveryID: 1, Ref: order, Coop: 7, Shares: []payments.DeliveryShare{{SourceKey: "t", Household: 1, GrossFen: 1, FeeFen: 2}}}, link.Invalid},
		"share twice":         {payments.CmdAcceptDelivery, payments.AcceptDelivery{DeliveryID: 1, Ref: order, Coop: 7, Shares: []payments.DeliveryShare{{SourceKey: "t", Household: 1, GrossFen: 1}, {SourceKey: "t", Household: 1, GrossFen: 1}}}, link.Invalid},
		"bad ref":             {payments.CmdCloseRef, payments.CloseRef{Ref: "", Seq: 1}, link.Invalid},
		"payment of no one":   {payments.CmdRefundLate, payments.RefundPayment{PaymentID: 99}, link.Conflict},
		"delivery of no one":  {payments.CmdReverseDelivery, payments.ReverseDelivery{DeliveryID: 99, Ref: order}, link.Internal}, // tried again: it may be on its way
		"cash, no receipt":    {payments.CmdTakeCash, payments.TakeCash{Ref: order, Org: 7, AmountFen: 1, Receipt: " "}, link.Invalid},
		"cash of no shop":     {payments.CmdTakeCash, payments.TakeCash{Ref: order, AmountFen: 1, Receipt: "S1"}, link.Invalid},
		"cash of nothing":     {payments.CmdTakeCash, payments.TakeCash{Ref: order, Org: 7, Receipt: "S1"}, link.Invalid},
		"nothing back":        {payments.CmdTakeBack, payments.TakeBack{Ref: order, Org: 7, Receipt: "S1"}, link.Invalid},
		"release of unbilled": {payments.CmdReleaseRef, payments.ReleaseRef{Ref: order}, link.Internal},
	} {
		if err := b.tryCommand(c.subject, c.data); link.CodeOf(err) != c.code {
			t.Errorf("%s: %v, want %s", name, err, c.code)
		}
	}
	err := link.InTx(system(), b.db, nil, func(tx *sqlx.Tx) error {
		return b.svc.Apply(system(), tx, link.Event{Subject: payments.CmdCloseRef, Data: []byte(`{"ref": 7}`)})
	})
	if link.CodeOf(err) != link.Invalid {
		t.Errorf("malformed command: %v", err)
	}
}
