package postgres_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"banmuyuan/internal/link"
	"banmuyuan/internal/link/linktest"
	"banmuyuan/payments"
	"banmuyuan/payments/gateway"
	"banmuyuan/payments/gateway/banktransfer"
	"banmuyuan/payments/gateway/cash"
	"banmuyuan/payments/gateway/sandbox"
	"banmuyuan/payments/postgres"
)

func TestMain(m *testing.M) { linktest.Main(m) }

// clock stands still until a test moves it.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) forward(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

// bundle is a payment module over a schema of its own, with a sandbox bank that reaches it over HTTP. When the test ends
// everything that must always hold is verified.
type bundle struct {
	t       *testing.T
	db      *sqlx.DB
	schema  string
	svc     *postgres.Service
	bank    *sandbox.Provider
	clock   *clock
	web     *httptest.Server
	client  *http.Client // does not follow redirects
	nextID  int64
	people  register
	seasons seasons
	harmed  bool // the test broke something on purpose

	handler http.Handler // served by web
}

var testKey = postgres.NewKey()

func setup(t *testing.T) *bundle {
	t.Helper()
	t.Parallel()
	b := &bundle{t: t, clock: &clock{t: time.Now().Truncate(time.Second)}}
	b.db, b.schema = linktest.DB(t, "payments", postgres.Migrations())
	b.web = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { b.handler.ServeHTTP(w, r) }))
	t.Cleanup(b.web.Close)
	b.client = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	log := slog.New(slog.DiscardHandler)
	if os.Getenv("TEST_LOG") != "" {
		log = slog.New(slog.NewTextHandler(os.Stderr, nil))
	}
	keys, err := postgres.ParseKeys(testKey)
	if err != nil {
		t.Fatal(err)
	}
	b.bank = sandbox.New(b.db, sandbox.Config{PublicURL: b.web.URL, Secret: keys.WebhookSecret(), Now: b.clock.now, Log: log})
	b.svc = b.open(b.db, log)
	b.handler = b.svc.HTTP()
	t.Cleanup(func() {
		if !b.harmed {
			b.verify()
		}
	})
	return b
}

func (b *bundle) open(db *sqlx.DB, log *slog.Logger) *postgres.Service {
	b.t.Helper()
	svc, err := postgres.New(db, postgres.Config{Key: testKey, Register: &b.people, Seasons: &b.seasons, Env: "test", Now: b.clock.now, Log: log, Gateways: []gateway.Gateway{
		b.bank, banktransfer.New(banktransfer.Account{Holder: "依安县演示合作社", Number: "2300000000000000001", Bank: "演示银行"}), cash.New()}})
	if err != nil {
		b.t.Fatal(err)
	}
	return svc
}

// verify checks the invariants at the end. Events of the test wait in the outbox unless it ran a relay, which is
// no fault here.
func (b *bundle) verify() {
	b.t.Helper()
	for _, f := range b.findings() {
		b.t.Errorf("verify: %s %s: %s", f.Check, f.Object, f.Detail)
	}
}

func (b *bundle) findings() []payments.Finding {
	b.t.Helper()
	found, err := b.svc.Verify(system(), payments.None{})
	if err != nil {
		b.t.Fatal(err)
	}
	return found.Items
}

func system() context.Context { return link.System(context.Background(), "orders") }

func as(role string, account int64) context.Context {
	return link.WithActor(context.Background(), link.Actor{Account: account, Login: fmt.Sprintf("%s%d", role, account), Role: role})
}

var (
	operator = as("operator", 11)
	approver = as("approver", 12)
)

// turn turns the bank's switches.
func (b *bundle) turn(s sandbox.Switches) {
	b.t.Helper()
	if err := b.bank.Set(context.Background(), s); err != nil {
		b.t.Fatal(err)
	}
}

// work does everything that is due, and everything that this makes due.
func (b *bundle) work() {
	b.t.Helper()
	for range 20 {
		n, err := b.svc.Work(context.Background())
		if err != nil {
			b.t.Fatal(err)
		}
		if n == 0 {
			return
		}
	}
	b.t.Fatal("there is always something to do")
}

// command applies another module's command.
func (b *bundle) command(subject string, data any) {
	b.t.Helper()
	if err := b.tryCommand(subject, data); err != nil {
		b.t.Fatalf("%s: %v", subject, err)
	}
}

func (b *bundle) tryCommand(subject string, data any) error {
	b.t.Helper()
	raw, err := json.Marshal(data)
	if err != nil {
		b.t.Fatal(err)
	}
	return link.InTx(system(), b.db, nil, func(tx *sqlx.Tx) error {
		return b.svc.Apply(system(), tx, link.Event{ID: "test", Subject: subject, Data: raw})
	})
}

// create starts a payment; the n-th of a test has its own key.
func (b *bundle) create(ref, purpose, method string, fen int64) payments.Payment {
	b.t.Helper()
	p, err := b.svc.CreatePayment(system(), b.request(ref, purpose, method, fen))
	if err != nil {
		b.t.Fatal(err)
	}
	return p
}

func (b *bundle) request(ref, purpose, method string, fen int64) payments.CreatePayment {
	b.nextID++
	return payments.CreatePayment{Key: fmt.Sprintf("key-%d", b.nextID), Ref: ref, Purpose: purpose, AmountFen: fen, Method: method,
		Party: payments.Party{Kind: "account", ID: 501, Name: "王芳"}, Description: "大鹅 20 只", ReturnURL: "http://shop.example/orders/1",
		ExpiresAt: b.clock.now().Add(30 * time.Minute)}
}

// play posts the pay page's form as a browser does.
func (b *bundle) play(p payments.Payment, what string) *http.Response {
	b.t.Helper()
	req, err := http.NewRequest(http.MethodPost, p.URL, strings.NewReader(url.Values{"play": {what}}.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	res, err := b.client.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	res.Body.Close()
	return res
}

// pay pays on the pay page and lets the module hear of it.
func (b *bundle) pay(p payments.Payment) payments.Payment {
	b.t.Helper()
	if res := b.play(p, "pay"); res.StatusCode != http.StatusSeeOther {
		b.t.Fatalf("pay page answered %s", res.Status)
	}
	b.work()
	return b.payment(p.ID)
}

// deposit takes a deposit through the sandbox.
func (b *bundle) deposit(ref string, fen int64) payments.Payment {
	b.t.Helper()
	p := b.pay(b.create(ref, "deposit", payments.Sandbox, fen))
	if p.State != payments.PaymentSucceeded {
		b.t.Fatalf("deposit is %s", p.State)
	}
	return p
}

// payment reads a payment as it is written down, without asking the provider.
func (b *bundle) payment(id int64) payments.Payment {
	b.t.Helper()
	var ref string
	if err := b.db.Get(&ref, `SELECT ref FROM payment WHERE id = $1`, id); err != nil {
		b.t.Fatal(err)
	}
	for _, p := range b.account(ref).Payments {
		if p.ID == id {
			return p
		}
	}
	b.t.Fatalf("no payment %d", id)
	return payments.Payment{}
}

func (b *bundle) account(ref string) payments.Account {
	b.t.Helper()
	a, err := b.svc.Account(system(), payments.Ref{Ref: ref})
	if err != nil {
		b.t.Fatal(err)
	}
	return a
}

// wantAccount compares the sums of a Ref: deposit, receivable, refund due, paid, refunded.
func (b *bundle) wantAccount(ref string, deposit, receivable, due, paid, refunded int64) {
	b.t.Helper()
	a := b.account(ref)
	got := [5]int64{a.DepositFen, a.ReceivableFen, a.RefundDueFen, a.PaidFen, a.RefundedFen}
	if want := [5]int64{deposit, receivable, due, paid, refunded}; got != want {
		b.t.Errorf("%s: deposit, receivable, refund due, paid, refunded = %v, want %v", ref, got, want)
	}
}

// events decodes all events of a subject, oldest first.
func events[T any](b *bundle, subject string) []T {
	b.t.Helper()
	var raw []string
	if err := b.db.Select(&raw, `SELECT data::text FROM outbox WHERE subject = $1 ORDER BY seq`, subject); err != nil {
		b.t.Fatal(err)
	}
	out := make([]T, len(raw))
	for i, r := range raw {
		if err := json.Unmarshal([]byte(r), &out[i]); err != nil {
			b.t.Fatal(err)
		}
	}
	return out
}

// deliver bills a Ref: one share per household, a tenth of it the cooperative's.
func (b *bundle) deliver(id int64, ref string, gross map[int64]int64) {
	b.t.Helper()
	d := payments.AcceptDelivery{DeliveryID: id, Ref: ref, Coop: 7, OccurredAt: b.clock.now().Unix()}
	for h, g := range gross {
		d.Shares = append(d.Shares, payments.DeliveryShare{SourceKey: fmt.Sprintf("ticket:%d-%d", id, h), Household: h, GrossFen: g, FeeFen: g / 10})
	}
	b.command(payments.CmdAcceptDelivery, d)
}

func (b *bundle) loadAccounts(households ...int64) {
	b.t.Helper()
	list := make([]payments.PayoutAccount, len(households))
	for i, h := range households {
		list[i] = payments.PayoutAccount{Household: h, Holder: "演示户", Bank: "依安县农村信用社", Number: fmt.Sprintf("622848%013d", h)}
	}
	if err := b.svc.LoadPayoutAccounts(system(), list); err != nil {
		b.t.Fatal(err)
	}
}

func wantCode(t *testing.T, err error, code link.Code, key string) {
	t.Helper()
	if err == nil || link.CodeOf(err) != code || link.AsError(err).Key != key {
		t.Errorf("error is %v, want %s %s", err, code, key)
	}
}
