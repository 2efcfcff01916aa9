package stripe_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	stripego "github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/webhook"

	"banmuyuan/payments"
	"banmuyuan/payments/gateway"
	"banmuyuan/payments/gateway/gatewaytest"
	"banmuyuan/payments/gateway/stripe"
)

const webhookSecret = "whsec_test"

// server answers the way Stripe's API is documented to, as far as this package asks: it keeps sessions and refunds,
// replays what it answered to an idempotency key, and can fail before or after it did something.
type server struct {
	t   *testing.T
	web *httptest.Server

	mu       sync.Mutex
	sessions map[string]*session
	refunds  map[string]*refund
	disputes map[string]*dispute
	replays  map[string]replay
	requests []string // path and form of every POST
	fail     string   // "before", "after": the next POSTs answer 500
	left     int
}

type dispute struct {
	id, session, status string
	amount              int64
}

type session struct {
	payment                                                   string
	id, status, paymentStatus, currency, intentStatus, wallet string
	amount, created                                           int64
}

type refund struct {
	id, session, metadata, status string
	amount                        int64
}

type replay struct {
	form   string
	status int
	body   string
}

func newServer(t *testing.T) *server {
	s := &server{t: t, sessions: map[string]*session{}, refunds: map[string]*refund{}, disputes: map[string]*dispute{}, replays: map[string]replay{}}
	s.web = httptest.NewServer(s)
	t.Cleanup(s.web.Close)
	return s
}

func (s *server) gateway() *stripe.Gateway {
	s.t.Helper()
	g, err := stripe.New(stripe.Config{SecretKey: "sk_test_x", WebhookSecret: webhookSecret, URL: s.web.URL})
	if err != nil {
		s.t.Fatal(err)
	}
	return g
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := r.ParseForm(); err != nil {
		s.t.Error(err)
	}
	form := r.PostForm.Encode()
	key := r.Header.Get("Idempotency-Key")
	if r.Method == http.MethodPost {
		s.requests = append(s.requests, r.URL.Path+"?"+form)
		if old, ok := s.replays[key]; ok && key != "" {
			if old.form != r.URL.Path+form {
				reply(w, 400, fail("idempotency_error", ""))
				return
			}
			reply(w, old.status, old.body)
			return
		}
		if s.fail == "before" && s.left > 0 {
			s.left--
			reply(w, 500, fail("api_error", ""))
			return
		}
	}
	status, body := s.answer(r)
	if r.Method == http.MethodPost {
		if s.fail == "after" && s.left > 0 {
			s.left-- // the answer was lost; asked again it is replayed
			if key != "" {
				s.replays[key] = replay{r.URL.Path + form, status, body}
			}
			reply(w, 500, fail("api_error", ""))
			return
		}
		if key != "" {
			s.replays[key] = replay{r.URL.Path + form, status, body}
		}
	}
	reply(w, status, body)
}

func reply(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	fmt.Fprint(w, body)
}

func fail(kind, code string) string {
	b, _ := json.Marshal(map[string]any{"error": map[string]any{"type": kind, "code": code, "message": "no"}})
	return string(b)
}

func (s *server) answer(r *http.Request) (int, string) {
	path := strings.Split(strings.TrimPrefix(r.URL.Path, "/v1/"), "/")
	switch {
	case r.Method == http.MethodPost && r.URL.Path == "/v1/checkout/sessions":
		amount, _ := strconv.ParseInt(r.PostForm.Get("line_items[0][price_data][unit_amount]"), 10, 64)
		x := &session{payment: r.PostForm.Get("payment_intent_data[metadata][payment_id]"), id: fmt.Sprintf("cs_%d", len(s.sessions)+1), status: "open", paymentStatus: "unpaid", amount: amount,
			currency: r.PostForm.Get("line_items[0][price_data][currency]"), intentStatus: "requires_payment_method", created: time.Now().Unix()}
		s.sessions[x.id] = x
		return 200, x.json()
	case len(path) >= 3 && path[0] == "checkout":
		x := s.sessions[path[2]]
		if x == nil {
			return 404, fail("invalid_request_error", "resource_missing")
		}
		if len(path) == 4 {
			if x.status != "open" {
				return 400, fail("invalid_request_error", "")
			}
			x.status = "expired"
		}
		return 200, x.json()
	case r.Method == http.MethodPost && path[0] == "refunds":
		id := strings.Replace(r.PostForm.Get("payment_intent"), "pi_", "cs_", 1)
		amount, _ := strconv.ParseInt(r.PostForm.Get("amount"), 10, 64)
		left := s.sessions[id].amount
		for _, f := range s.refunds {
			if f.session == id && f.status != "failed" {
				left -= f.amount
			}
		}
		if amount > left {
			return 400, fail("invalid_request_error", "")
		}
		f := &refund{id: fmt.Sprintf("re_%d", len(s.refunds)+1), session: id, metadata: r.PostForm.Get("metadata[refund_id]"), status: "pending", amount: amount}
		s.refunds[f.id] = f
		return 200, f.json()
	case path[0] == "balance_transactions":
		since, _ := strconv.ParseInt(r.URL.Query().Get("created[gte]"), 10, 64)
		var list []string
		if since <= time.Now().Unix() {
			list = s.balance()
		}
		return 200, `{"object":"list","has_more":false,"url":"/v1/balance_transactions","data":[` + strings.Join(list, ",") + `]}`
	case path[0] == "disputes":
		d := s.disputes[path[1]]
		if d == nil {
			return 404, fail("invalid_request_error", "resource_missing")
		}
		return 200, d.json(s.sessions[d.session])
	case path[0] == "refunds" && len(path) == 2:
		f := s.refunds[path[1]]
		if f == nil {
			return 404, fail("invalid_request_error", "resource_missing")
		}
		return 200, f.json()
	case path[0] == "refunds":
		var list []string
		for _, f := range s.refunds {
			if strings.Replace(f.session, "cs_", "pi_", 1) == r.URL.Query().Get("payment_intent") {
				list = append(list, f.json())
			}
		}
		return 200, `{"object":"list","has_more":false,"url":"/v1/refunds","data":[` + strings.Join(list, ",") + `]}`
	}
	s.t.Errorf("unexpected %s %s", r.Method, r.URL)
	return 404, fail("invalid_request_error", "")
}

func (x *session) json() string {
	wallet := x.wallet
	if wallet == "" {
		wallet = "card"
	}
	return fmt.Sprintf(`{"id":%q,"object":"checkout.session","status":%q,"payment_status":%q,"currency":%q,"amount_total":%d,"expires_at":%d,
		"url":"https://checkout.stripe.com/c/pay/%s","payment_intent":{"id":%q,"status":%q,"latest_charge":{"id":"ch_1","created":%d,"payment_method_details":{"type":%q}}}}`,
		x.id, x.status, x.paymentStatus, x.currency, x.amount, x.created+86400, x.id, strings.Replace(x.id, "cs_", "pi_", 1), x.intentStatus, x.created, wallet)
}

// balance is the account's book, the newest first as Stripe lists it.
func (s *server) balance() []string {
	var list []string
	entry := func(id, category string, amount, fee, created int64, source string) {
		list = append([]string{fmt.Sprintf(`{"id":%q,"object":"balance_transaction","reporting_category":%q,"amount":%d,"fee":%d,"currency":"cny","created":%d,"source":%s}`,
			"txn_"+id, category, amount, fee, created, source)}, list...)
	}
	for _, x := range s.sessions {
		if x.paymentStatus == "paid" {
			entry(x.id, "charge", x.amount, x.amount/50, x.created, x.charge())
		}
	}
	for _, f := range s.refunds {
		entry(f.id, "refund", -f.amount, 0, time.Now().Unix(), f.json())
	}
	for _, d := range s.disputes {
		entry(d.id, "dispute", -d.amount, 1500, time.Now().Unix(), d.json(s.sessions[d.session]))
		if d.status == "won" {
			entry(d.id+"won", "dispute_reversal", d.amount, 0, time.Now().Unix(), d.json(s.sessions[d.session]))
		}
	}
	return list
}

func (x *session) charge() string {
	return fmt.Sprintf(`{"id":"ch_%s","object":"charge","created":%d,"metadata":{"payment_id":%q}}`, x.id, x.created, x.payment)
}

func (d *dispute) json(x *session) string {
	return fmt.Sprintf(`{"id":%q,"object":"dispute","status":%q,"amount":%d,"currency":"cny","reason":"fraudulent","created":%d,"charge":%s,"evidence_details":{"due_by":%d}}`,
		d.id, d.status, d.amount, time.Now().Unix(), x.charge(), time.Now().Add(time.Hour).Unix())
}

func (f *refund) json() string {
	return fmt.Sprintf(`{"id":%q,"object":"refund","status":%q,"amount":%d,"metadata":{"refund_id":%q}}`, f.id, f.status, f.amount, f.metadata)
}

func (s *server) change(id string, f func(*session)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f(s.sessions[id])
}

func pay(x *session) { x.status, x.paymentStatus, x.intentStatus = "complete", "paid", "succeeded" }

func TestConformance(t *testing.T) {
	gatewaytest.Run(t, func(t *testing.T) gatewaytest.Bench {
		s := newServer(t)
		return gatewaytest.Bench{
			Gateway: s.gateway(),
			Pay:     func(_ *testing.T, id string) { s.change(id, pay) },
			Break: func(_ *testing.T, after bool) {
				s.mu.Lock()
				defer s.mu.Unlock()
				s.fail, s.left = "before", 1 // the library does not repeat a POST that got 500
				if after {
					s.fail, s.left = "after", 1
				}
			},
			Sign: func(body []byte, at time.Time) http.Header {
				signed := webhook.GenerateTestSignedPayload(&webhook.UnsignedPayload{Payload: body, Secret: webhookSecret, Timestamp: at})
				return http.Header{"Stripe-Signature": {signed.Header}}
			},
			Dispute: func(_ *testing.T, id string) (string, func(bool)) {
				s.mu.Lock()
				defer s.mu.Unlock()
				d := &dispute{id: "dp_1", session: id, status: "needs_response", amount: s.sessions[id].amount}
				s.disputes[d.id] = d
				return d.id, func(won bool) {
					s.mu.Lock()
					defer s.mu.Unlock()
					if d.status = "lost"; won {
						d.status = "won"
					}
				}
			},
			Body: func(id string) []byte {
				return fmt.Appendf(nil, `{"id":"evt_1","object":"event","type":"checkout.session.completed","livemode":false,"api_version":%q,
					"data":{"object":{"id":%q,"object":"checkout.session"}}}`, stripego.APIVersion, id)
			},
		}
	})
}

func TestNeedsBothSecrets(t *testing.T) {
	for _, c := range []stripe.Config{{}, {SecretKey: "sk_test_x"}, {WebhookSecret: "whsec"}} {
		if _, err := stripe.New(c); err == nil {
			t.Errorf("%+v is enough", c)
		}
	}
}

func TestSendsNothingPersonal(t *testing.T) {
	s := newServer(t)
	_, err := s.gateway().Create(context.Background(), gateway.Request{Key: "k", PaymentID: 42, AmountFen: 12345, Description: "大鹅 20 只",
		Code: "260101AB12", ReturnURL: "https://shop.example/o"})
	if err != nil {
		t.Fatal(err)
	}
	got := s.requests[0]
	for _, want := range []string{"mode=payment", "payment_method_types%5B2%5D=wechat_pay", "payment_method_options%5Bwechat_pay%5D%5Bclient%5D=web",
		"payment_intent_data%5Bmetadata%5D%5Bpayment_id%5D=42", "currency%5D=cny", "unit_amount%5D=12345"} {
		if !strings.Contains(got, want) {
			t.Errorf("request lacks %s: %s", want, got)
		}
	}
	for _, personal := range []string{"customer", "email", "phone", "shipping", "260101AB12"} {
		if strings.Contains(got, personal) {
			t.Errorf("request has %s: %s", personal, got)
		}
	}
}

func TestCompletedIsNotPaid(t *testing.T) {
	ctx := context.Background()
	s := newServer(t)
	g := s.gateway()
	open, err := g.Create(ctx, gateway.Request{Key: "k", PaymentID: 1, AmountFen: 500, ReturnURL: "https://shop.example/o"})
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		set  func(*session)
		want payments.PaymentState
	}{
		"completed, money on its way": {func(x *session) { x.status, x.intentStatus = "complete", "processing" }, payments.PaymentOpen},
		"completed, money refused":    {func(x *session) { x.status, x.intentStatus = "complete", "requires_payment_method" }, payments.PaymentFailed},
	} {
		s.change(open.ID, c.set)
		if st, err := g.Lookup(ctx, open.ID); err != nil || st.State != c.want {
			t.Errorf("%s: %+v, %v", name, st, err)
		}
	}
	s.change(open.ID, func(x *session) { pay(x); x.wallet = "alipay" })
	st, err := g.Lookup(ctx, open.ID)
	if err != nil || st.State != payments.PaymentSucceeded || st.RefundableUntil.Sub(st.PaidAt) < 89*24*time.Hour || st.RefundableUntil.Sub(st.PaidAt) > 91*24*time.Hour {
		t.Errorf("paid by Alipay: %+v, %v", st, err)
	}
	s.change(open.ID, func(x *session) { x.currency = "usd" })
	if st, err := g.Lookup(ctx, open.ID); err == nil {
		t.Errorf("paid in dollars: %+v", st)
	}
}

func TestBooksAndDisputes(t *testing.T) {
	ctx := context.Background()
	s := newServer(t)
	g := s.gateway()
	open, err := g.Create(ctx, gateway.Request{Key: "k", PaymentID: 77, AmountFen: 10000, ReturnURL: "https://shop.example/o"})
	if err != nil {
		t.Fatal(err)
	}
	s.change(open.ID, pay)
	s.disputes["dp_9"] = &dispute{id: "dp_9", session: open.ID, status: "warning_needs_response", amount: 10000}
	d, err := g.LookupDispute(ctx, "dp_9")
	if err != nil || d.State != payments.DisputeInquiry || d.PaymentID != 77 || d.RespondBy.IsZero() {
		t.Errorf("inquiry: %+v, %v", d, err)
	}
	s.disputes["dp_9"].status = "something_new"
	if _, err := g.LookupDispute(ctx, "dp_9"); !errors.Is(err, gateway.ErrUnknown) {
		t.Errorf("a state that is not known: %v", err)
	}
	s.disputes["dp_9"].status = "won"
	moves, err := g.Movements(ctx, time.Time{})
	if err != nil || len(moves) != 3 {
		t.Fatalf("books: %+v, %v", moves, err)
	}
	var sum, fees int64
	for _, m := range moves {
		sum += m.AmountFen
		fees += m.FeeFen
	}
	if sum != 10000 || fees != 200+1500 {
		t.Errorf("books sum to %d with %d of fees", sum, fees)
	}
	body := fmt.Appendf(nil, `{"id":"evt_9","object":"event","type":"charge.dispute.created","api_version":%q,"data":{"object":{"id":"dp_9","object":"dispute"}}}`, stripego.APIVersion)
	signed := webhook.GenerateTestSignedPayload(&webhook.UnsignedPayload{Payload: body, Secret: webhookSecret})
	if e, err := g.Parse(http.Header{"Stripe-Signature": {signed.Header}}, body, time.Now()); err != nil || e.DisputeID != "dp_9" {
		t.Errorf("event: %+v, %v", e, err)
	}
}
