package shelf

import (
	"crypto/rand"
	"fmt"
	"io"
	"math/big"
	"strings"
	"time"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/internal/money"
	"banmuyuan/orders"
	"banmuyuan/payments"
)

const linesMax = 100 // of one sale

// TillPatience is how long goods at the till wait for a payment by QR code.
const TillPatience = 15 * time.Minute

func checkLines(n int, problems *link.Problems) {
	if n == 0 || n > linesMax {
		problems.Add("sale.lines", "lines", "max", fmt.Sprint(linesMax))
	}
}

// Check cleans a sale of a till and returns its problems. Lines are checked with their items.
func (r *Ring) Check(now time.Time) link.Problems {
	var problems link.Problems
	r.ClientID = strings.ToLower(r.ClientID)
	if !orders.UUIDPattern.MatchString(r.ClientID) {
		problems.Add("weigh.client_id", "client_id")
	}
	checkLines(len(r.Lines), &problems)
	if r.Method == "" {
		problems.Add("payment.method", "method")
	}
	checkClock(r.SoldAt, now, "sold_at", &problems)
	return problems
}

// Price is the price of a line at the till: the one that it showed, for the item's measure.
func (l RingLine) Price(per int64) (money.Price, *link.Error) {
	if !validPrice(l.PriceFen) {
		return money.Price{}, link.E(link.Invalid, "shelf.price", "price_fen")
	}
	if !validMeasure(l.Measure) {
		return money.Price{}, link.E(link.Invalid, "shelf.measure", "measure")
	}
	return money.Price{Fen: l.PriceFen, Per: per}, nil
}

// Scanned is the code of the lot's label as it is stored.
func (l RingLine) Scanned() string { return strings.ToLower(strings.TrimSpace(l.Code)) }

// Cash reports whether the sale is paid in cash, which the cashier has already.
func (r Ring) Cash() bool { return r.Method == payments.Cash }

// CheckTotal notes cash that is less than the total, and a total of nothing.
func (r Ring) CheckTotal(total int64, problems *link.Problems) {
	if r.Cash() && r.GivenFen != 0 && r.GivenFen < total {
		problems.Add("sale.given", "given_fen")
	}
	if total <= 0 && len(*problems) == 0 {
		problems.Add("shelf.amount", "lines")
	}
}

// Check cleans an order of a private buyer and returns its problems. Lines are checked with their items.
func (r *Buy) Check() link.Problems {
	var problems link.Problems
	orders.CheckKey(&problems, r.Key)
	var ok bool
	if r.Name, ok = orders.Clean(r.Name, 1, orders.NameMax); !ok {
		problems.Add("order.delivery.name", "name", "max", fmt.Sprint(orders.NameMax))
	}
	r.Phone = strings.TrimSpace(r.Phone)
	if !orders.PhonePattern.MatchString(r.Phone) {
		problems.Add("order.delivery.phone", "phone")
	}
	checkLines(len(r.Lines), &problems)
	return problems
}

// Price is the shelf's price of a line that is ordered online. The item is sold online, and not by the piece; the measure
// is whole price units, because nobody weighs out 337 grams before the buyer is there.
func (l BuyLine) Price(online bool, p catalog.Product, price money.Price) (money.Price, *link.Error) {
	if !SoldOnline(online, p) {
		return money.Price{}, link.E(link.Invalid, "sale.not_online", "item_id")
	}
	if !validMeasure(l.Measure) || l.Measure%price.Per != 0 {
		return money.Price{}, link.E(link.Invalid, "sale.measure", "measure")
	}
	return price, nil
}

// SoldOnline reports whether an item is sold online: the shop wants it, and it is not sold by the piece.
func SoldOnline(online bool, p catalog.Product) bool { return online && !ByPiece(p) }

const pickupCodes = 1_000_000

// NewPickup makes a code of six digits that a buyer reads out. The database keeps it unique among the waiting sales of a
// shop.
func NewPickup(random io.Reader) (string, error) {
	n, err := rand.Int(random, big.NewInt(pickupCodes))
	if err != nil {
		return "", fmt.Errorf("make pickup code: %w", err)
	}
	return fmt.Sprintf("%06d", n.Int64()), nil
}

// ReadPickup reads a pickup code as people type it: with blanks, dashes or full-width digits.
func ReadPickup(text string) string {
	return strings.Map(func(c rune) rune {
		switch {
		case c >= '０' && c <= '９':
			return c - '０' + '0'
		case c == ' ' || c == '-':
			return -1
		}
		return c
	}, text)
}

// Check returns the problems of a request to pay, which cash cannot.
func (r PayRefRequest) Check() link.Problems {
	var problems link.Problems
	orders.CheckKey(&problems, r.Key)
	if r.Method == "" || r.Method == payments.Cash {
		problems.Add("payment.method", "method")
	}
	return problems
}

// CheckPay lets a sale be paid that waits for it. Conflict.
func (s Sale) CheckPay(now time.Time) error {
	if s.State != SalePlaced || s.ExpiresAt == nil || !now.Before(*s.ExpiresAt) {
		return link.E(link.Conflict, "sale.not_due", "")
	}
	return nil
}

// HandOver is the event of a sale when its pickup code is shown. Conflict when the goods were fetched before.
func (s SaleState) HandOver() (SaleStep, error) {
	if s == SaleDone {
		return "", link.E(link.Conflict, "sale.fetched", "pickup")
	}
	return SaleHand, nil
}

// Viewer is the actor that looks at sales.
type Viewer struct {
	County bool
	Org    int64 // that the viewer works for, or 0
	Buyer  int64 // account of a private buyer, or 0
}

// Sees reports whether a viewer sees a sale: the county and the shop's staff do, and the buyer of an online sale. forShop is
// true for a view with costs and cashier.
func (v Viewer) Sees(shop int64, channel SaleChannel, account int64) (ok, forShop bool) {
	if v.County || v.Org != 0 && v.Org == shop {
		return true, true
	}
	return v.Buyer != 0 && channel == SaleOnline && v.Buyer == account, false
}

// ShownPickup is the pickup code of a sale for a viewer: it opens the goods, so that only their buyer reads it, while they
// wait.
func ShownPickup(forShop bool, s SaleState, code string) string {
	if forShop || !s.Can(SaleHand) {
		return ""
	}
	return code
}
