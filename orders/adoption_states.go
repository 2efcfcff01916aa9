package orders

import "slices"

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

var adoptionSteps = map[AdoptionStep]transition[AdoptionState]{
	AdoptionDeposit:  {[]AdoptionState{AdoptionPlaced, AdoptionExpiring}, AdoptionReserved, "adoption.wrong_state"},
	AdoptionExpire:   {[]AdoptionState{AdoptionPlaced}, AdoptionExpiring, "adoption.wrong_state"},
	AdoptionGone:     {[]AdoptionState{AdoptionExpiring}, AdoptionExpired, "adoption.wrong_state"},
	AdoptionPaidUp:   {[]AdoptionState{AdoptionReserved}, AdoptionGrowing, "adoption.wrong_state"},
	AdoptionCancel:   {[]AdoptionState{AdoptionPlaced, AdoptionReserved, AdoptionGrowing}, AdoptionCancelled, "adoption.cannot_cancel"},
	AdoptionLapse:    {[]AdoptionState{AdoptionReserved}, AdoptionCancelled, "adoption.wrong_state"},
	AdoptionLost:     {[]AdoptionState{AdoptionPlaced, AdoptionExpiring, AdoptionReserved, AdoptionGrowing}, AdoptionCancelled, "adoption.wrong_state"},
	AdoptionComplete: {[]AdoptionState{AdoptionReserved, AdoptionGrowing}, AdoptionCompleted, "adoption.wrong_state"},
}

// Next is the state after a step, or Conflict with a sentence for the person who asked.
func (s AdoptionState) Next(step AdoptionStep) (AdoptionState, error) {
	return next(adoptionSteps[step], s)
}

// Can reports whether a step is possible.
func (s AdoptionState) Can(step AdoptionStep) bool {
	return slices.Contains(adoptionSteps[step].from, s)
}

// Over reports whether nothing can happen to the adoption any more, save a late payment.
func (s AdoptionState) Over() bool {
	return s == AdoptionExpired || s == AdoptionCancelled || s == AdoptionCompleted
}

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

var boxSteps = map[BoxStep]transition[BoxState]{
	BoxDeliver: {[]BoxState{BoxPlanned}, BoxDelivered, "adoption.box.wrong_state"},
	BoxDispute: {[]BoxState{BoxDelivered}, BoxDisputed, "adoption.box.too_late"},
	BoxSettle:  {[]BoxState{BoxDelivered}, BoxSettled, "adoption.box.wrong_state"},
	BoxUphold:  {[]BoxState{BoxDisputed}, BoxSettled, "adoption.box.wrong_state"},
	BoxReject:  {[]BoxState{BoxDisputed}, BoxFailed, "adoption.box.wrong_state"},
	BoxSeek:    {[]BoxState{BoxPlanned}, BoxSeeking, "adoption.box.wrong_state"},
	BoxReplace: {[]BoxState{BoxSeeking}, BoxPlanned, "adoption.box.wrong_state"},
	BoxFail:    {[]BoxState{BoxPlanned, BoxSeeking}, BoxFailed, "adoption.box.wrong_state"},
	BoxDrop:    {[]BoxState{BoxPlanned, BoxSeeking}, BoxVoid, "adoption.box.wrong_state"},
}

// Next is the state after a step, or Conflict with a sentence for the person who asked.
func (s BoxState) Next(step BoxStep) (BoxState, error) { return next(boxSteps[step], s) }

// Can reports whether a step is possible.
func (s BoxState) Can(step BoxStep) bool { return slices.Contains(boxSteps[step].from, s) }

// Open reports whether something is still to happen to the box.
func (s BoxState) Open() bool {
	return s == BoxPlanned || s == BoxDelivered || s == BoxDisputed || s == BoxSeeking
}
