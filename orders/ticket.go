package orders

import (
	"strconv"

	"banmuyuan/internal/link"
)

// AdmitTicket refuses a ticket that an order does not take in its state; corrects is set when the ticket supersedes
// another one. An order without an accepted ticket takes corrections too.
func AdmitTicket(s State, corrects bool) error {
	step := StepWeigh
	if corrects {
		if s == StateConfirmed {
			return nil
		}
		step = StepCorrect
	}
	_, err := s.Next(step)
	return err
}

// ReopensBill reports whether a corrected ticket opens the bill of an order again.
func ReopensBill(s State) bool {
	to, ok := Machine.Next(s, StepCorrect)
	return ok && to != s
}

// Check returns the trimmed reason of a decision. Invalid when a refusal has none.
func (r DecideTicketRequest) Check() (reason string, err error) {
	reason, ok := Clean(r.Reason, 0, ReasonMax)
	if !ok || !r.Accept && reason == "" {
		return "", link.E(link.Invalid, "ticket.decide.reason", "reason", "max", strconv.Itoa(ReasonMax))
	}
	return reason, nil
}

// Step is the transition that a decision asks for.
func (r DecideTicketRequest) Step() TicketStep {
	if r.Accept {
		return TicketAccept
	}
	return TicketRefuse
}

// Next returns the state of a ticket after a decision. repeated is true when the same actor has already accepted the
// ticket, so that nothing is to be done.
func (r DecideTicketRequest) Next(s TicketState, sameActor bool) (to TicketState, repeated bool, err error) {
	if s == TicketAccepted && r.Accept && sameActor {
		return s, true, nil
	}
	to, err = s.Next(r.Step())
	return to, false, err
}

// MayDecide refuses a decision by the account that weighed: a held ticket needs a second person.
func MayDecide(weighedBy, account int64) error {
	if weighedBy == account {
		return link.E(link.Forbidden, "ticket.decide.same_person", "")
	}
	return nil
}

// Measure is the quantity that the price of goods counts: grams, or units.
func Measure(weighed bool, netGrams, units int64) int64 {
	if weighed {
		return netGrams
	}
	return units
}
