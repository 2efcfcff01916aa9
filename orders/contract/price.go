package contract

import (
	"slices"

	"banmuyuan/internal/link"
	"banmuyuan/internal/money"
	"banmuyuan/orders"
)

// Floor finds the floor price of a grade.
func (c Terms) Floor(grade string) (money.Price, bool) {
	i := slices.IndexFunc(c.Grades, func(g Grade) bool { return g.Grade == grade })
	if i < 0 {
		return money.Price{}, false
	}
	return c.Grades[i].Floor, true
}

// PriceAt prices a grade on a day with the reference price of the day (zero: none) and the adjustments that the clerk
// applies. A reference price in another measure than the floor's is not comparable and does not count. Invalid for a grade
// or an adjustment that the contract does not have.
func (c Terms) PriceAt(grade string, reference money.Price, adjustments []string) (orders.ContractPricing, error) {
	floor, ok := c.Floor(grade)
	if !ok {
		return orders.ContractPricing{}, link.E(link.Invalid, "presale.grade", "grade")
	}
	p := orders.ContractPricing{FloorFen: floor.Fen, Per: floor.Per, PriceFen: floor.Fen}
	if reference.Per == floor.Per && reference.Fen > 0 {
		p.ReferenceFen = reference.Fen
		p.PriceFen = max(floor.Fen, reference.Fen)
	}
	for i, code := range adjustments {
		at := slices.IndexFunc(c.Adjustments, func(a orders.ContractAdjustment) bool { return a.Code == code })
		if at < 0 || slices.Contains(adjustments[:i], code) {
			return orders.ContractPricing{}, link.E(link.Invalid, "contract.adjustment.unknown", "adjustments")
		}
		p.AdjustFen += c.Adjustments[at].Fen
		p.Adjustments = append(p.Adjustments, code)
	}
	p.PriceFen += p.AdjustFen
	if p.PriceFen <= 0 {
		return orders.ContractPricing{}, link.E(link.Invalid, "contract.adjustment.below_zero", "adjustments")
	}
	return p, nil
}
