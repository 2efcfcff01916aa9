// Package postgres is the order module: the services of package orders over PostgreSQL, the catalogue and payments.
//
// It owns the schema's tables. Invariants, besides the promises of package orders:
//   - no other module is asked inside a transaction; consequences of a commit leave through the outbox, and steps that need
//     an answer first are rows that a worker takes up (an expiring order, a task);
//   - every change of an order locks its row first;
//   - the catalogue and payments are told exactly the contents of the tables: units settled and returned, deliveries.
package postgres

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"sync"

	"github.com/jmoiron/sqlx"
	"github.com/nats-io/nats.go"
	"golang.org/x/sync/errgroup"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/orders"
	"banmuyuan/orders/adopt"
	"banmuyuan/orders/contract"
	"banmuyuan/orders/document"
	adoptroom "banmuyuan/orders/postgres/adopt"
	contractroom "banmuyuan/orders/postgres/contract"
	"banmuyuan/orders/postgres/desk"
	documentroom "banmuyuan/orders/postgres/document"
	"banmuyuan/orders/postgres/income"
	"banmuyuan/orders/postgres/order"
	shelfroom "banmuyuan/orders/postgres/shelf"
	"banmuyuan/orders/postgres/weigh"
	"banmuyuan/orders/shelf"
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
type Config = desk.Config

// The rooms under names of their own, because a struct embeds each name once.
type (
	orderRoom    = order.Room
	weighRoom    = weigh.Room
	incomeRoom   = income.Room
	contractRoom = contractroom.Room
	adoptRoom    = adoptroom.Room
	documentRoom = documentroom.Room
)

// Module implements the services of orders, one room for each concept. Any number of processes may run one on the same
// schema.
type Module struct {
	*desk.Desk
	*orderRoom
	*weighRoom
	*incomeRoom
	*contractRoom
	*adoptRoom
	*documentRoom
	shelf *shelfroom.Room

	rooms   []desk.Room // in the order in which they work and take events
	closing sync.Once
}

var (
	_ orders.Service   = (*Module)(nil)
	_ orders.Stations  = (*Module)(nil)
	_ orders.Seasons   = (*Module)(nil)
	_ adopt.Service    = (*Module)(nil)
	_ adopt.Boxes      = (*Module)(nil)
	_ contract.Service = (*Module)(nil)
	_ document.Service = (*Module)(nil)
	_ shelf.Service    = (*shelfroom.Room)(nil)
)

// New opens the module on a migrated schema. It answers from now on; Run does the rest of its work. Close ends it.
func New(ctx context.Context, db *sqlx.DB, nc *nats.Conn, cat catalog.Service, pay payments.Service, cfg Config) (*Module, error) {
	d := desk.New(db, nc, cat, pay, cfg)
	m := &Module{Desk: d}
	m.incomeRoom = income.New(d)
	m.contractRoom = contractroom.New(d)
	m.shelf = shelfroom.New(d, m.incomeRoom)
	m.weighRoom = weigh.New(d, m.contractRoom, m.incomeRoom, m.shelf)
	var err error
	if m.orderRoom, err = order.New(ctx, d, m.weighRoom); err != nil {
		return nil, fmt.Errorf("open orders: %w", err)
	}
	m.weighRoom.Connect(m.orderRoom)
	m.contractRoom.Connect(m.orderRoom)
	m.shelf.Connect(m.orderRoom)
	m.adoptRoom = adoptroom.New(d, m.orderRoom, m.incomeRoom)
	m.documentRoom = documentroom.New(d, m.orderRoom, m.weighRoom)
	m.rooms = []desk.Room{m.orderRoom, m.weighRoom, m.shelf, m.adoptRoom, m.contractRoom, m.incomeRoom, m.documentRoom}
	for _, r := range m.rooms {
		maps.Copy(d.Tasks, r.Tasks())
	}
	return m, nil
}

// Shelf is the module's part for charity supermarkets.
func (m *Module) Shelf() shelf.Service { return m.shelf }

// Run publishes the outbox, applies the other modules' events and does everything that is due, until ctx ends. It waits
// for a broker, a database or a module that is not there.
func (m *Module) Run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return m.Relay.Run(ctx) })
	g.Go(func() error {
		return link.NewBatchConsumer(m.DB, m.NC, link.ConsumerConfig{
			Durable: "orders", Stream: "payments", Filters: []string{"evt.payments.v1.>"}, Committed: m.Notify, Log: m.Log,
		}, m.paymentsChanged).Run(ctx)
	})
	g.Go(func() error {
		return link.NewConsumer(m.DB, m.NC, link.ConsumerConfig{
			Durable: "orders", Stream: "catalog", Filters: []string{catalog.EvtHoldExpired}, Committed: m.Notify, Log: m.Log,
		}, m.holdExpired).Run(ctx)
	})
	g.Go(func() error {
		// A durable of its own: a process of an earlier release does not know these events.
		return link.NewBatchConsumer(m.DB, m.NC, link.ConsumerConfig{
			Durable: "orders-households", Stream: "catalog", Filters: []string{catalog.EvtHouseholdsChanged}, Committed: m.ForgetFigures, Log: m.Log,
		}, m.householdsChanged).Run(ctx)
	})
	g.Go(func() error { m.work(ctx); return nil })
	g.Go(func() error { m.Limits.Run(ctx); return nil })
	g.Go(func() error { (&desk.BuyerSearch{DB: m.DB, Log: m.Log}).Run(ctx); return nil })
	err := g.Wait()
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// Close writes all waiting orders and stops taking more. It may be called more than once, after the servers that ask this
// module are closed and Run has returned.
func (m *Module) Close() {
	m.closing.Do(m.orderRoom.Stop)
}
