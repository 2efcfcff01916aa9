package link

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"runtime/debug"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Event is a message as a consumer gets it.
type Event struct {
	ID         string // <schema>-<seq>-<salt>, the same on every delivery
	Subject    string
	OccurredAt time.Time
	Data       json.RawMessage
	RequestID  string
	Actor      Actor
	Deliveries int // 1 the first time
}

// Decode reads the data of ev into v. An event that cannot be read is Invalid: trying again would not help.
func (ev Event) Decode(v any) error {
	if err := Unmarshal(ev.Data, v); err != nil {
		return E(Invalid, "malformed", "").Because(fmt.Errorf("decode event %s %s: %w", ev.Subject, ev.ID, err))
	}
	return nil
}

// ConsumerConfig names the events that a consumer reads, and its patience.
type ConsumerConfig struct {
	Durable    string          // unique in the stream, such as "payments": its processes share it
	Stream     string          // the module that publishes
	Filters    []string        // subjects, wildcards allowed; none means all
	MaxDeliver int             // attempts before the event becomes a dead letter, 10 by default
	BackOff    []time.Duration // waits between attempts; the last one repeats
	Batch      int             // events taken at once, 100 by default
	AckWait    time.Duration   // after which another process may take the event: a minute by default
	Committed  func()          // called after each commit, for example to notify a relay; may be nil
	Log        *slog.Logger
}

var defaultBackOff = []time.Duration{200 * time.Millisecond, time.Second, 5 * time.Second, 15 * time.Second, 30 * time.Second}

// Consumer applies the events of a stream to a module's database, each exactly once: the changes that the handler
// makes in its transaction are committed together with the event's row in the inbox.
//
// A handler that returns an *Error other than Unavailable and Internal refuses the event: it becomes a dead letter at
// once, as it does after a panic. Unavailable is retried for as long as it lasts, anything else MaxDeliver times.
type Consumer struct {
	db      *sqlx.DB
	nc      *nats.Conn
	cfg     ConsumerConfig
	handler func(context.Context, *sqlx.Tx, []Event) error
	group   int // how many events go into one transaction

	place  place     // up to which this process has seen the inbox to be whole
	server time.Time // the start of the database's server when it did

	beforeAck func() bool // for tests: the moment between the commit and the ack; false loses the ack
}

// NewConsumer makes a consumer whose handler gets one event and its transaction. The context carries the event's
// request id and actor. Several may Run for the same Durable, in one process or many.
func NewConsumer(db *sqlx.DB, nc *nats.Conn, cfg ConsumerConfig, h func(ctx context.Context, tx *sqlx.Tx, ev Event) error) *Consumer {
	c := NewBatchConsumer(db, nc, cfg, func(ctx context.Context, tx *sqlx.Tx, evs []Event) error {
		return h(ctx, tx, evs[0])
	})
	c.group = 1
	return c
}

// NewBatchConsumer makes a consumer whose handler gets up to Batch events in one transaction, in the order of the
// stream and none that was applied before. When it fails they are tried one by one, so it must cope with any number.
// With more than one event the context carries a system actor; each event has its own.
func NewBatchConsumer(db *sqlx.DB, nc *nats.Conn, cfg ConsumerConfig, h func(ctx context.Context, tx *sqlx.Tx, evs []Event) error) *Consumer {
	if cfg.MaxDeliver <= 0 {
		cfg.MaxDeliver = 10
	}
	if len(cfg.BackOff) == 0 {
		cfg.BackOff = defaultBackOff
	}
	if cfg.Batch <= 0 {
		cfg.Batch = 100
	}
	if cfg.AckWait <= 0 {
		cfg.AckWait = time.Minute
	}
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	cfg.Log = cfg.Log.With("consumer", cfg.Durable)
	return &Consumer{db: db, nc: nc, cfg: cfg, handler: h, group: cfg.Batch}
}

// Run consumes until ctx ends and returns nil then. It waits for a stream, a broker or a database that is not there.
// It returns an error only for a configuration that the broker refuses.
func (c *Consumer) Run(ctx context.Context) error {
	js, err := jetstream.New(c.nc)
	if err != nil {
		return fmt.Errorf("open jetstream: %w", err)
	}
	wait := 100 * time.Millisecond
	for ctx.Err() == nil {
		cons, err := c.bind(ctx, js)
		if err == nil {
			wait = 100 * time.Millisecond
			err = c.pull(ctx, js, cons)
		}
		if ctx.Err() != nil {
			break
		}
		if e, ok := errors.AsType[*jetstream.APIError](err); ok && e.Code == 400 {
			return fmt.Errorf("consume %s as %s: %w", c.cfg.Stream, c.cfg.Durable, err)
		}
		c.cfg.Log.Warn("consumer interrupted", "error", err, "again_in", wait)
		pause(ctx, wait)
		wait = min(wait*2, 5*time.Second)
	}
	return nil //nolint:nilerr // it ends with its context
}

func (c *Consumer) bind(ctx context.Context, js jetstream.JetStream) (jetstream.Consumer, error) {
	if !c.nc.IsConnected() {
		return nil, nats.ErrDisconnected
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	// Attempts counted here for events that another process applied, and that were not delivered here again.
	_, err := c.db.ExecContext(ctx, `
		DELETE FROM inbox_attempt a USING inbox i
		WHERE a.consumer = $1 AND i.consumer = a.consumer AND i.event_id = a.event_id`, c.cfg.Durable)
	if err != nil {
		return nil, fmt.Errorf("clear attempts: %w", err)
	}
	if err := EnsureStream(ctx, js, c.cfg.Stream); err != nil {
		return nil, err
	}
	cons, err := js.CreateOrUpdateConsumer(ctx, strings.ToUpper(c.cfg.Stream), jetstream.ConsumerConfig{
		Durable:        c.cfg.Durable,
		AckPolicy:      jetstream.AckExplicitPolicy,
		AckWait:        c.cfg.AckWait,
		FilterSubjects: c.cfg.Filters,
		MaxAckPending:  max(1000, 4*c.cfg.Batch),
		// The broker counts deliveries, of which a database that is down for an hour makes many; attempts are counted
		// here, so that only the event's own failures are held against it.
		MaxDeliver: -1,
	})
	if err != nil {
		return nil, err
	}
	c.server = time.Time{} // everything is looked at anew
	return cons, nil
}

// pull takes events until ctx ends or the broker has to be asked anew.
func (c *Consumer) pull(ctx context.Context, js jetstream.JetStream, cons jetstream.Consumer) error {
	pace := Pace{Every: roundInterval}
	var checked time.Time
	for ctx.Err() == nil {
		if time.Since(checked) > checkEvery {
			// Whatever cannot be caught up with now is tried again; meanwhile new events are applied.
			if err := c.catchUp(ctx, js); err != nil && ctx.Err() == nil {
				c.cfg.Log.Warn("consumer cannot tell whether it is whole", "stream", c.cfg.Stream, "error", err)
			}
			checked = time.Now()
		}
		fetch, cancel := context.WithTimeout(ctx, 5*time.Second)
		batch, err := cons.Fetch(c.cfg.Batch, jetstream.FetchContext(fetch))
		if err != nil {
			cancel()
			return fmt.Errorf("fetch: %w", err)
		}
		msgs := batch.Messages()
		for first := range msgs {
			if c.group > 1 {
				pace.Wait(ctx)
			}
			group := []jetstream.Msg{first}
		more:
			for len(group) < c.group {
				select {
				case m, ok := <-msgs:
					if !ok {
						break more
					}
					group = append(group, m)
				default:
					break more
				}
			}
			c.applyGroup(ctx, group)
		}
		cancel()
		if err := batch.Error(); err != nil && ctx.Err() == nil && !errors.Is(err, context.DeadlineExceeded) &&
			!errors.Is(err, nats.ErrTimeout) && !errors.Is(err, jetstream.ErrNoMessages) {
			return fmt.Errorf("fetch: %w", err)
		}
		if !c.nc.IsConnected() {
			return nats.ErrDisconnected
		}
	}
	return nil
}

type delivery struct {
	msg jetstream.Msg
	ev  Event
}

// applyGroup applies deliveries that arrived at the same time: first deliveries in one transaction, repeated ones alone.
func (c *Consumer) applyGroup(ctx context.Context, msgs []jetstream.Msg) {
	fresh := make([]delivery, 0, len(msgs))
	var again []delivery
	for _, m := range msgs {
		if ctx.Err() != nil {
			_ = m.Nak() // another process can have it now
			continue
		}
		ev, err := read(m)
		d := delivery{m, ev}
		switch {
		case err != nil:
			c.deadLetter(ctx, d, err)
		case ev.Deliveries > 1:
			again = append(again, d)
		default:
			fresh = append(fresh, d)
		}
	}
	if len(fresh) > 1 {
		evs := make([]Event, len(fresh))
		for i, d := range fresh {
			evs[i] = d.ev
		}
		err := c.apply(ctx, evs)
		if err == nil {
			c.ack(ctx, fresh)
			fresh = nil
		} else if ctx.Err() == nil {
			c.cfg.Log.Debug("batch failed, going one by one", "events", len(evs), "error", err)
		}
	}
	for _, d := range append(fresh, again...) {
		c.applyOne(ctx, d)
	}
}

// applyOne applies a single event; if that fails, it decides between a retry and a dead letter.
func (c *Consumer) applyOne(ctx context.Context, d delivery) {
	if ctx.Err() != nil {
		_ = d.msg.Nak()
		return
	}
	attempt := 1
	if d.ev.Deliveries > 1 {
		// Counted before it is tried: an event that kills the process must not do so for ever.
		n, err := c.countAttempt(ctx, d.ev)
		if err != nil {
			c.postpone(ctx, d, err, d.ev.Deliveries)
			return
		}
		attempt = n
		if attempt > c.cfg.MaxDeliver {
			c.deadLetter(ctx, d, errors.New("given up: the process ended during every attempt"))
			return
		}
	}
	err := c.apply(ctx, []Event{d.ev})
	switch code := CodeOf(err); {
	case err == nil:
		c.ack(ctx, []delivery{d})
	case ctx.Err() != nil:
		c.uncount(d.ev)
		_ = d.msg.Nak()
	case code == Unavailable:
		c.uncount(d.ev)
		c.postpone(ctx, d, err, d.ev.Deliveries)
	case code != Internal, attempt >= c.cfg.MaxDeliver:
		c.deadLetter(ctx, d, err)
	default:
		if _, ok := errors.AsType[*panicked](err); ok {
			c.deadLetter(ctx, d, err)
			return
		}
		if d.ev.Deliveries == 1 {
			if _, err := c.countAttempt(ctx, d.ev); err != nil {
				c.cfg.Log.Warn("count attempt", "event", d.ev.ID, "error", err)
			}
		}
		c.cfg.Log.Warn("event failed", "event", d.ev.ID, "subject", d.ev.Subject, "request", d.ev.RequestID, "attempt", attempt, "error", err)
		c.nak(d, attempt)
	}
}

// apply runs the handler over the events that were not applied before, in one transaction with their inbox rows.
func (c *Consumer) apply(ctx context.Context, evs []Event) (err error) {
	ctx, cancel := context.WithTimeout(ctx, c.cfg.AckWait*3/4) // before the broker hands the event to somebody else
	defer cancel()
	if len(evs) == 1 {
		ctx = WithActor(WithRequestID(ctx, evs[0].RequestID), evs[0].Actor)
	} else {
		ctx = System(ctx, c.cfg.Durable)
	}
	defer func() {
		if p := recover(); p != nil {
			c.cfg.Log.Error("event handler panicked", "event", evs[0].ID, "events", len(evs), "subject", evs[0].Subject,
				"request", RequestID(ctx), "panic", p, "stack", string(debug.Stack()))
			err = &panicked{p}
		}
	}()
	ids := make([]string, len(evs))
	for i, ev := range evs {
		ids[i] = ev.ID
	}
	err = InTx(ctx, c.db, nil, func(tx *sqlx.Tx) error {
		// Another process with the same event waits here until this transaction ends. Sorted, so that two batches that
		// share events wait for each other in one direction only.
		var fresh []string
		err := tx.SelectContext(ctx, &fresh, `
			WITH attempt AS (DELETE FROM inbox_attempt WHERE consumer = $1 AND event_id = ANY($2::text[])),
			     dead AS (DELETE FROM dead_letter WHERE consumer = $1 AND event_id = ANY($2::text[]))
			INSERT INTO inbox (consumer, event_id)
			SELECT $1, id FROM unnest($2::text[]) AS id ORDER BY id
			ON CONFLICT DO NOTHING RETURNING event_id`, c.cfg.Durable, pq.StringArray(ids))
		if err != nil {
			return fmt.Errorf("write inbox: %w", err)
		}
		todo := evs
		if len(fresh) < len(evs) {
			isFresh := make(map[string]bool, len(fresh))
			for _, id := range fresh {
				isFresh[id] = true
			}
			todo = make([]Event, 0, len(fresh))
			for _, ev := range evs {
				if isFresh[ev.ID] {
					isFresh[ev.ID] = false // the same event may be there twice
					todo = append(todo, ev)
				}
			}
		}
		if len(todo) == 0 {
			return nil
		}
		return c.handler(ctx, tx, todo)
	})
	if err == nil && c.cfg.Committed != nil {
		c.cfg.Committed()
	}
	return err
}

// ack confirms deliveries. Acks leave in order, so the broker's answer to the last stands for all; one that is lost
// brings the event back, and the inbox knows it.
func (c *Consumer) ack(ctx context.Context, ds []delivery) {
	if c.beforeAck != nil && !c.beforeAck() {
		return
	}
	for _, d := range ds[:len(ds)-1] {
		if err := d.msg.Ack(); err != nil {
			c.cfg.Log.Warn("ack", "event", d.ev.ID, "error", err)
		}
	}
	last := ds[len(ds)-1]
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err := last.msg.DoubleAck(ctx); err != nil {
		c.cfg.Log.Warn("ack", "event", last.ev.ID, "error", err)
	}
}

// nak asks for the event again after the wait of that attempt, spread a little so that a crowd does not come back at
// once.
func (c *Consumer) nak(d delivery, attempt int) time.Duration {
	wait := c.cfg.BackOff[min(max(attempt, 1), len(c.cfg.BackOff))-1]
	if spread := int64(wait / 5); spread > 0 {
		wait += time.Duration(rand.Int64N(spread))
	}
	if err := d.msg.NakWithDelay(wait); err != nil {
		c.cfg.Log.Warn("nak", "event", d.ev.ID, "error", err)
	}
	return wait
}

// postpone retries an event whose failure has another cause than the event. It also holds up the events behind, which
// would fail in the same way.
func (c *Consumer) postpone(ctx context.Context, d delivery, err error, deliveries int) {
	c.cfg.Log.Warn("event has to wait", "event", d.ev.ID, "subject", d.ev.Subject, "request", d.ev.RequestID, "error", err)
	pause(ctx, min(c.nak(d, deliveries), time.Second))
}

// countAttempt counts nothing for an event that another process has applied meanwhile: nobody would take that row away.
func (c *Consumer) countAttempt(ctx context.Context, ev Event) (int, error) {
	var n int
	err := c.db.GetContext(ctx, &n, `
		INSERT INTO inbox_attempt (consumer, event_id, attempts)
		SELECT $1, $2, 1 WHERE NOT EXISTS (SELECT FROM inbox WHERE consumer = $1 AND event_id = $2)
		ON CONFLICT (consumer, event_id) DO UPDATE SET attempts = inbox_attempt.attempts + 1, at = now()
		RETURNING attempts`, c.cfg.Durable, ev.ID)
	if errors.Is(err, sql.ErrNoRows) {
		return 1, nil
	}
	if err != nil {
		return 0, fmt.Errorf("count attempt: %w", err)
	}
	return n, nil
}

func (c *Consumer) uncount(ev Event) {
	if ev.Deliveries == 1 {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	_, err := c.db.ExecContext(ctx, `
		UPDATE inbox_attempt SET attempts = attempts - 1 WHERE consumer = $1 AND event_id = $2`, c.cfg.Durable, ev.ID)
	if err != nil {
		c.cfg.Log.Debug("uncount attempt", "event", ev.ID, "error", err)
	}
}

// deadLetter writes the dead letter and takes the event off the stream; if writing fails, the event is delivered again.
func (c *Consumer) deadLetter(ctx context.Context, d delivery, cause error) {
	if err := c.writeDeadLetter(ctx, d.ev, cause); err != nil {
		c.postpone(ctx, d, err, d.ev.Deliveries)
		return
	}
	c.ack(ctx, []delivery{d})
}

func (c *Consumer) writeDeadLetter(ctx context.Context, ev Event, cause error) error {
	c.cfg.Log.Error("event became a dead letter", "event", ev.ID, "subject", ev.Subject, "request", ev.RequestID,
		"deliveries", ev.Deliveries, "error", cause)
	o, err := originOf(ev.RequestID, ev.Actor)
	var headers []byte
	if err == nil {
		headers, err = o.encode()
	}
	if err == nil {
		_, err = c.db.ExecContext(ctx, `
			WITH attempt AS (DELETE FROM inbox_attempt WHERE consumer = $1 AND event_id = $2)
			INSERT INTO dead_letter (consumer, event_id, subject, data, headers, error, deliveries, occurred_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
			ON CONFLICT (consumer, event_id) DO UPDATE SET error = excluded.error, deliveries = excluded.deliveries`,
			c.cfg.Durable, ev.ID, ev.Subject, storable(string(ev.Data)), string(headers), storable(cause.Error()), ev.Deliveries, ev.OccurredAt)
	}
	if err != nil {
		return fmt.Errorf("write dead letter: %w", err)
	}
	return nil
}

// storable drops the characters that a text column refuses.
func storable(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}

// RetryDead applies the consumer's dead letters again, oldest first, and says how many went through and how many are
// left. Applied events are gone from dead_letter.
func (c *Consumer) RetryDead(ctx context.Context) (done, left int, err error) {
	var rows []struct {
		EventID    string    `db:"event_id"`
		Subject    string    `db:"subject"`
		Data       []byte    `db:"data"`
		Headers    []byte    `db:"headers"`
		Deliveries int       `db:"deliveries"`
		OccurredAt time.Time `db:"occurred_at"`
	}
	err = c.db.SelectContext(ctx, &rows, `
		SELECT event_id, subject, data, headers, deliveries, occurred_at
		FROM dead_letter WHERE consumer = $1 ORDER BY id`, c.cfg.Durable)
	if err != nil {
		return 0, 0, fmt.Errorf("read dead letters: %w", err)
	}
	for _, row := range rows {
		var o origin
		if err := Unmarshal(row.Headers, &o); err != nil {
			return done, len(rows) - done, fmt.Errorf("read dead letter %s: %w", row.EventID, err)
		}
		actor, err := o.actor()
		if err != nil {
			return done, len(rows) - done, fmt.Errorf("read dead letter %s: %w", row.EventID, err)
		}
		ev := Event{ID: row.EventID, Subject: row.Subject, OccurredAt: row.OccurredAt, Data: row.Data,
			RequestID: o.RequestID, Actor: actor, Deliveries: row.Deliveries + 1}
		if err := c.apply(ctx, []Event{ev}); err != nil {
			if ctx.Err() != nil {
				return done, len(rows) - done, ctx.Err()
			}
			c.cfg.Log.Warn("dead letter failed again", "event", ev.ID, "error", err)
			continue
		}
		done++
	}
	return done, len(rows) - done, nil
}

// read makes an Event of a message. An Event returned with an error still has the fields of a dead letter.
func read(m jetstream.Msg) (Event, error) {
	ev := Event{Subject: m.Subject(), Data: m.Data()}
	meta, err := m.Metadata()
	if err != nil {
		return ev, fmt.Errorf("read event: %w", err)
	}
	ev.Deliveries, ev.OccurredAt = int(meta.NumDelivered), meta.Timestamp
	h := m.Headers()
	ev.ID = eventID(h, meta)
	return ev, ev.fill(h)
}

// fill sets the fields that the relay wrote into the headers.
func (ev *Event) fill(h nats.Header) error {
	ev.RequestID = h.Get(headerRequestID)
	if at := h.Get(headerAt); at != "" {
		t, err := time.Parse(time.RFC3339Nano, at)
		if err != nil {
			return fmt.Errorf("read event time: %w", err)
		}
		ev.OccurredAt = t
	}
	if a := h.Get(headerActor); a != "" {
		actor, err := decodeActor(a)
		if err != nil {
			return fmt.Errorf("read event: %w", err)
		}
		ev.Actor = actor
	}
	if !json.Valid(ev.Data) {
		return errors.New("read event: data is not JSON")
	}
	return nil
}

func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}
