// Package mocktest holds what the Stripe gateway sends against Stripe's own description of its API: stripe-mock answers
// only requests that fit it. It knows no state, so that what becomes of a payment is tested elsewhere. It is a module of
// its own because nothing else needs stripe-mock.
package mocktest

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stripe/stripe-mock/embedded"
	"github.com/stripe/stripe-mock/server"
	"github.com/stripe/stripe-mock/spec"

	"banmuyuan/payments/gateway"
	"banmuyuan/payments/gateway/stripe"
)

type request struct {
	method, path, key, version string
	form                       url.Values
	status                     int
}

// mock is stripe-mock with a note of what it was asked.
type mock struct {
	*httptest.Server
	mu     sync.Mutex
	seen   []request
	intent string // of the session that is read, which the mock itself leaves out
}

type recorder struct {
	http.ResponseWriter
	status int
}

func (r *recorder) WriteHeader(status int) { r.status = status; r.ResponseWriter.WriteHeader(status) }

func newMock(t *testing.T) *mock {
	t.Helper()
	var s spec.Spec
	if err := json.Unmarshal(embedded.OpenAPISpec, &s); err != nil {
		t.Fatal(err)
	}
	var f spec.Fixtures
	if err := json.Unmarshal(embedded.OpenAPIFixtures, &f); err != nil {
		t.Fatal(err)
	}
	stub, err := server.NewStubServer(&f, &s, true, false) // refuses any other API version
	if err != nil {
		t.Fatal(err)
	}
	m := &mock{}
	m.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var body strings.Builder
		if r.Body != nil {
			buf := make([]byte, 64<<10)
			for {
				n, err := r.Body.Read(buf)
				body.Write(buf[:n])
				if err != nil {
					break
				}
			}
		}
		r.Body = http.NoBody
		if body.Len() > 0 {
			r.Body = readCloser{strings.NewReader(body.String())}
		}
		form, _ := url.ParseQuery(body.String())
		if r.Method == http.MethodGet {
			form = r.URL.Query()
		}
		out := &recorder{w, http.StatusOK}
		m.mu.Lock()
		defer m.mu.Unlock()
		if m.intent != "" && r.Method == http.MethodGet && strings.HasPrefix(r.URL.Path, "/v1/checkout/sessions/") {
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write([]byte(`{"id":"cs_test_1","object":"checkout.session","payment_intent":{"id":"` + m.intent + `","object":"payment_intent"}}`))
			return
		}
		stub.HandleRequest(out, r)
		m.seen = append(m.seen, request{r.Method, r.URL.Path, r.Header.Get("Idempotency-Key"), r.Header.Get("Stripe-Version"), form, out.status})
	}))
	t.Cleanup(m.Close)
	return m
}

type readCloser struct{ *strings.Reader }

func (readCloser) Close() error { return nil }

// asked returns the one request to a path.
func (m *mock) asked(t *testing.T, method, path string) request {
	t.Helper()
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, r := range m.seen {
		if r.method == method && strings.HasPrefix(r.path, path) {
			if r.status != http.StatusOK {
				t.Errorf("%s %s: %d: Stripe's description does not allow it", method, r.path, r.status)
			}
			return r
		}
	}
	t.Fatalf("nothing asked for %s %s: %+v", method, path, m.seen)
	return request{}
}

func (m *mock) gateway(t *testing.T) *stripe.Gateway {
	t.Helper()
	g, err := stripe.New(stripe.Config{SecretKey: "sk_test_123", WebhookSecret: "whsec_x", URL: m.URL})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func TestCheckoutSession(t *testing.T) {
	m := newMock(t)
	s, err := m.gateway(t).Create(context.Background(), gateway.Request{Key: "banmuyuan:test:pay:42:create", PaymentID: 42, AmountFen: 12345,
		Description: "大鹅 20 只", Code: "260101AB12", ReturnURL: "https://shop.example/orders/1", ExpiresAt: time.Now().Add(time.Hour)})
	if err != nil || s.ID == "" {
		t.Fatalf("session %+v, %v", s, err)
	}
	r := m.asked(t, "POST", "/v1/checkout/sessions")
	if r.key != "banmuyuan:test:pay:42:create" || r.version != "2023-10-16" {
		t.Errorf("key %q, version %q", r.key, r.version)
	}
	for name, want := range map[string]string{
		"mode": "payment", "line_items[0][price_data][currency]": "cny", "line_items[0][price_data][unit_amount]": "12345",
		"payment_method_types[0]": "card", "payment_method_types[1]": "alipay", "payment_method_types[2]": "wechat_pay",
		"payment_method_options[wechat_pay][client]": "web", "payment_intent_data[metadata][payment_id]": "42",
	} {
		if got := r.form.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}

func TestLookupAndExpire(t *testing.T) {
	m := newMock(t)
	g := m.gateway(t)
	if _, err := g.Expire(context.Background(), "cs_test_1"); err != nil && !errors.Is(err, gateway.ErrUnknown) {
		t.Errorf("expire: %v", err) // what the mock makes up is of no currency of ours
	}
	m.asked(t, "POST", "/v1/checkout/sessions/cs_test_1/expire")
	if r := m.asked(t, "GET", "/v1/checkout/sessions/cs_test_1"); r.form.Get("expand[0]") != "payment_intent.latest_charge" {
		t.Errorf("expands %v", r.form)
	}
}

func TestRefunds(t *testing.T) {
	m := newMock(t)
	g := m.gateway(t)
	st, err := g.LookupRefund(context.Background(), "re_1", gateway.RefundRequest{})
	if err != nil || st.ID == "" {
		t.Errorf("refund %+v, %v", st, err)
	}
	m.asked(t, "GET", "/v1/refunds/re_1")
	m.intent = "pi_1"
	ask := gateway.RefundRequest{Key: "banmuyuan:test:refund:7", RefundID: 7, SessionID: "cs_test_1", AmountFen: 345}
	if _, err := g.Refund(context.Background(), ask); err != nil {
		t.Fatal(err)
	}
	r := m.asked(t, "POST", "/v1/refunds")
	if r.key != "banmuyuan:test:refund:7" || r.form.Get("amount") != "345" || r.form.Get("payment_intent") != "pi_1" || r.form.Get("metadata[refund_id]") != "7" {
		t.Errorf("asked %+v", r)
	}
}

// A refund whose answer was lost is looked for among those of the payment.
func TestRefundIsLookedForByPayment(t *testing.T) {
	m := newMock(t)
	m.intent = "pi_1"
	_, err := m.gateway(t).LookupRefund(context.Background(), "", gateway.RefundRequest{RefundID: 7, SessionID: "cs_test_1"})
	if !errors.Is(err, gateway.ErrNotFound) {
		t.Errorf("a refund of somebody else: %v", err)
	}
	if r := m.asked(t, "GET", "/v1/refunds"); r.form.Get("payment_intent") != "pi_1" {
		t.Errorf("asked %+v", r.form)
	}
}

func TestDispute(t *testing.T) {
	m := newMock(t)
	d, err := m.gateway(t).LookupDispute(context.Background(), "dp_1")
	if err != nil || d.ID == "" || d.State == "" {
		t.Errorf("dispute %+v, %v", d, err)
	}
	m.asked(t, "GET", "/v1/disputes/dp_1")
}

func TestBalanceTransactions(t *testing.T) {
	m := newMock(t)
	since := time.Unix(1_700_000_000, 0)
	if _, err := m.gateway(t).Movements(context.Background(), since); err != nil && !errors.Is(err, gateway.ErrUnknown) {
		t.Errorf("books: %v", err) // the mock's account is in dollars
	}
	r := m.asked(t, "GET", "/v1/balance_transactions")
	if r.form.Get("created[gte]") != "1700000000" || r.form.Get("expand[0]") != "data.source" {
		t.Errorf("asked %+v", r.form)
	}
}
