package payments

import "slices"

// PaymentReport returns the event by which a provider's report that a payment is in state s is applied, and false for a
// state that a provider does not report.
func PaymentReport(s PaymentState) (PaymentStep, bool) {
	switch s {
	case PaymentOpen:
		return PaymentAccept, true
	case PaymentSucceeded:
		return PaymentReceive, true
	case PaymentFailed:
		return PaymentDecline, true
	case PaymentExpired:
		return PaymentExpire, true
	}
	return "", false
}

// RefundReport returns the event by which a provider's report that a refund is in state s is applied, and false for a
// state that a provider does not report.
func RefundReport(s RefundState) (RefundStep, bool) {
	switch s {
	case RefundUnknown:
		return RefundNoAnswer, true
	case RefundPending:
		return RefundPend, true
	case RefundSucceeded:
		return RefundSucceed, true
	case RefundFailed:
		return RefundFail, true
	case RefundByBank:
		return RefundDivert, true
	}
	return "", false
}

// NextDispute returns the state after a provider's report, and false when the report changes nothing. now is "" for a
// dispute that was not known.
func NextDispute(now, reported DisputeState) (DisputeState, bool) {
	if now == "" {
		return reported, slices.Contains(DisputeMachine.States(), reported)
	}
	switch reported {
	case DisputeOpen:
		return DisputeMachine.Next(now, DisputeEscalate)
	case DisputeWon:
		return DisputeMachine.Next(now, DisputeWin)
	case DisputeLost:
		return DisputeMachine.Next(now, DisputeLose)
	case DisputeClosed:
		return DisputeMachine.Next(now, DisputeDrop)
	}
	return now, false
}
