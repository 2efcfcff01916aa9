package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"testing"
	"time"

	"github.com/google/uuid"
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

// station is the order module beside the real catalogue and payments, each in a schema of its own, talking over a NATS of
// the test. When the test ends everything that must always hold is verified in all three.
type station struct {
	t        *testing.T
	db       *sqlx.DB // of orders
	stock    *sqlx.DB // of the catalogue
	orders   *postgres.Module
	catalog  *catalogpg.Catalog
	payments *paymentspg.Service
	bank     int // lines of the bank's statement so far
}

const (
	cooperative = 1 // sells the geese and runs the points of villages 1 and 2
	neighbour   = 2 // runs the point of village 3
	enterprise  = 3 // buys
	yardGeese   = 1 // presale
	shareUnits  = 4 // of every household
)

func newStation(t *testing.T, households int) *station {
	t.Helper()
	t.Parallel()
	b := &station{t: t}
	log := slog.New(slog.DiscardHandler)
	if os.Getenv("TEST_LOG") != "" {
		log = slog.New(slog.NewTextHandler(os.Stderr, nil))
	}
	server := linktest.NATSServer(t)
	key := paymentspg.NewKey()
	keys, err := paymentspg.ParseKeys(key)
	b.must(err)

	catalogDB, _ := linktest.DB(t, "catalog", catalogpg.Migrations)
	b.stock = catalogDB
	catalogNC := server.Connect(t)
	b.catalog, err = catalogpg.New(t.Context(), catalogDB, catalogNC, catalogpg.Config{Cipher: keys, Log: log})
	b.must(err)
	b.must(b.catalog.LoadSeed(t.Context(), yardCounty(households), nil))
	b.must(b.catalog.Refresh(t.Context()))

	paymentsDB, _ := linktest.DB(t, "payments", paymentspg.Migrations())
	paymentsNC := server.Connect(t)
	b.payments, err = paymentspg.New(paymentsDB, paymentspg.Config{Key: key, Env: "test", Log: log, Gateways: []gateway.Gateway{
		sandbox.New(paymentsDB, sandbox.Config{PublicURL: "http://bank.example", Secret: keys.WebhookSecret(), Log: log}), // its bank answers payout files
		banktransfer.New(banktransfer.Account{Holder: "依安县演示合作社", Number: "2300000000000000001", Bank: "演示银行"})}})
	b.must(err)

	var schema string
	b.db, schema = linktest.DB(t, "orders", postgres.Migrations)
	ordersNC := server.Connect(t)
	b.orders, err = postgres.New(t.Context(), linktest.Open(t, schema, 10), ordersNC, catalog.NewClient(ordersNC), payments.NewClient(ordersNC), desk.Config{Log: log})
	b.must(err)

	ctx, stop := context.WithCancel(context.Background())
	running := make(chan error, 3)
	catalogServer := link.NewServer(catalogNC, "catalog", link.ServerOptions{Log: log})
	catalog.Register(catalogServer, b.catalog)
	catalog.RegisterContracts(catalogServer, b.catalog)
	paymentsServer := link.NewServer(paymentsNC, "payments", link.ServerOptions{Log: log})
	payments.Register(paymentsServer, b.payments)
	go func() { running <- b.catalog.Run(ctx) }()
	go func() { running <- b.payments.Run(ctx, paymentsNC) }()
	go func() { running <- b.orders.Run(ctx) }()
	t.Cleanup(func() {
		b.verify()
		stop()
		for range 3 {
			if err := <-running; err != nil && !errors.Is(err, context.Canceled) {
				t.Errorf("run: %v", err)
			}
		}
		b.orders.Close()
		catalogServer.Close()
		paymentsServer.Close()
	})
	return b
}

func (b *station) must(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

// await waits for something that happens by itself, such as an event that reaches another module.
func (b *station) await(what string, done func() bool) {
	b.t.Helper()
	for deadline := time.Now().Add(90 * time.Second); !done(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			b.t.Fatalf("did not happen: %s", what)
		}
	}
}

func (b *station) verify() {
	b.t.Helper()
	b.await("verify finding nothing", func() bool {
		var found []catalog.Finding
		o, err := b.orders.Verify(system(), orders.None{})
		b.must(err)
		c, err := b.catalog.Verify(system(), catalog.None{})
		b.must(err)
		p, err := b.payments.Verify(system(), payments.None{})
		b.must(err)
		found = append(append(found, o.Items...), c.Items...)
		if len(found)+len(p.Items) > 0 && b.t.Failed() {
			b.t.Logf("verify: %+v %+v", found, p.Items)
			return true
		}
		return len(found)+len(p.Items) == 0
	})
}

func (b *station) count(query string, args ...any) (n int64) {
	b.t.Helper()
	b.must(b.db.Get(&n, query, args...))
	return n
}

func actor(a link.Actor) context.Context { return link.WithActor(context.Background(), a) }

var (
	purchaser    = actor(link.Actor{Account: 21, Login: "officer", Role: "officer", Org: enterprise})
	weigher      = actor(link.Actor{Account: 31, Login: "clerk", Role: "clerk", Org: cooperative})
	colleague    = actor(link.Actor{Account: 32, Login: "colleague", Role: "clerk", Org: cooperative})
	stranger     = actor(link.Actor{Account: 33, Login: "stranger", Role: "clerk", Org: neighbour})
	operator     = actor(link.Actor{Account: 11, Login: "operator", Role: "operator"})
	secondPerson = actor(link.Actor{Account: 12, Login: "approver", Role: "approver"})
)

func ofHousehold(id int64) context.Context {
	return actor(link.Actor{Account: 1000 + id, Login: fmt.Sprintf("household%d", id), Role: "household", Household: id})
}

func byHelper(id int64) context.Context {
	return actor(link.Actor{Account: 500 + id, Login: fmt.Sprintf("helper%d", id), Role: "helper", Helper: id})
}

// yardCounty has a cooperative that sells geese of some households, without a deposit: orders are confirmed at once.
// Villages 1 and 2 are the cooperative's, the last household lives in village 3.
func yardCounty(households int) catalogpg.Seed {
	now := time.Now()
	s := catalogpg.Seed{
		Season:    now.Year(),
		Townships: []catalog.Township{{ID: 1, Name: "依龙镇"}, {ID: 2, Name: "双阳镇"}},
		Villages: []catalog.Village{{ID: 1, TownshipID: 1, Code: "990000000001", Name: "永丰村"}, {ID: 2, TownshipID: 1, Code: "990000000002", Name: "新发村"},
			{ID: 3, TownshipID: 2, Code: "990000000003", Name: "团结村"}},
		Organisations: []catalog.Organisation{{ID: cooperative, Kind: catalog.OrgCooperative, Name: "白鹅合作社", TownshipID: 1},
			{ID: neighbour, Kind: catalog.OrgCooperative, Name: "豆角合作社", TownshipID: 2}, {ID: enterprise, Kind: catalog.OrgEnterprise, Name: "食品公司", TownshipID: 1}},
		Points: []catalog.CollectionPoint{{ID: 1, VillageID: 1, OrgID: cooperative, Name: "永丰集货点", Pickup: true},
			{ID: 2, VillageID: 2, OrgID: cooperative, Name: "新发集货点", Pickup: true}, {ID: 3, VillageID: 3, OrgID: neighbour, Name: "团结集货点", Pickup: true}},
		Helpers: []catalog.Helper{{ID: 1, Name: "王建国", Unit: "县农业局"}, {ID: 2, Name: "李敏", Unit: "县医院"}},
		Programmes: []catalog.Programme{
			{ID: 1, Code: "garden", Name: catalog.Text{Zh: "半亩园", En: "Gardens"}}, {ID: 2, Code: "geese", Name: catalog.Text{Zh: "百只鹅", En: "Geese"}},
		},
		Products: []catalog.Product{{ID: 1, Code: "goose", Name: catalog.Text{Zh: "大鹅", En: "Goose"}, OrderUnit: "head", PriceUnit: "jin",
			GramsPerUnit: 4000, Programme: "geese", YieldOf: catalog.YieldGeese, Yield: 1, MayRaise: true}},
		Presales: []catalog.Presale{{ID: yardGeese, Code: "goose", ProductID: 1, Season: now.Year(), Title: catalog.Text{Zh: "农家大鹅", En: "Farm geese"},
			State: catalog.PresaleOpen, Channels: []catalog.Channel{catalog.ChannelContract, catalog.ChannelPrivate}, OpensAt: now.AddDate(0, 0, -10),
			ClosesAt: now.AddDate(0, 0, 30), DeliverFrom: now.AddDate(0, 0, -1), DeliverTo: now.AddDate(0, 0, 60), MinQty: 1, StepQty: 1, MaxQty: 100_000,
			CollectionMin: 1, GramsPerUnit: 4000, SellerOrg: cooperative, Policy: "fair",
			Grades: []catalog.GradePrice{{Grade: "first", Price: money.Price{Fen: 1401, Per: 500}}, {Grade: "second", Price: money.Price{Fen: 900, Per: 500}}},
			Terms:  catalog.Terms{FeeBP: 500, VillageBP: 2050, WeightToleranceBP: 2000}}},
	}
	for i := int64(1); i <= int64(households); i++ {
		village := i%2 + 1
		if i == int64(households) {
			village = 3
		}
		s.Households = append(s.Households, catalogpg.SeedHousehold{Household: catalog.Household{ID: i, Code: fmt.Sprintf("YA-%04d", i),
			Head: fmt.Sprintf("户主%d", i), Persons: int(i%3) + 1, VillageID: village, HelperID: 1, Consent: i%2 == 1, Programmes: []string{"geese"}, Geese: 100, Demo: true}})
		s.Lots = append(s.Lots, catalogpg.SeedLot{Lot: catalog.Lot{ID: 100 + i, PresaleID: yardGeese, HouseholdID: i, Capacity: shareUnits}})
	}
	return s
}

// order places an order of the enterprise's and waits until its shares are there.
func (b *station) order(units int64) orders.Order {
	b.t.Helper()
	o, err := b.orders.Place(purchaser, orders.PlaceRequest{IdempotencyKey: uuid.NewString(), Channel: catalog.ChannelContract, Shortage: orders.ShortageRefund,
		Lines:    []orders.QuoteLine{{PresaleID: yardGeese, Qty: units}},
		Delivery: orders.Delivery{Kind: orders.DeliverPickup, PointID: 1, Name: "林晓", Phone: "13800138000"}})
	b.must(err)
	return b.inState(o, orders.StateConfirmed)
}

func (b *station) inState(o orders.Order, want orders.State) orders.Order {
	b.t.Helper()
	b.await("order "+string(want), func() bool {
		var err error
		o, err = b.orders.Order(system(), orders.OrderRef{ID: o.ID})
		b.must(err)
		return o.State == want
	})
	return o
}

// list returns all pages of the list that the clerk takes along.
func (b *station) list(ctx context.Context) (all []orders.StationShare) {
	b.t.Helper()
	for cursor := ""; ; {
		page, err := b.orders.StationList(ctx, orders.StationRequest{Cursor: cursor, Limit: 100})
		b.must(err)
		all = append(all, page.Items...)
		if cursor = page.Cursor; cursor == "" {
			if len(all) != page.Total {
				b.t.Errorf("the list has %d shares of %d", len(all), page.Total)
			}
			return all
		}
	}
}

// weighing is some units of a share, each of grams.
func weighing(s orders.StationShare, units, grams int64) orders.WeighRequest {
	const tare = 12_345
	return orders.WeighRequest{ClientID: uuid.NewString(), OrderNo: s.OrderNo, Line: s.Line, LotID: s.LotID, PointID: s.PointID, Units: units,
		GrossGrams: units*grams + tare, TareGrams: tare, Grade: s.Grade, WeighedAt: time.Now().UTC().Truncate(time.Millisecond)}
}

func (b *station) weigh(ctx context.Context, r orders.WeighRequest, want orders.TicketState) orders.Ticket {
	b.t.Helper()
	got, err := b.orders.Weigh(ctx, r)
	b.must(err)
	if got.State != want || got.NetGrams != r.GrossGrams-r.TareGrams || got.Units != r.Units {
		b.t.Fatalf("weighing %+v gave %+v, want it %s", r, got, want)
	}
	return got
}

// transfers plays the bank: the sum that an order owes arrives.
func (b *station) transfers(o orders.Order) {
	b.t.Helper()
	var p orders.PayStart
	b.await("a balance to pay", func() bool {
		var err error
		p, err = b.orders.Pay(purchaser, orders.PayRequest{OrderNo: o.No, Method: payments.BankTransfer, ReturnURL: "/orders/" + o.No, IdempotencyKey: uuid.NewString()})
		return err == nil
	})
	b.bank++
	res, err := b.payments.RecordTransfers(operator, payments.RecordTransfers{Lines: []payments.Transfer{{BankRef: fmt.Sprint("T", b.bank), AmountFen: p.AmountFen,
		Payer: "食品公司", Memo: "货款 " + p.TransferCode, PaidOn: time.Now()}}})
	b.must(err)
	if res.Matched != 1 {
		b.t.Fatalf("the transfer was not matched: %+v", res)
	}
}

func (b *station) income(ctx context.Context, household int64) orders.Income {
	b.t.Helper()
	i, err := b.orders.Income(ctx, orders.IncomeRequest{HouseholdID: household})
	b.must(err)
	return i
}

func wantRefusal(t *testing.T, err error, code link.Code, key string) {
	t.Helper()
	if err == nil || link.CodeOf(err) != code || key != "" && link.AsError(err).Key != key {
		t.Errorf("error is %v, want %s %s", err, code, key)
	}
}

func consent(household int64, given bool) catalog.ConsentRequest {
	return catalog.ConsentRequest{HouseholdID: household, Given: given, How: "signed"}
}
