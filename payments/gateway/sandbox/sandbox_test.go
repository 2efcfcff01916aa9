package sandbox_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"banmuyuan/internal/link/linktest"
	"banmuyuan/payments"
	"banmuyuan/payments/gateway"
	"banmuyuan/payments/gateway/gatewaytest"
	"banmuyuan/payments/gateway/sandbox"
	"banmuyuan/payments/postgres"
)

func TestMain(m *testing.M) { linktest.Main(m) }

func everybody(*http.Request) bool { return true }

var secret = []byte("a secret of the test")

func open(t *testing.T, cfg sandbox.Config) *sandbox.Provider {
	t.Helper()
	db, _ := linktest.DB(t, "payments", postgres.Migrations())
	cfg.Secret = secret
	cfg.Log = slog.New(slog.DiscardHandler)
	if cfg.PublicURL == "" {
		cfg.PublicURL = "http://127.0.0.1:1"
	}
	return sandbox.New(db, cfg)
}

func turn(t *testing.T, p *sandbox.Provider, s sandbox.Switches) {
	t.Helper()
	if err := p.Set(context.Background(), s); err != nil {
		t.Fatal(err)
	}
}

func TestConformance(t *testing.T) {
	gatewaytest.Run(t, func(t *testing.T) gatewaytest.Bench {
		p := open(t, sandbox.Config{FeeBP: 60})
		return gatewaytest.Bench{
			Gateway: p,
			Pay: func(t *testing.T, id string) {
				if st, err := p.Decide(context.Background(), id, sandbox.PlayPay); err != nil || st.State != payments.PaymentSucceeded {
					t.Fatalf("pay: %+v, %v", st, err)
				}
			},
			Break: func(t *testing.T, after bool) {
				if after {
					turn(t, p, sandbox.Switches{TimeoutAfter: map[sandbox.Op]int{sandbox.OpCreate: 1}})
				} else {
					turn(t, p, sandbox.Switches{TimeoutBefore: map[sandbox.Op]int{sandbox.OpCreate: 1}})
				}
			},
			Sign: func(body []byte, at time.Time) http.Header {
				return http.Header{sandbox.Header: {sandbox.Sign(secret, body, at)}}
			},
			Dispute: func(t *testing.T, session string) (string, func(won bool)) {
				id, err := p.Dispute(context.Background(), session)
				if err != nil {
					t.Fatal(err)
				}
				return id, func(won bool) {
					if err := p.Decided(context.Background(), id, won); err != nil {
						t.Fatal(err)
					}
				}
			},
			Body: func(id string) []byte {
				return fmt.Appendf(nil, `{"id":"sbe_1","type":"session.paid","session":%q,"version":"2024-01-01"}`, id)
			},
		}
	})
}

type browser struct {
	t   *testing.T
	web *httptest.Server
}

func (b browser) do(method, path string, form url.Values, header ...string) (*http.Response, string) {
	b.t.Helper()
	req, err := http.NewRequest(method, b.web.URL+path, strings.NewReader(form.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := (&http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}).Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return res, string(body)
}

func TestPayPage(t *testing.T) {
	ctx := context.Background()
	p := open(t, sandbox.Config{})
	b := browser{t, httptest.NewServer(p.Handler())}
	defer b.web.Close()
	n := int64(0)
	create := func(description, back string) (string, string) {
		t.Helper()
		n++
		s, err := p.Create(ctx, gateway.Request{Key: fmt.Sprint("k", n), PaymentID: n, AmountFen: 1234567, Description: description, ReturnURL: back})
		if err != nil {
			t.Fatal(err)
		}
		return s.ID, "/pay/sandbox/" + s.ID
	}

	id, path := create(`<script>alert("鹅")</script>`, "https://shop.example/orders/1?x=1")
	res, body := b.do(http.MethodGet, path, nil)
	if res.StatusCode != 200 || !strings.Contains(body, "12,345<span") || !strings.Contains(body, "确认付款") {
		t.Errorf("page: %s\n%s", res.Status, body)
	}
	if strings.Contains(body, "<script") || strings.Contains(body, "style=") {
		t.Error("the page has script or inline style")
	}
	policy := res.Header.Get("Content-Security-Policy")
	if !strings.Contains(policy, "default-src 'none'") || !strings.Contains(policy, "form-action 'self' https://shop.example") {
		t.Errorf("policy is %q", policy)
	}
	if res, body := b.do(http.MethodGet, "/pay/sandbox/style.css", nil); res.StatusCode != 200 || !strings.Contains(res.Header.Get("Content-Type"), "text/css") || body == "" {
		t.Errorf("style: %s", res.Status)
	}

	// A form on another site, nonsense, and leaving change nothing.
	if res, _ := b.do(http.MethodPost, path, url.Values{"play": {"pay"}}, "Sec-Fetch-Site", "cross-site"); res.StatusCode != http.StatusForbidden {
		t.Errorf("cross-site form: %s", res.Status)
	}
	if res, _ := b.do(http.MethodPost, path, url.Values{"play": {"steal"}}); res.StatusCode != http.StatusBadRequest {
		t.Errorf("nonsense: %s", res.Status)
	}
	if res, _ := b.do(http.MethodPost, path, url.Values{"play": {"abandon"}}); res.Header.Get("Location") != "https://shop.example/orders/1?x=1" {
		t.Errorf("leaving goes to %q", res.Header.Get("Location"))
	}
	if st, err := p.Lookup(ctx, id); err != nil || st.State != payments.PaymentOpen {
		t.Fatalf("session is %+v, %v", st, err)
	}

	// Paying twice, from two tabs, is paying once; failing afterwards is too late.
	for _, play := range []string{"pay", "pay", "fail"} {
		if res, _ := b.do(http.MethodPost, path, url.Values{"play": {play}}); res.StatusCode != http.StatusSeeOther {
			t.Errorf("%s: %s", play, res.Status)
		}
	}
	if st, err := p.Lookup(ctx, id); err != nil || st.State != payments.PaymentSucceeded || st.AmountFen != 1234567 {
		t.Errorf("session is %+v, %v", st, err)
	}
	if _, body := b.do(http.MethodGet, path, nil); !strings.Contains(body, "付款成功") || strings.Contains(body, "<form") {
		t.Error("a paid session can be paid on the page")
	}

	id, path = create("大鹅", "javascript:alert(1)")
	if res, _ := b.do(http.MethodPost, path, url.Values{"play": {"fail"}}); res.Header.Get("Location") != path {
		t.Errorf("goes back to %q", res.Header.Get("Location"))
	}
	if _, body := b.do(http.MethodGet, path, nil); !strings.Contains(body, "付款未成功") || strings.Contains(body, "javascript:") {
		t.Errorf("page: %s", body)
	}
	if st, err := p.Lookup(ctx, id); err != nil || st.State != payments.PaymentFailed || st.FailureKey == "" {
		t.Errorf("session is %+v, %v", st, err)
	}
	if res, body := b.do(http.MethodGet, "/pay/sandbox/sbx_nothing", nil); res.StatusCode != http.StatusNotFound || !strings.Contains(body, "没有找到") {
		t.Errorf("unknown session: %s", res.Status)
	}
}

func TestSessionsRunOutAndDelayedOnesArrive(t *testing.T) {
	ctx := context.Background()
	now := time.Now().UTC().Truncate(time.Second)
	p := open(t, sandbox.Config{Now: func() time.Time { return now }})
	s, err := p.Create(ctx, gateway.Request{Key: "a", PaymentID: 1, AmountFen: 5, ExpiresAt: now.Add(time.Minute)})
	if err != nil {
		t.Fatal(err)
	}
	late, err := p.Create(ctx, gateway.Request{Key: "b", PaymentID: 2, AmountFen: 5, ExpiresAt: now.Add(time.Minute)})
	if err != nil {
		t.Fatal(err)
	}
	turn(t, p, sandbox.Switches{PayDelay: time.Hour})
	if st, err := p.Decide(ctx, late.ID, sandbox.PlayPay); err != nil || st.State != payments.PaymentOpen {
		t.Fatalf("a delayed payment is %+v, %v", st, err)
	}
	now = now.Add(2 * time.Minute)
	if st, err := p.Lookup(ctx, s.ID); err != nil || st.State != payments.PaymentExpired {
		t.Errorf("session is %+v, %v", st, err)
	}
	if st, err := p.Decide(ctx, s.ID, sandbox.PlayPay); err != nil || st.State != payments.PaymentExpired {
		t.Errorf("paid after its time: %+v, %v", st, err)
	}
	// Being paid, it cannot be expired.
	if st, err := p.Expire(ctx, late.ID); err != nil || st.State != payments.PaymentOpen {
		t.Errorf("session is %+v, %v", st, err)
	}
	now = now.Add(time.Hour)
	if st, err := p.Lookup(ctx, late.ID); err != nil || st.State != payments.PaymentSucceeded {
		t.Errorf("session is %+v, %v", st, err)
	}
	moves, err := p.Movements(ctx, time.Time{})
	if err != nil || len(moves) != 1 || moves[0].SessionID != late.ID || moves[0].AmountFen != 5 {
		t.Errorf("books: %+v, %v", moves, err)
	}
}

// A switch that somebody turns on one process's desk holds in all of them, also in one that starts later, and what it
// allows so many times happens so many times over all of them together.
func TestSwitchesHoldInEveryProcess(t *testing.T) {
	ctx := context.Background()
	db, _ := linktest.DB(t, "payments", postgres.Migrations())
	process := func() *sandbox.Provider {
		return sandbox.New(db, sandbox.Config{PublicURL: "http://127.0.0.1:1", Secret: secret, Log: slog.New(slog.DiscardHandler), Staff: everybody})
	}
	one, two := process(), process()
	desk := browser{t, httptest.NewServer(one.Handler())}
	defer desk.web.Close()
	res, _ := desk.do(http.MethodPost, "/pay/sandbox/", url.Values{"do": {"switches"}, "create_before": {"7"}, "refund_delay": {"3600"}, "drop": {"1"}}, "Sec-Fetch-Site", "same-origin")
	if res.StatusCode != http.StatusSeeOther {
		t.Fatalf("the desk answered %s", res.Status)
	}
	three := process()
	var refused atomic.Int64
	var wg sync.WaitGroup
	for i := range 30 {
		p := []*sandbox.Provider{one, two, three}[i%3]
		wg.Go(func() {
			_, err := p.Create(ctx, gateway.Request{Key: fmt.Sprint("key", i), PaymentID: int64(i + 1), AmountFen: 100})
			switch {
			case errors.Is(err, gateway.ErrUnknown):
				refused.Add(1)
			case err != nil:
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if refused.Load() != 7 {
		t.Errorf("%d calls timed out, 7 were to", refused.Load())
	}
	other := browser{t, httptest.NewServer(two.Handler())}
	defer other.web.Close()
	if _, body := other.do(http.MethodGet, "/pay/sandbox/", nil); !strings.Contains(body, `name="drop" value="1" checked`) || !strings.Contains(body, `name="refund_delay" min="0" max="86400" value="3600"`) || !strings.Contains(body, `name="create_before" min="0" max="50" value="0"`) {
		t.Errorf("the other process's desk shows:\n%s", body)
	}

	// A saved error stays one, whichever process is asked again.
	turn(t, two, sandbox.Switches{SavedError: map[sandbox.Op]int{sandbox.OpCreate: 1}})
	r := gateway.Request{Key: "saved", PaymentID: 99, AmountFen: 100}
	for _, p := range []*sandbox.Provider{one, two, three, process()} {
		if _, err := p.Create(ctx, r); !errors.Is(err, gateway.ErrUnknown) {
			t.Errorf("a saved error became %v", err)
		}
	}
	turn(t, three, sandbox.Switches{})
	if _, err := one.Create(ctx, gateway.Request{Key: "again", PaymentID: 100, AmountFen: 100}); err != nil {
		t.Errorf("everything back to normal: %v", err)
	}
}

// The bank's desk changes other people's payments: it is for staff, and the pay page leads nobody else there.
func TestDeskIsForStaff(t *testing.T) {
	db, _ := linktest.DB(t, "payments", postgres.Migrations())
	staff := false
	p := sandbox.New(db, sandbox.Config{PublicURL: "http://127.0.0.1:1", Secret: secret, Log: slog.New(slog.DiscardHandler),
		Staff: func(*http.Request) bool { return staff }})
	s, err := p.Create(t.Context(), gateway.Request{Key: "desk", PaymentID: 1, AmountFen: 100})
	if err != nil {
		t.Fatal(err)
	}
	b := browser{t, httptest.NewServer(p.Handler())}
	defer b.web.Close()
	turn := func() int {
		res, _ := b.do(http.MethodPost, "/pay/sandbox/", url.Values{"do": {"switches"}, "drop": {"1"}}, "Sec-Fetch-Site", "same-origin")
		return res.StatusCode
	}
	if res, body := b.do(http.MethodGet, "/pay/sandbox/", nil); res.StatusCode != http.StatusForbidden || strings.Contains(body, "drop") {
		t.Errorf("a stranger sees the desk: %s", res.Status)
	}
	if got := turn(); got != http.StatusForbidden {
		t.Errorf("a stranger turns a switch: %d", got)
	}
	if _, body := b.do(http.MethodGet, "/pay/sandbox/"+s.ID, nil); strings.Contains(body, "银行后台") {
		t.Error("the pay page leads a stranger to the desk")
	}
	staff = true
	if got := turn(); got != http.StatusSeeOther {
		t.Errorf("staff cannot turn a switch: %d", got)
	}
	if _, body := b.do(http.MethodGet, "/pay/sandbox/"+s.ID, nil); !strings.Contains(body, "银行后台") {
		t.Error("the pay page does not lead staff to the desk")
	}
}
