// Package postgres is the order module: orders.Service over PostgreSQL, the catalogue and payments.
//
// It owns the schema's tables. What must always hold, besides what package orders promises:
//   - no other module is asked inside a transaction; what follows from a commit leaves through the outbox, and what needs
//     an answer first is a row that a worker takes up (an expiring order, a task);
//   - every change of an order locks its row first;
//   - what is told to the catalogue and to payments is what the tables say: units settled and returned, deliveries.
package postgres

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"sync"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/nats-io/nats.go"
	"golang.org/x/sync/errgroup"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/orders"
	"banmuyuan/orders/adopt"
	"banmuyuan/payments"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations are the schema's, for link.Migrate.
var Migrations = func() fs.FS {
	sub, err := fs.Sub(migrations, "migrations")
	if err != nil {
		panic(err) // the folder is compiled in
	}
	return sub
}()

// Config tunes the module; the zero value is fit for use.
type Config struct {
	Log *slog.Logger
	Now func() time.Time

	PayPrivate      time.Duration // how long a private order waits for its deposit: 30 minutes
	PayOrganisation time.Duration // an organisation's, which pays by bank transfer: 3 days
	PayBalance      time.Duration // how long a started payment of the balance stays open: 30 days
	HoldSlack       time.Duration // how much longer the stock is held than the order waits: an hour

	Batch   int // orders written at once, 512
	Queue   int // orders that wait to be written, 4096; the next one is told to come back
	Writers int // batches written side by side, 2

	Tick  time.Duration // how often the workers look, a second
	Lease time.Duration // after which another process takes up what a worker has not finished, a minute
}

func (c *Config) fill() {
	def := func(d *time.Duration, v time.Duration) {
		if *d <= 0 {
			*d = v
		}
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	c.Log = c.Log.With("module", "orders")
	if c.Now == nil {
		c.Now = time.Now
	}
	def(&c.PayPrivate, 30*time.Minute)
	def(&c.PayOrganisation, 72*time.Hour)
	def(&c.PayBalance, 30*24*time.Hour)
	def(&c.HoldSlack, time.Hour)
	def(&c.Tick, time.Second)
	def(&c.Lease, time.Minute)
	if c.Batch <= 0 {
		c.Batch = 512
	}
	if c.Queue <= 0 {
		c.Queue = 4096
	}
	if c.Writers <= 0 {
		c.Writers = 2
	}
}

// Module implements orders.Service. Any number of processes may run one on the same schema.
type Module struct {
	db        *sqlx.DB
	nc        *nats.Conn
	catalog   catalog.Service
	payments  payments.Service
	contracts catalog.Contracts
	cfg       Config
	log       *slog.Logger

	raised   *raisings
	ids      idBlock
	offers   *offers
	ref      *reference
	intake   *intake
	averages averages
	reports  reports
	relay    *link.Relay
	wake     chan struct{}

	close   context.CancelFunc
	closing sync.Once
}

var (
	_ orders.Service = (*Module)(nil)
	_ adopt.Service  = (*Module)(nil)
	_ adopt.Boxes    = (*Module)(nil)
)

// New opens the module on a migrated schema. It answers from now on; Run does the rest of its work. Close ends it.
func New(ctx context.Context, db *sqlx.DB, nc *nats.Conn, cat catalog.Service, pay payments.Service, cfg Config) (*Module, error) {
	cfg.fill()
	m := &Module{
		db: db, nc: nc, catalog: cat, payments: pay, contracts: contractsOf(cat, nc), cfg: cfg, log: cfg.Log,
		relay: link.NewRelay(db, nc, cfg.Log),
		wake:  make(chan struct{}, 1),
	}
	m.raised = &raisings{Service: cat, m: m}
	m.catalog = m.raised
	m.offers = newOffers(m)
	m.ref = &reference{m: m}
	var err error
	if m.intake, err = newIntake(ctx, m); err != nil {
		return nil, fmt.Errorf("open orders: %w", err)
	}
	return m, nil
}

// contractsOf is the catalogue's other face. One in the same process, as 'banmuyuan verify' has it, shows it itself.
func contractsOf(cat catalog.Service, nc *nats.Conn) catalog.Contracts {
	if both, ok := cat.(catalog.Contracts); ok {
		return both
	}
	return catalog.NewContractsClient(nc)
}

// Run publishes the outbox, applies the other modules' events and does what is due, until ctx ends. It waits for a
// broker, a database or a module that is not there.
func (m *Module) Run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return m.relay.Run(ctx) })
	g.Go(func() error {
		return link.NewBatchConsumer(m.db, m.nc, link.ConsumerConfig{
			Durable: "orders", Stream: "payments", Filters: []string{"evt.payments.v1.>"}, Committed: m.kick, Log: m.log,
		}, m.paymentsHappened).Run(ctx)
	})
	g.Go(func() error {
		return link.NewConsumer(m.db, m.nc, link.ConsumerConfig{
			Durable: "orders", Stream: "catalog", Filters: []string{catalog.EvtHoldExpired}, Committed: m.kick, Log: m.log,
		}, m.holdExpired).Run(ctx)
	})
	g.Go(func() error { m.work(ctx); return nil })
	err := g.Wait()
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// Close writes what waits to be written and stops taking more. It may be called more than once, after the servers that
// ask this module are closed and Run has returned.
func (m *Module) Close() {
	m.closing.Do(m.intake.stop)
}

func (m *Module) now() time.Time { return m.cfg.Now().UTC().Truncate(time.Microsecond) }

// kick has the relay and the workers look at once at what was committed.
func (m *Module) kick() {
	m.relay.Kick()
	select {
	case m.wake <- struct{}{}:
	default:
	}
}

// tx runs fn in a transaction and wakes those who wait for what it wrote.
func (m *Module) tx(ctx context.Context, fn func(tx *sqlx.Tx) error) error {
	if err := link.InTx(ctx, m.db, nil, fn); err != nil {
		return err
	}
	m.kick()
	return nil
}

// asSystem is ctx for calls to other modules that are ours to make, whoever they are made for.
func asSystem(ctx context.Context) context.Context {
	return link.WithActor(ctx, link.Actor{Login: "orders", System: true})
}

var china = time.FixedZone("CST", 8*60*60)
