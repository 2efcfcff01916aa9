package orders_test

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"banmuyuan/orders"
)

func TestTolerance(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		net, units, usual, tolerance int64
		far                          bool
	}{
		"as usual":                {40_000, 10, 4000, 2000, false},
		"at the upper bound":      {48_000, 10, 4000, 2000, false},
		"a gram above it":         {48_001, 10, 4000, 2000, true},
		"at the lower bound":      {32_000, 10, 4000, 2000, false},
		"a gram below it":         {31_999, 10, 4000, 2000, true},
		"no tolerance":            {4000, 1, 4000, 0, false},
		"no tolerance and a gram": {4001, 1, 4000, 0, true},
		"no units":                {99_999, 0, 4000, 2000, false},
		"one unit":                {9000, 1, 4000, 2000, true},
		"unknown weight":          {99_999, 10, 0, 2000, false},
		"a usual weight of 1 g":   {99, 10, 1, 2000, true},
		"beyond all numbers":      {1, 1, math.MaxInt64, math.MaxInt64, true},
	} {
		if got := orders.FarFromEstimate(c.net, c.units, c.usual, c.tolerance); got != c.far {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// The tolerance is the same in both directions, and a larger one never holds more.
func TestToleranceIsSymmetric(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		units, usual := rapid.Int64Range(1, 1000).Draw(t, "units"), rapid.Int64Range(1, 50_000).Draw(t, "usual")
		off, tolerance := rapid.Int64Range(0, units*usual).Draw(t, "off"), rapid.Int64Range(0, 10_000).Draw(t, "tolerance")
		above, below := orders.FarFromEstimate(units*usual+off, units, usual, tolerance), orders.FarFromEstimate(units*usual-off, units, usual, tolerance)
		if above != below {
			t.Errorf("above %v, below %v", above, below)
		}
		if !above && orders.FarFromEstimate(units*usual+off, units, usual, tolerance+1) {
			t.Error("a larger tolerance holds more")
		}
	})
}

func TestFirstState(t *testing.T) {
	t.Parallel()
	heavy := orders.WeighRequest{Units: 10, GrossGrams: 50_001, TareGrams: 2_000}
	if state, why := geeseScale().FirstState(heavy); state != orders.TicketHeld || why != "ticket.held.weight" {
		t.Errorf("%s %q", state, why)
	}
	usual := heavy
	usual.GrossGrams--
	if state, why := geeseScale().FirstState(usual); state != orders.TicketAccepted || why != "" {
		t.Errorf("%s %q", state, why)
	}
	counted := geeseScale()
	counted.Weighed = false
	if state, why := counted.FirstState(heavy); state != orders.TicketAccepted || why != "" {
		t.Errorf("counted goods: %s %q", state, why)
	}
}
