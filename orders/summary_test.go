package orders

import (
	"testing"

	"banmuyuan/catalog"
	"banmuyuan/internal/money"
)

func gooseLine() Line {
	return Line{No: 1, Unit: "head", PriceUnit: "jin", Price: money.Price{Fen: 1400, Per: 500}, GramsPerUnit: 4250, Ordered: 5, EstimateFen: 595_00, DepositFen: 119_00}
}

func TestEstimatedPieceFen(t *testing.T) {
	t.Parallel()
	eggs := Line{Unit: "egg", PriceUnit: "egg", Price: money.Price{Fen: 250, Per: 1}}
	tray := Line{Unit: "jin", PriceUnit: "jin", Price: money.Price{Fen: 600, Per: 500}, GramsPerUnit: 500}
	for name, test := range map[string]struct {
		line Line
		want int64
	}{
		"a goose of 4.25 kg at ¥14.00/斤": {gooseLine(), 119_00},
		"priced by the egg":              {eggs, 0},
		"ordered and priced by the 斤":    {tray, 0},
		"without a price":                {Line{Unit: "head", PriceUnit: "jin"}, 0},
	} {
		if got := test.line.EstimatedPieceFen(); got != test.want {
			t.Errorf("%s: %d, want %d", name, got, test.want)
		}
	}
}

func TestBalance(t *testing.T) {
	t.Parallel()
	line := gooseLine()
	short := line
	short.Short = 1
	weighed := line
	weighed.Complete, weighed.AmountFen = true, 630_00
	for name, test := range map[string]struct {
		order     Order
		want      int64
		estimated bool
	}{
		"before the deposit":             {Order{State: StatePlaced, EstimateFen: 595_00, DepositFen: 119_00, DueFen: 119_00, Lines: []Line{line}}, 476_00, true},
		"while the provider is asked":    {Order{State: StateExpiring, EstimateFen: 595_00, DepositFen: 119_00, Lines: []Line{line}}, 476_00, true},
		"after the deposit":              {Order{State: StateConfirmed, EstimateFen: 595_00, PaidFen: 119_00, Lines: []Line{line}}, 476_00, true},
		"one will not come":              {Order{State: StateConfirmed, EstimateFen: 595_00, PaidFen: 119_00, Lines: []Line{short}}, 357_00, true},
		"a line is weighed":              {Order{State: StateWeighing, EstimateFen: 595_00, PaidFen: 119_00, Lines: []Line{weighed}}, 511_00, true},
		"late money goes back":           {Order{State: StateConfirmed, EstimateFen: 595_00, PaidFen: 238_00, RefundFen: 119_00, Lines: []Line{line}}, 476_00, true},
		"more was paid than it will be":  {Order{State: StateConfirmed, EstimateFen: 595_00, PaidFen: 600_00, Lines: []Line{line}}, 0, true},
		"billed":                         {Order{State: StateBilled, EstimateFen: 595_00, PaidFen: 119_00, DueFen: 511_00, Lines: []Line{weighed}}, 511_00, false},
		"paid":                           {Order{State: StatePaid, EstimateFen: 595_00, PaidFen: 630_00, Lines: []Line{weighed}}, 0, false},
		"expired asks for nothing":       {Order{State: StateExpired, EstimateFen: 595_00, DepositFen: 119_00, Lines: []Line{line}}, 0, false},
		"cancelled asks for nothing":     {Order{State: StateCancelled, EstimateFen: 595_00, DepositFen: 119_00, PaidFen: 119_00, Lines: []Line{line}}, 0, false},
		"the deposit was the whole cost": {Order{State: StatePlaced, EstimateFen: 100, DepositFen: 100, Lines: []Line{line}}, 0, true},
	} {
		if got := test.order.Summarised(); got.BalanceFen != test.want || got.BalanceEstimated != test.estimated {
			t.Errorf("%s: %d (estimated %v), want %d (%v)", name, got.BalanceFen, got.BalanceEstimated, test.want, test.estimated)
		}
	}
	if q := (Quote{EstimateFen: 595_00, DepositFen: 119_00, Lines: []Line{line}}).Summarised(); q.BalanceFen != 476_00 || q.Lines[0].PieceFen != 119_00 {
		t.Errorf("quote: %+v", q)
	}
}

func TestLineOfPresale(t *testing.T) {
	t.Parallel()
	p := catalog.PublicPresale{Presale: catalog.Presale{ID: 7, GramsPerUnit: 4250, Terms: catalog.Terms{DepositBP: 2000},
		Grades: []catalog.GradePrice{{Grade: "first", Price: money.Price{Fen: 1400, Per: 500}}, {Grade: "second", Price: money.Price{Fen: 1200, Per: 500}}}},
		Product: catalog.Product{OrderUnit: "head", PriceUnit: "jin"}, Seller: "富民"}
	for i, want := range []int64{595_00, 510_00} {
		l, err := LineOf(p, p.Grades[i], 5)
		if err != nil || l.EstimateFen != want || l.DepositFen != want/5 || l.PieceFen != want/5 || l.Seller != "富民" {
			t.Errorf("%s: %+v %v", p.Grades[i].Grade, l, err)
		}
	}
}

// Heads and jin of one village are not one quantity.
func TestOriginsKeepUnitsApart(t *testing.T) {
	t.Parallel()
	lines := []Line{{No: 1, Unit: "head"}, {No: 2, Unit: "jin"}, {No: 3, Unit: "egg"}}
	units := []HouseholdUnits{{1, 11, 101, 12}, {1, 11, 102, 8}, {1, 12, 103, 30}, {2, 11, 101, 30}}
	name := func(id int64) catalog.PublicVillage {
		return catalog.PublicVillage{Village: map[int64]string{11: "永丰村", 12: "红光村"}[id]}
	}
	o := OriginsOf(lines, units, name)
	if o.Households != 3 || len(o.Villages) != 2 || o.Villages[0].Qty != 0 || o.Villages[1].Qty != 0 {
		t.Errorf("of both: %+v", o)
	}
	if len(o.Lines) != 2 || o.Lines[0].Households != 3 || o.Lines[0].Villages[0].Village != "红光村" || o.Lines[0].Villages[1].Qty != 20 ||
		o.Lines[1].Unit != "jin" || o.Lines[1].Villages[0].Qty != 30 {
		t.Errorf("by line: %+v", o.Lines)
	}
	one := OriginsOf(lines[:1], units[:3], name)
	if one.Villages[0].Qty != 30 || one.Villages[1].Qty != 20 || one.Villages[1].Households != 2 {
		t.Errorf("of one unit: %+v", one.Villages)
	}
}
