package adopt_test

import (
	"bytes"
	"math"
	"testing"

	"banmuyuan/orders/adopt"
)

func TestNames(t *testing.T) {
	t.Parallel()
	if no := adopt.Number(12); len(no) < 4 || no[:2] != "RY" {
		t.Errorf("the number is %s", no)
	} else if id, ok := adopt.ParseNumber(no); id != 12 || !ok {
		t.Errorf("%s is %d, %v", no, id, ok)
	}
	if ref := adopt.PaymentRef(12); ref != "adoption:12" {
		t.Errorf("the reference is %s", ref)
	}
	for ref, want := range map[string]int64{"adoption:12": 12, "adoption:1": 1, "adoption:0": 0, "adoption:-3": 0, "adoption:": 0, "adoption:12x": 0, "order:12": 0, "12": 0,
		"adoption:99999999999999999999": 0} {
		if id, ok := adopt.ParsePaymentRef(ref); ok != (want != 0) || ok && id != want {
			t.Errorf("%s: %d, %v", ref, id, ok)
		}
	}
	if id, ok := adopt.ParsePaymentRef("order:12"); id != 0 || ok {
		t.Errorf("an order's reference: %d, %v", id, ok)
	}
}

func TestNextOnes(t *testing.T) {
	t.Parallel()
	var none adopt.Adoption
	if none.Next() != nil || (adopt.Standing{}).Next() != nil {
		t.Error("nothing has a next one")
	}
	a := adopt.Adoption{Boxes: []adopt.Box{{No: 1, State: adopt.BoxDelivered}, {No: 2, State: adopt.BoxSeeking}, {No: 3, State: adopt.BoxPlanned}}}
	if b := a.Next(); b == nil || b.No != 2 {
		t.Errorf("the next box is %+v", b)
	}
	a.Boxes[1].State = adopt.BoxFailed
	if b := a.Next(); b == nil || b.No != 3 {
		t.Errorf("the next box is %+v", b)
	}
	s := adopt.Standing{Dates: []adopt.StandingDate{{On: "a", State: adopt.DateSkipped}, {On: "b", State: adopt.DatePlanned}, {On: "c", State: adopt.DatePlanned}}}
	if d := s.Next(); d == nil || d.On != "b" {
		t.Errorf("the next date is %+v", d)
	}
}

func TestPlotPrice(t *testing.T) {
	t.Parallel()
	if price, deposit := (adopt.PublicPlot{UnitFen: 1000, DepositBP: 3000}).Price(3); price != 3000 || deposit != 900 {
		t.Errorf("%d, %d", price, deposit)
	}
	// A deposit that cannot be computed is the whole price.
	if price, deposit := (adopt.PublicPlot{UnitFen: math.MaxInt64 / 2, DepositBP: math.MaxInt64}).Price(1); price != math.MaxInt64/2 || deposit != price {
		t.Errorf("%d, %d", price, deposit)
	}
}

func TestStakeWithoutBoxes(t *testing.T) {
	t.Parallel()
	if s := adopt.StakeOf(adopt.Person{Household: 5}, adopt.Parties{HouseholdID: 5}, nil); s != adopt.StakeHousehold {
		t.Errorf("the adopted household has %v", s)
	}
}

func TestPhotoOfOneColumn(t *testing.T) {
	t.Parallel()
	good := picture(t, 1, adopt.PhotoMostPixels)
	if w, h, err := (adopt.AddPhoto{JPEG: good}).Check(); err != nil || w != 1 || h != adopt.PhotoMostPixels {
		t.Errorf("%d × %d, %v", w, h, err)
	}
	frame := bytes.Index(good, []byte{0xFF, 0xC0})
	if frame < 0 {
		t.Fatal("the picture has no frame")
	}
	for name, at := range map[string]int{"without height": frame + 5, "without width": frame + 7} {
		flat := bytes.Clone(good)
		flat[at], flat[at+1] = 0, 0
		if _, _, err := (adopt.AddPhoto{JPEG: flat}).Check(); keyOf(err) != "adoption.photo.kind" {
			t.Errorf("%s: %v", name, err)
		}
	}
}
