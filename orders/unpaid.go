package orders

import (
	"fmt"
	"strconv"

	"banmuyuan/internal/link"
)

// UnpaidLimits bound the stock that buyers hold without having paid for it. The county sets them: see Rules. Adoptions, and
// purchases at a shelf, are counted by themselves against the same numbers.
type UnpaidLimits struct {
	Orders    int   `json:"orders"`       // unpaid orders of a private account, and of a verified phone; 0 is no limit
	OrgOrders int   `json:"org_orders"`   // unpaid orders of an account of an organisation, which the county opened; 0 is no limit
	Part      int64 `json:"part_percent"` // of a presale's quantity in the unpaid orders of a private buyer; 0 is no limit
}

// UnpaidLeast is the quantity that a private buyer may hold unpaid in any presale, however small it is.
const UnpaidLeast = 50

// unverifiedOrders is the limit of an account without a verified phone or address.
const unverifiedOrders = 1

// UnpaidLimit is the limit of one buyer.
type UnpaidLimit struct {
	Orders int   // 0 is no limit
	Part   int64 // percent; 0 is no limit
}

// Of returns the limit of the account that orders. An organisation pays by bank transfer within days and is known to the
// county: it has a limit of its own and no bound on its part of a presale.
func (l UnpaidLimits) Of(a link.Actor) UnpaidLimit {
	if org, ok := BuysFor(a); ok && org != 0 {
		return UnpaidLimit{Orders: l.OrgOrders}
	}
	limit := UnpaidLimit{Orders: l.Orders, Part: l.Part}
	if a.Person == "" && limit.Orders > 0 {
		limit.Orders = unverifiedOrders
	}
	return limit
}

// UnpaidLine is a line of an order that asks for stock.
type UnpaidLine struct{ PresaleID, Qty, Capacity int64 }

// Unpaid is the stock that a buyer holds without having paid.
type Unpaid struct {
	Orders int
	Units  map[int64]int64 // by presale
}

// Units is the most that the buyer holds unpaid of a presale with that quantity. ok is false where there is no limit.
func (l UnpaidLimit) Units(capacity int64) (most int64, ok bool) {
	if l.Part <= 0 {
		return 0, false
	}
	return max(capacity/100*l.Part+capacity%100*l.Part/100, UnpaidLeast), true
}

// Spare returns for each line how much the buyer may hold unpaid of its presale besides the order itself, or -1 where there
// is no limit.
func (l UnpaidLimit) Spare(lines []UnpaidLine) []int64 {
	own := map[int64]int64{}
	for _, line := range lines {
		own[line.PresaleID] += line.Qty
	}
	spare := make([]int64, len(lines))
	for i, line := range lines {
		spare[i] = -1
		if most, ok := l.Units(line.Capacity); ok {
			spare[i] = max(most-own[line.PresaleID], 0)
		}
	}
	return spare
}

// Check returns why an order with these lines may not be placed beside held, or nil. Conflict.
func (l UnpaidLimit) Check(held Unpaid, lines []UnpaidLine) error {
	if l.Orders > 0 && held.Orders >= l.Orders {
		return l.TooManyOrders(held.Orders)
	}
	asked := map[int64]int64{}
	for i, line := range lines {
		most, ok := l.Units(line.Capacity)
		if asked[line.PresaleID] += line.Qty; ok && held.Units[line.PresaleID]+asked[line.PresaleID] > most {
			return link.E(link.Conflict, "order.unpaid.units", fmt.Sprintf("lines[%d].quantity", i),
				"max", strconv.FormatInt(most, 10), "left", strconv.FormatInt(max(most-held.Units[line.PresaleID], 0), 10))
		}
	}
	return nil
}

// TooMany returns the error of a buyer who has so many unpaid things already, or nil. key is of the message: "adoption.unpaid",
// "sale.unpaid".
func (l UnpaidLimit) TooMany(key string, open int) error {
	if l.Orders <= 0 || open < l.Orders {
		return nil
	}
	return link.E(link.Conflict, key, "", "open", strconv.Itoa(open), "max", strconv.Itoa(l.Orders))
}

// TooManyOrders is the error of a buyer with that many unpaid orders.
func (l UnpaidLimit) TooManyOrders(open int) error {
	return link.E(link.Conflict, "order.unpaid.orders", "", "open", strconv.Itoa(open), "max", strconv.Itoa(l.Orders))
}
