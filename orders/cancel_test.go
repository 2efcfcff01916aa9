package orders_test

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/orders"
)

func TestCancelStep(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		owns, county bool
		step         orders.Step
		ok           bool
	}{
		{true, false, orders.StepCancel, true}, {true, true, orders.StepCancel, true},
		{false, true, orders.StepCallOff, true}, {false, false, "", false},
	} {
		if step, ok := orders.CancelStep(c.owns, c.county); step != c.step || ok != c.ok {
			t.Errorf("owns %v, county %v: %q, %v", c.owns, c.county, step, ok)
		}
	}
}

func TestCheckCancel(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		f       orders.Funds
		step    orders.Step
		weighed bool
		key     string // of the refusal
	}{
		{"unpaid", orders.Funds{State: orders.StatePlaced}, orders.StepCancel, false, ""},
		{"paid in the same moment", orders.Funds{State: orders.StatePlaced, DepositPaid: true}, orders.StepCancel, false, "order.cancel.just_paid"},
		{"paid while expiring", orders.Funds{State: orders.StateExpiring, DepositPaid: true}, orders.StepCallOff, false, "order.cancel.just_paid"},
		{"confirmed", orders.Funds{State: orders.StateConfirmed, DepositPaid: true}, orders.StepCancel, false, ""},
		{"a ticket was written", orders.Funds{State: orders.StateConfirmed, DepositPaid: true}, orders.StepCancel, true, "order.cancel.too_late"},
		{"declined after a ticket", orders.Funds{State: orders.StateConfirmed, DepositPaid: true}, orders.StepDecline, true, "order.cancel.too_late"},
		{"called off after a ticket", orders.Funds{State: orders.StateConfirmed, DepositPaid: true}, orders.StepCallOff, true, ""},
		{"called off while weighing", orders.Funds{State: orders.StateWeighing, DepositPaid: true}, orders.StepCallOff, true, ""},
		{"cancelled while weighing", orders.Funds{State: orders.StateWeighing, DepositPaid: true}, orders.StepCancel, true, "order.cannot_cancel"},
		{"called off after the bill", orders.Funds{State: orders.StateBilled, DepositPaid: true}, orders.StepCallOff, true, "order.cannot_call_off"},
		{"declined while unpaid", orders.Funds{State: orders.StatePlaced}, orders.StepDecline, false, "order.cannot_decline"},
	} {
		var code link.Code
		if c.key != "" {
			code = link.Conflict
		}
		if err := orders.CheckCancel(c.f, c.step, c.weighed); !isError(err, code, c.key) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func lineWith(deposit int64, terms catalog.Terms) orders.Line {
	return orders.Line{DepositFen: deposit, Terms: terms}
}

func TestCancelCost(t *testing.T) {
	t.Parallel()
	half := catalog.Terms{ForfeitBP: 5000, FreeCancelHours: 24}
	late := catalog.Terms{ForfeitBP: 10_000, FreeCancelHours: 48}
	for _, c := range []struct {
		name  string
		state orders.State
		lines []orders.Line
		paid  int64
		after time.Duration
		want  int64
	}{
		{"in the free hours", orders.StateConfirmed, []orders.Line{lineWith(100, half)}, 100, 24*time.Hour - 1, 0},
		{"afterwards", orders.StateConfirmed, []orders.Line{lineWith(100, half)}, 100, 24 * time.Hour, 50},
		{"rounded half up", orders.StateConfirmed, []orders.Line{lineWith(101, half)}, 101, 25 * time.Hour, 51},
		{"two lines, one free", orders.StateConfirmed, []orders.Line{lineWith(100, half), lineWith(30, late)}, 130, 30 * time.Hour, 50},
		{"two lines", orders.StateConfirmed, []orders.Line{lineWith(100, half), lineWith(30, late)}, 130, 48 * time.Hour, 80},
		{"what was not paid is not kept", orders.StateConfirmed, []orders.Line{lineWith(100, half)}, 20, 25 * time.Hour, 20},
		{"nothing was paid", orders.StateConfirmed, []orders.Line{lineWith(100, half)}, 0, 25 * time.Hour, 0},
		{"unpaid", orders.StatePlaced, []orders.Line{lineWith(100, half)}, 100, 25 * time.Hour, 0},
		{"called off while weighing", orders.StateWeighing, []orders.Line{lineWith(100, half)}, 100, 25 * time.Hour, 0},
	} {
		got, err := orders.CancelCost(c.state, c.lines, c.paid, midday, midday.Add(c.after))
		if err != nil || got != c.want {
			t.Errorf("%s: %d, %v, want %d", c.name, got, err, c.want)
		}
	}
	if _, err := orders.CancelCost(orders.StateConfirmed, []orders.Line{lineWith(math.MaxInt64, catalog.Terms{ForfeitBP: 20_000})}, 1, midday, midday); err == nil {
		t.Error("an amount out of range is no error")
	}
}

// Cancelling costs at most the paid sum, never less than nothing, and never less when it is done later.
func TestCancelCostIsBounded(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var lines []orders.Line
		var deposits int64
		for range rapid.IntRange(1, 5).Draw(t, "lines") {
			l := lineWith(rapid.Int64Range(0, 1<<40).Draw(t, "deposit"), catalog.Terms{
				ForfeitBP: rapid.Int64Range(0, 10_000).Draw(t, "forfeit"), FreeCancelHours: rapid.Int64Range(0, 100).Draw(t, "free")})
			lines, deposits = append(lines, l), deposits+l.DepositFen
		}
		paid := rapid.Int64Range(0, deposits).Draw(t, "paid")
		before := int64(0)
		for hours := range 101 {
			cost, err := orders.CancelCost(orders.StateConfirmed, lines, paid, midday, midday.Add(time.Duration(hours)*time.Hour))
			if err != nil || cost < before || cost > paid {
				t.Fatalf("after %d hours %d of %d, %v; an hour before it was %d", hours, cost, paid, err, before)
			}
			before = cost
		}
	})
}

func TestForfeit(t *testing.T) {
	t.Parallel()
	lines := []orders.Line{lineWith(100, catalog.Terms{ForfeitBP: 5000})}
	paid := orders.Funds{State: orders.StateConfirmed, PaidFen: 100}
	lately := orders.Funds{State: orders.StateConfirmed, PaidFen: 100, LateFen: 70}
	then := midday.Add(-time.Hour)
	for _, c := range []struct {
		name      string
		f         orders.Funds
		step      orders.Step
		confirmed *time.Time
		want      int64
	}{
		{"the buyer cancels", paid, orders.StepCancel, &then, 50},
		{"late money is not kept", lately, orders.StepCancel, &then, 30},
		{"the county calls off", paid, orders.StepCallOff, &then, 0},
		{"because of a shortage", paid, orders.StepDecline, &then, 0},
		{"never confirmed", paid, orders.StepCancel, nil, 0},
	} {
		if got, err := orders.Forfeit(c.f, c.step, lines, c.confirmed, midday); err != nil || got != c.want {
			t.Errorf("%s: %d, %v, want %d", c.name, got, err, c.want)
		}
	}
}

// The buyer may complain until the longest of the lines' terms is over, whatever line has it.
func TestInspectionEnds(t *testing.T) {
	t.Parallel()
	hours := func(h ...int64) (lines []orders.Line) {
		for _, x := range h {
			lines = append(lines, lineWith(0, catalog.Terms{InspectionHours: x}))
		}
		return lines
	}
	for _, c := range []struct {
		lines []orders.Line
		want  time.Duration
	}{
		{hours(), 0}, {hours(48), 48 * time.Hour}, {hours(48, 24), 48 * time.Hour}, {hours(24, 48), 48 * time.Hour},
		{hours(24, 72, 48), 72 * time.Hour}, {hours(0), 0},
	} {
		if got := orders.InspectionEnds(c.lines, midday); !got.Equal(midday.Add(c.want)) {
			t.Errorf("%d lines: %v, want %v after it was paid", len(c.lines), got.Sub(midday), c.want)
		}
	}
}
