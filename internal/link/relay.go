package link

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

const headerAt = "Link-At" // when the event was written, RFC 3339

// Relay publishes the outbox of one schema to JetStream. Every process of a module runs one; an advisory lock lets a
// single one work at a time, and another takes over within a moment when its connection ends. Where nothing has been
// written for a while it holds neither lock nor connection, but looks now and then.
//
// A message is published at least once: before it is marked, the stream has confirmed it. A message published twice
// carries the same id, which the stream drops within two minutes and the inbox at any time. A message is never
// published before one of a lower seq that was visible in an earlier batch.
type Relay struct {
	Keep time.Duration // how long published rows are kept for Replay: 30 days unless set before Run

	// Fault, if set before Run, is called between the steps of a batch, by name. Tests stop the process there.
	Fault func(step string)

	db       *sqlx.DB
	nc       *nats.Conn
	log      *slog.Logger
	notify   chan struct{}
	idle     time.Duration
	patience time.Duration // with a broker that answers, but takes no messages
	pruned   time.Time

	checked time.Time // of the streams, by this process or, as far as it knows, by the one that publishes

	beforeMark func() error // for tests: the moment between publishing and marking
}

const (
	relayBatch     = 500
	brokerPatience = 20 * time.Second
	brokerFailing  = "link.broker.failing"  // see privatenats.Failing
	relayPoll      = 200 * time.Millisecond // of the process that holds the lock: others write into the same outbox
	relayLook      = time.Second            // of a process that does not; its own writes wake it
	relayIdle      = 5 * time.Second        // with nothing to publish, after which the connection is given back
	roundInterval  = 10 * time.Millisecond  // messages of one interval share a round
	relayMaxWait   = 5 * time.Second
	relayAckWait   = 10 * time.Second
	relayPruneStep = 5000
	pruneEvery     = time.Hour
)

// NewRelay makes the relay of db's schema; Run starts it. log may be nil.
func NewRelay(db *sqlx.DB, nc *nats.Conn, log *slog.Logger) *Relay {
	if log == nil {
		log = slog.Default()
	}
	return &Relay{Keep: 30 * 24 * time.Hour, db: db, nc: nc, log: log, notify: make(chan struct{}, 1), idle: relayIdle, patience: brokerPatience}
}

// Notify wakes the relay after a commit, so that it does not wait for its next poll. It never blocks.
func (r *Relay) Notify() {
	select {
	case r.notify <- struct{}{}:
	default:
	}
}

func (r *Relay) step(name string) {
	if r.Fault != nil {
		r.Fault(name)
	}
}

// Run publishes until ctx ends and returns nil then. Neither a missing broker nor a missing database ends it: it waits
// and goes on where it was.
func (r *Relay) Run(ctx context.Context) error {
	wait := relayPoll
	r.pruned = time.Now()
	var answering *nats.Subscription
	defer func() {
		if answering != nil {
			_ = answering.Unsubscribe()
		}
	}()
	for ctx.Err() == nil {
		if answering == nil {
			answering = r.answer(ctx)
		}
		due, err := r.due(ctx)
		if due {
			err = r.lead(ctx)
		}
		if ctx.Err() != nil {
			break
		}
		switch {
		case errors.Is(err, errOther):
			wait = relayPoll
		case err != nil:
			r.log.Warn("relay interrupted", "error", err, "again_in", wait)
		default:
			wait = relayPoll
			continue
		}
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
		wait = min(wait*2, relayMaxWait)
	}
	return nil
}

// answer begins to answer questions about events, or returns nil when the database does not tell its schema yet.
func (r *Relay) answer(ctx context.Context) *nats.Subscription {
	var schema string
	err := r.db.GetContext(ctx, &schema, `SELECT current_schema()`)
	if err != nil {
		return nil
	}
	sub, err := r.answerKnown(ctx, schema)
	if err != nil {
		r.log.Warn("relay cannot answer about events", "error", err)
		return nil
	}
	return sub
}

// errOther says that another process holds the lock: publishing is its task, however often this one is notified.
var errOther = errors.New("another process publishes")

// due waits for a moment and says whether there is anything to publish or to prune.
func (r *Relay) due(ctx context.Context) (due bool, err error) {
	select {
	case <-ctx.Done():
		return false, nil
	case <-r.notify:
		return true, nil
	case <-time.After(relayLook):
	}
	if time.Since(r.checked) > checkEvery {
		return true, nil
	}
	if err := r.db.GetContext(ctx, &due, `SELECT EXISTS (SELECT FROM outbox WHERE published_at IS NULL)`); err != nil {
		return false, fmt.Errorf("look at outbox: %w", err)
	}
	return due || time.Since(r.pruned) > pruneEvery, nil
}

// lead publishes until nothing has come for a while. It returns errOther at once when another process holds the lock.
//
// Every statement runs on the connection that holds the lock: when it dies, the lock is lost, and so is the ability to
// mark anything.
func (r *Relay) lead(ctx context.Context) error {
	conn, err := r.db.Connx(ctx)
	if err != nil {
		return fmt.Errorf("connect relay: %w", err)
	}
	defer conn.Close()
	var schema string
	if err := conn.GetContext(ctx, &schema, `SELECT current_schema()`); err != nil {
		return fmt.Errorf("read schema: %w", err)
	}
	lock := "link.relay:" + schema
	ok, err := tryLock(ctx, conn, lock)
	if err != nil {
		return err
	}
	if !ok {
		r.checked = time.Now() // that one looks
		return errOther
	}
	defer unlock(conn, lock)

	js, err := jetstream.New(r.nc, jetstream.WithPublishAsyncMaxPending(relayBatch), jetstream.WithPublishAsyncTimeout(relayAckWait))
	if err != nil {
		return fmt.Errorf("open jetstream: %w", err)
	}
	defer js.CleanupPublisher()
	term := &term{
		relay: r, conn: conn, js: js, schema: schema,
		ensured: map[string]bool{}, last: map[string]confirmed{}, walked: map[string]bool{},
	}
	defer term.end(ctx)
	return term.run(ctx)
}

// term is one holding of the lock.
type term struct {
	relay   *Relay
	conn    *sqlx.Conn
	js      jetstream.JetStream
	schema  string
	ensured map[string]bool      // modules whose stream is known to exist
	last    map[string]confirmed // by module, of this term
	walked  map[string]bool      // modules whose stream was searched for events that did not happen
	looked  bool                 // the streams were checked in this term, at relay.checked
}

func (t *term) run(ctx context.Context) error {
	r := t.relay
	poll := time.NewTicker(relayPoll)
	defer poll.Stop()
	wait := relayPoll / 4
	pace := Pace{Every: roundInterval}
	last := time.Now()
	var failing time.Time
	for {
		pace.Wait(ctx)
		n, err := t.round(ctx)
		if ctx.Err() != nil {
			return nil
		}
		switch {
		case errors.Is(err, errBroker):
			// The lock is still ours and the rows are still there: only the broker has to come back.
			r.log.Warn("relay cannot publish", "schema", t.schema, "error", err, "again_in", wait)
			if failing.IsZero() || !r.nc.IsConnected() {
				failing = time.Now()
			}
			if time.Since(failing) > r.patience {
				_ = r.nc.Publish(brokerFailing, []byte(err.Error())) // the embedded broker hears it
			}
			select {
			case <-ctx.Done():
				return nil
			case <-time.After(wait):
			}
			wait = min(wait*2, relayMaxWait)
			if err := t.conn.PingContext(ctx); err != nil {
				return fmt.Errorf("hold relay lock: %w", err)
			}
			continue
		case err != nil:
			return err
		}
		wait, failing = relayPoll/4, time.Time{}
		if n > 0 {
			last = time.Now()
		}
		if time.Since(r.pruned) > pruneEvery {
			n, err := t.prune(ctx, time.Now().Add(-r.Keep))
			if err != nil {
				return err
			}
			r.pruned = time.Now()
			if n > 0 {
				r.log.Info("pruned outbox", "schema", t.schema, "rows", n)
			}
		}
		if time.Since(last) > r.idle {
			return nil
		}
		if n == relayBatch {
			continue
		}
		select {
		case <-ctx.Done():
			return nil
		case <-r.notify:
		case <-poll.C:
		}
	}
}

// round checks the streams if that is due, and publishes one batch.
func (t *term) round(ctx context.Context) (int, error) {
	if !t.looked || time.Since(t.relay.checked) > checkEvery {
		if !t.relay.nc.IsConnected() {
			return 0, fmt.Errorf("%w: %w", errBroker, nats.ErrDisconnected)
		}
		if err := t.check(ctx); err != nil {
			return 0, err
		}
		t.looked, t.relay.checked = true, time.Now()
	}
	return t.publish(ctx)
}

// errBroker marks failures that end when the broker is back.
var errBroker = errors.New("broker")

type outboxRow struct {
	Seq       int64         `db:"seq"`
	Subject   string        `db:"subject"`
	Data      []byte        `db:"data"`
	Salt      sql.NullInt32 `db:"salt"`
	Headers   []byte        `db:"headers"`
	CreatedAt time.Time     `db:"created_at"`
}

// publish sends one batch, marks what the stream confirmed and returns how many rows it found.
func (t *term) publish(ctx context.Context) (int, error) {
	var rows []outboxRow
	err := t.conn.SelectContext(ctx, &rows, `
		SELECT seq, salt, subject, data, headers, created_at
		FROM outbox WHERE published_at IS NULL ORDER BY seq LIMIT $1`, relayBatch)
	if err != nil {
		return 0, fmt.Errorf("read outbox: %w", err)
	}
	if len(rows) == 0 {
		return 0, nil
	}
	if !t.relay.nc.IsConnected() {
		return 0, fmt.Errorf("%w: %w", errBroker, nats.ErrDisconnected)
	}
	if err := t.ensureStreams(ctx, rows); err != nil {
		return 0, fmt.Errorf("%w: %w", errBroker, err)
	}
	t.relay.step("outbox read")

	acks := make([]jetstream.PubAckFuture, 0, len(rows))
	var failed error
	for _, row := range rows {
		ack, err := t.js.PublishMsgAsync(t.message(row))
		if err != nil {
			failed = err
			break // later rows must not overtake it
		}
		acks = append(acks, ack)
	}
	published := make([]int64, 0, len(acks))
	for i, ack := range acks {
		select {
		case ok := <-ack.Ok():
			published = append(published, rows[i].Seq)
			t.confirm(rows[i], ok)
		case err := <-ack.Err():
			failed = err
		case <-ctx.Done():
			failed = ctx.Err()
		}
	}
	t.relay.step("outbox published")
	if t.relay.beforeMark != nil {
		if err := t.relay.beforeMark(); err != nil {
			return 0, err
		}
	}
	if len(published) > 0 {
		// Also when ctx has ended: a row marked now is not published again by the next holder.
		mark, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		if _, err := t.conn.ExecContext(mark, `UPDATE outbox SET published_at = now() WHERE seq = ANY($1)`, pq.Array(published)); err != nil {
			return 0, fmt.Errorf("mark outbox: %w", err)
		}
	}
	if failed != nil {
		clear(t.ensured) // the stream may be gone
		t.looked = false
		return 0, fmt.Errorf("%w: publish: %w", errBroker, failed)
	}
	return len(rows), nil
}

// confirm keeps the last message that a stream confirmed. A stream that counts from an earlier place is another one.
func (t *term) confirm(row outboxRow, ok *jetstream.PubAck) {
	module := moduleOf(row.Subject)
	switch last := t.last[module]; {
	case ok.Duplicate: // published before, but not marked
	case int64(ok.Sequence) > last.Seq:
		t.last[module] = confirmed{Seq: int64(ok.Sequence), ID: outboxID(t.schema, row.Seq, row.Salt)}
	default:
		t.looked = false
	}
}

func (t *term) ensureStreams(ctx context.Context, rows []outboxRow) error {
	for _, row := range rows {
		module := moduleOf(row.Subject)
		if t.ensured[module] {
			continue
		}
		wait, cancel := context.WithTimeout(ctx, relayAckWait)
		err := EnsureStream(wait, t.js, module)
		cancel()
		if err != nil {
			return err
		}
		if err := t.seeStream(ctx, module); err != nil {
			return err
		}
		t.ensured[module] = true
		t.looked = t.looked && t.walked[module] // a stream that is new to this schema is looked at after its first messages
	}
	return nil
}

// moduleOf returns the module of evt.<module>.… or cmd.<module>.….
func moduleOf(subject string) string {
	_, rest, _ := strings.Cut(subject, ".")
	module, _, _ := strings.Cut(rest, ".")
	return module
}

func (t *term) message(row outboxRow) *nats.Msg {
	h := nats.Header{
		jetstream.MsgIDHeader: {outboxID(t.schema, row.Seq, row.Salt)},
		headerAt:              {row.CreatedAt.UTC().Format(time.RFC3339Nano)},
	}
	var o origin
	// Rows may come from statements of the module's own; a header that cannot be read is not worth losing the event.
	if err := Unmarshal(row.Headers, &o); err == nil {
		if o.RequestID != "" {
			h[headerRequestID] = []string{o.RequestID}
		}
		if len(o.Actor) > 0 && string(o.Actor) != "null" {
			h[headerActor] = []string{string(o.Actor)}
		}
	}
	return &nats.Msg{Subject: row.Subject, Header: h, Data: row.Data}
}

// prune drops rows published before t, in steps that lock few rows, and the inbox rows of events that no stream or outbox
// can deliver again.
func (t *term) prune(ctx context.Context, before time.Time) (int64, error) {
	var total int64
	for {
		res, err := t.conn.ExecContext(ctx, `
			DELETE FROM outbox WHERE seq IN (
				SELECT seq FROM outbox WHERE created_at < $1 AND published_at IS NOT NULL LIMIT $2)`, before, relayPruneStep)
		if err != nil {
			return total, fmt.Errorf("prune outbox: %w", err)
		}
		n, err := res.RowsAffected()
		if err != nil {
			return total, fmt.Errorf("prune outbox: %w", err)
		}
		total += n
		if n < relayPruneStep {
			break
		}
	}
	for {
		res, err := t.conn.ExecContext(ctx, `
			DELETE FROM inbox WHERE (consumer, event_id) IN (
				SELECT consumer, event_id FROM inbox WHERE received_at < $1 LIMIT $2)`, before.Add(-2*streamAge), relayPruneStep)
		if err != nil {
			return total, fmt.Errorf("prune inbox: %w", err)
		}
		if n, err := res.RowsAffected(); err != nil || n < relayPruneStep {
			return total, err
		}
	}
}

// PruneBefore drops outbox rows that were written before t and are published, and says how many. Run does so every
// hour with rows older than Keep.
func (r *Relay) PruneBefore(ctx context.Context, before time.Time) (int64, error) {
	conn, err := r.db.Connx(ctx)
	if err != nil {
		return 0, fmt.Errorf("prune outbox: %w", err)
	}
	defer conn.Close()
	return (&term{relay: r, conn: conn}).prune(ctx, before)
}
