package contract_test

import (
	"slices"
	"strings"
	"testing"

	"banmuyuan/internal/link"
	"banmuyuan/orders"
	"banmuyuan/orders/contract"
)

func TestCallOffsAreChecked(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*contract.CallOff, *contract.Terms)
		want   string
	}{
		"right":            {func(*contract.CallOff, *contract.Terms) {}, ""},
		"no key":           {func(r *contract.CallOff, _ *contract.Terms) { r.IdempotencyKey = "" }, "order.key.invalid idempotency_key"},
		"nothing":          {func(r *contract.CallOff, _ *contract.Terms) { r.Qty = 0 }, "contract.call_off.quantity quantity"},
		"one":              {func(r *contract.CallOff, _ *contract.Terms) { r.Qty = 1 }, ""},
		"all":              {func(r *contract.CallOff, _ *contract.Terms) { r.Qty = 300 }, ""},
		"more":             {func(r *contract.CallOff, _ *contract.Terms) { r.Qty = 301 }, "contract.call_off.quantity quantity"},
		"no day":           {func(r *contract.CallOff, _ *contract.Terms) { r.Day = "x" }, "date day"},
		"yesterday":        {func(r *contract.CallOff, _ *contract.Terms) { r.Day = "2026-08-09" }, "contract.call_off.day day"},
		"today":            {func(r *contract.CallOff, _ *contract.Terms) { r.Day = "2026-08-10" }, ""},
		"the last day":     {func(r *contract.CallOff, _ *contract.Terms) { r.Day = "2026-10-01" }, ""},
		"held up":          {func(r *contract.CallOff, _ *contract.Terms) { r.Day = "2026-10-02" }, ""},
		"held up for long": {func(r *contract.CallOff, _ *contract.Terms) { r.Day = "2026-11-30" }, ""},
		"held up too long": {func(r *contract.CallOff, _ *contract.Terms) { r.Day = "2026-12-01" }, "contract.call_off.day day"},
		"between two windows": {func(r *contract.CallOff, k *contract.Terms) {
			r.Day = "2026-08-15"
			k.Windows = []contract.Window{{From: "2026-08-01", To: "2026-08-14"}, {From: "2026-08-16", To: "2026-10-01"}}
		}, "contract.call_off.day day"},
		"before the first":   {func(r *contract.CallOff, k *contract.Terms) { k.DeliverFrom = "2026-08-12" }, "contract.call_off.day day"},
		"terms without days": {func(r *contract.CallOff, k *contract.Terms) { k.DeliverTo = "" }, "contract.call_off.day day"},
		"another point":      {func(r *contract.CallOff, _ *contract.Terms) { r.PointID = 3 }, "contract.call_off.point point_id"},
		"morning":            {func(r *contract.CallOff, _ *contract.Terms) { r.Slot = contract.SlotMorning }, ""},
		"afternoon":          {func(r *contract.CallOff, _ *contract.Terms) { r.Slot = contract.SlotAfternoon }, ""},
		"night":              {func(r *contract.CallOff, _ *contract.Terms) { r.Slot = "night" }, "form.choose slot"},
		"a long note":        {func(r *contract.CallOff, _ *contract.Terms) { r.Note = strings.Repeat("x", 501) }, "order.note note"},
	} {
		r, k := contract.CallOff{Qty: 5, Day: "2026-08-11", Note: " a\r\nb ", IdempotencyKey: key}, terms()
		c.change(&r, &k)
		note, err := r.Check(k, "2026-08-10")
		if got := strings.Join(problemsOf(err), ", "); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
		if err == nil && note != "a\nb" {
			t.Errorf("%s: note %q", name, note)
		}
	}
	_, err := contract.CallOff{Qty: 301, Day: "2026-07-01", Note: strings.Repeat("x", 501), IdempotencyKey: key}.Check(terms(), "2026-07-01")
	if d := link.AsError(err).Details; len(d) != 3 || d[0].Args["max"] != "300" || d[1].Args["windows"] != "2026-08-01 – 2026-10-01" || d[2].Args["max"] != "500" {
		t.Errorf("%+v", d)
	}
}

func TestPointOfACallOff(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		agreed []int64
		asked  int64
		point  int64
		ok     bool
	}{
		"each village's own":       {nil, 0, 0, true},
		"one where none is agreed": {nil, 3, 0, false},
		"the only one":             {[]int64{4}, 0, 4, true},
		"the only one by name":     {[]int64{4}, 4, 4, true},
		"one of two":               {[]int64{4, 5}, 5, 5, true},
		"none of two":              {[]int64{4, 5}, 0, 0, false},
		"another":                  {[]int64{4}, 5, 5, false},
	} {
		if point, ok := (contract.Terms{Points: c.agreed}).PointFor(c.asked); point != c.point || ok != c.ok {
			t.Errorf("%s: %d, %v", name, point, ok)
		}
	}
	if !contract.AtAgreedPoint(0, 7) || !contract.AtAgreedPoint(7, 7) || contract.AtAgreedPoint(7, 8) {
		t.Error("goods are weighed at another point than the agreed one")
	}
}

func TestContractsThatRun(t *testing.T) {
	t.Parallel()
	for _, s := range contract.States {
		err := contract.CheckRunning(s, 5)
		if (err == nil) != (s == contract.Running) || err != nil && (link.CodeOf(err) != link.Conflict || link.AsError(err).Key != "contract.not_running") {
			t.Errorf("%s: %v", s, err)
		}
	}
	if err := contract.CheckRunning(contract.Running, 0); !slices.Equal(problemsOf(err), []string{"contract.not_running"}) {
		t.Errorf("without a presale: %v", err)
	}
}

func TestOverdueCallOffs(t *testing.T) {
	t.Parallel()
	due := contract.CallOffRow{Day: "2026-08-09", Ordered: 10, Received: 5, Short: 4, State: orders.StateWeighing}
	for name, c := range map[string]struct {
		change func(*contract.CallOffRow)
		late   bool
	}{
		"goods are missing": {func(*contract.CallOffRow) {}, true},
		"today":             {func(k *contract.CallOffRow) { k.Day = "2026-08-10" }, false},
		"all came":          {func(k *contract.CallOffRow) { k.Received = 6 }, false},
		"nothing came":      {func(k *contract.CallOffRow) { k.Received, k.State = 0, orders.StateConfirmed }, true},
		"billed":            {func(k *contract.CallOffRow) { k.State = orders.StateBilled }, false},
		"cancelled":         {func(k *contract.CallOffRow) { k.State = orders.StateCancelled }, false},
	} {
		k := due
		c.change(&k)
		if k.Overdue("2026-08-10") != c.late {
			t.Errorf("%s: late %v", name, !c.late)
		}
	}
}
