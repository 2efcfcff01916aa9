package payments_test

import (
	"testing"

	"banmuyuan/internal/link"
	"banmuyuan/internal/state"
	"banmuyuan/payments"
)

func check[S, E ~string](t *testing.T, m *state.Machine[S, E]) {
	t.Helper()
	if err := m.Check(); err != nil {
		t.Error(err)
	}
	for _, on := range m.Events() {
		key := m.Refused(on)
		if _, ok := payments.Messages[key]; key != "" && !ok && link.Messages[key] == [2]string{} {
			t.Errorf("%s: %s is refused with %q, which has no sentences", m.Name(), on, key)
		}
	}
}

func TestStateTables(t *testing.T) {
	t.Parallel()
	check(t, payments.PaymentMachine)
	check(t, payments.RefundMachine)
	check(t, payments.DisputeMachine)
	check(t, payments.BatchMachine)
	check(t, payments.ItemMachine)
	check(t, payments.OrgPayoutMachine)
	check(t, payments.PayableMachine)
	check(t, payments.PoolMachine)
	check(t, payments.ClosingMachine)
	check(t, payments.ReversalMachine)
	check(t, payments.LineMachine)
	check(t, payments.OutgoingMachine)
	check(t, payments.PayoutAccountMachine)
	check(t, payments.AccountBatchMachine)
	check(t, payments.NoticeMachine)
	check(t, payments.StopMachine)
	check(t, payments.DoubtMachine)
}
