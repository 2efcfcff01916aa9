package postgres

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"banmuyuan/internal/link"
	"banmuyuan/payments/gateway"
)

// sender is a gateway that has announcements to send, as only the sandbox does.
type sender interface {
	gateway.Gateway
	Send(ctx context.Context) (int, error)
}

// Work runs everything that is due once: provider events, payments and refunds with an open outcome, the sandbox's own
// webhooks. It returns the number of handled items; Run calls it all the time, tests at will.
func (s *Service) Work(ctx context.Context) (int, error) {
	total, err := s.sendAnnouncements(ctx)
	if err != nil {
		return total, err
	}
	var due struct {
		Events   bool `db:"events"`
		Payments bool `db:"payments"`
		Refunds  bool `db:"refunds"`
	}
	err = s.db.GetContext(ctx, &due, `
		SELECT EXISTS (SELECT FROM provider_event WHERE state = 'new' AND next_attempt_at <= $1) AS events,
		       EXISTS (SELECT FROM payment WHERE state IN ('ready', 'sending', 'unknown', 'open') AND next_check_at <= $1) AS payments,
		       EXISTS (SELECT FROM refund WHERE state IN ('ready', 'sending', 'unknown', 'pending') AND next_check_at <= $1) AS refunds`, s.now())
	if err != nil {
		return total, fmt.Errorf("look for work: %w", err)
	}
	for _, step := range []struct {
		due bool
		do  func(context.Context) (int, error)
	}{{due.Events, s.handleEvents}, {due.Payments, s.checkPayments}, {due.Refunds, s.advanceRefunds}, {true, s.keepBooks}, {true, s.advanceAccountBatches}} {
		if !step.due {
			continue
		}
		n, err := step.do(ctx)
		if err != nil {
			return total, err
		}
		total += n
	}
	return total, nil
}

// work runs Work until ctx ends: at once after notify, again while it finds items, and every half second.
func (s *Service) work(ctx context.Context) {
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	pace := link.Pace{Every: 10 * time.Millisecond}
	for {
		pace.Wait(ctx)
		n, err := s.Work(ctx)
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			s.log.Warn("payment worker interrupted", "error", err)
			n = 0
		}
		if n > 0 {
			continue
		}
		select {
		case <-ctx.Done():
			return
		case <-s.wake:
		case <-tick.C:
		}
	}
}

func (s *Service) sendAnnouncements(ctx context.Context) (int, error) {
	total := 0
	for _, g := range s.order {
		if sends, ok := g.(sender); ok {
			n, err := sends.Send(ctx)
			if err != nil {
				return total, err
			}
			total += n
		}
	}
	return total, nil
}

func (s *Service) checkPayments(ctx context.Context) (int, error) {
	now := s.now()
	var due []int64
	// Claimed by moving its time on: after a crash another worker takes it.
	err := s.db.SelectContext(ctx, &due, `
		UPDATE payment SET next_check_at = $1::timestamptz + interval '30 seconds'
		WHERE id IN (SELECT id FROM payment WHERE state IN ('ready', 'sending', 'unknown', 'open') AND next_check_at <= $1
		             ORDER BY next_check_at LIMIT 50 FOR UPDATE SKIP LOCKED)
		RETURNING id`, now)
	if err != nil {
		return 0, fmt.Errorf("claim payments: %w", err)
	}
	var checking errgroup.Group
	checking.SetLimit(concurrency)
	for _, id := range due {
		checking.Go(func() error {
			p, err := s.paymentRow(ctx, s.db, id)
			if err == nil && !p.State.Final() {
				_, err = s.check(ctx, p)
			}
			if err != nil {
				s.log.Warn("check payment", "payment", id, "error", err)
			}
			return nil
		})
	}
	_ = checking.Wait() // each is checked again
	return len(due), ctx.Err()
}

func (s *Service) advanceRefunds(ctx context.Context) (int, error) {
	now := s.now()
	var due []int64
	err := s.db.SelectContext(ctx, &due, `
		UPDATE refund SET next_check_at = $1::timestamptz + interval '30 seconds'
		WHERE id IN (SELECT id FROM refund WHERE state IN ('ready', 'sending', 'unknown', 'pending') AND next_check_at <= $1
		             ORDER BY next_check_at LIMIT 50 FOR UPDATE SKIP LOCKED)
		RETURNING id`, now)
	if err != nil {
		return 0, fmt.Errorf("claim refunds: %w", err)
	}
	for _, id := range due {
		if err := s.advance(ctx, id); err != nil {
			s.log.Warn("advance refund", "refund", id, "error", err)
		}
	}
	return len(due), ctx.Err()
}
