package orders

import (
	"banmuyuan/internal/link"
	"banmuyuan/internal/state"
)

// ConflictState is the state of a weighing that was kept aside; see ConflictMachine.
type ConflictState string

const (
	ConflictOpen      ConflictState = "open"
	ConflictDropped   ConflictState = "dropped"   // the existing ticket holds
	ConflictReweighed ConflictState = "reweighed" // a ticket was written or corrected by hand
)

// ConflictStep is a person's decision on a conflict.
type ConflictStep string

const (
	ConflictDrop    ConflictStep = "drop"
	ConflictReweigh ConflictStep = "reweigh"
)

// ConflictMachine is the life of a weighing that was kept aside: an event without a row cannot happen.
var ConflictMachine = state.New(state.Table[ConflictState, ConflictStep]{
	Name: "weigh conflict", States: []ConflictState{ConflictOpen, ConflictDropped, ConflictReweighed},
	Initial: []ConflictState{ConflictOpen}, Final: []ConflictState{ConflictDropped, ConflictReweighed},
	Rows: []state.Row[ConflictState, ConflictStep]{
		{On: ConflictDrop, From: []ConflictState{ConflictOpen}, To: ConflictDropped, Refused: "conflict.settled"},
		{On: ConflictReweigh, From: []ConflictState{ConflictOpen}, To: ConflictReweighed, Refused: "conflict.settled"},
	},
})

// ConflictStepTo returns the decision that leads to a state. Invalid for a state that no decision leads to.
func ConflictStepTo(to ConflictState) (ConflictStep, error) {
	switch to {
	case ConflictDropped:
		return ConflictDrop, nil
	case ConflictReweighed:
		return ConflictReweigh, nil
	}
	return "", link.E(link.Invalid, "conflict.state.choose", "state")
}

// CheckSettled refuses a decision on a conflict that was settled before, unless the same actor repeats the same decision.
func CheckSettled(was, asked ConflictState, sameActor bool) error {
	if was != asked || !sameActor {
		return link.E(link.Conflict, ConflictMachine.Refused(ConflictDrop), "")
	}
	return nil
}
