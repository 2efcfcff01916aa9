package orders

import (
	"slices"

	"banmuyuan/internal/link"
	"banmuyuan/internal/state"
)

// Step is an event of an order.
type Step string

const (
	StepDepositPaid Step = "deposit_paid" // in time
	StepNoDeposit   Step = "no_deposit"   // none was asked
	StepExpire      Step = "expire"       // its time is over: ask the provider first
	StepExpired     Step = "expired"      // the provider says it was not paid
	StepRevive      Step = "revive"       // paid too late, and the stock was found again
	StepReclaim     Step = "reclaim"      // paid in time, but its stock was given away and found again
	StepCancel      Step = "cancel"       // by the buyer
	StepCallOff     Step = "call_off"     // by the county
	StepDecline     Step = "decline"      // by the buyer, because of a shortage
	StepLost        Step = "lost"         // paid, but its stock is gone
	StepWeigh       Step = "weigh"        // a ticket was written, or a village closed
	StepCorrect     Step = "correct"      // a ticket was superseded
	StepBill        Step = "bill"         // every unit is weighed or short
	StepPaid        Step = "paid"         // nothing is due any more
	StepComplete    Step = "complete"     // the buyer had time to look
)

// Machine is the life of an order: an event without a row cannot happen.
var Machine = state.New(state.Table[State, Step]{
	Name: "order", States: States,
	Initial: []State{StatePlaced}, Final: []State{StateExpired, StateCancelled, StateCompleted},
	Rows: []state.Row[State, Step]{
		{On: StepDepositPaid, From: []State{StatePlaced, StateExpiring}, To: StateConfirmed, Refused: "order.wrong_state"},
		{On: StepNoDeposit, From: []State{StatePlaced}, To: StateConfirmed, Refused: "order.wrong_state"},
		{On: StepExpire, From: []State{StatePlaced}, To: StateExpiring, Refused: "order.wrong_state"},
		{On: StepExpired, From: []State{StateExpiring}, To: StateExpired, Refused: "order.wrong_state"},
		{On: StepRevive, From: []State{StateExpired}, To: StateConfirmed, Refused: "order.wrong_state"},
		{On: StepReclaim, From: []State{StatePlaced, StateExpiring, StateExpired, StateConfirmed}, To: StateConfirmed, Refused: "order.wrong_state"},
		{On: StepCancel, From: []State{StatePlaced, StateExpiring, StateConfirmed}, To: StateCancelled, Refused: "order.cannot_cancel"},
		{On: StepCallOff, From: []State{StatePlaced, StateExpiring, StateConfirmed, StateWeighing}, To: StateCancelled, Refused: "order.cannot_call_off"},
		{On: StepDecline, From: []State{StateConfirmed}, To: StateCancelled, Refused: "order.cannot_decline"},
		{On: StepLost, From: []State{StatePlaced, StateExpiring, StateExpired, StateConfirmed}, To: StateCancelled, Refused: "order.wrong_state"},
		{On: StepWeigh, From: []State{StateConfirmed, StateWeighing}, To: StateWeighing, Refused: "order.cannot_weigh"},
		{On: StepCorrect, From: []State{StateWeighing, StateBilled, StatePaid}, To: StateWeighing, Refused: "order.cannot_correct"},
		{On: StepBill, From: []State{StateConfirmed, StateWeighing}, To: StateBilled, Refused: "order.wrong_state"},
		{On: StepPaid, From: []State{StateBilled}, To: StatePaid, Refused: "order.wrong_state"},
		{On: StepComplete, From: []State{StatePaid}, To: StateCompleted, Refused: "order.wrong_state"},
	},
})

// Next is the state after a step, or Conflict with a sentence for the caller.
func (s State) Next(step Step) (State, error) { return link.Next(Machine, s, step) }

// Can reports whether a step is possible.
func (s State) Can(step Step) bool { return Machine.Can(s, step) }

// States are all states, in the order of an order's life.
var States = []State{StatePlaced, StateExpiring, StateExpired, StateConfirmed, StateWeighing, StateBilled, StatePaid, StateCompleted, StateCancelled}

// Unpaid reports whether the order waits for its deposit, or for the word whether it was paid after all.
func (s State) Unpaid() bool { return s.Can(StepDepositPaid) }

// Collecting reports whether goods of the order may still be weighed or fall short.
func (s State) Collecting() bool { return s.Can(StepWeigh) }

// Over reports whether nothing can happen to the order any more, save a late payment.
func (s State) Over() bool { return Machine.Final(s) }

// Unfinished are the states of orders that are not over.
func Unfinished() []State {
	return slices.DeleteFunc(slices.Clone(States), State.Over)
}

// TicketStep is an event in the life of a weigh ticket after it was written, accepted or held.
type TicketStep string

const (
	TicketAccept    TicketStep = "accept" // by a second person
	TicketRefuse    TicketStep = "refuse"
	TicketSupersede TicketStep = "supersede" // by a corrected one
	TicketCallOff   TicketStep = "call_off"  // its order was called off
)

// TicketMachine is the life of a weigh ticket: an event without a row cannot happen.
var TicketMachine = state.New(state.Table[TicketState, TicketStep]{
	Name: "weigh ticket", States: []TicketState{TicketHeld, TicketAccepted, TicketRefused, TicketSuperseded},
	Initial: []TicketState{TicketAccepted, TicketHeld}, Final: []TicketState{TicketRefused, TicketSuperseded},
	Rows: []state.Row[TicketState, TicketStep]{
		{On: TicketAccept, From: []TicketState{TicketHeld}, To: TicketAccepted, Refused: "ticket.decide.state"},
		{On: TicketRefuse, From: []TicketState{TicketHeld}, To: TicketRefused, Refused: "ticket.decide.state"},
		{On: TicketCallOff, From: []TicketState{TicketAccepted, TicketHeld}, To: TicketRefused, Refused: "ticket.decide.state"},
		{On: TicketSupersede, From: []TicketState{TicketAccepted, TicketHeld}, To: TicketSuperseded, Refused: "ticket.supersede.state"},
	},
})

// Next is the state after a step. Conflict when the ticket does not wait for it.
func (s TicketState) Next(step TicketStep) (TicketState, error) {
	return link.Next(TicketMachine, s, step)
}

// Unanswered is the state of a question about a shortage until the buyer answers; afterwards its state is the answer.
const Unanswered ShortageAnswer = ""

// QuestionMachine is the life of a question to the buyer about a shortage: each answer is an event.
var QuestionMachine = state.New(state.Table[ShortageAnswer, ShortageAnswer]{
	Name: "shortage question", States: []ShortageAnswer{Unanswered, AnswerRefill, AnswerLess, AnswerCancel},
	Initial: []ShortageAnswer{Unanswered}, Final: []ShortageAnswer{AnswerRefill, AnswerLess, AnswerCancel},
	Rows: []state.Row[ShortageAnswer, ShortageAnswer]{
		{On: AnswerRefill, From: []ShortageAnswer{Unanswered}, To: AnswerRefill, Refused: "shortage.answered"},
		{On: AnswerLess, From: []ShortageAnswer{Unanswered}, To: AnswerLess, Refused: "shortage.answered"},
		{On: AnswerCancel, From: []ShortageAnswer{Unanswered}, To: AnswerCancel, Refused: "shortage.answered"},
	},
})

// Stands reports whether a ticket counts, or will count once a second person accepts it: it can still be superseded.
func (s TicketState) Stands() bool { return TicketMachine.Can(s, TicketSupersede) }

// StateOf derives a share's state from its quantities, so that the two cannot disagree: it is expected while units may
// still come or a ticket waits for its second person, weighed when something came, short when nothing did.
func StateOf(qty, received, held, short int64) ShareState {
	switch {
	case received+short < qty || held > 0:
		return ShareExpected
	case received > 0:
		return ShareWeighed
	default:
		return ShareShort
	}
}
