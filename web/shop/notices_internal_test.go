package shop

import (
	"slices"
	"testing"
	"time"

	"banmuyuan/orders"
	"banmuyuan/orders/adopt"
	"banmuyuan/web/notify"
)

var noon = time.Date(2026, 9, 1, 12, 0, 0, 0, time.UTC)

func TestOrderNotices(t *testing.T) {
	t.Parallel()
	until := noon.Add(30 * time.Minute)
	for state, want := range map[orders.State][]notice{
		orders.StatePlaced:    {{noticePlaced, noon}, {noticeDepositSoon, noon.Add(22*time.Minute + 30*time.Second)}},
		orders.StateExpiring:  nil,
		orders.StateExpired:   {{noticeExpired, noon}},
		orders.StateConfirmed: {{noticeConfirmed, noon}},
		orders.StateWeighing:  nil,
		orders.StateBilled:    {{noticeBalance, noon}, {noticeBalanceSoon, noon.Add(72 * time.Hour)}},
		orders.StatePaid:      {{noticeSettled, noon}},
		orders.StateCompleted: nil,
		orders.StateCancelled: {{noticeCancelled, noon}},
	} {
		if got := orderNotices(orders.Order{State: state, PlacedAt: noon, ExpiresAt: &until}, noon); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", state, got, want)
		}
	}
}

func TestAdoptionNotices(t *testing.T) {
	t.Parallel()
	until := noon.Add(2 * time.Hour)
	for state, want := range map[adopt.State][]notice{
		adopt.Placed:    {{noticeAdopted, noon}, {noticeAdoptionSoon, noon.Add(90 * time.Minute)}},
		adopt.Expiring:  nil,
		adopt.Expired:   {{noticeAdoptionOver, noon}},
		adopt.Reserved:  {{noticeReserved, noon}, {noticeAdoptionBalance, noon.AddDate(0, 0, 7)}},
		adopt.Growing:   {{noticeGrowing, noon}},
		adopt.Completed: nil,
		adopt.Cancelled: {{noticeAdoptionOver, noon}},
	} {
		a := adopt.Adoption{State: state, PlacedAt: noon, ExpiresAt: &until, BalanceBy: noon.AddDate(0, 0, 10)}
		if got := adoptionNotices(a, noon); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", state, got, want)
		}
	}
}

// A message that is no longer true is not sent.
func TestVerdicts(t *testing.T) {
	t.Parallel()
	until := noon.Add(time.Hour)
	order := func(state orders.State, due int64) orders.Order {
		return orders.Order{State: state, DueFen: due, ExpiresAt: &until, Questions: []orders.ShortageQuestion{{ID: 7}}}
	}
	for _, test := range []struct {
		kind     string
		question int64
		order    orders.Order
		want     notify.Verdict
	}{
		{noticePlaced, 0, order(orders.StatePlaced, 100), notify.Say},
		{noticeDepositSoon, 0, order(orders.StatePlaced, 100), notify.Say},
		{noticeDepositSoon, 0, order(orders.StateConfirmed, 0), notify.Untrue},
		{noticeDepositSoon, 0, order(orders.StateExpired, 0), notify.Untrue},
		{noticePlaced, 0, order(orders.StateCancelled, 0), notify.Untrue},
		{noticePlaced, 0, order(orders.StatePlaced, 0), notify.Untrue},
		{noticeConfirmed, 0, order(orders.StateConfirmed, 0), notify.Say},
		{noticeConfirmed, 0, order(orders.StateCancelled, 0), notify.Untrue},
		{noticeBalance, 0, order(orders.StateBilled, 100), notify.Say},
		{noticeBalance, 0, order(orders.StateBilled, 0), notify.NotYet},
		{noticeBalance, 0, order(orders.StateWeighing, 0), notify.Untrue},
		{noticeBalanceSoon, 0, order(orders.StatePaid, 0), notify.Untrue},
		{noticeSettled, 0, order(orders.StatePaid, 0), notify.Say},
		{noticeSettled, 0, order(orders.StateWeighing, 0), notify.Untrue},
		{noticeExpired, 0, order(orders.StateExpired, 0), notify.Say},
		{noticeExpired, 0, order(orders.StateConfirmed, 0), notify.Untrue},
		{noticeCancelled, 0, order(orders.StateCancelled, 0), notify.Say},
		{noticeCancelled, 0, order(orders.StateConfirmed, 0), notify.Untrue},
		{noticeRefund, 500, order(orders.StateCancelled, 0), notify.Say},
		{noticeShortage, 7, order(orders.StateConfirmed, 0), notify.Say},
		{noticeShortageSoon, 8, order(orders.StateConfirmed, 0), notify.Untrue},
		{"order.other", 0, order(orders.StateConfirmed, 0), notify.Untrue},
	} {
		if got := orderVerdict(test.kind, test.question, test.order); got != test.want {
			t.Errorf("%s of a %s order: %d, want %d", test.kind, test.order.State, got, test.want)
		}
	}
	for _, test := range []struct {
		kind string
		a    adopt.Adoption
		want notify.Verdict
	}{
		{noticeAdopted, adopt.Adoption{State: adopt.Placed}, notify.Say},
		{noticeAdoptionSoon, adopt.Adoption{State: adopt.Reserved}, notify.Untrue},
		{noticeAdoptionBalance, adopt.Adoption{State: adopt.Reserved, DueFen: 100}, notify.Say},
		{noticeAdoptionBalance, adopt.Adoption{State: adopt.Reserved}, notify.Untrue},
		{noticeAdoptionBalance, adopt.Adoption{State: adopt.Growing}, notify.Untrue},
		{noticeGrowing, adopt.Adoption{State: adopt.Growing}, notify.Say},
		{noticeAdoptionOver, adopt.Adoption{State: adopt.Expired}, notify.Say},
	} {
		if got := adoptionVerdict(test.kind, test.a); got != test.want {
			t.Errorf("%s of a %s adoption: %d, want %d", test.kind, test.a.State, got, test.want)
		}
	}
}

// Each kind has a name and a text in both languages.
func TestNoticesHaveWords(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{noticePlaced, noticeDepositSoon, noticeConfirmed, noticeBalance, noticeBalanceSoon, noticeSettled, noticeExpired, noticeCancelled,
		noticeRefund, noticeShortage, noticeShortageSoon, noticeAdopted, noticeAdoptionSoon, noticeReserved, noticeAdoptionBalance, noticeGrowing, noticeAdoptionOver, noticePickup} {
		for _, key := range []string{"notice." + kind, "sms." + kind} {
			if w := noticeWords[key]; w[0] == "" || w[1] == "" {
				t.Errorf("no words for %s", key)
			}
		}
	}
}
