package adopt

import (
	"slices"

	"banmuyuan/internal/link"
	"banmuyuan/internal/state"
)

// Step is an event of an adoption.
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

// Next is the state after a step, or Conflict with a sentence for the caller.
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

// BoxStep is an event of a planned box.
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

// Next is the state after a step, or Conflict with a sentence for the caller.
func (s BoxState) Next(step BoxStep) (BoxState, error) { return link.Next(BoxMachine, s, step) }

// Can reports whether a step is possible.
func (s BoxState) Can(step BoxStep) bool { return BoxMachine.Can(s, step) }

// Open reports whether something is still to happen to the box.
func (s BoxState) Open() bool {
	return s == BoxPlanned || s == BoxDelivered || s == BoxDisputed || s == BoxSeeking
}

// StandingStep is an event of a standing order.
type StandingStep string

const (
	StandingPause  StandingStep = "pause"  // by the buyer
	StandingResume StandingStep = "resume" // by the buyer
	StandingEnd    StandingStep = "end"    // by the buyer, or no box can come any more
)

// StandingMachine is the life of a standing order: an event without a row cannot happen.
var StandingMachine = state.New(state.Table[StandingState, StandingStep]{
	Name: "standing order", States: []StandingState{StandingActive, StandingPaused, StandingEnded},
	Initial: []StandingState{StandingActive}, Final: []StandingState{StandingEnded},
	Rows: []state.Row[StandingState, StandingStep]{
		{On: StandingPause, From: []StandingState{StandingActive}, To: StandingPaused, Refused: "standing.ended"},
		{On: StandingResume, From: []StandingState{StandingPaused}, To: StandingActive, Refused: "standing.ended"},
		{On: StandingEnd, From: []StandingState{StandingActive, StandingPaused}, To: StandingEnded, Refused: "standing.ended"},
	},
})

// Over reports whether nothing can happen to the standing order any more.
func (s StandingState) Over() bool { return StandingMachine.Final(s) }

// Set returns the state that a buyer asks for, which Check has let through. Asking for the present state changes nothing.
// Conflict when the standing order has ended.
func (s StandingState) Set(asked StandingState) (StandingState, error) {
	if s == asked {
		return s, nil
	}
	step := StandingResume
	switch asked {
	case StandingPaused:
		step = StandingPause
	case StandingEnded:
		step = StandingEnd
	}
	return link.Next(StandingMachine, s, step)
}

// DateStep is an event of one date of a standing order.
type DateStep string

const (
	DateSkip    DateStep = "skip"    // by the buyer
	DateRestore DateStep = "restore" // by the buyer
	DateOrder   DateStep = "order"   // its cut-off came
	DatePause   DateStep = "pause"   // its cut-off came during a pause
	DatePlaced  DateStep = "placed"  // its order is written
	DateFail    DateStep = "fail"    // it could not be ordered
)

// DateMachine is the life of a date: an event without a row cannot happen. A planned date has no row in the database.
var DateMachine = state.New(state.Table[DateState, DateStep]{
	Name: "date of a standing order", States: []DateState{DatePlanned, DateSkipped, DatePaused, DateOrdering, DateOrdered, DateFailed},
	Initial: []DateState{DatePlanned}, Final: []DateState{DatePaused, DateOrdered, DateFailed},
	Rows: []state.Row[DateState, DateStep]{
		{On: DateSkip, From: []DateState{DatePlanned}, To: DateSkipped, Refused: "standing.cut_off"},
		{On: DateRestore, From: []DateState{DateSkipped}, To: DatePlanned, Refused: "standing.cut_off"},
		{On: DateOrder, From: []DateState{DatePlanned}, To: DateOrdering, Refused: "standing.cut_off"},
		{On: DatePause, From: []DateState{DatePlanned}, To: DatePaused, Refused: "standing.cut_off"},
		{On: DatePlaced, From: []DateState{DateOrdering}, To: DateOrdered, Refused: "standing.cut_off"},
		{On: DateFail, From: []DateState{DateOrdering}, To: DateFailed, Refused: "standing.cut_off"},
	},
})

// Check refuses a state that does not exist.
func (r SetStanding) Check() error {
	if !slices.Contains(StandingMachine.States(), r.State) {
		return link.E(link.Invalid, "standing.state", "state")
	}
	return nil
}
