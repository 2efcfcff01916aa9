package orders

import (
	"time"

	"banmuyuan/catalog"
)

// EstimatedPieceFen returns the estimated price of one unit of the line, rounded half up, and 0 where the price is of one unit
// already.
func (l Line) EstimatedPieceFen() int64 {
	if l.Price.Per <= 0 || l.Price.Per == l.unitMeasure() {
		return 0
	}
	fen, _, err := Estimate(l.Price, l.unitMeasure(), 1, 0)
	if err != nil {
		return 0
	}
	return fen
}

// unitMeasure is the part of the price's measure in one unit, as UnitMeasure has it of a presale.
func (l Line) unitMeasure() int64 {
	if Weighed(l.PriceUnit) {
		return l.GramsPerUnit
	}
	return 1
}

// ExpectedFen returns the expected final cost of the line: its amount once it is complete, before that the estimate of the
// units that are not short.
func (l Line) ExpectedFen() int64 {
	if l.Complete {
		return l.AmountFen
	}
	fen, _, err := Estimate(l.Price, l.unitMeasure(), l.Ordered-l.Short, 0)
	if err != nil || l.Short == 0 {
		return l.EstimateFen
	}
	return fen
}

// Summarised returns the order with the figures that follow from others: the price of a piece of each line, and the balance.
func (o Order) Summarised() Order {
	o.Lines = withPieces(o.Lines)
	o.BalanceFen, o.BalanceEstimated = o.balance()
	return o
}

// Summarised returns the quote with the figures that follow from others.
func (q Quote) Summarised() Quote {
	q.Lines = withPieces(q.Lines)
	q.BalanceFen = q.EstimateFen - q.DepositFen
	return q
}

func withPieces(lines []Line) []Line {
	for i := range lines {
		lines[i].PieceFen = lines[i].EstimatedPieceFen()
	}
	return lines
}

// balance returns the money that is still to come after the deposit: an estimate until everything is weighed, then the
// amount due. An order that is over has none.
func (o Order) balance() (fen int64, estimated bool) {
	switch {
	case o.State == StateBilled:
		return o.DueFen, false
	case o.State.Unpaid():
		return max(o.EstimateFen-o.DepositFen, 0), true
	case !o.State.Collecting():
		return 0, false
	}
	var expected int64
	for _, l := range o.Lines {
		expected += l.ExpectedFen()
	}
	return max(expected-(o.PaidFen-o.RefundFen), 0), true
}

// AnyWeighed reports whether the amount of one of the lines follows from its weight.
func AnyWeighed(lines []Line) bool {
	for _, l := range lines {
		if Weighed(l.PriceUnit) {
			return true
		}
	}
	return false
}

// LineOf returns the line of an order that asks for qty units of grade of a presale, as a basket shows it before the module
// has seen it. It returns money.ErrOverflow.
func LineOf(p catalog.PublicPresale, grade catalog.GradePrice, qty int64) (Line, error) {
	l := Line{PresaleID: p.ID, Presale: p.Code, Product: p.Product.Code, Title: p.Title, Picture: p.Product.Picture, Unit: p.Product.OrderUnit,
		PriceUnit: p.Product.PriceUnit, Grade: grade.Grade, Prices: p.Grades, Price: grade.Price, GramsPerUnit: p.GramsPerUnit,
		SellerOrg: p.SellerOrg, Seller: p.Seller, Terms: p.Terms, DeliverFrom: p.DeliverFrom, DeliverTo: p.DeliverTo, Ordered: qty}
	var err error
	l.EstimateFen, l.DepositFen, err = Estimate(l.Price, l.unitMeasure(), qty, p.Terms.DepositBP)
	l.PieceFen = l.EstimatedPieceFen()
	return l, err
}

// CollectedFrom returns the first day on which goods of the lines are collected.
func CollectedFrom(lines []Line) time.Time {
	var first time.Time
	for _, l := range lines {
		if first.IsZero() || l.DeliverFrom.Before(first) {
			first = l.DeliverFrom
		}
	}
	return first
}
