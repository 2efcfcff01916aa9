package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"banmuyuan/catalog"
	catalogpg "banmuyuan/catalog/postgres"
	"banmuyuan/internal/link"
	"banmuyuan/internal/link/linktest"
	"banmuyuan/internal/money"
	"banmuyuan/orders"
	"banmuyuan/orders/postgres"
	"banmuyuan/orders/postgres/desk"
	"banmuyuan/payments"
	"banmuyuan/payments/gateway"
	"banmuyuan/payments/gateway/banktransfer"
	"banmuyuan/payments/gateway/sandbox"
	paymentspg "banmuyuan/payments/postgres"
)

func TestMain(m *testing.M) { linktest.Main(m) }

// start is when tests begin, whatever the day: presales are open then.
var start = time.Date(2026, 8, 1, 4, 0, 0, 0, time.UTC)

// clock is a time that tests move; all modules of a test go by it.
type clock struct{ offset atomic.Int64 }

func (c *clock) Now() time.Time          { return start.Add(time.Duration(c.offset.Load())) }
func (c *clock) Advance(d time.Duration) { c.offset.Add(int64(d)) }

// bundle is the three modules as they run in production, each on a schema of its own, over a broker of the test's own.
// When the test ends, the invariants are verified.
type bundle struct {
	t      *testing.T
	clock  *clock
	server *linktest.Server
	log    *slog.Logger
	schema string
	db     *sqlx.DB // the schema of orders
	stock  *sqlx.DB // the catalogue's
	money  *sqlx.DB // of payments

	catalog  catalog.Service
	payments payments.Service
	orders   *postgres.Module // the first process of orders
	stop     func()           // ends it
	harmed   bool             // the test broke something on purpose
	keys     atomic.Int64
}

// setup starts one process of each module on a small county.
func setup(t *testing.T, change ...func(*desk.Config)) *bundle {
	t.Helper()
	return setupOn(t, smallCounty(), change...)
}

// setupOn is setup on a county of the test's own.
func setupOn(t *testing.T, county catalogpg.Seed, change ...func(*desk.Config)) *bundle {
	t.Helper()
	t.Parallel()
	b := &bundle{t: t, clock: &clock{}, server: linktest.NATSServer(t), log: slog.New(slog.DiscardHandler)}
	if os.Getenv("TEST_LOG") != "" {
		b.log = slog.New(slog.NewTextHandler(os.Stderr, nil))
	}
	b.startCatalog(county)
	b.startPayments()
	b.db, b.schema = linktest.DB(t, "orders", postgres.Migrations)
	b.orders, b.stop = b.process(change...)
	b.eventually("orders has heard of all households", func() bool {
		return b.count(`SELECT count(*) FROM household_ref`) == int64(len(county.Households))
	})
	t.Cleanup(func() {
		if !b.harmed && !t.Failed() {
			b.verify()
		}
	})
	return b
}

// run keeps a module running until the test ends or stop is called, and answers for it.
func (b *bundle) run(name string, register func(*link.Server), work func(context.Context) error) (stop func()) {
	b.t.Helper()
	s := link.NewServer(b.server.Connect(b.t), name, link.ServerOptions{Log: b.log})
	register(s)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- work(ctx) }()
	stop = sync.OnceFunc(func() {
		s.Close()
		cancel()
		if err := <-done; err != nil && !errors.Is(err, context.Canceled) {
			b.t.Errorf("%s: %v", name, err)
		}
	})
	b.t.Cleanup(stop)
	return stop
}

func (b *bundle) startCatalog(county catalogpg.Seed) {
	b.t.Helper()
	var schema string
	b.stock, schema = linktest.DB(b.t, "catalog", catalogpg.Migrations)
	keys, err := paymentspg.ParseKeys(testKey)
	if err != nil {
		b.t.Fatal(err)
	}
	svc, err := catalogpg.New(b.t.Context(), linktest.Open(b.t, schema, 10), b.server.Connect(b.t), catalogpg.Config{
		Cipher: keys, Now: b.clock.Now, Log: b.log, Sweep: 50 * time.Millisecond, Refresh: 50 * time.Millisecond,
	})
	if err != nil {
		b.t.Fatal(err)
	}
	b.run("catalog", func(s *link.Server) {
		catalog.Register(s, svc)
		catalog.RegisterContracts(s, svc)
		catalog.RegisterSeasons(s, svc)
	}, svc.Run)
	if err := svc.LoadSeed(b.t.Context(), county, nil); err != nil {
		b.t.Fatal(err)
	}
	if err := svc.Refresh(b.t.Context()); err != nil {
		b.t.Fatal(err)
	}
	b.catalog = catalog.NewClient(b.server.Connect(b.t))
}

var testKey = paymentspg.NewKey()

// startPayments takes further ways to pay beside the sandbox bank and transfers.
func (b *bundle) startPayments(more ...gateway.Gateway) {
	b.t.Helper()
	var handler http.Handler
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handler.ServeHTTP(w, r) }))
	b.t.Cleanup(web.Close)
	b.money, _ = linktest.DB(b.t, "payments", paymentspg.Migrations())
	bank := sandbox.New(b.money, sandbox.Config{PublicURL: web.URL, Secret: []byte("sandbox " + testKey), Now: b.clock.Now, Log: b.log})
	svc, err := paymentspg.New(b.money, paymentspg.Config{Key: testKey, Register: heads{}, Env: "test", Now: b.clock.Now, Log: b.log, Gateways: append([]gateway.Gateway{
		bank, banktransfer.New(banktransfer.Account{Holder: "依安县演示合作社", Number: "2300000000000000001", Bank: "演示银行"}),
	}, more...)})
	if err != nil {
		b.t.Fatal(err)
	}
	handler = svc.HTTP()
	nc := b.server.Connect(b.t)
	b.run("payments", func(s *link.Server) {
		payments.Register(s, svc)
		payments.RegisterDistributions(s, svc)
	}, func(ctx context.Context) error { return svc.Run(ctx, nc) })
	b.payments = payments.NewClient(b.server.Connect(b.t))
}

// process starts one more process of orders on the schema. stop ends it early.
func (b *bundle) process(change ...func(*desk.Config)) (m *postgres.Module, stop func()) {
	b.t.Helper()
	cfg := desk.Config{Log: b.log, Now: b.clock.Now, Tick: 20 * time.Millisecond}
	for _, c := range change {
		c(&cfg)
	}
	nc := b.server.Connect(b.t)
	m, err := postgres.New(b.t.Context(), linktest.Open(b.t, b.schema, 12), nc, catalog.NewClient(nc), payments.NewClient(nc), cfg)
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(m.Close)
	return m, b.run("orders", func(s *link.Server) { orders.Register(s, m) }, m.Run)
}

// verify checks the invariants between the modules once every message has arrived.
func (b *bundle) verify() {
	b.t.Helper()
	b.settled()
	found, err := b.orders.Verify(system(), orders.None{})
	if err != nil {
		b.t.Fatal(err)
	}
	stock, err := b.catalog.Verify(system(), catalog.None{})
	if err != nil {
		b.t.Fatal(err)
	}
	ledger, err := b.payments.Verify(system(), payments.None{})
	if err != nil {
		b.t.Fatal(err)
	}
	for _, f := range found.Items {
		if f.Note {
			continue
		}
		b.t.Errorf("verify orders: %s %s: %s", f.Check, f.Object, f.Detail)
	}
	for _, f := range stock.Items {
		b.t.Errorf("verify catalog: %s %s: %s", f.Check, f.Object, f.Detail)
	}
	for _, f := range ledger.Items {
		b.t.Errorf("verify payments: %s %s: %s", f.Check, f.Object, f.Detail)
	}
	// Stock is kept for exactly the orders that may still want it.
	holds := b.holds()
	var live []int64
	if err := b.db.Select(&live, `SELECT id FROM orders WHERE state NOT IN ('expired', 'cancelled') ORDER BY id`); err != nil {
		b.t.Fatal(err)
	}
	for _, id := range live {
		if holds[id] == 0 {
			b.t.Errorf("nothing is held for order %d", id)
		}
		delete(holds, id)
	}
	for id, units := range holds {
		b.t.Errorf("%d units are held for order %d, which is over or was never written", units, id)
	}
}

// settled waits until every command and event has been published and applied.
func (b *bundle) settled() {
	b.t.Helper()
	b.eventually("the catalogue was told every income", func() bool {
		var told, known int64
		if err := b.stock.Get(&known, `SELECT coalesce(max(version), 0) FROM household_income`); err != nil {
			b.t.Fatal(err)
		}
		told = b.count(`SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM income_figure_version`)
		return known == told && b.count(`SELECT count(*) FROM income_changed`) == 0
	})
	b.eventually("everything sent has been published", func() bool {
		var n int
		for _, db := range []*sqlx.DB{b.db, b.stock, b.money} {
			var waiting int
			if err := db.Get(&waiting, `SELECT count(*) FROM outbox WHERE published_at IS NULL`); err != nil {
				b.t.Fatal(err)
			}
			n += waiting
		}
		return n == 0
	})
	tries := 0
	b.eventually("every order's stock is as its state says", func() bool {
		if tries++; tries%100 == 0 {
			b.clock.Advance(2 * time.Minute) // work that failed on a busy machine is retried later
		}
		if b.count(`SELECT count(*) FROM orders WHERE state = 'expiring' OR state = 'placed' AND expires_at <= $1`, b.clock.Now()) > 0 {
			return false
		}
		rows := []struct {
			ID    int64  `db:"id"`
			State string `db:"state"`
		}{}
		if err := b.db.Select(&rows, `SELECT id, state FROM orders`); err != nil {
			b.t.Fatal(err)
		}
		holds := b.holds()
		for _, r := range rows {
			over := r.State == "expired" || r.State == "cancelled"
			if over != (holds[r.ID] == 0) {
				return false
			}
		}
		return true
	})
}

// holds returns the units that the catalogue keeps or has handed over for each order.
func (b *bundle) holds() map[int64]int64 {
	b.t.Helper()
	rows := []struct {
		Order int64 `db:"order_id"`
		Units int64 `db:"units"`
	}{}
	err := b.stock.Select(&rows, `
		SELECT order_id, sum(q) AS units FROM hold, unnest(qty) AS q WHERE state IN ('held', 'confirmed') GROUP BY order_id`)
	if err != nil {
		b.t.Fatal(err)
	}
	holds := map[int64]int64{}
	for _, r := range rows {
		holds[r.Order] = r.Units
	}
	return holds
}

// reserved is how many units of a presale are promised.
func (b *bundle) reserved(presale int64) (n int64) {
	b.t.Helper()
	if err := b.stock.Get(&n, `SELECT sum(reserved) FROM lot WHERE presale_id = $1`, presale); err != nil {
		b.t.Fatal(err)
	}
	return n
}

// eventually waits for other goroutines, however long that takes.
func (b *bundle) eventually(what string, ok func() bool) {
	b.t.Helper()
	for deadline := time.Now().Add(time.Minute); !ok(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			b.t.Fatalf("not in time: %s", what)
		}
	}
}

func (b *bundle) count(query string, args ...any) (n int64) {
	b.t.Helper()
	if err := b.db.Get(&n, query, args...); err != nil {
		b.t.Fatal(err)
	}
	return n
}

func as(role string, account, org int64) context.Context {
	return link.WithActor(context.Background(), link.Actor{Account: account, Login: fmt.Sprintf("%s%d", role, account), Role: role, Org: org})
}

func buyer(account int64) context.Context { return as("buyer", account, 0) }
func county() context.Context             { return as("operator", 11, 0) }
func system() context.Context             { return link.System(context.Background(), "web") }

// asking is a valid order of a buyer: units of one presale, fetched at the village's point.
func (b *bundle) asking(presale, qty int64) orders.PlaceRequest {
	return orders.PlaceRequest{
		IdempotencyKey: fmt.Sprintf("key-%08d", b.keys.Add(1)),
		Lines:          []orders.QuoteLine{{PresaleID: presale, Qty: qty}},
		Delivery:       orders.Delivery{Kind: orders.DeliverPickup, PointID: 1, Name: "林晓", Phone: "13800138000"},
	}
}

func (b *bundle) place(ctx context.Context, r orders.PlaceRequest) orders.Order {
	b.t.Helper()
	o, err := b.orders.Place(ctx, r)
	if err != nil {
		b.t.Fatal(err)
	}
	return o
}

func (b *bundle) order(no string) orders.Order {
	b.t.Helper()
	o, err := b.orders.Order(county(), orders.OrderRef{No: no})
	if err != nil {
		b.t.Fatal(err)
	}
	return o
}

// becomes waits until an order is in a state.
func (b *bundle) becomes(no string, state orders.State) orders.Order {
	b.t.Helper()
	var o orders.Order
	b.eventually(fmt.Sprintf("order %s is %s", no, state), func() bool {
		o = b.order(no)
		return o.State == state
	})
	return o
}

// startPaying starts a payment of the sum due at the sandbox bank.
func (b *bundle) startPaying(ctx context.Context, no string) orders.PayStart {
	b.t.Helper()
	p, err := b.orders.Pay(ctx, orders.PayRequest{
		OrderNo: no, Method: payments.Sandbox, ReturnURL: "http://shop.example/orders/1", IdempotencyKey: fmt.Sprintf("pay-%08d", b.keys.Add(1)),
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return p
}

// press pays on the sandbox bank's page, as a person does.
func (b *bundle) press(p orders.PayStart) (*http.Response, error) {
	req, err := http.NewRequest(http.MethodPost, p.URL, strings.NewReader(url.Values{"play": {"pay"}}.Encode()))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return client.Do(req)
}

// pressPay pays at the bank's page, which must let it.
func (b *bundle) pressPay(p orders.PayStart) {
	b.t.Helper()
	res, err := b.press(p)
	if err != nil {
		b.t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusSeeOther {
		b.t.Fatalf("the pay page answered %s", res.Status)
	}
}

// pay pays the sum due and waits until the order is confirmed.
func (b *bundle) pay(ctx context.Context, no string) orders.Order {
	b.t.Helper()
	b.pressPay(b.startPaying(ctx, no))
	return b.becomes(no, orders.StateConfirmed)
}

func wantCode(t testing.TB, err error, code link.Code, key, field string) {
	t.Helper()
	if !errors.Is(err, link.E(code, key, field)) {
		t.Errorf("error %v, want %s %s at %q", err, code, key, field)
	}
}

// Presales of the small county.
const (
	geese = 1 // households 1 to 6, two to a village; 100 each; collection minimum 2
	beans = 2 // households 1 to 4; 120 each, sold by 5
	gift  = 3 // households 1 to 6; 20 each; asks for no deposit
)

// smallCounty has three villages with two households each, one cooperative and three presales.
func smallCounty() catalogpg.Seed {
	s := catalogpg.Seed{
		Season:    2026,
		Townships: []catalog.Township{{ID: 1, Name: "依龙镇", Lat: 47.8, Lon: 125.3}},
		Villages: []catalog.Village{
			{ID: 1, TownshipID: 1, Code: "990000000001", Name: "永丰村"}, {ID: 2, TownshipID: 1, Code: "990000000002", Name: "新发村"},
			{ID: 3, TownshipID: 1, Code: "990000000003", Name: "团结村"},
		},
		Organisations: []catalog.Organisation{
			{ID: 1, Kind: catalog.OrgCooperative, Name: "白鹅合作社", TownshipID: 1}, {ID: 2, Kind: catalog.OrgCooperative, Name: "采购合作社", TownshipID: 1},
			{ID: 3, Kind: catalog.OrgSupermarket, Name: "爱心超市"},
		},
		Helpers: []catalog.Helper{{ID: 1, Name: "王建国", Unit: "县农业局", Phone: "00012345678"}},
		Programmes: []catalog.Programme{
			{ID: 1, Code: "garden", Name: catalog.Text{Zh: "半亩园", En: "Gardens"}}, {ID: 2, Code: "geese", Name: catalog.Text{Zh: "百只鹅", En: "Geese"}},
		},
		Products: []catalog.Product{
			{ID: 1, Code: "goose", Name: catalog.Text{Zh: "大鹅", En: "Goose"}, OrderUnit: "head", PriceUnit: "jin", GramsPerUnit: 4000, Programme: "geese", YieldOf: catalog.YieldGeese, Yield: 1, MayRaise: true},
			{ID: 2, Code: "purple_bean", Name: catalog.Text{Zh: "紫花油豆角", En: "Purple-flower beans"}, OrderUnit: "jin", PriceUnit: "jin", GramsPerUnit: 500, Programme: "garden", YieldOf: catalog.YieldGarden, Yield: 300},
		},
	}
	for v := int64(1); v <= 3; v++ {
		s.Points = append(s.Points, catalog.CollectionPoint{ID: v, VillageID: v, OrgID: 1, Name: fmt.Sprintf("%d号集货点", v), Pickup: true})
	}
	for i := int64(1); i <= 6; i++ {
		s.Households = append(s.Households, catalogpg.SeedHousehold{Household: catalog.Household{
			ID: i, Code: fmt.Sprintf("YA-%03d", i), Head: fmt.Sprintf("户主%d", i), Persons: int(i%3 + 1), VillageID: (i + 1) / 2,
			HelperID: 1, Consent: true, Phone: fmt.Sprintf("0000000000%d", i), Programmes: []string{"garden", "geese"}, GardenM2: 400, Geese: 100, Demo: true,
		}})
	}
	add := func(id, product int64, code string, grams, fen int64, change func(*catalog.Presale)) {
		p := catalog.Presale{
			ID: id, ProductID: product, Code: code, Title: catalog.Text{Zh: code, En: code}, Season: 2026, State: catalog.PresaleOpen,
			Channels: []catalog.Channel{catalog.ChannelContract, catalog.ChannelMarket, catalog.ChannelPrivate},
			OpensAt:  start.AddDate(0, 0, -10), ClosesAt: start.AddDate(0, 0, 30), DeliverFrom: start.AddDate(0, 0, 40), DeliverTo: start.AddDate(0, 0, 60),
			Grades:       []catalog.GradePrice{{Grade: "first", Price: money.Price{Fen: fen, Per: 500}}, {Grade: "second", Price: money.Price{Fen: fen / 2, Per: 500}}},
			GramsPerUnit: grams, MinQty: 1, StepQty: 1, MaxQty: 50, CollectionMin: 2, SellerOrg: 1, Policy: "fair",
			Terms: catalog.Terms{DepositBP: 2000, FeeBP: 300, ForfeitBP: 5000, FreeCancelHours: 24, WeightToleranceBP: 2500, InspectionHours: 48},
		}
		if change != nil {
			change(&p)
		}
		s.Presales = append(s.Presales, p)
	}
	add(geese, 1, "goose-main", 4000, 1400, nil)
	add(beans, 2, "bean-home", 500, 450, func(p *catalog.Presale) { p.MinQty, p.StepQty, p.CollectionMin = 10, 5, 5 })
	add(gift, 1, "goose-gift", 4000, 1000, func(p *catalog.Presale) { p.Terms.DepositBP = 0 })
	lot := func(presale, household, capacity int64) {
		s.Lots = append(s.Lots, catalogpg.SeedLot{Lot: catalog.Lot{ID: int64(len(s.Lots) + 1), PresaleID: presale, HouseholdID: household, Capacity: capacity}})
	}
	for h := int64(1); h <= 6; h++ {
		lot(geese, h, 100)
		lot(gift, h, 20)
	}
	for h := int64(1); h <= 4; h++ {
		lot(beans, h, 120)
	}
	return s
}

// heads is a register in which every household's head is called 户主.
type heads struct{}

func (heads) RegisteredHouseholds(_ context.Context, _ int64, keys []payments.HouseholdKey) ([]payments.RegisteredHousehold, error) {
	all := make([]payments.RegisteredHousehold, len(keys))
	for i, k := range keys {
		all[i] = payments.RegisteredHousehold{ID: k.ID, Head: "户主"}
	}
	return all, nil
}

func (heads) RegisteredNames(context.Context, int64) (payments.RegisteredNames, error) {
	return payments.RegisteredNames{}, nil
}
