package shelf

import (
	"fmt"
	"slices"

	"banmuyuan/internal/link"
	"banmuyuan/orders"
)

// Check cleans a write-off and returns its problems: a loss has a reason, a donation names its recipient.
func (r *WriteOff) Check() link.Problems {
	var problems link.Problems
	orders.CheckKey(&problems, r.Key)
	if !validMeasure(r.Measure) {
		problems.Add("shelf.measure", "measure")
	}
	var ok bool
	if r.Note, ok = orders.Clean(r.Note, 0, orders.ReasonMax); !ok {
		problems.Add("shelf.note", "note", "max", fmt.Sprint(orders.ReasonMax))
	}
	switch r.Kind {
	case MovementLoss:
		if !slices.Contains(LossReasons, r.Reason) {
			problems.Add("shelf.reason", "reason")
		}
	case MovementDonation:
		r.Reason = ""
		if r.Note == "" {
			problems.Add("shelf.recipient", "note")
		}
	case MovementFound:
		r.Reason = ""
	default:
		problems.Add("shelf.kind", "kind")
	}
	return problems
}

// CheckLeft refuses to write off more than is left of a lot. Goods that a count found may be any measure.
func (r WriteOff) CheckLeft(left int64) error {
	if r.Kind != MovementFound && r.Measure > left {
		return link.E(link.Conflict, "shelf.not_so_much", "measure")
	}
	return nil
}

// FirstState is the state of a new movement: one that is worth more than the limit, at cost, waits for a second person.
func FirstState(costFen int64) MovementState {
	if costFen > WriteOffLimitFen {
		return MovementHeld
	}
	return MovementDone
}

// Change is the difference that a movement makes to the quantities of a lot.
type Change struct{ Held, Lost, Donated, Found int64 }

// ChangeTo is the difference that a movement of a measure makes when it comes from one state (empty: it is new) to
// another. Goods that wait for a second person are out of sale; found goods are on the shelf once they are done.
func (k MovementKind) ChangeTo(from, to MovementState, measure int64) Change {
	before, after := k.booked(from, measure), k.booked(to, measure)
	return Change{after.Held - before.Held, after.Lost - before.Lost, after.Donated - before.Donated, after.Found - before.Found}
}

// booked is the part of a lot's quantities that stems from a movement in that state.
func (k MovementKind) booked(s MovementState, measure int64) Change {
	switch {
	case s == MovementHeld && k != MovementFound:
		return Change{Held: measure}
	case s != MovementDone:
		return Change{}
	case k == MovementLoss:
		return Change{Lost: measure}
	case k == MovementDonation:
		return Change{Donated: measure}
	}
	return Change{Found: measure}
}

// Step is the event of a decision.
func (r DecideWriteOff) Step() MovementStep {
	if r.Accept {
		return MovementAccept
	}
	return MovementRefuse
}

// CheckSecond refuses the person that recorded a movement.
func CheckSecond(recorded, decides int64) error {
	if recorded == decides {
		return link.E(link.Forbidden, "shelf.second_person", "")
	}
	return nil
}

// Decidable reports whether an account of org's staff may decide a movement of the shop.
func Decidable(s MovementState, shop, recorded, org, account int64) bool {
	return s.Can(MovementAccept) && org == shop && CheckSecond(recorded, account) == nil
}
