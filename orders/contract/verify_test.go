package contract_test

import (
	"testing"

	"banmuyuan/catalog"
	"banmuyuan/orders/contract"
)

func TestLatestQuotaOfALot(t *testing.T) {
	t.Parallel()
	byLot := contract.LatestByLot([]contract.QuotaLot{{Quota: 1, LotID: 7}, {Quota: 3, LotID: 7}, {Quota: 2, LotID: 7}, {Quota: 4, LotID: 8}})
	if len(byLot) != 2 || byLot[7].Quota != 3 || byLot[8].Quota != 4 {
		t.Errorf("%+v", byLot)
	}
}

func TestLotsAreComparedWithQuotas(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*contract.QuotaLot, *catalog.Lot)
		want   string
	}{
		"signed":               {func(*contract.QuotaLot, *catalog.Lot) {}, ""},
		"another household":    {func(q *contract.QuotaLot, _ *catalog.Lot) { q.Household = 2 }, "household 2 of presale 5, its lot 7 is household 1's of presale 5"},
		"another presale":      {func(q *contract.QuotaLot, _ *catalog.Lot) { q.Presale = 6 }, "household 1 of presale 6, its lot 7 is household 1's of presale 5"},
		"lost units are gone":  {func(q *contract.QuotaLot, l *catalog.Lot) { q.Lost, l.Capacity = 3, 37 }, ""},
		"too much capacity":    {func(q *contract.QuotaLot, l *catalog.Lot) { q.Lost = 3 }, "signed for 40 units, of which 3 were lost, its lot has 40"},
		"called off and held":  {func(q *contract.QuotaLot, l *catalog.Lot) { q.CalledOff, l.Reserved, l.Delivered = 30, 20, 10 }, ""},
		"called off, not held": {func(q *contract.QuotaLot, l *catalog.Lot) { q.CalledOff, l.Reserved, l.Delivered = 31, 20, 10 }, "31 units are called off, its lot holds 30"},
		"ended, not returned":  {func(q *contract.QuotaLot, _ *catalog.Lot) { q.State = contract.QuotaEnded }, ""},
		"ended and returned": {func(q *contract.QuotaLot, l *catalog.Lot) {
			q.State, q.Returned, q.CalledOff, l.Capacity, l.Delivered = contract.QuotaEnded, true, 30, 30, 30
		}, ""},
		"more was delivered": {func(q *contract.QuotaLot, l *catalog.Lot) {
			q.State, q.Returned, q.CalledOff, l.Capacity, l.Delivered = contract.QuotaEnded, true, 30, 31, 31
		}, ""},
		"not given back": {func(q *contract.QuotaLot, l *catalog.Lot) {
			q.State, q.Returned, q.CalledOff, l.Capacity, l.Delivered = contract.QuotaEnded, true, 30, 31, 30
		},
			"ended with 30 units called off, its lot still keeps 31"},
		"declined": {func(q *contract.QuotaLot, l *catalog.Lot) {
			q.State, q.Returned, l.Capacity = contract.QuotaDeclined, true, 3
		}, ""},
	} {
		q := contract.QuotaLot{Quota: 9, LotID: 7, Household: 1, Presale: 5, State: contract.QuotaSigned, Qty: 40}
		l := catalog.Lot{ID: 7, HouseholdID: 1, PresaleID: 5, Capacity: 40}
		c.change(&q, &l)
		if object, detail := contract.CompareLot(&q, l); object != "quota 9" || detail != c.want {
			t.Errorf("%s: %s: %q", name, object, detail)
		}
	}
	object, detail := contract.CompareLot(nil, catalog.Lot{ID: 7, HouseholdID: 1, Capacity: 1})
	if object != "lot 7" || detail != "the catalogue keeps 1 units for household 1, which signed for nothing" {
		t.Errorf("%s: %q", object, detail)
	}
	if _, detail := contract.CompareLot(nil, catalog.Lot{ID: 7}); detail != "" {
		t.Error(detail)
	}
}
