// Package document is the contract of the printed documents (单据): confirmations, receipts, acceptance notes, purchase
// settlements and refunds. A document's content is fixed when it is issued; numbers of a kind have no gaps within a year.
package document

import (
	"context"
	"time"

	"banmuyuan/catalog"
	"banmuyuan/internal/money"
	"banmuyuan/orders"
)

// Kind tells documents apart; each has numbers of its own, without gaps within a year.
type Kind string

const (
	DocConfirmation Kind = "confirmation" // 订单确认单
	DocReceipt      Kind = "receipt"      // 收据, for a payment
	DocAcceptance   Kind = "acceptance"   // 验收单, for a delivery
	DocPurchase     Kind = "purchase"     // 收购结算单, for a weigh ticket that was paid
	DocRefund       Kind = "refund"       // 退款单
)

// Kinds are all kinds with the letters of their numbers.
var Kinds = map[Kind]string{DocConfirmation: "DD", DocReceipt: "SJ", DocAcceptance: "YS", DocPurchase: "JS", DocRefund: "TK"}

// Content is the text and the figures of a document. It is fixed when the document is issued.
type Content struct {
	Seller    string          `json:"seller"` // of record: the cooperatives that sell the lines
	Buyer     string          `json:"buyer,omitempty"`
	OrderNo   string          `json:"order_no"`
	Channel   catalog.Channel `json:"channel,omitempty"`
	PlacedOn  string          `json:"placed_on,omitempty"`
	DeliverTo string          `json:"deliver_to,omitempty"` // point or address
	Lines     []Line          `json:"lines,omitempty"`
	Village   string          `json:"village,omitempty"`
	Point     string          `json:"point,omitempty"`
	TicketNo  string          `json:"ticket_no,omitempty"`
	NoteNo    string          `json:"note_no,omitempty"` // of the delivery
	On        string          `json:"on"`                // the day of its subject
	Purpose   string          `json:"purpose,omitempty"` // deposit, balance
	Method    string          `json:"method,omitempty"`
	Reason    string          `json:"reason,omitempty"` // message key
	BankRef   string          `json:"bank_ref,omitempty"`
	Payee     *Payee          `json:"payee,omitempty"`

	AmountFen  int64  `json:"amount_fen"`
	DepositFen int64  `json:"deposit_fen,omitempty"`
	FeeFen     int64  `json:"fee_fen,omitempty"`
	VillageBP  int64  `json:"village_bp,omitempty"` // of the fee, for the village collective
	Agent      string `json:"agent,omitempty"`      // the raiser of the payee's goose
	AgentFen   int64  `json:"agent_fen,omitempty"`  // and the raiser's part
	NetFen     int64  `json:"net_fen,omitempty"`    // the payee's part
}

// Payee of a purchase statement is the head of the household, as the purchase invoice for farm produce (农产品收购发票)
// asks: name, id number (masked), address, and that the money went to an account of the same name.
type Payee struct {
	Name     string `json:"name"`
	IDNumber string `json:"id_number"` // masked
	Code     string `json:"code"`
	Address  string `json:"address"`
	Bank     string `json:"bank"`
	Account  string `json:"account"` // masked
	PaidOn   string `json:"paid_on"`
}

type Line struct {
	Title     catalog.Text `json:"title"`
	Grade     string       `json:"grade"`
	Unit      string       `json:"unit"`
	Qty       int64        `json:"qty"`
	NetGrams  int64        `json:"net_grams,omitempty"`
	Price     money.Price  `json:"price"`
	PriceUnit string       `json:"price_unit"`
	AmountFen int64        `json:"amount_fen"`
}

// Document that was issued.
type Document struct {
	No       string    `json:"no"`
	Kind     Kind      `json:"kind"`
	Subject  string    `json:"subject"`
	Content  Content   `json:"content"`
	IssuedAt time.Time `json:"issued_at"`
	IssuedBy string    `json:"issued_by"`
	SHA256   string    `json:"sha256"` // of its content
	Void     bool      `json:"void"`   // its subject was corrected since
}

// Entry is a document in a list: issued, or one that can be.
type Entry struct {
	Kind      Kind      `json:"kind"`
	Subject   string    `json:"subject"`
	No        string    `json:"no,omitempty"` // empty: not issued yet
	OrderNo   string    `json:"order_no"`
	On        time.Time `json:"on"`
	AmountFen int64     `json:"amount_fen"`
	Title     string    `json:"title,omitempty"`
	Void      bool      `json:"void,omitempty"`
}

type Entries struct {
	Items  []Entry `json:"items"`
	Total  int     `json:"total"`
	Cursor string  `json:"cursor,omitempty"`
}

// Issue issues the document of a subject: "order", "payment:{id}", "refund:{id}", "delivery:{id}" or "ticket:{id}".
type Issue struct {
	OrderNo string `json:"order_no"`
	Kind    Kind   `json:"kind"`
	Subject string `json:"subject"`
}

type Ref struct {
	No string `json:"no"`
}

type Filter struct {
	Kind   Kind   `json:"kind,omitempty"`
	Year   int    `json:"year,omitempty"`
	Cursor string `json:"cursor,omitempty"`
	Limit  int    `json:"limit,omitempty"`
}

type HouseholdDocuments struct {
	HouseholdID int64 `json:"household_id,omitempty"` // 0: the caller's own
}

//go:generate go run banmuyuan/internal/link/linkgen

// Service is the contract of documents. An issued document never changes. Readers of its subject may read it, but a purchase
// statement names a household: it is for that household, its helper, the cooperative and the county.
//
//link:service orders v1 raw
type Service interface {
	OrderDocuments(context.Context, orders.OrderRef) (Entries, error)
	// HouseholdStatements are the purchase statements of a household's sales that were paid.
	HouseholdStatements(context.Context, HouseholdDocuments) (Entries, error)
	// Issue issues a document, or returns the one that was. Conflict: its subject has not happened yet.
	IssueDocument(context.Context, Issue) (Document, error)
	Document(context.Context, Ref) (Document, error)
	// DocumentRegister lists issued documents by number. For the county.
	DocumentRegister(context.Context, Filter) (Entries, error)
}
