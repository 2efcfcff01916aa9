package payments

// FreeFen is the sum that can be paid to an organisation: owed, less the parts that wait for buyers, that its till holds, and
// that are proposed or approved. Below zero, more is under way than there is.
func FreeFen(owed, waiting, till, open int64) int64 { return owed - waiting - till - open }

// LackFen is the part of a sum taken off an organisation that it is not owed, because it was paid: the organisation owes it.
func LackFen(fen, owed int64) int64 { return max(fen-owed, 0) }

// OrgPayoutBooking divides a payment to an organisation that is owed owed and has got overpaid too much: payable is debited to
// the one account, receivable to the other (below zero: credited), and both add up to the amount. Earlier overpayment is
// kept back from this payment; a payment above the sum owed becomes overpayment.
func OrgPayoutBooking(amount, owed, overpaid int64) (payable, receivable int64) {
	left := owed - overpaid - amount
	return owed - max(left, 0), max(-left, 0) - overpaid
}
