package orders_test

import (
	"testing"

	"banmuyuan/internal/link"
	"banmuyuan/orders"
)

func TestConflictStates(t *testing.T) {
	t.Parallel()
	if err := orders.ConflictMachine.Check(); err != nil {
		t.Error(err)
	}
	for to, want := range map[orders.ConflictState]orders.ConflictStep{
		orders.ConflictDropped: orders.ConflictDrop, orders.ConflictReweighed: orders.ConflictReweigh,
	} {
		if step, err := orders.ConflictStepTo(to); step != want || err != nil {
			t.Errorf("%s: %s, %v", to, step, err)
		}
	}
	for _, to := range []orders.ConflictState{orders.ConflictOpen, "", "other"} {
		if _, err := orders.ConflictStepTo(to); link.CodeOf(err) != link.Invalid || link.AsError(err).Key != "conflict.state.choose" {
			t.Errorf("%q: %v", to, err)
		}
	}
}

func TestConflictIsSettledOnce(t *testing.T) {
	t.Parallel()
	if err := orders.CheckSettled(orders.ConflictDropped, orders.ConflictDropped, true); err != nil {
		t.Errorf("the same decision repeated: %v", err)
	}
	for name, err := range map[string]error{
		"another decision": orders.CheckSettled(orders.ConflictDropped, orders.ConflictReweighed, true),
		"another actor":    orders.CheckSettled(orders.ConflictDropped, orders.ConflictDropped, false),
	} {
		if link.CodeOf(err) != link.Conflict || link.AsError(err).Key != "conflict.settled" {
			t.Errorf("%s: %v", name, err)
		}
	}
}
