// Package shelftest tests the shelf on the three modules as they run together: payments hears of a supermarket's trade,
// and its orders come out of the catalogue.
package shelftest

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
	"sync/atomic"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/nats-io/nats.go"

	"banmuyuan/catalog"
	catalogpg "banmuyuan/catalog/postgres"
	"banmuyuan/internal/link"
	"banmuyuan/internal/link/linktest"
	"banmuyuan/internal/money"
	"banmuyuan/orders"
	orderspg "banmuyuan/orders/postgres"
	"banmuyuan/orders/postgres/desk"
	"banmuyuan/orders/shelf"
	"banmuyuan/payments"
	"banmuyuan/payments/gateway"
	"banmuyuan/payments/gateway/banktransfer"
	"banmuyuan/payments/gateway/cash"
	"banmuyuan/payments/gateway/sandbox"
	paymentspg "banmuyuan/payments/postgres"
)

func TestMain(m *testing.M) { linktest.Main(m) }

const (
	coop      = 1
	shop      = 2
	otherShop = 3
)

// world is the three modules on schemas and a broker of their own.
type world struct {
	t         *testing.T
	db        *sqlx.DB // of orders
	orders    orders.Service
	rules     orders.Rules
	shelf     shelf.Service
	payments  payments.Service
	catalog   catalog.Contracts
	catalogue catalog.Service
	catalogDB *sqlx.DB
	clock     atomic.Int64
	keys      atomic.Int64
}

func (w *world) now() time.Time          { return time.Now().Add(time.Duration(w.clock.Load())) }
func (w *world) forward(d time.Duration) { w.clock.Add(int64(d)) }

func (w *world) key() string { return fmt.Sprintf("test-key-%d", w.keys.Add(1)) }

func setup(t *testing.T) *world {
	t.Helper()
	t.Parallel()
	w := &world{t: t}
	log := slog.New(slog.DiscardHandler)
	if os.Getenv("TEST_LOG") != "" {
		log = slog.New(slog.NewTextHandler(os.Stderr, nil))
	}
	broker := linktest.NATSServer(t)
	catalogDB, _ := linktest.DB(t, "catalog", catalogpg.Migrations)
	paymentsDB, _ := linktest.DB(t, "payments", paymentspg.Migrations())
	w.db, _ = linktest.DB(t, "orders", orderspg.Migrations)
	key := paymentspg.NewKey()
	keys, err := paymentspg.ParseKeys(key)
	if err != nil {
		t.Fatal(err)
	}
	nc := broker.Connect(t)
	cat, err := catalogpg.New(t.Context(), catalogDB, nc, catalogpg.Config{Cipher: keys, Now: w.now, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	if err := cat.LoadSeed(t.Context(), county(w.now()), nil); err != nil {
		t.Fatal(err)
	}
	if err := cat.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	var pages http.Handler
	bank := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { pages.ServeHTTP(rw, r) }))
	t.Cleanup(bank.Close)
	pay, err := paymentspg.New(paymentsDB, paymentspg.Config{Key: key, Env: "test", Now: w.now, Log: log, Gateways: []gateway.Gateway{
		sandbox.New(paymentsDB, sandbox.Config{PublicURL: bank.URL, Secret: keys.WebhookSecret(), Now: w.now, Log: log}),
		banktransfer.New(banktransfer.Account{Holder: "演示", Number: "2300000000000000001", Bank: "演示银行"}), cash.New()}})
	if err != nil {
		t.Fatal(err)
	}
	pages = pay.HTTP()
	client := broker.Connect(t)
	mod, err := orderspg.New(t.Context(), w.db, broker.Connect(t), catalog.NewClient(client), payments.NewClient(client),
		desk.Config{Now: w.now, Log: log, Tick: 50 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	w.run(nc, "catalog", log, func(s *link.Server) { catalog.Register(s, cat); catalog.RegisterContracts(s, cat) }, cat.Run)
	payNC := broker.Connect(t)
	w.run(payNC, "payments", log, func(s *link.Server) { payments.Register(s, pay) }, func(ctx context.Context) error { return pay.Run(ctx, payNC) })
	w.run(client, "orders", log, func(s *link.Server) {
		orders.Register(s, mod)
		orders.RegisterRules(s, mod)
		shelf.Register(s, mod.Shelf())
	}, mod.Run)
	t.Cleanup(mod.Close)
	// Through NATS, as the pages ask.
	w.catalog, w.catalogue, w.catalogDB = catalog.NewContractsClient(client), catalog.NewClient(client), catalogDB
	w.orders, w.rules = orders.NewClient(client), orders.NewRulesClient(client)
	w.shelf, w.payments = shelf.NewClient(client), payments.NewClient(client)
	return w
}

func (w *world) run(nc *nats.Conn, name string, log *slog.Logger, register func(*link.Server), run func(context.Context) error) {
	w.t.Helper()
	s := link.NewServer(nc, name, link.ServerOptions{Workers: 64, Log: log})
	register(s)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- run(ctx) }()
	w.t.Cleanup(func() {
		s.Close()
		cancel()
		if err := <-done; err != nil && !errors.Is(err, context.Canceled) {
			w.t.Errorf("%s: %v", name, err)
		}
	})
}

func county(now time.Time) catalogpg.Seed {
	s := catalogpg.Seed{
		Season: now.Year(), Townships: []catalog.Township{{ID: 1, Name: "依龙镇"}},
		Villages: []catalog.Village{{ID: 1, TownshipID: 1, Code: "990000000001", Name: "永丰村", Poor: true}, {ID: 2, TownshipID: 1, Code: "990000000002", Name: "新发村"}},
		Organisations: []catalog.Organisation{{ID: coop, Kind: catalog.OrgCooperative, Name: "豆角合作社", TownshipID: 1},
			{ID: shop, Kind: catalog.OrgSupermarket, Name: "爱心超市县城店", Address: "演示街1号"}, {ID: otherShop, Kind: catalog.OrgSupermarket, Name: "爱心超市依龙店"}},
		Points:  []catalog.CollectionPoint{{ID: 1, VillageID: 1, OrgID: coop, Name: "永丰集货点", Pickup: true}, {ID: 2, VillageID: 2, OrgID: coop, Name: "新发集货点", Pickup: true}},
		Helpers: []catalog.Helper{{ID: 1, Name: "王建国", Unit: "县农业局"}},
		Products: []catalog.Product{
			{ID: 1, Code: "goose", Name: catalog.Text{Zh: "大鹅", En: "Goose"}, OrderUnit: "head", PriceUnit: "jin", GramsPerUnit: 4000, Programme: "geese"},
			{ID: 2, Code: "purple_bean", Name: catalog.Text{Zh: "紫花油豆角", En: "Beans"}, OrderUnit: "jin", PriceUnit: "jin", GramsPerUnit: 500, Programme: "garden"},
			{ID: 3, Code: "veg_box", Name: catalog.Text{Zh: "蔬菜箱", En: "Box"}, OrderUnit: "box", PriceUnit: "box", Programme: "garden", YieldOf: catalog.YieldGarden, Yield: 100},
		},
		Presales: []catalog.Presale{{ID: 1, ProductID: 2, Code: "bean-home", Season: now.Year(), Title: catalog.Text{Zh: "油豆角", En: "Beans"}, State: catalog.PresaleOpen,
			Channels: []catalog.Channel{catalog.ChannelMarket, catalog.ChannelPrivate}, OpensAt: now.AddDate(0, 0, -5), ClosesAt: now.AddDate(0, 0, 20),
			DeliverFrom: now.AddDate(0, 0, 1), DeliverTo: now.AddDate(0, 0, 30), MinQty: 1, StepQty: 1, MaxQty: 500, CollectionMin: 1, GramsPerUnit: 500,
			SellerOrg: coop, Policy: "fair", Terms: catalog.Terms{DepositBP: 2000, FeeBP: 500, WeightToleranceBP: 5000},
			Grades: []catalog.GradePrice{{Grade: "first", Price: money.Price{Fen: 400, Per: 500}}, {Grade: "second", Price: money.Price{Fen: 300, Per: 500}}}}},
	}
	for i := int64(1); i <= 4; i++ {
		s.Households = append(s.Households, catalogpg.SeedHousehold{Household: catalog.Household{ID: i, Code: fmt.Sprintf("YA-%03d", i),
			Head: fmt.Sprintf("秘密户主%d", i), Persons: 2, VillageID: (i + 1) / 2, HelperID: 1, Consent: true, Phone: fmt.Sprintf("1390000888%d", i),
			Kinds: []string{"elderly"}, Programmes: []string{"garden"}, GardenM2: 400, Demo: true,
			Members: []catalog.Person{{Name: fmt.Sprintf("秘密户主%d", i), Relation: "户主", Born: 1960}}}})
		s.Lots = append(s.Lots, catalogpg.SeedLot{Lot: catalog.Lot{ID: i, PresaleID: 1, HouseholdID: i, Capacity: 100}})
	}
	return s
}

func as(a link.Actor) context.Context {
	a.Login = fmt.Sprintf("%s%d", a.Role, a.Account)
	return link.WithRequestID(link.WithActor(context.Background(), a), link.NewRequestID())
}

var (
	officer  = as(link.Actor{Account: 10, Role: "officer", Org: shop})
	cashier  = as(link.Actor{Account: 11, Role: "clerk", Org: shop})
	stranger = as(link.Actor{Account: 12, Role: "officer", Org: otherShop})
	weigher  = as(link.Actor{Account: 13, Role: "clerk", Org: coop})
	operator = as(link.Actor{Account: 14, Role: "operator"})
	buyer    = as(link.Actor{Account: 20, Role: "buyer"})
	another  = as(link.Actor{Account: 21, Role: "buyer"})
	owner    = as(link.Actor{Account: 30, Role: "household", Household: 1})
	visitor  = context.Background()
	system   = link.System(context.Background(), "test")
)

func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func wantCode(t *testing.T, what string, err error, code link.Code) {
	t.Helper()
	if link.CodeOf(err) != code {
		t.Errorf("%s: %v, want %s", what, err, code)
	}
}

func (w *world) eventually(what string, ok func() bool) {
	w.t.Helper()
	for deadline := time.Now().Add(60 * time.Second); !ok(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			w.t.Fatalf("not in time: %s", what)
		}
	}
}

// holds waits until nothing is on its way, and checks everything that must hold.
func (w *world) holds() {
	w.t.Helper()
	var found []string
	w.eventually("everything holds", func() bool {
		found = found[:0]
		o, err := w.orders.Verify(system, orders.None{})
		if err != nil {
			w.t.Fatal(err)
		}
		p, err := w.payments.Verify(system, payments.None{})
		if err != nil {
			w.t.Fatal(err)
		}
		for _, f := range o.Items {
			found = append(found, fmt.Sprint("orders: ", f))
		}
		for _, f := range p.Items {
			found = append(found, fmt.Sprint("payments: ", f))
		}
		w.t.Log(found)
		return len(found) == 0
	})
}

// pay plays a buyer on the sandbox bank's page.
func (w *world) pay(start orders.PayStart) {
	w.t.Helper()
	req, err := http.NewRequest(http.MethodPost, start.URL, strings.NewReader(url.Values{"play": {"pay"}}.Encode()))
	if err != nil {
		w.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode >= 400 {
		w.t.Fatalf("pay: %s", res.Status)
	}
}

func (w *world) buyIn(household, jin int64) shelf.BuyIn {
	w.t.Helper()
	return must[shelf.BuyIn](w.t)(w.shelf.BuyIn(cashier, shelf.BuyInRequest{HouseholdID: household, Product: "purple_bean", Grade: "first", Measure: jin * 500,
		PriceFen: 400, BestBefore: w.now().AddDate(0, 0, 7).Format(time.DateOnly), Key: w.key()}))
}

func (w *world) lot(id int64) shelf.StockLot {
	w.t.Helper()
	return must[shelf.StockLot](w.t)(w.shelf.StockLot(officer, shelf.StockLotRef{ID: id}))
}
