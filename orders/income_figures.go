package orders

import (
	"fmt"

	"banmuyuan/catalog"
)

// ShownSum is the income of a season as a page or a sheet shows it.
type ShownSum struct {
	Place string // of the product
	IncomeSum
}

// Sums returns each sum that a report shows of its season: all of them are sums of the same entries.
func (r Report) Sums() []ShownSum {
	year := ShownSum{Place: "overview"}
	for _, y := range r.Years {
		if y.Season == r.Season {
			year.IncomeSum = y.IncomeSum
		}
	}
	sums := []ShownSum{year}
	for _, g := range []struct {
		place  string
		groups []IncomeGroup
	}{{"by programme", r.ByProgramme}, {"by channel", r.ByChannel}, {"by month", r.ByMonth}} {
		s := ShownSum{Place: g.place}
		for _, x := range g.groups {
			s.IncomeSum = s.Plus(x.IncomeSum)
		}
		sums = append(sums, s)
	}
	villages := ShownSum{Place: "by village"}
	for _, v := range r.ByVillage {
		villages.IncomeSum = villages.Plus(v.IncomeSum)
	}
	return append(sums, villages)
}

// SumGaps compares the sums that are shown of a season with the sum of the ledger's entries.
func SumGaps(season int, ledger IncomeSum, shown []ShownSum) []Finding {
	var gaps []Finding
	for _, s := range shown {
		if s.IncomeSum != ledger {
			gaps = append(gaps, Finding{Check: "figures and ledger", Object: fmt.Sprintf("season %d, %s", season, s.Place),
				Detail: fmt.Sprintf("it shows %d fen expected, %d owed and %d paid; the entries sum to %d, %d and %d",
					s.ExpectedFen, s.OwedFen, s.PaidFen, ledger.ExpectedFen, ledger.OwedFen, ledger.PaidFen)})
		}
	}
	return gaps
}

// Counted is a number of households and of their persons.
type Counted struct{ Households, Persons int64 }

// CountGaps compares a report's households and persons, and those of the list of incomes, with the catalogue.
func CountGaps(r Report, list Counted, want catalog.Coverage) []Finding {
	var gaps []Finding
	compare := func(place string, shown, want int64, unit string) {
		if shown != want {
			gaps = append(gaps, Finding{Check: "figures and households", Object: place,
				Detail: fmt.Sprintf("it counts %d %s, the catalogue %d", shown, unit, want)})
		}
	}
	var villages Counted
	byVillage := make(map[int64]int64, len(r.ByVillage))
	for _, v := range r.ByVillage {
		villages.Households, villages.Persons = villages.Households+v.Households, villages.Persons+v.Persons
		byVillage[v.VillageID] = v.Households
	}
	compare("overview", r.Persons, want.Persons, "persons")
	compare("villages", villages.Persons, want.Persons, "persons")
	compare("villages", villages.Households, want.Households, "households")
	compare("list of incomes", list.Persons, want.Persons, "persons")
	compare("list of incomes", list.Households, want.Households, "households")
	for _, v := range want.ByVillage {
		compare(fmt.Sprintf("village %d", v.VillageID), byVillage[v.VillageID], v.Households, "households")
	}
	return gaps
}
