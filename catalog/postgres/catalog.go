// Package postgres keeps the catalogue in PostgreSQL and implements catalog.Service.
//
// Invariants, besides the ones of package catalog:
//   - every change of a lot or a presale takes the season's next version first and is noted in season_change, so that
//     memory is either current or known not to be;
//   - only the reservation writer's goroutine touches the seasons in memory; readers see copies that are published
//     whole and are at most a second old;
//   - the database decides: a division in memory is stored on the condition that memory was right.
package postgres

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/nats-io/nats.go"
	"golang.org/x/sync/errgroup"

	"banmuyuan/catalog"
	"banmuyuan/catalog/postgres/desk"
	"banmuyuan/catalog/postgres/directory"
	"banmuyuan/catalog/postgres/fill"
	"banmuyuan/catalog/postgres/turn"
	"banmuyuan/internal/link"
)

// SearchColumns are the names that search texts are written of.
var SearchColumns = []fill.Column{{Table: "household", Name: "t.head"}, {Table: "village", Name: "t.name"}, {Table: "township", Name: "t.name"},
	{Table: "helper", Name: "t.name"}, {Table: "organisation", Name: "t.name"}, {Table: "collection_point", Name: "t.name"}, {Table: "product", Name: "t.name ->> 'zh'"}}

//go:embed migrations/*.sql
var files embed.FS

// Migrations are the module's own, for link.Migrate.
var Migrations = func() fs.FS {
	f, err := fs.Sub(files, "migrations")
	if err != nil {
		panic(err)
	}
	return f
}()

// Schema is the module's schema and role.
const Schema = "catalog"

// Config tunes a Catalog; only Cipher is required.
type Config struct {
	Cipher desk.Cipher
	Now    func() time.Time
	Log    *slog.Logger

	Queue    int           // reservations that may wait, 2048 by default; the next one is told to come back
	MaxBatch int           // reservations stored at once, 512 by default
	Grace    time.Duration // how long after its expiry a hold is released: 30 s by default
	Sweep    time.Duration // how often expired holds are looked for: 5 s by default
	Unmask   int64         // id numbers that one person may look at within 24 hours: 40 by default
	Refresh  time.Duration // how often memory looks for changes of other processes: 400 ms by default, a second at most in service
	Lines    time.Duration // how old the line may be that households are told of, while it changes: 1 s by default
}

// Catalog implements catalog.Service.
type Catalog struct {
	*desk.Desk
	nc        *nats.Conn
	cfg       Config
	writer    *writer
	directory *directory.Room

	// Turns is the store's part for turns, and for objections to them.
	Turns *turn.Room

	stock     atomic.Pointer[map[int64]int64] // units left, by presale
	versions  atomic.Pointer[map[int64]int64] // of the season in memory, by presale
	reference atomic.Pointer[reference]
}

var _ catalog.Service = (*Catalog)(nil)

// New reads the catalogue into memory. db is open on the migrated schema, with at least eight connections.
// Reservations are answered while Run runs.
func New(ctx context.Context, db *sqlx.DB, nc *nats.Conn, cfg Config) (*Catalog, error) {
	if cfg.Cipher == nil {
		return nil, errors.New("make catalog: no cipher for id numbers")
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	if cfg.Queue <= 0 {
		cfg.Queue = 2048
	}
	if cfg.MaxBatch <= 0 {
		cfg.MaxBatch = 512
	}
	if cfg.Grace <= 0 {
		cfg.Grace = 30 * time.Second
	}
	if cfg.Sweep <= 0 {
		cfg.Sweep = 5 * time.Second
	}
	if cfg.Refresh <= 0 {
		cfg.Refresh = 400 * time.Millisecond
	}
	if cfg.Lines == 0 {
		cfg.Lines = time.Second
	}
	if cfg.Unmask <= 0 {
		cfg.Unmask = 40
	}
	log := cfg.Log.With("module", "catalog")
	d := &desk.Desk{DB: db, Cipher: cfg.Cipher, Now: cfg.Now, Log: log, Relay: link.NewRelay(db, nc, log)}
	c := &Catalog{Desk: d, nc: nc, cfg: cfg}
	c.directory = directory.New(d, c)
	c.Turns = turn.New(d, &memory{Catalog: c, lines: map[int64]*lineCopy{}})
	c.writer = newWriter(c, cfg.Queue)
	if err := c.RefreshReference(ctx); err != nil {
		return nil, fmt.Errorf("load catalog: %w", err)
	}
	if err := c.writer.refresh(ctx); err != nil {
		return nil, fmt.Errorf("load catalog: %w", err)
	}
	c.writer.publishStock()
	return c, nil
}

// Directory is the store's part for the county's reference data.
func (c *Catalog) Directory() *directory.Room { return c.directory }

// Run answers reservations, applies commands, releases expired holds, publishes events and keeps memory current, until
// ctx ends. Reservations taken from the queue before are answered. Run may be called once.
func (c *Catalog) Run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { c.writer.run(ctx); return nil })
	g.Go(func() error { c.refreshLoop(ctx); return nil })
	g.Go(func() error { c.sweepLoop(ctx); return nil })
	g.Go(func() error { c.directory.Run(ctx); return nil })
	g.Go(func() error { (&fill.Filler{DB: c.DB, Columns: SearchColumns, Log: c.Log}).Run(ctx); return nil })
	g.Go(func() error { return c.Relay.Run(ctx) })
	g.Go(func() error { return c.consumer().Run(ctx) })
	g.Go(func() error { return incomeConsumer(c).Run(ctx) })
	return g.Wait()
}
