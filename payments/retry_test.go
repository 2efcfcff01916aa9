package payments_test

import (
	"testing"
	"time"

	"banmuyuan/payments"
)

func TestNextPaymentCheck(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		state   payments.PaymentState
		manual  bool
		age     time.Duration
		expires time.Duration // 0: never
		want    time.Duration
	}{
		"young":                     {payments.PaymentOpen, false, 0, 0, 5 * time.Second},
		"young, unknown":            {payments.PaymentUnknown, false, 0, 0, 2 * time.Second},
		"older":                     {payments.PaymentOpen, false, 4 * time.Minute, 0, time.Minute},
		"old":                       {payments.PaymentOpen, false, 4 * time.Hour, 0, 10 * time.Minute},
		"when it expires":           {payments.PaymentOpen, false, 4 * time.Hour, time.Minute, time.Minute},
		"expired before":            {payments.PaymentOpen, false, 4 * time.Hour, -time.Minute, 10 * time.Minute},
		"transfer":                  {payments.PaymentOpen, true, time.Hour, 0, noon.AddDate(1, 0, 0).Sub(noon)},
		"transfer, when it expires": {payments.PaymentOpen, true, time.Hour, 48 * time.Hour, 48 * time.Hour},
		"transfer, not opened yet":  {payments.PaymentSending, true, 0, 0, 5 * time.Second},
	} {
		var expires time.Time
		if c.expires != 0 {
			expires = noon.Add(c.expires)
		}
		if got := payments.NextPaymentCheck(c.state, c.manual, noon.Add(-c.age), expires, noon).Sub(noon); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

func TestNextRefundCheck(t *testing.T) {
	t.Parallel()
	for age, want := range map[time.Duration]time.Duration{0: 2 * time.Second, time.Minute: 15 * time.Second, 5 * time.Hour: 30 * time.Minute} {
		if got := payments.NextRefundCheck(noon.Add(-age), noon).Sub(noon); got != want {
			t.Errorf("after %s: %s, want %s", age, got, want)
		}
	}
}
