package order

import (
	"context"
	"errors"
	"fmt"

	"github.com/jmoiron/sqlx"
	"golang.org/x/sync/errgroup"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/orders"
	"banmuyuan/orders/postgres/desk"
	"banmuyuan/payments"
)

// Work does everything that is due for orders.
func (m *Room) Work(ctx context.Context) error {
	return errors.Join(
		m.confirmFree(ctx),
		m.expire(ctx),
		m.askProviders(ctx),
		m.endInspections(ctx),
		m.stopAsking(ctx),
	)
}

// confirmFree confirms orders without a deposit whose process ended between writing and confirming them.
func (m *Room) confirmFree(ctx context.Context) error {
	var ids []int64
	err := m.DB.SelectContext(ctx, &ids, `
		SELECT id FROM orders WHERE state = 'placed' AND deposit_fen = 0 AND NOT hold_lost ORDER BY id LIMIT $1`, desk.WorkBatch)
	if err != nil {
		return fmt.Errorf("find free orders: %w", err)
	}
	if len(ids) == 0 {
		return nil
	}
	return m.Tx(ctx, func(tx *sqlx.Tx) error { return m.confirmUnpaid(ctx, tx, ids) })
}

// expire stops the clock of unpaid orders whose time is over. Whether they were paid after all, the providers are asked
// next.
func (m *Room) expire(ctx context.Context) error {
	for {
		var ids []int64
		err := link.InTx(ctx, m.DB, nil, func(tx *sqlx.Tx) error {
			ids = nil
			now := m.Now()
			err := tx.SelectContext(ctx, &ids, `
				UPDATE orders SET state = 'expiring', check_at = $1, version = version + 1
				WHERE id IN (SELECT id FROM orders WHERE state = 'placed' AND expires_at <= $1
				             ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED)
				RETURNING id`, now, desk.WorkBatch)
			if err != nil {
				return fmt.Errorf("stop unpaid orders: %w", err)
			}
			return link.Publish(ctx, tx, desk.Changed(orders.StateExpiring, ids...)...)
		})
		if len(ids) > 0 {
			m.Relay.Notify()
		}
		if err != nil || len(ids) < desk.WorkBatch {
			return err
		}
	}
}

// askProviders asks for each expiring order whether it was paid after all. A yes means that the payment's event is on
// its way; a no ends the order.
func (m *Room) askProviders(ctx context.Context) error {
	for {
		var ids []int64
		err := m.DB.SelectContext(ctx, &ids, `
			UPDATE orders SET check_at = $2
			WHERE id IN (SELECT id FROM orders WHERE state = 'expiring' AND check_at <= $1
			             ORDER BY check_at LIMIT $3 FOR UPDATE SKIP LOCKED)
			RETURNING id`, m.Now(), m.After(m.Config.Lease), desk.WorkBatch)
		if err != nil {
			return fmt.Errorf("claim expiring orders: %w", err)
		}
		unpaid := make([]bool, len(ids))
		var g errgroup.Group
		g.SetLimit(8)
		for i, id := range ids {
			g.Go(func() error {
				res, err := m.Payments.ExpirePayments(desk.AsSystem(ctx), payments.Ref{Ref: orders.PaymentRef(id)})
				if err != nil {
					m.Log.Warn("ask whether an expiring order was paid", "order", id, "error", err)
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
		if len(ids) < desk.WorkBatch {
			return nil
		}
	}
}

func (m *Room) expireUnpaid(ctx context.Context, ids []int64) error {
	if len(ids) == 0 {
		return nil
	}
	return m.Tx(ctx, func(tx *sqlx.Tx) error {
		locked, err := desk.LockOrders(ctx, tx, ids)
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
		_, err = tx.ExecContext(ctx, `UPDATE orders SET state = 'expired', check_at = NULL, version = version + 1 WHERE id = ANY($1)`, desk.Ints(over))
		if err != nil {
			return fmt.Errorf("expire orders: %w", err)
		}
		if err := m.AddTimeline(ctx, tx, over, "order.timeline.expired", nil); err != nil {
			return err
		}
		msgs := desk.Changed(orders.StateExpired, over...)
		for _, id := range over {
			msgs = append(msgs, link.Message{Subject: catalog.CmdRelease, Data: catalog.HoldRelease{OrderID: id, Unconfirmed: true}})
		}
		return link.Publish(ctx, tx, msgs...)
	})
}

// endInspections completes paid orders whose buyer has had the time to complain: the households are released.
func (m *Room) endInspections(ctx context.Context) error {
	for {
		var ids []int64
		err := link.InTx(ctx, m.DB, nil, func(tx *sqlx.Tx) error {
			ids = nil
			err := tx.SelectContext(ctx, &ids, `
				UPDATE orders SET state = 'completed', version = version + 1
				WHERE id IN (SELECT id FROM orders WHERE state = 'paid' AND inspect_until <= $1
				             ORDER BY inspect_until LIMIT $2 FOR UPDATE SKIP LOCKED)
				RETURNING id`, m.Now(), desk.WorkBatch)
			if err != nil {
				return fmt.Errorf("complete orders: %w", err)
			}
			if err := m.AddTimeline(ctx, tx, ids, "order.timeline.completed", nil); err != nil {
				return err
			}
			msgs := desk.Changed(orders.StateCompleted, ids...)
			for _, id := range ids {
				msgs = append(msgs, link.Message{Subject: payments.CmdReleaseRef, Data: payments.ReleaseRef{Ref: orders.PaymentRef(id)}})
			}
			return link.Publish(ctx, tx, msgs...)
		})
		if len(ids) > 0 {
			m.Relay.Notify()
		}
		if err != nil || len(ids) < desk.WorkBatch {
			return err
		}
	}
}
