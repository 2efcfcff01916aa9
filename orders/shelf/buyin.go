package shelf

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/internal/money"
	"banmuyuan/orders"
)

// Grades are the grades that goods are sorted into, best first.
var Grades = []string{"special", "extra", "first", "second"}

// Check cleans a buy-in and returns its problems; known is whether the catalogue has the product.
func (r *BuyInRequest) Check(known bool, now time.Time) link.Problems {
	var problems link.Problems
	orders.CheckKey(&problems, r.Key)
	if !known {
		problems.Add("shelf.product", "product")
	}
	if !slices.Contains(Grades, r.Grade) {
		problems.Add("shelf.grade", "grade")
	}
	if !validMeasure(r.Measure) {
		problems.Add("shelf.measure", "measure")
	}
	if !validPrice(r.PriceFen) {
		problems.Add("shelf.price", "price_fen")
	}
	CheckBestBefore(&r.BestBefore, now, &problems)
	if r.HouseholdID <= 0 {
		problems.Add("shelf.seller.missing", "household_id")
	}
	return problems
}

// Price is the price of a buy-in and the amount that the household gets. Invalid when that is nothing or too much.
func (r BuyInRequest) Price(p catalog.Product) (price money.Price, amount int64, err error) {
	price = PriceFor(p, r.PriceFen)
	amount, ok := Amount(price, r.Measure)
	if !ok || amount <= 0 {
		return price, 0, link.E(link.Invalid, "shelf.amount", "measure")
	}
	return price, amount, nil
}

// TakenStep is the event of a buy-in after the catalogue answered.
func TakenStep(taken bool) BuyInStep {
	if taken {
		return BuyInPost
	}
	return BuyInHold
}

// Check cleans a decision and returns its problems: both need a reason that the counter and the county can read.
func (r *DecideBuyIn) Check() link.Problems {
	var problems link.Problems
	var ok bool
	if r.Reason, ok = orders.Clean(r.Reason, 1, orders.ReasonMax); !ok {
		problems.Add("shelf.buyin.reason", "reason", "max", fmt.Sprint(orders.ReasonMax))
	}
	return problems
}

// Step is the event that a decision is.
func (r DecideBuyIn) Step() BuyInStep {
	if r.Agree {
		return BuyInAgree
	}
	return BuyInRefuse
}

// DecidableBuyIn reports whether an account of org's staff may decide a buy-in of the shop.
func DecidableBuyIn(s BuyInState, shop, taken, org, account int64) bool {
	return s.Can(BuyInAgree) && org == shop && CheckSecond(taken, account) == nil
}

// Bought is a measure in the units of a lot and of the income ledger.
type Bought struct {
	Units int64 // of counted goods
	Grams int64 // of weighed goods
	Qty   int64 // in the product's order unit, rounded; 0 of weighed goods that are ordered by the piece
}

// BoughtOf converts a measure of a product.
func BoughtOf(p catalog.Product, measure int64) Bought {
	if !p.Weighed() {
		return Bought{Units: measure, Qty: measure}
	}
	b := Bought{Grams: measure}
	if unit, ok := money.UnitByCode(p.OrderUnit); ok && !unit.Counted() {
		b.Qty = (measure + unit.Grams/2) / unit.Grams
	}
	return b
}

// CheckPay lets a closed sheet be paid. Unavailable while payments has not closed its bill yet, Conflict otherwise.
func (s SheetState) CheckPay() error {
	switch s {
	case SheetClosing:
		e := link.E(link.Unavailable, "busy", "")
		e.RetryAfter = 1
		return e
	case SheetClosed:
		return nil
	}
	return link.E(link.Conflict, "shelf.sheet.not_due", "")
}

// BilledStep is the event of a sheet when payments has closed its bill: nothing of it is due any more, or it waits for payment.
func BilledStep(receivableFen int64) SheetStep {
	if receivableFen == 0 {
		return SheetSettle
	}
	return SheetBill
}

// Check cleans a standing list and returns its problems. The delivery is checked by the store.
func (r *SaveStandingList) Check() link.Problems {
	var problems link.Problems
	orders.CheckKey(&problems, r.Key)
	var ok bool
	if r.Name, ok = orders.Clean(r.Name, 1, orders.NameMax); !ok {
		problems.Add("shelf.list.name", "name", "max", fmt.Sprint(orders.NameMax))
	}
	slices.Sort(r.Weekdays)
	r.Weekdays = slices.Compact(r.Weekdays)
	if slices.ContainsFunc(r.Weekdays, func(d int) bool { return d < 1 || d > 7 }) {
		problems.Add("shelf.list.weekdays", "weekdays")
	}
	if len(r.Lines) == 0 || len(r.Lines) > listLinesMax {
		problems.Add("shelf.list.lines", "lines", "max", fmt.Sprint(listLinesMax))
	}
	for i, l := range r.Lines {
		if l.Qty <= 0 || l.PresaleID <= 0 {
			problems.Add("shelf.list.line", fmt.Sprintf("lines[%d].quantity", i))
		}
	}
	return problems
}

const listLinesMax = 40

// Check cleans an item and returns its problems.
func (r *SaveItem) Check() link.Problems {
	var problems link.Problems
	if !validPrice(r.PriceFen) {
		problems.Add("shelf.price", "price_fen")
	}
	var ok bool
	if r.Barcode, ok = orders.Clean(r.Barcode, 0, barcodeMax); !ok || strings.ContainsAny(r.Barcode, " /") {
		problems.Add("shelf.barcode", "barcode")
	}
	return problems
}

const barcodeMax = 32

// CompareTaken compares goods of a counter with the catalogue's take of them. It returns the faults.
func CompareTaken(s BuyInState, ours, theirs catalog.CounterTakeRow) string {
	switch {
	case ours.BuyInID == 0:
		return "taken out of a household's offers, and unknown at the counter"
	case !s.Can(BuyInPost) && s != BuyInPosted:
		return fmt.Sprintf("taken out of a household's offers, and %s at the counter", s)
	case ours != theirs:
		return fmt.Sprintf("the counter has %+v, the catalogue %+v", ours, theirs)
	}
	return ""
}
