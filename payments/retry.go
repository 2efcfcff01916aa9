package payments

import "time"

// Waits between two questions to a provider.
const (
	checkFirst   = 5 * time.Second // after a payment was created
	unknownFirst = 2 * time.Second // when its outcome is unknown
	checkLast    = 10 * time.Minute
	refundFirst  = 2 * time.Second
	refundLast   = 30 * time.Minute
)

// NextPaymentCheck returns the time of the next look at a payment: often when it is young, seldom when it is old, and at the
// latest when it expires (zero: it does not). manual payments have no provider; nothing is asked of open ones.
func NextPaymentCheck(state PaymentState, manual bool, created, expires, now time.Time) time.Time {
	next := now.AddDate(1, 0, 0)
	if !manual || state != PaymentOpen {
		least := checkFirst
		if state == PaymentUnknown {
			least = unknownFirst
		}
		next = now.Add(min(max(now.Sub(created)/4, least), checkLast))
	}
	if expires.After(now) && expires.Before(next) {
		next = expires
	}
	return next
}

// NextRefundCheck returns the time of the next look at a refund.
func NextRefundCheck(created, now time.Time) time.Time {
	return now.Add(min(max(now.Sub(created)/4, refundFirst), refundLast))
}
