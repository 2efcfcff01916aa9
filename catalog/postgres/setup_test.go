package postgres_test

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/nats-io/nats.go"

	"banmuyuan/catalog"
	"banmuyuan/catalog/postgres"
	"banmuyuan/internal/link"
	"banmuyuan/internal/link/linktest"
	"banmuyuan/internal/money"
)

func TestMain(m *testing.M) { linktest.Main(m) }

// testCipher is the cipher that production uses, with a key everybody knows.
type testCipher struct{ aead cipher.AEAD }

func newTestCipher() testCipher {
	block, err := aes.NewCipher(make([]byte, 32))
	if err != nil {
		panic(err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic(err)
	}
	return testCipher{aead}
}

func (c testCipher) Seal(value, owner string) []byte {
	return c.aead.Seal(nil, nil, []byte(value), []byte(owner))
}

func (c testCipher) Open(sealed []byte, owner string) (string, error) {
	b, err := c.aead.Open(nil, nil, sealed, []byte(owner))
	return string(b), err
}

func (c testCipher) Index(value string) []byte {
	h := hmac.New(sha256.New, []byte("index"))
	h.Write([]byte(value))
	return h.Sum(nil)
}

func (c testCipher) Indexes(value string) [][]byte { return [][]byte{c.Index(value)} }

func (testCipher) Current() []byte { return nil }

func (c testCipher) Reseal(sealed []byte, owner string) ([]byte, string, error) {
	value, err := c.Open(sealed, owner)
	return c.Seal(value, owner), value, err
}

// clock is a time that tests move.
type clock struct{ offset atomic.Int64 }

func (c *clock) Now() time.Time          { return start.Add(time.Duration(c.offset.Load())) }
func (c *clock) Advance(d time.Duration) { c.offset.Add(int64(d)) }

var start = time.Date(2026, 8, 1, 4, 0, 0, 0, time.UTC)

// bundle is the surroundings of a test: a schema and a broker of its own.
type bundle struct {
	t      testing.TB
	schema string
	db     *sqlx.DB
	server *linktest.Server
	nc     *nats.Conn
	clock  *clock
	open   func() *sqlx.DB // one more pool of connections on the schema
}

func setup(t testing.TB) *bundle {
	t.Helper()
	db, schema := linktest.DB(t, "catalog", postgres.Migrations)
	server := linktest.NATSServer(t)
	return &bundle{t: t, schema: schema, db: db, server: server, nc: server.Connect(t), clock: &clock{},
		open: func() *sqlx.DB { return linktest.Open(t, schema, 10) }}
}

func (b *bundle) config() postgres.Config {
	return postgres.Config{Cipher: newTestCipher(), Now: b.clock.Now, Log: slog.New(slog.DiscardHandler), Sweep: time.Hour}
}

// process starts one more catalog process on the schema. stop ends it early.
func (b *bundle) process() (c *postgres.Catalog, stop func()) {
	b.t.Helper()
	return b.processWith(b.config())
}

func (b *bundle) processWith(cfg postgres.Config) (c *postgres.Catalog, stop func()) {
	b.t.Helper()
	db := b.open()
	c, err := postgres.New(b.t.Context(), db, b.server.Connect(b.t), cfg)
	if err != nil {
		b.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- c.Run(ctx) }()
	var once sync.Once
	stop = func() {
		once.Do(func() {
			cancel()
			if err := <-done; err != nil {
				b.t.Errorf("run: %v", err)
			}
		})
	}
	b.t.Cleanup(stop)
	return c, stop
}

// seeded starts a process on a small county.
func (b *bundle) seeded() *postgres.Catalog {
	b.t.Helper()
	c, _ := b.process()
	b.load(c, smallCounty())
	return c
}

func (b *bundle) load(c *postgres.Catalog, s postgres.Seed) {
	b.t.Helper()
	if err := c.LoadSeed(b.t.Context(), s, nil); err != nil {
		b.t.Fatal(err)
	}
	b.refresh(c)
}

func (b *bundle) refresh(c *postgres.Catalog) {
	b.t.Helper()
	if err := c.Refresh(b.t.Context()); err != nil {
		b.t.Fatal(err)
	}
}

// command publishes a command the way orders does, through an outbox, and waits until it is applied.
func (b *bundle) command(c *postgres.Catalog, subject string, data any) {
	b.t.Helper()
	ctx := link.System(b.t.Context(), "orders")
	before := b.count(`SELECT (SELECT count(*) FROM inbox) + (SELECT count(*) FROM dead_letter)`)
	err := link.InTx(ctx, b.db, nil, func(tx *sqlx.Tx) error {
		return link.Publish(ctx, tx, link.Message{Subject: subject, Data: data})
	})
	if err != nil {
		b.t.Fatal(err)
	}
	b.eventually("command applied", func() bool {
		return b.count(`SELECT (SELECT count(*) FROM inbox) + (SELECT count(*) FROM dead_letter)`) > before
	})
	b.refresh(c)
}

func (b *bundle) count(query string, args ...any) (n int64) {
	b.t.Helper()
	if err := b.db.GetContext(b.t.Context(), &n, query, args...); err != nil {
		b.t.Fatal(err)
	}
	return n
}

func (b *bundle) eventually(what string, ok func() bool) {
	b.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			b.t.Fatalf("not in time: %s", what)
		}
	}
}

// verify fails the test for each finding.
func (b *bundle) verify(c *postgres.Catalog) {
	b.t.Helper()
	found, err := c.Verify(county(b.t.Context()), catalog.None{})
	if err != nil {
		b.t.Fatal(err)
	}
	for _, f := range found.Items {
		b.t.Errorf("verify: %s %s: %s", f.Check, f.Object, f.Detail)
	}
}

func county(ctx context.Context) context.Context {
	return link.WithActor(ctx, link.Actor{Account: 1, Login: "operator", Role: "operator"})
}

// reserve asks for one line of a presale.
func (b *bundle) reserve(presale, order, qty int64) catalog.ReserveRequest {
	return catalog.ReserveRequest{
		Key: fmt.Sprintf("order-%d", order), OrderID: order, Channel: catalog.ChannelContract,
		Lines:     []catalog.ReserveLine{{Line: 1, PresaleID: presale, Qty: qty}},
		ExpiresAt: b.clock.Now().Add(time.Hour),
	}
}

func wantCode(t testing.TB, err error, code link.Code, key, field string) {
	t.Helper()
	if !errors.Is(err, link.E(code, key, field)) {
		t.Errorf("error %v, want %s %s at %q", err, code, key, field)
	}
}

func sum(v []int64) (n int64) {
	for _, x := range v {
		n += x
	}
	return n
}

// Presales of the small county.
const (
	geese        = 1 // households 1 to 6, villages 1 to 3; collection minimum 2
	beans        = 2 // households 1 to 4
	draft        = 3
	gone         = 4 // closed
	later        = 5 // not open yet
	privateGeese = 6
)

// smallCounty has two townships, three villages, six households and six presales.
func smallCounty() postgres.Seed {
	s := postgres.Seed{
		Season:    2026,
		Townships: []catalog.Township{{ID: 1, Name: "依龙镇", Lat: 47.8, Lon: 125.3}, {ID: 2, Name: "双阳镇"}},
		Villages: []catalog.Village{
			{ID: 1, TownshipID: 1, Code: "990000000001", Name: "永丰村", Poor: true},
			{ID: 2, TownshipID: 1, Code: "990000000002", Name: "新发村"},
			{ID: 3, TownshipID: 2, Code: "990000000003", Name: "团结村"},
		},
		Organisations: []catalog.Organisation{
			{ID: 1, Kind: catalog.OrgCooperative, Name: "白鹅合作社", TownshipID: 1},
			{ID: 2, Kind: catalog.OrgCooperative, Name: "豆角合作社", TownshipID: 2},
			{ID: 3, Kind: catalog.OrgSupermarket, Name: "爱心超市"},
		},
		Points: []catalog.CollectionPoint{{ID: 1, VillageID: 1, OrgID: 1, Name: "永丰集货点", Pickup: true}},
		Helpers: []catalog.Helper{
			{ID: 1, Name: "王建国", Unit: "县农业局", Phone: "00012345678"}, {ID: 2, Name: "李敏", Unit: "县医院"},
		},
		Programmes: []catalog.Programme{
			{ID: 1, Code: "garden", Name: catalog.Text{Zh: "半亩园", En: "Gardens"}}, {ID: 2, Code: "geese", Name: catalog.Text{Zh: "百只鹅", En: "Geese"}},
		},
		Products: []catalog.Product{
			{ID: 1, Code: "goose", Name: catalog.Text{Zh: "大鹅", En: "Goose"}, OrderUnit: "head", PriceUnit: "jin", GramsPerUnit: 4000, Programme: "geese", YieldOf: catalog.YieldGeese, Yield: 1, MayRaise: true},
			{ID: 2, Code: "purple_bean", Name: catalog.Text{Zh: "紫花油豆角", En: "Purple-flower beans"}, OrderUnit: "jin", PriceUnit: "jin", GramsPerUnit: 500, Programme: "garden", YieldOf: catalog.YieldGarden, Yield: 300},
		},
	}
	for i := int64(1); i <= 6; i++ {
		village := (i + 1) / 2
		s.Households = append(s.Households, postgres.SeedHousehold{
			Household: catalog.Household{
				ID: i, Code: fmt.Sprintf("YA-%03d", i), Head: fmt.Sprintf("户主%d", i), Persons: int(i%3 + 1), VillageID: village,
				HelperID: (i-1)%2 + 1, Consent: i%2 == 1, Phone: fmt.Sprintf("0000000000%d", i), Programmes: []string{"garden", "geese"},
				GardenM2: 400, Geese: 100, Demo: true,
				Members: []catalog.Person{{Name: fmt.Sprintf("户主%d", i), Relation: "户主", Born: 1960, IDNumber: idNumber(int(i))}},
			},
		})
	}
	base := catalog.Presale{
		Season: 2026, State: catalog.PresaleOpen,
		Channels: []catalog.Channel{catalog.ChannelContract, catalog.ChannelMarket, catalog.ChannelPrivate},
		OpensAt:  start.AddDate(0, 0, -10), ClosesAt: start.AddDate(0, 0, 30), DeliverFrom: start.AddDate(0, 0, 40), DeliverTo: start.AddDate(0, 0, 60),
		MinQty: 1, StepQty: 1, MaxQty: 50, CollectionMin: 2, SellerOrg: 1, Policy: "fair",
		Terms: catalog.Terms{DepositBP: 2000, FeeBP: 300},
	}
	add := func(id, product int64, code, zh, en string, grams, fen int64, change func(*catalog.Presale)) {
		p := base
		p.ID, p.ProductID, p.Code, p.Title, p.GramsPerUnit = id, product, code, catalog.Text{Zh: zh, En: en}, grams
		p.Grades = []catalog.GradePrice{{Grade: "first", Price: money.Price{Fen: fen, Per: 500}}, {Grade: "second", Price: money.Price{Fen: fen / 2, Per: 500}}}
		if change != nil {
			change(&p)
		}
		s.Presales = append(s.Presales, p)
	}
	add(geese, 1, "goose-main", "农家大鹅", "Farm geese", 4000, 1400, nil)
	add(beans, 2, "bean-home", "油豆角", "Beans", 500, 450, func(p *catalog.Presale) {
		p.SellerOrg, p.MinQty, p.StepQty, p.CollectionMin = 2, 10, 5, 5
		p.ClosesAt = start.AddDate(0, 0, 20)
	})
	add(draft, 1, "goose-draft", "草稿", "Draft", 4000, 1500, func(p *catalog.Presale) { p.State = catalog.PresaleDraft })
	add(gone, 1, "goose-gone", "已截单", "Gone", 4000, 1300, func(p *catalog.Presale) { p.State = catalog.PresaleClosed })
	add(later, 1, "goose-later", "晚鹅", "Later geese", 4000, 1600, func(p *catalog.Presale) {
		p.OpensAt, p.ClosesAt = start.AddDate(0, 0, 5), start.AddDate(0, 0, 50)
	})
	add(privateGeese, 1, "goose-adopt", "认养一只鹅", "Adopt a goose", 4000, 2000, func(p *catalog.Presale) {
		p.Channels, p.Policy, p.CollectionMin, p.MaxQty = []catalog.Channel{catalog.ChannelPrivate}, "direct", 1, 5
		p.ClosesAt = start.AddDate(0, 0, 40)
	})
	lot := func(presale, household, capacity int64) {
		s.Lots = append(s.Lots, postgres.SeedLot{Lot: catalog.Lot{ID: int64(len(s.Lots) + 1), PresaleID: presale, HouseholdID: household, Capacity: capacity}})
	}
	for h := int64(1); h <= 6; h++ {
		lot(geese, h, 100)
		lot(later, h, 10)
		lot(privateGeese, h, 3)
	}
	for h := int64(1); h <= 4; h++ {
		lot(beans, h, 120)
	}
	return s
}

// idNumber is a valid number of nobody: the region does not exist.
func idNumber(n int) string {
	body := fmt.Sprintf("99999919600101%03d", n)
	weights := []int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2}
	total := 0
	for i, w := range weights {
		total += int(body[i]-'0') * w
	}
	return body + string("10X98765432"[total%11])
}
