package postgres

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/lib/pq"
	"golang.org/x/sync/errgroup"

	"banmuyuan/payments/gateway"
)

// StoreEvent keeps an announcement of a provider for the worker. The same one again is success.
func (s *Service) StoreEvent(ctx context.Context, provider string, e gateway.Event, body []byte) error {
	now := s.now()
	_, err := s.db.ExecContext(ctx, `
		INSERT INTO provider_event (provider, event_id, type, session_id, refund_id, dispute_id, live, version, body, received_at, next_attempt_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10) ON CONFLICT (provider, event_id) DO NOTHING`,
		provider, e.ID, e.Type, e.SessionID, e.RefundID, e.DisputeID, e.Live, e.Version, body, now)
	if err != nil {
		return fmt.Errorf("store event %s of %s: %w", e.ID, provider, err)
	}
	s.fault("event stored")
	s.kick()
	return nil
}

type eventRow struct {
	Provider   string    `db:"provider"`
	ID         string    `db:"event_id"`
	Type       string    `db:"type"`
	SessionID  string    `db:"session_id"`
	RefundID   string    `db:"refund_id"`
	DisputeID  string    `db:"dispute_id"`
	Live       bool      `db:"live"`
	Version    string    `db:"version"`
	ReceivedAt time.Time `db:"received_at"`
}

// unknownFor is how long an event may be about something that is not known yet: an answer that is being written.
const unknownFor = time.Minute

// handleEvents looks at what stored events are about. The event says that something changed; what it is now, the
// provider is asked.
func (s *Service) handleEvents(ctx context.Context) (int, error) {
	now := s.now()
	var due []eventRow
	err := s.db.SelectContext(ctx, &due, `
		UPDATE provider_event SET attempts = attempts + 1, next_attempt_at = $1::timestamptz + least(interval '10 seconds' * power(2, attempts), interval '1 hour')
		WHERE (provider, event_id) IN (
			SELECT provider, event_id FROM provider_event WHERE state = 'new' AND next_attempt_at <= $1
			ORDER BY next_attempt_at LIMIT 200 FOR UPDATE SKIP LOCKED)
		RETURNING provider, event_id, type, session_id, refund_id, dispute_id, live, version, received_at`, now)
	if err != nil {
		return 0, fmt.Errorf("claim provider events: %w", err)
	}
	// Many events say the same: one look answers them all.
	type topic struct {
		provider, session, refund, dispute string
		live                               bool
		version                            string // what is not accepted speaks for itself alone
	}
	about := map[topic][]eventRow{}
	for _, e := range due {
		what := topic{e.Provider, e.SessionID, e.RefundID, e.DisputeID, e.Live, e.Version}
		about[what] = append(about[what], e)
	}
	var mu sync.Mutex
	var providers, ids, states pq.StringArray
	var looking errgroup.Group
	looking.SetLimit(atOnce)
	for _, events := range about {
		looking.Go(func() error {
			e := events[0]
			state, err := s.handleEvent(ctx, e)
			if err != nil {
				s.log.Warn("provider event has to wait", "provider", e.Provider, "event", e.ID, "error", err)
				return nil
			}
			if state == "new" {
				return nil
			}
			mu.Lock()
			defer mu.Unlock()
			for _, e := range events {
				providers, ids, states = append(providers, e.Provider), append(ids, e.ID), append(states, state)
			}
			return nil
		})
	}
	_ = looking.Wait() // what could not be handled comes again
	if len(ids) == 0 {
		return len(due), nil
	}
	s.fault("event handled")
	_, err = s.db.ExecContext(ctx, `
		UPDATE provider_event e SET state = u.state, done_at = $4
		FROM unnest($1::text[], $2::text[], $3::text[]) AS u (provider, id, state)
		WHERE e.provider = u.provider AND e.event_id = u.id`, providers, ids, states, now)
	if err != nil {
		return 0, fmt.Errorf("mark provider events: %w", err)
	}
	return len(due), nil
}

// atOnce is how many payments or refunds are looked into at once: each commits by itself, and commits that come
// together share the disk's time.
const atOnce = 8

// handleEvent returns the event's next state.
func (s *Service) handleEvent(ctx context.Context, e eventRow) (string, error) {
	hooks, ok := s.gateways[e.Provider].(gateway.Webhooks)
	if !ok || !hooks.Accepts(gateway.Event{ID: e.ID, Type: e.Type, SessionID: e.SessionID, RefundID: e.RefundID, Live: e.Live, Version: e.Version}) {
		s.log.Warn("provider event ignored", "provider", e.Provider, "event", e.ID, "live", e.Live, "version", e.Version)
		return "ignored", nil
	}
	if e.DisputeID != "" {
		return s.handleDispute(ctx, e, hooks)
	}
	if e.SessionID == "" && e.RefundID == "" {
		return "ignored", nil // about nothing of ours
	}
	var payment, refund int64
	err := s.db.QueryRowxContext(ctx, `
		SELECT coalesce((SELECT id FROM payment WHERE method = $1 AND provider_id = $2 AND $2 <> ''), 0),
		       coalesce((SELECT f.id FROM refund f JOIN payment p ON p.id = f.payment_id WHERE p.method = $1 AND f.provider_id = $3 AND $3 <> ''), 0)`,
		e.Provider, e.SessionID, e.RefundID).Scan(&payment, &refund)
	if err != nil {
		return "", fmt.Errorf("look up what an event is about: %w", err)
	}
	switch {
	case e.RefundID != "" && refund != 0:
		f, err := refundByID(ctx, s.db, refund)
		if err != nil {
			return "", err
		}
		st, err := hooks.LookupRefund(ctx, f.ProviderID, f.request())
		if err != nil {
			return "", fmt.Errorf("look up refund %d: %w", refund, err)
		}
		return "done", s.learnRefund(ctx, refund, st)
	case e.RefundID == "" && payment != 0:
		st, err := hooks.Lookup(ctx, e.SessionID)
		if err != nil {
			return "", fmt.Errorf("look up payment %d: %w", payment, err)
		}
		return "done", s.learn(ctx, payment, st)
	case s.now().Sub(e.ReceivedAt) < unknownFor:
		return "new", nil
	}
	return "ignored", nil
}
