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
func (m *orderRoom) confirm(ctx context.Context, tx *sqlx.Tx, ids []int64) error {
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
	advanced, err := withAdvances(ctx, tx, ids, line, lots)
	if err != nil {
		return err
	}
	return expectOf(ctx, tx, ids, line, lots, advanced)
}

// withAdvances brings the call-offs in line whose expected income depends on that of the given ones: what was paid ahead
// to a household is deducted from its deliveries one after another. Who has locked a quota's row finds what others did. It
// tells whether anything was paid ahead for the given ones.
func withAdvances(ctx context.Context, tx *sqlx.Tx, ids []int64, line int, lots []int64) (bool, error) {
	var quotas []struct {
		LotID    int64 `db:"lot_id"`
		Contract int64 `db:"contract_id"`
	}
	err := tx.SelectContext(ctx, &quotas, `
		SELECT q.lot_id, q.contract_id FROM quota q
		WHERE q.advance_fen > 0 AND q.lot_id <> 0 AND q.contract_id = ANY(ARRAY(SELECT k.contract_id FROM call_off k WHERE k.order_id = ANY($1)))
		  AND EXISTS (SELECT FROM share s WHERE s.order_id = ANY($1) AND ($2 = 0 OR s.line = $2) AND s.lot_id = q.lot_id)
		  AND ($3 OR q.lot_id = ANY($4)) ORDER BY q.id FOR UPDATE OF q`, ints(ids), line, lots == nil, ints(lots))
	if err != nil {
		return false, fmt.Errorf("lock advanced quotas: %w", err)
	}
	if len(quotas) == 0 {
		return false, nil
	}
	touched, contracts := make([]int64, len(quotas)), make([]int64, len(quotas))
	for i, q := range quotas {
		touched[i], contracts[i] = q.LotID, q.Contract
	}
	var others []int64
	err = tx.SelectContext(ctx, &others, `
		SELECT DISTINCT k.order_id FROM call_off k JOIN share s ON s.order_id = k.order_id AND s.line = 1 AND s.lot_id = ANY($2)
		WHERE k.contract_id = ANY($1) AND NOT k.order_id = ANY($3) AND s.qty - s.settled - s.short > 0 ORDER BY 1`,
		ints(contracts), ints(touched), ints(ids))
	if err != nil {
		return false, fmt.Errorf("find further call-offs: %w", err)
	}
	if len(others) == 0 {
		return true, nil
	}
	return true, expectOf(ctx, tx, others, 0, touched, true)
}

// expectOf writes expected income. What was paid ahead is looked for where there is any: it doubles what PostgreSQL has to
// plan, and concerns call-offs alone.
func expectOf(ctx context.Context, tx *sqlx.Tx, ids []int64, line int, lots []int64, advanced bool) error {
	all := lots == nil
	advance := noAdvance
	if advanced {
		advance = advanceLeft
	}
	_, err := tx.ExecContext(ctx, `
		INSERT INTO income_entry (source_key, household_id, season, month, programme, channel, product, offer_id, qty, net_grams,
		                          gross_fen, fee_fen, amount_fen, stage, occurred_on, order_id, line, lot_id, policy, level_fen,
		                          agent_org, agent_bp, agent_fen, advance_fen)
		`+expectedSelect+advance+`
		WHERE s.order_id = ANY($1) AND ($2 = 0 OR s.line = $2) AND ($3 OR s.lot_id = ANY($4)) AND s.qty - s.settled - s.short > 0
		ON CONFLICT (source_key) DO UPDATE
		SET qty = excluded.qty, net_grams = excluded.net_grams, gross_fen = excluded.gross_fen, fee_fen = excluded.fee_fen,
		    amount_fen = excluded.amount_fen, level_fen = excluded.level_fen, agent_org = excluded.agent_org, agent_bp = excluded.agent_bp,
		    agent_fen = excluded.agent_fen, advance_fen = excluded.advance_fen`, ints(ids), line, all, ints(lots))
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

// expectedSelect is expected income as it follows from shares, less the advance that is joined as a; RebuildIncome uses it
// as well.
const expectedSelect = `
		SELECT 'share:' || s.order_id || ':' || s.line || ':' || s.lot_id, s.household_id, f.season,
		       season_month(f.season, ((f.body ->> 'deliver_from')::timestamptz AT TIME ZONE 'Asia/Shanghai')::date),
		       f.programme, o.channel, f.product, f.id, x.open,
		       CASE WHEN l.unit_measure > 1 THEN l.unit_measure * x.open ELSE 0 END,
		       x.gross, y.fee, x.gross - y.fee - z.agent - coalesce(a.fen, 0), 'expected',
		       (o.confirmed_at AT TIME ZONE 'Asia/Shanghai')::date, s.order_id, s.line, s.lot_id, s.policy, s.level_fen,
		       coalesce(g.org_id, 0), coalesce(g.bp, 0), z.agent, coalesce(a.fen, 0)
		FROM share s
		JOIN order_line l ON l.order_id = s.order_id AND l.no = s.line
		JOIN orders o ON o.id = s.order_id
		JOIN offer f ON f.id = l.offer_id
		LEFT JOIN lot_agent g ON g.lot_id = s.lot_id
		CROSS JOIN LATERAL (SELECT s.qty - s.settled - s.short AS open,
		       gross_of(l.price_fen, l.price_per, l.unit_measure, s.qty - s.settled - s.short) AS gross) x
		CROSS JOIN LATERAL (SELECT fee_of(x.gross, l.fee_bp) AS fee) y
		CROSS JOIN LATERAL (SELECT coalesce(fee_of(x.gross - y.fee, g.bp), 0) AS agent) z
		`

// What was paid ahead to a household and not worked off yet, as far as earlier call-offs leave it.
const (
	noAdvance   = `CROSS JOIN (SELECT 0::bigint AS fen) a`
	advanceLeft = `LEFT JOIN LATERAL (
			SELECT greatest(least(x.gross - y.fee - z.agent, q.advance_fen - q.worked_fen - coalesce((
				SELECT sum(n.gross - fee_of(n.gross, l2.fee_bp)) FROM call_off k2
				JOIN share s2 ON s2.order_id = k2.order_id AND s2.line = 1 AND s2.lot_id = q.lot_id AND s2.qty - s2.settled - s2.short > 0
				JOIN order_line l2 ON l2.order_id = s2.order_id AND l2.no = s2.line
				CROSS JOIN LATERAL (SELECT gross_of(l2.price_fen, l2.price_per, l2.unit_measure, s2.qty - s2.settled - s2.short) AS gross) n
				WHERE k2.contract_id = q.contract_id AND k2.order_id < s.order_id), 0)), 0)::bigint AS fen
			FROM quota q WHERE o.channel = 'contract' AND q.lot_id = s.lot_id AND q.advance_fen > 0 AND q.advance_fen > q.worked_fen
		) a ON true`
)

// confirmUnpaid confirms orders that ask for no deposit.
func (m *orderRoom) confirmUnpaid(ctx context.Context, tx *sqlx.Tx, ids []int64) error {
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
func (m *desk) addTask(ctx context.Context, tx *sqlx.Tx, kind string, about, orderID, amount int64, purpose string) error {
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

func (m *desk) after(d time.Duration) time.Time { return m.now().Add(d) }
