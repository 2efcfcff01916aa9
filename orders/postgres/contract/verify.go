package contract

import (
	"context"
	"fmt"

	"banmuyuan/catalog"
	"banmuyuan/orders"
	"banmuyuan/orders/contract"
	"banmuyuan/orders/postgres/desk"
)

// quotaLot is a quota with its lot, as it is stored.
type quotaLot struct {
	Quota     int64               `db:"id"`
	LotID     int64               `db:"lot_id"`
	Household int64               `db:"household_id"`
	Presale   int64               `db:"presale_id"`
	State     contract.QuotaState `db:"state"`
	Qty       int64               `db:"qty"`
	Returned  bool                `db:"returned"`
	CalledOff int64               `db:"called"`
	Lost      int64               `db:"lost"`
}

// verifyQuotas compares quotas with the lots that the catalogue keeps for them.
func (m *Room) verifyQuotas(ctx context.Context, res *orders.Findings) error {
	var rows []quotaLot
	err := m.DB.SelectContext(ctx, &rows, `
		SELECT q.id, q.lot_id, q.household_id, c.presale_id, q.state, q.qty, q.returned,
		       coalesce((SELECT sum(s.qty - s.returned) FROM share s JOIN call_off k ON k.order_id = s.order_id AND k.contract_id = q.contract_id
		                 WHERE s.lot_id = q.lot_id), 0)::bigint AS called,
		       coalesce((SELECT sum(s.units) FROM shortage s JOIN call_off k ON k.order_id = s.order_id AND k.contract_id = q.contract_id
		                 WHERE s.lot_id = q.lot_id AND s.lost), 0)::bigint AS lost
		FROM quota q JOIN contract c ON c.id = q.contract_id WHERE q.lot_id <> 0`)
	if err != nil {
		return fmt.Errorf("read quotas: %w", err)
	}
	quotas := make([]contract.QuotaLot, len(rows))
	for i, q := range rows {
		quotas[i] = contract.QuotaLot(q)
	}
	byLot := contract.LatestByLot(quotas)
	var booking []struct {
		Presale   int64 `db:"presale_id"`
		Household int64 `db:"household_id"`
	}
	err = m.DB.SelectContext(ctx, &booking, `
		SELECT c.presale_id, q.household_id FROM quota q JOIN contract c ON c.id = q.contract_id WHERE q.state = 'booking'`)
	if err != nil {
		return fmt.Errorf("read bookings: %w", err)
	}
	type place struct{ presale, household int64 }
	underWay := make(map[place]bool, len(booking))
	for _, b := range booking {
		underWay[place{b.Presale, b.Household}] = true
	}
	found := func(object, format string, args ...any) {
		if len(res.Items) < 1000 {
			res.Items = append(res.Items, orders.Finding{Check: "quotas and lots", Object: object, Detail: fmt.Sprintf(format, args...)})
		}
	}
	seen := make(map[int64]bool, len(byLot))
	for after := int64(0); ; {
		page, err := m.CatalogContracts.QuotaLots(desk.AsSystem(ctx), catalog.LotsRequest{After: after})
		if err != nil {
			return err
		}
		if len(page.Items) == 0 {
			break
		}
		for _, l := range page.Items {
			after = l.ID
			q := byLot[l.ID]
			seen[l.ID] = true
			if underWay[place{l.PresaleID, l.HouseholdID}] {
				continue
			}
			if object, detail := contract.CompareLot(q, l); detail != "" {
				found(object, "%s", detail)
			}
		}
	}
	for id, q := range byLot {
		if !seen[id] {
			found(fmt.Sprintf("quota %d", q.Quota), "its lot %d is not of a contract's presale, or is not there", id)
		}
	}
	return nil
}
