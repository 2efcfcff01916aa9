package catalog

import (
	"testing"

	"banmuyuan/internal/link"
	"banmuyuan/internal/money"
)

// leastPresale sells geese at ¥14 a jin, 8 jin each, with a fee of 5 %: ¥112, of which a household has ¥106.40.
func leastPresale() PublicPresale {
	p := PublicPresale{Product: Product{OrderUnit: "head", PriceUnit: "jin", GramsPerUnit: 4000}}
	p.Presale = Presale{Policy: "fair", GramsPerUnit: 4000, Terms: Terms{FeeBP: 500, VillageBP: 2_000},
		Grades: []GradePrice{{Grade: "first", Price: money.Price{Fen: 1400, Per: 500}}}}
	return p
}

func TestLeastFen(t *testing.T) {
	t.Parallel()
	p := leastPresale()
	for bp, want := range map[int64]int64{0: 0, 1: 1, 5_000: 5_600, 9_500: 10_640, 10_000: 11_200} {
		p.HouseholdsBP = bp
		if got := LeastFen(p.Presale, p.Product); got != want {
			t.Errorf("%d: %d, want %d", bp, got, want)
		}
	}
	for fee := int64(0); fee <= 10_000; fee += 7 { // whatever the fee leaves can be promised
		for _, price := range []int64{1, 33, 1_450, 99_999} {
			p.Terms.FeeBP, p.HouseholdsBP, p.Grades[0].Price.Fen = fee, 10_000-fee, price
			if least, unit := LeastFen(p.Presale, p.Product), UnitFen(p.Presale, p.Product); least > unit {
				t.Fatalf("a fee of %d leaves %d, and %d is the least", fee, unit, least)
			}
		}
	}
}

func TestPresaleMoney(t *testing.T) {
	t.Parallel()
	p := leastPresale()
	p.HouseholdsBP = 8_000 // ¥89.60; a raised goose brings ¥10.64, ¥78.96 less, another ¥16.80 more
	lots := []LotUnitsByPart{{AgentBP: 0, Capacity: 100, Sold: 10}, {AgentBP: 9_000, Capacity: 60, Sold: 2}}
	m := p.Money(lots)
	want := PresaleMoney{HouseholdsBP: 8_000,
		Sold: MoneyParts{Units: 12, RaisedUnits: 2, AmountFen: 12 * 11_200, HouseholdsFen: 10*10_640 + 2*1_064, RaisersFen: 2 * 9_576, FeeFen: 12 * 560, VillagesFen: 12 * 112},
		All: MoneyParts{Units: 160, RaisedUnits: 60, AmountFen: 160 * 11_200, HouseholdsFen: 100*10_640 + 60*1_064, RaisersFen: 60 * 9_576, FeeFen: 160 * 560,
			VillagesFen: 160 * 112},
		Sellable: 90 + 19, Kept: 39, // 100 × ¥16.80 cover 21.3 raised geese, of which 2 are sold
	}
	if m != want {
		t.Errorf("got %+v\nwant %+v", m, want)
	}
	p.HouseholdsBP = 0
	if m := p.Money(lots); m.Sellable != 148 || m.Kept != 0 {
		t.Errorf("without a least part %d are sellable, %d kept", m.Sellable, m.Kept)
	}
}

func TestLeastPartIsChecked(t *testing.T) {
	t.Parallel()
	product := leastPresale().Product
	for name, c := range map[string]struct {
		change func(*Presale)
		key    string
	}{
		"none":                     {func(*Presale) {}, ""},
		"what the fee leaves":      {func(p *Presale) { p.HouseholdsBP = 9_500 }, ""},
		"more than the fee leaves": {func(p *Presale) { p.HouseholdsBP = 9_600 }, "presale.households.fee"},
		"below nothing":            {func(p *Presale) { p.HouseholdsBP = -1 }, "presale.terms"},
		"more than all":            {func(p *Presale) { p.HouseholdsBP = 10_001 }, "presale.terms"},
		"near":                     {func(p *Presale) { p.HouseholdsBP, p.Policy = 5_000, "near" }, "presale.households.policy"},
		"direct":                   {func(p *Presale) { p.HouseholdsBP, p.Policy = 5_000, "direct" }, "presale.households.policy"},
	} {
		p := leastPresale().Presale
		c.change(&p)
		var problems link.Problems
		p.checkLeastPart(&product, &problems)
		err := link.AsError(problems.Err())
		if (err == nil) != (c.key == "") || err != nil && (err.Key != c.key || err.Field != "households_bp") {
			t.Errorf("%s: %v", name, problems.Err())
		}
	}
	draft, changed := Presale{State: PresaleOpen}, Presale{State: PresaleOpen, HouseholdsBP: 1}
	if err := draft.CheckChange(changed); link.CodeOf(err) != link.Conflict {
		t.Errorf("an open presale gets a least part: %v", err)
	}
	r := PresaleReach{Units: 60}
	p := leastPresale()
	p.HouseholdsBP = 8_000
	r.Bound(p, []LotUnitsByPart{{AgentBP: 9_000, Capacity: 60}})
	if err := r.CheckOpening(product); link.CodeOf(err) != link.Conflict || link.AsError(err).Key != "presale.reach.least" {
		t.Errorf("a presale of which nothing can be sold opens: %v", err)
	}
}

func TestPercentText(t *testing.T) {
	t.Parallel()
	for bp, want := range map[int64]string{8_000: "80%", 8_550: "85.5%", 8_555: "85.55%", 10_000: "100%", 5: "0.05%"} {
		if got := PercentText(bp); got != want {
			t.Errorf("%d: %s", bp, got)
		}
	}
}
