package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
	"golang.org/x/sync/errgroup"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/orders"
	"banmuyuan/payments"
)

// work does what is due until ctx ends. Several processes may: rows are claimed for a while, and what a process did not
// finish in that time is taken up by another.
func (m *Module) work(ctx context.Context) {
	tick := time.NewTicker(m.cfg.Tick)
	defer tick.Stop()
	for {
		if err := m.workOnce(ctx); err != nil && ctx.Err() == nil {
			m.log.Warn("work interrupted", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-m.wake:
			// Whoever wakes often is answered together.
			select {
			case <-ctx.Done():
				return
			case <-time.After(20 * time.Millisecond):
			}
		}
	}
}

// workOnce does what is due now. One kind of work that fails does not keep the others back.
func (m *Module) workOnce(ctx context.Context) error {
	ctx = link.System(ctx, "orders")
	return errors.Join(
		m.workRaisings(ctx),
		m.confirmFree(ctx),
		m.expire(ctx),
		m.askProviders(ctx),
		m.endInspections(ctx),
		m.stopAsking(ctx),
		m.expireSales(ctx),
		m.doTasks(ctx),
		m.workAdoptions(ctx),
		m.workBoxes(ctx),
		m.workContracts(ctx),
	)
}

const workBatch = 200

// confirmFree confirms orders without a deposit whose process ended between writing and confirming them.
func (m *Module) confirmFree(ctx context.Context) error {
	var ids []int64
	err := m.db.SelectContext(ctx, &ids, `
		SELECT id FROM orders WHERE state = 'placed' AND deposit_fen = 0 AND NOT hold_lost ORDER BY id LIMIT $1`, workBatch)
	if err != nil {
		return fmt.Errorf("find free orders: %w", err)
	}
	if len(ids) == 0 {
		return nil
	}
	return m.tx(ctx, func(tx *sqlx.Tx) error { return m.confirmUnpaid(ctx, tx, ids) })
}

// expire stops the clock of unpaid orders whose time is over. Whether they were paid after all, the providers are asked
// next.
func (m *Module) expire(ctx context.Context) error {
	for {
		var ids []int64
		err := link.InTx(ctx, m.db, nil, func(tx *sqlx.Tx) error {
			ids = nil
			now := m.now()
			err := tx.SelectContext(ctx, &ids, `
				UPDATE orders SET state = 'expiring', check_at = $1, version = version + 1
				WHERE id IN (SELECT id FROM orders WHERE state = 'placed' AND expires_at <= $1
				             ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED)
				RETURNING id`, now, workBatch)
			if err != nil {
				return fmt.Errorf("stop unpaid orders: %w", err)
			}
			return link.Publish(ctx, tx, changed(orders.StateExpiring, ids...)...)
		})
		if len(ids) > 0 {
			m.relay.Kick()
		}
		if err != nil || len(ids) < workBatch {
			return err
		}
	}
}

// askProviders asks for each expiring order whether it was paid after all. A yes means that the payment's event is on
// its way; a no ends the order.
func (m *Module) askProviders(ctx context.Context) error {
	for {
		var ids []int64
		err := m.db.SelectContext(ctx, &ids, `
			UPDATE orders SET check_at = $2
			WHERE id IN (SELECT id FROM orders WHERE state = 'expiring' AND check_at <= $1
			             ORDER BY check_at LIMIT $3 FOR UPDATE SKIP LOCKED)
			RETURNING id`, m.now(), m.after(m.cfg.Lease), workBatch)
		if err != nil {
			return fmt.Errorf("claim expiring orders: %w", err)
		}
		unpaid := make([]bool, len(ids))
		var g errgroup.Group
		g.SetLimit(8)
		for i, id := range ids {
			g.Go(func() error {
				res, err := m.payments.ExpirePayments(asSystem(ctx), payments.Ref{Ref: orders.PaymentRef(id)})
				if err != nil {
					m.log.Warn("ask whether an expiring order was paid", "order", id, "error", err)
				}
				unpaid[i] = err == nil && !res.Paid
				return nil
			})
		}
		if err := g.Wait(); err != nil {
			return err
		}
		var over []int64
		for i, id := range ids {
			if unpaid[i] {
				over = append(over, id)
			}
		}
		if err := m.expireUnpaid(ctx, over); err != nil {
			return err
		}
		if len(ids) < workBatch {
			return nil
		}
	}
}

func (m *Module) expireUnpaid(ctx context.Context, ids []int64) error {
	if len(ids) == 0 {
		return nil
	}
	return m.tx(ctx, func(tx *sqlx.Tx) error {
		locked, err := lockOrders(ctx, tx, ids)
		if err != nil {
			return err
		}
		over := ids[:0:0]
		for _, id := range ids {
			// A deposit that waits for its stock to be found again keeps the order alive.
			if o := locked[id]; o != nil && o.State == orders.StateExpiring && !o.DepositPaid {
				over = append(over, id)
			}
		}
		if len(over) == 0 {
			return nil
		}
		_, err = tx.ExecContext(ctx, `UPDATE orders SET state = 'expired', check_at = NULL, version = version + 1 WHERE id = ANY($1)`, ints(over))
		if err != nil {
			return fmt.Errorf("expire orders: %w", err)
		}
		if err := m.story(ctx, tx, over, "order.timeline.expired", nil); err != nil {
			return err
		}
		msgs := changed(orders.StateExpired, over...)
		for _, id := range over {
			msgs = append(msgs, link.Message{Subject: catalog.CmdRelease, Data: catalog.HoldRelease{OrderID: id, Unconfirmed: true}})
		}
		return link.Publish(ctx, tx, msgs...)
	})
}

// endInspections completes paid orders whose buyer has had the time to complain: the households are released.
func (m *Module) endInspections(ctx context.Context) error {
	for {
		var ids []int64
		err := link.InTx(ctx, m.db, nil, func(tx *sqlx.Tx) error {
			ids = nil
			err := tx.SelectContext(ctx, &ids, `
				UPDATE orders SET state = 'completed', version = version + 1
				WHERE id IN (SELECT id FROM orders WHERE state = 'paid' AND inspect_until <= $1
				             ORDER BY inspect_until LIMIT $2 FOR UPDATE SKIP LOCKED)
				RETURNING id`, m.now(), workBatch)
			if err != nil {
				return fmt.Errorf("complete orders: %w", err)
			}
			if err := m.story(ctx, tx, ids, "order.timeline.completed", nil); err != nil {
				return err
			}
			msgs := changed(orders.StateCompleted, ids...)
			for _, id := range ids {
				msgs = append(msgs, link.Message{Subject: payments.CmdReleaseRef, Data: payments.ReleaseRef{Ref: orders.PaymentRef(id)}})
			}
			return link.Publish(ctx, tx, msgs...)
		})
		if len(ids) > 0 {
			m.relay.Kick()
		}
		if err != nil || len(ids) < workBatch {
			return err
		}
	}
}

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

// doTasks does the tasks that are due, those of one order one after another.
func (m *Module) doTasks(ctx context.Context) error {
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

// taskWaits between attempts; the last one repeats.
var taskWaits = []time.Duration{50 * time.Millisecond, 500 * time.Millisecond, 2 * time.Second, 10 * time.Second, 30 * time.Second}

func (m *Module) doTask(ctx context.Context, t taskRow) error {
	var err error
	switch t.Kind {
	case "late":
		err = m.latePayment(ctx, t)
	case "reclaim":
		err = m.reclaim(ctx, t)
	case "refill":
		err = m.refill(ctx, t)
	case "facts":
		err = m.readFacts(ctx, t)
	}
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
func (m *Module) finish(ctx context.Context, tx *sqlx.Tx, t taskRow, outcome string) error {
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

var errTaken = errors.New("the task was taken over")
