package order

import (
	"time"

	"banmuyuan/orders/postgres/desk"
)

// Checks returns the queries that hold orders, lines and shares against each other.
func (m *Room) Checks(late time.Time) []desk.Check {
	return []desk.Check{
		{Name: "units of a line", SQL: `
			SELECT 'order ' || l.order_id || ' line ' || l.no AS object,
			       format('ordered %s, split into %s', l.ordered, (SELECT sum(q) FROM unnest(l.quantities) q)) AS detail
			FROM order_line l WHERE l.ordered <> (SELECT sum(q) FROM unnest(l.quantities) q)`},
		{Name: "units of shares", SQL: `
			SELECT 'order ' || l.order_id || ' line ' || l.no AS object,
			       format('allocated %s, received %s, %s g; shares have %s, %s, %s g', l.allocated, l.received, l.net_grams, s.open, s.received, s.grams) AS detail
			FROM order_line l
			JOIN orders o ON o.id = l.order_id AND o.confirmed_at IS NOT NULL AND o.state <> 'cancelled'
			JOIN LATERAL (SELECT coalesce(sum(qty - short), 0) AS open, coalesce(sum(received), 0) AS received, coalesce(sum(net_grams), 0) AS grams
			              FROM share WHERE order_id = l.order_id AND line = l.no) s ON true
			WHERE l.allocated <> s.open OR l.received <> s.received OR l.net_grams <> s.grams`},
		{Name: "shares of refills", SQL: `
			SELECT 'order ' || l.order_id || ' line ' || l.no AS object,
			       format('shares have %s units, ordered were %s and refilled %s', s.qty, l.ordered, r.found) AS detail
			FROM order_line l
			JOIN orders o ON o.id = l.order_id AND o.confirmed_at IS NOT NULL AND o.state <> 'cancelled'
			JOIN LATERAL (SELECT coalesce(sum(qty), 0) AS qty FROM share WHERE order_id = l.order_id AND line = l.no) s ON true
			JOIN LATERAL (SELECT coalesce(sum(found), 0) AS found FROM refill WHERE order_id = l.order_id AND line = l.no) r ON true
			WHERE s.qty <> l.ordered + r.found`},
		{Name: "refill nobody works on", Args: []any{late}, SQL: `
			SELECT 'order ' || r.order_id || ' line ' || r.line AS object, format('%s units, asked until %s, answer %L', r.units, r.ask_until, r.answer) AS detail
			FROM refill r JOIN orders o ON o.id = r.order_id
			WHERE NOT r.done AND o.state IN ('confirmed', 'weighing') AND (r.ask_until IS NULL OR r.answer <> '' OR r.ask_until < $1)
			  AND NOT EXISTS (SELECT FROM task t WHERE t.kind = 'refill' AND t.about = r.id AND t.done_at IS NULL)`},
		{Name: "amount of a line", SQL: `
			SELECT 'order ' || l.order_id || ' line ' || l.no AS object,
			       format('%s fen, its deliveries have %s', l.amount_fen, d.amount) AS detail
			FROM order_line l
			JOIN LATERAL (SELECT coalesce(sum(amount_fen), 0) AS amount FROM delivery
			              WHERE order_id = l.order_id AND line = l.no AND reversed_at IS NULL) d ON true
			JOIN orders o ON o.id = l.order_id AND o.confirmed_at IS NOT NULL
			WHERE l.amount_fen <> d.amount`},
		{Name: "sums of an order", SQL: `
			SELECT 'order ' || o.id AS object, format('estimate %s, deposit %s, amount %s; its lines have %s, %s, %s', o.estimate_fen,
			       o.deposit_fen, o.amount_fen, l.estimate, l.deposit, l.amount) AS detail
			FROM orders o
			LEFT JOIN (SELECT order_id, sum(estimate_fen) AS estimate, sum(deposit_fen) AS deposit, sum(amount_fen) AS amount
			           FROM order_line GROUP BY order_id) l ON l.order_id = o.id
			WHERE (o.estimate_fen, o.deposit_fen, o.amount_fen) IS DISTINCT FROM (l.estimate, l.deposit, l.amount)`},
		{Name: "state of an order", SQL: `
			SELECT 'order ' || o.id AS object, format('%s, but its lines say otherwise', o.state) AS detail
			FROM orders o
			WHERE o.state IN ('confirmed', 'weighing', 'billed', 'paid', 'completed')
			  AND (o.state IN ('billed', 'paid', 'completed')) <> (NOT EXISTS (SELECT FROM order_line WHERE order_id = o.id AND NOT complete))`},
		{Name: "confirmed and unpaid", SQL: `
			SELECT 'order ' || id AS object, format('%s, but its deposit was not paid', state) AS detail
			FROM orders WHERE state IN ('confirmed', 'weighing', 'billed', 'paid', 'completed') AND deposit_fen > 0 AND NOT deposit_paid`},
		{Name: "refunds", SQL: `
			SELECT 'order ' || id AS object, format('%s fen paid, %s refunded, %s forfeited', paid_fen, refund_fen, forfeit_fen) AS detail
			FROM orders WHERE refund_fen + forfeit_fen > paid_fen`},
		{Name: "shares of nothing", SQL: `
			SELECT 'order ' || o.id AS object, format('%s, but households are still told to expect it', o.state) AS detail
			FROM (SELECT order_id FROM share UNION SELECT order_id FROM income_entry WHERE order_id <> 0) promised
			JOIN orders o ON o.id = promised.order_id AND o.state IN ('placed', 'expiring', 'expired', 'cancelled')`},
		{Name: "confirmed without shares", SQL: `
			SELECT 'order ' || o.id || ' line ' || l.no AS object, format('%s, but no household has a share', o.state) AS detail
			FROM orders o JOIN order_line l ON l.order_id = o.id
			WHERE o.state IN ('confirmed', 'weighing', 'billed') AND NOT EXISTS (SELECT FROM share WHERE order_id = o.id AND line = l.no)`},
		{Name: "stuck while expiring", SQL: `
			SELECT 'order ' || id AS object, 'nobody could say whether it was paid' AS detail
			FROM orders WHERE state = 'expiring' AND expires_at < $1`, Args: []any{late}},
		{Name: "bill without answer", SQL: `
			SELECT 'order ' || id AS object, 'payments has not closed its bill' AS detail
			FROM orders WHERE state = 'billed' AND balance_fen = 0 AND billed_at < $1`, Args: []any{late}},
		{Name: "overdue inspection", SQL: `
			SELECT 'order ' || id AS object, 'its inspection is over and the households are not released' AS detail
			FROM orders WHERE state = 'paid' AND inspect_until < $1`, Args: []any{late}},
	}
}
