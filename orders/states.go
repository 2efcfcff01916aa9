package orders

import (
	"slices"

	"banmuyuan/internal/link"
)

// Step is what happens to an order.
type Step string

const (
	StepDepositPaid Step = "deposit_paid" // or none was asked
	StepExpire      Step = "expire"       // its time is over: ask the provider first
	StepExpired     Step = "expired"      // the provider says it was not paid
	StepRevive      Step = "revive"       // paid too late, and the stock was found again
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

// transition is one row of a state machine: from any of these to that; from any other state the step is refused with a
// sentence for the person who asked.
type transition[S ~string] struct {
	from    []S
	to      S
	refused string
}

// steps is the whole life of an order: what is not here cannot happen.
var steps = map[Step]transition[State]{
	StepDepositPaid: {[]State{StatePlaced, StateExpiring}, StateConfirmed, "order.wrong_state"},
	StepExpire:      {[]State{StatePlaced}, StateExpiring, "order.wrong_state"},
	StepExpired:     {[]State{StateExpiring}, StateExpired, "order.wrong_state"},
	StepRevive:      {[]State{StateExpired}, StateConfirmed, "order.wrong_state"},
	StepCancel:      {[]State{StatePlaced, StateExpiring, StateConfirmed}, StateCancelled, "order.cannot_cancel"},
	StepCallOff:     {[]State{StatePlaced, StateExpiring, StateConfirmed, StateWeighing}, StateCancelled, "order.cannot_call_off"},
	StepDecline:     {[]State{StateConfirmed}, StateCancelled, "order.cannot_decline"},
	StepLost:        {[]State{StatePlaced, StateExpiring, StateExpired, StateConfirmed}, StateCancelled, "order.wrong_state"},
	StepWeigh:       {[]State{StateConfirmed, StateWeighing}, StateWeighing, "order.cannot_weigh"},
	StepCorrect:     {[]State{StateWeighing, StateBilled, StatePaid}, StateWeighing, "order.cannot_correct"},
	StepBill:        {[]State{StateConfirmed, StateWeighing}, StateBilled, "order.wrong_state"},
	StepPaid:        {[]State{StateBilled}, StatePaid, "order.wrong_state"},
	StepComplete:    {[]State{StatePaid}, StateCompleted, "order.wrong_state"},
}

// Next is the state after a step, or Conflict with a sentence for the person who asked.
func (s State) Next(step Step) (State, error) { return next(steps[step], s) }

// Can reports whether a step is possible.
func (s State) Can(step Step) bool { return slices.Contains(steps[step].from, s) }

func next[S ~string](t transition[S], s S) (S, error) {
	if slices.Contains(t.from, s) {
		return t.to, nil
	}
	return s, link.E(link.Conflict, t.refused, "", "state", string(s))
}

// States are all states, in the order of an order's life.
var States = []State{StatePlaced, StateExpiring, StateExpired, StateConfirmed, StateWeighing, StateBilled, StatePaid, StateCompleted, StateCancelled}

// Over reports whether nothing can happen to the order any more, save a late payment.
func (s State) Over() bool { return s == StateExpired || s == StateCancelled || s == StateCompleted }

// TicketStep is what happens to a weigh ticket after it was written, accepted or held.
type TicketStep string

const (
	TicketAccept    TicketStep = "accept" // by a second person
	TicketRefuse    TicketStep = "refuse"
	TicketSupersede TicketStep = "supersede" // by a corrected one
)

var ticketSteps = map[TicketStep]transition[TicketState]{
	TicketAccept:    {[]TicketState{TicketHeld}, TicketAccepted, "ticket.decide.state"},
	TicketRefuse:    {[]TicketState{TicketHeld}, TicketRefused, "ticket.decide.state"},
	TicketSupersede: {[]TicketState{TicketAccepted, TicketHeld}, TicketSuperseded, "ticket.supersede.state"},
}

// Next is what becomes of a ticket. Conflict when it does not wait for that.
func (s TicketState) Next(step TicketStep) (TicketState, error) { return next(ticketSteps[step], s) }

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
