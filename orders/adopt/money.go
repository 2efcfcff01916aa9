package adopt

import (
	"time"

	"banmuyuan/internal/link"
	"banmuyuan/internal/money"
	"banmuyuan/orders"
)

// Account is the money of an adoption and the terms that were fixed when it was taken.
type Account struct {
	State      State
	DepositFen int64
	PaidFen    int64
	RefundFen  int64 // sent back
	LateFen    int64 // of it: late and double payments, and more than was due
	ForfeitFen int64
	ForfeitBP  int64 // of the deposit, when cancelled after FreeHours
	FreeHours  int64
	ExpiresAt  time.Time // unless the deposit is paid
	BalanceBy  time.Time
	ReservedAt *time.Time // when the deposit was paid
	HoldLost   bool       // the stock is gone
}

// Kept is the money that is there for the adoption's boxes.
func (a Account) Kept() int64 { return a.PaidFen - a.RefundFen }

// Due is the money that the adopter has to pay now: the deposit, or the rest of the worth of the boxes.
func (a Account) Due(worth int64) int64 {
	switch a.State {
	case Placed:
		return a.DepositFen
	case Reserved:
		return max(worth-a.Kept(), 0)
	}
	return 0
}

// CancelCost is the money that cancelling at now forfeits: nothing before the deposit is paid and within the free hours,
// afterwards a part of the deposit, and never more than was paid.
func (a Account) CancelCost(now time.Time) (int64, error) {
	if a.ReservedAt == nil || now.Before(a.ReservedAt.Add(time.Duration(a.FreeHours)*time.Hour)) {
		return 0, nil
	}
	cost, err := money.BasisPoints(a.DepositFen, a.ForfeitBP)
	return min(cost, a.Kept()), err
}

// Lapsed reports whether the balance did not come in time.
func (a Account) Lapsed(now time.Time) bool {
	return a.State.Can(StepLapse) && !now.Before(a.BalanceBy)
}

// End books the end of an adoption: everything goes back but the forfeit. Without a payment nothing changes.
func (a *Account) End(forfeit int64) {
	if a.PaidFen > 0 {
		a.ForfeitFen, a.RefundFen = forfeit, a.PaidFen-forfeit
	}
}

// Book books a payment, of which returnFen was more than was due. A late one, and one that arrives after the adoption was
// cancelled, goes back as it came; late payments are counted apart.
func (a *Account) Book(fen, returnFen int64, late bool) {
	a.PaidFen, a.RefundFen, a.LateFen = a.PaidFen+fen, a.RefundFen+returnFen, a.LateFen+returnFen
	switch {
	case late:
		a.RefundFen, a.LateFen = a.RefundFen+fen, a.LateFen+fen
	case a.State == Cancelled:
		a.RefundFen = a.PaidFen - a.ForfeitFen
	}
}

// Follow is the consequence of a payment.
type Follow string

const (
	FollowNothing Follow = ""
	FollowReturn  Follow = "return"  // the payment was late and is sent back
	FollowReserve Follow = "reserve" // the deposit is paid
	FollowLost    Follow = "lost"    // the deposit is paid, and the stock is gone
	FollowSettle  Follow = "settle"  // the balance is paid: see Settle
)

// Follows returns the consequence of a payment that was booked.
func (a Account) Follows(purpose orders.Purpose, late bool) Follow {
	switch {
	case late:
		return FollowReturn
	case purpose == orders.PurposeBalance && a.State.Can(StepPaidUp):
		return FollowSettle
	case !a.State.Can(StepDeposit):
		return FollowNothing
	case a.HoldLost:
		return FollowLost
	}
	return FollowReserve
}

// Settlement is the consequence of a change of an adoption's boxes or money.
type Settlement struct {
	RefundFen int64 // is paid for nothing and goes back
	Step      Step  // StepComplete, StepPaidUp or empty
}

// Settle compares the money of an adoption with its boxes: money that is paid for nothing goes back, an adoption without
// an open box is complete, and one that owes nothing grows.
func (a Account) Settle(boxes []Part) Settlement {
	var s Settlement
	worth := Worth(boxes)
	if excess := a.Kept() - worth; excess > 0 && a.ReservedAt != nil && !a.State.Over() {
		s.RefundFen = excess
	}
	switch {
	case !AnyOpen(boxes) && a.State.Can(StepComplete):
		s.Step = StepComplete
	case a.State.Can(StepPaidUp) && a.Kept() >= worth:
		s.Step = StepPaidUp
	}
	return s
}

// Payment is the money that can be paid now.
type Payment struct {
	Purpose   orders.Purpose
	AmountFen int64
	ExpiresAt time.Time
}

// Payable returns the payment that the adopter can start at now. Conflict when the time is over or nothing is due.
func (a Account) Payable(worth int64, now time.Time) (Payment, error) {
	over := link.E(link.Conflict, "adoption.pay.expired", "")
	switch a.State {
	case Expiring, Expired:
		return Payment{}, over
	case Placed:
		if !now.Before(a.ExpiresAt) || a.HoldLost {
			return Payment{}, over
		}
	}
	due := a.Due(worth)
	if due == 0 {
		return Payment{}, link.E(link.Conflict, "order.pay.nothing", "")
	}
	if a.State != Reserved {
		return Payment{orders.PurposeDeposit, due, a.ExpiresAt}, nil
	}
	if !now.Before(a.BalanceBy) {
		return Payment{}, over
	}
	return Payment{orders.PurposeBalance, due, a.BalanceBy}, nil
}
