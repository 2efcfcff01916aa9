package orders

import (
	"cmp"
	"fmt"
	"slices"

	"banmuyuan/catalog"
)

// IncomeOf names a household's income in a season.
type IncomeOf struct {
	Household int64
	Season    int
}

// FigureGaps are the households with another income in the catalogue than in the ledger, by season and household. A
// figure that waits to be told is no gap; one of nothing need not be known.
func FigureGaps(ledger, known []catalog.SeasonIncome, waiting map[IncomeOf]bool) []Finding {
	byName := make(map[IncomeOf]catalog.SeasonIncome, len(known))
	for _, f := range known {
		byName[IncomeOf{f.HouseholdID, f.Season}] = f
	}
	var gaps []catalog.SeasonIncome
	detail := map[IncomeOf]string{}
	add := func(want, got catalog.SeasonIncome) {
		name := IncomeOf{want.HouseholdID, want.Season}
		if waiting[name] || want.Same(got) {
			return
		}
		gaps = append(gaps, want)
		detail[name] = fmt.Sprintf("the ledger has %d fen expected, %d owed, %d paid and units %v of lots %v; the catalogue %d, %d, %d and %v of %v",
			want.ExpectedFen, want.OwedFen, want.PaidFen, want.Units, want.Lots, got.ExpectedFen, got.OwedFen, got.PaidFen, got.Units, got.Lots)
	}
	for _, want := range ledger {
		name := IncomeOf{want.HouseholdID, want.Season}
		add(want, byName[name])
		delete(byName, name)
	}
	for _, got := range byName { // the ledger has nothing of these
		add(catalog.SeasonIncome{HouseholdID: got.HouseholdID, Season: got.Season}, got)
	}
	slices.SortFunc(gaps, func(a, b catalog.SeasonIncome) int {
		return cmp.Or(cmp.Compare(a.Season, b.Season), cmp.Compare(a.HouseholdID, b.HouseholdID))
	})
	out := make([]Finding, len(gaps))
	for i, g := range gaps {
		out[i] = Finding{Check: "income and level", Object: fmt.Sprintf("household %d in %d", g.HouseholdID, g.Season), Detail: detail[IncomeOf{g.HouseholdID, g.Season}]}
	}
	return out
}
