package link

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/lib/pq"
	"github.com/nats-io/nats.go/jetstream"
)

// place is how far a consumer has come in a stream.
type place struct {
	Created time.Time `db:"created"` // of the stream
	Floor   int64     `db:"floor"`   // every message up to here is acked
}

// catchUp holds the broker's view of this consumer, how far it has acked, against the database's. When the database went
// back, to a backup or to a standby that was behind, the broker believes events to be applied that the inbox does not
// know: they are read from the stream again and applied, unless their module says that they did not happen.
//
// The inbox is the truth, so nothing is applied twice; and the place is written only after that, so that a process that
// dies meanwhile begins again.
func (c *Consumer) catchUp(ctx context.Context, js jetstream.JetStream) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	s, err := js.Stream(ctx, strings.ToUpper(c.cfg.Stream))
	if err != nil {
		return fmt.Errorf("catch up: %w", err)
	}
	cons, err := s.Consumer(ctx, c.cfg.Durable)
	if err != nil {
		return fmt.Errorf("catch up: %w", err)
	}
	broker := place{Created: createdAt(s), Floor: int64(cons.CachedInfo().AckFloor.Stream)}
	// A server that has started anew may be another one, or hold another state.
	var server time.Time
	if err := c.db.GetContext(ctx, &server, `SELECT pg_postmaster_start_time()`); err != nil {
		return fmt.Errorf("catch up: %w", err)
	}
	var stored place
	err = c.db.GetContext(ctx, &stored, `SELECT created, floor FROM consumer_seen WHERE consumer = $1 AND module = $2`, c.cfg.Durable, c.cfg.Stream)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		// An installation of before, or a first start: nothing is known that could be missing.
	case err != nil:
		return fmt.Errorf("catch up: %w", err)
	case !stored.Created.Equal(broker.Created):
		// A new stream: the broker delivers it from its beginning.
	case server.Equal(c.server) && stored.Floor >= c.place.Floor:
		// This process has seen that everything before was applied, and the database remembers it.
	default:
		if err := c.applyMissing(ctx, s, stored.Floor, broker.Floor); err != nil {
			return fmt.Errorf("catch up: %w", err)
		}
	}
	if !server.Equal(c.server) || broker != c.place {
		_, err = c.db.ExecContext(ctx, `
			INSERT INTO consumer_seen (consumer, module, created, floor) VALUES ($1, $2, $3, $4)
			ON CONFLICT (consumer, module) DO UPDATE SET created = excluded.created, floor = excluded.floor
			WHERE consumer_seen.created <> excluded.created OR consumer_seen.floor < excluded.floor`,
			c.cfg.Durable, c.cfg.Stream, broker.Created, broker.Floor)
		if err != nil {
			return fmt.Errorf("catch up: %w", err)
		}
	}
	c.server, c.place = server, broker
	return nil
}

// applyMissing applies acked events between two places of the stream that the inbox does not know.
func (c *Consumer) applyMissing(ctx context.Context, s jetstream.Stream, from, to int64) error {
	if from >= to {
		return nil
	}
	applied, dropped := 0, 0
	err := walk(ctx, s, uint64(from)+1, uint64(to), c.cfg.Filters, func(found []located) error {
		ids := make([]string, len(found))
		for i, m := range found {
			ids[i] = m.ID
		}
		var missing []string
		err := c.db.SelectContext(ctx, &missing, `
			SELECT e.id FROM unnest($2::text[]) AS e (id)
			WHERE NOT EXISTS (SELECT FROM inbox WHERE consumer = $1 AND event_id = e.id)
			  AND NOT EXISTS (SELECT FROM dead_letter WHERE consumer = $1 AND event_id = e.id)`, c.cfg.Durable, pq.StringArray(ids))
		if err != nil || len(missing) == 0 {
			return err
		}
		known, err := areKnown(ctx, c.nc, missing)
		if err != nil {
			return err
		}
		for _, m := range found {
			switch {
			case !slices.Contains(missing, m.ID):
			case !known[m.ID]:
				dropped++
			default:
				if err := c.applyAgain(ctx, s, m.Seq); err != nil {
					return err
				}
				applied++
			}
		}
		return nil
	})
	if applied+dropped > 0 {
		c.cfg.Log.Error("the database is older than what the broker was told: applied its events again",
			"stream", c.cfg.Stream, "applied", applied, "did_not_happen", dropped)
	}
	return err
}

// applyAgain applies one message of the stream that is acked already. One that fails becomes a dead letter, which can be
// tried again.
func (c *Consumer) applyAgain(ctx context.Context, s jetstream.Stream, seq uint64) error {
	m, err := s.GetMsg(ctx, seq)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return nil // its module took it out meanwhile
	}
	if err != nil {
		return fmt.Errorf("read stream: %w", err)
	}
	ev := Event{ID: m.Header.Get(jetstream.MsgIDHeader), Subject: m.Subject, OccurredAt: m.Time, Data: m.Data, Deliveries: 1}
	if err := ev.fill(m.Header); err != nil {
		return c.writeDeadLetter(ctx, ev, err)
	}
	err = c.apply(ctx, []Event{ev})
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil, CodeOf(err) == Unavailable:
		return err
	default:
		return c.writeDeadLetter(ctx, ev, err)
	}
}
