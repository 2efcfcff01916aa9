package shelf

import (
	"time"

	"banmuyuan/orders/postgres/desk"
	"banmuyuan/orders/shelf"
)

// shelfChecks are the invariants of shelves, besides their constraints.
func shelfChecks(late time.Time) []desk.Check {
	return []desk.Check{
		{Name: "stock of a lot", SQL: `
			SELECT 'lot ' || l.id AS object, format('sold %s, kept %s; its sales have %s, %s', l.sold, l.kept, x.sold, x.kept) AS detail
			FROM shelf_lot l
			JOIN LATERAL (SELECT coalesce(sum(p.measure - p.returned) FILTER (WHERE s.state = 'done'), 0) AS sold,
			                     coalesce(sum(p.measure) FILTER (WHERE s.state IN ('placed', 'expiring', 'paid')), 0) AS kept
			              FROM shelf_sale_lot p JOIN shelf_sale s ON s.id = p.sale_id WHERE p.lot_id = l.id) x ON true
			WHERE (l.sold, l.kept) IS DISTINCT FROM (x.sold, x.kept)`},
		{Name: "write-offs of a lot", SQL: `
			SELECT 'lot ' || l.id AS object, format('held %s, lost %s, donated %s, found %s; its movements have %s, %s, %s, %s', l.held, l.lost, l.donated,
			       l.found, x.held, x.lost, x.donated, x.found) AS detail
			FROM shelf_lot l
			JOIN LATERAL (SELECT coalesce(sum(measure) FILTER (WHERE state = 'held' AND kind <> 'found'), 0) AS held,
			                     coalesce(sum(measure) FILTER (WHERE state = 'done' AND kind = 'loss'), 0) AS lost,
			                     coalesce(sum(measure) FILTER (WHERE state = 'done' AND kind = 'donation'), 0) AS donated,
			                     coalesce(sum(measure) FILTER (WHERE state = 'done' AND kind = 'found'), 0) AS found
			              FROM shelf_movement WHERE lot_id = l.id) x ON true
			WHERE (l.held, l.lost, l.donated, l.found) IS DISTINCT FROM (x.held, x.lost, x.donated, x.found)`},
		{Name: "lines of a sale", SQL: `
			SELECT 'sale ' || s.id AS object, format('%s fen, its lines have %s', s.total_fen, n.amount) AS detail
			FROM shelf_sale s JOIN LATERAL (SELECT coalesce(sum(amount_fen), 0) AS amount FROM shelf_sale_line WHERE sale_id = s.id) n ON true
			WHERE s.total_fen <> n.amount`},
		{Name: "lots of a sale", SQL: `
			SELECT 'sale ' || n.sale_id || ' line ' || n.no AS object,
			       format('%s sold, %s of it uncovered; its lots have %s', n.measure, n.uncovered, p.measure) AS detail
			FROM shelf_sale_line n
			JOIN LATERAL (SELECT coalesce(sum(measure), 0) AS measure FROM shelf_sale_lot WHERE sale_id = n.sale_id AND no = n.no) p ON true
			WHERE n.measure - n.uncovered <> p.measure`},
		{Name: "returned goods", SQL: `
			SELECT 'sale ' || n.sale_id || ' line ' || n.no AS object, format('%s came back for %s fen, its returns have %s for %s fen, its lots and what was uncovered %s of %s',
			       n.returned, n.returned_fen, b.measure, b.amount, p.returned + b.uncovered, p.moved + b.uncovered) AS detail
			FROM shelf_sale_line n
			JOIN LATERAL (SELECT coalesce(sum(measure), 0) AS measure, coalesce(sum(amount_fen), 0) AS amount, coalesce(sum(uncovered), 0) AS uncovered
			              FROM shelf_return_line WHERE sale_id = n.sale_id AND no = n.no) b ON true
			JOIN LATERAL (SELECT coalesce(sum(p.returned), 0) AS returned,
			                     coalesce(sum((SELECT sum(m.measure) FROM shelf_return r JOIN shelf_return_lot m ON m.return_id = r.id
			                                   WHERE r.sale_id = p.sale_id AND m.no = p.no AND m.lot_id = p.lot_id)), 0) AS moved
			              FROM shelf_sale_lot p WHERE p.sale_id = n.sale_id AND p.no = n.no) p ON true
			WHERE (n.returned, n.returned_fen, n.returned, n.returned) IS DISTINCT FROM (b.measure, b.amount, p.returned + b.uncovered, p.moved + b.uncovered)`},
		{Name: "money for returned goods", SQL: `
			SELECT 'sale ' || s.id AS object, format('%s fen came back, its lines have %s, its returns %s', s.returned_fen, n.amount, r.amount) AS detail
			FROM shelf_sale s
			JOIN LATERAL (SELECT coalesce(sum(returned_fen), 0) AS amount FROM shelf_sale_line WHERE sale_id = s.id) n ON true
			JOIN LATERAL (SELECT coalesce(sum(amount_fen), 0) AS amount FROM shelf_return WHERE sale_id = s.id) r ON true
			WHERE (s.returned_fen, s.returned_fen) IS DISTINCT FROM (n.amount, r.amount) OR s.returned_fen > 0 AND s.state <> 'done'`},
		{Name: "sale without bill", SQL: `
			SELECT 'sale ' || id AS object, 'done, and payments was not told' AS detail FROM shelf_sale WHERE (state = 'done') <> (delivery_id IS NOT NULL)`},
		{Name: "sheet of buy-ins", SQL: `
			SELECT 'sheet ' || h.id AS object, format('%s fen, its buy-ins have %s', h.amount_fen, b.amount) AS detail
			FROM shelf_sheet h JOIN LATERAL (SELECT coalesce(sum(amount_fen), 0) AS amount FROM shelf_buyin WHERE sheet_id = h.id) b ON true
			WHERE h.amount_fen <> b.amount`},
		{Name: "sheet without bill", SQL: `
			SELECT 'sheet ' || id AS object, 'payments has not closed its bill' AS detail FROM shelf_sheet WHERE state = 'closing' AND closed_at < $1`,
			Args: []any{late}},
		{Name: "bought-in goods", SQL: `
			SELECT 'buy-in ' || b.id AS object, format('%s for %s fen; its lot has %s for %s', b.measure, b.amount_fen, l.received, l.cost_fen) AS detail
			FROM shelf_buyin b JOIN shelf_lot l ON l.id = b.lot_id
			WHERE (b.measure, b.amount_fen, b.org_id) IS DISTINCT FROM (l.received, l.cost_fen, l.org_id)`},
		{Name: "posted buy-in", SQL: `
			SELECT 'buy-in ' || t.id AS object, format('it is %s and bought for %s fen; taken for %s', t.state, coalesce(b.amount_fen::text, 'nothing'), t.amount_fen) AS detail
			FROM shelf_taking t LEFT JOIN shelf_buyin b ON b.id = t.id
			WHERE (t.state = $1) <> (b.id IS NOT NULL)
			   OR (b.org_id, b.household_id, b.product, b.measure, b.amount_fen) IS DISTINCT FROM
			      (CASE WHEN t.state = $1 THEN t.org_id END, CASE WHEN t.state = $1 THEN t.household_id END, CASE WHEN t.state = $1 THEN t.product END,
			       CASE WHEN t.state = $1 THEN t.measure END, CASE WHEN t.state = $1 THEN t.amount_fen END)`, Args: []any{string(shelf.BuyInPosted)}},
		{Name: "stuck buy-in", SQL: `
			SELECT 'buy-in ' || id AS object, 'the catalogue has not answered' AS detail FROM shelf_taking WHERE state = ANY($1) AND coalesce(decided_at, taken_at) < $2`,
			Args: []any{desk.TextArray(shelf.BuyInMachine.From(shelf.BuyInPost)), late}},
		{Name: "bought-in income", SQL: `
			SELECT coalesce(x.key, e.source_key) AS object, format('bought for %s fen, the ledger has %s', x.amount_fen, e.amount_fen) AS detail
			FROM (SELECT 'buyin:' || id AS key, amount_fen, household_id FROM shelf_buyin) x
			FULL JOIN (SELECT source_key, amount_fen, household_id FROM income_entry WHERE source_key LIKE 'buyin:%') e ON e.source_key = x.key
			WHERE (x.amount_fen, x.household_id) IS DISTINCT FROM (e.amount_fen, e.household_id)`},
		{Name: "stuck while a sale expires", SQL: `
			SELECT 'sale ' || id AS object, 'nobody could say whether it was paid' AS detail FROM shelf_sale WHERE state = 'expiring' AND expires_at < $1`,
			Args: []any{late}},
	}
}
