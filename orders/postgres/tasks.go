package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
	"golang.org/x/sync/errgroup"
)

// taskRow is claimed work.
type taskRow struct {
	ID        int64     `db:"id"`
	Kind      string    `db:"kind"`
	About     int64     `db:"about"`
	OrderID   int64     `db:"order_id"`
	AmountFen int64     `db:"amount_fen"`
	Purpose   string    `db:"purpose"`
	RunAt     time.Time `db:"run_at"` // of this claim
	Attempts  int       `db:"attempts"`
}

// errLater says that a task has to wait for something else.
var errLater = errors.New("not yet")

// taskWaits between attempts; the last one repeats.
var taskWaits = []time.Duration{50 * time.Millisecond, 500 * time.Millisecond, 2 * time.Second, 10 * time.Second, 30 * time.Second}

var errTaken = errors.New("the task was taken over")

// doTasks does the tasks that are due, those of one order one after another.
func (m *desk) doTasks(ctx context.Context) error {
	for {
		var due []taskRow
		err := m.db.SelectContext(ctx, &due, `
			UPDATE task SET run_at = $2, attempts = attempts + 1
			WHERE id IN (
				SELECT t.id FROM task t WHERE t.done_at IS NULL AND t.run_at <= $1
				AND NOT EXISTS (SELECT FROM task p WHERE p.order_id = t.order_id AND p.done_at IS NULL AND p.id < t.id)
				ORDER BY t.run_at LIMIT $3 FOR UPDATE SKIP LOCKED)
			RETURNING id, kind, about, order_id, amount_fen, purpose, run_at, attempts`,
			m.now(), m.after(m.cfg.Lease), workBatch)
		if err != nil {
			return fmt.Errorf("claim tasks: %w", err)
		}
		var g errgroup.Group
		g.SetLimit(8)
		for _, t := range due {
			g.Go(func() error { return m.doTask(ctx, t) })
		}
		if err := g.Wait(); err != nil || len(due) == 0 {
			return err
		}
	}
}

func (m *desk) doTask(ctx context.Context, t taskRow) error {
	do := m.tasks[t.Kind]
	if do == nil {
		return fmt.Errorf("task %d is of kind %q, which no room does", t.ID, t.Kind)
	}
	err := do(ctx, t)
	if err == nil || ctx.Err() != nil {
		return nil
	}
	if !errors.Is(err, errLater) {
		m.log.Warn("task has to wait", "kind", t.Kind, "about", t.About, "order", t.OrderID, "attempt", t.Attempts, "error", err)
	}
	wait := taskWaits[min(t.Attempts, len(taskWaits))-1]
	_, err = m.db.ExecContext(ctx, `UPDATE task SET run_at = $3, last_error = $4 WHERE id = $1 AND run_at = $2`,
		t.ID, t.RunAt, m.after(wait), err.Error())
	if err != nil {
		return fmt.Errorf("put off task %d: %w", t.ID, err)
	}
	return nil
}

// finish marks a task done within the transaction of what it did. false: somebody else has taken it over, or it is to be
// done once more; nothing may be committed for the former, which errTaken makes sure of.
func (m *desk) finish(ctx context.Context, tx *sqlx.Tx, t taskRow, outcome string) error {
	res, err := tx.ExecContext(ctx, `
		UPDATE task SET done_at = $3, outcome = $4, last_error = '' WHERE id = $1 AND run_at = $2 AND done_at IS NULL`,
		t.ID, t.RunAt, m.now(), outcome)
	if err != nil {
		return fmt.Errorf("finish task %d: %w", t.ID, err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 1 {
		return err
	}
	return errTaken
}
