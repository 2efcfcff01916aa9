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
	check(t, payments.NoticeMachine)
	check(t, payments.StopMachine)
}

func TestPaymentReport(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		now, reported, want payments.PaymentState // want "" is no change
	}{
		{payments.PaymentSending, payments.PaymentOpen, payments.PaymentOpen},
		{payments.PaymentUnknown, payments.PaymentSucceeded, payments.PaymentSucceeded},
		{payments.PaymentOpen, payments.PaymentFailed, payments.PaymentFailed},
		{payments.PaymentOpen, payments.PaymentOpen, ""},
		{payments.PaymentExpired, payments.PaymentOpen, ""},
		{payments.PaymentExpired, payments.PaymentSucceeded, payments.PaymentSucceeded}, // late money is money
		{payments.PaymentFailed, payments.PaymentSucceeded, payments.PaymentSucceeded},
		{payments.PaymentSucceeded, payments.PaymentSucceeded, ""}, // and once
		{payments.PaymentSucceeded, payments.PaymentExpired, ""},
		{payments.PaymentOpen, payments.PaymentSending, ""}, // ours alone
		{payments.PaymentOpen, "paid", ""},
	} {
		on, known := payments.PaymentReport(c.reported)
		got, ok := payments.PaymentState(""), false
		if known {
			got, ok = payments.PaymentMachine.Next(c.now, on)
		}
		if ok != (c.want != "") || ok && got != c.want {
			t.Errorf("%s reported %s: %q %t, want %q", c.now, c.reported, got, ok, c.want)
		}
	}
}

func TestRefundReport(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		now, reported, want payments.RefundState // want "" is no change
	}{
		{payments.RefundSending, payments.RefundUnknown, payments.RefundUnknown},
		{payments.RefundPending, payments.RefundUnknown, ""}, // no answer changes nothing that is known
		{payments.RefundUnknown, payments.RefundPending, payments.RefundPending},
		{payments.RefundPending, payments.RefundSucceeded, payments.RefundSucceeded},
		{payments.RefundSucceeded, payments.RefundSucceeded, ""},
		{payments.RefundPending, payments.RefundFailed, payments.RefundByBank},
		{payments.RefundSucceeded, payments.RefundFailed, payments.RefundByBank}, // it came back
		{payments.RefundSending, payments.RefundByBank, payments.RefundByBank},
		{payments.RefundByBank, payments.RefundSucceeded, ""}, // an old report: the county may be transferring it
		{payments.RefundSending, "lost", ""},
	} {
		on, known := payments.RefundReport(c.reported)
		got, ok := payments.RefundState(""), false
		if known {
			got, ok = payments.RefundMachine.Next(c.now, on)
		}
		if ok != (c.want != "") || ok && got != c.want {
			t.Errorf("%s reported %s: %q %t, want %q", c.now, c.reported, got, ok, c.want)
		}
	}
}

func TestNextDispute(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		now, reported payments.DisputeState
		ok            bool
	}{
		{"", payments.DisputeInquiry, true}, {"", payments.DisputeLost, true}, {"", "unheard", false},
		{payments.DisputeInquiry, payments.DisputeOpen, true}, {payments.DisputeInquiry, payments.DisputeClosed, true},
		{payments.DisputeInquiry, payments.DisputeInquiry, false},
		{payments.DisputeOpen, payments.DisputeInquiry, false}, {payments.DisputeOpen, payments.DisputeClosed, false},
		{payments.DisputeOpen, payments.DisputeWon, true}, {payments.DisputeWon, payments.DisputeLost, true}, {payments.DisputeLost, payments.DisputeWon, true},
		{payments.DisputeWon, payments.DisputeWon, false}, {payments.DisputeLost, payments.DisputeOpen, false},
	} {
		got, ok := payments.NextDispute(c.now, c.reported)
		if ok != c.ok || ok && got != c.reported {
			t.Errorf("%q reported %q: %q %t", c.now, c.reported, got, ok)
		}
	}
}

func TestBatchFile(t *testing.T) {
	t.Parallel()
	for s, want := range map[payments.BatchState][2]bool{
		payments.BatchDraft: {false, false}, payments.BatchRejected: {false, false}, payments.BatchApproved: {true, false},
		payments.BatchExported: {true, true}, payments.BatchDone: {true, true},
	} {
		if got := [2]bool{s.HasFile(), s.WithBank()}; got != want {
			t.Errorf("%s: %v, want %v", s, got, want)
		}
	}
}
