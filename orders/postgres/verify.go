package postgres

import (
	"context"
	"fmt"
	"slices"
	"time"

	"banmuyuan/internal/link"
	"banmuyuan/orders"
	"banmuyuan/payments"
)

// patience is how long something may be on its way before verify calls it stuck.
const patience = 10 * time.Minute

// check is a query whose every row is something wrong: its object and what is the matter.
type check struct {
	name string
	sql  string
	args []any
}

// onTheWay is how long what one module has told another may take to arrive.
const onTheWay = 500 * time.Millisecond

// Verify checks what must always hold. Each finding names an object. On a live database something is always on its way
// between the modules: what is found is looked at once more, and counts when it is still there.
func (m *Module) Verify(ctx context.Context, _ orders.None) (orders.Findings, error) {
	if err := needCounty(ctx); err != nil {
		return orders.Findings{}, err
	}
	first, err := m.verify(ctx)
	if err != nil || len(first.Items) == 0 {
		return first, err
	}
	select {
	case <-ctx.Done():
		return first, ctx.Err()
	case <-time.After(onTheWay):
	}
	again, err := m.verify(ctx)
	if err != nil {
		return first, err
	}
	seen := make(map[[2]string]bool, len(first.Items))
	for _, f := range first.Items {
		seen[[2]string{f.Check, f.Object}] = true
	}
	still := orders.Findings{Items: []orders.Finding{}}
	for _, f := range again.Items {
		if seen[[2]string{f.Check, f.Object}] {
			still.Items = append(still.Items, f)
		}
	}
	return still, nil
}

func (m *Module) verify(ctx context.Context) (orders.Findings, error) {
	res := orders.Findings{Items: []orders.Finding{}}
	late := m.now().Add(-patience)
	for _, c := range slices.Concat(
		checks(late),
		shelfChecks(late),
		adoptionChecks(late),
		boxChecks(late),
		contractChecks(late),
		raisingChecks,
		documentChecks,
	) {
		var rows []struct {
			Object string `db:"object"`
			Detail string `db:"detail"`
		}
		if err := m.db.SelectContext(ctx, &rows, c.sql+` LIMIT 100`, c.args...); err != nil {
			return res, fmt.Errorf("check %s: %w", c.name, err)
		}
		for _, r := range rows {
			res.Items = append(res.Items, orders.Finding{Check: c.name, Object: r.Object, Detail: r.Detail})
		}
	}
	waiting, oldest, _, err := link.Backlog(ctx, m.db)
	if err != nil {
		return res, err
	}
	if oldest > patience {
		res.Items = append(res.Items, orders.Finding{Check: "outbox", Object: "orders",
			Detail: fmt.Sprintf("%d events wait, the oldest for %s", waiting, oldest.Round(time.Second))})
	}
	if err := m.verifyRaisings(ctx, &res); err != nil {
		return res, err
	}
	if err := m.verifyQuotas(ctx, &res); err != nil {
		return res, err
	}
	return res, m.verifyIncome(ctx, &res)
}

func checks(late time.Time) []check {
	return []check{
		{name: "weighings kept aside", sql: `
			SELECT 'conflict ' || w.id AS object, 'ticket ' || t.id || ' was written of it as well' AS detail
			FROM weigh_conflict w JOIN ticket t ON t.client_id = w.client_id AND t.account_id = w.account_id
			WHERE w.problem ->> 'key' <> 'weigh.client_id.reused'`},
		{name: "units of a line", sql: `
			SELECT 'order ' || l.order_id || ' line ' || l.no AS object,
			       format('ordered %s, split into %s', l.ordered, (SELECT sum(q) FROM unnest(l.quantities) q)) AS detail
			FROM order_line l WHERE l.ordered <> (SELECT sum(q) FROM unnest(l.quantities) q)`},
		{name: "units of shares", sql: `
			SELECT 'order ' || l.order_id || ' line ' || l.no AS object,
			       format('allocated %s, received %s, %s g; shares have %s, %s, %s g', l.allocated, l.received, l.net_grams, s.open, s.received, s.grams) AS detail
			FROM order_line l
			JOIN orders o ON o.id = l.order_id AND o.confirmed_at IS NOT NULL AND o.state <> 'cancelled'
			JOIN LATERAL (SELECT coalesce(sum(qty - short), 0) AS open, coalesce(sum(received), 0) AS received, coalesce(sum(net_grams), 0) AS grams
			              FROM share WHERE order_id = l.order_id AND line = l.no) s ON true
			WHERE l.allocated <> s.open OR l.received <> s.received OR l.net_grams <> s.grams`},
		{name: "shares of refills", sql: `
			SELECT 'order ' || l.order_id || ' line ' || l.no AS object,
			       format('shares have %s units, ordered were %s and refilled %s', s.qty, l.ordered, r.found) AS detail
			FROM order_line l
			JOIN orders o ON o.id = l.order_id AND o.confirmed_at IS NOT NULL AND o.state <> 'cancelled'
			JOIN LATERAL (SELECT coalesce(sum(qty), 0) AS qty FROM share WHERE order_id = l.order_id AND line = l.no) s ON true
			JOIN LATERAL (SELECT coalesce(sum(found), 0) AS found FROM refill WHERE order_id = l.order_id AND line = l.no) r ON true
			WHERE s.qty <> l.ordered + r.found`},
		{name: "refill nobody works on", args: []any{late}, sql: `
			SELECT 'order ' || r.order_id || ' line ' || r.line AS object, format('%s units, asked until %s, answer %L', r.units, r.ask_until, r.answer) AS detail
			FROM refill r JOIN orders o ON o.id = r.order_id
			WHERE NOT r.done AND o.state IN ('confirmed', 'weighing') AND (r.ask_until IS NULL OR r.answer <> '' OR r.ask_until < $1)
			  AND NOT EXISTS (SELECT FROM task t WHERE t.kind = 'refill' AND t.about = r.id AND t.done_at IS NULL)`},
		{name: "tickets of a share", sql: `
			SELECT 'order ' || s.order_id || ' line ' || s.line || ' lot ' || s.lot_id AS object,
			       format('received %s, %s g, held %s, settled %s; tickets have %s, %s g, %s, %s', s.received, s.net_grams, s.held, s.settled,
			              t.units, t.grams, t.held, t.settled) AS detail
			FROM share s
			JOIN LATERAL (
				SELECT coalesce(sum(units) FILTER (WHERE state = 'accepted'), 0) AS units,
				       coalesce(sum(net_grams) FILTER (WHERE state = 'accepted'), 0) AS grams,
				       coalesce(sum(units) FILTER (WHERE state = 'held'), 0) AS held,
				       coalesce(sum(units) FILTER (WHERE settled AND state = 'accepted'), 0) AS settled
				FROM ticket WHERE order_id = s.order_id AND line = s.line AND lot_id = s.lot_id) t ON true
			WHERE (s.received, s.net_grams, s.held, s.settled) IS DISTINCT FROM (t.units, t.grams, t.held, t.settled)`},
		{name: "state of a share", sql: `
			SELECT 'order ' || order_id || ' line ' || line || ' lot ' || lot_id AS object,
			       format('%s with %s of %s received, %s held, %s short', state, received, qty, held, short) AS detail
			FROM share
			WHERE state <> CASE WHEN received + short < qty OR held > 0 THEN 'expected' WHEN received > 0 THEN 'weighed' ELSE 'short' END`},
		{name: "amount of a delivery", sql: `
			SELECT 'delivery ' || d.id AS object,
			       format('%s fen, fee %s, raisers %s, %s units; its tickets have %s, %s, %s, %s', d.amount_fen, d.fee_fen, d.agent_fen, d.units,
			              t.amount, t.fee, t.agent, t.units) AS detail
			FROM delivery d
			JOIN LATERAL (SELECT coalesce(sum(amount_fen), 0) AS amount, coalesce(sum(fee_fen), 0) AS fee, coalesce(sum(agent_fen), 0) AS agent,
			                     coalesce(sum(units), 0) AS units
			              FROM ticket WHERE delivery_id = d.id) t ON true
			WHERE d.reversed_at IS NULL AND (d.amount_fen, d.fee_fen, d.agent_fen, d.units) IS DISTINCT FROM (t.amount, t.fee, t.agent, t.units)`},
		{name: "amount of a line", sql: `
			SELECT 'order ' || l.order_id || ' line ' || l.no AS object,
			       format('%s fen, its deliveries have %s', l.amount_fen, d.amount) AS detail
			FROM order_line l
			JOIN LATERAL (SELECT coalesce(sum(amount_fen), 0) AS amount FROM delivery
			              WHERE order_id = l.order_id AND line = l.no AND reversed_at IS NULL) d ON true
			JOIN orders o ON o.id = l.order_id AND o.confirmed_at IS NOT NULL
			WHERE l.amount_fen <> d.amount`},
		{name: "sums of an order", sql: `
			SELECT 'order ' || o.id AS object, format('estimate %s, deposit %s, amount %s; its lines have %s, %s, %s', o.estimate_fen,
			       o.deposit_fen, o.amount_fen, l.estimate, l.deposit, l.amount) AS detail
			FROM orders o
			LEFT JOIN (SELECT order_id, sum(estimate_fen) AS estimate, sum(deposit_fen) AS deposit, sum(amount_fen) AS amount
			           FROM order_line GROUP BY order_id) l ON l.order_id = o.id
			WHERE (o.estimate_fen, o.deposit_fen, o.amount_fen) IS DISTINCT FROM (l.estimate, l.deposit, l.amount)`},
		{name: "state of an order", sql: `
			SELECT 'order ' || o.id AS object, format('%s, but its lines say otherwise', o.state) AS detail
			FROM orders o
			WHERE o.state IN ('confirmed', 'weighing', 'billed', 'paid', 'completed')
			  AND (o.state IN ('billed', 'paid', 'completed')) <> (NOT EXISTS (SELECT FROM order_line WHERE order_id = o.id AND NOT complete))`},
		{name: "confirmed and unpaid", sql: `
			SELECT 'order ' || id AS object, format('%s, but its deposit was not paid', state) AS detail
			FROM orders WHERE state IN ('confirmed', 'weighing', 'billed', 'paid', 'completed') AND deposit_fen > 0 AND NOT deposit_paid`},
		{name: "refunds", sql: `
			SELECT 'order ' || id AS object, format('%s fen paid, %s refunded, %s forfeited', paid_fen, refund_fen, forfeit_fen) AS detail
			FROM orders WHERE refund_fen + forfeit_fen > paid_fen`},
		{name: "shares of nothing", sql: `
			SELECT 'order ' || o.id AS object, format('%s, but households are still told to expect it', o.state) AS detail
			FROM (SELECT order_id FROM share UNION SELECT order_id FROM income_entry WHERE order_id <> 0) promised
			JOIN orders o ON o.id = promised.order_id AND o.state IN ('placed', 'expiring', 'expired', 'cancelled')`},
		{name: "confirmed without shares", sql: `
			SELECT 'order ' || o.id || ' line ' || l.no AS object, format('%s, but no household has a share', o.state) AS detail
			FROM orders o JOIN order_line l ON l.order_id = o.id
			WHERE o.state IN ('confirmed', 'weighing', 'billed') AND NOT EXISTS (SELECT FROM share WHERE order_id = o.id AND line = l.no)`},
		{name: "stuck while expiring", sql: `
			SELECT 'order ' || id AS object, 'nobody could say whether it was paid' AS detail
			FROM orders WHERE state = 'expiring' AND expires_at < $1`, args: []any{late}},
		{name: "bill without answer", sql: `
			SELECT 'order ' || id AS object, 'payments has not closed its bill' AS detail
			FROM orders WHERE state = 'billed' AND balance_fen = 0 AND billed_at < $1`, args: []any{late}},
		{name: "overdue inspection", sql: `
			SELECT 'order ' || id AS object, 'its inspection is over and the households are not released' AS detail
			FROM orders WHERE state = 'paid' AND inspect_until < $1`, args: []any{late}},
		{name: "stuck task", sql: `
			SELECT kind || ' ' || about AS object, format('order %s, tried %s times: %s', order_id, attempts, last_error) AS detail
			FROM task WHERE done_at IS NULL AND created_at < $1`, args: []any{late}},
		{name: "dead letter", sql: `
			SELECT subject || ' ' || event_id AS object, left(error, 200) AS detail FROM dead_letter`},
		{name: "expected income", sql: `
			SELECT coalesce(x.key, e.source_key) AS object,
			       format('expected %s fen of %s units, the ledger has %s of %s', x.net, x.open, e.amount_fen + e.advance_fen, e.qty) AS detail
			FROM (SELECT 'share:' || s.order_id || ':' || s.line || ':' || s.lot_id AS key, s.qty - s.settled - s.short AS open,
			             g.gross - f.fee - coalesce(fee_of(g.gross - f.fee, a.bp), 0) AS net
			      FROM share s JOIN order_line l ON l.order_id = s.order_id AND l.no = s.line
			      CROSS JOIN LATERAL (SELECT gross_of(l.price_fen, l.price_per, l.unit_measure, s.qty - s.settled - s.short) AS gross) g
			      CROSS JOIN LATERAL (SELECT fee_of(g.gross, l.fee_bp) AS fee) f
			      LEFT JOIN lot_agent a ON a.lot_id = s.lot_id
			      WHERE s.qty - s.settled - s.short > 0) x
			FULL JOIN (SELECT source_key, amount_fen, advance_fen, qty FROM income_entry WHERE stage = 'expected' AND adoption_id = 0) e ON e.source_key = x.key
			WHERE x.net IS DISTINCT FROM e.amount_fen + e.advance_fen OR x.open IS DISTINCT FROM e.qty`},
		{name: "owed income", sql: `
			SELECT coalesce(x.key, e.source_key) AS object,
			       format('the ticket owes %s fen, the ledger has %s', x.net, e.amount_fen) AS detail
			FROM (SELECT 'ticket:' || id AS key, amount_fen - fee_fen - agent_fen AS net FROM ticket WHERE settled AND units > 0 AND state = 'accepted') x
			FULL JOIN (SELECT source_key, amount_fen FROM income_entry WHERE ticket_id <> 0) e ON e.source_key = x.key
			WHERE x.net IS DISTINCT FROM e.amount_fen`},
	}
}

// verifyIncome compares every entry that somebody is owed or was paid with the payable that payments keeps.
func (m *Module) verifyIncome(ctx context.Context, res *orders.Findings) error {
	type entry struct {
		Key       string `db:"source_key"`
		Household int64  `db:"household_id"`
		AmountFen int64  `db:"amount_fen"`
		Stage     string `db:"stage"`
		seen      bool
	}
	var rows []entry
	err := m.db.SelectContext(ctx, &rows, `SELECT source_key, household_id, amount_fen, stage FROM income_entry WHERE stage <> 'expected'`)
	if err != nil {
		return fmt.Errorf("read income entries: %w", err)
	}
	byKey := make(map[string]*entry, len(rows))
	for i := range rows {
		byKey[rows[i].Key] = &rows[i]
	}
	found := func(object, detail string) {
		if len(res.Items) < 1000 {
			res.Items = append(res.Items, orders.Finding{Check: "income and payables", Object: object, Detail: detail})
		}
	}
	_, err = m.facts(ctx, 0, func(page []payments.IncomeFact) error {
		for _, f := range page {
			stage := stageOf(f.State)
			e := byKey[f.SourceKey]
			switch {
			case stage == "" && e == nil:
			case e == nil:
				found(f.SourceKey, fmt.Sprintf("payments has %d fen %s, the ledger nothing", f.AmountFen, stage))
			case stage == "" || e.AmountFen != f.AmountFen || e.Stage != stage || e.Household != f.Household:
				found(f.SourceKey, fmt.Sprintf("payments has %d fen %s for household %d, the ledger %d fen %s for %d",
					f.AmountFen, f.State, f.Household, e.AmountFen, e.Stage, e.Household))
			}
			if e != nil {
				e.seen = true
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for i := range rows {
		if e := &rows[i]; !e.seen {
			found(e.Key, fmt.Sprintf("the ledger has %d fen %s, payments nothing", e.AmountFen, e.Stage))
		}
	}
	return nil
}
