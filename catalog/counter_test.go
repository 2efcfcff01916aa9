package catalog

import (
	"testing"

	"pgregory.net/rapid"
)

func TestCounterUnits(t *testing.T) {
	t.Parallel()
	jin := Product{OrderUnit: "jin", PriceUnit: "jin", GramsPerUnit: 450}
	goose := Product{OrderUnit: "head", PriceUnit: "jin", GramsPerUnit: 4000}
	egg := Product{OrderUnit: "egg", PriceUnit: "egg"}
	strange := Product{OrderUnit: "head", PriceUnit: "jin"}
	for _, test := range []struct {
		name            string
		product         Product
		before, measure int64
		units           int64
		known           bool
	}{
		{"whole jin", jin, 0, 1500, 3, true},
		{"a part counts as one", jin, 0, 1, 1, true},
		{"the rest of a part that is counted", jin, 1, 499, 0, true},
		{"one gram more", jin, 1, 500, 1, true},
		{"two geese by weight", goose, 0, 7600, 2, true},
		{"eggs are counted", egg, 10, 30, 30, true},
		{"nobody knows what a head weighs", strange, 0, 100, 0, false},
	} {
		if units, known := test.product.CounterUnits(test.before, test.measure); units != test.units || known != test.known {
			t.Errorf("%s: %d %v, want %d %v", test.name, units, known, test.units, test.known)
		}
	}
}

func TestPlanCounter(t *testing.T) {
	t.Parallel()
	lots := []SupplyLot{{ID: 1, PresaleID: 1, Capacity: 60, Sold: 50}, {ID: 2, PresaleID: 2, Capacity: 30}, {ID: 3, ContractID: 7, PresaleID: 3, Capacity: 20, Sold: 5}}
	for _, test := range []struct {
		name          string
		supply, units int64
		known, beyond bool
		taken         bool
		left, over    int64
		fromLots      int64
	}{
		{name: "idle units come first", supply: 120, units: 10, known: true, taken: true, left: 50},
		{name: "then lots, never a contract’s", supply: 120, units: 50, known: true, taken: true, left: 50, fromLots: 40},
		{name: "one too many waits", supply: 120, units: 51, known: true, left: 50, over: 1},
		{name: "with a second person", supply: 120, units: 51, known: true, beyond: true, taken: true, left: 50, over: 1, fromLots: 40},
		{name: "offers above the register count", supply: 10, units: 40, known: true, taken: true, left: 40, fromLots: 40},
		{name: "an unknown number waits", supply: 120, left: 50},
		{name: "and is taken with a second person", supply: 120, beyond: true, taken: true, left: 50},
	} {
		plan := PlanCounter(test.supply, lots, test.units, test.known, test.beyond)
		var moved int64
		for _, p := range plan.Parts {
			moved += p.Units
		}
		if plan.Taken != test.taken || plan.Left != test.left || plan.Over != test.over || moved != test.fromLots {
			t.Errorf("%s: %+v, %d from lots", test.name, plan, moved)
		}
	}
}

// After any takes, the units left to promise are the earlier ones less the taken ones, and no lot promises more than it has.
func TestTakesLowerWhatIsLeft(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		supply := rapid.Int64Range(0, 100).Draw(rt, "supply")
		var lots []SupplyLot
		for i := range rapid.IntRange(0, 4).Draw(rt, "lots") {
			capacity := rapid.Int64Range(0, 60).Draw(rt, "capacity")
			lots = append(lots, SupplyLot{ID: int64(i + 1), ContractID: rapid.Int64Range(0, 1).Draw(rt, "contract"), Capacity: capacity,
				Sold: rapid.Int64Range(0, capacity).Draw(rt, "sold")})
		}
		for range rapid.IntRange(1, 4).Draw(rt, "takes") {
			before := SpareUnits(supply, lots)
			units := rapid.Int64Range(1, 120).Draw(rt, "units")
			plan := PlanCounter(supply, lots, units, true, rapid.Bool().Draw(rt, "beyond"))
			if !plan.Taken {
				if units <= before {
					rt.Fatalf("%d of %d were not taken", units, before)
				}
				continue
			}
			for _, p := range plan.Parts {
				for i := range lots {
					if lots[i].ID == p.Lot {
						lots[i].Capacity -= p.Units
					}
					if lots[i].Capacity < lots[i].Sold {
						rt.Fatalf("lot %+v has less than it sold", lots[i])
					}
				}
			}
			lots = append(lots, SupplyLot{ContractID: CounterLot, Capacity: units, Sold: units})
			if left := SpareUnits(supply, lots); left != max(before-units, 0) {
				rt.Fatalf("%d left of %d after %d", left, before, units)
			}
		}
	})
}
