package orders

import (
	"time"

	"banmuyuan/internal/link"
)

// Funds is the money of an order, asked, received and given back, with the facts that decide about it.
type Funds struct {
	State       State
	DepositFen  int64     // asked
	DepositPaid bool      // in time
	HoldLost    bool      // the catalogue gave the stock away
	ExpiresAt   time.Time // of the time to pay the deposit

	AmountFen  int64 // billed
	BalanceFen int64 // due of the bill; 0 also while payments has not closed it
	PaidFen    int64 // received, late money included
	LateFen    int64 // of PaidFen: came too late or was more than was due, and goes back whole
	RefundFen  int64 // given back or on its way
	ForfeitFen int64 // kept
}

// InTimeFen is the money received in time for what was due: the rest goes back.
func (f Funds) InTimeFen() int64 { return f.PaidFen - f.LateFen }

// DueFen is the amount due now: the deposit, or the balance.
func (f Funds) DueFen() int64 {
	switch f.State {
	case StatePlaced:
		return f.DepositFen
	case StateBilled:
		return f.BalanceFen
	}
	return 0
}

// Bill is a payment that a buyer may start.
type Bill struct {
	Fen     int64
	Purpose Purpose
	Expires time.Time
}

// Payable returns the payment that may be started at now; balanceWithin is how long one of the balance stays open.
// Conflict when the time is over or nothing is due; Unavailable while payments has not closed the bill.
func (f Funds) Payable(now time.Time, balanceWithin time.Duration) (Bill, error) {
	due := f.DueFen()
	switch {
	case f.State == StatePlaced && (!now.Before(f.ExpiresAt) || f.HoldLost), f.State == StateExpired, f.State == StateExpiring:
		return Bill{}, link.E(link.Conflict, "order.pay.expired", "")
	case f.State == StatePlaced && f.DepositPaid:
		return Bill{}, link.E(link.Conflict, "order.pay.nothing", "")
	case f.State == StateBilled && due == 0:
		e := link.E(link.Unavailable, "order.pay.wait", "")
		e.RetryAfter = 1
		return Bill{}, e
	case due == 0:
		return Bill{}, link.E(link.Conflict, "order.pay.nothing", "")
	case f.State == StateBilled:
		return Bill{due, PurposeBalance, now.Add(balanceWithin)}, nil
	}
	return Bill{due, PurposeDeposit, f.ExpiresAt}, nil
}

// Received returns the funds after a payment came, of which returnFen was more than was due. A deposit that came late does
// not count as paid.
func (f Funds) Received(purpose Purpose, fen, returnFen int64, late bool) Funds {
	f.PaidFen, f.RefundFen, f.LateFen = f.PaidFen+fen, f.RefundFen+returnFen, f.LateFen+returnFen
	f.DepositPaid = f.DepositPaid || purpose == PurposeDeposit && !late
	return f
}

// Arrival is the consequence of a payment that was received.
type Arrival string

const (
	ArrivalBooked   Arrival = "booked"   // nothing further
	ArrivalConfirms Arrival = "confirms" // the order is confirmed
	ArrivalLate     Arrival = "late"     // see Late: the catalogue may have to be asked first
	ArrivalReclaims Arrival = "reclaims" // in time, but the stock is gone: it is asked for again
	ArrivalReturned Arrival = "returned" // the order was cancelled: everything goes back
)

// Arrived decides on a payment that was just received.
func (f Funds) Arrived(purpose Purpose, late bool) Arrival {
	switch {
	case late:
		return ArrivalLate
	case purpose != PurposeDeposit:
		return ArrivalBooked
	case f.State.Can(StepDepositPaid) && !f.HoldLost:
		return ArrivalConfirms
	case f.State.Can(StepDepositPaid), f.State == StateExpired:
		return ArrivalReclaims
	case f.State == StateCancelled:
		return ArrivalReturned
	}
	return ArrivalBooked
}

// Billed returns the funds after payments closed the bill of billedFen, of which receivableFen are still due. ok is false
// for an answer to an earlier bill of a corrected order. Money paid in time beyond the bill goes back, besides late money.
func (f Funds) Billed(billedFen, receivableFen int64) (after Funds, ok bool) {
	if f.State != StateBilled || billedFen != f.AmountFen {
		return f, false
	}
	f.BalanceFen = receivableFen
	f.RefundFen = max(f.RefundFen, f.LateFen+max(f.InTimeFen()-billedFen, 0))
	return f, true
}

// Ended returns the funds of an order that ended without a bill: the payments go back less the forfeit. Late money always
// goes back whole.
func (f Funds) Ended(forfeitFen int64) Funds {
	f.ForfeitFen, f.RefundFen, f.BalanceFen = forfeitFen, max(f.PaidFen-forfeitFen, f.LateFen), 0
	return f
}
