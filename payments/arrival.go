package payments

// Purposes of a payment.
const (
	PurposeDeposit = "deposit" // kept until deliveries use it up
	PurposeBalance = "balance" // pays a bill, unless it is paid ahead
)

// Arrival is money that has arrived for a payment, with all that decides on its use. Amounts are fen and not negative.
type Arrival struct {
	Purpose  string
	Ahead    bool  // a balance that is paid before anything is billed
	AskedFen int64 // by the payment, above zero
	GotFen   int64

	Stop          StopState // of the Ref
	Cancelled     bool      // the Ref was given up
	Closed        bool      // the Ref is billed in full
	PaidBefore    bool      // another payment of the same purpose succeeded and counts
	ReceivableFen int64     // billed to the Ref and not paid
}

// Receipt is the use of money that has arrived: DepositFen + ReceivableFen + ReturnFen is GotFen, and none is negative.
type Receipt struct {
	Short         bool  // less than was asked for
	Late          bool  // it cannot be used: the module that asked for it accepts or refunds it
	DepositFen    int64 // kept as a deposit
	ReceivableFen int64 // pays the bill
	ReturnFen     int64 // owed back
	ExcessFen     int64 // of ReturnFen: above the sum due, refunded without a decision
}

// Kept reports whether a payment is kept until deliveries use it up.
func Kept(purpose string, ahead bool) bool { return purpose == PurposeDeposit || ahead }

// Decide returns the use of the money. It is late when its Ref was given up or stopped, when it is short, when a deposit
// was paid before or comes after the bill, or when a balance has no bill.
func (a Arrival) Decide() Receipt {
	kept := Kept(a.Purpose, a.Ahead)
	out := Receipt{Short: a.GotFen < a.AskedFen}
	out.Late = out.Short || a.Cancelled || a.Stop == StopYes
	switch {
	case kept:
		out.Late = out.Late || a.PaidBefore || a.Closed
	case a.Purpose == PurposeBalance:
		out.Late = out.Late || a.ReceivableFen == 0
	}
	switch {
	case out.Late:
		out.ReturnFen = a.GotFen
		return out
	case kept:
		out.DepositFen = a.AskedFen
	default:
		out.ReceivableFen = min(a.GotFen, a.ReceivableFen)
	}
	out.ReturnFen = a.GotFen - out.DepositFen - out.ReceivableFen
	out.ExcessFen = out.ReturnFen
	return out
}

// AcceptedLate is the use of late money that is accepted after all; its parts add up to the money.
type AcceptedLate struct {
	DepositFen    int64
	ReceivableFen int64
	RefundFen     int64 // more than the bill
}

// AcceptLateMoney divides late money of leftFen: a Ref that is not closed keeps it as a deposit, a closed one pays its bill of
// receivableFen and returns the rest.
func AcceptLateMoney(leftFen, receivableFen int64, closed bool) AcceptedLate {
	if !closed {
		return AcceptedLate{DepositFen: leftFen}
	}
	used := min(leftFen, receivableFen)
	return AcceptedLate{ReceivableFen: used, RefundFen: leftFen - used}
}

// DepositUse is the end of a deposit; its parts add up to the deposit.
type DepositUse struct {
	ReceivableFen int64 // pays the bill
	ForfeitFen    int64 // kept by the cooperative
	RefundFen     int64 // goes back
}

// UseDeposit ends a deposit: the bill is paid first, then at most forfeitFen is kept, and the rest goes back. Amounts are fen
// and not negative.
func UseDeposit(depositFen, receivableFen, forfeitFen int64) DepositUse {
	used := min(depositFen, receivableFen)
	forfeit := min(forfeitFen, depositFen-used)
	return DepositUse{ReceivableFen: used, ForfeitFen: forfeit, RefundFen: depositFen - used - forfeit}
}
