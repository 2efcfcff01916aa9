package postgres

import (
	"context"
	"fmt"

	"banmuyuan/orders"
)

// Digests pages through all orders by id, for comparison with the catalogue's holds and the payments' accounts. A
// line's open and received units are those that the catalogue was told of: settled in a delivery, or still held.
func (m *Module) Digests(ctx context.Context, r orders.DigestRequest) (orders.Digests, error) {
	if err := needCounty(ctx); err != nil {
		return orders.Digests{}, err
	}
	limit, err := pageLimit(r.Limit, 1000, 5000)
	if err != nil {
		return orders.Digests{}, err
	}
	var rows []struct {
		ID        int64        `db:"id"`
		State     orders.State `db:"state"`
		PaidFen   int64        `db:"paid_fen"`
		AmountFen int64        `db:"amount_fen"`
		No        int          `db:"no"`
		Open      int64        `db:"open"`
		Received  int64        `db:"received"`
	}
	err = m.db.SelectContext(ctx, &rows, `
		WITH page AS (SELECT id, state, paid_fen, amount_fen, confirmed_at FROM orders WHERE id > $1 ORDER BY id LIMIT $2)
		SELECT p.id, p.state, p.paid_fen, p.amount_fen, l.no,
		       CASE WHEN p.state IN ('expired', 'cancelled') THEN 0 WHEN p.confirmed_at IS NULL THEN l.allocated
		            ELSE coalesce(s.open, 0) END AS open,
		       coalesce(s.settled, 0) AS received
		FROM page p
		JOIN order_line l ON l.order_id = p.id
		LEFT JOIN LATERAL (SELECT sum(qty - settled - returned)::bigint AS open, sum(settled)::bigint AS settled
		                   FROM share WHERE order_id = l.order_id AND line = l.no) s ON p.confirmed_at IS NOT NULL
		ORDER BY p.id, l.no`, r.After, limit)
	if err != nil {
		return orders.Digests{}, fmt.Errorf("read digests: %w", err)
	}
	res := orders.Digests{Items: []orders.Digest{}}
	for _, row := range rows {
		n := len(res.Items)
		if n == 0 || res.Items[n-1].ID != row.ID {
			res.Items = append(res.Items, orders.Digest{ID: row.ID, State: row.State, PaidFen: row.PaidFen, AmountFen: row.AmountFen})
			n++
		}
		d := &res.Items[n-1]
		d.Lines = append(d.Lines, orders.LineDigest{No: row.No, Open: row.Open, Received: row.Received})
	}
	return res, nil
}
