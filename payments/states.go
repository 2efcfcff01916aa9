package payments

import "slices"

// The state machines. A state that is not a key is final. Nothing moves any other way: stores ask May before they write.

// PaymentMoves: money that arrives for a payment given up is taken all the same, and is then late.
var PaymentMoves = map[PaymentState][]PaymentState{
	PaymentReady:   {PaymentSending, PaymentExpired},
	PaymentSending: {PaymentOpen, PaymentUnknown, PaymentSucceeded, PaymentFailed, PaymentExpired},
	PaymentUnknown: {PaymentSending, PaymentOpen, PaymentSucceeded, PaymentFailed, PaymentExpired},
	PaymentOpen:    {PaymentSucceeded, PaymentFailed, PaymentExpired},
	PaymentFailed:  {PaymentSucceeded},
	PaymentExpired: {PaymentSucceeded},
}

// RefundMoves: a provider may take a success back; what it cannot do the county transfers.
var RefundMoves = map[RefundState][]RefundState{
	RefundReview:    {RefundReady, RefundByBank},
	RefundReady:     {RefundSending, RefundByBank, RefundSucceeded}, // succeeded at once where the buyer's bank took the money back
	RefundSending:   {RefundPending, RefundUnknown, RefundSucceeded, RefundFailed, RefundByBank},
	RefundUnknown:   {RefundSending, RefundPending, RefundSucceeded, RefundFailed, RefundByBank},
	RefundPending:   {RefundSucceeded, RefundFailed},
	RefundSucceeded: {RefundFailed},
	RefundFailed:    {RefundByBank},
	RefundByBank:    {RefundSucceeded},
}

// DisputeMoves: an inquiry moves no money; a bank may reopen what it had decided.
var DisputeMoves = map[DisputeState][]DisputeState{
	"":             {DisputeInquiry, DisputeOpen, DisputeWon, DisputeLost, DisputeClosed},
	DisputeInquiry: {DisputeOpen, DisputeWon, DisputeLost, DisputeClosed},
	DisputeOpen:    {DisputeWon, DisputeLost},
	DisputeLost:    {DisputeWon},
	DisputeWon:     {DisputeLost},
}

var BatchMoves = map[BatchState][]BatchState{
	BatchDraft:    {BatchApproved, BatchRejected},
	BatchApproved: {BatchExported},
	BatchExported: {BatchDone},
}

// ItemMoves: a bank may send back what it had reported paid (退票).
var ItemMoves = map[ItemState][]ItemState{
	ItemReady: {ItemSent},
	ItemSent:  {ItemPaid, ItemReturned},
	ItemPaid:  {ItemReturned},
}

// OrgPayoutMoves: what was recorded wrongly and is reversed by hand goes one step back.
var OrgPayoutMoves = map[OrgPayoutState][]OrgPayoutState{
	OrgPayoutProposed: {OrgPayoutApproved, OrgPayoutRejected},
	OrgPayoutApproved: {OrgPayoutPaid, OrgPayoutFailed},
	OrgPayoutPaid:     {OrgPayoutReturned, OrgPayoutApproved},
	OrgPayoutReturned: {OrgPayoutPaid},
}

// PayableMoves: a reversed source takes the payable with it as long as it is not on its way.
var PayableMoves = map[PayableState][]PayableState{
	PayablePending:  {PayableReleased, PayableReversed, PayablePaid}, // paid at once where there is nothing to pay
	PayableReleased: {PayableBatched, PayableReversed},
	PayableBatched:  {PayablePaid, PayableReleased},
	PayablePaid:     {PayableReleased},
}

// May tells whether a machine may go from one state to another.
func May[S comparable](moves map[S][]S, from, to S) bool { return slices.Contains(moves[from], to) }

// Final tells whether nothing is asked of the provider any more.
func (s PaymentState) Final() bool {
	return s == PaymentSucceeded || s == PaymentFailed || s == PaymentExpired
}
