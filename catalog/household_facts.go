package catalog

import (
	"cmp"
	"slices"
)

// HouseholdFact is the part of a household that other modules keep a copy of: its village and its persons. Version grows
// with every change of the household, so that of two facts the one with the higher version is the later one. An event
// that comes late or twice changes nothing.
type HouseholdFact struct {
	ID        int64 `json:"id"`
	VillageID int64 `json:"village_id"`
	Persons   int   `json:"persons"`
	Version   int64 `json:"version"`

	// Retired: the household left the register. Its income stays in every sum; it and its persons are no longer counted.
	Retired bool `json:"retired,omitempty"`
}

// HouseholdFactsRequest pages by id.
type HouseholdFactsRequest struct {
	After int64 `json:"after"`
	Limit int   `json:"limit,omitempty"` // up to 5,000, 2,000 when 0

	Incomes bool `json:"incomes,omitempty"` // the households' incomes as well
}

type HouseholdFacts struct {
	Items   []HouseholdFact `json:"items"`
	Incomes []SeasonIncome  `json:"incomes,omitempty"` // of all seasons, as the ledger told the catalogue
}

// FactsPerEvent is the most households that one event carries.
const FactsPerEvent = 500

// HouseholdEvents divides facts into events, in the order of their ids.
func HouseholdEvents(facts []HouseholdFact) []HouseholdsChanged {
	facts = slices.Clone(facts)
	slices.SortFunc(facts, func(a, b HouseholdFact) int { return cmp.Compare(a.ID, b.ID) })
	var events []HouseholdsChanged
	for part := range slices.Chunk(facts, FactsPerEvent) {
		events = append(events, HouseholdsChanged{Households: part})
	}
	return events
}
