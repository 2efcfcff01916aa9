package payments

import "banmuyuan/internal/state"

// The state machines of the module. A table is the only source of a thing's transitions: Go code asks the machine, and SQL
// statements take the states that they change from and to as parameters from it.

// Final reports whether the provider is asked no more.
func (s PaymentState) Final() bool { return PaymentMachine.Final(s) }

// PaymentStep is an event of a payment.
type PaymentStep string

const (
	PaymentAccept   PaymentStep = "accept"    // the provider opened a session: the buyer can pay
	PaymentNoAnswer PaymentStep = "no_answer" // the provider did not answer: its outcome is unknown
	PaymentReceive  PaymentStep = "receive"   // money arrived
	PaymentDecline  PaymentStep = "decline"   // the provider refused the payment, or the buyer's attempt failed
	PaymentExpire   PaymentStep = "expire"    // the session ended without money
)

// PaymentMachine is the table of payments. Money that arrives for a payment that was given up is taken all the same, and
// counts as late. Early releases created payments as PaymentReady; the present one does not.
var PaymentMachine = state.New(state.Table[PaymentState, PaymentStep]{
	Name:    "payment",
	States:  []PaymentState{PaymentReady, PaymentSending, PaymentUnknown, PaymentOpen, PaymentSucceeded, PaymentFailed, PaymentExpired},
	Initial: []PaymentState{PaymentReady, PaymentSending, PaymentOpen},
	Final:   []PaymentState{PaymentSucceeded, PaymentFailed, PaymentExpired},
	Rows: []state.Row[PaymentState, PaymentStep]{
		{On: PaymentAccept, From: []PaymentState{PaymentReady, PaymentSending, PaymentUnknown}, To: PaymentOpen},
		{On: PaymentNoAnswer, From: []PaymentState{PaymentReady, PaymentSending}, To: PaymentUnknown},
		{On: PaymentReceive, From: []PaymentState{PaymentReady, PaymentSending, PaymentUnknown, PaymentOpen, PaymentFailed, PaymentExpired}, To: PaymentSucceeded, Refused: "cash.not_due"},
		{On: PaymentDecline, From: []PaymentState{PaymentReady, PaymentSending, PaymentUnknown, PaymentOpen}, To: PaymentFailed},
		{On: PaymentExpire, From: []PaymentState{PaymentReady, PaymentSending, PaymentUnknown, PaymentOpen}, To: PaymentExpired},
	},
})

// RefundStep is an event of a refund.
type RefundStep string

const (
	RefundApprove       RefundStep = "approve"         // the second person agreed: the provider may be asked
	RefundApproveByBank RefundStep = "approve_by_bank" // the second person agreed: the county may transfer it
	RefundSend          RefundStep = "send"            // the provider is asked, for the first time or again
	RefundNoAnswer      RefundStep = "no_answer"       // the provider did not answer: its outcome is unknown
	RefundPend          RefundStep = "pend"            // the provider took it on and has not finished
	RefundSucceed       RefundStep = "succeed"         // the provider reports that the money went back
	RefundFail          RefundStep = "fail"            // the provider cannot send it, or the money came back
	RefundDivert        RefundStep = "divert"          // the provider leaves it to the county
	RefundBlock         RefundStep = "block"           // the provider cannot be asked: window over, no gateway, disputed
	RefundByDispute     RefundStep = "by_dispute"      // the buyer's bank took the money back already
	RefundRecord        RefundStep = "record"          // the county entered its own transfer or cash
	RefundUndo          RefundStep = "undo"            // that entry was reversed by hand
)

// RefundMachine is the table of refunds. A provider may take a success back; a refund that it cannot make, the county
// transfers. RefundFailed is reported by providers and never stored: such a refund waits as RefundByBank, and a late report
// of success does not end it, because the county may have transferred it meanwhile: reconciliation names the difference.
var RefundMachine = state.New(state.Table[RefundState, RefundStep]{
	Name:    "refund",
	States:  []RefundState{RefundReview, RefundReady, RefundSending, RefundUnknown, RefundPending, RefundByBank, RefundSucceeded},
	Initial: []RefundState{RefundReview, RefundReady, RefundByBank, RefundSucceeded},
	Final:   []RefundState{RefundSucceeded},
	Rows: []state.Row[RefundState, RefundStep]{
		{On: RefundApprove, From: []RefundState{RefundReview}, To: RefundReady, Refused: "refund.not_in_review"},
		{On: RefundApproveByBank, From: []RefundState{RefundReview}, To: RefundByBank, Refused: "refund.not_in_review"},
		{On: RefundSend, From: []RefundState{RefundReady, RefundSending, RefundUnknown}, To: RefundSending},
		{On: RefundNoAnswer, From: []RefundState{RefundSending}, To: RefundUnknown},
		{On: RefundPend, From: []RefundState{RefundSending, RefundUnknown}, To: RefundPending},
		{On: RefundSucceed, From: []RefundState{RefundSending, RefundUnknown, RefundPending}, To: RefundSucceeded},
		{On: RefundFail, From: []RefundState{RefundSending, RefundUnknown, RefundPending, RefundSucceeded}, To: RefundByBank},
		{On: RefundDivert, From: []RefundState{RefundSending, RefundUnknown}, To: RefundByBank},
		{On: RefundBlock, From: []RefundState{RefundReady}, To: RefundByBank},
		{On: RefundByDispute, From: []RefundState{RefundReady}, To: RefundSucceeded},
		{On: RefundRecord, From: []RefundState{RefundByBank}, To: RefundSucceeded, Refused: "refund.not_by_bank"},
		{On: RefundUndo, From: []RefundState{RefundSucceeded}, To: RefundByBank, Refused: "reversal.reversed"},
	},
})

// DisputeStep is an event of a dispute.
type DisputeStep string

const (
	DisputeEscalate DisputeStep = "escalate" // an inquiry became a dispute: the money is withdrawn
	DisputeWin      DisputeStep = "win"      // decided for the county
	DisputeLose     DisputeStep = "lose"     // decided for the buyer
	DisputeDrop     DisputeStep = "drop"     // an inquiry came to nothing
)

// DisputeMachine is the table of disputes. An inquiry moves no money; a bank may reopen its decision. The first report of
// a dispute may find it in any state.
var DisputeMachine = state.New(state.Table[DisputeState, DisputeStep]{
	Name:    "dispute",
	States:  []DisputeState{DisputeInquiry, DisputeOpen, DisputeWon, DisputeLost, DisputeClosed},
	Initial: []DisputeState{DisputeInquiry, DisputeOpen, DisputeWon, DisputeLost, DisputeClosed},
	Final:   []DisputeState{DisputeWon, DisputeLost, DisputeClosed},
	Rows: []state.Row[DisputeState, DisputeStep]{
		{On: DisputeEscalate, From: []DisputeState{DisputeInquiry}, To: DisputeOpen},
		{On: DisputeWin, From: []DisputeState{DisputeInquiry, DisputeOpen, DisputeLost}, To: DisputeWon},
		{On: DisputeLose, From: []DisputeState{DisputeInquiry, DisputeOpen, DisputeWon}, To: DisputeLost},
		{On: DisputeDrop, From: []DisputeState{DisputeInquiry}, To: DisputeClosed},
	},
})

// BatchStep is an event of a payout batch.
type BatchStep string

const (
	BatchApprove  BatchStep = "approve"  // by the second person
	BatchReject   BatchStep = "reject"   // by the second person
	BatchExport   BatchStep = "export"   // the bank's file was downloaded for the first time
	BatchComplete BatchStep = "complete" // the last item got its result
)

// BatchMachine is the table of payout batches.
var BatchMachine = state.New(state.Table[BatchState, BatchStep]{
	Name:    "payout batch",
	States:  []BatchState{BatchDraft, BatchApproved, BatchExported, BatchDone, BatchRejected},
	Initial: []BatchState{BatchDraft},
	Final:   []BatchState{BatchDone, BatchRejected},
	Rows: []state.Row[BatchState, BatchStep]{
		{On: BatchApprove, From: []BatchState{BatchDraft}, To: BatchApproved, Refused: "payout.decided"},
		{On: BatchReject, From: []BatchState{BatchDraft}, To: BatchRejected, Refused: "payout.decided"},
		{On: BatchExport, From: []BatchState{BatchApproved}, To: BatchExported, Refused: "payout.not_approved"},
		{On: BatchComplete, From: []BatchState{BatchExported}, To: BatchDone},
	},
})

// ItemStep is an event of a payout item.
type ItemStep string

const (
	ItemSend   ItemStep = "send"   // with the batch's file
	ItemPay    ItemStep = "pay"    // the bank reports it paid
	ItemReturn ItemStep = "return" // the bank sent it back, at once or after it had reported it paid (退票)
)

// ItemMachine is the table of payout items. ItemHeld is not in it: a household without a usable account gets no item.
var ItemMachine = state.New(state.Table[ItemState, ItemStep]{
	Name:    "payout item",
	States:  []ItemState{ItemReady, ItemSent, ItemPaid, ItemReturned},
	Initial: []ItemState{ItemReady},
	Final:   []ItemState{ItemPaid, ItemReturned},
	Rows: []state.Row[ItemState, ItemStep]{
		{On: ItemSend, From: []ItemState{ItemReady}, To: ItemSent},
		{On: ItemPay, From: []ItemState{ItemSent}, To: ItemPaid},
		{On: ItemReturn, From: []ItemState{ItemSent, ItemPaid}, To: ItemReturned},
	},
})

// OrgPayoutStep is an event of a payment to an organisation.
type OrgPayoutStep string

const (
	OrgPayoutApprove    OrgPayoutStep = "approve"     // by the second person
	OrgPayoutReject     OrgPayoutStep = "reject"      // by the second person
	OrgPayoutRecord     OrgPayoutStep = "record"      // the bank has paid
	OrgPayoutFail       OrgPayoutStep = "fail"        // the bank has not paid and will not
	OrgPayoutReturn     OrgPayoutStep = "return"      // the money came back
	OrgPayoutUndoRecord OrgPayoutStep = "undo_record" // the entry of the payment was reversed by hand
	OrgPayoutUndoReturn OrgPayoutStep = "undo_return" // the entry of the return was reversed by hand
)

// OrgPayoutMachine is the table of payments to organisations. An entry that was wrong and is reversed by hand goes one
// step back.
var OrgPayoutMachine = state.New(state.Table[OrgPayoutState, OrgPayoutStep]{
	Name:    "payment to an organisation",
	States:  []OrgPayoutState{OrgPayoutProposed, OrgPayoutApproved, OrgPayoutRejected, OrgPayoutPaid, OrgPayoutFailed, OrgPayoutReturned},
	Initial: []OrgPayoutState{OrgPayoutProposed},
	Final:   []OrgPayoutState{OrgPayoutRejected, OrgPayoutPaid, OrgPayoutFailed, OrgPayoutReturned},
	Rows: []state.Row[OrgPayoutState, OrgPayoutStep]{
		{On: OrgPayoutApprove, From: []OrgPayoutState{OrgPayoutProposed}, To: OrgPayoutApproved, Refused: "orgpay.decided"},
		{On: OrgPayoutReject, From: []OrgPayoutState{OrgPayoutProposed}, To: OrgPayoutRejected, Refused: "orgpay.decided"},
		{On: OrgPayoutRecord, From: []OrgPayoutState{OrgPayoutApproved}, To: OrgPayoutPaid, Refused: "orgpay.not_approved"},
		{On: OrgPayoutFail, From: []OrgPayoutState{OrgPayoutApproved}, To: OrgPayoutFailed, Refused: "orgpay.not_approved"},
		{On: OrgPayoutReturn, From: []OrgPayoutState{OrgPayoutPaid}, To: OrgPayoutReturned, Refused: "orgpay.not_paid"},
		{On: OrgPayoutUndoRecord, From: []OrgPayoutState{OrgPayoutPaid}, To: OrgPayoutApproved, Refused: "reversal.reversed"},
		{On: OrgPayoutUndoReturn, From: []OrgPayoutState{OrgPayoutReturned}, To: OrgPayoutPaid, Refused: "reversal.reversed"},
	},
})

// PayableStep is an event of a payable.
type PayableStep string

const (
	PayableRelease PayableStep = "release" // the buyer has paid and may complain no more
	PayableClear   PayableStep = "clear"   // released with nothing to pay
	PayableBatch   PayableStep = "batch"   // taken into a payout batch
	PayableUnbatch PayableStep = "unbatch" // its batch was rejected
	PayablePay     PayableStep = "pay"     // the bank reports it paid
	PayableReturn  PayableStep = "return"  // the bank sent it back
	PayableReverse PayableStep = "reverse" // its delivery was reversed before it was on its way
	PayableRevive  PayableStep = "revive"  // the same source was accepted again after that
)

// PayableMachine is the table of payables. A reversed delivery takes the payable with it unless it is on its way.
var PayableMachine = state.New(state.Table[PayableState, PayableStep]{
	Name:    "payable",
	States:  []PayableState{PayablePending, PayableReleased, PayableBatched, PayablePaid, PayableReversed},
	Initial: []PayableState{PayablePending, PayableReleased, PayablePaid},
	Final:   []PayableState{PayablePaid, PayableReversed},
	Rows: []state.Row[PayableState, PayableStep]{
		{On: PayableRelease, From: []PayableState{PayablePending}, To: PayableReleased},
		{On: PayableClear, From: []PayableState{PayablePending}, To: PayablePaid},
		{On: PayableBatch, From: []PayableState{PayableReleased}, To: PayableBatched},
		{On: PayableUnbatch, From: []PayableState{PayableBatched}, To: PayableReleased},
		{On: PayablePay, From: []PayableState{PayableBatched}, To: PayablePaid},
		{On: PayableReturn, From: []PayableState{PayableBatched, PayablePaid}, To: PayableReleased},
		{On: PayableReverse, From: []PayableState{PayablePending, PayableReleased}, To: PayableReversed},
		{On: PayableRevive, From: []PayableState{PayableReversed}, To: PayablePending},
	},
})

// PoolStep is an event of a distribution.
type PoolStep string

const (
	PoolSubmit   PoolStep = "submit"    // shares are fixed for the second person
	PoolApprove  PoolStep = "approve"   // by the second person: households are owed
	PoolSendBack PoolStep = "send_back" // by the second person
	PoolCancel   PoolStep = "cancel"    // given up
)

// PoolMachine is the table of distributions. Only a draft can be edited; a posted distribution stays.
var PoolMachine = state.New(state.Table[PoolState, PoolStep]{
	Name:    "distribution",
	States:  []PoolState{PoolDraft, PoolWaiting, PoolPosted, PoolCancelled},
	Initial: []PoolState{PoolDraft},
	Final:   []PoolState{PoolPosted, PoolCancelled},
	Rows: []state.Row[PoolState, PoolStep]{
		{On: PoolSubmit, From: []PoolState{PoolDraft}, To: PoolWaiting, Refused: "pool.not_draft"},
		{On: PoolApprove, From: []PoolState{PoolWaiting}, To: PoolPosted, Refused: "pool.not_waiting"},
		{On: PoolSendBack, From: []PoolState{PoolWaiting}, To: PoolDraft, Refused: "pool.not_waiting"},
		{On: PoolCancel, From: []PoolState{PoolDraft}, To: PoolCancelled, Refused: "pool.not_draft"},
	},
})

// ClosingStep is an event of a request to close the books.
type ClosingStep string

const (
	ClosingApprove ClosingStep = "approve" // by the second person: the books are closed
	ClosingRefuse  ClosingStep = "refuse"  // by the second person
)

// ClosingMachine is the table of requests to close the books.
var ClosingMachine = state.New(state.Table[ClosingState, ClosingStep]{
	Name:    "closing",
	States:  []ClosingState{ClosingAsked, ClosingClosed, ClosingRefused},
	Initial: []ClosingState{ClosingAsked},
	Final:   []ClosingState{ClosingClosed, ClosingRefused},
	Rows: []state.Row[ClosingState, ClosingStep]{
		{On: ClosingApprove, From: []ClosingState{ClosingAsked}, To: ClosingClosed, Refused: "books.decided"},
		{On: ClosingRefuse, From: []ClosingState{ClosingAsked}, To: ClosingRefused, Refused: "books.decided"},
	},
})

// ReversalStep is an event of a request to reverse a posting by hand.
type ReversalStep string

const (
	ReversalApprove ReversalStep = "approve" // by the second person: the mirror is posted
	ReversalRefuse  ReversalStep = "refuse"  // by the second person
)

// ReversalMachine is the table of requests to reverse a posting by hand.
var ReversalMachine = state.New(state.Table[ReversalState, ReversalStep]{
	Name:    "reversal",
	States:  []ReversalState{ReversalAsked, ReversalPosted, ReversalRefused},
	Initial: []ReversalState{ReversalAsked},
	Final:   []ReversalState{ReversalPosted, ReversalRefused},
	Rows: []state.Row[ReversalState, ReversalStep]{
		{On: ReversalApprove, From: []ReversalState{ReversalAsked}, To: ReversalPosted, Refused: "reversal.decided"},
		{On: ReversalRefuse, From: []ReversalState{ReversalAsked}, To: ReversalRefused, Refused: "reversal.decided"},
	},
})

// LineState is the state of a line of money in on the bank's statement.
type LineState string

const (
	LineSuspense LineState = "suspense" // its purpose is not known yet, or it is too little
	LineMatched  LineState = "matched"  // it pays a payment, or was booked before
	LineReturned LineState = "returned" // transferred back
	LineSplit    LineState = "split"    // its parts are lines of their own

	// LineDuplicate and LineDoubtful are in answers only: the line was known, or it waits for a decision and is not booked.
	LineDuplicate LineState = "duplicate"
	LineDoubtful  LineState = "doubtful"
)

// LineStep is an event of a line of money in.
type LineStep string

const (
	LineMatch      LineStep = "match"       // it pays a payment
	LineBook       LineStep = "book"        // its money was booked before the statement showed it
	LineReturn     LineStep = "return"      // it was transferred back
	LineSplitUp    LineStep = "split_up"    // a person divided it
	LineUndoBook   LineStep = "undo_book"   // LineBook was reversed by hand
	LineUndoReturn LineStep = "undo_return" // LineReturn was reversed by hand
)

// LineMachine is the table of lines of money in.
var LineMachine = state.New(state.Table[LineState, LineStep]{
	Name:    "statement line",
	States:  []LineState{LineSuspense, LineMatched, LineReturned, LineSplit},
	Initial: []LineState{LineSuspense},
	Final:   []LineState{LineMatched, LineReturned, LineSplit},
	Rows: []state.Row[LineState, LineStep]{
		{On: LineMatch, From: []LineState{LineSuspense}, To: LineMatched, Refused: "transfer.matched"},
		{On: LineBook, From: []LineState{LineSuspense}, To: LineMatched, Refused: "transfer.matched"},
		{On: LineReturn, From: []LineState{LineSuspense}, To: LineReturned, Refused: "transfer.matched"},
		{On: LineSplitUp, From: []LineState{LineSuspense}, To: LineSplit, Refused: "transfer.matched"},
		{On: LineUndoBook, From: []LineState{LineMatched}, To: LineSuspense, Refused: "reversal.reversed"},
		{On: LineUndoReturn, From: []LineState{LineReturned}, To: LineSuspense, Refused: "reversal.reversed"},
	},
})

// OutgoingState is the state of a line of money out on the bank's statement.
type OutgoingState string

const (
	OutgoingOpen      OutgoingState = "open"      // nothing booked stands behind it yet
	OutgoingExplained OutgoingState = "explained" // a posting stands behind it
)

// OutgoingStep is an event of a line of money out.
type OutgoingStep string

const (
	OutgoingRecognise OutgoingStep = "recognise" // it was booked before
	OutgoingNote      OutgoingStep = "note"      // a person booked it as an expense
	OutgoingReopen    OutgoingStep = "reopen"    // OutgoingNote was reversed by hand
)

// OutgoingMachine is the table of lines of money out.
var OutgoingMachine = state.New(state.Table[OutgoingState, OutgoingStep]{
	Name:    "outgoing line",
	States:  []OutgoingState{OutgoingOpen, OutgoingExplained},
	Initial: []OutgoingState{OutgoingOpen},
	Final:   []OutgoingState{OutgoingExplained},
	Rows: []state.Row[OutgoingState, OutgoingStep]{
		{On: OutgoingRecognise, From: []OutgoingState{OutgoingOpen}, To: OutgoingExplained},
		{On: OutgoingNote, From: []OutgoingState{OutgoingOpen}, To: OutgoingExplained, Refused: "statement.explained"},
		{On: OutgoingReopen, From: []OutgoingState{OutgoingExplained}, To: OutgoingOpen, Refused: "reversal.reversed"},
	},
})

// DoubtState is the state of a line of a statement that a person has to decide on.
type DoubtState string

const (
	DoubtOpen    DoubtState = "open"
	DoubtBooked  DoubtState = "booked"  // it was booked after all
	DoubtSkipped DoubtState = "skipped" // it was left out
)

// DoubtStep is an event of a doubtful line.
type DoubtStep string

const (
	DoubtBook DoubtStep = "book"
	DoubtSkip DoubtStep = "skip"
)

// DoubtMachine is the table of doubtful lines. One that was left out can be booked later.
var DoubtMachine = state.New(state.Table[DoubtState, DoubtStep]{
	Name:    "doubtful line",
	States:  []DoubtState{DoubtOpen, DoubtBooked, DoubtSkipped},
	Initial: []DoubtState{DoubtOpen},
	Final:   []DoubtState{DoubtBooked, DoubtSkipped},
	Rows: []state.Row[DoubtState, DoubtStep]{
		{On: DoubtBook, From: []DoubtState{DoubtOpen, DoubtSkipped}, To: DoubtBooked, Refused: "statement.decided"},
		{On: DoubtSkip, From: []DoubtState{DoubtOpen}, To: DoubtSkipped, Refused: "statement.decided"},
	},
})

// PayoutAccountState is the state of the account that a household is paid to.
type PayoutAccountState string

const (
	AccountReview     PayoutAccountState = "review"     // waits for the second person
	AccountActive     PayoutAccountState = "active"     // in use
	AccountClosed     PayoutAccountState = "closed"     // the bank says that it cannot be paid to
	AccountSuperseded PayoutAccountState = "superseded" // another was entered, or it was refused
)

// PayoutAccountStep is an event of a payout account.
type PayoutAccountStep string

const (
	AccountEnter    PayoutAccountStep = "enter"    // in events only: it was entered
	AccountApprove  PayoutAccountStep = "approve"  // by the second person
	AccountRefuse   PayoutAccountStep = "refuse"   // by the second person
	AccountWithdraw PayoutAccountStep = "withdraw" // another was entered while it waited
	AccountReplace  PayoutAccountStep = "replace"  // another came into use
	AccountClose    PayoutAccountStep = "close"    // the bank returned a payout because of it
)

// PayoutAccountMachine is the table of payout accounts.
var PayoutAccountMachine = state.New(state.Table[PayoutAccountState, PayoutAccountStep]{
	Name:    "payout account",
	States:  []PayoutAccountState{AccountReview, AccountActive, AccountClosed, AccountSuperseded},
	Initial: []PayoutAccountState{AccountReview, AccountActive},
	Final:   []PayoutAccountState{AccountSuperseded},
	Rows: []state.Row[PayoutAccountState, PayoutAccountStep]{
		{On: AccountApprove, From: []PayoutAccountState{AccountReview}, To: AccountActive, Refused: "payout.nothing_to_approve"},
		{On: AccountRefuse, From: []PayoutAccountState{AccountReview}, To: AccountSuperseded, Refused: "payout.nothing_to_approve"},
		{On: AccountWithdraw, From: []PayoutAccountState{AccountReview}, To: AccountSuperseded},
		{On: AccountReplace, From: []PayoutAccountState{AccountActive, AccountClosed}, To: AccountSuperseded},
		{On: AccountClose, From: []PayoutAccountState{AccountActive}, To: AccountClosed},
	},
})

// AccountBatchState is the state of a batch of payout accounts.
type AccountBatchState string

const (
	AccountsFilling  AccountBatchState = "filling"  // takes rows
	AccountsChecking AccountBatchState = "checking" // in the background
	AccountsChecked  AccountBatchState = "checked"  // its opener may submit it
	AccountsWaiting  AccountBatchState = "waiting"  // for the second person
	AccountsApplying AccountBatchState = "applying" // approved; in the background
	AccountsDone     AccountBatchState = "done"
	AccountsRefused  AccountBatchState = "refused"
	AccountsDropped  AccountBatchState = "dropped" // given up, or left alone for a day
)

// AccountBatchStep is an event of a batch of payout accounts.
type AccountBatchStep string

const (
	AccountsCheck  AccountBatchStep = "check"  // asked for
	AccountsFound  AccountBatchStep = "found"  // the module has checked it
	AccountsFail   AccountBatchStep = "fail"   // the check stopped for a reason that rows cannot mend
	AccountsSubmit AccountBatchStep = "submit" // to the second person
	AccountsAgree  AccountBatchStep = "agree"  // by the second person
	AccountsRefuse AccountBatchStep = "refuse" // by the second person
	AccountsFinish AccountBatchStep = "finish" // every row is applied or skipped
	AccountsDrop   AccountBatchStep = "drop"
)

// AccountBatchMachine is the table of batches of payout accounts. A batch cannot be approved before it is checked.
var AccountBatchMachine = state.New(state.Table[AccountBatchState, AccountBatchStep]{
	Name: "batch of payout accounts",
	States: []AccountBatchState{AccountsFilling, AccountsChecking, AccountsChecked, AccountsWaiting, AccountsApplying, AccountsDone,
		AccountsRefused, AccountsDropped},
	Initial: []AccountBatchState{AccountsFilling},
	Final:   []AccountBatchState{AccountsDone, AccountsRefused, AccountsDropped},
	Rows: []state.Row[AccountBatchState, AccountBatchStep]{
		{On: AccountsCheck, From: []AccountBatchState{AccountsFilling, AccountsChecked}, To: AccountsChecking, Refused: "accounts.state"},
		{On: AccountsFound, From: []AccountBatchState{AccountsChecking}, To: AccountsChecked, Refused: "accounts.state"},
		{On: AccountsFail, From: []AccountBatchState{AccountsChecking}, To: AccountsFilling, Refused: "accounts.state"},
		{On: AccountsSubmit, From: []AccountBatchState{AccountsChecked}, To: AccountsWaiting, Refused: "accounts.state"},
		{On: AccountsAgree, From: []AccountBatchState{AccountsWaiting}, To: AccountsApplying, Refused: "accounts.decided"},
		{On: AccountsRefuse, From: []AccountBatchState{AccountsWaiting}, To: AccountsRefused, Refused: "accounts.decided"},
		{On: AccountsFinish, From: []AccountBatchState{AccountsApplying}, To: AccountsDone, Refused: "accounts.state"},
		{On: AccountsDrop, From: []AccountBatchState{AccountsFilling, AccountsChecked, AccountsWaiting}, To: AccountsDropped, Refused: "accounts.decided"},
	},
})

// NoticeState is the state of a provider's webhook.
type NoticeState string

const (
	NoticeNew     NoticeState = "new"     // not applied yet
	NoticeDone    NoticeState = "done"    // applied
	NoticeIgnored NoticeState = "ignored" // of another mode or about nothing here
)

// NoticeStep is an event of a provider's webhook.
type NoticeStep string

const (
	NoticeApply  NoticeStep = "apply"
	NoticeIgnore NoticeStep = "ignore"
)

// NoticeMachine is the table of providers' webhooks.
var NoticeMachine = state.New(state.Table[NoticeState, NoticeStep]{
	Name:    "webhook",
	States:  []NoticeState{NoticeNew, NoticeDone, NoticeIgnored},
	Initial: []NoticeState{NoticeNew},
	Final:   []NoticeState{NoticeDone, NoticeIgnored},
	Rows: []state.Row[NoticeState, NoticeStep]{
		{On: NoticeApply, From: []NoticeState{NoticeNew}, To: NoticeDone},
		{On: NoticeIgnore, From: []NoticeState{NoticeNew}, To: NoticeIgnored},
	},
})

// StopState tells whether a Ref still takes payments.
type StopState string

const (
	StopNo     StopState = "no"     // it does
	StopAsking StopState = "asking" // providers are being asked: no payment can be created, and money that arrives counts
	StopYes    StopState = "yes"    // it does not: money that arrives is late
)

// StopStep is an event of a Ref's intake of payments.
type StopStep string

const (
	StopBegin  StopStep = "begin"  // its payments are being expired
	StopResume StopStep = "resume" // one of them was paid after all
	StopEnd    StopStep = "end"    // none was paid
	StopCancel StopStep = "cancel" // the Ref was cancelled
	StopLift   StopStep = "lift"   // a late payment was accepted
)

// StopMachine is the table of a Ref's intake of payments.
var StopMachine = state.New(state.Table[StopState, StopStep]{
	Name:    "intake of payments",
	States:  []StopState{StopNo, StopAsking, StopYes},
	Initial: []StopState{StopNo},
	Rows: []state.Row[StopState, StopStep]{
		{On: StopBegin, From: []StopState{StopNo}, To: StopAsking},
		{On: StopResume, From: []StopState{StopAsking}, To: StopNo},
		{On: StopEnd, From: []StopState{StopNo, StopAsking, StopYes}, To: StopYes},
		{On: StopCancel, From: []StopState{StopNo, StopAsking, StopYes}, To: StopYes},
		{On: StopLift, From: []StopState{StopAsking, StopYes}, To: StopNo},
	},
})
