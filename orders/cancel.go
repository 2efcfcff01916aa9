package orders

import (
	"time"

	"banmuyuan/internal/link"
	"banmuyuan/internal/money"
)

// CancelStep returns the event by which somebody ends an order: its buyer cancels, the county calls off. ok is false for
// everybody else.
func CancelStep(owns, county bool) (step Step, ok bool) {
	switch {
	case owns:
		return StepCancel, true
	case county:
		return StepCallOff, true
	}
	return "", false
}

// EndsUnweighed reports whether step ends a confirmed order only while nothing of it was weighed: the county alone calls
// off an order that is at the scale already.
func EndsUnweighed(state State, step Step) bool {
	return step != StepCallOff && state == StateConfirmed
}

// CheckCancel returns Conflict when the order cannot be ended by step: it was paid a moment ago, its weighing has begun,
// or its state forbids it.
func CheckCancel(f Funds, step Step, weighed bool) error {
	if f.State.Unpaid() && f.DepositPaid {
		return link.E(link.Conflict, "order.cancel.just_paid", "")
	}
	if weighed && EndsUnweighed(f.State, step) {
		return link.E(link.Conflict, "order.cancel.too_late", "")
	}
	_, err := f.State.Next(step)
	return err
}

// Forfeit returns the cost to the buyer of ending the order by step at now: CancelCost when the buyer cancels a confirmed
// order, nothing otherwise. confirmedAt is nil for an order that was never confirmed.
func Forfeit(f Funds, step Step, lines []Line, confirmedAt *time.Time, now time.Time) (int64, error) {
	if step != StepCancel || confirmedAt == nil {
		return 0, nil
	}
	return CancelCost(f.State, lines, f.InTimeFen(), *confirmedAt, now)
}

// CancelCost is the forfeit for cancelling at now an order confirmed at confirmedAt: nothing while it is unpaid or within
// the free hours, afterwards each line's share of its deposit, but never more than was paid.
func CancelCost(state State, lines []Line, paidFen int64, confirmedAt, now time.Time) (int64, error) {
	if state != StateConfirmed {
		return 0, nil
	}
	var cost int64
	for _, l := range lines {
		if now.Before(confirmedAt.Add(time.Duration(l.Terms.FreeCancelHours) * time.Hour)) {
			continue
		}
		c, err := money.BasisPoints(l.DepositFen, l.Terms.ForfeitBP)
		if err != nil {
			return 0, err
		}
		cost += c
	}
	return min(cost, paidFen), nil
}
