// Package postgres keeps the payment module's books in its own schema and does its work: it implements
// payments.Service, applies the commands of other modules, and runs the workers that ask providers for the outcome of
// payments and refunds.
//
// Invariants beside the ones of package payments: every change of a Ref happens under the lock of its row in table ref, which
// is taken before payments, refunds and payables, and the ledger's balances come last; events are written in the transaction
// that causes them; a provider is called between transactions, never inside one.
package postgres

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/nats-io/nats.go"

	"banmuyuan/internal/link"
	"banmuyuan/payments"
	"banmuyuan/payments/bankfile"
	"banmuyuan/payments/gateway"
	"banmuyuan/payments/ledger"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations are the module's goose migrations, for link.Migrate.
func Migrations() fs.FS {
	sub, err := fs.Sub(migrations, "migrations")
	if err != nil {
		panic(err) // embedded
	}
	return sub
}

// Config of a Service.
type Config struct {
	Gateways []gateway.Gateway          // in the order in which buyers are offered them
	Seasons  payments.SeasonRegister    // keeps distributions out of closed seasons; none is kept out without
	Register payments.HouseholdRegister // checks the holders of accounts that come in a sheet; none are checked without
	Key      string                     // encrypts account numbers: see ParseKeys
	Env      string                     // part of the keys that providers see, so that a test never meets production
	Layout   bankfile.Layout            // of payout files; bankfile.Default when it is empty
	FileLife time.Duration              // how long payout files are kept; a week when it is zero

	Statement   bankfile.Statement // columns of bank statements; bankfile.DefaultStatement when it is empty
	RefundLimit int64              // fen; above it a second person lets a refund go; 0 is no limit
	Cooling     time.Duration      // nothing is paid to a payout account for so long after its approval; 0 is none
	UnmaskLimit int64              // account numbers that one person may look at within 24 hours; 40 when it is zero

	// Fault is called with a name between the transactions of a longer operation. Tests stop the process there.
	Fault func(step string)

	Now func() time.Time
	Log *slog.Logger
}

// Service is the payment module. It implements payments.Service.
type Service struct {
	db       *sqlx.DB
	gateways map[string]gateway.Gateway
	order    []gateway.Gateway
	keys     *Keys
	register payments.HouseholdRegister
	seasons  payments.SeasonRegister
	env      string
	layout   bankfile.Layout
	fileLife time.Duration
	now      func() time.Time

	statement   bankfile.Statement
	refundLimit int64
	cooling     time.Duration
	unmaskLimit int64
	fault       func(string)

	creating *link.Batcher[payments.CreatePayment, created]
	updating *link.Batcher[update, paymentRow]
	storing  *link.Batcher[storedEvent, struct{}]

	log  *slog.Logger
	wake chan struct{} // workers

	mu      sync.Mutex
	relay   *link.Relay
	booksAt time.Time // next housekeeping
}

var (
	_ payments.Service  = (*Service)(nil)
	_ payments.Treasury = (*Service)(nil)
)

// New makes the service over an open, migrated schema.
func New(db *sqlx.DB, cfg Config) (*Service, error) {
	keys, err := ParseKeys(cfg.Key)
	if err != nil {
		return nil, err
	}
	if cfg.Env == "" {
		cfg.Env = "local"
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	if len(cfg.Layout.Columns) == 0 {
		cfg.Layout = bankfile.Default()
	}
	if len(cfg.Statement.Ref) == 0 {
		cfg.Statement = bankfile.DefaultStatement()
	}
	if cfg.Fault == nil {
		cfg.Fault = func(string) {}
	}
	if cfg.UnmaskLimit <= 0 {
		cfg.UnmaskLimit = 40
	}
	if cfg.FileLife == 0 {
		cfg.FileLife = 7 * 24 * time.Hour
	}
	s := &Service{db: db, gateways: map[string]gateway.Gateway{}, order: cfg.Gateways, keys: keys, register: cfg.Register, seasons: cfg.Seasons, env: cfg.Env,
		layout: cfg.Layout, fileLife: cfg.FileLife, statement: cfg.Statement, refundLimit: cfg.RefundLimit, unmaskLimit: cfg.UnmaskLimit, cooling: cfg.Cooling, fault: cfg.Fault, log: cfg.Log.With("module", "payments"), wake: make(chan struct{}, 1)}
	// PostgreSQL keeps microseconds: written and read times are the same.
	s.now = func() time.Time { return cfg.Now().UTC().Truncate(time.Microsecond) }
	for _, g := range cfg.Gateways {
		if s.gateways[g.Name()] != nil {
			return nil, fmt.Errorf("gateway %s is configured twice", g.Name())
		}
		s.gateways[g.Name()] = g
	}
	s.creating = link.NewBatcher(maxBatch, s.create)
	s.updating = link.NewBatcher(maxBatch, s.updateAll)
	s.storing = link.NewBatcher(maxBatch, s.storeEvents)
	return s, nil
}

// HTTP serves browsers and providers, mounted at "/pay/".
func (s *Service) HTTP() http.Handler {
	pages := gateway.Handler(s, s.now, s.log, s.order...)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		pages.ServeHTTP(w, r)
		if r.Method == http.MethodPost {
			s.notify() // a person may have played the sandbox's bank: its webhooks are due
		}
	})
}

// Consumer applies the commands that other modules send.
func (s *Service) Consumer(nc *nats.Conn) *link.Consumer {
	return link.NewConsumer(s.db, nc, link.ConsumerConfig{
		Durable: "payments-commands", Stream: "payments", Filters: []string{"cmd.payments.v1.>"}, Committed: s.notify, Log: s.log,
	}, s.Apply)
}

// Run publishes events, applies commands and asks providers about due payments and refunds, until ctx ends. Any number of
// processes may run at once.
func (s *Service) Run(ctx context.Context, nc *nats.Conn) error {
	relay := link.NewRelay(s.db, nc, s.log)
	relay.Fault = s.fault
	s.mu.Lock()
	s.relay = relay
	s.mu.Unlock()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	errs := make(chan error, 4)
	go func() { errs <- relay.Run(ctx) }()
	go func() { errs <- s.Consumer(nc).Run(ctx) }()
	go func() { s.work(ctx); errs <- nil }()
	go func() { s.reconcileDaily(ctx); errs <- nil }()
	err := <-errs // nil only when ctx has ended
	cancel()
	return errors.Join(err, <-errs, <-errs, <-errs)
}

// notify wakes the relay and the workers after a commit.
func (s *Service) notify() {
	s.mu.Lock()
	relay := s.relay
	s.mu.Unlock()
	if relay != nil {
		relay.Notify()
	}
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// change is one business transaction. Postings and events are collected and written at its end, because balances are locked
// last.
type change struct {
	tx    *sqlx.Tx
	now   time.Time
	actor string
	txns  []ledger.Txn
	msgs  []link.Message
}

func (c *change) post(kind, key string, at time.Time, lines ...ledger.Line) {
	c.txns = append(c.txns, ledger.Txn{Kind: kind, BusinessKey: key, OccurredAt: at, Actor: c.actor, Lines: lines})
}

func (c *change) publish(subject string, data any) {
	c.msgs = append(c.msgs, link.Message{Subject: subject, Data: data})
}

// did notes an act of the person for the audit trail. object is the number of the thing.
func (c *change) did(kind, on string, object int64, detail string) {
	c.publish(payments.EvtAct, link.Act{Kind: kind, On: on, Object: strconv.FormatInt(object, 10), Detail: detail})
}

// decided notes a decision of the person for the audit trail.
func (c *change) decided(on string, object int64, approve bool) {
	detail := "refuse"
	if approve {
		detail = "approve"
	}
	c.did("decision."+on, on, object, detail)
}

// change runs fn in a transaction of its own and notifies the workers.
func (s *Service) change(ctx context.Context, fn func(c *change) error) error {
	err := s.write(ctx, fn)
	if err == nil {
		s.notify()
	}
	return err
}

// write is change without a notification, for changes that make no work.
func (s *Service) write(ctx context.Context, fn func(c *change) error) error {
	err := link.InTx(ctx, s.db, nil, func(tx *sqlx.Tx) error { return s.within(ctx, tx, fn) })
	if err == nil {
		s.fault("committed")
	}
	return err
}

// within runs fn in a transaction that the caller commits.
func (s *Service) within(ctx context.Context, tx *sqlx.Tx, fn func(c *change) error) error {
	c := &change{tx: tx, now: s.now(), actor: payments.RecordedName(link.ActorFrom(ctx))}
	if err := fn(c); err != nil {
		return err
	}
	if _, err := ledger.Post(ctx, tx, c.txns...); err != nil {
		return err
	}
	return link.Publish(ctx, tx, c.msgs...)
}
