package cooling

import (
	"testing"
	"time"

	"banmuyuan/internal/link"
)

func TestSetCooling(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		hours   int64
		inForce time.Duration
		want    State
	}{
		{71, 72 * time.Hour, Waiting}, {72, 72 * time.Hour, InForce}, {73, 72 * time.Hour, InForce}, {0, 0, InForce},
		{0, time.Minute, Waiting}, {1, 90 * time.Minute, Waiting},
	} {
		if got := (Set{test.hours}).Entered(test.inForce); got != test.want {
			t.Errorf("%d hours where %s are in force: %s, want %s", test.hours, test.inForce, got, test.want)
		}
	}
	for hours, ok := range map[int64]bool{-1: false, 0: true, Most: true, Most + 1: false} {
		if err := (Set{hours}).Check(); (err == nil) != ok {
			t.Errorf("%d hours: %v", hours, err)
		}
	}
}

func TestDecideCooling(t *testing.T) {
	t.Parallel()
	if err := (Decide{}).Check(); link.AsError(err) == nil || link.AsError(err).Field != "why" {
		t.Errorf("a refusal without a reason: %v", err)
	}
	if err := (Decide{Why: "太短"}).Check(); err != nil {
		t.Error(err)
	}
	if (Decide{Approve: true}).Step() != StepApprove || (Decide{}).Step() != StepRefuse {
		t.Error("steps")
	}
}

func TestMachine(t *testing.T) {
	t.Parallel()
	if err := Machine.Check(); err != nil {
		t.Error(err)
	}
}
