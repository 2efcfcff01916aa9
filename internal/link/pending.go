package link

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Pending is the work that waits in a module.
type Pending struct {
	Waiting     time.Duration // of the event that is next to be published
	Behind      int64         // events that the module's consumers have not applied
	DeadLetters int64
}

// PendingReader reads the backlog of one module. The next event's wait is counted from when the event was written or, where
// that is later, from when this reader saw it as the next one: events that are published again are old and do not wait for long.
type PendingReader struct {
	db   *sqlx.DB
	nc   *nats.Conn
	next int64 // seq
	seen time.Time
}

// NewPendingReader makes a reader of a module's schema; it is for one goroutine.
func NewPendingReader(db *sqlx.DB, nc *nats.Conn) *PendingReader {
	return &PendingReader{db: db, nc: nc}
}

// Read reads the backlog.
func (r *PendingReader) Read(ctx context.Context) (Pending, error) {
	var b Pending
	var next struct {
		Seq int64   `db:"seq"`
		Age float64 `db:"age"`
	}
	err := r.db.GetContext(ctx, &next, `
		SELECT coalesce(min(seq), 0) AS seq,
		       coalesce(extract(epoch FROM clock_timestamp() - (SELECT created_at FROM outbox WHERE seq = min(o.seq))), 0)::float8 AS age
		FROM outbox o WHERE published_at IS NULL`)
	if err != nil {
		return b, fmt.Errorf("look at outbox: %w", err)
	}
	if next.Seq != r.next {
		r.next, r.seen = next.Seq, time.Now()
	}
	if next.Seq != 0 {
		b.Waiting = min(time.Duration(next.Age*float64(time.Second)), time.Since(r.seen))
	}
	if err := r.db.GetContext(ctx, &b.DeadLetters, `SELECT count(*) FROM dead_letter`); err != nil {
		return b, fmt.Errorf("count dead letters: %w", err)
	}
	if b.Behind, err = r.behind(ctx); err != nil {
		return b, err
	}
	return b, nil
}

// behind counts the messages that the broker still has for the consumers of this schema.
func (r *PendingReader) behind(ctx context.Context) (int64, error) {
	var consumers []struct {
		Durable string `db:"consumer"`
		Stream  string `db:"module"`
	}
	if err := r.db.SelectContext(ctx, &consumers, `SELECT consumer, module FROM consumer_seen`); err != nil {
		return 0, fmt.Errorf("list consumers: %w", err)
	}
	if len(consumers) == 0 {
		return 0, nil
	}
	js, err := jetstream.New(r.nc)
	if err != nil {
		return 0, fmt.Errorf("open jetstream: %w", err)
	}
	var behind int64
	for _, one := range consumers {
		c, err := js.Consumer(ctx, strings.ToUpper(one.Stream), one.Durable)
		if errors.Is(err, jetstream.ErrConsumerNotFound) || errors.Is(err, jetstream.ErrStreamNotFound) {
			continue // of a version of before, or made in a moment
		}
		if err != nil {
			return 0, fmt.Errorf("look at consumer %s: %w", one.Durable, err)
		}
		behind += int64(c.CachedInfo().NumPending) + int64(c.CachedInfo().NumAckPending)
	}
	return behind, nil
}

func pingSubject(module string) string { return "rpc." + module + ".v1.ping" }

// AnswerPing has s answer Ping.
func AnswerPing(s *Server) {
	Handle(s, pingSubject(s.module), func(context.Context, struct{}) (struct{}, error) { return struct{}{}, nil })
}

// Ping asks whether any process of a module answers. A busy one does.
func Ping(ctx context.Context, nc *nats.Conn, module string) error {
	_, err := Call[struct{}, struct{}](ctx, nc, pingSubject(module), struct{}{})
	if errors.Is(err, E(Unavailable, "busy", "")) {
		return nil
	}
	return err
}
