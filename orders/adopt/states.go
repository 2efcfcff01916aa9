package adopt

import (
	"banmuyuan/internal/link"
	"banmuyuan/internal/state"
)

// Step is what happens to an adoption.
type Step string

const (
	StepDeposit  Step = "deposit"  // paid
	StepExpire   Step = "expire"   // its time is over: ask the provider first
	StepGone     Step = "gone"     // the provider says it was not paid
	StepPaidUp   Step = "paid_up"  // nothing is due any more
	StepCancel   Step = "cancel"   // by the adopter
	StepLapse    Step = "lapse"    // the balance did not come in time
	StepLost     Step = "lost"     // paid, but its stock is gone
	StepComplete Step = "complete" // no box is open
)

// Machine is the life of an adoption: an event without a row cannot happen.
var Machine = state.New(state.Table[State, Step]{
	Name: "adoption", States: States,
	Initial: []State{Placed}, Final: []State{Expired, Completed, Cancelled},
	Rows: []state.Row[State, Step]{
		{On: StepDeposit, From: []State{Placed, Expiring}, To: Reserved, Refused: "adoption.wrong_state"},
		{On: StepExpire, From: []State{Placed}, To: Expiring, Refused: "adoption.wrong_state"},
		{On: StepGone, From: []State{Expiring}, To: Expired, Refused: "adoption.wrong_state"},
		{On: StepPaidUp, From: []State{Reserved}, To: Growing, Refused: "adoption.wrong_state"},
		{On: StepCancel, From: []State{Placed, Reserved, Growing}, To: Cancelled, Refused: "adoption.cannot_cancel"},
		{On: StepLapse, From: []State{Reserved}, To: Cancelled, Refused: "adoption.wrong_state"},
		{On: StepLost, From: []State{Placed, Expiring, Reserved, Growing}, To: Cancelled, Refused: "adoption.wrong_state"},
		{On: StepComplete, From: []State{Reserved, Growing}, To: Completed, Refused: "adoption.wrong_state"},
	},
})

// Next is the state after a step, or Conflict with a sentence for the person who asked.
func (s State) Next(step Step) (State, error) {
	return link.Next(Machine, s, step)
}

// Can reports whether a step is possible.
func (s State) Can(step Step) bool {
	return Machine.Can(s, step)
}

// Over reports whether nothing can happen to the adoption any more, save a late payment.
func (s State) Over() bool { return Machine.Final(s) }

// States are all states, in the order of an adoption's life.
var States = []State{Placed, Expiring, Expired, Reserved, Growing,
	Completed, Cancelled}

// BoxStep is what happens to a planned box.
type BoxStep string

const (
	BoxDeliver BoxStep = "deliver" // handed over
	BoxDispute BoxStep = "dispute" // by the adopter
	BoxSettle  BoxStep = "settle"  // the adopter had time to look
	BoxUphold  BoxStep = "uphold"  // the county: it came
	BoxReject  BoxStep = "reject"  // the county: it did not
	BoxSeek    BoxStep = "seek"    // will not come from here: another household is asked
	BoxReplace BoxStep = "replace" // found
	BoxFail    BoxStep = "fail"    // will not come, or nobody has it: refunded
	BoxDrop    BoxStep = "drop"    // the adoption was cancelled
)

// BoxMachine is the life of a box: an event without a row cannot happen.
var BoxMachine = state.New(state.Table[BoxState, BoxStep]{
	Name: "box", States: []BoxState{BoxPlanned, BoxDelivered, BoxSettled, BoxDisputed, BoxSeeking, BoxFailed, BoxVoid},
	Initial: []BoxState{BoxPlanned}, Final: []BoxState{BoxSettled, BoxFailed, BoxVoid},
	Rows: []state.Row[BoxState, BoxStep]{
		{On: BoxDeliver, From: []BoxState{BoxPlanned}, To: BoxDelivered, Refused: "adoption.box.wrong_state"},
		{On: BoxDispute, From: []BoxState{BoxDelivered}, To: BoxDisputed, Refused: "adoption.box.too_late"},
		{On: BoxSettle, From: []BoxState{BoxDelivered}, To: BoxSettled, Refused: "adoption.box.wrong_state"},
		{On: BoxUphold, From: []BoxState{BoxDisputed}, To: BoxSettled, Refused: "adoption.box.wrong_state"},
		{On: BoxReject, From: []BoxState{BoxDisputed}, To: BoxFailed, Refused: "adoption.box.wrong_state"},
		{On: BoxSeek, From: []BoxState{BoxPlanned}, To: BoxSeeking, Refused: "adoption.box.wrong_state"},
		{On: BoxReplace, From: []BoxState{BoxSeeking}, To: BoxPlanned, Refused: "adoption.box.wrong_state"},
		{On: BoxFail, From: []BoxState{BoxPlanned, BoxSeeking}, To: BoxFailed, Refused: "adoption.box.wrong_state"},
		{On: BoxDrop, From: []BoxState{BoxPlanned, BoxSeeking}, To: BoxVoid, Refused: "adoption.box.wrong_state"},
	},
})

// Next is the state after a step, or Conflict with a sentence for the person who asked.
func (s BoxState) Next(step BoxStep) (BoxState, error) { return link.Next(BoxMachine, s, step) }

// Can reports whether a step is possible.
func (s BoxState) Can(step BoxStep) bool { return BoxMachine.Can(s, step) }

// Open reports whether something is still to happen to the box.
func (s BoxState) Open() bool {
	return s == BoxPlanned || s == BoxDelivered || s == BoxDisputed || s == BoxSeeking
}
