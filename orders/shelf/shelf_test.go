package shelf_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"banmuyuan/orders/shelf"
)

func TestNumbers(t *testing.T) {
	t.Parallel()
	for letters, number := range map[string]func(int64) string{"XS": shelf.SaleNumber, "SG": shelf.BuyInNumber, "SD": shelf.SheetNumber, "TH": shelf.ReturnNumber} {
		if one, two := number(1), number(2); len(one) < 5 || one[:2] != letters || one == two {
			t.Errorf("%s: %s and %s", letters, one, two)
		}
	}
}

func TestRefs(t *testing.T) {
	t.Parallel()
	if sale, sheet := shelf.SaleRefOf(7), shelf.SheetRefOf(8); sale != "sale:7" || sheet != "buyin:8" {
		t.Errorf("%s, %s", sale, sheet)
	}
	for ref, want := range map[string]int64{"sale:1": 1, "buyin:8": 8, "sale": 0, "sale:": 0, "sale:0": 0, "sale:-1": 0, "buyin:8x": 0, "sale:99999999999999999999": 0, "order:7": 0, ":7": 0, "7": 0} {
		kind, id, ok := shelf.ParseShelfRef(ref)
		if ok != (want != 0) || ok && fmt.Sprintf("%s:%d", kind, id) != ref {
			t.Errorf("%s: %s %d %v", ref, kind, id, ok)
		}
	}
	for _, other := range []string{"order:7", "sale"} {
		if kind, id, ok := shelf.ParseShelfRef(other); kind != "" || id != 0 || ok {
			t.Errorf("%s: %s %d %v", other, kind, id, ok)
		}
	}
	if got := shelf.ReadPickup("Ａ１"); got != "Ａ1" {
		t.Errorf("a full-width letter is read as %q", got)
	}
}

// Without a scanned label, a lot without a label is one among others.
func TestTakeWithoutLabel(t *testing.T) {
	t.Parallel()
	lots := []shelf.Shelved{
		{ID: 1, BestBefore: noon.AddDate(0, 0, 9), Quantities: shelf.Quantities{Received: 5}},
		{ID: 2, Code: "A", BestBefore: noon.AddDate(0, 0, 3), Quantities: shelf.Quantities{Received: 5}},
	}
	parts, uncovered := shelf.Take(lots, 6, "", false, noon)
	if len(parts) != 2 || parts[0].Lot != 2 || parts[0].Measure != 5 || parts[1].Lot != 1 || uncovered != 0 {
		t.Errorf("%+v, %d", parts, uncovered)
	}
}

// Two returns of one line share its lots.
func TestPutBackTwice(t *testing.T) {
	t.Parallel()
	lots := []shelf.SoldLot{{No: 1, Lot: 10, Measure: 3, CostFen: 9, BestBefore: noon.Add(24 * time.Hour)}, {No: 1, Lot: 11, Measure: 3, CostFen: 9, BestBefore: noon.Add(24 * time.Hour)}}
	puts, err := shelf.PutBack(lots, []shelf.ReturnLine{{No: 1, Measure: 2}, {No: 1, Measure: 2}}, shelf.ReturnGoods, noon)
	if err != nil || !slices.Equal(puts[0].Parts, []shelf.Taken{{Lot: 10, Measure: 2, CostFen: 6}}) ||
		!slices.Equal(puts[1].Parts, []shelf.Taken{{Lot: 10, Measure: 1, CostFen: 3}, {Lot: 11, Measure: 1, CostFen: 3}}) {
		t.Errorf("%+v, %v", puts, err)
	}
}

func TestNoMovementNoChange(t *testing.T) {
	t.Parallel()
	for _, kind := range []shelf.MovementKind{shelf.MovementLoss, shelf.MovementDonation, shelf.MovementFound} {
		for _, state := range []shelf.MovementState{shelf.MovementHeld, shelf.MovementDone} {
			if got := kind.ChangeTo(state, state, 5); got != (shelf.Change{}) {
				t.Errorf("%s that stays %s changes %+v", kind, state, got)
			}
		}
	}
}
