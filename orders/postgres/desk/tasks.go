package desk

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
	"golang.org/x/sync/errgroup"
)

// TaskRow is claimed work.
type TaskRow struct {
	ID        int64     `db:"id"`
	Kind      string    `db:"kind"`
	About     int64     `db:"about"`
	OrderID   int64     `db:"order_id"`
	AmountFen int64     `db:"amount_fen"`
	Purpose   string    `db:"purpose"`
	RunAt     time.Time `db:"run_at"` // of this claim
	Attempts  int       `db:"attempts"`
}

// ErrLater says that a task has to wait for something else.
var ErrLater = errors.New("not yet")

// taskWaits between attempts; the last one repeats.
var taskWaits = []time.Duration{50 * time.Millisecond, 500 * time.Millisecond, 2 * time.Second, 10 * time.Second, 30 * time.Second}

var errTaken = errors.New("the task was taken over")

// DoTasks does the tasks that are due. Tasks of one order run one after another.
func (m *Desk) DoTasks(ctx context.Context) error {
	for {
		var due []TaskRow
		err := m.DB.SelectContext(ctx, &due, `
			UPDATE task SET run_at = $2, attempts = attempts + 1
			WHERE id IN (
				SELECT t.id FROM task t WHERE t.done_at IS NULL AND t.run_at <= $1
				AND NOT EXISTS (SELECT FROM task p WHERE p.order_id = t.order_id AND p.done_at IS NULL AND p.id < t.id)
				ORDER BY t.run_at LIMIT $3 FOR UPDATE SKIP LOCKED)
			RETURNING id, kind, about, order_id, amount_fen, purpose, run_at, attempts`,
			m.Now(), m.After(m.Config.Lease), WorkBatch)
		if err != nil {
			return fmt.Errorf("claim tasks: %w", err)
		}
		var g errgroup.Group
		g.SetLimit(8)
		for _, t := range due {
			g.Go(func() error { return m.DoTask(ctx, t) })
		}
		if err := g.Wait(); err != nil || len(due) == 0 {
			return err
		}
	}
}

func (m *Desk) DoTask(ctx context.Context, t TaskRow) error {
	do := m.Tasks[t.Kind]
	if do == nil {
		return fmt.Errorf("task %d is of kind %q, which no room does", t.ID, t.Kind)
	}
	err := do(ctx, t)
	if err == nil || ctx.Err() != nil {
		return nil //nolint:nilerr // a task that was interrupted is done again after its lease
	}
	if !errors.Is(err, ErrLater) {
		m.Log.Warn("task has to wait", "kind", t.Kind, "about", t.About, "order", t.OrderID, "attempt", t.Attempts, "error", err)
	}
	wait := taskWaits[min(t.Attempts, len(taskWaits))-1]
	_, err = m.DB.ExecContext(ctx, `UPDATE task SET run_at = $3, last_error = $4 WHERE id = $1 AND run_at = $2`,
		t.ID, t.RunAt, m.After(wait), err.Error())
	if err != nil {
		return fmt.Errorf("put off task %d: %w", t.ID, err)
	}
	return nil
}

// Finish marks a task done within the transaction of its work. It returns errTaken, which rolls the work back, when
// another process has taken the task over or it is to be done once more.
func (m *Desk) Finish(ctx context.Context, tx *sqlx.Tx, t TaskRow, outcome string) error {
	res, err := tx.ExecContext(ctx, `
		UPDATE task SET done_at = $3, outcome = $4, last_error = '' WHERE id = $1 AND run_at = $2 AND done_at IS NULL`,
		t.ID, t.RunAt, m.Now(), outcome)
	if err != nil {
		return fmt.Errorf("finish task %d: %w", t.ID, err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 1 {
		return err
	}
	return errTaken
}

// AddTask writes work that needs another module's answer. Facts that are being read are read once more.
func (m *Desk) AddTask(ctx context.Context, tx *sqlx.Tx, kind string, about, orderID, amount int64, purpose string) error {
	now := m.Now()
	_, err := tx.ExecContext(ctx, `
		INSERT INTO task (kind, about, order_id, amount_fen, purpose, run_at, created_at) VALUES ($1, $2, $3, $4, $5, $6, $6)
		ON CONFLICT (kind, about) WHERE done_at IS NULL OR kind = 'late' DO UPDATE
		SET run_at = CASE WHEN task.kind = 'facts' THEN excluded.run_at ELSE task.run_at END`, kind, about, orderID, amount, purpose, now)
	if err != nil {
		return fmt.Errorf("write task: %w", err)
	}
	return nil
}
