package postgres

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

// desk is the kernel of the rooms: the database, the clock, the other modules and the read models that every room uses.
type desk struct {
	db        *sqlx.DB
	nc        *nats.Conn
	catalog   catalog.Service
	payments  payments.Service
	contracts catalog.Contracts
	cfg       Config
	log       *slog.Logger

	ids    idBlock
	offers *offers
	ref    *reference
	relay  *link.Relay
	wake   chan struct{}
	tasks  map[string]taskHandler // by kind
}

func newDesk(db *sqlx.DB, nc *nats.Conn, cat catalog.Service, pay payments.Service, cfg Config) *desk {
	cfg.fill()
	d := &desk{
		db: db, nc: nc, catalog: cat, payments: pay, contracts: contractsOf(cat, nc), cfg: cfg, log: cfg.Log,
		relay: link.NewRelay(db, nc, cfg.Log),
		wake:  make(chan struct{}, 1),
		tasks: map[string]taskHandler{},
	}
	d.offers = newOffers(d)
	d.ref = &reference{m: d}
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

func (m *desk) now() time.Time { return m.cfg.Now().UTC().Truncate(time.Microsecond) }

// kick has the relay and the workers look at once at what was committed.
func (m *desk) kick() {
	m.relay.Kick()
	select {
	case m.wake <- struct{}{}:
	default:
	}
}

// tx runs fn in a transaction and wakes those who wait for what it wrote.
func (m *desk) tx(ctx context.Context, fn func(tx *sqlx.Tx) error) error {
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

// room is one concept of the module: its entry points, which the module calls in turn.
type room interface {
	// Tasks returns the handlers of the room's tasks, by kind.
	Tasks() map[string]taskHandler
	// Work does everything that is due now.
	Work(ctx context.Context) error
	// PaymentsChanged applies events of the payment module.
	PaymentsChanged(ctx context.Context, tx *sqlx.Tx, e paymentEvents) error
	// Checks returns the queries of verify; late is the time before which nothing may still be on its way.
	Checks(late time.Time) []check
	// Verify adds the findings that need more than a query.
	Verify(ctx context.Context, res *orders.Findings) error
}

// taskHandler does one task. errLater puts it off.
type taskHandler func(context.Context, taskRow) error

// paymentEvents are the events of one batch, by kind.
type paymentEvents struct {
	succeeded []payments.PaymentEvent
	refs      []payments.RefEvent
	refunds   []payments.RefundEvent
	payables  []payments.PayableChange
}

// check is a query; each of its rows is a finding: the object and the contradiction.
type check struct {
	name string
	sql  string
	args []any
}

// workBatch is the number of rows that a worker claims at once.
const workBatch = 200
