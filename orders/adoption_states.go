package orders

import (
	"banmuyuan/internal/link"
	"banmuyuan/internal/state"
)

// AdoptionStep is what happens to an adoption.
type AdoptionStep string

const (
	AdoptionDeposit  AdoptionStep = "deposit"  // paid
	AdoptionExpire   AdoptionStep = "expire"   // its time is over: ask the provider first
	AdoptionGone     AdoptionStep = "gone"     // the provider says it was not paid
	AdoptionPaidUp   AdoptionStep = "paid_up"  // nothing is due any more
	AdoptionCancel   AdoptionStep = "cancel"   // by the adopter
	AdoptionLapse    AdoptionStep = "lapse"    // the balance did not come in time
	AdoptionLost     AdoptionStep = "lost"     // paid, but its stock is gone
	AdoptionComplete AdoptionStep = "complete" // no box is open
)

// AdoptionMachine is the life of an adoption: an event without a row cannot happen.
var AdoptionMachine = state.New(state.Table[AdoptionState, AdoptionStep]{
	Name: "adoption", States: AdoptionStates,
	Initial: []AdoptionState{AdoptionPlaced}, Final: []AdoptionState{AdoptionExpired, AdoptionCompleted, AdoptionCancelled},
	Rows: []state.Row[AdoptionState, AdoptionStep]{
		{On: AdoptionDeposit, From: []AdoptionState{AdoptionPlaced, AdoptionExpiring}, To: AdoptionReserved, Refused: "adoption.wrong_state"},
		{On: AdoptionExpire, From: []AdoptionState{AdoptionPlaced}, To: AdoptionExpiring, Refused: "adoption.wrong_state"},
		{On: AdoptionGone, From: []AdoptionState{AdoptionExpiring}, To: AdoptionExpired, Refused: "adoption.wrong_state"},
		{On: AdoptionPaidUp, From: []AdoptionState{AdoptionReserved}, To: AdoptionGrowing, Refused: "adoption.wrong_state"},
		{On: AdoptionCancel, From: []AdoptionState{AdoptionPlaced, AdoptionReserved, AdoptionGrowing}, To: AdoptionCancelled, Refused: "adoption.cannot_cancel"},
		{On: AdoptionLapse, From: []AdoptionState{AdoptionReserved}, To: AdoptionCancelled, Refused: "adoption.wrong_state"},
		{On: AdoptionLost, From: []AdoptionState{AdoptionPlaced, AdoptionExpiring, AdoptionReserved, AdoptionGrowing}, To: AdoptionCancelled, Refused: "adoption.wrong_state"},
		{On: AdoptionComplete, From: []AdoptionState{AdoptionReserved, AdoptionGrowing}, To: AdoptionCompleted, Refused: "adoption.wrong_state"},
	},
})

// Next is the state after a step, or Conflict with a sentence for the person who asked.
func (s AdoptionState) Next(step AdoptionStep) (AdoptionState, error) {
	return link.Next(AdoptionMachine, s, step)
}

// Can reports whether a step is possible.
func (s AdoptionState) Can(step AdoptionStep) bool {
	return AdoptionMachine.Can(s, step)
}

// Over reports whether nothing can happen to the adoption any more, save a late payment.
func (s AdoptionState) Over() bool { return AdoptionMachine.Final(s) }

// AdoptionStates are all states, in the order of an adoption's life.
var AdoptionStates = []AdoptionState{AdoptionPlaced, AdoptionExpiring, AdoptionExpired, AdoptionReserved, AdoptionGrowing,
	AdoptionCompleted, AdoptionCancelled}

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
