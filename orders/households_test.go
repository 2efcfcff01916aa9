package orders_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"banmuyuan/catalog"
	"banmuyuan/orders"
)

func fact(id, village int64, persons int, version int64) catalog.HouseholdFact {
	return catalog.HouseholdFact{ID: id, VillageID: village, Persons: persons, Version: version}
}

func TestLatestHouseholds(t *testing.T) {
	t.Parallel()
	got := orders.LatestHouseholds([]catalog.HouseholdsChanged{
		{Households: []catalog.HouseholdFact{fact(7, 1, 3, 2), fact(2, 1, 1, 1)}},
		{Households: []catalog.HouseholdFact{fact(7, 1, 2, 1), fact(9, 4, 5, 3)}}, // of 7 an earlier one
		{Households: []catalog.HouseholdFact{fact(2, 3, 1, 2), fact(9, 4, 5, 3)}},
	})
	want := []catalog.HouseholdFact{fact(2, 3, 1, 2), fact(7, 1, 3, 2), fact(9, 4, 5, 3)}
	if !slices.Equal(got, want) {
		t.Errorf("%+v", got)
	}
	if got := orders.LatestHouseholds(nil); len(got) != 0 {
		t.Errorf("of nothing: %+v", got)
	}
}

// The order and the repetition of events do not matter.
func TestLatestHouseholdsInAnyOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var events []catalog.HouseholdsChanged
		for version := range rapid.Int64Range(1, 6).Draw(t, "versions") {
			version++
			for id := range rapid.Int64Range(1, 4).Draw(t, "households") {
				events = append(events, catalog.HouseholdsChanged{Households: []catalog.HouseholdFact{fact(id+1, id+version, int(version), version)}})
			}
		}
		want := orders.LatestHouseholds(events)
		mixed := rapid.Permutation(append(slices.Clone(events), events[:len(events)/2]...)).Draw(t, "order")
		if got := orders.LatestHouseholds(mixed); !slices.Equal(got, want) {
			t.Fatalf("%+v in another order are %+v", want, got)
		}
	})
}

func TestHouseholdGaps(t *testing.T) {
	t.Parallel()
	retired := fact(1, 3, 4, 2)
	retired.Retired = true
	for name, c := range map[string]struct {
		copied, registered []catalog.HouseholdFact
		want               string
	}{
		"nothing":           {nil, nil, ""},
		"the same":          {[]catalog.HouseholdFact{fact(1, 3, 4, 2)}, []catalog.HouseholdFact{fact(1, 3, 4, 2)}, ""},
		"under way":         {[]catalog.HouseholdFact{fact(1, 3, 4, 1)}, []catalog.HouseholdFact{fact(1, 3, 4, 2)}, ""},
		"missing":           {nil, []catalog.HouseholdFact{fact(1, 3, 4, 2)}, "the catalogue has it in village 3 with 4 persons, orders does not have it"},
		"too many":          {[]catalog.HouseholdFact{fact(1, 3, 4, 2)}, nil, "orders has it in village 3 with 4 persons, the catalogue does not have it"},
		"other persons":     {[]catalog.HouseholdFact{fact(1, 3, 5, 2)}, []catalog.HouseholdFact{fact(1, 3, 4, 2)}, "the catalogue has it in village 3 with 4 persons, orders in village 3 with 5 persons"},
		"another village":   {[]catalog.HouseholdFact{fact(1, 2, 4, 2)}, []catalog.HouseholdFact{fact(1, 3, 4, 2)}, "the catalogue has it in village 3 with 4 persons, orders in village 2 with 4 persons"},
		"retired":           {[]catalog.HouseholdFact{fact(1, 3, 4, 2)}, []catalog.HouseholdFact{retired}, "the catalogue has it in village 3 with 4 persons, retired, orders in village 3 with 4 persons"},
		"ahead":             {[]catalog.HouseholdFact{fact(1, 3, 4, 3)}, []catalog.HouseholdFact{fact(1, 3, 4, 2)}, "orders has its version 3, the catalogue only 2: 'banmuyuan rebuild' copies it anew"},
		"ahead and another": {[]catalog.HouseholdFact{fact(1, 3, 9, 3)}, []catalog.HouseholdFact{fact(1, 3, 4, 2)}, "the catalogue has it in village 3 with 4 persons, orders in village 3 with 9 persons"},
	} {
		gaps := orders.HouseholdGaps(c.copied, c.registered)
		if c.want == "" {
			if len(gaps) != 0 {
				t.Errorf("%s: %+v", name, gaps)
			}
			continue
		}
		if len(gaps) != 1 || gaps[0] != (orders.Finding{Check: "households", Object: "household 1", Detail: c.want}) {
			t.Errorf("%s: %+v, want %s", name, gaps, c.want)
		}
	}
	gaps := orders.HouseholdGaps([]catalog.HouseholdFact{fact(9, 1, 1, 1), fact(8, 1, 1, 1), fact(2, 1, 1, 1)}, []catalog.HouseholdFact{fact(2, 1, 2, 1), fact(5, 1, 1, 1)})
	var objects []string
	for _, g := range gaps {
		objects = append(objects, g.Object)
	}
	if !slices.Equal(objects, []string{"household 2", "household 5", "household 8", "household 9"}) {
		t.Errorf("in both directions: %v", objects)
	}
}
