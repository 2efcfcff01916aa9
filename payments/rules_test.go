package payments

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
		want    CoolingState
	}{
		{71, 72 * time.Hour, CoolingWaiting}, {72, 72 * time.Hour, CoolingInForce}, {73, 72 * time.Hour, CoolingInForce}, {0, 0, CoolingInForce},
		{0, time.Minute, CoolingWaiting}, {1, 90 * time.Minute, CoolingWaiting},
	} {
		if got := (SetCooling{test.hours}).Entered(test.inForce); got != test.want {
			t.Errorf("%d hours where %s are in force: %s, want %s", test.hours, test.inForce, got, test.want)
		}
	}
	for hours, ok := range map[int64]bool{-1: false, 0: true, CoolingMost: true, CoolingMost + 1: false} {
		if err := (SetCooling{hours}).Check(); (err == nil) != ok {
			t.Errorf("%d hours: %v", hours, err)
		}
	}
}

func TestDecideCooling(t *testing.T) {
	t.Parallel()
	if err := (DecideCooling{}).Check(); link.AsError(err) == nil || link.AsError(err).Field != "why" {
		t.Errorf("a refusal without a reason: %v", err)
	}
	if err := (DecideCooling{Why: "太短"}).Check(); err != nil {
		t.Error(err)
	}
	if (DecideCooling{Approve: true}).Step() != CoolingApprove || (DecideCooling{}).Step() != CoolingRefuse {
		t.Error("steps")
	}
}
