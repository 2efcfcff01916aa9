package postgres_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
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
	"banmuyuan/orders/adopt"
	"banmuyuan/orders/postgres"
	"banmuyuan/orders/postgres/desk"
	"banmuyuan/payments"
	"banmuyuan/payments/gateway"
	"banmuyuan/payments/gateway/cash"
	paymentspg "banmuyuan/payments/postgres"
)

// yard is a small county with all three modules, each on its own schema, over one broker. When the test ends everything
// that must always hold is verified.
type yard struct {
	t        *testing.T
	db       *sqlx.DB // of orders
	schema   string
	server   *linktest.Server
	nc       *nats.Conn
	offset   *atomic.Int64
	orders   *postgres.Module
	catalog  *catalogpg.Catalog
	payments *paymentspg.Service
	receipts int
	harmed   bool // the test broke something on purpose
}

// Presales of the yard.
const (
	gooseAdopt  = 1
	gardenAdopt = 2
	boxStanding = 3
)

var yardStart = time.Date(2026, 6, 1, 2, 0, 0, 0, time.UTC)

func (y *yard) now() time.Time          { return yardStart.Add(time.Duration(y.offset.Load())) }
func (y *yard) forward(d time.Duration) { y.offset.Add(int64(d)) }
func (y *yard) inDays(n int) time.Time  { return y.now().AddDate(0, 0, n) }
func yardLog() *slog.Logger {
	if os.Getenv("TEST_LOG") != "" {
		return slog.New(slog.NewTextHandler(os.Stderr, nil))
	}
	return slog.New(slog.DiscardHandler)
}

func newYard(t *testing.T) *yard {
	t.Helper()
	t.Parallel()
	y := &yard{t: t, offset: &atomic.Int64{}, server: linktest.NATSServer(t)}
	keys, err := paymentspg.ParseKeys(paymentspg.NewKey())
	if err != nil {
		t.Fatal(err)
	}
	cdb, _ := linktest.DB(t, "catalog", catalogpg.Migrations)
	cnc := y.server.Connect(t)
	if y.catalog, err = catalogpg.New(t.Context(), cdb, cnc, catalogpg.Config{Cipher: keys, Now: y.now, Log: yardLog()}); err != nil {
		t.Fatal(err)
	}
	if err := y.catalog.LoadSeed(t.Context(), y.seed(), nil); err != nil {
		t.Fatal(err)
	}
	y.run(cnc, "catalog", func(s *link.Server) { catalog.Register(s, y.catalog); catalog.RegisterContracts(s, y.catalog) }, y.catalog.Run)
	if err := y.catalog.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	pdb, _ := linktest.DB(t, "payments", paymentspg.Migrations())
	pnc := y.server.Connect(t)
	y.payments, err = paymentspg.New(pdb, paymentspg.Config{Key: paymentspg.NewKey(), Env: "test", Now: y.now, Log: yardLog(), Gateways: []gateway.Gateway{cash.New()}})
	if err != nil {
		t.Fatal(err)
	}
	y.run(pnc, "payments", func(s *link.Server) { payments.Register(s, y.payments) }, func(ctx context.Context) error { return y.payments.Run(ctx, pnc) })
	y.db, y.schema = linktest.DB(t, "orders", postgres.Migrations)
	y.nc = y.server.Connect(t)
	y.orders = y.process()
	t.Cleanup(func() {
		if !y.harmed && !t.Failed() {
			y.verify()
		}
	})
	return y
}

// process starts one more process of the order module on the same schema.
func (y *yard) process() *postgres.Module {
	y.t.Helper()
	nc := y.server.Connect(y.t)
	m, err := postgres.New(y.t.Context(), linktest.Open(y.t, y.schema, 12), nc, catalog.NewClient(nc), payments.NewClient(nc),
		desk.Config{Now: y.now, Log: yardLog(), Tick: 50 * time.Millisecond, Lease: 200 * time.Millisecond})
	if err != nil {
		y.t.Fatal(err)
	}
	y.run(nc, "orders", func(s *link.Server) {
		orders.Register(s, m)
		adopt.Register(s, m)
		adopt.RegisterBoxes(s, m)
	}, m.Run)
	y.t.Cleanup(m.Close)
	return m
}

func (y *yard) run(nc *nats.Conn, name string, register func(*link.Server), run func(context.Context) error) {
	y.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	s := link.NewServer(nc, name, link.ServerOptions{Workers: 32, Log: yardLog()})
	register(s)
	done := make(chan error, 1)
	go func() { done <- run(ctx) }()
	y.t.Cleanup(func() {
		s.Close()
		cancel()
		if err := <-done; err != nil {
			y.t.Errorf("%s: %v", name, err)
		}
	})
}

// seed has four households in two villages: geese and garden beds to adopt, and boxes.
func (y *yard) seed() catalogpg.Seed {
	s := catalogpg.Seed{
		Season:        2026,
		Townships:     []catalog.Township{{ID: 1, Name: "依龙镇"}},
		Villages:      []catalog.Village{{ID: 1, TownshipID: 1, Code: "990000000001", Name: "永丰村"}, {ID: 2, TownshipID: 1, Code: "990000000002", Name: "新发村"}},
		Organisations: []catalog.Organisation{{ID: 1, Kind: catalog.OrgCooperative, Name: "白鹅合作社", TownshipID: 1}},
		Points:        []catalog.CollectionPoint{{ID: 1, VillageID: 1, OrgID: 1, Name: "永丰集货点", Pickup: true}},
		Helpers:       []catalog.Helper{{ID: 1, Name: "王建国", Unit: "县农业局", Phone: "00012345678"}},
		Programmes: []catalog.Programme{
			{ID: 1, Code: "garden", Name: catalog.Text{Zh: "半亩园", En: "Gardens"}}, {ID: 2, Code: "geese", Name: catalog.Text{Zh: "百只鹅", En: "Geese"}},
		},
		Products: []catalog.Product{
			{ID: 1, Code: "goose", Name: catalog.Text{Zh: "大鹅", En: "Goose"}, OrderUnit: "head", PriceUnit: "jin", GramsPerUnit: 4000, Programme: "geese", YieldOf: catalog.YieldGeese, Yield: 1, MayRaise: true},
			{ID: 2, Code: "vegetable_box", Name: catalog.Text{Zh: "蔬菜箱", En: "Box"}, OrderUnit: "box", PriceUnit: "box", GramsPerUnit: 5000, Programme: "garden", YieldOf: catalog.YieldGarden, Yield: 20},
		},
	}
	for i := int64(1); i <= 4; i++ {
		s.Households = append(s.Households, catalogpg.SeedHousehold{Household: catalog.Household{
			ID: i, Code: fmt.Sprintf("YA-%03d", i), Head: fmt.Sprintf("赵%d", i), Persons: 2, VillageID: (i + 1) / 2, HelperID: 1, Consent: i != 4,
			Phone: fmt.Sprintf("0000000000%d", i), Programmes: []string{"garden", "geese"}, GardenM2: 400, Geese: 100, Demo: true,
			Members: []catalog.Person{{Name: fmt.Sprintf("赵%d", i), Relation: "户主", Born: 1960}}}})
	}
	add := func(id, product int64, code, policy string, grams, fen, per, most int64, from, to int) {
		s.Presales = append(s.Presales, catalog.Presale{ID: id, Code: code, ProductID: product, Season: 2026, State: catalog.PresaleOpen,
			Title: catalog.Text{Zh: code, En: code}, Channels: []catalog.Channel{catalog.ChannelPrivate}, OpensAt: yardStart.AddDate(0, 0, -10),
			ClosesAt: yardStart.AddDate(0, 0, 60), DeliverFrom: yardStart.AddDate(0, 0, from), DeliverTo: yardStart.AddDate(0, 0, to),
			MinQty: 1, StepQty: 1, MaxQty: most, CollectionMin: 1, GramsPerUnit: grams, SellerOrg: 1, Policy: policy,
			Grades: []catalog.GradePrice{{Grade: "special", Price: money.Price{Fen: fen, Per: per}}},
			Terms:  catalog.Terms{DepositBP: 3000, FeeBP: 500, VillageBP: 3000, ForfeitBP: 5000, FreeCancelHours: 24, InspectionHours: 24}})
	}
	add(gooseAdopt, 1, "goose-adopt", "direct", 4000, 2000, 500, 5, 40, 68)
	add(gardenAdopt, 2, "garden-adopt", "direct", 5000, 7001, 1, 60, 3, 37) // 2 or 5 boxes
	add(boxStanding, 2, "box-standing", "near", 5000, 6800, 1, 10, 3, 60)
	for h := int64(1); h <= 4; h++ {
		for presale, capacity := range map[int64]int64{gooseAdopt: 6, gardenAdopt: 40, boxStanding: 100} {
			s.Lots = append(s.Lots, catalogpg.SeedLot{Lot: catalog.Lot{ID: presale*100 + h, PresaleID: presale, HouseholdID: h, VillageID: (h + 1) / 2, Capacity: capacity}})
		}
	}
	return s
}

func (y *yard) as(a link.Actor) context.Context {
	return link.WithActor(y.t.Context(), a)
}

func (y *yard) buyer(n int64) context.Context {
	return y.as(link.Actor{Account: 100 + n, Login: fmt.Sprintf("buyer%d", n), Role: "buyer"})
}

func (y *yard) household(n int64) context.Context {
	return y.as(link.Actor{Account: 200 + n, Login: fmt.Sprintf("household%d", n), Role: "household", Household: n})
}

func (y *yard) helper(household int64) context.Context {
	return y.as(link.Actor{Account: 301, Login: "helper", Role: "helper", Helper: 1, OnBehalfOf: household})
}

func (y *yard) operator() context.Context {
	return y.as(link.Actor{Account: 401, Login: "operator", Role: "operator"})
}

// offer lets a household offer units of a presale.
func (y *yard) offer(household, presale, units int64) adopt.HouseholdPlot {
	y.t.Helper()
	every := int64(7)
	p, err := y.orders.SavePlot(y.household(household), adopt.SavePlot{HouseholdID: household, PresaleID: presale, Units: units, EveryDays: every,
		Story: catalog.Text{Zh: "园子不大，黑土肥。", En: "A small garden on black earth."}})
	if err != nil {
		y.t.Fatal(err)
	}
	return p
}

func adoptRequest(key string, plot, units int64, on adopt.OnFailure) adopt.Request {
	return adopt.Request{IdempotencyKey: "adopt-" + key, PlotID: plot, Units: units, OnFailure: on,
		Delivery: orders.Delivery{Kind: orders.DeliverPickup, PointID: 1, Name: "李芳", Phone: "13800000000"}}
}

func (y *yard) adopt(buyer int64, key string, plot, units int64, on adopt.OnFailure) adopt.Adoption {
	y.t.Helper()
	a, err := y.orders.Adopt(y.buyer(buyer), adoptRequest(key, plot, units, on))
	if err != nil {
		y.t.Fatal(err)
	}
	return a
}

// pay pays the sum due, over the counter.
func (y *yard) pay(buyer int64, no string) payments.Payment {
	y.t.Helper()
	y.receipts++
	start, err := y.orders.PayAdoption(y.buyer(buyer), adopt.Pay{AdoptionNo: no, Method: payments.Cash, IdempotencyKey: fmt.Sprintf("payment-%d", y.receipts)})
	if err != nil {
		y.t.Fatal(err)
	}
	p, err := y.take(start)
	if err != nil {
		y.t.Fatal(err)
	}
	return p
}

func (y *yard) take(start orders.PayStart) (payments.Payment, error) {
	return y.payments.RecordCash(y.operator(), payments.RecordCash{PaymentID: start.PaymentID, AmountFen: start.AmountFen, Receipt: fmt.Sprintf("R%d", start.PaymentID)})
}

// grown is an adoption that is paid in full.
func (y *yard) grown(buyer int64, key string, plot, units int64, on adopt.OnFailure) adopt.Adoption {
	y.t.Helper()
	a := y.adopt(buyer, key, plot, units, on)
	y.pay(buyer, a.No)
	y.adoption(buyer, a.No, adopt.Reserved)
	y.pay(buyer, a.No)
	return y.adoption(buyer, a.No, adopt.Growing)
}

// adoption waits until an adoption is in a state.
func (y *yard) adoption(buyer int64, no string, state adopt.State) adopt.Adoption {
	y.t.Helper()
	return y.until(buyer, no, "state "+string(state), func(a adopt.Adoption) bool { return a.State == state })
}

func (y *yard) until(buyer int64, no, what string, ok func(adopt.Adoption) bool) (a adopt.Adoption) {
	y.t.Helper()
	y.eventually("adoption: "+what, func() bool {
		var err error
		if a, err = y.orders.Adoption(y.buyer(buyer), adopt.Ref{No: no}); err != nil {
			y.t.Fatal(err)
		}
		return ok(a)
	})
	return a
}

func (y *yard) eventually(what string, ok func() bool) {
	y.t.Helper()
	for deadline := time.Now().Add(40 * time.Second); !ok(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			y.t.Fatalf("not in time: %s", what)
		}
	}
}

func (y *yard) account(a adopt.Adoption) payments.Account {
	y.t.Helper()
	acc, err := y.payments.Account(link.System(y.t.Context(), "test"), payments.Ref{Ref: adopt.PaymentRef(a.ID)})
	if err != nil {
		y.t.Fatal(err)
	}
	return acc
}

// lot reads a household's lot from the catalogue.
func (y *yard) lot(household, presale int64) catalog.Lot {
	y.t.Helper()
	lots, err := y.catalog.HouseholdLots(link.System(y.t.Context(), "test"), catalog.HouseholdSeason{ID: household})
	if err != nil {
		y.t.Fatal(err)
	}
	for _, l := range lots.Lots {
		if l.PresaleID == presale {
			return l.Lot
		}
	}
	y.t.Fatalf("household %d has no lot in %d", household, presale)
	return catalog.Lot{}
}

// verify checks all three modules until every message has arrived.
func (y *yard) verify() {
	y.t.Helper()
	ctx := link.System(context.Background(), "verify")
	var lines []string
	for range 20 {
		lines = nil
		c, cerr := y.catalog.Verify(ctx, catalog.None{})
		p, perr := y.payments.Verify(ctx, payments.None{})
		o, oerr := y.orders.Verify(ctx, orders.None{})
		if cerr != nil || perr != nil || oerr != nil {
			y.t.Fatal(cerr, perr, oerr)
		}
		for _, f := range append(c.Items, o.Items...) {
			lines = append(lines, f.Check+": "+f.Object+": "+f.Detail)
		}
		for _, f := range p.Items {
			lines = append(lines, f.Check+": "+f.Object+": "+f.Detail)
		}
		lines = append(lines, y.compare()...)
		if len(lines) == 0 {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	for _, l := range lines {
		y.t.Error("verify: " + l)
	}
}

// compare holds adoptions and orders against holds and accounts, as banmuyuan verify does.
func (y *yard) compare() (wrong []string) {
	ctx := link.System(context.Background(), "verify")
	digests, err := y.orders.Digests(ctx, orders.DigestRequest{})
	if err != nil {
		y.t.Fatal(err)
	}
	holds, err := y.catalog.Holds(ctx, catalog.HoldPageRequest{Limit: 5000})
	if err != nil {
		y.t.Fatal(err)
	}
	held, delivered := map[int64]int64{}, map[int64]int64{}
	for _, h := range holds.Items {
		held[h.OrderID] += h.Held
		delivered[h.OrderID] += h.Deliv
	}
	for _, d := range digests.Items {
		var open, received int64
		for _, l := range d.Lines {
			open, received = open+l.Open, received+l.Received
		}
		if d.State == orders.StateExpired || d.State == orders.StateCancelled {
			open, received = 0, 0
		}
		if held[d.ID] != open || delivered[d.ID] != received {
			wrong = append(wrong, fmt.Sprintf("%s (%s): %d open, %d received, the catalogue has %d and %d", d.Ref, d.State, open, received, held[d.ID], delivered[d.ID]))
		}
		acc, err := y.payments.Account(ctx, payments.Ref{Ref: d.Ref})
		if err != nil {
			y.t.Fatal(err)
		}
		if acc.PaidFen != d.PaidFen || acc.BilledFen != d.AmountFen {
			wrong = append(wrong, fmt.Sprintf("%s (%s): paid %d, billed %d, the ledger has %d and %d", d.Ref, d.State, d.PaidFen, d.AmountFen, acc.PaidFen, acc.BilledFen))
		}
	}
	return wrong
}

type orderModule = postgres.Module
