package catalog

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"banmuyuan/internal/link"
)

func heldOf(lots, qty []int64) *Hold {
	return &Hold{OrderID: 1, Line: 1, Season: 2026, Key: "k", State: HoldHeld, Lots: lots, Qty: qty,
		Held: slices.Clone(qty), Delivered: make([]int64, len(qty))}
}

func TestConfirmHolds(t *testing.T) {
	t.Parallel()
	hold := func(s HoldState, expired bool) *Hold { return &Hold{OrderID: 7, State: s, Expired: expired} }
	for _, test := range []struct {
		name    string
		holds   []*Hold
		refused bool
	}{
		{"none", nil, false},
		{"held", []*Hold{hold(HoldHeld, false)}, false},
		{"twice", []*Hold{hold(HoldConfirmed, false)}, false},
		{"given back", []*Hold{hold(HoldReleased, false)}, false},
		{"expired", []*Hold{hold(HoldReleased, true)}, true},
		{"expired and reserved again", []*Hold{hold(HoldReleased, true), hold(HoldHeld, false)}, false},
		{"expired and confirmed since", []*Hold{hold(HoldReleased, true), hold(HoldConfirmed, false)}, false},
	} {
		before := make([]HoldState, len(test.holds))
		for i, h := range test.holds {
			before[i] = h.State
		}
		err := ConfirmHolds(test.holds)
		if refused := errors.Is(err, link.E(link.Conflict, "hold.expired", "order_id")); refused != test.refused || !refused && err != nil {
			t.Errorf("%s: %v", test.name, err)
		}
		for i, h := range test.holds {
			if want := before[i] == HoldHeld; h.Changed() != want || want && h.State != HoldConfirmed {
				t.Errorf("%s: %s became %s, changed %v", test.name, before[i], h.State, h.Changed())
			}
		}
	}
	if e := link.AsError(ErrHoldExpired(7)); e.Args["order"] != "7" {
		t.Errorf("the order is not named: %v", e.Args)
	}
}

func TestReleaseGivesBackOnce(t *testing.T) {
	t.Parallel()
	for step, states := range map[HoldStep][]HoldState{
		HoldStepRelease: {HoldHeld, HoldConfirmed}, HoldStepWithdraw: {HoldHeld}, HoldStepExpire: {HoldHeld},
	} {
		for _, s := range []HoldState{HoldHeld, HoldConfirmed, HoldReleased} {
			h, ch := heldOf([]int64{4, 5}, []int64{3, 2}), LotChanges{}
			h.State, h.Held[0], h.Delivered[0] = s, 1, 2
			possible := slices.Contains(states, s)
			if got := h.Release(step, ch); got != possible || h.Changed() != possible {
				t.Errorf("%s of %s: %v", step, s, got)
			}
			if !possible {
				continue
			}
			if ch[2026][4] != (LotChange{Reserved: -1}) || ch[2026][5] != (LotChange{Reserved: -2}) || h.Delivered[0] != 2 || h.State != HoldReleased || h.Expired != (step == HoldStepExpire) {
				t.Errorf("%s of %s: %+v, %+v", step, s, h, ch)
			}
			if h.Release(HoldStepRelease, ch) || ch[2026][4].Reserved != -1 {
				t.Errorf("%s of %s gives back twice", step, s)
			}
		}
	}
	if (HoldRelease{Unconfirmed: true}).Step() != HoldStepWithdraw || (HoldRelease{}).Step() != HoldStepRelease {
		t.Error("the command's step")
	}
}

// A line that was refilled: the oldest hold is settled first and undone last.
func TestDeliverOldestFirst(t *testing.T) {
	t.Parallel()
	first, second := heldOf([]int64{4}, []int64{3}), heldOf([]int64{4}, []int64{5})
	holds, ch := []*Hold{first, second}, LotChanges{}
	deliver := func(delivered, returned int64, lost bool) error {
		return DeliverHolds(holds, HoldDeliver{OrderID: 1, Line: 1, Lots: []int64{4}, Delivered: []int64{delivered}, Returned: []int64{returned}, Lost: lost}, ch)
	}
	want := func(h1, d1, h2, d2 int64, by LotChange) {
		t.Helper()
		if got := fmt.Sprint(first.Held, first.Delivered, second.Held, second.Delivered, ch[2026][4]); got != fmt.Sprint([]int64{h1}, []int64{d1}, []int64{h2}, []int64{d2}, by) {
			t.Errorf("got %s", got)
		}
	}
	if err := deliver(4, 0, false); err != nil {
		t.Fatal(err)
	}
	want(0, 3, 4, 1, LotChange{Reserved: -4, Delivered: 4})
	if err := deliver(-2, 0, false); err != nil {
		t.Fatal(err)
	}
	want(1, 2, 5, 0, LotChange{Reserved: -2, Delivered: 2})
	if err := deliver(0, 2, true); err != nil {
		t.Fatal(err)
	}
	want(0, 2, 4, 0, LotChange{Reserved: -4, Delivered: 2, Capacity: -2})
	if err := deliver(5, 0, false); !errors.Is(err, link.E(link.Conflict, "hold.exceeded", "lots")) {
		t.Errorf("five of four: %v", err)
	}
	if err := deliver(0, -9, false); link.CodeOf(err) != link.Conflict {
		t.Errorf("more came back than was returned: %v", err)
	}
	if err := DeliverHolds(holds, HoldDeliver{OrderID: 1, Line: 2, Lots: []int64{4}, Delivered: []int64{1}, Returned: []int64{0}}, ch); err != nil {
		t.Errorf("another line: %v", err)
	}
	if (HoldDeliver{Lots: []int64{1}, Delivered: []int64{1}}).Check() == nil || (HoldDeliver{Lots: []int64{1}, Returned: []int64{1}}).Check() == nil {
		t.Error("columns of different lengths")
	}
}

// After any commands: no share is negative or more than was reserved, a released hold keeps nothing, and the
// lots changed by exactly as much as the holds did.
func TestHoldsAndLotsAgree(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var holds []*Hold
		reserved, sum := map[int64]int64{}, map[int64]LotChange{}
		for range rapid.IntRange(1, 3).Draw(t, "holds") {
			n := rapid.IntRange(1, 3).Draw(t, "shares")
			var qty []int64
			lots := []int64{1, 2, 3}[:n]
			for i := range n {
				qty = append(qty, rapid.Int64Range(1, 9).Draw(t, "qty"))
				reserved[lots[i]] += qty[i]
			}
			holds = append(holds, heldOf(lots, qty))
		}
		ch := LotChanges{}
		for range rapid.IntRange(0, 8).Draw(t, "commands") {
			switch rapid.IntRange(0, 3).Draw(t, "command") {
			case 0:
				_ = ConfirmHolds(holds)
			case 1:
				step := rapid.SampledFrom([]HoldStep{HoldStepRelease, HoldStepWithdraw, HoldStepExpire}).Draw(t, "step")
				rapid.SampledFrom(holds).Draw(t, "hold").Release(step, ch)
			default:
				_ = DeliverHolds(holds, HoldDeliver{Line: 1, Lots: []int64{rapid.Int64Range(1, 3).Draw(t, "lot")},
					Delivered: []int64{rapid.Int64Range(-9, 9).Draw(t, "delivered")}, Returned: []int64{rapid.Int64Range(-9, 9).Draw(t, "returned")},
					Lost: rapid.Bool().Draw(t, "lost")}, ch)
			}
		}
		for _, h := range holds {
			for i, lot := range h.Lots {
				if h.Held[i] < 0 || h.Delivered[i] < 0 || h.Held[i]+h.Delivered[i] > h.Qty[i] || h.State == HoldReleased && h.Held[i] != 0 {
					t.Fatalf("%s: held %d, delivered %d of %d", h.State, h.Held[i], h.Delivered[i], h.Qty[i])
				}
				s := sum[lot]
				s.Reserved += h.Held[i]
				s.Delivered += h.Delivered[i]
				sum[lot] = s
			}
		}
		for lot, was := range reserved {
			if by := ch[2026][lot]; was+by.Reserved != sum[lot].Reserved || by.Delivered != sum[lot].Delivered {
				t.Fatalf("lot %d: %d reserved %+v, holds have %+v", lot, was, by, sum[lot])
			}
		}
	})
}
