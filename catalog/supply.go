package catalog

import "slices"

// Supply is how many order units a household is given as its lot when a presale of the product opens: the units of its
// holding, or else the yield of its geese, its garden or its part in the product's programme. Zero where it does not
// raise or grow it.
func (p Product) Supply(h Household) int64 {
	if units, ok := h.Holdings[p.ID]; ok {
		return units
	}
	switch p.YieldOf {
	case YieldGeese:
		return h.Geese * p.Yield
	case YieldGarden:
		return h.GardenM2 * p.Yield / 1000
	case YieldProgramme:
		if slices.Contains(h.Programmes, p.Programme) {
			return p.Yield
		}
	}
	return 0
}

// Raised returns the organisation that raises a household's goods of the product on its behalf (代养), and its part of
// the price after the fee. Zero where the household raises them itself.
func (p Product) Raised(h Household) (raiser, bp int64) {
	if p.MayRaise && h.RaiserOrg != 0 {
		return h.RaiserOrg, h.RaiserBP
	}
	return 0, 0
}
