package catalog

import (
	"cmp"
	"fmt"
	"slices"

	"banmuyuan/catalog/allocate"
	"banmuyuan/internal/link"
)

// EvtIncomeChanged is published by orders, which keeps the income ledger: the income of households in a season changed. Its
// subject and data are here because orders builds on this package.
const EvtIncomeChanged = "evt.orders.v1.income.changed" // IncomesChanged

// IncomesPerEvent is the most households that one event carries.
const IncomesPerEvent = 500

// SeasonIncome is the income of a household in a season as the income ledger has it, every source in exactly one of the
// three. Of two figures the one with the higher version holds.
type SeasonIncome struct {
	HouseholdID int64 `json:"h"`
	Season      int   `json:"s"`
	ExpectedFen int64 `json:"e,omitempty"`
	OwedFen     int64 `json:"o,omitempty"`
	PaidFen     int64 `json:"p,omitempty"`
	Version     int64 `json:"v"`

	// Lots and Units are the units that ExpectedFen stands for, by lot: the catalogue adds only the income of reserved units
	// that are not among them.
	Lots  []int64 `json:"l,omitempty"`
	Units []int64 `json:"u,omitempty"`
}

// IncomesChanged carries figures of at most IncomesPerEvent households, as the change left them.
type IncomesChanged struct {
	Incomes []SeasonIncome `json:"incomes"`
}

// TotalFen is the income from all sources.
func (i SeasonIncome) TotalFen() int64 { return i.ExpectedFen + i.OwedFen + i.PaidFen }

// Check returns Invalid for a figure that cannot be: no household, lots without units, sums beyond what a level can hold.
func (i SeasonIncome) Check() error {
	const most = allocate.MaxFen / 8
	bad := i.HouseholdID <= 0 || i.Season <= 0 || i.Version <= 0 || len(i.Lots) != len(i.Units)
	for _, fen := range []int64{i.ExpectedFen, i.OwedFen, i.PaidFen} {
		bad = bad || fen < -most || fen > most
	}
	for n := range min(len(i.Lots), len(i.Units)) {
		bad = bad || i.Lots[n] <= 0 || i.Units[n] < 0 || i.Units[n] > allocate.MaxUnits
	}
	if bad {
		return link.E(link.Invalid, "malformed", "").Because(fmt.Errorf("income of household %d in season %d cannot be", i.HouseholdID, i.Season))
	}
	return nil
}

// Same reports whether two figures say the same, whatever their versions.
func (i SeasonIncome) Same(o SeasonIncome) bool {
	return i.ExpectedFen == o.ExpectedFen && i.OwedFen == o.OwedFen && i.PaidFen == o.PaidFen &&
		slices.Equal(i.Lots, o.Lots) && slices.Equal(i.Units, o.Units)
}

// LatestIncomes returns the latest figure of each season and household, in this order: two batches then wait for each other
// in one direction only.
func LatestIncomes(events []IncomesChanged) []SeasonIncome {
	type of struct {
		season    int
		household int64
	}
	latest := map[of]SeasonIncome{}
	for _, e := range events {
		for _, i := range e.Incomes {
			if key := (of{i.Season, i.HouseholdID}); i.Version >= latest[key].Version {
				latest[key] = i
			}
		}
	}
	all := make([]SeasonIncome, 0, len(latest))
	for _, i := range latest {
		all = append(all, i)
	}
	slices.SortFunc(all, func(a, b SeasonIncome) int {
		return cmp.Or(cmp.Compare(a.Season, b.Season), cmp.Compare(a.HouseholdID, b.HouseholdID))
	})
	return all
}
