package contract

import (
	"context"
	"fmt"

	"banmuyuan/catalog"
	"banmuyuan/orders"
	"banmuyuan/orders/contract"
	"banmuyuan/orders/postgres/desk"
)

// quotaLot is what orders says of a contract's lot: what its household signed for, and what of it is called off.
type quotaLot struct {
	Quota     int64               `db:"id"`
	LotID     int64               `db:"lot_id"`
	Household int64               `db:"household_id"`
	Presale   int64               `db:"presale_id"`
	State     contract.QuotaState `db:"state"`
	Qty       int64               `db:"qty"`
	Returned  bool                `db:"returned"`
	CalledOff int64               `db:"called"`
	Lost      int64               `db:"lost"` // reported lost: the catalogue has that much less
}

// verifyQuotas compares quotas with the lots that the catalogue keeps for them: a signed quota less what was lost is its lot's capacity, what
// has ended keeps what was called off, and what is called off is held there.
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
	byLot := make(map[int64]*quotaLot, len(rows))
	for i := range rows {
		q := &rows[i]
		if old := byLot[q.LotID]; old == nil || old.Quota < q.Quota { // signed anew after an earlier one ended
			byLot[q.LotID] = q
		}
	}
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
			object := fmt.Sprintf("lot %d", l.ID)
			if q != nil {
				object = fmt.Sprintf("quota %d", q.Quota)
			}
			switch {
			case underWay[place{l.PresaleID, l.HouseholdID}]:
			case q == nil:
				if l.Capacity > 0 {
					found(object, "the catalogue keeps %d units for household %d, which signed for nothing", l.Capacity, l.HouseholdID)
				}
			case q.Household != l.HouseholdID || q.Presale != l.PresaleID:
				found(object, "household %d of presale %d, its lot %d is household %d's of presale %d", q.Household, q.Presale, l.ID, l.HouseholdID, l.PresaleID)
			case q.State == contract.QuotaSigned && q.Qty-q.Lost != l.Capacity:
				found(object, "signed for %d units, of which %d were lost, its lot has %d", q.Qty, q.Lost, l.Capacity)
			case q.State == contract.QuotaEnded && q.Returned && l.Capacity > max(q.CalledOff, l.Reserved+l.Delivered):
				found(object, "ended with %d units called off, its lot still keeps %d", q.CalledOff, l.Capacity)
			case q.CalledOff > l.Reserved+l.Delivered:
				found(object, "%d units are called off, its lot holds %d", q.CalledOff, l.Reserved+l.Delivered)
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
