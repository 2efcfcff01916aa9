package money

import (
	"errors"
	"slices"
)

// ErrUnit says that a quantity of one unit is no whole quantity of another, or that the two cannot be compared at all.
var ErrUnit = errors.New("money: not a whole quantity of that unit")

// Unit is a measure to order, price and stock goods in. Quantities are whole numbers of a unit: 3 只, 30 斤.
type Unit struct {
	Code  string // stored and sent: "jin"
	Zh    string // 斤
	En    string // jin
	Grams int64  // weight of one unit; 0 where it is counted, not weighed
}

// The units of the county's trade.
var (
	Head = Unit{Code: "head", Zh: "只", En: "head"}
	Egg  = Unit{Code: "egg", Zh: "枚", En: "egg"}
	Box  = Unit{Code: "box", Zh: "箱", En: "box"}
	Sack = Unit{Code: "sack", Zh: "袋", En: "sack"}
	Jin  = Unit{Code: "jin", Zh: "斤", En: "jin", Grams: 500}
	Kilo = Unit{Code: "kg", Zh: "公斤", En: "kg", Grams: 1000}
)

var units = []Unit{Head, Egg, Box, Sack, Jin, Kilo}

// Units lists all units in the order in which a form offers them.
func Units() []Unit { return slices.Clone(units) }

// UnitByCode finds a unit by its code.
func UnitByCode(code string) (Unit, bool) {
	i := slices.IndexFunc(units, func(u Unit) bool { return u.Code == code })
	if i < 0 {
		return Unit{}, false
	}
	return units[i], true
}

// Counted says that one counts the unit and does not weigh it.
func (u Unit) Counted() bool { return u.Grams == 0 }

// Price is fen for one unit, ready for quantities in grams (weighed units) or in units (counted ones).
func (u Unit) Price(fen int64) Price {
	if u.Counted() {
		return Price{Fen: fen, Per: 1}
	}
	return Price{Fen: fen, Per: u.Grams}
}

// Weight is how many grams qty units weigh. It returns ErrUnit for counted units and ErrOverflow.
func (u Unit) Weight(qty int64) (int64, error) {
	if u.Counted() {
		return 0, ErrUnit
	}
	return scale(qty, u.Grams, 1)
}

// Convert gives qty of one unit as a whole quantity of another, such as an order's 公斤 in the 斤 that a lot is stocked
// in. It returns ErrUnit where that is not whole or the units have nothing in common, and ErrOverflow.
func Convert(qty int64, from, to Unit) (int64, error) {
	if from.Code == to.Code {
		return qty, nil
	}
	if from.Counted() || to.Counted() {
		return 0, ErrUnit
	}
	grams, err := from.Weight(qty)
	if err != nil {
		return 0, err
	}
	if grams%to.Grams != 0 {
		return 0, ErrUnit
	}
	return grams / to.Grams, nil
}
