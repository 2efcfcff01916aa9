package payments

import (
	"context"
	"time"
)

// TrialRequest asks for the books between two days of booking, YYYY-MM-DD. No From begins with the first posting, no To
// ends today.
type TrialRequest struct {
	From string `json:"from,omitempty"`
	To   string `json:"to,omitempty"`
}

// Trial lists for every kind of account the opening balance, the movement and the closing balance. + is debit.
type Trial struct {
	From   string      `json:"from,omitempty"`
	To     string      `json:"to"`
	Rows   []TrialLine `json:"rows"`
	SumFen int64       `json:"sum_fen"` // of the closing balances: must be 0
}

type TrialLine struct {
	Class      string `json:"class"`
	Kind       string `json:"kind"`
	OpeningFen int64  `json:"opening_fen"`
	DebitFen   int64  `json:"debit_fen"`
	CreditFen  int64  `json:"credit_fen"`
	ClosingFen int64  `json:"closing_fen"`
	Accounts   int64  `json:"accounts"`
}

type AccountRequest struct {
	Account string `json:"account"` // code
	From    string `json:"from,omitempty"`
	To      string `json:"to,omitempty"`
	Cursor  string `json:"cursor,omitempty"`
	Limit   int    `json:"limit,omitempty"`
}

// AccountStatement is one account between two days, oldest first. Opening, debit, credit and closing are over all lines,
// not only the page.
type AccountStatement struct {
	Account    string        `json:"account"`
	Class      string        `json:"class"`
	Kind       string        `json:"kind"`
	OpeningFen int64         `json:"opening_fen"`
	DebitFen   int64         `json:"debit_fen"`
	CreditFen  int64         `json:"credit_fen"`
	ClosingFen int64         `json:"closing_fen"`
	Items      []LedgerEntry `json:"items"`
	Total      int           `json:"total"`
	Cursor     string        `json:"cursor,omitempty"`
}

// LedgerEntry is one line of a transaction.
type LedgerEntry struct {
	TxnID       int64     `json:"txn_id"`
	Line        int       `json:"line"`
	Kind        string    `json:"kind"`
	BusinessKey string    `json:"business_key"`
	BookedOn    string    `json:"booked_on"`
	OccurredAt  time.Time `json:"occurred_at"`
	Actor       string    `json:"actor"`
	Account     string    `json:"account"`
	AmountFen   int64     `json:"amount_fen"`
	BalanceFen  int64     `json:"balance_fen,omitempty"` // after it; in account statements
}

type EntriesRequest struct {
	From   string `json:"from,omitempty"`
	To     string `json:"to,omitempty"`
	Cursor string `json:"cursor,omitempty"`
	Limit  int    `json:"limit,omitempty"`
}

// LedgerEntries is the journal line by line, oldest first.
type LedgerEntries struct {
	Items  []LedgerEntry `json:"items"`
	Cursor string        `json:"cursor,omitempty"`
}

// ClosingState: asked → closed | refused.
type ClosingState string

const (
	ClosingAsked   ClosingState = "asked"
	ClosingClosed  ClosingState = "closed"
	ClosingRefused ClosingState = "refused"
)

// Closing closes the books through the end of a month, and so all months before it.
type Closing struct {
	ID        int64        `json:"id"`
	Through   string       `json:"through"` // last day
	State     ClosingState `json:"state"`
	AskedAt   time.Time    `json:"asked_at"`
	AskedBy   string       `json:"asked_by"`
	DecidedAt *time.Time   `json:"decided_at,omitempty"`
	DecidedBy string       `json:"decided_by,omitempty"`
	Reason    string       `json:"reason,omitempty"`
}

// Period is a month of the books.
type Period struct {
	Month    string `json:"month"` // YYYY-MM
	Txns     int64  `json:"txns"`
	DebitFen int64  `json:"debit_fen"` // turnover
	LateTxns int64  `json:"late_txns"` // that had happened in a month closed before
	Closed   bool   `json:"closed"`
}

type Periods struct {
	Items         []Period  `json:"items"`    // newest first
	Closings      []Closing `json:"closings"` // newest first
	ClosedThrough string    `json:"closed_through,omitempty"`
}

type AskClosing struct {
	Month string `json:"month"` // YYYY-MM
}

type DecideClosing struct {
	ID      int64  `json:"id"`
	Approve bool   `json:"approve"`
	Reason  string `json:"reason,omitempty"`
}

// Books is the ledger as accountants read and close it. For the county.
//
//link:service payments v1 raw
type Books interface {
	Trial(context.Context, TrialRequest) (Trial, error)
	AccountStatement(context.Context, AccountRequest) (AccountStatement, error)
	LedgerEntries(context.Context, EntriesRequest) (LedgerEntries, error)
	Periods(context.Context, None) (Periods, error)
	// AskClosing asks a second person to close a month that is over. Conflict when another is asked for or it is closed.
	AskClosing(context.Context, AskClosing) (Closing, error) //link:body
	// DecideClosing closes the month for good, or leaves it open. Forbidden for the person who asked.
	DecideClosing(context.Context, DecideClosing) (Closing, error)
}
