package orders

import (
	"maps"
	"slices"
)

// PerPerson is an amount per person, rounded half up; nothing where nobody is counted. fen is not below zero.
func PerPerson(fen, persons int64) int64 {
	if persons <= 0 {
		return 0
	}
	return (fen + persons/2) / persons
}

// Earnings is the income by season of some people.
type Earnings struct {
	Persons  int64
	BySeason map[int]IncomeSum
}

// perPerson is the income of a season per person.
func (e Earnings) perPerson(season int) int64 {
	return PerPerson(e.BySeason[season].Total(), e.Persons)
}

// CompareYears returns a household's income beside its village's and the county's, for every season up to upTo in which
// the household or the county earned, and for upTo itself; oldest first.
func CompareYears(household, village, county Earnings, upTo int) []IncomeYear {
	seasons := map[int]bool{upTo: true}
	for _, e := range []Earnings{household, county} {
		for s := range e.BySeason {
			if s < upTo {
				seasons[s] = true
			}
		}
	}
	years := make([]IncomeYear, 0, len(seasons))
	for _, s := range slices.Sorted(maps.Keys(seasons)) {
		years = append(years, IncomeYear{Season: s, IncomeSum: household.BySeason[s], PerPersonFen: household.perPerson(s),
			VillagePerPersonFen: village.perPerson(s), CountyPerPersonFen: county.perPerson(s)})
	}
	return years
}

// Carried sums the amounts that are still owed from the seasons before one: they are paid later, and are no part of its
// income.
func Carried(years []IncomeYear, season int) (fen int64) {
	for _, y := range years {
		if y.Season < season {
			fen += y.OwedFen
		}
	}
	return fen
}

// CountyYears returns the county's seasons up to upTo, oldest first.
func CountyYears(county Earnings, upTo int) []IncomeYear {
	years := []IncomeYear{}
	for _, s := range slices.Sorted(maps.Keys(county.BySeason)) {
		if s <= upTo {
			years = append(years, IncomeYear{Season: s, IncomeSum: county.BySeason[s],
				PerPersonFen: county.perPerson(s), CountyPerPersonFen: county.perPerson(s)})
		}
	}
	return years
}
