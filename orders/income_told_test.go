package orders

import (
	"testing"

	"banmuyuan/catalog"
)

func TestFigureGaps(t *testing.T) {
	figure := func(household, paid int64) catalog.SeasonIncome {
		return catalog.SeasonIncome{HouseholdID: household, Season: 2026, PaidFen: paid}
	}
	units := figure(1, 5)
	units.Lots, units.Units = []int64{7}, []int64{2}
	for name, c := range map[string]struct {
		ledger, known []catalog.SeasonIncome
		waiting       map[IncomeOf]bool
		want          int
	}{
		"the same":                      {[]catalog.SeasonIncome{figure(1, 5)}, []catalog.SeasonIncome{figure(1, 5)}, nil, 0},
		"another sum":                   {[]catalog.SeasonIncome{figure(1, 5)}, []catalog.SeasonIncome{figure(1, 6)}, nil, 1},
		"other units":                   {[]catalog.SeasonIncome{units}, []catalog.SeasonIncome{figure(1, 5)}, nil, 1},
		"nothing is not to be known":    {[]catalog.SeasonIncome{figure(1, 0)}, nil, nil, 0},
		"not told":                      {[]catalog.SeasonIncome{figure(1, 5)}, nil, nil, 1},
		"told, and gone":                {nil, []catalog.SeasonIncome{figure(1, 5)}, nil, 1},
		"told to be nothing":            {nil, []catalog.SeasonIncome{figure(1, 0)}, nil, 0},
		"it waits to be told":           {[]catalog.SeasonIncome{figure(1, 5)}, nil, map[IncomeOf]bool{{1, 2026}: true}, 0},
		"another household waits":       {[]catalog.SeasonIncome{figure(1, 5)}, nil, map[IncomeOf]bool{{2, 2026}: true}, 1},
		"it waits to be told of a loss": {nil, []catalog.SeasonIncome{figure(1, 5)}, map[IncomeOf]bool{{1, 2026}: true}, 0},
	} {
		if got := FigureGaps(c.ledger, c.known, c.waiting); len(got) != c.want {
			t.Errorf("%s: %+v", name, got)
		}
	}
}
