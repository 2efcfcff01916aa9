package shelf

import (
	"banmuyuan/catalog"
	"banmuyuan/internal/money"
)

// Bounds of a measure and of an amount on a shelf.
const (
	MeasureMax = 20_000_000   // grams or units: nobody carries more than twenty tonnes to a counter
	FenMax     = 1_000_000_00 // of a price, of a line and of a buy-in
)

// PriceFor is fen for one price unit of a product, as a price by measure.
func PriceFor(p catalog.Product, fen int64) money.Price {
	unit, _ := money.UnitByCode(p.PriceUnit)
	return unit.Price(fen)
}

// ByPiece reports whether goods are ordered by the piece and priced by weight: whole animals, which a scale prices one by
// one.
func ByPiece(p catalog.Product) bool {
	order, _ := money.UnitByCode(p.OrderUnit)
	return order.Counted() && p.Weighed()
}

// FirstPrice is the price of goods that nobody has priced yet: ten percent above their cost, rounded to whole jiao, and
// never below the cost or below one fen.
func FirstPrice(costFen int64) int64 {
	return max((costFen*11/10+5)/10*10, costFen, 1)
}

// PartOf is the part that a measure carries of a sum for all that was received: of a lot's cost, or of the money for the
// households.
func PartOf(fen, measure, received int64) int64 {
	part, err := money.Price{Fen: fen, Per: received}.Amount(measure)
	if err != nil {
		return fen // more than there ever was: the check of the lot refuses it
	}
	return part
}

// PriceOf is the price of one price unit of goods that cost fen for all that was received; zero when nothing was.
func PriceOf(fen, per, received int64) money.Price {
	if received == 0 {
		return money.Price{Per: per}
	}
	return money.Price{Fen: PartOf(fen, per, received), Per: per}
}

// Measure is the quantity that a product's price counts: grams of weighed goods, units of others.
func Measure(weighed bool, units, grams int64) int64 {
	if weighed {
		return grams
	}
	return units
}

func validMeasure(m int64) bool { return m > 0 && m <= MeasureMax }
func validPrice(fen int64) bool { return fen > 0 && fen <= FenMax }

// Amount is the price of a measure. ok is false when it cannot be charged.
func Amount(price money.Price, measure int64) (fen int64, ok bool) {
	fen, err := price.Amount(measure)
	return fen, err == nil && fen <= FenMax
}
