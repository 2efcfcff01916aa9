package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/orders"
)

// changed tells the world that orders are in a new state.
func changed(state orders.State, ids ...int64) []link.Message {
	msgs := make([]link.Message, len(ids))
	for i, id := range ids {
		msgs[i] = link.Message{Subject: orders.EvtOrderChanged, Data: orders.OrderEvent{OrderID: id, State: state}}
	}
	return msgs
}

// confirm makes orders, which are locked and in a state that allows it, confirmed: their splits become shares, and the
// households' expected income. The caller publishes nothing for it.
func (m *Module) confirm(ctx context.Context, tx *sqlx.Tx, ids []int64) error {
	if len(ids) == 0 {
		return nil
	}
	_, err := tx.ExecContext(ctx, `
		UPDATE orders SET state = 'confirmed', confirmed_at = $2, check_at = NULL, version = version + 1 WHERE id = ANY($1)`,
		ints(ids), m.now())
	if err != nil {
		return fmt.Errorf("confirm orders: %w", err)
	}
	_, err = tx.ExecContext(ctx, `
		INSERT INTO share (order_id, line, lot_id, household_id, village_id, seller_org, qty, policy, level_fen)
		SELECT l.order_id, l.no, u.lot, u.household, u.village, l.seller_org, u.qty, l.policy, u.level
		FROM order_line l, unnest(l.lots, l.households, l.villages, l.quantities, l.levels) AS u (lot, household, village, qty, level)
		WHERE l.order_id = ANY($1)`, ints(ids))
	if err != nil {
		return fmt.Errorf("write shares: %w", err)
	}
	if err := expect(ctx, tx, ids, 0, nil); err != nil {
		return err
	}
	if err := m.story(ctx, tx, ids, "order.timeline.confirmed", nil); err != nil {
		return err
	}
	msgs := changed(orders.StateConfirmed, ids...)
	for _, id := range ids {
		msgs = append(msgs, link.Message{Subject: catalog.CmdConfirm, Data: catalog.HoldConfirm{OrderID: id}})
	}
	return link.Publish(ctx, tx, msgs...)
}

// expect brings the expected income of orders in line with their shares: of one line, or with 0 of all, and of some
// lots, or with nil of all. What a household is expected to get covers the units that are neither settled nor short.
func expect(ctx context.Context, tx *sqlx.Tx, ids []int64, line int, lots []int64) error {
	all := lots == nil
	_, err := tx.ExecContext(ctx, `
		INSERT INTO income_entry (source_key, household_id, season, month, programme, channel, product, offer_id, qty, net_grams,
		                          gross_fen, fee_fen, amount_fen, stage, occurred_on, order_id, line, lot_id, policy, level_fen)
		`+expectedSelect+`
		WHERE s.order_id = ANY($1) AND ($2 = 0 OR s.line = $2) AND ($3 OR s.lot_id = ANY($4)) AND s.qty - s.settled - s.short > 0
		ON CONFLICT (source_key) DO UPDATE
		SET qty = excluded.qty, net_grams = excluded.net_grams, gross_fen = excluded.gross_fen, fee_fen = excluded.fee_fen,
		    amount_fen = excluded.amount_fen, level_fen = excluded.level_fen`, ints(ids), line, all, ints(lots))
	if err != nil {
		return fmt.Errorf("write expected income: %w", err)
	}
	_, err = tx.ExecContext(ctx, `
		DELETE FROM income_entry WHERE stage = 'expected' AND source_key = ANY(ARRAY(
			SELECT 'share:' || s.order_id || ':' || s.line || ':' || s.lot_id FROM share s
			WHERE s.order_id = ANY($1) AND ($2 = 0 OR s.line = $2) AND ($3 OR s.lot_id = ANY($4)) AND s.qty - s.settled - s.short <= 0))`,
		ints(ids), line, all, ints(lots))
	if err != nil {
		return fmt.Errorf("drop expected income: %w", err)
	}
	return nil
}

// expectedSelect is expected income as it follows from shares; RebuildIncome uses it as well.
const expectedSelect = `
		SELECT 'share:' || s.order_id || ':' || s.line || ':' || s.lot_id, s.household_id, f.season,
		       extract(month FROM (f.body ->> 'deliver_from')::timestamptz AT TIME ZONE 'Asia/Shanghai'),
		       f.programme, o.channel, f.product, f.id, x.open,
		       CASE WHEN l.unit_measure > 1 THEN l.unit_measure * x.open ELSE 0 END,
		       x.gross, fee_of(x.gross, l.fee_bp), x.gross - fee_of(x.gross, l.fee_bp), 'expected',
		       (o.confirmed_at AT TIME ZONE 'Asia/Shanghai')::date, s.order_id, s.line, s.lot_id, s.policy, s.level_fen
		FROM share s
		JOIN order_line l ON l.order_id = s.order_id AND l.no = s.line
		JOIN orders o ON o.id = s.order_id
		JOIN offer f ON f.id = l.offer_id
		CROSS JOIN LATERAL (SELECT s.qty - s.settled - s.short AS open,
		       gross_of(l.price_fen, l.price_per, l.unit_measure, s.qty - s.settled - s.short) AS gross) x`

// confirmUnpaid confirms orders that ask for no deposit.
func (m *Module) confirmUnpaid(ctx context.Context, tx *sqlx.Tx, ids []int64) error {
	var due []int64
	err := tx.SelectContext(ctx, &due, `
		SELECT id FROM orders WHERE id = ANY($1) AND state = 'placed' AND deposit_fen = 0 AND NOT hold_lost ORDER BY id FOR UPDATE`, ints(ids))
	if err != nil {
		return fmt.Errorf("lock orders: %w", err)
	}
	return m.confirm(ctx, tx, due)
}

// lockOrders locks orders in the order of their ids.
func lockOrders(ctx context.Context, tx *sqlx.Tx, ids []int64) (map[int64]*orderRow, error) {
	var rows []orderRow
	err := tx.SelectContext(ctx, &rows, `SELECT `+orderColumns+` FROM orders o WHERE o.id = ANY($1) ORDER BY o.id FOR UPDATE`, ints(ids))
	if err != nil {
		return nil, fmt.Errorf("lock orders: %w", err)
	}
	byID := make(map[int64]*orderRow, len(rows))
	for i := range rows {
		byID[rows[i].ID] = &rows[i]
	}
	return byID, nil
}

// moveTo writes an order's new state.
func moveTo(ctx context.Context, tx *sqlx.Tx, o *orderRow, event orders.Step) error {
	to, err := o.State.Next(event)
	if err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, `UPDATE orders SET state = $2, version = version + 1 WHERE id = $1`, o.ID, string(to)); err != nil {
		return fmt.Errorf("move order %d to %s: %w", o.ID, to, err)
	}
	o.State, o.Version = to, o.Version+1
	return nil
}

// addTask writes work that needs another module's answer. Facts that are being read are read once more.
func (m *Module) addTask(ctx context.Context, tx *sqlx.Tx, kind string, about, orderID, amount int64, purpose string) error {
	now := m.now()
	_, err := tx.ExecContext(ctx, `
		INSERT INTO task (kind, about, order_id, amount_fen, purpose, run_at, created_at) VALUES ($1, $2, $3, $4, $5, $6, $6)
		ON CONFLICT (kind, about) WHERE done_at IS NULL OR kind = 'late' DO UPDATE
		SET run_at = CASE WHEN task.kind = 'facts' THEN excluded.run_at ELSE task.run_at END`, kind, about, orderID, amount, purpose, now)
	if err != nil {
		return fmt.Errorf("write task: %w", err)
	}
	return nil
}

func (m *Module) after(d time.Duration) time.Time { return m.now().Add(d) }
