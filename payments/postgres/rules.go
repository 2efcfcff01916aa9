package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"banmuyuan/internal/link"
	"banmuyuan/payments"
	"banmuyuan/payments/cooling"
)

var _ cooling.Rules = (*Service)(nil)

// coolingTime is the time in force: that of the county, or else that of the settings. It is read in the transaction of an
// approval, so that every process keeps to it from the commit on.
func (s *Service) coolingTime(ctx context.Context, q sqlx.QueryerContext) (time.Duration, error) {
	var hours int64
	err := sqlx.GetContext(ctx, q, &hours, `SELECT hours FROM cooling_rule WHERE state = $1`, string(cooling.InForce))
	if missing(err) {
		return s.cooling, nil
	}
	if err != nil {
		return 0, fmt.Errorf("read cooling time: %w", err)
	}
	return time.Duration(hours) * time.Hour, nil
}

type coolingRow struct {
	ID        int64         `db:"id"`
	Hours     int64         `db:"hours"`
	State     cooling.State `db:"state"`
	Creator   int64         `db:"creator"`
	CreatedBy string        `db:"created_by"`
	CreatedAt time.Time     `db:"created_at"`
	DecidedBy string        `db:"decided_by"`
	DecidedAt *time.Time    `db:"decided_at"`
	Why       string        `db:"why"`
}

const coolingColumns = `id, hours, state, creator, created_by, created_at, decided_by, decided_at, why`

func (r coolingRow) out() cooling.Change {
	return cooling.Change{ID: r.ID, Hours: r.Hours, State: r.State, By: r.CreatedBy, At: r.CreatedAt.UTC(), DecidedBy: r.DecidedBy,
		DecidedAt: r.DecidedAt, Why: r.Why}
}

// CoolingRules implements cooling.Rules.
func (s *Service) CoolingRules(ctx context.Context, _ payments.None) (cooling.Overview, error) {
	if _, err := need(ctx, county...); err != nil {
		return cooling.Overview{}, err
	}
	return s.coolingRules(ctx, s.db)
}

func (s *Service) coolingRules(ctx context.Context, q sqlx.QueryerContext) (cooling.Overview, error) {
	out := cooling.Overview{History: []cooling.Change{}}
	inForce, err := s.coolingTime(ctx, q)
	if err != nil {
		return out, err
	}
	out.Hours = int64(inForce.Hours())
	var rows []coolingRow
	if err := sqlx.SelectContext(ctx, q, &rows, `SELECT `+coolingColumns+` FROM cooling_rule ORDER BY id DESC LIMIT 50`); err != nil {
		return out, fmt.Errorf("read history of cooling times: %w", err)
	}
	for _, r := range rows {
		change := r.out()
		if r.State == cooling.Waiting {
			out.Waiting = &change
		}
		out.History = append(out.History, change)
	}
	return out, nil
}

// moveCooling takes the time that is in one of the states of a step away.
func (c *change) moveCooling(ctx context.Context, step cooling.Step) error {
	_, err := c.tx.ExecContext(ctx, `UPDATE cooling_rule SET state = $1 WHERE state = ANY($2)`,
		cooling.Machine.To(step), pq.Array(cooling.Machine.From(step)))
	if err != nil {
		return fmt.Errorf("replace cooling time: %w", err)
	}
	return nil
}

// lockCooling makes changes of the time take turns.
func (c *change) lockCooling(ctx context.Context) error {
	if _, err := c.tx.ExecContext(ctx, `LOCK TABLE cooling_rule IN SHARE ROW EXCLUSIVE MODE`); err != nil {
		return fmt.Errorf("lock cooling time: %w", err)
	}
	return nil
}

// SetCooling implements cooling.Rules.
func (s *Service) SetCooling(ctx context.Context, r cooling.Set) (cooling.Overview, error) {
	actor, err := need(ctx, county...)
	if err == nil && actor.Account == 0 {
		err = link.E(link.Forbidden, "forbidden", "") // a person sets it
	}
	if err == nil {
		err = r.Check()
	}
	if err != nil {
		return cooling.Overview{}, err
	}
	var out cooling.Overview
	err = s.change(ctx, func(c *change) error {
		if err := c.lockCooling(ctx); err != nil {
			return err
		}
		inForce, err := s.coolingTime(ctx, c.tx)
		if err != nil {
			return err
		}
		if err := s.enterCooling(ctx, c, actor, r, inForce); err != nil {
			return err
		}
		out, err = s.coolingRules(ctx, c.tx)
		return err
	})
	return out, err
}

func (s *Service) enterCooling(ctx context.Context, c *change, actor link.Actor, r cooling.Set, inForce time.Duration) error {
	var waiting coolingRow
	err := sqlx.GetContext(ctx, c.tx, &waiting, `SELECT `+coolingColumns+` FROM cooling_rule WHERE state = $1`, string(cooling.Waiting))
	switch {
	case err != nil && !missing(err):
		return fmt.Errorf("read cooling time that waits: %w", err)
	case err == nil && waiting.Hours == r.Hours:
		return nil // asked for already: its author stays, so that it cannot be approved by asking once more
	case missing(err) && time.Duration(r.Hours)*time.Hour == inForce:
		return nil
	}
	if err := c.moveCooling(ctx, cooling.StepWithdraw); err != nil {
		return err
	}
	entered := r.Entered(inForce)
	kind := "rules.cooling_asked"
	if entered == cooling.InForce {
		kind = "rules.cooling"
		if err := c.moveCooling(ctx, cooling.StepReplace); err != nil {
			return err
		}
	}
	var id int64
	err = c.tx.GetContext(ctx, &id, `INSERT INTO cooling_rule (hours, state, creator, created_by, created_at) VALUES ($1, $2, $3, $4, $5) RETURNING id`,
		r.Hours, string(entered), actor.Account, c.actor, c.now)
	if err != nil {
		return fmt.Errorf("enter cooling time: %w", err)
	}
	c.did(kind, "cooling", id, fmt.Sprintf("%d %d", int64(inForce.Hours()), r.Hours))
	return nil
}

// DecideCooling implements cooling.Rules.
func (s *Service) DecideCooling(ctx context.Context, r cooling.Decide) (cooling.Overview, error) {
	actor, err := need(ctx, roleApprover)
	if err == nil && actor.Account == 0 {
		err = link.E(link.Forbidden, "forbidden", "")
	}
	if err == nil {
		err = r.Check()
	}
	if err != nil {
		return cooling.Overview{}, err
	}
	var out cooling.Overview
	err = s.change(ctx, func(c *change) error {
		if err := c.lockCooling(ctx); err != nil {
			return err
		}
		if err := s.decideCooling(ctx, c, actor, r); err != nil {
			return err
		}
		out, err = s.coolingRules(ctx, c.tx)
		return err
	})
	return out, err
}

func (s *Service) decideCooling(ctx context.Context, c *change, actor link.Actor, r cooling.Decide) error {
	var row struct {
		coolingRow
		Decider int64 `db:"decider"`
	}
	err := sqlx.GetContext(ctx, c.tx, &row, `SELECT `+coolingColumns+`, decider FROM cooling_rule WHERE id = $1`, r.ID)
	if missing(err) {
		return link.E(link.NotFound, "not_found", "id")
	}
	if err != nil {
		return fmt.Errorf("read cooling time: %w", err)
	}
	if row.Decider == actor.Account && row.State == cooling.Machine.To(r.Step()) {
		return nil // sent twice
	}
	if _, err := link.Next(cooling.Machine, row.State, r.Step()); err != nil {
		return err
	}
	if c.same(actor, row.Creator, row.CreatedBy) {
		return link.E(link.Forbidden, "payout.second_person", "")
	}
	if r.Approve {
		if err := c.moveCooling(ctx, cooling.StepReplace); err != nil {
			return err
		}
	}
	_, err = c.tx.ExecContext(ctx, `
		UPDATE cooling_rule SET state = $2, decider = $3, decided_by = $4, decided_at = $5, why = $6 WHERE id = $1 AND state = ANY($7)`,
		r.ID, cooling.Machine.To(r.Step()), actor.Account, c.actor, c.now, r.Why, pq.Array(cooling.Machine.From(r.Step())))
	if err != nil {
		return fmt.Errorf("decide cooling time: %w", err)
	}
	c.decided("cooling", r.ID, r.Approve)
	return nil
}
