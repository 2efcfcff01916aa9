package orders

import "banmuyuan/internal/money"

// FirstState is the state in which the ticket of a weighing begins, with the message key of the reason when it is held: a
// weight that is far from the usual one waits for a second person.
func (s Scale) FirstState(r WeighRequest) (state TicketState, heldFor string) {
	if s.Weighed && FarFromEstimate(r.NetGrams(), r.Units, s.UnitGrams, s.ToleranceBP) {
		return TicketHeld, "ticket.held.weight"
	}
	return TicketAccepted, ""
}

// FarFromEstimate reports whether a weight per unit differs from the usual weight by more than toleranceBP.
func FarFromEstimate(netGrams, units, gramsPerUnit, toleranceBP int64) bool {
	if units <= 0 || gramsPerUnit <= 0 {
		return false
	}
	usual := units * gramsPerUnit
	off := netGrams - usual
	if off < 0 {
		off = -off
	}
	allowed, err := money.BasisPoints(usual, toleranceBP)
	return err != nil || off > allowed
}
