package postgres

import (
	"context"
	"fmt"
	"maps"
	"slices"
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

// topic is what events are about; what is not accepted speaks for itself alone.
type topic struct {
	provider, session, refund, dispute string
	live                               bool
	version                            string
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
	about := map[topic][]eventRow{}
	for _, e := range due {
		what := topic{e.Provider, e.SessionID, e.RefundID, e.DisputeID, e.Live, e.Version}
		about[what] = append(about[what], e)
	}
	var mu sync.Mutex
	states := make(map[topic]string, len(about))
	heard := map[topic]said{} // of payments, each applied before its events are done
	var looking errgroup.Group
	looking.SetLimit(atOnce)
	for what, events := range about {
		looking.Go(func() error {
			state, news, err := s.handleEvent(ctx, events[0])
			if err != nil {
				s.log.Warn("provider event has to wait", "provider", what.provider, "event", events[0].ID, "error", err)
				return nil
			}
			mu.Lock()
			defer mu.Unlock()
			states[what] = state
			if news != nil {
				heard[what] = *news
			}
			return nil
		})
	}
	_ = looking.Wait() // what could not be handled comes again
	for what, err := range s.learnTogether(ctx, heard) {
		s.log.Warn("provider event has to wait", "provider", what.provider, "event", about[what][0].ID, "error", err)
		delete(states, what)
	}
	var providers, ids, outcomes pq.StringArray
	for what, state := range states {
		if state == "new" {
			continue
		}
		for _, e := range about[what] {
			providers, ids, outcomes = append(providers, e.Provider), append(ids, e.ID), append(outcomes, state)
		}
	}
	if len(ids) == 0 {
		return len(due), nil
	}
	s.fault("event handled")
	_, err = s.db.ExecContext(ctx, `
		UPDATE provider_event e SET state = u.state, done_at = $4
		FROM unnest($1::text[], $2::text[], $3::text[]) AS u (provider, id, state)
		WHERE e.provider = u.provider AND e.event_id = u.id`, providers, ids, outcomes, now)
	if err != nil {
		return 0, fmt.Errorf("mark provider events: %w", err)
	}
	return len(due), nil
}

// atOnce is how many payments or refunds are looked into at once: each commits by itself, and commits that come
// together share the disk's time.
const atOnce = 8

// learnTogether applies what was heard of payments in one transaction, whose commit they share. When it fails each goes by
// itself, so that none waits for what is wrong with another; those that fail again are returned.
func (s *Service) learnTogether(ctx context.Context, heard map[topic]said) map[topic]error {
	if len(heard) == 0 {
		return nil
	}
	all := slices.Collect(maps.Values(heard))
	err := s.learn(ctx, all...)
	if err == nil {
		return nil
	}
	failed := map[topic]error{}
	for what, news := range heard {
		if len(heard) > 1 {
			err = s.learn(ctx, news)
		}
		if err != nil {
			failed[what] = err
		}
	}
	return failed
}

// handleEvent returns the event's next state, and what is to be learned of a payment before it is in it.
func (s *Service) handleEvent(ctx context.Context, e eventRow) (string, *said, error) {
	hooks, ok := s.gateways[e.Provider].(gateway.Webhooks)
	if !ok || !hooks.Accepts(gateway.Event{ID: e.ID, Type: e.Type, SessionID: e.SessionID, RefundID: e.RefundID, Live: e.Live, Version: e.Version}) {
		s.log.Warn("provider event ignored", "provider", e.Provider, "event", e.ID, "live", e.Live, "version", e.Version)
		return "ignored", nil, nil
	}
	if e.DisputeID != "" {
		state, err := s.handleDispute(ctx, e, hooks)
		return state, nil, err
	}
	if e.SessionID == "" && e.RefundID == "" {
		return "ignored", nil, nil // about nothing of ours
	}
	var payment, refund int64
	err := s.db.QueryRowxContext(ctx, `
		SELECT coalesce((SELECT id FROM payment WHERE method = $1 AND provider_id = $2 AND $2 <> ''), 0),
		       coalesce((SELECT f.id FROM refund f JOIN payment p ON p.id = f.payment_id WHERE p.method = $1 AND f.provider_id = $3 AND $3 <> ''), 0)`,
		e.Provider, e.SessionID, e.RefundID).Scan(&payment, &refund)
	if err != nil {
		return "", nil, fmt.Errorf("look up what an event is about: %w", err)
	}
	switch {
	case e.RefundID != "" && refund != 0:
		f, err := refundByID(ctx, s.db, refund)
		if err != nil {
			return "", nil, err
		}
		st, err := hooks.LookupRefund(ctx, f.ProviderID, f.request())
		if err != nil {
			return "", nil, fmt.Errorf("look up refund %d: %w", refund, err)
		}
		return "done", nil, s.learnRefund(ctx, refund, st)
	case e.RefundID == "" && payment != 0:
		st, err := hooks.Lookup(ctx, e.SessionID)
		if err != nil {
			return "", nil, fmt.Errorf("look up payment %d: %w", payment, err)
		}
		return "done", &said{payment, st}, nil
	case s.now().Sub(e.ReceivedAt) < unknownFor:
		return "new", nil, nil
	}
	return "ignored", nil, nil
}
