package adopt

import (
	"fmt"
	"time"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/internal/money"
	"banmuyuan/orders"
)

// Bounds of a plot and the days around an adoption.
const (
	BedM2        = 20  // of a bed of a garden
	StoryMax     = 600 // characters of a plot's story
	PlotMaxUnits = 500 // geese or beds of one household
	BalanceDays  = 7   // the balance is due so long before the first box
	LeadDays     = 3   // from today to the first box of a new adoption, at least
	EarlyDays    = 3   // a box may come so long before its date
)

const (
	balanceHour = 20 * time.Hour // of its day: the balance is due at 20:00
	balanceTime = 48 * time.Hour // to pay the balance, at least
)

// Plan is the dates of the boxes of an adoption, the catalogue's units in each and the price of one goose or bed.
type Plan struct {
	Dates   []time.Time // days in UTC, one for each box
	Qty     int64       // units of stock of each box
	UnitFen int64       // price of one goose or bed, for all its boxes
}

// PlanOf fixes the boxes of units of a plot taken at now. Each goose is a box of its own, one at every date, and several
// at the last date when there are more geese than dates. A bed has a box at every date of the delivery window that is
// left. Conflict when no date is left.
func PlanOf(p catalog.PublicPresale, kind orders.PlotKind, everyDays, units int64, now time.Time) (Plan, error) {
	first := orders.DayOf(p.DeliverFrom)
	if soonest := orders.DayOf(now).AddDate(0, 0, LeadDays); first.Before(soonest) {
		first = soonest
	}
	last := orders.DayOf(p.DeliverTo)
	pl := Plan{Qty: 1}
	most := units // a goose each
	if kind == orders.PlotGarden {
		pl.Qty, most = units, 1<<30
	}
	for d := first; int64(len(pl.Dates)) < most && !d.After(last); d = d.AddDate(0, 0, int(everyDays)) {
		pl.Dates = append(pl.Dates, d)
	}
	if len(pl.Dates) == 0 {
		return pl, link.E(link.Conflict, "adoption.plot.over", "plot_id")
	}
	for kind == orders.PlotGoose && int64(len(pl.Dates)) < units {
		pl.Dates = append(pl.Dates, pl.Dates[len(pl.Dates)-1])
	}
	perUnit := int64(1)
	if kind == orders.PlotGarden {
		perUnit = int64(len(pl.Dates))
	}
	g, _ := p.Grade("")
	var err error
	if pl.UnitFen, _, err = orders.Estimate(g.Price, orders.UnitMeasure(p), perUnit, 0); err != nil {
		return pl, fmt.Errorf("price a plot: %w", err)
	}
	return pl, nil
}

// Stock is the number of the catalogue's units that the plan takes.
func (p Plan) Stock() int64 { return p.Qty * int64(len(p.Dates)) }

// BalanceBy is the time until which the balance of a plan taken at now can be paid: 20:00 on the day a week before the
// first box, and no sooner than in two days.
func (p Plan) BalanceBy(now time.Time) time.Time {
	by := orders.BeginningOf(p.Dates[0].AddDate(0, 0, -BalanceDays)).Add(balanceHour)
	if soonest := now.Add(balanceTime); by.Before(soonest) {
		by = soonest
	}
	return by.UTC()
}

// Amounts divides a price over the boxes of the plan, and says how much of each the cooperative keeps back. The amounts
// add up to the price.
func (p Plan) Amounts(priceFen, feeBP int64) (amounts, fees []int64, err error) {
	weights, fees := make([]int64, len(p.Dates)), make([]int64, len(p.Dates))
	for i := range weights {
		weights[i] = 1
	}
	amounts = money.Split(priceFen, weights, nil)
	for i := range fees {
		if fees[i], err = money.BasisPoints(amounts[i], feeBP); err != nil {
			return nil, nil, fmt.Errorf("reckon fee: %w", err)
		}
	}
	return amounts, fees, nil
}

// Deposit is the part of a price that is due at once. A presale without a deposit asks for all of it: goods that are kept
// for one buyer alone are paid ahead.
func Deposit(priceFen, depositBP int64) (int64, error) {
	deposit, err := money.BasisPoints(priceFen, depositBP)
	if err != nil {
		return 0, fmt.Errorf("reckon deposit: %w", err)
	}
	if deposit == 0 {
		return priceFen, nil
	}
	return deposit, nil
}

// MaxUnits is the number of units that one adoption may have: no more than are left, and no more than the presale sells
// to one buyer.
func MaxUnits(left, presaleMax, boxes int64) int64 {
	if presaleMax > 0 {
		return min(left, max(presaleMax/boxes, 1))
	}
	return left
}

// Supply is the number of units that a household's lot allows: the adopted ones and as many as its free stock makes.
func Supply(adopted int64, lot catalog.Lot, stockPerUnit int64) int64 {
	free := max(lot.Capacity-lot.Reserved-lot.Delivered, 0)
	return adopted + free/max(stockPerUnit, 1)
}

// EveryDaysOf is the rhythm that is suggested for a plot: a box of a bed each week, a goose every other week.
func EveryDaysOf(kind orders.PlotKind) int64 {
	if kind == orders.PlotGarden {
		return 7
	}
	return 14
}

// rhythm reports whether boxes may come that often: every week or every other week.
func rhythm(everyDays int64) bool { return everyDays == 7 || everyDays == 14 }

// Check cleans the texts of an offer and returns its problems.
func (r *SavePlot) Check() link.Problems {
	var problems link.Problems
	var okZh, okEn bool
	r.Story.Zh, okZh = orders.CleanText(r.Story.Zh, StoryMax)
	r.Story.En, okEn = orders.CleanText(r.Story.En, StoryMax)
	if !okZh || !okEn || r.Story.Zh == "" {
		problems.Add("adoption.plot.story", "story.zh", "max", fmt.Sprint(StoryMax))
	}
	if !rhythm(r.EveryDays) {
		problems.Add("adoption.plot.every", "every_days")
	}
	if r.Units < 0 || r.Units > PlotMaxUnits {
		problems.Add("adoption.plot.units", "units", "max", fmt.Sprint(PlotMaxUnits))
	}
	return problems
}

// CheckUnits checks the units of an offer against the adopted ones and the supply of the household.
func (r SavePlot) CheckUnits(adopted, supply int64) error {
	if r.Units < adopted {
		return link.E(link.Conflict, "adoption.plot.below_adopted", "units", "adopted", fmt.Sprint(adopted))
	}
	if r.Units > supply {
		return link.E(link.Invalid, "adoption.plot.above_supply", "units", "supply", fmt.Sprint(supply))
	}
	return nil
}

// Check fills in the default of a request to adopt and returns its problems. The delivery is checked by the store.
func (r *Request) Check() link.Problems {
	var problems link.Problems
	orders.CheckKey(&problems, r.IdempotencyKey)
	switch r.OnFailure {
	case "":
		r.OnFailure = FailureReplace
	case FailureReplace, FailureRefund:
	default:
		problems.Add("adoption.on_failure", "on_failure")
	}
	return problems
}

// CheckLeft checks the units of a request against the units left of the plot. SoldOut.
func (r Request) CheckLeft(left int64, problems *link.Problems) error {
	switch {
	case r.Units <= 0:
		problems.Add("order.quantity.not_positive", "units")
	case left <= 0:
		return link.E(link.SoldOut, "adoption.taken", "units")
	case r.Units > left:
		return link.E(link.SoldOut, "order.quantity.sold_out", "units", "left", fmt.Sprint(left))
	}
	return nil
}
