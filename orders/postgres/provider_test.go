package postgres_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"banmuyuan/internal/link"
	"banmuyuan/internal/link/linktest"
	"banmuyuan/orders"
	"banmuyuan/orders/postgres"
	"banmuyuan/payments"
	"banmuyuan/payments/gateway/stripe"
)

// wire is Stripe's end of the line: it keeps everything that is sent and lets whatever is asked for be paid.
type wire struct {
	*httptest.Server
	mu     sync.Mutex
	heard  []string   // whole requests: lines, headers and bodies
	forms  []wireForm // posted
	amount string
}

type wireForm struct {
	path string
	form url.Values
}

func newWire(t *testing.T) *wire {
	t.Helper()
	w := &wire{}
	w.Server = httptest.NewServer(w)
	t.Cleanup(w.Close)
	return w
}

func (w *wire) ServeHTTP(out http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	form, _ := url.ParseQuery(string(body))
	plain, _ := url.QueryUnescape(string(body))
	w.mu.Lock()
	defer w.mu.Unlock()
	w.heard = append(w.heard, fmt.Sprint(r.Method, " ", r.URL, " ", r.Header, "\n", string(body), "\n", plain))
	if r.Method == http.MethodPost {
		w.forms = append(w.forms, wireForm{r.URL.Path, form})
	}
	var answer map[string]any
	switch {
	case r.URL.Path == "/v1/refunds":
		answer = map[string]any{"id": "re_1", "object": "refund", "status": "succeeded", "currency": "cny"}
	case strings.HasPrefix(r.URL.Path, "/v1/checkout/sessions"):
		if a := form.Get("line_items[0][price_data][unit_amount]"); a != "" {
			w.amount = a
		}
		answer = map[string]any{"id": "cs_test_1", "object": "checkout.session", "url": "https://checkout.example/cs_test_1", "status": "open", "payment_status": "unpaid"}
		if r.Method == http.MethodGet {
			answer["status"], answer["payment_status"], answer["currency"], answer["amount_total"] = "complete", "paid", "cny", json.Number(w.amount)
			answer["payment_intent"] = map[string]any{"id": "pi_1", "object": "payment_intent", "status": "succeeded",
				"latest_charge": map[string]any{"id": "ch_1", "object": "charge", "created": start.Unix()}}
		}
	default:
		answer = map[string]any{"object": "list", "data": []any{}, "has_more": false, "url": r.URL.Path}
	}
	out.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(out).Encode(answer)
}

// A real order of a real buyer goes to the provider and comes back as a refund: in everything that crosses the wire, and
// in every event and command, there is nobody's name, phone, address, login, household or word that somebody typed.
func TestProvidersAndEventsHearNothingPersonal(t *testing.T) {
	t.Parallel()
	w := newWire(t)
	g, err := stripe.New(stripe.Config{SecretKey: "sk_test_1", WebhookSecret: "whsec_1", URL: w.URL})
	if err != nil {
		t.Fatal(err)
	}
	b := &bundle{t: t, clock: &clock{}, server: linktest.NATSServer(t), log: slog.New(slog.DiscardHandler)}
	b.startCatalog(smallCounty())
	b.startPayments(g)
	b.db, b.schema = linktest.DB(t, "orders", postgres.Migrations)
	b.orders, _ = b.process()

	buyer := link.WithActor(context.Background(), link.Actor{Account: 501, Login: "13912345678", Role: "buyer"})
	ask := b.asking(geese, 20)
	ask.Delivery = orders.Delivery{Kind: orders.DeliverAddress, Name: "欧阳林晓", Phone: "13912345678", Address: "哈尔滨市南岗区学府路九十九号六单元"}
	ask.Note = "请打电话给欧阳林晓"
	o := b.place(buyer, ask)
	p, err := b.orders.Pay(buyer, orders.PayRequest{OrderNo: o.No, Method: payments.Stripe, ReturnURL: "https://shop.example/orders/" + o.No,
		IdempotencyKey: "pay-13912345678-key"})
	if err != nil || !strings.HasPrefix(p.URL, "https://checkout.example/") {
		t.Fatalf("pay: %+v, %v", p, err)
	}
	b.eventually("the order is confirmed", func() bool {
		b.clock.Advance(10 * time.Second) // no webhook comes: the module asks
		return b.order(o.No).State == orders.StateConfirmed
	})
	b.clock.Advance(48 * time.Hour) // part of the deposit is forfeited
	if _, err := b.orders.Cancel(buyer, orders.CancelRequest{OrderNo: o.No, Reason: "欧阳林晓出差了", IdempotencyKey: "cancel-000001"}); err != nil {
		t.Fatal(err)
	}
	b.eventually("the refund is through", func() bool { return b.account(o).RefundedFen > 0 && b.account(o).RefundDueFen == 0 })

	personal := []string{"欧阳", "林晓", "13912345678", "哈尔滨", "学府路", "打电话", "出差", "YA-00", "户主", "王建国", "永丰村"}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, heard := range w.heard {
		for _, word := range personal {
			if strings.Contains(heard, word) || strings.Contains(heard, url.QueryEscape(word)) {
				t.Errorf("Stripe hears %s:\n%s", word, heard)
			}
		}
	}
	// Whatever else is sent one day has to be put here, and so be seen.
	want := map[string][]string{
		"/v1/checkout/sessions": {"cancel_url", "client_reference_id", "line_items[0][price_data][currency]", "line_items[0][price_data][product_data][name]",
			"line_items[0][price_data][unit_amount]", "line_items[0][quantity]", "locale", "metadata[payment_id]", "mode", "payment_intent_data[metadata][payment_id]",
			"payment_method_options[wechat_pay][client]", "payment_method_types[0]", "payment_method_types[1]", "payment_method_types[2]", "success_url"},
		"/v1/refunds": {"amount", "metadata[refund_id]", "payment_intent"},
	}
	sent := map[string]bool{}
	for _, f := range w.forms {
		sent[f.path] = true
		var fields []string
		for name := range f.form {
			fields = append(fields, name)
		}
		slices.Sort(fields)
		if !slices.Equal(fields, want[f.path]) {
			t.Errorf("%s is sent %q, reviewed are %q", f.path, fields, want[f.path])
		}
		if name := f.form.Get("line_items[0][price_data][product_data][name]"); name != "" && name != "半亩园订单 "+o.No+" 定金" {
			t.Errorf("the provider's page says %q", name)
		}
	}
	if !sent["/v1/checkout/sessions"] || !sent["/v1/refunds"] {
		t.Fatalf("only %v was sent", sent)
	}

	events := 0
	for name, db := range map[string]*sqlx.DB{"catalog": b.stock, "orders": b.db, "payments": b.money} {
		var rows []string
		if err := db.Select(&rows, `SELECT subject || ' ' || data::text || ' ' || headers::text FROM outbox`); err != nil {
			t.Fatal(err)
		}
		events += len(rows)
		for _, row := range rows {
			for _, word := range personal {
				if strings.Contains(row, word) {
					t.Errorf("%s tells %s: %s", name, word, row)
				}
			}
		}
	}
	if events < 8 {
		t.Errorf("only %d events and commands", events)
	}
}
