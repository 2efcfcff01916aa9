package order

import (
	"context"
	"fmt"

	"banmuyuan/internal/link/paging"
	"banmuyuan/orders"
	"banmuyuan/orders/postgres/desk"
)

// Digests pages through all orders and adoptions by id, for comparison with the catalogue's holds and the payments' accounts. A
// line's open and received units are the ones that the catalogue was told of: settled in a delivery, or still held.
func (m *Room) Digests(ctx context.Context, r orders.DigestRequest) (orders.Digests, error) {
	if err := desk.NeedCounty(ctx); err != nil {
		return orders.Digests{}, err
	}
	limit, err := paging.Size(r.Limit, 1000, 5000)
	if err != nil {
		return orders.Digests{}, err
	}
	var rows []struct {
		ID        int64        `db:"id"`
		Ref       string       `db:"ref"`
		State     orders.State `db:"state"`
		PaidFen   int64        `db:"paid_fen"`
		RefundFen int64        `db:"refund_fen"`
		AmountFen int64        `db:"amount_fen"`
		No        int          `db:"no"`
		Open      int64        `db:"open"`
		Received  int64        `db:"received"`
	}
	err = m.DB.SelectContext(ctx, &rows, `
		WITH both_kinds AS (
			(SELECT id, 'order:' || id AS ref, state, paid_fen, refund_fen, amount_fen, confirmed_at FROM orders WHERE id > $1 ORDER BY id LIMIT $2)
			UNION ALL
			(SELECT a.id, 'adoption:' || a.id, CASE a.state WHEN 'reserved' THEN 'confirmed' WHEN 'growing' THEN 'confirmed' ELSE a.state END,
			        a.paid_fen, a.refund_fen, coalesce((SELECT sum(b.amount_fen) FROM adoption_box b WHERE b.adoption_id = a.id
			                              AND b.state IN ('delivered', 'settled', 'disputed')), 0)::bigint, a.reserved_at
			 FROM adoption a WHERE a.id > $1 ORDER BY a.id LIMIT $2)
		), page AS (SELECT id, ref, state, paid_fen, refund_fen, amount_fen, confirmed_at FROM both_kinds ORDER BY id LIMIT $2)
		SELECT p.id, p.ref, p.state, p.paid_fen, p.refund_fen, p.amount_fen, l.no,
		       CASE WHEN p.state IN ('expired', 'cancelled') THEN 0 WHEN p.confirmed_at IS NULL THEN l.allocated
		            ELSE coalesce(s.open, 0) END AS open,
		       coalesce(s.settled, 0) AS received
		FROM page p
		JOIN order_line l ON l.order_id = p.id
		LEFT JOIN LATERAL (SELECT sum(qty - settled - returned)::bigint AS open, sum(settled)::bigint AS settled
		                   FROM share WHERE order_id = l.order_id AND line = l.no) s ON p.confirmed_at IS NOT NULL
		UNION ALL
		SELECT p.id, p.ref, p.state, p.paid_fen, p.refund_fen, p.amount_fen, 1,
		       coalesce(sum(b.qty) FILTER (WHERE b.state = 'planned'), 0)::bigint,
		       coalesce(sum(b.qty) FILTER (WHERE b.state IN ('delivered', 'settled', 'disputed')), 0)::bigint
		FROM page p JOIN adoption_box b ON b.adoption_id = p.id
		GROUP BY p.id, p.ref, p.state, p.paid_fen, p.refund_fen, p.amount_fen
		ORDER BY id, no`, r.After, limit)
	if err != nil {
		return orders.Digests{}, fmt.Errorf("read digests: %w", err)
	}
	res := orders.Digests{Items: []orders.Digest{}}
	for _, row := range rows {
		n := len(res.Items)
		if n == 0 || res.Items[n-1].ID != row.ID {
			res.Items = append(res.Items, orders.Digest{ID: row.ID, Ref: row.Ref, State: row.State, PaidFen: row.PaidFen, RefundFen: row.RefundFen, AmountFen: row.AmountFen})
			n++
		}
		d := &res.Items[n-1]
		d.Lines = append(d.Lines, orders.LineDigest{No: row.No, Open: row.Open, Received: row.Received})
	}
	return res, nil
}
