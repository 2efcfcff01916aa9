package catalog

import (
	"fmt"
	"slices"
	"strings"

	"banmuyuan/catalog/allocate"
	"banmuyuan/internal/money"
)

// MoneyParts is how buyers' money divides, estimated at the best grade.
type MoneyParts struct {
	Units         int64 `json:"units"`
	RaisedUnits   int64 `json:"raised_units"`   // of them raised for the household by somebody else
	AmountFen     int64 `json:"amount_fen"`     // paid by buyers
	HouseholdsFen int64 `json:"households_fen"` // its parts: of the households that sell,
	RaisersFen    int64 `json:"raisers_fen"`    // of the raisers,
	FeeFen        int64 `json:"fee_fen"`        // and the seller's fee,
	VillagesFen   int64 `json:"villages_fen"`   // of which village collectives get this
}

// PresaleMoney divides a presale's money between its receivers, and holds the units that its least part for households holds back.
type PresaleMoney struct {
	PresaleID    int64      `json:"presale_id"`
	HouseholdsBP int64      `json:"households_bp"` // the least part, in 1/10,000; 0: none is set
	Sold         MoneyParts `json:"sold"`
	All          MoneyParts `json:"all"`      // of all that is offered
	Sellable     int64      `json:"sellable"` // units that can still be sold
	Kept         int64      `json:"kept"`     // units that are left and cannot be sold under the least part as things stand
}

// LotUnitsByPart counts units of lots with one part of a raiser.
type LotUnitsByPart struct {
	AgentBP  int64
	Capacity int64
	Sold     int64
}

// UnitAmountFen is the price of one unit at the best grade, or 0.
func UnitAmountFen(p Presale, product Product) int64 {
	g, ok := p.Grade("")
	if !ok {
		return 0
	}
	fen, err := Estimate(product, p.GramsPerUnit, g.Price, 1)
	if err != nil {
		return 0
	}
	return fen
}

// LeastFen is the least that a unit brings households on average under the presale's least part, or 0 where it has none. It is
// rounded like a fee, so that the part that a fee leaves is always reached.
func LeastFen(p Presale, product Product) int64 {
	if p.HouseholdsBP == 0 {
		return 0
	}
	fen := UnitAmountFen(p, product)
	rest, err := money.BasisPoints(fen, 10_000-p.HouseholdsBP)
	if err != nil {
		return fen
	}
	return max(fen-rest, 0)
}

// divide divides the money of lots: of their sold units, or of all.
func (p PublicPresale) divide(lots []LotUnitsByPart, sold bool) MoneyParts {
	var m MoneyParts
	amount, unit := UnitAmountFen(p.Presale, p.Product), UnitFen(p.Presale, p.Product)
	for _, l := range lots {
		units := l.Capacity
		if sold {
			units = l.Sold
		}
		m.Units += units
		if l.AgentBP > 0 {
			m.RaisedUnits += units
		}
		part := LotUnitFen(unit, l.AgentBP)
		m.AmountFen += units * amount
		m.HouseholdsFen += units * part
		m.RaisersFen += units * (unit - part)
	}
	m.FeeFen = m.AmountFen - m.HouseholdsFen - m.RaisersFen
	if villages, err := money.BasisPoints(m.FeeFen, p.Terms.VillageBP); err == nil {
		m.VillagesFen = villages
	}
	return m
}

// Money returns whom the presale's money reaches.
func (p PublicPresale) Money(lots []LotUnitsByPart) PresaleMoney {
	lots = slices.Clone(lots)
	m := PresaleMoney{PresaleID: p.ID, HouseholdsBP: p.HouseholdsBP, Sold: p.divide(lots, true), All: p.divide(lots, false)}
	m.Sellable = p.sellable(lots)
	m.Kept = max(m.All.Units-m.Sold.Units-m.Sellable, 0)
	return m
}

// sellable is how many units of lots can still be sold under the presale's least part.
func (p PublicPresale) sellable(lots []LotUnitsByPart) int64 {
	unit := UnitFen(p.Presale, p.Product)
	all := make([]allocate.Lot, 0, len(lots))
	for _, l := range lots {
		all = append(all, allocate.Lot{Free: max(l.Capacity-l.Sold, 0), Sold: l.Sold, UnitFen: LotUnitFen(unit, l.AgentBP)})
	}
	return allocate.Sellable(LeastFen(p.Presale, p.Product), all)
}

// PercentText writes 1/10,000 as a percentage: 8550 is 85.5%.
func PercentText(bp int64) string {
	s := fmt.Sprintf("%d.%02d", bp/100, bp%100)
	return strings.TrimRight(strings.TrimRight(s, "0"), ".") + "%"
}
