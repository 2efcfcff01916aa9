package orders

import (
	"time"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/internal/money"
)

// Bounds of one order.
const (
	MaxLines = 20
	maxFen   = 1 << 50 // of an order's estimate: far above any, far below where sums would overflow
)

// UnitMeasure is how much of the price's measure one unit of a presale is: grams where the price is by weight, one
// where it is by count.
func UnitMeasure(p catalog.PublicPresale) int64 {
	if p.Product.Weighed() {
		return p.GramsPerUnit
	}
	return 1
}

// Weighed tells whether goods priced in that unit go over a scale.
func Weighed(priceUnit string) bool { return catalog.Product{PriceUnit: priceUnit}.Weighed() }

// Estimate is what qty units are expected to cost and the deposit asked for them.
func Estimate(price money.Price, unitMeasure, qty, depositBP int64) (estimate, deposit int64, err error) {
	if unitMeasure <= 0 || qty > maxFen/unitMeasure {
		return 0, 0, money.ErrOverflow
	}
	if estimate, err = price.Amount(qty * unitMeasure); err != nil {
		return 0, 0, err
	}
	if estimate > maxFen {
		return 0, 0, money.ErrOverflow
	}
	deposit, err = money.BasisPoints(estimate, depositBP)
	return estimate, deposit, err
}

// ExpectedIncome is what a household may expect of qty units: the price less what the cooperative keeps back.
func ExpectedIncome(price money.Price, unitMeasure, qty, feeBP int64) (gross, fee int64, err error) {
	gross, _, err = Estimate(price, unitMeasure, qty, 0)
	if err != nil {
		return 0, 0, err
	}
	fee, err = money.BasisPoints(gross, feeBP)
	return gross, fee, err
}

// PriceOf finds a grade's price; an empty grade is the best.
func PriceOf(prices []catalog.GradePrice, grade string) (catalog.GradePrice, bool) {
	return catalog.Presale{Grades: prices}.Grade(grade)
}

// CheckLine notes in problems what is wrong with asking q of p through channel at now; field is the line's JSON path.
// What is left is not looked at: only reserving knows.
func CheckLine(problems *link.Problems, field string, p catalog.PublicPresale, q QuoteLine, channel catalog.Channel, now time.Time) {
	if _, adopted := PlotOf(p); adopted {
		problems.Add("adoption.only", field+".presale_id")
		return
	}
	if e := p.CheckOpen(now, channel, field+".presale_id"); e != nil {
		*problems = append(*problems, e)
	}
	if e := p.CheckQuantity(channel, q.Qty, field+".quantity"); e != nil {
		*problems = append(*problems, e)
	}
	if _, ok := p.Grade(q.Grade); !ok {
		problems.Add("presale.grade", field+".grade")
	}
}

// CancelCost is what a buyer forfeits by cancelling at now an order confirmed at confirmedAt: nothing while it is
// unpaid or within the free hours, afterwards each line's share of its deposit. What was not paid cannot be forfeited.
func CancelCost(state State, lines []Line, paidFen int64, confirmedAt, now time.Time) (int64, error) {
	if state != StateConfirmed {
		return 0, nil
	}
	var cost int64
	for _, l := range lines {
		if now.Before(confirmedAt.Add(time.Duration(l.Terms.FreeCancelHours) * time.Hour)) {
			continue
		}
		c, err := money.BasisPoints(l.DepositFen, l.Terms.ForfeitBP)
		if err != nil {
			return 0, err
		}
		cost += c
	}
	return min(cost, paidFen), nil
}

// InspectionEnds is when the buyer can no longer complain of an order paid at paidAt: the longest of its lines' terms.
func InspectionEnds(lines []Line, paidAt time.Time) time.Time {
	var hours int64
	for _, l := range lines {
		hours = max(hours, l.Terms.InspectionHours)
	}
	return paidAt.Add(time.Duration(hours) * time.Hour)
}
