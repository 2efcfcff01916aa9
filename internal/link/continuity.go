package link

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// The database is the truth about events, and a stream can be away from it in two ways. Both are looked for when a relay
// takes up its work and every checkEvery after.
//
//   - The stream went back: its folder was lost, restored or cut by a power failure. Then the last message that this schema
//     saw confirmed is not there, and everything written since all consumers had last applied everything is published
//     again; or messages confirmed after it are not there, and they are.
//   - The database went back: a backup was restored, or a standby took over that was some seconds behind. Then the stream
//     holds messages after the last confirmed one that the outbox does not know: events of a time that did not happen. They
//     are taken out of the stream. The salt of an id keeps them apart from the events that are now written with the same
//     seq.
//
// A consumer finds out by itself that its own database went back: see catchUp.

const (
	checkEvery = 15 * time.Second
	// A row may carry the time of a transaction that began long before its commit, and the clocks of two machines differ.
	replayMargin = 2 * time.Minute
	walkBatch    = 500
)

// confirmed is the last message of this schema that a stream confirmed.
type confirmed struct {
	Seq int64  `db:"last_seq"`
	ID  string `db:"last_id"`
}

// check compares every stream that this schema has published to with the database, and mends differences.
func (t *term) check(ctx context.Context) error {
	var modules []string
	if err := t.conn.SelectContext(ctx, &modules, `SELECT module FROM stream_seen ORDER BY module`); err != nil {
		return fmt.Errorf("read streams: %w", err)
	}
	for _, m := range modules {
		if err := t.checkStream(ctx, m); err != nil {
			return fmt.Errorf("check stream of %s: %w", m, err)
		}
	}
	return nil
}

func (t *term) checkStream(ctx context.Context, module string) error {
	if err := EnsureStream(ctx, t.js, module); err != nil {
		return fmt.Errorf("%w: %w", errBroker, err)
	}
	s, err := t.js.Stream(ctx, strings.ToUpper(module))
	if err != nil {
		return fmt.Errorf("%w: %w", errBroker, err)
	}
	var stored struct {
		confirmed
		Created time.Time `db:"created"`
	}
	if err := t.conn.GetContext(ctx, &stored, `SELECT created, last_seq, last_id FROM stream_seen WHERE module = $1`, module); err != nil {
		return fmt.Errorf("read stream: %w", err)
	}
	seen := stored.confirmed
	if last, ok := t.last[module]; ok && last.Seq > seen.Seq {
		seen = last
	}
	there := createdAt(s).Equal(stored.Created)
	if there {
		if there, err = t.holds(ctx, s, seen); err != nil {
			return err
		}
	}
	if !there {
		return t.replay(ctx, s, module)
	}
	if !t.walked[module] {
		// The term has just begun, perhaps on another database than the one before.
		if seen, err = t.compare(ctx, s, module, seen); err != nil {
			return err
		}
		t.walked[module] = true
	}
	return t.note(ctx, s, module, seen)
}

// holds tells whether the stream still has the message that it confirmed. A message that it dropped for its age is no loss.
func (t *term) holds(ctx context.Context, s jetstream.Stream, c confirmed) (bool, error) {
	if c.Seq == 0 {
		return true, nil
	}
	info, err := s.Info(ctx)
	if err != nil {
		return false, fmt.Errorf("%w: look at stream: %w", errBroker, err)
	}
	if info.State.LastSeq < uint64(c.Seq) || c.ID == "" {
		return info.State.LastSeq >= uint64(c.Seq), nil
	}
	m, err := s.GetMsg(ctx, uint64(c.Seq))
	if err == nil {
		return m.Header.Get(jetstream.MsgIDHeader) == c.ID, nil
	}
	if !errors.Is(err, jetstream.ErrMsgNotFound) {
		return false, fmt.Errorf("%w: read stream: %w", errBroker, err)
	}
	var young bool
	err = t.conn.GetContext(ctx, &young, `SELECT EXISTS (SELECT FROM outbox WHERE seq = $1 AND created_at > $2)`,
		outboxSeq(t.schema, c.ID), time.Now().Add(-streamAge/2))
	if err != nil {
		return false, fmt.Errorf("look at outbox: %w", err)
	}
	return !young, nil
}

// replay has everything published again that a consumer may not have applied when the stream lost it.
func (t *term) replay(ctx context.Context, s jetstream.Stream, module string) error {
	tx, err := t.conn.BeginTxx(ctx, nil)
	if err != nil {
		return fmt.Errorf("replay: %w", err)
	}
	defer tx.Rollback() // after a commit there is nothing to roll back
	res, err := tx.ExecContext(ctx, `
		UPDATE outbox SET published_at = NULL
		WHERE published_at IS NOT NULL AND split_part(subject, '.', 2) = $1
		  AND created_at >= (SELECT applied_to - $2 * interval '1 second' FROM stream_seen WHERE module = $1)`,
		module, replayMargin.Seconds())
	if err != nil {
		return fmt.Errorf("replay: %w", err)
	}
	n, err := res.RowsAffected()
	if err != nil {
		return fmt.Errorf("replay: %w", err)
	}
	if _, err := tx.ExecContext(ctx, `UPDATE stream_seen SET created = $2, last_seq = 0, last_id = '', noted_at = clock_timestamp() WHERE module = $1`,
		module, createdAt(s)); err != nil {
		return fmt.Errorf("replay: %w", err)
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("replay: %w", err)
	}
	delete(t.last, module)
	t.walked[module] = true // what it has of this schema is known to be published again or is taken out by the next term
	t.relay.log.Error("the stream has lost messages that it confirmed: publishing them again", "schema", t.schema, "stream", module, "messages", n)
	return nil
}

// compare holds the end of the stream, after the last noted message, against the outbox. Messages of this schema that the
// outbox does not know are taken out of the stream; rows that were marked since and are not in the stream are published
// again. It returns the last message that both know.
func (t *term) compare(ctx context.Context, s jetstream.Stream, module string, seen confirmed) (confirmed, error) {
	ours := t.schema + "-"
	dropped, there := 0, []int64{}
	err := walk(ctx, s, uint64(seen.Seq)+1, 0, nil, func(found []located) error {
		var ids []string
		for _, m := range found {
			if strings.HasPrefix(m.ID, ours) {
				ids = append(ids, m.ID)
			}
		}
		known, err := knownEvents(ctx, t.conn, t.schema, ids)
		if err != nil {
			return err
		}
		for _, m := range found {
			switch {
			case !strings.HasPrefix(m.ID, ours):
			case known[m.ID]:
				seen = confirmed{Seq: int64(m.Seq), ID: m.ID}
				there = append(there, outboxSeq(t.schema, m.ID))
			default:
				if err := s.DeleteMsg(ctx, m.Seq); err != nil && !errors.Is(err, jetstream.ErrMsgNotFound) {
					return fmt.Errorf("%w: drop message %d: %w", errBroker, m.Seq, err)
				}
				dropped++
			}
		}
		return nil
	})
	if err != nil {
		return seen, err
	}
	if dropped > 0 {
		t.relay.log.Error("the database is older than its stream: dropped events of the lost time", "schema", t.schema, "stream", module, "messages", dropped)
	}
	res, err := t.conn.ExecContext(ctx, `
		UPDATE outbox o SET published_at = NULL FROM stream_seen s
		WHERE s.module = $1 AND o.published_at > s.noted_at AND split_part(o.subject, '.', 2) = $1
		  AND o.created_at >= s.applied_to - $2 * interval '1 second' AND o.seq <> ALL ($3)`,
		module, replayMargin.Seconds(), pq.Array(there))
	if err != nil {
		return seen, fmt.Errorf("replay: %w", err)
	}
	if n, err := res.RowsAffected(); err == nil && n > 0 {
		t.relay.log.Error("the stream has lost its last messages: publishing them again", "schema", t.schema, "stream", module, "messages", n)
	}
	return seen, nil
}

// note writes down the last confirmed message, and the present as the time up to which everything was applied if no
// consumer has anything left.
func (t *term) note(ctx context.Context, s jetstream.Stream, module string, last confirmed) error {
	now := time.Now()
	var unpublished bool
	err := t.conn.GetContext(ctx, &unpublished, `
		SELECT EXISTS (SELECT FROM outbox WHERE published_at IS NULL AND split_part(subject, '.', 2) = $1)`, module)
	if err != nil {
		return fmt.Errorf("look at outbox: %w", err)
	}
	applied, consumers := !unpublished, 0
	list := s.ListConsumers(ctx)
	for c := range list.Info() {
		if c.Config.Durable == "" {
			continue // of a walk
		}
		consumers++
		applied = applied && c.NumPending == 0 && c.NumAckPending == 0
	}
	if err := list.Err(); err != nil {
		return fmt.Errorf("%w: list consumers: %w", errBroker, err)
	}
	_, err = t.conn.ExecContext(ctx, `
		UPDATE stream_seen SET last_seq = $2, last_id = $3, noted_at = clock_timestamp(), applied_to = CASE WHEN $4 THEN greatest(applied_to, $5) ELSE applied_to END
		WHERE module = $1`, module, last.Seq, last.ID, applied && consumers > 0, now)
	if err != nil {
		return fmt.Errorf("note stream: %w", err)
	}
	return nil
}

// seeStream begins to keep an eye on a stream that this schema publishes to.
func (t *term) seeStream(ctx context.Context, module string) error {
	s, err := t.js.Stream(ctx, strings.ToUpper(module))
	if err != nil {
		return fmt.Errorf("%w: %w", errBroker, err)
	}
	_, err = t.conn.ExecContext(ctx, `
		INSERT INTO stream_seen (module, created, last_seq, applied_to)
		VALUES ($1, $3, $2, coalesce((SELECT min(created_at) FROM outbox WHERE published_at IS NULL), now())) ON CONFLICT DO NOTHING`,
		module, int64(s.CachedInfo().State.LastSeq), createdAt(s))
	if err != nil {
		return fmt.Errorf("see stream: %w", err)
	}
	return nil
}

// createdAt is when a stream was made, as precisely as PostgreSQL keeps it.
func createdAt(s jetstream.Stream) time.Time {
	return s.CachedInfo().Created.Truncate(time.Microsecond)
}

// end notes the streams that this term has published to, so that the next one has little to compare.
func (t *term) end(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	for module, last := range t.last {
		s, err := t.js.Stream(ctx, strings.ToUpper(module))
		if err == nil && t.walked[module] {
			err = t.note(ctx, s, module, last)
		}
		if err != nil {
			t.relay.log.Debug("note stream", "stream", module, "error", err)
			return
		}
	}
}

// located is a message of a stream by its place and id.
type located struct {
	Seq uint64
	ID  string
}

// walk calls fn with the messages of a stream from one place to another, in order; to 0 is the stream's end.
func walk(ctx context.Context, s jetstream.Stream, from, to uint64, filters []string, fn func([]located) error) error {
	info, err := s.Info(ctx)
	if err != nil {
		return fmt.Errorf("%w: look at stream: %w", errBroker, err)
	}
	if to == 0 || to > info.State.LastSeq {
		to = info.State.LastSeq
	}
	from = max(from, info.State.FirstSeq)
	if from > to {
		return nil
	}
	c, err := s.OrderedConsumer(ctx, jetstream.OrderedConsumerConfig{
		DeliverPolicy: jetstream.DeliverByStartSequencePolicy, OptStartSeq: from, FilterSubjects: filters, HeadersOnly: true,
	})
	if err != nil {
		return fmt.Errorf("%w: walk stream: %w", errBroker, err)
	}
	for left := c.CachedInfo().NumPending; left > 0; {
		// As many as there are: the wait is only for a broker that is slow.
		batch, err := c.Fetch(int(min(left, walkBatch)), jetstream.FetchMaxWait(relayMaxWait))
		if err != nil {
			return fmt.Errorf("%w: walk stream: %w", errBroker, err)
		}
		var found []located
		for m := range batch.Messages() {
			meta, err := m.Metadata()
			if err != nil {
				return fmt.Errorf("walk stream: %w", err)
			}
			if meta.Sequence.Stream <= to {
				found = append(found, located{meta.Sequence.Stream, eventID(m.Headers(), meta)})
			}
			left = meta.NumPending
			if meta.Sequence.Stream >= to {
				left = 0
			}
		}
		if err := batch.Error(); err != nil {
			return fmt.Errorf("%w: walk stream: %w", errBroker, err)
		}
		if len(found) == 0 && left > 0 {
			return fmt.Errorf("%w: walk stream: %d messages did not come", errBroker, left) // or were dropped for their age
		}
		if len(found) > 0 {
			if err := fn(found); err != nil {
				return err
			}
		}
	}
	return nil
}

// eventID is the id of a message; one that comes from no outbox has its place in the stream.
func eventID(h nats.Header, meta *jetstream.MsgMetadata) string {
	if id := h.Get(jetstream.MsgIDHeader); id != "" {
		return id
	}
	return fmt.Sprintf("%s-%d", meta.Stream, meta.Sequence.Stream)
}

// outboxID is the id of an outbox row's message.
func outboxID(schema string, seq int64, salt sql.NullInt32) string {
	if !salt.Valid {
		return fmt.Sprintf("%s-%d", schema, seq)
	}
	return fmt.Sprintf("%s-%d-%08x", schema, seq, salt.Int32)
}

// outboxSeq is the seq in a message's id, or 0, which no row has.
func outboxSeq(schema, id string) int64 {
	seq, _, _ := strings.Cut(strings.TrimPrefix(id, schema+"-"), "-")
	n, err := strconv.ParseInt(seq, 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// knownEvents tells which ids belong to rows of the outbox.
func knownEvents(ctx context.Context, q sqlx.QueryerContext, schema string, ids []string) (map[string]bool, error) {
	known := make(map[string]bool, len(ids))
	if len(ids) == 0 {
		return known, nil
	}
	seqs := make([]int64, 0, len(ids))
	for _, id := range ids {
		seqs = append(seqs, outboxSeq(schema, id))
	}
	var rows []struct {
		Seq  int64         `db:"seq"`
		Salt sql.NullInt32 `db:"salt"`
	}
	err := sqlx.SelectContext(ctx, q, &rows, `SELECT seq, salt FROM outbox WHERE seq = ANY($1)`, pq.Array(seqs))
	if err != nil {
		return nil, fmt.Errorf("look for events: %w", err)
	}
	for _, r := range rows {
		known[outboxID(schema, r.Seq, r.Salt)] = true
	}
	return known, nil
}

// The question whether events are true, asked of the module that would have them in its outbox.
type (
	knownRequest struct {
		IDs []string `json:"ids"`
	}
	knownAnswer struct {
		Known []string `json:"known"`
		Error string   `json:"error,omitempty"`
	}
)

func knownSubject(schema string) string { return "rpc." + schema + ".v1.events_known" }

// answerKnown answers other modules that ask whether events are true.
func (r *Relay) answerKnown(ctx context.Context, schema string) (*nats.Subscription, error) {
	sub, err := r.nc.QueueSubscribe(knownSubject(schema), "relay", func(m *nats.Msg) {
		var q knownRequest
		var a knownAnswer
		err := json.Unmarshal(m.Data, &q)
		var known map[string]bool
		if err == nil {
			known, err = knownEvents(ctx, r.db, schema, q.IDs)
		}
		if err != nil {
			a.Error = err.Error()
		}
		for _, id := range q.IDs {
			if known[id] {
				a.Known = append(a.Known, id)
			}
		}
		if body, err := json.Marshal(a); err == nil {
			_ = m.Respond(body)
		}
	})
	if err != nil {
		return nil, fmt.Errorf("answer about events: %w", err)
	}
	return sub, nil
}

// areKnown asks the modules behind ids which of them are true.
func areKnown(ctx context.Context, nc *nats.Conn, ids []string) (map[string]bool, error) {
	of := map[string][]string{}
	for _, id := range ids {
		schema, _, _ := strings.Cut(id, "-")
		of[schema] = append(of[schema], id)
	}
	known := make(map[string]bool, len(ids))
	for schema, ids := range of {
		body, err := json.Marshal(knownRequest{ids})
		if err != nil {
			return nil, fmt.Errorf("ask %s about events: %w", schema, err)
		}
		ctx, cancel := context.WithTimeout(ctx, relayAckWait)
		m, err := nc.RequestWithContext(ctx, knownSubject(schema), body)
		cancel()
		if err != nil {
			return nil, fmt.Errorf("ask %s about events: %w", schema, err)
		}
		var a knownAnswer
		if err := json.Unmarshal(m.Data, &a); err != nil {
			return nil, fmt.Errorf("ask %s about events: %w", schema, err)
		}
		if a.Error != "" {
			return nil, fmt.Errorf("ask %s about events: %s", schema, a.Error)
		}
		for _, id := range a.Known {
			known[id] = true
		}
	}
	return known, nil
}
