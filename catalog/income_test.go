package catalog

import (
	"slices"
	"testing"

	"banmuyuan/catalog/allocate"
	"banmuyuan/internal/link"
)

func TestSeasonIncomeCheck(t *testing.T) {
	good := SeasonIncome{HouseholdID: 1, Season: 2026, ExpectedFen: 5, OwedFen: -3, PaidFen: 2, Version: 1, Lots: []int64{7}, Units: []int64{0}}
	if err := good.Check(); err != nil || good.TotalFen() != 4 {
		t.Errorf("%v, %d", err, good.TotalFen())
	}
	for name, change := range map[string]func(*SeasonIncome){
		"nobody":                 func(i *SeasonIncome) { i.HouseholdID = 0 },
		"no season":              func(i *SeasonIncome) { i.Season = 0 },
		"no version":             func(i *SeasonIncome) { i.Version = 0 },
		"a lot without units":    func(i *SeasonIncome) { i.Units = nil },
		"no lot":                 func(i *SeasonIncome) { i.Lots = []int64{0} },
		"fewer than no units":    func(i *SeasonIncome) { i.Units = []int64{-1} },
		"more units than exist":  func(i *SeasonIncome) { i.Units = []int64{allocate.MaxUnits + 1} },
		"more than anybody":      func(i *SeasonIncome) { i.ExpectedFen = allocate.MaxFen },
		"more owed than anybody": func(i *SeasonIncome) { i.OwedFen = allocate.MaxFen },
		"a bottomless debt":      func(i *SeasonIncome) { i.PaidFen = -allocate.MaxFen },
	} {
		bad := good
		change(&bad)
		if err := bad.Check(); link.CodeOf(err) != link.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestLatestIncomes(t *testing.T) {
	of := func(household int64, season int, version, fen int64) SeasonIncome {
		return SeasonIncome{HouseholdID: household, Season: season, Version: version, PaidFen: fen}
	}
	got := LatestIncomes([]IncomesChanged{
		{Incomes: []SeasonIncome{of(2, 2026, 4, 1), of(1, 2026, 9, 2)}},
		{Incomes: []SeasonIncome{of(1, 2026, 3, 3), of(2, 2026, 5, 4), of(2, 2025, 1, 5)}},
	})
	want := []int64{5, 2, 4}
	if len(got) != len(want) {
		t.Fatalf("%+v", got)
	}
	for n, i := range got {
		if i.PaidFen != want[n] {
			t.Errorf("%+v", got)
		}
	}
	if !slices.IsSortedFunc(got, func(a, b SeasonIncome) int { return a.Season - b.Season }) {
		t.Errorf("by season: %+v", got)
	}
}
