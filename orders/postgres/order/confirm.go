package order

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/orders"
	"banmuyuan/orders/postgres/desk"
)

// The statements of the batch path take their states from the machine once, so that their texts are constant. Every event
// that confirms leads to the same state.
var (
	confirmed  = orders.Machine.To(orders.StepDepositPaid)
	confirmSQL = `
		UPDATE orders SET state = ` + desk.StateText(confirmed) + `, confirmed_at = $2, check_at = NULL, version = version + 1 WHERE id = ANY($1)`
	freeSQL = `
		SELECT id FROM orders WHERE id = ANY($1) AND ` + isFree + ` ORDER BY id FOR UPDATE`
)

// isFree is the condition of orders that wait for nothing but to be confirmed; the index orders_free is partial on it.
var isFree = desk.StateIs("state", orders.Machine.From(orders.StepNoDeposit)) + ` AND deposit_fen = 0 AND NOT hold_lost`

// confirm makes orders, which are locked and in a state that allows it, confirmed: their splits become shares, and the
// households' expected income. The caller publishes nothing for it.
func (m *Room) confirm(ctx context.Context, tx *sqlx.Tx, ids []int64) error {
	if len(ids) == 0 {
		return nil
	}
	_, err := tx.ExecContext(ctx, confirmSQL, desk.Ints(ids), m.Now())
	if err != nil {
		return fmt.Errorf("confirm orders: %w", err)
	}
	_, err = tx.ExecContext(ctx, `
		INSERT INTO share (order_id, line, lot_id, household_id, village_id, seller_org, qty, policy, level_fen)
		SELECT l.order_id, l.no, u.lot, u.household, u.village, l.seller_org, u.qty, l.policy, u.level
		FROM order_line l, unnest(l.lots, l.households, l.villages, l.quantities, l.levels) AS u (lot, household, village, qty, level)
		WHERE l.order_id = ANY($1)`, desk.Ints(ids))
	if err != nil {
		return fmt.Errorf("write shares: %w", err)
	}
	if err := desk.Expect(ctx, tx, ids, 0, nil); err != nil {
		return err
	}
	if err := m.AddTimeline(ctx, tx, ids, "order.timeline.confirmed", nil); err != nil {
		return err
	}
	msgs := desk.Changed(confirmed, ids...)
	for _, id := range ids {
		msgs = append(msgs, link.Message{Subject: catalog.CmdConfirm, Data: catalog.HoldConfirm{OrderID: id}})
	}
	return link.Publish(ctx, tx, msgs...)
}

// confirmUnpaid confirms orders that ask for no deposit.
func (m *Room) confirmUnpaid(ctx context.Context, tx *sqlx.Tx, ids []int64) error {
	var due []int64
	err := tx.SelectContext(ctx, &due, freeSQL, desk.Ints(ids))
	if err != nil {
		return fmt.Errorf("lock orders: %w", err)
	}
	return m.confirm(ctx, tx, due)
}
