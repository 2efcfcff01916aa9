package catalog

import (
	"math"
	"slices"
	"strings"
	"testing"

	"banmuyuan/catalog/allocate"
	"banmuyuan/internal/link"
)

// What stands exactly at a bound is allowed.
func TestRequestsAtTheirBounds(t *testing.T) {
	t.Parallel()
	p, product := typedPresale()
	p.Title.En = strings.Repeat("e", 400-len(p.Title.Zh))
	p.Season, p.CollectionMin, p.GramsPerUnit, p.Grades[0].Price.Fen = 2000, MostUnits, MostUnits, MostUnits
	if err := p.Check(&product, true); err != nil {
		t.Errorf("presale: %v", err)
	}
	r := ReserveRequest{Key: strings.Repeat("k", 200), OrderID: 1, Channel: ChannelPrivate, ExpiresAt: now}
	for n := range maxLines {
		r.Lines = append(r.Lines, ReserveLine{Line: 1<<30 - n, PresaleID: 1, Qty: 1})
	}
	if err := r.Check(); err != nil {
		t.Errorf("reservation: %v", err)
	}
	d := DecideReviewRequest{Why: "好", IdempotencyKey: "k"}
	if err := d.Check(); err != nil {
		t.Errorf("decision: %v", err)
	}
	if err := (Presale{MinQty: 1}).CheckQuantity(ChannelContract, maxUnits, "q"); err != nil {
		t.Errorf("quantity: %v", err)
	}
	if err := (Presale{MinQty: 2}).CheckQuantity(ChannelContract, 7, "q"); err != nil {
		t.Errorf("a presale without a step: %v", err)
	}
	if got := MaskID("123456789012"); got != "123456**9012" {
		t.Errorf("twelve digits are %s", got)
	}
	if e := link.AsError(ErrKeyReused()); e == nil || e.Code != link.Conflict || e.Key != "reserve.key.reused" {
		t.Errorf("a used key: %v", e)
	}
}

func TestChannels(t *testing.T) {
	t.Parallel()
	for channel, valid := range map[Channel]bool{ChannelContract: true, ChannelMarket: true, ChannelPrivate: true, "": false, "fair": false} {
		if channel.Valid() != valid {
			t.Errorf("channel %q", channel)
		}
	}
}

func TestGrade(t *testing.T) {
	t.Parallel()
	p, _ := goose()
	for grade, want := range map[string]int{"": 0, "first": 0, "second": 1, "third": -1} {
		g, ok := p.Grade(grade)
		if ok != (want >= 0) || ok && g != p.Grades[want] {
			t.Errorf("grade %q: %+v, %v", grade, g, ok)
		}
	}
	if g, ok := (Presale{}).Grade(""); ok {
		t.Errorf("a presale without grades has %+v", g)
	}
}

// A unit of a product that is measured in nothing known, or of which everything is kept back, brings no income.
func TestNoIncome(t *testing.T) {
	t.Parallel()
	if (Product{PriceUnit: "armful"}).Weighed() {
		t.Error("an unknown unit is a weight")
	}
	p, product := goose()
	p.Terms.FeeBP = 20_000
	if got := UnitFen(p, product); got != 0 {
		t.Errorf("a unit brings %d", got)
	}
	if got := LotUnitFen(100, 20_000); got != 0 {
		t.Errorf("a raised unit brings %d", got)
	}
}

func TestSupplyRules(t *testing.T) {
	t.Parallel()
	if fine, err := Plausible(math.MaxInt64, 0, 0, 1); fine || err == nil {
		t.Errorf("an overflow: %v, %v", fine, err)
	}
	// The contract's lot may be the first of all.
	contract := SupplyLot{ID: 2, PresaleID: 2, ContractID: 7, Capacity: 10, Sold: 4}
	if c, err := PlanQuota(100, []SupplyLot{contract, {ID: 1, PresaleID: 1, Capacity: 70}}, 2, 30); err != nil || c.Lot != contract || c.More != 20 {
		t.Errorf("%+v, %v", c, err)
	}
	if o, _ := CheckOversold(Product{Code: "goose"}, Household{}, Household{}, []SupplyLot{{Capacity: 5, Sold: 9}, {Capacity: 3, Sold: 1}}); o.Free != 2 || o.Sold != 10 {
		t.Errorf("%+v", o)
	}
}

func TestProposeAtTheMinimum(t *testing.T) {
	t.Parallel()
	one := func(persons int32, spare int64) []Candidate {
		return []Candidate{{Household: allocate.Household{ID: 1, Village: 1, Persons: persons}, Spare: spare}}
	}
	if got, err := (ProposeRequest{Qty: 10, Min: 10, UnitFen: 1}).Propose(one(1, 10)); err != nil || !slices.Equal(got.Qty, []int64{10}) {
		t.Errorf("exactly the minimum: %+v, %v", got, err)
	}
	two := append(one(1, 10), Candidate{Household: allocate.Household{ID: 2, Village: 1, Persons: 1}, Spare: 10})
	if got, err := (ProposeRequest{Qty: 15, Min: 10, UnitFen: 1}).Propose(two); err != nil || !slices.Equal(got.Qty, []int64{10}) || !slices.Equal(got.Households, []int64{1}) {
		t.Errorf("less than the minimum is left for the second: %+v, %v", got, err)
	}
	if got, err := (ProposeRequest{Qty: 10, UnitFen: 1}).Propose(one(0, 10)); err == nil || got.Qty != nil {
		t.Errorf("a household of nobody: %+v, %v", got, err)
	}
}

func TestHoldsOutOfOrder(t *testing.T) {
	t.Parallel()
	released := func(expired bool) *Hold { return &Hold{OrderID: 7, State: HoldReleased, Expired: expired} }
	if err := ConfirmHolds([]*Hold{released(true), released(false)}); link.CodeOf(err) != link.Conflict {
		t.Errorf("expired and given back: %v", err)
	}
	if err := ConfirmHolds([]*Hold{{OrderID: 7, State: HoldConfirmed}, released(true)}); err != nil {
		t.Errorf("confirmed before the other expired: %v", err)
	}

	// A command that undoes one lot and delivers another begins with the oldest hold for the latter, and holds without
	// units of the lots stay unchanged.
	first, second, third := heldOf([]int64{4, 5}, []int64{3, 3}), heldOf([]int64{4, 5}, []int64{3, 3}), heldOf([]int64{6}, []int64{1})
	holds, ch := []*Hold{first, second, third}, LotChanges{}
	deliver := func(lots, delivered, returned []int64) error {
		return DeliverHolds(holds, HoldDeliver{OrderID: 1, Line: 1, Lots: lots, Delivered: delivered, Returned: returned}, ch)
	}
	if err := deliver([]int64{4}, []int64{2}, []int64{1}); err != nil {
		t.Fatal(err)
	}
	if !first.Changed() || second.Changed() || third.Changed() {
		t.Errorf("changed: %v, %v, %v", first.Changed(), second.Changed(), third.Changed())
	}
	if err := deliver([]int64{4, 5}, []int64{-1, 2}, []int64{0, 0}); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(first.Held, []int64{1, 1}) || !slices.Equal(first.Delivered, []int64{1, 2}) || second.Changed() || third.Changed() {
		t.Errorf("first %+v, second %+v, third %+v", first, second, third)
	}
	// Two units were returned: each comes back once, and no third one does.
	if err := deliver([]int64{4}, []int64{0}, []int64{1}); err != nil {
		t.Fatal(err)
	}
	for back := int64(1); back <= 2; back++ {
		if err := deliver([]int64{4}, []int64{0}, []int64{-1}); err != nil || first.Held[0] != back || ch[2026][4] != (LotChange{Reserved: back - 3, Delivered: 1}) {
			t.Errorf("%d back, %v: %+v, %+v", back, err, first, ch[2026][4])
		}
	}
	if err := deliver([]int64{4}, []int64{0}, []int64{-1}); link.CodeOf(err) != link.Conflict || first.Held[0] != 2 {
		t.Errorf("%v: %+v", err, first)
	}
}
