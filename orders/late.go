package orders

// LateMoney is the decision on money that came after its order had been given up, or twice, or short.
type LateMoney string

const (
	LateWaits    LateMoney = "waits"    // payments is being asked about the order: decide afterwards
	LateAccepted LateMoney = "accepted" // the stock is still held: it is the deposit after all
	LateReserves LateMoney = "reserves" // it is the deposit if the stock can be found again
	LateRefunded LateMoney = "refunded" // it goes back in full
)

// Late decides on a late payment. Only a whole deposit that was not paid yet can revive an order. A placed order has late
// money when its payments were stopped for a cancellation that was never finished.
func (f Funds) Late(purpose Purpose, fen int64) LateMoney {
	deposit := purpose == PurposeDeposit && fen >= f.DepositFen && !f.DepositPaid
	switch {
	case f.State == StateExpiring:
		return LateWaits
	case f.State == StatePlaced && deposit && !f.HoldLost:
		return LateAccepted
	case f.State == StateExpired && deposit:
		return LateReserves
	}
	return LateRefunded
}

// Reclaiming is the decision on an order that was paid in time while its stock was given away.
type Reclaiming string

const (
	ReclaimNothing  Reclaiming = "nothing"  // it is over, unpaid, or its stock is held
	ReclaimAsks     Reclaiming = "asks"     // it is confirmed: the catalogue says whether the stock is still held
	ReclaimReserves Reclaiming = "reserves" // the stock is asked for again
)

// Reclaim decides whether an order's stock has to be asked for again. An order without a deposit counts as paid.
func (f Funds) Reclaim() Reclaiming {
	paid := f.DepositPaid || f.DepositFen == 0
	switch {
	case !f.State.Can(StepReclaim) || !paid || f.State == StatePlaced && !f.HoldLost:
		return ReclaimNothing
	case f.State == StateConfirmed:
		return ReclaimAsks
	}
	return ReclaimReserves
}

// HoldExpiry is the consequence for an order whose stock the catalogue gave away.
type HoldExpiry string

const (
	HoldIgnored  HoldExpiry = "ignored"
	HoldMarked   HoldExpiry = "marked"   // it is unpaid: it cannot be paid any more and expires now
	HoldReclaims HoldExpiry = "reclaims" // it was paid in the same moment
)

// OnHoldExpired decides on the catalogue's word that an order's stock is gone.
func (s State) OnHoldExpired() HoldExpiry {
	switch {
	case s.Unpaid():
		return HoldMarked
	case s == StateConfirmed:
		return HoldReclaims
	}
	return HoldIgnored
}

// HoldsAll reports whether the catalogue holds, line by line, at least the allocated units.
func HoldsAll(held map[int]int64, lines []Line) bool {
	for _, l := range lines {
		if held[l.No] < l.Allocated {
			return false
		}
	}
	return true
}
