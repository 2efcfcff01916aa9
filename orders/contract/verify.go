package contract

import (
	"fmt"

	"banmuyuan/catalog"
)

// QuotaLot is a quota as the lot that the catalogue keeps for it should be.
type QuotaLot struct {
	Quota     int64
	LotID     int64
	Household int64
	Presale   int64
	State     QuotaState
	Qty       int64
	Returned  bool  // the units that were not called off went back to the household's other offers
	CalledOff int64 // of the lot
	Lost      int64 // reported lost: the catalogue has that much less
}

// LatestByLot returns the latest quota of each lot: a household may sign anew after an earlier quota ended.
func LatestByLot(quotas []QuotaLot) map[int64]*QuotaLot {
	byLot := make(map[int64]*QuotaLot, len(quotas))
	for i := range quotas {
		q := &quotas[i]
		if old := byLot[q.LotID]; old == nil || old.Quota < q.Quota {
			byLot[q.LotID] = q
		}
	}
	return byLot
}

// CompareLot compares a lot of a contract's presale with its quota, which is nil when there is none. detail is "" when they
// agree: a signed quota less its losses is the lot's capacity, an ended quota keeps the units that were called off, and the
// lot holds the called-off units.
func CompareLot(q *QuotaLot, l catalog.Lot) (object, detail string) {
	if q == nil {
		if l.Capacity > 0 {
			detail = fmt.Sprintf("the catalogue keeps %d units for household %d, which signed for nothing", l.Capacity, l.HouseholdID)
		}
		return fmt.Sprintf("lot %d", l.ID), detail
	}
	held := l.Reserved + l.Delivered
	switch {
	case q.Household != l.HouseholdID || q.Presale != l.PresaleID:
		detail = fmt.Sprintf("household %d of presale %d, its lot %d is household %d's of presale %d", q.Household, q.Presale, l.ID, l.HouseholdID, l.PresaleID)
	case q.State == QuotaSigned && q.Qty-q.Lost != l.Capacity:
		detail = fmt.Sprintf("signed for %d units, of which %d were lost, its lot has %d", q.Qty, q.Lost, l.Capacity)
	case q.State == QuotaEnded && q.Returned && l.Capacity > max(q.CalledOff, held):
		detail = fmt.Sprintf("ended with %d units called off, its lot still keeps %d", q.CalledOff, l.Capacity)
	case q.CalledOff > held:
		detail = fmt.Sprintf("%d units are called off, its lot holds %d", q.CalledOff, held)
	}
	return fmt.Sprintf("quota %d", q.Quota), detail
}
