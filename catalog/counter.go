package catalog

import (
	"strconv"

	"banmuyuan/internal/link"
	"banmuyuan/internal/money"
)

// CounterTake asks for goods that a shop buys from a household at its counter, without an order. They are taken out of what the
// household still offers this season, so that nobody sells them a second time.
type CounterTake struct {
	BuyInID     int64  `json:"buyin_id"` // a take of the same id is one take
	HouseholdID int64  `json:"household_id"`
	Product     string `json:"product"`
	Season      int    `json:"season"`
	Measure     int64  `json:"measure"`          // grams where the price counts weight, units where it does not
	Beyond      bool   `json:"beyond,omitempty"` // a second person agreed to more than the household still offers
}

// CounterTaken is the answer. Without Taken nothing changed.
type CounterTaken struct {
	Taken bool  `json:"taken"`
	Units int64 `json:"units"` // order units that the goods are; 0 where the weight of a unit is not known
	Left  int64 `json:"left"`  // order units that the household could still promise before
	Over  int64 `json:"over"`  // of Units, beyond Left
}

// CounterTakeRow is a take as it was stored, for comparison with orders.
type CounterTakeRow struct {
	BuyInID     int64  `json:"buyin_id" db:"buyin_id"`
	HouseholdID int64  `json:"household_id" db:"household_id"`
	Product     string `json:"product" db:"product"`
	Season      int    `json:"season" db:"season"`
	Measure     int64  `json:"measure" db:"measure"`
}

type CounterTakes struct {
	Items []CounterTakeRow `json:"items"`
}

// CounterLot is the contract of the lot that stands for all takes at counters: they are promised like signed units.
const CounterLot = -1

// Check reports a take that cannot be.
func (t CounterTake) Check() error {
	if t.BuyInID <= 0 || t.HouseholdID <= 0 || t.Season <= 0 {
		return link.E(link.Invalid, "malformed", "buyin_id")
	}
	if t.Measure <= 0 || t.Measure > MostUnits*1000 {
		return link.E(link.Invalid, "malformed", "measure")
	}
	return nil
}

// CounterUnits returns the order units of goods of which a household sold a measure at counters before. Parts of units add up:
// ten takes of a tenth are one unit. It reports false where the weight of a unit is not known.
func (p Product) CounterUnits(before, measure int64) (units int64, ok bool) {
	grams := int64(1)
	if p.Weighed() {
		grams = p.GramsPerUnit
		if unit, known := money.UnitByCode(p.OrderUnit); known && !unit.Counted() {
			grams = unit.Grams
		}
	}
	if grams <= 0 {
		return 0, false
	}
	begun := func(measure int64) int64 { return (measure + grams - 1) / grams }
	return begun(before+measure) - begun(before), true
}

// CounterPlan is the way in which a take lowers a household's offers.
type CounterPlan struct {
	CounterTaken
	Parts []LotUnits // units that lots of presales lose; the others were offered nowhere
}

// PlanCounter plans a take of units out of the lots of a product that a household has this season. known is whether the
// units are. More than the household can still promise, or an unknown number, is taken only with beyond.
func PlanCounter(supply int64, lots []SupplyLot, units int64, known, beyond bool) CounterPlan {
	var plan CounterPlan
	plan.Units, plan.Left = units, SpareUnits(supply, lots)
	plan.Over = max(units-plan.Left, 0)
	if plan.Taken = beyond || known && plan.Over == 0; !plan.Taken {
		return plan
	}
	moved := units - plan.Over - IdleUnits(supply, lots)
	plan.Parts = TakeUnits(lots, max(moved, 0))
	return plan
}

// Args are the arguments of the sentence action.counter.
func (t CounterTaken) Args(p Product) map[string]any {
	return map[string]any{"product": p.Name.Zh, "units": strconv.FormatInt(t.Units, 10), "left": strconv.FormatInt(max(t.Left-t.Units, 0), 10)}
}
