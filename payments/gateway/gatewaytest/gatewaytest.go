// Package gatewaytest checks the invariants of package gateway for a provider.
package gatewaytest

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"banmuyuan/payments"
	"banmuyuan/payments/gateway"
)

// Bench is a gateway with a way to act as its buyers.
type Bench struct {
	Gateway gateway.Gateway
	// Pay pays a session as a buyer; nil where payments are entered by hand.
	Pay func(t *testing.T, sessionID string)
	// Break makes the next call time out, before its effect or after; nil where nothing is called.
	Break func(t *testing.T, after bool)
	// Sign makes the headers of a webhook; nil without webhooks.
	Sign func(body []byte, at time.Time) http.Header
	// Body of an event about a session.
	Body func(sessionID string) []byte
	// Dispute has the buyer take a paid session's money back and returns the dispute and how the bank decides it; nil where
	// nobody can.
	Dispute func(t *testing.T, sessionID string) (id string, decide func(won bool))
}

// Run checks a gateway; open makes a fresh one.
func Run(t *testing.T, open func(t *testing.T) Bench) {
	ctx := context.Background()
	request := gateway.Request{Key: "banmuyuan:test:pay:1:create", PaymentID: 1, AmountFen: 12345, Description: "大鹅 20 只", Code: "260101AB12",
		ReturnURL: "https://shop.example/orders/1", ExpiresAt: time.Now().Add(time.Hour)}
	create := func(t *testing.T, b Bench) gateway.Session {
		t.Helper()
		s, err := b.Gateway.Create(ctx, request)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	state := func(t *testing.T, b Bench, id string, want payments.PaymentState) gateway.Status {
		t.Helper()
		st, err := b.Gateway.Lookup(ctx, id)
		if err != nil {
			t.Fatal(err)
		}
		if st.State != want {
			t.Fatalf("session is %s, want %s", st.State, want)
		}
		return st
	}
	paid := func(t *testing.T) (Bench, gateway.Session) {
		t.Helper()
		b := open(t)
		if b.Pay == nil {
			t.Skip("nobody pays here by himself")
		}
		s := create(t, b)
		b.Pay(t, s.ID)
		return b, s
	}

	t.Run("the same key is the same session", func(t *testing.T) {
		b := open(t)
		first, second := create(t, b), create(t, b)
		if first != second || first.ID == "" {
			t.Errorf("sessions are %+v and %+v", first, second)
		}
		state(t, b, first.ID, payments.PaymentOpen)
	})
	t.Run("another request with a used key is refused", func(t *testing.T) {
		b := open(t)
		if b.Pay == nil {
			t.Skip("keeps nothing")
		}
		create(t, b)
		other := request
		other.AmountFen++
		_, err := b.Gateway.Create(ctx, other)
		if refused := (*gateway.Refused)(nil); !errors.As(err, &refused) {
			t.Errorf("error is %v", err)
		}
	})
	t.Run("says where to pay", func(t *testing.T) {
		b := open(t)
		s := create(t, b)
		switch b.Gateway.Name() {
		case payments.BankTransfer:
			if s.TransferCode != request.Code || s.PayTo == "" || s.PayToAccount == "" || s.PayToBank == "" {
				t.Errorf("session is %+v", s)
			}
		case payments.Cash:
		default:
			if !strings.HasPrefix(s.URL, "http") {
				t.Errorf("session is %+v", s)
			}
		}
	})
	t.Run("an open session expires", func(t *testing.T) {
		b := open(t)
		s := create(t, b)
		for range 2 {
			st, err := b.Gateway.Expire(ctx, s.ID)
			if err != nil || st.State != payments.PaymentExpired {
				t.Fatalf("expire: %+v, %v", st, err)
			}
		}
	})
	t.Run("a paid session is paid, whatever comes after", func(t *testing.T) {
		b, s := paid(t)
		if st := state(t, b, s.ID, payments.PaymentSucceeded); st.AmountFen != request.AmountFen || st.PaidAt.IsZero() {
			t.Errorf("status is %+v", st)
		}
		st, err := b.Gateway.Expire(ctx, s.ID)
		if err != nil || st.State != payments.PaymentSucceeded {
			t.Errorf("expire: %+v, %v", st, err)
		}
	})
	t.Run("what is not known is not found", func(t *testing.T) {
		b := open(t)
		if b.Pay == nil {
			t.Skip("keeps nothing")
		}
		if _, err := b.Gateway.Lookup(ctx, "sess_unknown"); !errors.Is(err, gateway.ErrNotFound) {
			t.Errorf("lookup: %v", err)
		}
		if _, err := b.Gateway.LookupRefund(ctx, "ref_unknown", gateway.RefundRequest{}); !errors.Is(err, gateway.ErrNotFound) {
			t.Errorf("lookup refund: %v", err)
		}
	})
	t.Run("refunds once and not too much", func(t *testing.T) {
		b, s := paid(t)
		r := gateway.RefundRequest{Key: "banmuyuan:test:refund:1", RefundID: 1, SessionID: s.ID, AmountFen: 10000}
		if _, err := b.Gateway.LookupRefund(ctx, "", r); !errors.Is(err, gateway.ErrNotFound) {
			t.Errorf("a refund that was never made: %v", err)
		}
		first, err := b.Gateway.Refund(ctx, r)
		if err != nil {
			t.Fatal(err)
		}
		if first.State != payments.RefundSucceeded && first.State != payments.RefundPending {
			t.Errorf("refund is %+v", first)
		}
		second, err := b.Gateway.Refund(ctx, r)
		if err != nil || second.ID != first.ID {
			t.Errorf("again: %+v, %v", second, err)
		}
		for _, id := range []string{first.ID, ""} {
			if found, err := b.Gateway.LookupRefund(ctx, id, r); err != nil || found.ID != first.ID {
				t.Errorf("lookup %q: %+v, %v", id, found, err)
			}
		}
		more := gateway.RefundRequest{Key: "banmuyuan:test:refund:2", RefundID: 2, SessionID: s.ID, AmountFen: 2346}
		_, err = b.Gateway.Refund(ctx, more)
		if refused := (*gateway.Refused)(nil); !errors.As(err, &refused) {
			t.Errorf("more than was paid: %v", err)
		}
		more.Key, more.AmountFen = "banmuyuan:test:refund:3", 2345
		if _, err := b.Gateway.Refund(ctx, more); err != nil {
			t.Errorf("the rest: %v", err)
		}
	})
	t.Run("by hand is by bank", func(t *testing.T) {
		b := open(t)
		if b.Pay != nil {
			t.Skip("refunds by itself")
		}
		s := create(t, b)
		st, err := b.Gateway.Refund(ctx, gateway.RefundRequest{Key: "k", SessionID: s.ID, AmountFen: 1})
		if err != nil || st.State != payments.RefundByBank {
			t.Errorf("refund is %+v, %v", st, err)
		}
	})
	t.Run("the books tell every movement once", func(t *testing.T) {
		b, s := paid(t)
		audited, ok := b.Gateway.(gateway.Audited)
		if !ok {
			t.Skip("keeps no books")
		}
		r, err := b.Gateway.Refund(ctx, gateway.RefundRequest{Key: "banmuyuan:test:refund:9", RefundID: 9, SessionID: s.ID, AmountFen: 345})
		if err != nil {
			t.Fatal(err)
		}
		moves, err := audited.Movements(ctx, time.Time{})
		if err != nil {
			t.Fatal(err)
		}
		ids := map[string]bool{}
		var in, out int64
		for _, m := range moves {
			if m.ID == "" || ids[m.ID] || m.At.IsZero() {
				t.Errorf("movement is %+v", m)
			}
			ids[m.ID] = true
			switch {
			case m.Kind == gateway.MovedPayment && (m.SessionID == s.ID || m.PaymentID == request.PaymentID):
				in += m.AmountFen
				if m.FeeFen < 0 || m.FeeFen > m.AmountFen/10 {
					t.Errorf("fee is %d", m.FeeFen)
				}
			case m.Kind == gateway.MovedRefund && m.RefundID == r.ID:
				out += m.AmountFen
			}
		}
		if in != request.AmountFen || out != -345 {
			t.Errorf("books say %d in and %d out: %+v", in, out, moves)
		}
		if later, err := audited.Movements(ctx, time.Now().Add(time.Hour)); err != nil || len(later) != 0 {
			t.Errorf("since an hour from now: %+v, %v", later, err)
		}
	})
	t.Run("disputes are told as they are", func(t *testing.T) {
		for _, won := range []bool{true, false} {
			b, s := paid(t)
			disputed, ok := b.Gateway.(gateway.Disputed)
			if !ok || b.Dispute == nil {
				t.Skip("nobody disputes here")
			}
			id, decide := b.Dispute(t, s.ID)
			d, err := disputed.LookupDispute(ctx, id)
			if err != nil || d.State != payments.DisputeOpen || d.AmountFen != request.AmountFen || d.SessionID != s.ID && d.PaymentID != request.PaymentID {
				t.Fatalf("dispute is %+v, %v", d, err)
			}
			decide(won)
			want := payments.DisputeLost
			if won {
				want = payments.DisputeWon
			}
			if d, err = disputed.LookupDispute(ctx, id); err != nil || d.State != want {
				t.Errorf("decided: %+v, %v", d, err)
			}
			if _, err := disputed.LookupDispute(ctx, "dp_unknown"); !errors.Is(err, gateway.ErrNotFound) {
				t.Errorf("unknown dispute: %v", err)
			}
		}
	})
	t.Run("a timeout is an unknown outcome", func(t *testing.T) {
		for _, after := range []bool{false, true} {
			b := open(t)
			if b.Break == nil {
				t.Skip("calls nobody")
			}
			b.Break(t, after)
			if _, err := b.Gateway.Create(ctx, request); !errors.Is(err, gateway.ErrUnknown) {
				t.Fatalf("error is %v", err)
			}
			state(t, b, create(t, b).ID, payments.PaymentOpen)
		}
	})
	t.Run("webhooks are the provider's own and of now", func(t *testing.T) {
		b := open(t)
		hooks, ok := b.Gateway.(gateway.Webhooks)
		if !ok {
			t.Skip("announces nothing")
		}
		now := time.Now()
		body := b.Body("sess_1")
		e, err := hooks.Parse(b.Sign(body, now), body, now)
		if err != nil {
			t.Fatal(err)
		}
		if e.ID == "" || e.SessionID != "sess_1" || !hooks.Accepts(e) {
			t.Errorf("event is %+v", e)
		}
		live := e
		live.Live = !e.Live
		old := e
		old.Version = "1999-01-01"
		if hooks.Accepts(live) || hooks.Accepts(old) {
			t.Error("an event of another mode or version is accepted")
		}
		forged := []byte(strings.Replace(string(body), "sess_1", "sess_2", 1))
		for name, c := range map[string]struct {
			h    http.Header
			body []byte
		}{
			"forged": {b.Sign(body, now), forged}, "unsigned": {http.Header{}, body},
			"stale": {b.Sign(body, now.Add(-time.Hour)), body}, "future": {b.Sign(body, now.Add(30*24*time.Hour)), body},
		} {
			if _, err := hooks.Parse(c.h, c.body, now); !errors.Is(err, gateway.ErrSignature) {
				t.Errorf("%s: %v", name, err)
			}
		}
		junk := []byte("not json")
		if _, err := hooks.Parse(b.Sign(junk, now), junk, now); err == nil {
			t.Error("signed junk was read")
		}
	})
}
