package desk

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"
)

// BoxIncome is the expected and owed income of households for the boxes of adoptions; RebuildIncome uses it as well.
const BoxIncome = `
		INSERT INTO income_entry (source_key, household_id, season, month, programme, channel, product, offer_id, qty, gross_fen, fee_fen,
		                          amount_fen, stage, occurred_on, adoption_id, policy)
		SELECT 'adoption:' || b.adoption_id || ':' || b.no, b.household_id, f.season,
		       season_month(f.season, coalesce((b.done_at AT TIME ZONE 'Asia/Shanghai')::date, b.due_on)), f.programme, 'private', f.product,
		       f.id, b.qty, b.amount_fen, b.fee_fen, b.amount_fen - b.fee_fen, CASE b.state WHEN 'planned' THEN 'expected' ELSE 'owed' END,
		       coalesce((b.done_at AT TIME ZONE 'Asia/Shanghai')::date, (a.reserved_at AT TIME ZONE 'Asia/Shanghai')::date), a.id,
		       CASE WHEN b.replaced THEN '' ELSE 'direct/1' END
		FROM adoption_box b JOIN adoption a ON a.id = b.adoption_id JOIN offer f ON f.id = a.offer_id
		WHERE a.reserved_at IS NOT NULL AND (b.state IN ('delivered', 'disputed', 'settled')
		      OR b.state = 'planned' AND a.state IN ('reserved', 'growing'))`

// Expect brings the expected income of orders in line with their shares: of one line, or with 0 of all, and of some
// lots, or with nil of all. Expected income covers the units that are neither settled nor short.
func Expect(ctx context.Context, tx *sqlx.Tx, ids []int64, line int, lots []int64) error {
	advanced, err := withAdvances(ctx, tx, ids, line, lots)
	if err != nil {
		return err
	}
	return expectOf(ctx, tx, ids, line, lots, advanced)
}

// withAdvances brings the call-offs in line that have expected income depending on the given ones: an advance
// to a household is deducted from its deliveries one after another. The lock on a quota's row makes changes by others
// visible. It reports whether any advance was paid for the given ones.
func withAdvances(ctx context.Context, tx *sqlx.Tx, ids []int64, line int, lots []int64) (bool, error) {
	var quotas []struct {
		LotID    int64 `db:"lot_id"`
		Contract int64 `db:"contract_id"`
	}
	err := tx.SelectContext(ctx, &quotas, `
		SELECT q.lot_id, q.contract_id FROM quota q
		WHERE q.advance_fen > 0 AND q.lot_id <> 0 AND q.contract_id = ANY(ARRAY(SELECT k.contract_id FROM call_off k WHERE k.order_id = ANY($1)))
		  AND EXISTS (SELECT FROM share s WHERE s.order_id = ANY($1) AND ($2 = 0 OR s.line = $2) AND s.lot_id = q.lot_id)
		  AND ($3 OR q.lot_id = ANY($4)) ORDER BY q.id FOR UPDATE OF q`, Ints(ids), line, lots == nil, Ints(lots))
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
		Ints(contracts), Ints(touched), Ints(ids))
	if err != nil {
		return false, fmt.Errorf("find further call-offs: %w", err)
	}
	if len(others) == 0 {
		return true, nil
	}
	return true, expectOf(ctx, tx, others, 0, touched, true)
}

// expectOf writes expected income. Advances are looked for only where there are any: they double the work of planning, and
// concern call-offs alone.
func expectOf(ctx context.Context, tx *sqlx.Tx, ids []int64, line int, lots []int64, advanced bool) error {
	all := lots == nil
	advance := noAdvance
	if advanced {
		advance = AdvanceLeft
	}
	_, err := tx.ExecContext(ctx, `
		INSERT INTO income_entry (source_key, household_id, season, month, programme, channel, product, offer_id, qty, net_grams,
		                          gross_fen, fee_fen, amount_fen, stage, occurred_on, order_id, line, lot_id, policy, level_fen,
		                          agent_org, agent_bp, agent_fen, advance_fen)
		`+ExpectedSelect+advance+`
		WHERE s.order_id = ANY($1) AND ($2 = 0 OR s.line = $2) AND ($3 OR s.lot_id = ANY($4)) AND s.qty - s.settled - s.short > 0
		ON CONFLICT (source_key) DO UPDATE
		SET qty = excluded.qty, net_grams = excluded.net_grams, gross_fen = excluded.gross_fen, fee_fen = excluded.fee_fen,
		    amount_fen = excluded.amount_fen, level_fen = excluded.level_fen, agent_org = excluded.agent_org, agent_bp = excluded.agent_bp,
		    agent_fen = excluded.agent_fen, advance_fen = excluded.advance_fen`, Ints(ids), line, all, Ints(lots))
	if err != nil {
		return fmt.Errorf("write expected income: %w", err)
	}
	_, err = tx.ExecContext(ctx, `
		DELETE FROM income_entry WHERE stage = 'expected' AND source_key = ANY(ARRAY(
			SELECT 'share:' || s.order_id || ':' || s.line || ':' || s.lot_id FROM share s
			WHERE s.order_id = ANY($1) AND ($2 = 0 OR s.line = $2) AND ($3 OR s.lot_id = ANY($4)) AND s.qty - s.settled - s.short <= 0))`,
		Ints(ids), line, all, Ints(lots))
	if err != nil {
		return fmt.Errorf("drop expected income: %w", err)
	}
	return nil
}

// ExpectedSelect is expected income as it follows from shares, less the advance that is joined as a; RebuildIncome uses it
// as well.
const ExpectedSelect = `
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

// Advances to a household that are not worked off yet, as far as earlier call-offs leave them.
const (
	noAdvance   = `CROSS JOIN (SELECT 0::bigint AS fen) a`
	AdvanceLeft = `LEFT JOIN LATERAL (
			SELECT greatest(least(x.gross - y.fee - z.agent, q.advance_fen - q.worked_fen - coalesce((
				SELECT sum(n.gross - fee_of(n.gross, l2.fee_bp)) FROM call_off k2
				JOIN share s2 ON s2.order_id = k2.order_id AND s2.line = 1 AND s2.lot_id = q.lot_id AND s2.qty - s2.settled - s2.short > 0
				JOIN order_line l2 ON l2.order_id = s2.order_id AND l2.no = s2.line
				CROSS JOIN LATERAL (SELECT gross_of(l2.price_fen, l2.price_per, l2.unit_measure, s2.qty - s2.settled - s2.short) AS gross) n
				WHERE k2.contract_id = q.contract_id AND k2.order_id < s.order_id), 0)), 0)::bigint AS fen
			FROM quota q WHERE o.channel = 'contract' AND q.lot_id = s.lot_id AND q.advance_fen > 0 AND q.advance_fen > q.worked_fen
		) a ON true`
)

// OwedSelect is the owed income of households as it follows from settled tickets; RebuildIncome uses it as well. Each time a
// ticket is billed anew its payable was reversed and revived: two versions.
const OwedSelect = `
		SELECT 'ticket:' || t.id, t.household_id, f.season, season_month(f.season, (t.weighed_at AT TIME ZONE 'Asia/Shanghai')::date),
		       f.programme, o.channel, f.product, f.id, t.units, t.net_grams, t.amount_fen + coalesce(x.advance_fen, 0), t.fee_fen, t.amount_fen - t.fee_fen - t.agent_fen, 'owed',
		       2 * t.bills - 1, (t.weighed_at AT TIME ZONE 'Asia/Shanghai')::date, t.order_id, t.line, t.lot_id, t.id,
		       coalesce(s.policy, ''), coalesce(s.level_fen, 0), coalesce(g.org_id, 0), coalesce(g.bp, 0), t.agent_fen, coalesce(x.advance_fen, 0)
		FROM ticket t
		JOIN delivery d ON d.id = t.delivery_id
		JOIN orders o ON o.id = t.order_id
		JOIN order_line l ON l.order_id = t.order_id AND l.no = t.line
		JOIN offer f ON f.id = l.offer_id
		LEFT JOIN share s ON s.order_id = t.order_id AND s.line = t.line AND s.lot_id = t.lot_id
		LEFT JOIN lot_agent g ON g.lot_id = t.lot_id
		LEFT JOIN contract_ticket x ON x.ticket_id = t.id`

const OwedColumns = `source_key, household_id, season, month, programme, channel, product, offer_id, qty, net_grams,
		gross_fen, fee_fen, amount_fen, stage, version, occurred_on, order_id, line, lot_id, ticket_id, policy, level_fen,
		agent_org, agent_bp, agent_fen, advance_fen`

// AgentRow is the raiser of a lot, and the raiser's part.
type AgentRow struct {
	LotID       int64 `db:"lot_id"`
	HouseholdID int64 `db:"household_id"`
	OrgID       int64 `db:"org_id"`
	BP          int64 `db:"bp"`
}

// AgentsOf returns the raisers of these lots. Lots that the household raises itself are not among them.
func AgentsOf(ctx context.Context, q Queryer, lots []int64) (map[int64]AgentRow, error) {
	var rows []AgentRow
	err := q.SelectContext(ctx, &rows, `SELECT lot_id, household_id, org_id, bp FROM lot_agent WHERE lot_id = ANY($1)`, Ints(lots))
	if err != nil {
		return nil, fmt.Errorf("read who raises lots: %w", err)
	}
	byLot := make(map[int64]AgentRow, len(rows))
	for _, r := range rows {
		byLot[r.LotID] = r
	}
	return byLot, nil
}

// BuyInEntries are the income entries of buy-ins; RebuildIncome uses it as well.
const BuyInEntries = `
	INSERT INTO income_entry (source_key, household_id, season, month, programme, channel, product, qty, net_grams, gross_fen, fee_fen,
	                          amount_fen, stage, version, occurred_on)
	SELECT 'buyin:' || b.id, b.household_id, b.season, season_month(b.season, (b.bought_at AT TIME ZONE 'Asia/Shanghai')::date), b.programme, 'market',
	       b.product, b.qty, b.net_grams, b.amount_fen, 0, b.amount_fen, 'owed', 1, (b.bought_at AT TIME ZONE 'Asia/Shanghai')::date
	FROM shelf_buyin b`
