package payments

import (
	"context"
	"maps"
	"slices"
	"time"
)

// ReversalState: asked → posted | refused.
type ReversalState string

const (
	ReversalAsked   ReversalState = "asked"
	ReversalPosted  ReversalState = "posted"
	ReversalRefused ReversalState = "refused"
)

// reversible are the kinds of posting that a person makes by an entry, and that a person may have reversed:
// the entry is taken back with it. All others follow from something that happened to an order, a household or at
// a provider, and are corrected there: reversed alone, they would make the books differ from the rest.
var reversible = map[string]bool{
	"cash.banked":        true, // cash brought to the bank
	"statement.fee":      true, // money out, explained as the bank's fee
	"statement.booked":   true, // money in, matched with an earlier posting
	"statement.returned": true, // money in, transferred back
	"refund":             true, // a refund by bank or in cash, entered as paid
	"org.paid":           true, // a payment to an organisation, entered as made
	"org.returned":       true, // one that was entered as come back
}

// MayReverse reports whether postings of a kind may be reversed by hand.
func MayReverse(kind string) bool { return reversible[kind] }

// ReversibleKinds lists them.
func ReversibleKinds() []string { return slices.Sorted(maps.Keys(reversible)) }

// Reversal is a posting that somebody wants reversed by hand.
type Reversal struct {
	ID         int64         `json:"id"`
	Txn        JournalTxn    `json:"txn"`
	State      ReversalState `json:"state"`
	Reason     string        `json:"reason"`
	AskedAt    time.Time     `json:"asked_at"`
	AskedBy    string        `json:"asked_by"`
	DecidedAt  *time.Time    `json:"decided_at,omitempty"`
	DecidedBy  string        `json:"decided_by,omitempty"`
	WhyRefused string        `json:"why_refused,omitempty"`
	ReversalID int64         `json:"reversal_id,omitempty"` // of the posting that reverses it
	BookedOn   string        `json:"booked_on,omitempty"`   // and the day it is booked on: in an open month
}

type ReversalFilter struct {
	State  ReversalState `json:"state,omitempty"`
	Txn    int64         `json:"txn,omitempty"`
	Cursor string        `json:"cursor,omitempty"`
	Limit  int           `json:"limit,omitempty"`
}

type ReversalPage struct {
	Items  []Reversal `json:"items"` // newest first
	Total  int        `json:"total"`
	Cursor string     `json:"cursor,omitempty"`
}

type AskReversal struct {
	TxnID  int64  `json:"txn_id"`
	Reason string `json:"reason"`
}

type DecideReversal struct {
	ID      int64  `json:"id"`
	Approve bool   `json:"approve"`
	Why     string `json:"why,omitempty"` // of a refusal
}

// Reversals are the corrections of postings that a person typed in. For the county.
//
//link:service payments v1 raw
type Reversals interface {
	Reversals(context.Context, ReversalFilter) (ReversalPage, error)
	// AskReversal asks a second person to reverse a posting. Invalid for a kind that is corrected elsewhere, Conflict when
	// it was reversed before, is asked for, or something builds on it.
	AskReversal(context.Context, AskReversal) (Reversal, error) //link:subject reversal_ask
	// DecideReversal posts the mirror into the open month and takes back the entry, or leaves everything.
	// Forbidden for the person who asked, and for the one who made the posting.
	DecideReversal(context.Context, DecideReversal) (Reversal, error) //link:subject reversal_decide
}
