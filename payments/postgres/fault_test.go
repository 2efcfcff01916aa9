package postgres_test

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/nats-io/nats.go/jetstream"

	"banmuyuan/internal/link"
	"banmuyuan/internal/link/linktest"
	"banmuyuan/internal/money"
	"banmuyuan/payments"
	"banmuyuan/payments/gateway"
	"banmuyuan/payments/gateway/sandbox"
	"banmuyuan/payments/postgres"
)

// The faults of docs/faults.md that have no test elsewhere. Each ends with everything verified (setup's cleanup).

// fickle is a provider that says a paid session has failed.
type fickle struct {
	*sandbox.Provider
	lies bool
}

func (f *fickle) Lookup(ctx context.Context, id string) (gateway.Status, error) {
	if f.lies {
		return gateway.Status{State: payments.PaymentFailed, FailureKey: "payment.declined"}, nil
	}
	return f.Provider.Lookup(ctx, id)
}

func TestFailedAfterSucceeded(t *testing.T) {
	b := setup(t)
	f := &fickle{Provider: b.bank}
	svc, err := postgres.New(b.db, postgres.Config{Key: testKey, Env: "test", Now: b.clock.now, Log: slog.New(slog.DiscardHandler), Gateways: []gateway.Gateway{f}})
	if err != nil {
		t.Fatal(err)
	}
	b.svc, b.handler = svc, svc.HTTP()
	p := b.deposit(order, 30000)
	f.lies = true
	var session string
	if err := b.db.Get(&session, `SELECT provider_id FROM payment`); err != nil {
		t.Fatal(err)
	}
	body := announcement("sbe_late", "session.failed", session)
	if code := b.webhook(body, sandbox.Sign(b.secret(), body, b.clock.now())); code != 200 {
		t.Fatalf("webhook answered %d", code)
	}
	b.work()
	if got := b.payment(p.ID); got.State != payments.PaymentSucceeded {
		t.Errorf("payment is %s", got.State)
	}
	b.wantAccount(order, 30000, 0, 0, 30000, 0)
	if got := events[payments.PaymentEvent](b, payments.EvtPaymentFailed); len(got) != 0 {
		t.Errorf("told of %+v", got)
	}
}

// A provider keeps an error and answers the key with it ever after, although it did the transfer.
func TestSavedErrorIsNoOutcome(t *testing.T) {
	t.Run("payment", func(t *testing.T) {
		b := setup(t)
		b.turn(sandbox.Switches{SavedError: map[sandbox.Op]int{sandbox.OpCreate: 1}})
		p := b.create(order, "deposit", payments.Sandbox, 30000)
		b.later()
		if got := b.payment(p.ID); got.State != payments.PaymentUnknown {
			t.Errorf("payment is %s", got.State)
		}
		// The buyer pays with another one; the first, which nobody saw, ends by itself.
		b.deposit(order, 30000)
		b.clock.forward(26 * time.Hour)
		b.work()
		if got := b.payment(p.ID); got.State != payments.PaymentExpired {
			t.Errorf("in the end it is %s", got.State)
		}
		b.wantAccount(order, 30000, 0, 0, 30000, 0)
	})
	t.Run("refund", func(t *testing.T) {
		b := setup(t)
		b.turn(sandbox.Switches{SavedError: map[sandbox.Op]int{sandbox.OpRefund: 1}})
		cancel(b)
		b.work()
		b.later()
		b.refundState(payments.RefundUnknown)
		// Past the life of a key it is looked for, and is there: not a second one.
		b.clock.forward(24 * time.Hour)
		b.work()
		b.refundState(payments.RefundSucceeded)
		b.wantAccount(order, 0, 0, 0, 30000, 20000)
		if n := b.count("sandbox_refund"); n != 1 {
			t.Errorf("%d refunds at the provider", n)
		}
	})
}

// The bank's own race: the session is paid in the moment in which it is expired.
func TestPaidInTheMomentOfExpiry(t *testing.T) {
	b := setup(t)
	b.turn(sandbox.Switches{ExpiryRace: 1})
	b.create(order, "deposit", payments.Sandbox, 30000)
	got, err := b.svc.ExpirePayments(system(), payments.Ref{Ref: order})
	if err != nil || !got.Paid {
		t.Errorf("expired: %+v, %v", got, err)
	}
	b.work()
	b.wantAccount(order, 30000, 0, 0, 30000, 0)
}

func TestTwoOperatorsRefundAtOnce(t *testing.T) {
	b := setup(t)
	b.turn(sandbox.Switches{RefundsFail: true})
	cancel(b)
	b.work()
	r := b.refundState(payments.RefundByBank)
	var wg sync.WaitGroup
	var mu sync.Mutex
	done := 0
	for i := range 8 {
		wg.Go(func() {
			_, err := b.svc.RecordRefund(as("operator", int64(20+i)), payments.RecordRefund{RefundID: r.ID, BankRef: fmt.Sprintf("OP-%d", i), PaidOn: b.clock.now()})
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				done++
			} else if link.CodeOf(err) != link.Conflict {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if done != 1 {
		t.Errorf("%d operators recorded it", done)
	}
	b.wantAccount(order, 0, 0, 0, 30000, 20000)
}

// 300 households share a bill that does not divide, twice: every fen of it is owed to one of them, and paid.
func TestThreeHundredHouseholdsAndOddFen(t *testing.T) {
	b := setup(t)
	const n, total = 300, 1_000_037
	ids, grams := make([]int64, n), make([]int64, n)
	for i := range n {
		ids[i], grams[i] = int64(i+1), int64(3000+i*7%911)
	}
	b.loadAccounts(ids...)
	for round := range 2 {
		ref := fmt.Sprintf("order:%d", 50+round)
		d := payments.AcceptDelivery{DeliveryID: int64(500 + round), Ref: ref, Coop: 7, OccurredAt: b.clock.now().Unix()}
		gross := money.Split(total, grams, ids)
		fees := money.Split(total/20, grams, ids)
		for i := range n {
			d.Shares = append(d.Shares, payments.DeliveryShare{SourceKey: fmt.Sprintf("t:%d:%d", round, i), Household: ids[i], GrossFen: gross[i], FeeFen: fees[i]})
		}
		for range 3 {
			b.command(payments.CmdAcceptDelivery, d)
		}
		b.command(payments.CmdCloseRef, payments.CloseRef{Ref: ref, Seq: 1})
		p := b.create(ref, "balance", payments.Sandbox, total)
		b.pay(p)
		b.command(payments.CmdReleaseRef, payments.ReleaseRef{Ref: ref})
		b.wantAccount(ref, 0, 0, 0, total, 0)
	}
	batch := b.payOut("k")
	if want := int64(2 * (total - total/20)); batch.AmountFen != want || batch.Items != n {
		t.Errorf("batch of %d over %d households, want %d", batch.AmountFen, batch.Items, want)
	}
}

// onBroker runs the module on a broker, with a listener.
func onBroker(t *testing.T, b *bundle) (ns *linktest.Server, heard ears) {
	t.Helper()
	ns = linktest.NATSServer(t)
	nc := ns.Connect(t)
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- b.svc.Run(ctx, nc) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Errorf("run: %v", err)
		}
	})
	return ns, listener(t, ns.Connect(t))
}

// send sends commands as another module does.
func (b *bundle) send(subject string, data any) {
	b.t.Helper()
	err := link.InTx(system(), b.db, nil, func(tx *sqlx.Tx) error {
		return link.Publish(system(), tx, link.Message{Subject: subject, Data: data})
	})
	if err != nil {
		b.t.Fatal(err)
	}
}

// paid takes a deposit while workers run beside the test.
func (b *bundle) paid(ref string, fen int64) {
	b.t.Helper()
	p := b.create(ref, "deposit", payments.Sandbox, fen)
	b.play(p, "pay")
	b.eventually("paid", func() bool {
		if _, err := b.svc.Work(context.Background()); err != nil {
			b.t.Fatal(err)
		}
		return b.payment(p.ID).State == payments.PaymentSucceeded
	})
}

func (b *bundle) eventually(what string, done func() bool) {
	b.t.Helper()
	for end := time.Now().Add(60 * time.Second); !done(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			b.t.Fatalf("never happened: %s", what)
		}
	}
}

// The broker is down for long: money goes on, events wait and come once it is back.
func TestBrokerDown(t *testing.T) {
	b := setup(t)
	ns, heard := onBroker(t, b)
	b.paid("order:1", 100)
	heard.until(t, 1)
	ns.Stop()
	for i := range 5 {
		b.paid(fmt.Sprintf("order:%d", i+2), 100)
	}
	if _, err := b.db.Exec(`UPDATE outbox SET created_at = created_at - interval '1 hour' WHERE published_at IS NULL`); err != nil {
		t.Fatal(err)
	}
	ns.Start(t)
	heard.until(t, 6)
}

// A redelivery long after the stream's window for duplicates: the inbox does not forget.
func TestRedeliveryAfterTheWindow(t *testing.T) {
	b := setup(t)
	ns, heard := onBroker(t, b)
	b.paid(order, 30000)
	heard.until(t, 1)
	b.send(payments.CmdCancelRef, payments.CancelRef{Ref: order, ForfeitFen: 10000, Coop: 7})
	b.eventually("refund", func() bool { return b.account(order).RefundedFen == 20000 })
	// Everything is published again and taken by streams that remember nothing of the first time.
	js, err := jetstream.New(ns.Connect(t))
	if err != nil {
		t.Fatal(err)
	}
	stored := func(change func(*jetstream.StreamConfig)) (n uint64) {
		t.Helper()
		for s := range js.ListStreams(t.Context()).Info() {
			n += s.State.LastSeq
			if change != nil {
				change(&s.Config)
				if _, err := js.UpdateStream(t.Context(), s.Config); err != nil {
					t.Fatal(err)
				}
			}
		}
		return n
	}
	// Twice, because the server may look through its memory before it has taken the first change over, and then not
	// again for the two minutes of the window before.
	stored(func(c *jetstream.StreamConfig) { c.Duplicates = 100 * time.Millisecond })
	before := stored(func(c *jetstream.StreamConfig) { c.Duplicates = 150 * time.Millisecond })
	rows := uint64(b.count("outbox"))
	for round := range uint64(2) {
		b.eventually("came again", func() bool {
			if _, err := b.db.Exec(`UPDATE outbox SET published_at = NULL`); err != nil {
				t.Fatal(err)
			}
			b.eventually("published", func() bool {
				var left int
				return b.db.Get(&left, `SELECT count(*) FROM outbox WHERE published_at IS NULL`) == nil && left == 0
			})
			return stored(nil) >= before+(round+1)*rows
		})
	}
	heard.until(t, 1)
	b.wantAccount(order, 0, 0, 0, 30000, 20000)
}

// A message that can never be applied is put aside, named by verify, and stops nothing.
func TestPoisonMessage(t *testing.T) {
	b := setup(t)
	onBroker(t, b)
	b.paid(order, 30000)
	b.send(payments.CmdAcceptDelivery, map[string]any{"delivery_id": "poison"})
	b.send(payments.CmdCancelRef, payments.CancelRef{Ref: order})
	b.eventually("refund", func() bool { return b.account(order).RefundedFen == 30000 })
	b.eventually("dead letter", func() bool { return b.count("dead_letter") == 1 })
	found := b.findings()
	if len(found) != 1 || found[0].Check != "events.dead" {
		t.Errorf("found %+v", found)
	}
	if _, err := b.db.Exec(`DELETE FROM dead_letter`); err != nil {
		t.Fatal(err)
	}
}
