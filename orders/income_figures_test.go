package orders_test

import (
	"slices"
	"testing"

	"banmuyuan/catalog"
	"banmuyuan/orders"
)

func shownReport() (orders.Report, orders.IncomeSum) {
	sum := func(expected, owed, paid int64) orders.IncomeSum {
		return orders.IncomeSum{ExpectedFen: expected, OwedFen: owed, PaidFen: paid}
	}
	group := func(key string, s orders.IncomeSum) orders.IncomeGroup {
		return orders.IncomeGroup{Key: key, IncomeSum: s}
	}
	return orders.Report{
		Season: 2026, Persons: 7,
		Years:       []orders.IncomeYear{{Season: 2025, IncomeSum: sum(9, 9, 9)}, {Season: 2026, IncomeSum: sum(1, 20, 300)}},
		ByProgramme: []orders.IncomeGroup{group("goose", sum(1, 10, 300)), group("beans", sum(0, 10, 0))},
		ByChannel:   []orders.IncomeGroup{group("private", sum(1, 20, 300))},
		ByMonth:     []orders.IncomeGroup{group("9", sum(1, 0, 0)), group("10", sum(0, 20, 0)), group("13", sum(0, 0, 300))},
		ByVillage: []orders.VillageIncome{
			{VillageID: 1, Households: 2, Persons: 4, IncomeSum: sum(1, 20, 0)}, {VillageID: 2, Households: 1, Persons: 3, IncomeSum: sum(0, 0, 300)},
		},
	}, sum(1, 20, 300)
}

func TestSumGaps(t *testing.T) {
	t.Parallel()
	r, ledger := shownReport()
	if gaps := orders.SumGaps(2026, ledger, r.Sums()); len(gaps) != 0 {
		t.Errorf("%+v", gaps)
	}
	for place, harm := range map[string]func(*orders.Report){
		"overview":     func(r *orders.Report) { r.Years = r.Years[:1] },
		"by programme": func(r *orders.Report) { r.ByProgramme[1].OwedFen-- },
		"by channel":   func(r *orders.Report) { r.ByChannel[0].ExpectedFen++ },
		"by month":     func(r *orders.Report) { r.ByMonth = r.ByMonth[1:] },
		"by village":   func(r *orders.Report) { r.ByVillage[1].PaidFen, r.ByVillage[1].OwedFen = 0, 300 }, // the total is right
	} {
		r, ledger := shownReport()
		harm(&r)
		gaps := orders.SumGaps(2026, ledger, r.Sums())
		if len(gaps) != 1 || gaps[0].Check != "figures and ledger" || gaps[0].Object != "season 2026, "+place {
			t.Errorf("%s: %+v", place, gaps)
		}
	}
	gaps := orders.SumGaps(2025, ledger, []orders.ShownSum{{Place: "list", IncomeSum: orders.IncomeSum{OwedFen: 5}}})
	if len(gaps) != 1 || gaps[0].Detail != "it shows 0 fen expected, 5 owed and 0 paid; the entries sum to 1, 20 and 300" {
		t.Errorf("%+v", gaps)
	}
}

func TestCountGaps(t *testing.T) {
	t.Parallel()
	coverage := catalog.Coverage{Households: 3, Persons: 7, ByVillage: []catalog.VillageCoverage{
		{VillageID: 1, Households: 2}, {VillageID: 2, Households: 1}, {VillageID: 3}}}
	all := orders.Counted{Households: 3, Persons: 7}
	r, _ := shownReport()
	if gaps := orders.CountGaps(r, all, coverage); len(gaps) != 0 {
		t.Errorf("%+v", gaps)
	}
	for name, c := range map[string]struct {
		harm func(*orders.Report, *orders.Counted)
		want []string
	}{
		"a household is missing": {func(r *orders.Report, l *orders.Counted) {
			r.Persons, r.ByVillage[1].Households, r.ByVillage[1].Persons = 4, 0, 0
			*l = orders.Counted{Households: 2, Persons: 4}
		}, []string{"overview", "villages", "villages", "list of incomes", "list of incomes", "village 2"}},
		"persons changed": {func(r *orders.Report, l *orders.Counted) { r.Persons++; r.ByVillage[0].Persons++; l.Persons++ },
			[]string{"overview", "villages", "list of incomes"}},
		"it moved": {func(r *orders.Report, _ *orders.Counted) { r.ByVillage[0].Households--; r.ByVillage[1].Households++ },
			[]string{"village 1", "village 2"}},
		"the list is cut off": {func(_ *orders.Report, l *orders.Counted) { l.Households-- }, []string{"list of incomes"}},
	} {
		r, _ := shownReport()
		list := all
		c.harm(&r, &list)
		var objects []string
		for _, g := range orders.CountGaps(r, list, coverage) {
			objects = append(objects, g.Object)
			if g.Check != "figures and households" {
				t.Errorf("%s: %+v", name, g)
			}
		}
		if !slices.Equal(objects, c.want) {
			t.Errorf("%s: %v", name, objects)
		}
	}
}
