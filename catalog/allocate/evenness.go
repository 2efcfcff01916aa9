package allocate

import (
	"cmp"
	"slices"
)

// Gini is the Gini coefficient of expected income over persons, each with an equal part of its household's: 0 where all
// have the same, towards 1 where one has everything. It is meant for levels that are not negative; where the sum is zero
// it is 0. Indices are for reading, not for deciding: they alone are floats.
func Gini(households []Household) float64 {
	sorted := slices.Clone(households)
	slices.SortFunc(sorted, func(a, b Household) int {
		la, lb := levelOf(a.ExpectedFen, a.Persons), levelOf(b.ExpectedFen, b.Persons)
		return cmp.Or(cmp.Compare(la.fen, lb.fen), cmp.Compare(la.frac, lb.frac), cmp.Compare(a.ID, b.ID))
	})
	var persons, income, area float64 // area under the Lorenz curve, twice
	for _, h := range sorted {
		area += float64(h.Persons) * (2*income + float64(h.ExpectedFen))
		income += float64(h.ExpectedFen)
		persons += float64(h.Persons)
	}
	if income == 0 {
		return 0
	}
	return max(0, 1-area/(persons*income)) // rounding alone could take it below 0
}

// Jain is Jain's fairness index of expected income over persons: (Σx)² / (n·Σx²), 1 where all have the same, 1/n where one
// of n persons has everything. Where nobody has anything it is 1.
func Jain(households []Household) float64 {
	var persons, income, squares float64
	for _, h := range households {
		persons += float64(h.Persons)
		income += float64(h.ExpectedFen)
		squares += float64(h.ExpectedFen) * float64(h.ExpectedFen) / float64(h.Persons)
	}
	if squares == 0 {
		return 1
	}
	return min(1, income*income/(persons*squares))
}

// Plan is the effect of an order. The indices are over the households that have a lot in the presale, because it is among
// them that the policy chooses.
type Plan struct {
	Shares                []Share
	Stops                 int // yards to collect from
	Villages              int
	GiniBefore, GiniAfter float64
	JainBefore, JainAfter float64
}

// Plan is a dry run of Take: it leaves the pool as it was. It returns the errors of Take.
func (p *Pool) Plan(r Request) (Plan, error) {
	before := p.suppliers(r.Presale)
	shares, err := p.Take(r)
	if err != nil {
		return Plan{}, err
	}
	after := p.suppliers(r.Presale)
	if err := p.Undo(shares); err != nil {
		return Plan{}, err
	}
	villages := map[int64]bool{}
	for _, s := range shares {
		villages[s.Village] = true
	}
	return Plan{
		Shares: shares, Stops: len(shares), Villages: len(villages),
		GiniBefore: Gini(before), GiniAfter: Gini(after), JainBefore: Jain(before), JainAfter: Jain(after),
	}, nil
}

func (p *Pool) suppliers(presale int64) []Household {
	at, known := p.presaleAt[presale]
	if !known {
		return nil
	}
	var all []Household
	for i := range p.lots {
		if l := &p.lots[i]; l.presale == at {
			all = append(all, p.households[l.household].Household)
		}
	}
	return all
}
