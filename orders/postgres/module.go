// Package postgres is the order module: the services of package orders over PostgreSQL, the catalogue and payments.
//
// It owns the schema's tables. What must always hold, besides the promises of package orders:
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

// Module implements the services of orders, one room for each concept. Any number of processes may run one on the same
// schema.
type Module struct {
	*desk
	*orderRoom
	*weighRoom
	*incomeRoom
	*contractRoom
	*adoptRoom
	*documentRoom
	shelf *shelfRoom

	rooms   []room // in the order in which they work and take events
	closing sync.Once
}

var (
	_ orders.Service   = (*Module)(nil)
	_ orders.Stations  = (*Module)(nil)
	_ adopt.Service    = (*Module)(nil)
	_ adopt.Boxes      = (*Module)(nil)
	_ contract.Service = (*Module)(nil)
	_ document.Service = (*Module)(nil)
)

// New opens the module on a migrated schema. It answers from now on; Run does the rest of its work. Close ends it.
func New(ctx context.Context, db *sqlx.DB, nc *nats.Conn, cat catalog.Service, pay payments.Service, cfg Config) (*Module, error) {
	d := newDesk(db, nc, cat, pay, cfg)
	m := &Module{desk: d}
	m.incomeRoom = newIncomeRoom(d)
	m.contractRoom = &contractRoom{desk: d}
	m.shelf = &shelfRoom{desk: d}
	m.weighRoom = &weighRoom{desk: d, contract: m.contractRoom, income: m.incomeRoom, shelf: m.shelf}
	order, err := newOrderRoom(ctx, d, m.weighRoom)
	if err != nil {
		return nil, fmt.Errorf("open orders: %w", err)
	}
	m.orderRoom, m.weighRoom.order = order, order
	m.contractRoom.order = order
	m.shelf.order, m.shelf.income = order, m.incomeRoom
	m.adoptRoom = &adoptRoom{desk: d, order: order, income: m.incomeRoom}
	m.documentRoom = &documentRoom{desk: d, order: order, weigh: m.weighRoom}
	m.rooms = []room{order, m.weighRoom, m.shelf, m.adoptRoom, m.contractRoom, m.incomeRoom, m.documentRoom}
	for _, r := range m.rooms {
		maps.Copy(d.tasks, r.Tasks())
	}
	return m, nil
}

// Shelf is the module's part for charity supermarkets.
func (m *Module) Shelf() shelf.Service { return m.shelf }

// Run publishes the outbox, applies the other modules' events and does everything that is due, until ctx ends. It waits
// for a broker, a database or a module that is not there.
func (m *Module) Run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return m.relay.Run(ctx) })
	g.Go(func() error {
		return link.NewBatchConsumer(m.db, m.nc, link.ConsumerConfig{
			Durable: "orders", Stream: "payments", Filters: []string{"evt.payments.v1.>"}, Committed: m.kick, Log: m.log,
		}, m.paymentsChanged).Run(ctx)
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

// Close writes all waiting orders and stops taking more. It may be called more than once, after the servers that ask this
// module are closed and Run has returned.
func (m *Module) Close() {
	m.closing.Do(m.orderRoom.intake.stop)
}
