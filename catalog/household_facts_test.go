package catalog_test

import (
	"testing"

	"banmuyuan/catalog"
)

func TestHouseholdEvents(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		facts int
		want  []int // households by event
	}{{0, nil}, {1, []int{1}}, {500, []int{500}}, {501, []int{500, 1}}, {1200, []int{500, 500, 200}}} {
		facts := make([]catalog.HouseholdFact, c.facts)
		for i := range facts {
			facts[i] = catalog.HouseholdFact{ID: int64(c.facts - i), VillageID: 1, Persons: 2, Version: 3}
		}
		events := catalog.HouseholdEvents(facts)
		if len(events) != len(c.want) {
			t.Fatalf("%d households are in %d events", c.facts, len(events))
		}
		next := int64(1)
		for i, e := range events {
			if len(e.Households) != c.want[i] {
				t.Errorf("%d households: event %d has %d", c.facts, i, len(e.Households))
			}
			for _, h := range e.Households {
				if h.ID != next || h.Version != 3 {
					t.Fatalf("%d households: %+v stands where household %d should", c.facts, h, next)
				}
				next++
			}
		}
		if c.facts > 1 && facts[0].ID != int64(c.facts) {
			t.Error("the caller's facts were sorted")
		}
	}
}
