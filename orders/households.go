package orders

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"banmuyuan/catalog"
)

// LatestHouseholds returns the fact with the highest version of each household, by id.
func LatestHouseholds(events []catalog.HouseholdsChanged) []catalog.HouseholdFact {
	latest := map[int64]catalog.HouseholdFact{}
	for _, e := range events {
		for _, f := range e.Households {
			if f.Version > latest[f.ID].Version {
				latest[f.ID] = f
			}
		}
	}
	return slices.SortedFunc(maps.Values(latest), func(a, b catalog.HouseholdFact) int { return cmp.Compare(a.ID, b.ID) })
}

// HouseholdGaps compares the module's copy of the households with the catalogue, in both directions. A copy of a higher
// version is a fault as well: it would refuse the catalogue's next changes. A copy of a lower version with the same
// content is not, because its event may be under way.
func HouseholdGaps(copied, registered []catalog.HouseholdFact) []Finding {
	byID := make(map[int64]catalog.HouseholdFact, len(copied))
	for _, f := range copied {
		byID[f.ID] = f
	}
	var gaps []Finding
	found := func(id int64, format string, args ...any) {
		gaps = append(gaps, Finding{Check: "households", Object: fmt.Sprintf("household %d", id), Detail: fmt.Sprintf(format, args...)})
	}
	for _, want := range registered {
		got, ok := byID[want.ID]
		delete(byID, want.ID)
		switch {
		case !ok:
			found(want.ID, "the catalogue has it in %s, orders does not have it", livesIn(want))
		case got.VillageID != want.VillageID || got.Persons != want.Persons || got.Retired != want.Retired:
			found(want.ID, "the catalogue has it in %s, orders in %s", livesIn(want), livesIn(got))
		case got.Version > want.Version:
			found(want.ID, "orders has its version %d, the catalogue only %d: 'banmuyuan rebuild' copies it anew", got.Version, want.Version)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(byID)) {
		found(id, "orders has it in %s, the catalogue does not have it", livesIn(byID[id]))
	}
	return gaps
}

func livesIn(f catalog.HouseholdFact) string {
	retired := ""
	if f.Retired {
		retired = ", retired"
	}
	return fmt.Sprintf("village %d with %d persons%s", f.VillageID, f.Persons, retired)
}
