package income

import (
	"context"
	"fmt"

	"banmuyuan/orders"
	"banmuyuan/orders/postgres/desk"
	"banmuyuan/payments"
)

// villageFees sums the parts of fees of deliveries and boxes that stand, by village.
const villageFees = `
	SELECT village_id AS village, count(*) AS deliveries, sum(village_fen)::bigint AS fen FROM (
		SELECT village_id, village_fen FROM delivery WHERE village_fen > 0 AND reversed_at IS NULL
		UNION ALL
		SELECT village_id, village_fen FROM adoption_box WHERE village_fen > 0 AND state IN ('delivered', 'disputed', 'settled')) f
	GROUP BY village_id ORDER BY village_id`

// verifyVillageFees compares the earnings of village collectives from deliveries with the postings of payments.
func (m *Room) verifyVillageFees(ctx context.Context, res *orders.Findings) error {
	var rows []struct {
		Village    int64 `db:"village"`
		Deliveries int64 `db:"deliveries"`
		Fen        int64 `db:"fen"`
	}
	if err := m.DB.SelectContext(ctx, &rows, villageFees); err != nil {
		return fmt.Errorf("sum fees of villages: %w", err)
	}
	booked, err := m.Payments.VillageFees(desk.AsSystem(ctx), payments.None{})
	if err != nil {
		return err
	}
	ledger := make(map[int64]payments.VillageFeeSum, len(booked.Items))
	for _, f := range booked.Items {
		ledger[f.Village] = f
	}
	found := func(village int64, detail string) {
		if len(res.Items) < 1000 {
			res.Items = append(res.Items, orders.Finding{Check: "fees of villages", Object: fmt.Sprintf("village %d", village), Detail: detail})
		}
	}
	for _, r := range rows {
		f := ledger[r.Village]
		delete(ledger, r.Village)
		if f.AmountFen != r.Fen || f.Deliveries != r.Deliveries {
			found(r.Village, fmt.Sprintf("%d deliveries earned it %d fen, payments has %d and %d fen", r.Deliveries, r.Fen, f.Deliveries, f.AmountFen))
		}
	}
	for village, f := range ledger {
		found(village, fmt.Sprintf("payments has %d fen of %d deliveries, and no delivery earned it a part", f.AmountFen, f.Deliveries))
	}
	return nil
}
