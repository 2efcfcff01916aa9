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

	"banmuyuan/payments"
	"banmuyuan/payments/gateway"
)

// StoreEvent keeps an announcement of a provider for the worker. The same one again is success.
func (s *Service) StoreEvent(ctx context.Context, provider string, e gateway.Event, body []byte) error {
	if _, err := s.storing.Do(ctx, storedEvent{provider, e, body}); err != nil {
		return err
	}
	s.fault("event stored")
	s.notify()
	return nil
}

type storedEvent struct {
	provider string
	event    gateway.Event
	body     []byte
}

func (s *Service) storeEvents(ctx context.Context, all []storedEvent) ([]struct{}, error) {
	var providers, ids, types, sessions, refunds, disputes, versions pq.StringArray
	var live pq.BoolArray
	var bodies pq.ByteaArray
	for _, w := range all {
		e := w.event
		providers, ids, types = append(providers, w.provider), append(ids, e.ID), append(types, e.Type)
		sessions, refunds, disputes = append(sessions, e.SessionID), append(refunds, e.RefundID), append(disputes, e.DisputeID)
		live, versions, bodies = append(live, e.Live), append(versions, e.Version), append(bodies, w.body)
	}
	_, err := s.db.ExecContext(ctx, `
		INSERT INTO provider_event (provider, event_id, type, session_id, refund_id, dispute_id, live, version, body, received_at, next_attempt_at)
		SELECT u.*, $10::timestamptz, $10::timestamptz
		FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bool[], $8::text[], $9::bytea[])
		     AS u (provider, id, type, session, refund, dispute, live, version, body)
		ORDER BY u.provider, u.id ON CONFLICT (provider, event_id) DO NOTHING`,
		providers, ids, types, sessions, refunds, disputes, live, versions, bodies, s.now())
	if err != nil {
		return nil, fmt.Errorf("store %d events: %w", len(all), err)
	}
	return make([]struct{}, len(all)), nil
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

// topic is the subject of events. The events of one topic are answered by one look at the provider.
type topic struct {
	provider, session, refund, dispute string
	live                               bool
	version                            string
}

// unknownFor is how long an event may be about something that is not known yet: an answer that is being written.
const unknownFor = time.Minute

// handleEvents applies stored events. An event says only that its subject changed: the provider is asked for the present
// state.
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
	// One look at the provider answers all events of a topic.
	about := map[topic][]eventRow{}
	for _, e := range due {
		key := topic{e.Provider, e.SessionID, e.RefundID, e.DisputeID, e.Live, e.Version}
		about[key] = append(about[key], e)
	}
	known, err := s.findSubjects(ctx, slices.Collect(maps.Keys(about)))
	if err != nil {
		return 0, err
	}
	var mu sync.Mutex
	steps := make(map[topic]payments.NoticeStep, len(about))
	reports := map[topic]paymentReport{} // on payments: applied before their events are marked
	var looking errgroup.Group
	looking.SetLimit(concurrency)
	for key, events := range about {
		looking.Go(func() error {
			step, report, err := s.handleEvent(ctx, events[0], known[key])
			if err != nil {
				s.log.Warn("provider event has to wait", "provider", key.provider, "event", events[0].ID, "error", err)
				return nil
			}
			mu.Lock()
			defer mu.Unlock()
			steps[key] = step
			if report != nil {
				reports[key] = *report
			}
			return nil
		})
	}
	_ = looking.Wait() // failed events come again
	for key, err := range s.applyTopicReports(ctx, reports) {
		s.log.Warn("provider event has to wait", "provider", key.provider, "event", about[key][0].ID, "error", err)
		delete(steps, key)
	}
	var providers, ids, outcomes pq.StringArray
	for key, step := range steps {
		if step == "" {
			continue
		}
		for _, e := range about[key] {
			providers, ids, outcomes = append(providers, e.Provider), append(ids, e.ID), append(outcomes, string(payments.NoticeMachine.To(step)))
		}
	}
	if len(ids) == 0 {
		return len(due), nil
	}
	s.fault("event handled")
	_, err = s.db.ExecContext(ctx, `
		UPDATE provider_event e SET state = u.state, done_at = $4
		FROM unnest($1::text[], $2::text[], $3::text[]) AS u (provider, id, state)
		WHERE e.provider = u.provider AND e.event_id = u.id AND e.state = ANY($5)`, providers, ids, outcomes, now,
		pq.Array(payments.NoticeMachine.From(payments.NoticeApply)))
	if err != nil {
		return 0, fmt.Errorf("mark provider events: %w", err)
	}
	return len(due), nil
}

// concurrency is the number of payments or refunds that are looked at concurrently: each commits by itself, and concurrent
// commits share the disk's time.
const concurrency = 8

// applyTopicReports applies reports on payments in one transaction. When it fails, each report gets a transaction of its own, so
// that one bad report does not hold up the others; the errors of the second attempt are returned.
func (s *Service) applyTopicReports(ctx context.Context, reports map[topic]paymentReport) map[topic]error {
	if len(reports) == 0 {
		return nil
	}
	all := slices.Collect(maps.Values(reports))
	err := s.applyReports(ctx, all...)
	if err == nil {
		return nil
	}
	failed := map[topic]error{}
	for key, report := range reports {
		if len(reports) > 1 {
			err = s.applyReports(ctx, report)
		}
		if err != nil {
			failed[key] = err
		}
	}
	return failed
}

// subject is the payment or refund that events are about; 0 when there is none, or not yet.
type subject struct{ payment, refund int64 }

func (s *Service) findSubjects(ctx context.Context, topics []topic) (map[topic]subject, error) {
	var providers, sessions, refunds pq.StringArray
	for _, t := range topics {
		providers, sessions, refunds = append(providers, t.provider), append(sessions, t.session), append(refunds, t.refund)
	}
	var rows []struct {
		N       int   `db:"n"`
		Payment int64 `db:"payment"`
		Refund  int64 `db:"refund"`
	}
	err := s.db.SelectContext(ctx, &rows, `
		SELECT u.n, coalesce(p.id, 0) AS payment,
		       coalesce((SELECT f.id FROM refund f JOIN payment q ON q.id = f.payment_id
		                 WHERE f.provider_id = u.refund AND f.provider_id <> '' AND q.method = u.provider), 0) AS refund
		FROM unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY AS u (provider, session, refund, n)
		LEFT JOIN payment p ON p.method = u.provider AND p.provider_id = u.session AND p.provider_id <> ''`, providers, sessions, refunds)
	if err != nil {
		return nil, fmt.Errorf("look up the subjects of events: %w", err)
	}
	found := make(map[topic]subject, len(topics))
	for _, r := range rows {
		found[topics[r.N-1]] = subject{r.Payment, r.Refund}
	}
	return found, nil
}

// handleEvent returns the step of an event, "" to try again later, and the report on a payment to apply before that step.
func (s *Service) handleEvent(ctx context.Context, e eventRow, about subject) (payments.NoticeStep, *paymentReport, error) {
	hooks, ok := s.gateways[e.Provider].(gateway.Webhooks)
	if !ok || !hooks.Accepts(gateway.Event{ID: e.ID, Type: e.Type, SessionID: e.SessionID, RefundID: e.RefundID, Live: e.Live, Version: e.Version}) {
		s.log.Warn("provider event ignored", "provider", e.Provider, "event", e.ID, "live", e.Live, "version", e.Version)
		return payments.NoticeIgnore, nil, nil
	}
	if e.DisputeID != "" {
		step, err := s.handleDispute(ctx, e, hooks)
		return step, nil, err
	}
	if e.SessionID == "" && e.RefundID == "" {
		return payments.NoticeIgnore, nil, nil // about nothing of ours
	}
	payment, refund := about.payment, about.refund
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
		return payments.NoticeApply, nil, s.applyRefundReport(ctx, refund, st)
	case e.RefundID == "" && payment != 0:
		st, err := hooks.Lookup(ctx, e.SessionID)
		if err != nil {
			return "", nil, fmt.Errorf("look up payment %d: %w", payment, err)
		}
		return payments.NoticeApply, &paymentReport{payment, st}, nil
	case s.now().Sub(e.ReceivedAt) < unknownFor:
		return "", nil, nil
	}
	return payments.NoticeIgnore, nil, nil
}
