// Package desk is the kernel of the order module's rooms: database, clock, other modules, names of places, offers, the rows
// of orders and shares, tasks, timelines and request keys. A room imports the desk and declares the doors that it needs to
// other rooms; it never imports another room.
package desk

import (
	"context"
	"log/slog"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/nats-io/nats.go"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/orders"
	"banmuyuan/payments"
)

// Config tunes the module; the zero value is fit for use.
type Config struct {
	Log *slog.Logger
	Now func() time.Time

	PayPrivate      time.Duration // how long a private order waits for its deposit: 30 minutes
	PayOrganisation time.Duration // an organisation's, which pays by bank transfer: 3 days
	PayBalance      time.Duration // how long a started payment of the balance stays open: 30 days
	HoldSlack       time.Duration // how much longer the stock is held than the order waits: an hour

	Unpaid orders.UnpaidLimits // until the county sets them; none

	Batch   int // orders written at once, 512
	Queue   int // orders that wait to be written, 4096; the next one is told to come back
	Writers int // batches written side by side, 2

	Tick  time.Duration // how often the workers look, a second
	Lease time.Duration // after which another process takes up unfinished work, a minute
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

// Desk is the kernel of the rooms: the database, the clock, the other modules and the read models that every room uses.
type Desk struct {
	DB               *sqlx.DB
	NC               *nats.Conn
	Catalog          catalog.Service
	Payments         payments.Service
	CatalogContracts catalog.Contracts
	CatalogSeasons   catalog.Seasons
	Distributions    payments.Distributions
	Config           Config
	Log              *slog.Logger

	Ids    idBlock
	Limits *Limits
	Offers *offers
	Ref    *reference
	Relay  *link.Relay
	Wake   chan struct{}
	Tasks  map[string]TaskFunc // by kind
}

func New(db *sqlx.DB, nc *nats.Conn, cat catalog.Service, pay payments.Service, cfg Config) *Desk {
	cfg.fill()
	d := &Desk{
		DB: db, NC: nc, Catalog: cat, Payments: pay, CatalogContracts: contractsOf(cat, nc),
		CatalogSeasons: seasonsOf(cat, nc), Distributions: distributionsOf(pay, nc), Config: cfg, Log: cfg.Log,
		Relay: link.NewRelay(db, nc, cfg.Log),
		Wake:  make(chan struct{}, 1),
		Tasks: map[string]TaskFunc{},
	}
	d.Offers = newOffers(d)
	d.Ref = &reference{m: d}
	d.Limits = &Limits{desk: d}
	return d
}

// contractsOf returns the catalogue's contract service. A catalogue in the same process, as 'banmuyuan verify' has it,
// implements it itself.
func contractsOf(cat catalog.Service, nc *nats.Conn) catalog.Contracts {
	if both, ok := cat.(catalog.Contracts); ok {
		return both
	}
	return catalog.NewContractsClient(nc)
}

// seasonsOf is contractsOf for seasons.
func seasonsOf(cat catalog.Service, nc *nats.Conn) catalog.Seasons {
	if both, ok := cat.(catalog.Seasons); ok {
		return both
	}
	return catalog.NewSeasonsClient(nc)
}

// distributionsOf is contractsOf for the distributions of payments.
func distributionsOf(pay payments.Service, nc *nats.Conn) payments.Distributions {
	if both, ok := pay.(payments.Distributions); ok {
		return both
	}
	return payments.NewDistributionsClient(nc)
}

func (m *Desk) Now() time.Time { return m.Config.Now().UTC().Truncate(time.Microsecond) }

// After returns the time in d from now.
func (m *Desk) After(d time.Duration) time.Time { return m.Now().Add(d) }

// Notify wakes the relay and the workers after a commit.
func (m *Desk) Notify() {
	m.Relay.Notify()
	select {
	case m.Wake <- struct{}{}:
	default:
	}
}

// Tx runs fn in a transaction and wakes the relay and the workers after the commit.
func (m *Desk) Tx(ctx context.Context, fn func(tx *sqlx.Tx) error) error {
	if err := link.InTx(ctx, m.DB, nil, fn); err != nil {
		return err
	}
	m.Notify()
	return nil
}

// AsSystem is ctx for the module's own calls to other modules.
func AsSystem(ctx context.Context) context.Context {
	return link.WithActor(ctx, link.Actor{Login: "orders", System: true})
}

// Room is one concept of the module: its entry points, which the module calls in turn.
type Room interface {
	// Tasks returns the handlers of the room's tasks, by kind.
	Tasks() map[string]TaskFunc
	// Work does everything that is due now.
	Work(ctx context.Context) error
	// PaymentsChanged applies events of the payment module.
	PaymentsChanged(ctx context.Context, tx *sqlx.Tx, e PaymentEvents) error
	// Checks returns the queries of verify; late is the time before which nothing may still be on its way.
	Checks(late time.Time) []Check
	// Open returns the queries that count what of a season is not finished in the room.
	Open(season int) []OpenCount
	// Verify adds the findings that need more than a query.
	Verify(ctx context.Context, res *orders.Findings) error
}

// TaskFunc does one task. errLater puts it off.
type TaskFunc func(context.Context, TaskRow) error

// PaymentEvents are the events of one batch, by kind.
type PaymentEvents struct {
	Succeeded []payments.PaymentEvent
	Refs      []payments.RefEvent
	Refunds   []payments.RefundEvent
	Payables  []payments.PayableChange
}

// Check is a query; each of its rows is a finding: the object and the contradiction.
type Check struct {
	Name string
	SQL  string
	Args []any
}

// OpenCount is a query that returns what of a season is not finished: how many, and how much money is in them.
type OpenCount struct {
	Kind orders.OpenKind
	SQL  string
	Args []any
}

// WorkBatch is the number of rows that a worker claims at once.
const WorkBatch = 200

// Averages keeps the averages that change with every income entry.
type Averages interface {
	ForgetAverages()
}

// Patience is how long something may be on its way before verify calls it stuck.
const Patience = 10 * time.Minute
