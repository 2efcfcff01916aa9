package shelf

import (
	"context"
	"time"

	"banmuyuan/catalog"
	"banmuyuan/orders"
)

// Returns takes sold goods back to a supermarket.
//
// Invariant: no more of a line comes back than was sold of it, and no more money than was paid for it, however
// often and from however many tills; the database refuses it. Returned goods are on the shelf again in the lot they were
// sold from, or are written off.
type Returns interface {
	// ReturnGoods voids a receipt, or takes back some of its goods; the same client id twice is one return. Conflict when
	// there is nothing left to take back, or the receipt cannot be voided any more.
	ReturnGoods(context.Context, ReturnRequest) (Return, error) //link:body
	Return(context.Context, IDRef) (Return, error)
}

// ReturnKind: the receipt was a mistake, or goods came back.
type ReturnKind string

const (
	ReturnVoid  ReturnKind = "void"  // the cashier's latest sale of the day: all of it, back on the shelf
	ReturnGoods ReturnKind = "goods" // some or all of it, from anybody's sale
)

// Reasons of a return of goods, and of a void.
var (
	VoidReasons   = []string{"mistake", "changed_mind", "price"}
	ReturnReasons = []string{"quality", "damaged", "wrong_goods", "changed_mind", "other"}
)

// ReturnDays is how long after a sale goods are taken back.
const ReturnDays = 30

// ReturnLine is the returned part of a line of a sale.
type ReturnLine struct {
	No      int   `json:"no"`
	Measure int64 `json:"measure"`
	ToShelf bool  `json:"to_shelf"` // as good as new; otherwise it is written off
}

type ReturnRequest struct {
	ClientID     string       `json:"client_id"`                // UUID
	SaleID       int64        `json:"sale_id,omitempty"`        //
	SaleClientID string       `json:"sale_client_id,omitempty"` // instead: the sale's id at a till that has not got a number for it
	Kind         ReturnKind   `json:"kind"`
	Lines        []ReturnLine `json:"lines,omitempty"` // of goods; a void takes all
	Reason       string       `json:"reason"`
	Note         string       `json:"note,omitempty"`
	ReturnedAt   time.Time    `json:"returned_at"`
}

// Return is a return with its receipt's number (退货单).
type Return struct {
	ID         int64          `json:"id"`
	No         string         `json:"no"`
	SaleID     int64          `json:"sale_id"`
	SaleNo     string         `json:"sale_no"`
	OrgID      int64          `json:"org_id"`
	Shop       string         `json:"shop"`
	Address    string         `json:"address"`
	Kind       ReturnKind     `json:"kind"`
	Method     string         `json:"method"` // how the money goes back: as it came
	Reason     string         `json:"reason"`
	Note       string         `json:"note,omitempty"`
	Lines      []ReturnedLine `json:"lines"`
	AmountFen  int64          `json:"amount_fen"`
	Cashier    string         `json:"cashier,omitempty"` // for the shop
	ReturnedAt time.Time      `json:"returned_at"`
}

// ReturnedLine is the returned part of a line, as a receipt shows it.
type ReturnedLine struct {
	No        int          `json:"no"`
	Title     catalog.Text `json:"title"`
	Grade     string       `json:"grade"`
	PriceUnit string       `json:"price_unit"`
	Measure   int64        `json:"measure"`
	AmountFen int64        `json:"amount_fen"`
	ToShelf   bool         `json:"to_shelf"`
}

const returnLetters = "TH" // 退货

// ReturnNumber is a return's number, on its receipt.
func ReturnNumber(id int64) string { return orders.FormatNumber(returnLetters, id) }

// Shown is a sale's state as people see it: returns show in it.
func (s Sale) Shown() string {
	switch {
	case s.ReturnedFen == 0:
		return string(s.State)
	case s.Voided:
		return "voided"
	case s.ReturnedFen < s.TotalFen:
		return "part_returned"
	}
	return "returned"
}
