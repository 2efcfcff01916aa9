package order

import (
	"context"
	"errors"
	"fmt"

	"github.com/jmoiron/sqlx"

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
		m.unpaid.Work(ctx),
		m.endInspections(ctx),
		m.answerOverdue(ctx),
	)
}

// confirmFree confirms orders without a deposit that a process left behind between writing and confirming them.
func (m *Room) confirmFree(ctx context.Context) error {
	var ids []int64
	err := m.DB.SelectContext(ctx, &ids, `
		SELECT id FROM orders WHERE `+isFree+` ORDER BY id LIMIT $1`, desk.WorkBatch)
	if err != nil {
		return fmt.Errorf("find free orders: %w", err)
	}
	if len(ids) == 0 {
		return nil
	}
	return m.Tx(ctx, func(tx *sqlx.Tx) error { return m.confirmUnpaid(ctx, tx, ids) })
}

// unpaidOrders returns the expiry of orders.
func (m *Room) unpaidOrders() *desk.Unpaid {
	return desk.NewUnpaid(m.Desk, desk.UnpaidConfig[orders.State, orders.Step]{
		Name: "order", Table: "orders", Version: true, Machine: orders.Machine, Expire: orders.StepExpire, Expired: orders.StepExpired,
		Ref:   orders.PaymentRef,
		Began: func(ids []int64) []link.Message { return desk.Changed(orders.Machine.To(orders.StepExpire), ids...) },
		End:   m.expireUnpaid, Together: desk.WorkBatch,
	})
}

// expireUnpaid ends orders that were not paid: their stock is released.
func (m *Room) expireUnpaid(ctx context.Context, tx *sqlx.Tx, ids []int64) error {
	locked, err := desk.LockOrders(ctx, tx, ids)
	if err != nil {
		return err
	}
	over := ids[:0:0]
	for _, id := range ids {
		// A deposit that waits for its stock to be found again keeps the order alive.
		if o := locked[id]; o != nil && o.State.Can(orders.StepExpired) && !o.DepositPaid {
			over = append(over, id)
		}
	}
	if len(over) == 0 {
		return nil
	}
	expired := orders.Machine.To(orders.StepExpired)
	_, err = tx.ExecContext(ctx, `UPDATE orders SET state = $2, check_at = NULL, version = version + 1 WHERE id = ANY($1)`, desk.Ints(over), string(expired))
	if err != nil {
		return fmt.Errorf("expire orders: %w", err)
	}
	if err := m.AddTimeline(ctx, tx, over, "order.timeline.expired", nil); err != nil {
		return err
	}
	msgs := desk.Changed(expired, over...)
	for _, id := range over {
		msgs = append(msgs, link.Message{Subject: catalog.CmdRelease, Data: catalog.HoldRelease{OrderID: id, Unconfirmed: true}})
	}
	return link.Publish(ctx, tx, msgs...)
}

// completeSQL names its states as literals, because the index orders_inspected is partial on them.
var (
	completed   = orders.Machine.To(orders.StepComplete)
	completeSQL = `
		UPDATE orders SET state = ` + desk.StateText(completed) + `, version = version + 1
		WHERE id IN (SELECT id FROM orders WHERE ` + desk.StateIs("state", orders.Machine.From(orders.StepComplete)) + ` AND inspect_until <= $1
		             ORDER BY inspect_until LIMIT $2 FOR UPDATE SKIP LOCKED)
		RETURNING id`
)

// endInspections completes paid orders after the inspection time: the households are released.
func (m *Room) endInspections(ctx context.Context) error {
	for {
		var ids []int64
		err := link.InTx(ctx, m.DB, nil, func(tx *sqlx.Tx) error {
			ids = nil
			err := tx.SelectContext(ctx, &ids, completeSQL, m.Now(), desk.WorkBatch)
			if err != nil {
				return fmt.Errorf("complete orders: %w", err)
			}
			if err := m.AddTimeline(ctx, tx, ids, "order.timeline.completed", nil); err != nil {
				return err
			}
			msgs := desk.Changed(completed, ids...)
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
