package orders

import "banmuyuan/internal/link"

// Step is what happens to an order.
type Step string

const (
	StepDepositPaid Step = "deposit_paid"
	StepExpire      Step = "expire"  // its time is over: ask the provider first
	StepExpired     Step = "expired" // the provider says it was not paid
	StepCancel      Step = "cancel"
	StepWeigh       Step = "weigh"    // a ticket was accepted, or corrected
	StepBill        Step = "bill"     // every unit is weighed or short
	StepPaid        Step = "paid"     // nothing is due any more
	StepComplete    Step = "complete" // the buyer had time to look
	StepRevive      Step = "revive"   // paid too late, and the stock was found again
)

// steps is the whole life of an order: what is not here cannot happen.
var steps = map[Step]map[State]State{
	StepDepositPaid: {StatePlaced: StateConfirmed, StateExpiring: StateConfirmed},
	StepExpire:      {StatePlaced: StateExpiring},
	StepExpired:     {StateExpiring: StateExpired},
	StepCancel:      {StateExpiring: StateCancelled, StateConfirmed: StateCancelled},
	StepWeigh:       {StateConfirmed: StateWeighing, StateWeighing: StateWeighing, StateBilled: StateWeighing, StatePaid: StateWeighing},
	StepBill:        {StateConfirmed: StateBilled, StateWeighing: StateBilled},
	StepPaid:        {StateBilled: StatePaid},
	StepComplete:    {StatePaid: StateCompleted},
	StepRevive:      {StateExpired: StateConfirmed},
}

// refusals say why a step is not possible now, to whoever asked for it.
var refusals = map[Step]string{
	StepCancel: "order.cannot_cancel",
	StepWeigh:  "order.cannot_weigh",
}

// Next is the state after a step, or Conflict with a sentence for the person who asked.
func (s State) Next(step Step) (State, error) {
	if to, ok := steps[step][s]; ok {
		return to, nil
	}
	key, ok := refusals[step]
	if !ok {
		key = "order.wrong_state"
	}
	return s, link.E(link.Conflict, key, "", "state", string(s))
}

// Can reports whether a step is possible.
func (s State) Can(step Step) bool {
	_, ok := steps[step][s]
	return ok
}

// States are all states, in the order of an order's life.
var States = []State{StatePlaced, StateExpiring, StateExpired, StateConfirmed, StateWeighing, StateBilled, StatePaid, StateCompleted, StateCancelled}

// Over reports whether nothing can happen to the order any more, save a late payment.
func (s State) Over() bool { return s == StateExpired || s == StateCancelled || s == StateCompleted }
