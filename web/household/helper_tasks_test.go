package household

import (
	"slices"
	"testing"
	"time"

	"banmuyuan/catalog"
	"banmuyuan/orders"
	"banmuyuan/payments"
)

func TestTasksOfAHelper(t *testing.T) {
	t.Parallel()
	active := payments.HouseholdAccount{Account: &payments.PayoutAccount{State: string(payments.AccountActive)}}
	closed := payments.HouseholdAccount{Account: &payments.PayoutAccount{State: string(payments.AccountClosed)}}
	agreed := catalog.Household{Consent: true}
	earned := orders.IncomeSum{OwedFen: 1}
	for name, c := range map[string]struct {
		h    lookedAfter
		want []string
	}{
		"nothing to do":      {lookedAfter{Household: agreed, Account: active, Sum: earned}, nil},
		"has not agreed":     {lookedAfter{}, []string{taskConsent}},
		"no account":         {lookedAfter{Household: agreed, Sum: earned}, []string{taskAccount}},
		"account was closed": {lookedAfter{Household: agreed, Account: closed, Sum: earned}, []string{taskAccount}},
		"nothing sold":       {lookedAfter{Household: agreed, Account: active}, []string{taskUnsold}},
		"everything": {lookedAfter{Household: agreed, Next: &orders.Share{}, Asked: 1, Arrived: &payments.PayoutItem{}},
			[]string{taskDeliver, taskAnswer, taskAccount, taskArrived, taskUnsold}},
	} {
		if c.h.tasksOf(); !slices.Equal(c.h.Tasks, c.want) {
			t.Errorf("%s: %v, want %v", name, c.h.Tasks, c.want)
		}
	}
}

func TestComingSoon(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 9, 18, 8, 0, 0, 0, time.UTC)
	on := func(days int) orders.Share {
		return orders.Share{LotID: int64(days), DeliverFrom: now.AddDate(0, 0, days)}
	}
	if next, n := comingSoon([]orders.Share{on(8), on(5), on(3), on(7), on(-1)}, now); n != 4 || next.LotID != -1 {
		t.Errorf("%d coming, first %+v", n, next)
	}
	if next, n := comingSoon([]orders.Share{on(8)}, now); n != 0 || next != nil {
		t.Errorf("%d coming", n)
	}
}
