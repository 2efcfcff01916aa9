package postgres_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"banmuyuan/internal/link"
	"banmuyuan/payments"
	"banmuyuan/payments/gateway"
	"banmuyuan/payments/gateway/sandbox"
	"banmuyuan/payments/postgres"
)

const order = "order:1"

// webhook posts a body to the module as the sandbox would, or as somebody else does.
func (b *bundle) webhook(body []byte, signature string) int {
	b.t.Helper()
	req, err := http.NewRequest(http.MethodPost, b.web.URL+"/pay/webhooks/sandbox", bytes.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	req.Header.Set(sandbox.Header, signature)
	res, err := b.client.Do(req)
	if err != nil {
		b.t.Error(err)
		return 0
	}
	res.Body.Close()
	return res.StatusCode
}

func (b *bundle) secret() []byte {
	b.t.Helper()
	keys, err := postgres.ParseKeys(testKey)
	if err != nil {
		b.t.Fatal(err)
	}
	return keys.WebhookSecret()
}

func (b *bundle) session(p payments.Payment) string {
	b.t.Helper()
	return p.URL[strings.LastIndex(p.URL, "/")+1:]
}

func announcement(id, kind, session string) []byte {
	return fmt.Appendf(nil, `{"id":%q,"type":%q,"session":%q,"version":"2024-01-01"}`, id, kind, session)
}

func TestDepositIsPaidOnThePage(t *testing.T) {
	b := setup(t)
	p := b.create(order, "deposit", payments.Sandbox, 30000)
	if p.State != payments.PaymentOpen || !strings.HasPrefix(p.URL, b.web.URL+"/pay/sandbox/") || p.ExpiresAt == nil {
		t.Fatalf("payment is %+v", p)
	}
	p = b.pay(p)
	if p.State != payments.PaymentSucceeded || p.SucceededAt == nil || p.RefundableUntil == nil || p.Late || p.URL != "" {
		t.Errorf("payment is %+v", p)
	}
	b.wantAccount(order, 30000, 0, 0, 30000, 0)
	got := events[payments.PaymentEvent](b, payments.EvtPaymentSucceeded)
	want := payments.PaymentEvent{PaymentID: p.ID, Ref: order, Purpose: "deposit", AmountFen: 30000}
	if len(got) != 1 || got[0] != want {
		t.Errorf("events: %+v", got)
	}
}

func TestCreatePaymentIsIdempotent(t *testing.T) {
	b := setup(t)
	r := b.request(order, "deposit", payments.Sandbox, 30000)
	ids := make([]int64, 12)
	var wg sync.WaitGroup
	for i := range ids {
		wg.Go(func() {
			p, err := b.svc.CreatePayment(system(), r)
			if err != nil {
				t.Error(err)
			}
			ids[i] = p.ID
		})
	}
	wg.Wait()
	for _, id := range ids {
		if id != ids[0] {
			t.Fatalf("double click made payments %v", ids)
		}
	}
	var sessions int
	if err := b.db.Get(&sessions, `SELECT count(*) FROM sandbox_session`); err != nil || sessions != 1 {
		t.Errorf("%d sessions at the provider (%v)", sessions, err)
	}
	r.AmountFen++
	_, err := b.svc.CreatePayment(system(), r)
	wantCode(t, err, link.Conflict, "payment.key_reused")
}

func TestCreatePaymentNamesWhatIsWrong(t *testing.T) {
	b := setup(t)
	for field, change := range map[string]func(*payments.CreatePayment){
		"key":         func(r *payments.CreatePayment) { r.Key = "" },
		"ref":         func(r *payments.CreatePayment) { r.Ref = "order:1'; DROP TABLE ref" },
		"purpose":     func(r *payments.CreatePayment) { r.Purpose = "bribe" },
		"amount_fen":  func(r *payments.CreatePayment) { r.AmountFen = 0 },
		"method":      func(r *payments.CreatePayment) { r.Method = "stripe" },
		"party":       func(r *payments.CreatePayment) { r.Party.ID = 0 },
		"code":        func(r *payments.CreatePayment) { r.Code = "A1" },
		"description": func(r *payments.CreatePayment) { r.Description = strings.Repeat("鹅", 201) },
	} {
		r := b.request(order, "deposit", payments.Sandbox, 100)
		change(&r)
		_, err := b.svc.CreatePayment(system(), r)
		if link.CodeOf(err) != link.Invalid || link.AsError(err).Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	_, err := b.svc.CreatePayment(operator, b.request(order, "deposit", payments.Sandbox, 100))
	wantCode(t, err, link.Forbidden, "forbidden")
	_, err = b.svc.CreatePayment(context.Background(), b.request(order, "deposit", payments.Sandbox, 100))
	wantCode(t, err, link.Unauthenticated, "unauthenticated")
}

func TestSameWebhookTenTimesAtOnce(t *testing.T) {
	b := setup(t)
	b.turn(sandbox.Switches{Drop: true})
	p := b.create(order, "deposit", payments.Sandbox, 30000)
	b.play(p, "pay")
	body := announcement("sbe_1", "session.paid", b.session(p))
	signature := sandbox.Sign(b.secret(), body, b.clock.now())
	var wg sync.WaitGroup
	for range 10 {
		wg.Go(func() {
			if code := b.webhook(body, signature); code != http.StatusOK {
				t.Errorf("webhook answered %d", code)
			}
			if _, err := b.svc.Work(context.Background()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	b.work()
	b.wantAccount(order, 30000, 0, 0, 30000, 0)
	if got := events[payments.PaymentEvent](b, payments.EvtPaymentSucceeded); len(got) != 1 {
		t.Errorf("%d success events", len(got))
	}
	var stored int
	if err := b.db.Get(&stored, `SELECT count(*) FROM provider_event WHERE provider = 'sandbox' AND event_id = 'sbe_1'`); err != nil || stored != 1 {
		t.Errorf("%d announcements are stored (%v)", stored, err)
	}
}

func TestWebhooksDuplicatedReorderedDelayed(t *testing.T) {
	for name, sw := range map[string]sandbox.Switches{
		"duplicated": {Duplicate: 4}, "reordered": {Reorder: true, PayDelay: time.Second}, "delayed": {Delay: 2 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			b := setup(t)
			b.turn(sw)
			p := b.create(order, "deposit", payments.Sandbox, 30000)
			b.play(p, "pay")
			b.work()
			b.clock.forward(3 * time.Second)
			b.work()
			b.wantAccount(order, 30000, 0, 0, 30000, 0)
			if got := events[payments.PaymentEvent](b, payments.EvtPaymentSucceeded); len(got) != 1 {
				t.Errorf("%d success events", len(got))
			}
		})
	}
}

func TestForeignWebhooksChangeNothing(t *testing.T) {
	b := setup(t)
	p := b.create(order, "deposit", payments.Sandbox, 30000)
	now := b.clock.now()
	paid := announcement("sbe_x", "session.paid", b.session(p))
	genuine := fmt.Appendf(nil, `{"id":"sbe_4","type":"session.paid","session":%q,"version":"2024-01-01","live":true}`, b.session(p))
	old := fmt.Appendf(nil, `{"id":"sbe_5","type":"session.paid","session":%q,"version":"2019-01-01"}`, b.session(p))
	for name, c := range map[string]struct {
		body      []byte
		signature string
		want      int
	}{
		"forged":    {paid, sandbox.Sign([]byte("guess"), paid, now), http.StatusBadRequest},
		"unsigned":  {paid, "", http.StatusBadRequest},
		"stale":     {paid, sandbox.Sign(b.secret(), paid, now.Add(-10*time.Minute)), http.StatusBadRequest},
		"future":    {paid, sandbox.Sign(b.secret(), paid, now.Add(30*24*time.Hour)), http.StatusBadRequest},
		"malformed": {[]byte("{"), sandbox.Sign(b.secret(), []byte("{"), now), http.StatusBadRequest},
		"huge":      {bytes.Repeat([]byte("x"), 300<<10), "t=1", http.StatusRequestEntityTooLarge},
		// Signed by the provider, but not true, or of somebody unknown: the provider is asked and decides.
		"untrue":          {announcement("sbe_1", "session.paid", b.session(p)), sandbox.Sign(b.secret(), announcement("sbe_1", "session.paid", b.session(p)), now), http.StatusOK},
		"unknown":         {announcement("sbe_2", "session.paid", "sbx_other"), sandbox.Sign(b.secret(), announcement("sbe_2", "session.paid", "sbx_other"), now), http.StatusOK},
		"another mode":    {genuine, sandbox.Sign(b.secret(), genuine, now), http.StatusOK},
		"another version": {old, sandbox.Sign(b.secret(), old, now), http.StatusOK},
		"no topic":        {announcement("sbe_3", "balance.available", ""), sandbox.Sign(b.secret(), announcement("sbe_3", "balance.available", ""), now), http.StatusOK},
	} {
		if got := b.webhook(c.body, c.signature); got != c.want {
			t.Errorf("%s answered %d, want %d", name, got, c.want)
		}
	}
	b.work()
	for range 10 {
		b.clock.forward(20 * time.Second)
		b.work()
	}
	if got := b.payment(p.ID); got.State != payments.PaymentOpen {
		t.Errorf("payment is %s", got.State)
	}
	var states []string
	if err := b.db.Select(&states, `SELECT event_id || ' ' || state FROM provider_event ORDER BY event_id`); err != nil {
		t.Fatal(err)
	}
	if want := "sbe_1 done,sbe_2 ignored,sbe_3 ignored,sbe_4 ignored,sbe_5 ignored"; strings.Join(states, ",") != want {
		t.Errorf("events: %v, want %s", states, want)
	}
}

// The provider announces faster than its answer is written down.
func TestWebhookBeforeTheAnswerIsNotLost(t *testing.T) {
	b := setup(t)
	b.turn(sandbox.Switches{Drop: true, TimeoutAfter: map[sandbox.Op]int{sandbox.OpCreate: 1}})
	p := b.create(order, "deposit", payments.Sandbox, 30000)
	var id string
	if err := b.db.Get(&id, `SELECT id FROM sandbox_session`); err != nil {
		t.Fatal(err)
	}
	if _, err := b.bank.Decide(context.Background(), id, sandbox.PlayPay); err != nil {
		t.Fatal(err)
	}
	body := announcement("sbe_1", "session.paid", id)
	b.webhook(body, sandbox.Sign(b.secret(), body, b.clock.now()))
	if _, err := b.svc.Work(context.Background()); err != nil {
		t.Fatal(err)
	}
	b.clock.forward(15 * time.Second)
	b.work()
	b.clock.forward(15 * time.Second)
	b.work()
	if got := b.payment(p.ID); got.State != payments.PaymentSucceeded {
		t.Errorf("payment is %s", got.State)
	}
}

func TestEveryWebhookDroppedIsFoundByPolling(t *testing.T) {
	b := setup(t)
	b.turn(sandbox.Switches{Drop: true})
	p := b.create(order, "deposit", payments.Sandbox, 30000)
	b.play(p, "pay")
	b.work()
	if got := b.payment(p.ID); got.State != payments.PaymentOpen {
		t.Fatalf("payment is %s before anybody asked", got.State)
	}
	b.clock.forward(6 * time.Second)
	b.work()
	if got := b.payment(p.ID); got.State != payments.PaymentSucceeded {
		t.Errorf("payment is %s", got.State)
	}
	// A buyer that comes back from the page does not wait for the poll.
	q := b.create("order:2", "deposit", payments.Sandbox, 100)
	b.play(q, "pay")
	b.clock.forward(1100 * time.Millisecond)
	if got, err := b.svc.Payment(system(), payments.PaymentRef{ID: q.ID}); err != nil || got.State != payments.PaymentSucceeded {
		t.Errorf("payment is %+v, %v", got, err)
	}
}

// Many announcements are applied in one transaction. A wrong one holds up none of the others.
func TestOneWrongEventHoldsUpNoOther(t *testing.T) {
	b := setup(t)
	var all []payments.Payment
	for i := range 5 {
		all = append(all, b.create(fmt.Sprintf("order:%d", i+1), "deposit", payments.Sandbox, 30000))
	}
	wrong := all[2]
	_, err := b.db.Exec(fmt.Sprintf(`
		CREATE FUNCTION wrong() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
			IF NEW.business_key = 'pay:%d:succeeded' THEN RAISE EXCEPTION 'something is wrong with it'; END IF;
			RETURN NEW;
		END $$;
		CREATE TRIGGER wrong BEFORE INSERT ON ledger_txn FOR EACH ROW EXECUTE FUNCTION wrong()`, wrong.ID))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range all {
		b.play(p, "pay")
	}
	b.work()
	for _, p := range all {
		want := payments.PaymentSucceeded
		if p.ID == wrong.ID {
			want = payments.PaymentOpen
		}
		if got := b.payment(p.ID); got.State != want {
			t.Errorf("payment %d of %s is %s, want %s", p.ID, p.Ref, got.State, want)
		}
	}
	if _, err := b.db.Exec(`DROP TRIGGER wrong ON ledger_txn`); err != nil {
		t.Fatal(err)
	}
	b.later()
	for _, p := range all {
		b.wantAccount(p.Ref, 30000, 0, 0, 30000, 0)
	}
	if got := events[payments.PaymentEvent](b, payments.EvtPaymentSucceeded); len(got) != len(all) {
		t.Errorf("%d payments were told, want %d", len(got), len(all))
	}
	b.verify()
}

func TestTimeoutsAreNotFailures(t *testing.T) {
	for name, sw := range map[string]sandbox.Switches{
		"before effect": {TimeoutBefore: map[sandbox.Op]int{sandbox.OpCreate: 2, sandbox.OpLookup: 2}},
		"after effect":  {TimeoutAfter: map[sandbox.Op]int{sandbox.OpCreate: 2, sandbox.OpLookup: 2}},
	} {
		t.Run(name, func(t *testing.T) {
			b := setup(t)
			b.turn(sw)
			p := b.create(order, "deposit", payments.Sandbox, 30000)
			if p.State != payments.PaymentUnknown || p.URL != "" {
				t.Fatalf("payment is %+v", p)
			}
			for range 5 {
				b.clock.forward(5 * time.Second)
				b.work()
			}
			if p = b.payment(p.ID); p.State != payments.PaymentOpen {
				t.Fatalf("payment is %s", p.State)
			}
			var sessions int
			if err := b.db.Get(&sessions, `SELECT count(*) FROM sandbox_session`); err != nil || sessions != 1 {
				t.Errorf("%d sessions at the provider (%v)", sessions, err)
			}
			if p = b.pay(p); p.State != payments.PaymentSucceeded {
				t.Errorf("payment is %s", p.State)
			}
		})
	}
}

func TestDeclinedPayment(t *testing.T) {
	b := setup(t)
	p := b.create(order, "deposit", payments.Sandbox, 30000)
	b.play(p, "fail")
	b.work()
	if got := b.payment(p.ID); got.State != payments.PaymentFailed || got.FailureKey != "payment.declined" {
		t.Errorf("payment is %+v", got)
	}
	if got := events[payments.PaymentEvent](b, payments.EvtPaymentFailed); len(got) != 1 || got[0].PaymentID != p.ID {
		t.Errorf("failure events: %+v", got)
	}
	// Another try is another payment.
	b.deposit(order, 30000)
}

// Both paid: the second is late, whether each is asked for by itself or the announcements of both are heard together.
func TestTwoSessionsBothPaid(t *testing.T) {
	t.Run("asked for", func(t *testing.T) { twoSessionsBothPaid(t, sandbox.Switches{Drop: true}) })
	t.Run("announced together", func(t *testing.T) { twoSessionsBothPaid(t, sandbox.Switches{}) })
}

func twoSessionsBothPaid(t *testing.T, bank sandbox.Switches) {
	b := setup(t)
	b.turn(bank)
	first := b.create(order, "deposit", payments.Sandbox, 30000)
	second := b.create(order, "deposit", payments.Sandbox, 30000)
	b.play(first, "pay")
	b.play(second, "pay")
	b.clock.forward(10 * time.Second)
	b.work()
	b.wantAccount(order, 30000, 0, 30000, 60000, 0)
	got := events[payments.PaymentEvent](b, payments.EvtPaymentSucceeded)
	if len(got) != 2 || got[0].Late == got[1].Late {
		t.Fatalf("events: %+v", got)
	}
	late := got[0]
	if got[1].Late {
		late = got[1]
	}
	for range 2 { // said twice
		b.command(payments.CmdRefundLate, payments.RefundPayment{PaymentID: late.PaymentID, Reason: "refund.late"})
	}
	b.work()
	b.wantAccount(order, 30000, 0, 0, 60000, 30000)
}

// Once a deposit is there, the other tab's session is closed at the provider.
func TestOtherTabIsClosed(t *testing.T) {
	b := setup(t)
	first := b.create(order, "deposit", payments.Sandbox, 30000)
	second := b.create(order, "deposit", payments.Sandbox, 30000)
	b.pay(first)
	b.work()
	if got := b.payment(second.ID); got.State != payments.PaymentExpired {
		t.Errorf("the other payment is %s", got.State)
	}
	b.play(second, "pay")
	b.work()
	b.wantAccount(order, 30000, 0, 0, 30000, 0)
}

func TestExpirePayments(t *testing.T) {
	b := setup(t)
	p := b.create(order, "deposit", payments.Sandbox, 30000)
	for range 2 {
		out, err := b.svc.ExpirePayments(system(), payments.Ref{Ref: order})
		if err != nil || out.Paid {
			t.Fatalf("expire: %+v, %v", out, err)
		}
	}
	if got := b.payment(p.ID); got.State != payments.PaymentExpired {
		t.Errorf("payment is %s", got.State)
	}
	_, err := b.svc.CreatePayment(system(), b.request(order, "deposit", payments.Sandbox, 1))
	wantCode(t, err, link.Conflict, "payment.ref_closed")
	b.play(p, "pay")
	b.work()
	b.wantAccount(order, 0, 0, 0, 0, 0)
}

func TestPaidRacingExpiry(t *testing.T) {
	b := setup(t)
	b.turn(sandbox.Switches{Drop: true})
	p := b.create(order, "deposit", payments.Sandbox, 30000)
	b.play(p, "pay")
	out, err := b.svc.ExpirePayments(system(), payments.Ref{Ref: order})
	if err != nil || !out.Paid {
		t.Fatalf("expire: %+v, %v", out, err)
	}
	got := events[payments.PaymentEvent](b, payments.EvtPaymentSucceeded)
	if len(got) != 1 || got[0].Late {
		t.Errorf("events: %+v", got)
	}
	// The order lives on: its balance can be paid.
	b.deliver(1, order, map[int64]int64{17: 50000})
	b.command(payments.CmdCloseRef, payments.CloseRef{Ref: order, Seq: 1})
	b.create(order, "balance", payments.Sandbox, 20000)
	b.wantAccount(order, 0, 20000, 0, 30000, 0)
}

// A module that asks about a payment of which it should have heard long ago is told again, by the same event.
func TestPaidLongAgoIsToldAgain(t *testing.T) {
	b := setup(t)
	p := b.create(order, "deposit", payments.Sandbox, 30000)
	b.play(p, "pay")
	b.work()
	published := func(age time.Duration) (n int) {
		if _, err := b.db.Exec(`UPDATE outbox SET published_at = now() - $1 * interval '1 second'`, age.Seconds()); err != nil {
			t.Fatal(err)
		}
		out, err := b.svc.ExpirePayments(system(), payments.Ref{Ref: order})
		if err != nil || !out.Paid {
			t.Fatalf("expire: %+v, %v", out, err)
		}
		if err := b.db.Get(&n, `SELECT count(*) FROM outbox WHERE published_at IS NULL AND subject = $1`, payments.EvtPaymentSucceeded); err != nil {
			t.Fatal(err)
		}
		return n
	}
	if n := published(time.Second); n != 0 {
		t.Errorf("%d events are told again a second after they were", n)
	}
	if n := published(5 * time.Minute); n != 1 {
		t.Errorf("%d events are told again after five minutes, want the payment's", n)
	}
	if got := events[payments.PaymentEvent](b, payments.EvtPaymentSucceeded); len(got) != 1 {
		t.Errorf("events: %+v", got)
	}
}

func TestExpiryWaitsForAnAnswer(t *testing.T) {
	b := setup(t)
	p := b.create(order, "deposit", payments.Sandbox, 30000)
	b.turn(sandbox.Switches{Drop: true, TimeoutAfter: map[sandbox.Op]int{sandbox.OpExpire: 1}})
	_, err := b.svc.ExpirePayments(system(), payments.Ref{Ref: order})
	wantCode(t, err, link.Unavailable, "payment.provider_unavailable")
	// Nobody knows: nothing new may be started, nothing is given up.
	_, err = b.svc.CreatePayment(system(), b.request(order, "deposit", payments.Sandbox, 1))
	wantCode(t, err, link.Conflict, "payment.ref_closed")
	if got := b.payment(p.ID); got.State != payments.PaymentOpen {
		t.Errorf("payment is %s", got.State)
	}
	if out, err := b.svc.ExpirePayments(system(), payments.Ref{Ref: order}); err != nil || out.Paid {
		t.Errorf("expire: %+v, %v", out, err)
	}
}

// The buyer pays at the provider, and the success is known only after the order was given up.
func TestLateSuccessIsDecidedByWhoAsked(t *testing.T) {
	late := func(t *testing.T) (*bundle, payments.Payment) {
		b := setup(t)
		b.turn(sandbox.Switches{PayDelay: time.Minute, Drop: true})
		p := b.create(order, "deposit", payments.Sandbox, 30000)
		b.play(p, "pay")
		_, err := b.svc.ExpirePayments(system(), payments.Ref{Ref: order})
		wantCode(t, err, link.Unavailable, "payment.provider_unavailable") // it is being paid
		// The answer of a provider that forgets: expired, and paid all the same.
		if _, err := b.db.Exec(`UPDATE sandbox_session SET state = 'expired'`); err != nil {
			t.Fatal(err)
		}
		if out, err := b.svc.ExpirePayments(system(), payments.Ref{Ref: order}); err != nil || out.Paid {
			t.Fatalf("expire: %+v, %v", out, err)
		}
		if _, err := b.db.Exec(`UPDATE sandbox_session SET state = 'paid', paid_at = $1`, b.clock.now()); err != nil {
			t.Fatal(err)
		}
		body := announcement("sbe_1", "session.paid", b.session(p))
		b.webhook(body, sandbox.Sign(b.secret(), body, b.clock.now()))
		b.work()
		b.wantAccount(order, 0, 0, 30000, 30000, 0)
		got := events[payments.PaymentEvent](b, payments.EvtPaymentSucceeded)
		if len(got) != 1 || !got[0].Late {
			t.Fatalf("events: %+v", got)
		}
		return b, p
	}
	t.Run("accepted", func(t *testing.T) {
		b, p := late(t)
		for range 2 {
			b.command(payments.CmdAcceptLate, payments.AcceptLate{PaymentID: p.ID})
		}
		b.wantAccount(order, 30000, 0, 0, 30000, 0)
		b.command(payments.CmdRefundLate, payments.RefundPayment{PaymentID: p.ID}) // too late for that
		b.work()
		b.wantAccount(order, 30000, 0, 0, 30000, 0)
	})
	t.Run("sent back", func(t *testing.T) {
		b, p := late(t)
		b.command(payments.CmdRefundLate, payments.RefundPayment{PaymentID: p.ID, Reason: "refund.late"})
		b.command(payments.CmdAcceptLate, payments.AcceptLate{PaymentID: p.ID}) // too late for that
		b.work()
		b.wantAccount(order, 0, 0, 0, 30000, 30000)
		if got := events[payments.RefundEvent](b, payments.EvtRefundDone); len(got) != 1 || got[0].AmountFen != 30000 {
			t.Errorf("refund events: %+v", got)
		}
	})
}

func TestUnpaidPaymentExpiresByItself(t *testing.T) {
	b := setup(t)
	p := b.create(order, "deposit", payments.Sandbox, 30000)
	cash := b.create(order, "deposit", payments.Cash, 30000)
	b.clock.forward(31 * time.Minute)
	b.work()
	for _, id := range []int64{p.ID, cash.ID} {
		if got := b.payment(id); got.State != payments.PaymentExpired {
			t.Errorf("payment is %s", got.State)
		}
	}
}

// crooked is a provider that says another amount arrived than was asked.
type crooked struct {
	gateway.Gateway
	fen int64
}

func (c crooked) Name() string { return "crooked" }

func (c crooked) Lookup(ctx context.Context, id string) (gateway.Status, error) {
	return gateway.Status{State: payments.PaymentSucceeded, AmountFen: c.fen, PaidAt: time.Now()}, nil
}

func TestWrongAmount(t *testing.T) {
	for name, c := range map[string]struct {
		fen  int64
		want [5]int64
		late bool
	}{
		"less": {29999, [5]int64{0, 0, 29999, 29999, 0}, true}, // not used until somebody decided
		"more": {30001, [5]int64{30000, 0, 0, 30001, 1}, false},
	} {
		t.Run(name, func(t *testing.T) {
			b := setup(t)
			svc, err := postgres.New(b.db, postgres.Config{Key: testKey, Now: b.clock.now, Log: slog.New(slog.DiscardHandler), Gateways: []gateway.Gateway{crooked{b.bank, c.fen}}})
			if err != nil {
				t.Fatal(err)
			}
			p, err := svc.CreatePayment(system(), b.request(order, "deposit", "crooked", 30000))
			if err != nil {
				t.Fatal(err)
			}
			// Really paid, so that the sandbox behind it can refund.
			if _, err := b.bank.Decide(context.Background(), b.session(p), sandbox.PlayPay); err != nil {
				t.Fatal(err)
			}
			if _, err := b.db.Exec(`UPDATE sandbox_session SET amount_fen = $1`, c.fen); err != nil {
				t.Fatal(err)
			}
			b.clock.forward(10 * time.Second)
			for range 3 {
				if _, err := svc.Work(context.Background()); err != nil {
					t.Fatal(err)
				}
			}
			b.wantAccount(order, c.want[0], c.want[1], c.want[2], c.want[3], c.want[4])
			got := events[payments.PaymentEvent](b, payments.EvtPaymentSucceeded)
			if len(got) != 1 || got[0].Late != c.late {
				t.Errorf("events: %+v", got)
			}
			// The sandbox is behind it under another name: its books are not the subject here.
			if _, err := b.db.Exec(`DELETE FROM sandbox_refund; DELETE FROM sandbox_session`); err != nil {
				t.Fatal(err)
			}
		})
	}
}

func TestPaymentsAreForThoseConcerned(t *testing.T) {
	b := setup(t)
	p := b.deposit(order, 30000)
	buyer := as("buyer", 501)
	if got, err := b.svc.Payment(buyer, payments.PaymentRef{ID: p.ID}); err != nil || got.AmountFen != 30000 {
		t.Errorf("own payment: %+v, %v", got, err)
	}
	stranger := as("buyer", 502)
	_, err := b.svc.Payment(stranger, payments.PaymentRef{ID: p.ID})
	wantCode(t, err, link.NotFound, "payment.unknown")
	_, err = b.svc.Account(stranger, payments.Ref{Ref: order})
	wantCode(t, err, link.NotFound, "not_found")
	_, err = b.svc.Accounts(buyer, payments.RefsRequest{Refs: []string{order}})
	wantCode(t, err, link.Forbidden, "forbidden")
	for who, want := range map[context.Context]int{buyer: 1, stranger: 0, operator: 1} {
		page, err := b.svc.Payments(who, payments.PaymentFilter{})
		if err != nil || page.Total != want || len(page.Items) != want {
			t.Errorf("list: %+v, %v", page, err)
		}
	}
	for name, call := range map[string]func(context.Context) error{
		"trial balance": func(ctx context.Context) error { _, err := b.svc.TrialBalance(ctx, payments.None{}); return err },
		"journal":       func(ctx context.Context) error { _, err := b.svc.Journal(ctx, payments.JournalFilter{}); return err },
		"statement": func(ctx context.Context) error {
			_, err := b.svc.Statement(ctx, payments.StatementFilter{})
			return err
		},
		"refunds": func(ctx context.Context) error { _, err := b.svc.Refunds(ctx, payments.RefundFilter{}); return err },
		"batches": func(ctx context.Context) error { _, err := b.svc.Batches(ctx, payments.BatchesRequest{}); return err },
		"verify":  func(ctx context.Context) error { _, err := b.svc.Verify(ctx, payments.None{}); return err },
		"income facts": func(ctx context.Context) error {
			_, err := b.svc.IncomeFacts(ctx, payments.SourcesRequest{})
			return err
		},
		"transfers": func(ctx context.Context) error {
			_, err := b.svc.RecordTransfers(ctx, payments.RecordTransfers{})
			return err
		},
	} {
		wantCode(t, call(buyer), link.Forbidden, "forbidden")
		wantCode(t, call(as("admin", 1)), link.Forbidden, "forbidden")
		who := operator
		if name == "verify" || name == "income facts" {
			who = system()
		}
		if err := call(who); link.CodeOf(err) == link.Forbidden {
			t.Errorf("%s: the operator may not: %v", name, err)
		}
	}
}

func TestPaymentPagesByCursor(t *testing.T) {
	b := setup(t)
	for i := range 7 {
		b.create(fmt.Sprintf("order:%d", i+1), "deposit", payments.Cash, 100)
	}
	seen := map[int64]bool{}
	f := payments.PaymentFilter{Method: payments.Cash, Limit: 3}
	for {
		page, err := b.svc.Payments(operator, f)
		if err != nil {
			t.Fatal(err)
		}
		if page.Total != 7 || page.SumFen != 700 {
			t.Fatalf("sums are %d, %d", page.Total, page.SumFen)
		}
		for _, p := range page.Items {
			seen[p.ID] = true
		}
		if page.Cursor == "" {
			break
		}
		f.Cursor = page.Cursor
	}
	if len(seen) != 7 {
		t.Errorf("%d of 7 payments on the pages", len(seen))
	}
	_, err := b.svc.Payments(operator, payments.PaymentFilter{Cursor: "'; --"})
	wantCode(t, err, link.Invalid, "page.cursor")
}

// A payment is found by its code as people write it, and by no part of it.
func TestPaymentsByCode(t *testing.T) {
	b := setup(t)
	b.coded(order, "260114AB", 500)
	b.coded("order:2", "260114ABC", 500)
	for code, want := range map[string]int{"260114AB": 1, "2601-14ab": 1, "２６０１１４ＡＢ": 1, "260114": 0, "—": 0, "": 2} {
		page, err := b.svc.Payments(operator, payments.PaymentFilter{Code: code})
		if err != nil || page.Total != want || len(page.Items) != want {
			t.Errorf("%q: %d payments, want %d, %v", code, page.Total, want, err)
		}
	}
}

func TestEventsHoldNothingPersonal(t *testing.T) {
	b := setup(t)
	b.deposit(order, 30000)
	var all []json.RawMessage
	if err := b.db.Select(&all, `SELECT data FROM outbox`); err != nil {
		t.Fatal(err)
	}
	for _, e := range all {
		if bytes.Contains(e, []byte("王芳")) {
			t.Errorf("event names the buyer: %s", e)
		}
	}
}
