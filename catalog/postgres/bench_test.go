package postgres_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"banmuyuan/catalog"
	"banmuyuan/catalog/postgres"
	"banmuyuan/internal/link"
	"banmuyuan/internal/link/linktest"
	"banmuyuan/internal/money"
	"banmuyuan/internal/privatepg"
)

// largeCounty has as many households and lots as the real one: 11,187 households, five presales of all of them.
func largeCounty() postgres.Seed {
	s := postgres.Seed{
		Season:        2026,
		Organisations: []catalog.Organisation{{ID: 1, Kind: catalog.OrgCooperative, Name: "合作社"}},
		Products:      []catalog.Product{{ID: 1, Code: "goose", Name: catalog.Text{Zh: "大鹅", En: "Goose"}, OrderUnit: "head", PriceUnit: "jin", GramsPerUnit: 4000, Programme: "geese", YieldOf: catalog.YieldGeese, Yield: 1, MayRaise: true}},
	}
	for t := int64(1); t <= 15; t++ {
		s.Townships = append(s.Townships, catalog.Township{ID: t, Name: fmt.Sprintf("镇%d", t)})
	}
	for v := int64(1); v <= 149; v++ {
		s.Villages = append(s.Villages, catalog.Village{ID: v, TownshipID: v%15 + 1, Code: fmt.Sprint(v), Name: fmt.Sprintf("村%d", v)})
	}
	for h := int64(1); h <= 11_187; h++ {
		s.Households = append(s.Households, postgres.SeedHousehold{Household: catalog.Household{
			ID: h, Code: fmt.Sprintf("YA-%05d", h), Head: "户主", Persons: int(h%4 + 1), VillageID: h*149/11_188 + 1, Geese: 80,
			Members: []catalog.Person{{Name: "户主", Relation: "户主"}, {Name: "配偶", Relation: "配偶"}},
		}})
	}
	for p := int64(1); p <= 5; p++ {
		s.Presales = append(s.Presales, catalog.Presale{
			ID: p, Code: fmt.Sprintf("presale-%d", p), ProductID: 1, Season: 2026, State: catalog.PresaleOpen, Channels: []catalog.Channel{catalog.ChannelPrivate, catalog.ChannelContract},
			OpensAt: start.AddDate(0, 0, -1), ClosesAt: start.AddDate(0, 0, 30), DeliverFrom: start, DeliverTo: start, GramsPerUnit: 4000,
			Grades: []catalog.GradePrice{{Grade: "first", Price: money.Price{Fen: 1400, Per: 500}}},
			MinQty: 1, StepQty: 1, CollectionMin: 2, SellerOrg: 1, Policy: "fair",
		})
		for h := int64(1); h <= 11_187; h++ {
			s.Lots = append(s.Lots, postgres.SeedLot{Lot: catalog.Lot{ID: int64(len(s.Lots) + 1), PresaleID: p, HouseholdID: h, Capacity: 1_000_000}})
		}
	}
	return s
}

// BenchmarkReserve places orders of two units, over all presales and all on one, with so many waiting at once.
// Every reservation that is answered is on disk.
func BenchmarkReserve(b *testing.B) {
	for _, hot := range []bool{false, true} {
		for _, waiting := range []int{1, 8, 32, 128, 512} {
			name := fmt.Sprintf("spread/waiting=%d", waiting)
			if hot {
				name = fmt.Sprintf("hot/waiting=%d", waiting)
			}
			b.Run(name, func(b *testing.B) { benchReserve(b, hot, waiting, false) })
		}
	}
	b.Run("nats/waiting=128", func(b *testing.B) { benchReserve(b, false, 128, true) })
}

var benchOrder atomic.Int64

// durable is a process on a PostgreSQL that keeps its commits, as the product runs it: the tests' own does not.
func durable(b *testing.B, seed postgres.Seed) (*bundle, *postgres.Catalog) {
	b.Helper()
	dir, err := os.MkdirTemp("/tmp", "banmu-bench-") // the postgres user cannot enter b.TempDir
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { os.RemoveAll(dir) })
	pg, err := privatepg.Start(b.Context(), privatepg.Config{Dir: dir, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { pg.Stop(context.Background()) })
	if err := link.Migrate(b.Context(), pg.URL(), postgres.Schema, postgres.Migrations); err != nil {
		b.Fatal(err)
	}
	open := func() *sqlx.DB {
		db, err := link.OpenDB(b.Context(), pg.URL(), postgres.Schema, 10)
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { db.Close() })
		return db
	}
	server := linktest.NATSServer(b)
	bb := &bundle{t: b, schema: postgres.Schema, db: open(), server: server, nc: server.Connect(b), clock: &clock{}, open: open}
	c, _ := bb.process()
	bb.load(c, seed)
	return bb, c
}

func benchReserve(b *testing.B, hot bool, waiting int, overNATS bool) {
	bb, c := durable(b, largeCounty())
	var svc catalog.Service = c
	if overNATS {
		s := link.NewServer(bb.nc, "catalog", link.ServerOptions{Workers: 1024})
		catalog.Register(s, c)
		defer s.Close()
		svc = catalog.NewClient(bb.server.Connect(b))
	}
	var next atomic.Int64
	var wg sync.WaitGroup
	b.ResetTimer()
	began := time.Now()
	for range waiting {
		wg.Go(func() {
			for {
				n := next.Add(1)
				if n > int64(b.N) {
					return
				}
				presale := int64(1)
				if !hot {
					presale = n%5 + 1
				}
				order := benchOrder.Add(1)
				if _, err := svc.Reserve(context.Background(), bb.reserve(presale, order, 2)); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	b.ReportMetric(float64(b.N)/time.Since(began).Seconds(), "reservations/s")
}

// BenchmarkContractOrder is one order of a tenth of the county's geese, out of every yard, and a dry run of all of them.
func BenchmarkContractOrder(b *testing.B) {
	bb, c := durable(b, largeCounty())
	b.Run("reserve 88,120", func(b *testing.B) {
		for range b.N {
			if _, err := c.Reserve(context.Background(), bb.reserve(1, benchOrder.Add(1), 88_120)); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("dry run 881,200", func(b *testing.B) {
		for range b.N {
			if _, err := c.DryRun(county(context.Background()), catalog.DryRunRequest{PresaleID: 1, Qty: 881_200}); err != nil {
				b.Fatal(err)
			}
		}
	})
}
