package payments

import (
	"context"
	"time"
)

// OrgAccountKind is the reason for which an organisation is owed money. One organisation may have both accounts.
type OrgAccountKind string

const (
	OrgCoop   OrgAccountKind = "coop"   // fees, and goods of its own that it sold
	OrgRaiser OrgAccountKind = "raiser" // its part of animals that it raised for households (大户代养)

	// OrgVillage is the money of a village collective (村集体): its part of distributions. Org is then the village.
	OrgVillage OrgAccountKind = "village"
)

// OrgAccount is the money that an organisation, or a village collective, is owed for one reason. PayableFen is
// OwedFen − WaitingFen − TillFen − OpenFen, and 0 where that is below zero.
type OrgAccount struct {
	Org        int64          `json:"org"`
	Account    OrgAccountKind `json:"account"`
	EarnedFen  int64          `json:"earned_fen"` // all earnings, less deductions
	PaidFen    int64          `json:"paid_fen"`
	OwedFen    int64          `json:"owed_fen"`    // EarnedFen − PaidFen; below zero it got too much, which is kept back
	WaitingFen int64          `json:"waiting_fen"` // part of OwedFen that buyers have not paid or may still complain of
	TillFen    int64          `json:"till_fen"`    // cash that it took at its own counter and keeps
	OpenFen    int64          `json:"open_fen"`    // proposed or approved, and not paid
	PayableFen int64          `json:"payable_fen"`
}

// OrgAccountFilter selects accounts. With Org and without Account, villages are left out: their numbers are of their own.
type OrgAccountFilter struct {
	Org     int64          `json:"org,omitempty"` // an organisation's people are given their own
	Account OrgAccountKind `json:"account,omitempty"`
}

// OrgAccounts lists the accounts that were ever posted to, the most to pay first.
type OrgAccounts struct {
	Items []OrgAccount `json:"items"`
}

// OrgPayoutState: see the table in states.go.
type OrgPayoutState string

const (
	OrgPayoutProposed OrgPayoutState = "proposed" // waits for the second person
	OrgPayoutApproved OrgPayoutState = "approved" // the bank may be told to pay
	OrgPayoutRejected OrgPayoutState = "rejected"
	OrgPayoutPaid     OrgPayoutState = "paid"     // the bank did
	OrgPayoutFailed   OrgPayoutState = "failed"   // the bank did not: nothing has moved
	OrgPayoutReturned OrgPayoutState = "returned" // the bank did, and the money came back (退票): it is owed again
)

// OrgPayout is a payment from the county's account at the bank to an organisation (对公付款).
type OrgPayout struct {
	ID         int64          `json:"id"`
	No         string         `json:"no"`
	Org        int64          `json:"org"`
	Account    OrgAccountKind `json:"account"`
	AmountFen  int64          `json:"amount_fen"`
	Note       string         `json:"note,omitempty"`
	State      OrgPayoutState `json:"state"`
	ProposedAt time.Time      `json:"proposed_at"`
	ProposedBy string         `json:"proposed_by"`
	DecidedAt  *time.Time     `json:"decided_at,omitempty"`
	DecidedBy  string         `json:"decided_by,omitempty"`
	Why        string         `json:"why,omitempty"` // it was rejected, failed or came back
	BankRef    string         `json:"bank_ref,omitempty"`
	PaidOn     *time.Time     `json:"paid_on,omitempty"`
	ReturnedOn *time.Time     `json:"returned_on,omitempty"`
	RecordedAt *time.Time     `json:"recorded_at,omitempty"` // the latest of paid, failed, returned
	RecordedBy string         `json:"recorded_by,omitempty"`
	OnBank     bool           `json:"on_bank"` // the statement shows it
}

// OrgPayoutFilter selects payments, as OrgAccountFilter does.
type OrgPayoutFilter struct {
	Org     int64          `json:"org,omitempty"` // an organisation's people are given their own
	Account OrgAccountKind `json:"account,omitempty"`
	State   OrgPayoutState `json:"state,omitempty"`
	Cursor  string         `json:"cursor,omitempty"`
	Limit   int            `json:"limit,omitempty"`
}

type OrgPayoutPage struct {
	Items  []OrgPayout `json:"items"` // newest first
	Total  int         `json:"total"`
	SumFen int64       `json:"sum_fen"`
	Cursor string      `json:"cursor,omitempty"`
}

type OrgPayoutRef struct {
	ID int64 `json:"id"`
}

type ProposeOrgPayout struct {
	IdempotencyKey string         `json:"idempotency_key"`
	Org            int64          `json:"org"`
	Account        OrgAccountKind `json:"account"`
	AmountFen      int64          `json:"amount_fen"`
	Note           string         `json:"note,omitempty"`
}

type DecideOrgPayout struct {
	ID      int64  `json:"id"`
	Approve bool   `json:"approve"`
	Why     string `json:"why,omitempty"` // of a rejection
}

// RecordOrgPayout says that the bank has paid.
type RecordOrgPayout struct {
	ID      int64     `json:"id"`
	BankRef string    `json:"bank_ref"` // unique at the bank
	PaidOn  time.Time `json:"paid_on"`
}

// FailOrgPayout says that the bank has not paid and will not.
type FailOrgPayout struct {
	ID  int64  `json:"id"`
	Why string `json:"why"`
}

// ReturnOrgPayout says that the bank had paid and that the money came back.
type ReturnOrgPayout struct {
	ID         int64     `json:"id"`
	Why        string    `json:"why"`
	ReturnedOn time.Time `json:"returned_on"`
}

// OrgPayouts is how the county pays organisations. The county reads all of it; the officers of an organisation read their
// own, and to them another's does not exist. Every command that is said twice does once.
//
//link:service payments v1 raw
type OrgPayouts interface {
	OrgAccounts(context.Context, OrgAccountFilter) (OrgAccounts, error)
	OrgPayouts(context.Context, OrgPayoutFilter) (OrgPayoutPage, error)
	OrgPayout(context.Context, OrgPayoutRef) (OrgPayout, error)
	// ProposeOrgPayout is idempotent by its key. Conflict for more than can be paid, or for a key that was used otherwise.
	ProposeOrgPayout(context.Context, ProposeOrgPayout) (OrgPayout, error) //link:subject org_payout_propose
	// DecideOrgPayout: Forbidden for the person who proposed it. Conflict when it was decided, or can no longer be paid in full.
	DecideOrgPayout(context.Context, DecideOrgPayout) (OrgPayout, error) //link:subject org_payout_decide
	// RecordOrgPayout books it. Forbidden for the person who approved it. Conflict when it is not approved, or the reference is
	// another's.
	RecordOrgPayout(context.Context, RecordOrgPayout) (OrgPayout, error) //link:subject org_payout_record
	// FailOrgPayout leaves everything as it was before it was proposed. Conflict when it is not approved.
	FailOrgPayout(context.Context, FailOrgPayout) (OrgPayout, error) //link:subject org_payout_fail
	// ReturnOrgPayout books it back. Conflict when it is not paid.
	ReturnOrgPayout(context.Context, ReturnOrgPayout) (OrgPayout, error) //link:subject org_payout_return
}
