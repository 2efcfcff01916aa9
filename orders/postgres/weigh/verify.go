package weigh

import (
	"time"

	"banmuyuan/orders/postgres/desk"
)

// Checks returns the queries that hold tickets, shares and deliveries against each other.
func (m *Room) Checks(time.Time) []desk.Check {
	return []desk.Check{
		{Name: "weighings kept aside", SQL: `
			SELECT 'conflict ' || w.id AS object, 'ticket ' || t.id || ' was written of it as well' AS detail
			FROM weigh_conflict w JOIN ticket t ON t.client_id = w.client_id AND t.account_id = w.account_id
			WHERE w.problem ->> 'key' <> 'weigh.client_id.reused'`},
		{Name: "tickets of a share", SQL: `
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
		{Name: "state of a share", SQL: `
			SELECT 'order ' || order_id || ' line ' || line || ' lot ' || lot_id AS object,
			       format('%s with %s of %s received, %s held, %s short', state, received, qty, held, short) AS detail
			FROM share
			WHERE state <> CASE WHEN received + short < qty OR held > 0 THEN 'expected' WHEN received > 0 THEN 'weighed' ELSE 'short' END`},
		{Name: "amount of a delivery", SQL: `
			SELECT 'delivery ' || d.id AS object,
			       format('%s fen, fee %s, raisers %s, %s units; its tickets have %s, %s, %s, %s', d.amount_fen, d.fee_fen, d.agent_fen, d.units,
			              t.amount, t.fee, t.agent, t.units) AS detail
			FROM delivery d
			JOIN LATERAL (SELECT coalesce(sum(amount_fen), 0) AS amount, coalesce(sum(fee_fen), 0) AS fee, coalesce(sum(agent_fen), 0) AS agent,
			                     coalesce(sum(units), 0) AS units
			              FROM ticket WHERE delivery_id = d.id) t ON true
			WHERE d.reversed_at IS NULL AND (d.amount_fen, d.fee_fen, d.agent_fen, d.units) IS DISTINCT FROM (t.amount, t.fee, t.agent, t.units)`},
		{Name: "village's part of a fee", SQL: `
			SELECT 'delivery ' || d.id AS object,
			       format('%s fen at %s/10000 of the fee of %s', d.village_fen, l.village_bp, d.fee_fen) AS detail
			FROM delivery d JOIN order_line l ON l.order_id = d.order_id AND l.no = d.line
			WHERE d.village_fen <> fee_of(d.fee_fen, l.village_bp)`},
	}
}
