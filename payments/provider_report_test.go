package payments_test

import (
	"testing"

	"banmuyuan/payments"
)

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
