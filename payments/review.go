package payments

import (
	"context"
	"time"
)

// AccountReviews are the payout accounts that wait for a second person: every account that a person entered.
//
//link:service payments v1 raw
type AccountReviews interface {
	// AccountsToReview lists them, oldest first. For the county.
	AccountsToReview(context.Context, None) (AccountsToReview, error)
	// DecidePayoutAccount puts an account into use or refuses it, with a reason. The same under the same key is answered as
	// it was. Forbidden for the person who entered it; Conflict when nothing waits, or the key was used for something else.
	DecidePayoutAccount(context.Context, DecidePayoutAccount) (PayoutAccount, error) //link:subject payout_account_decide
	// AccountHistory is every account a household ever had and its author, newest first. For the household, its
	// helper and the county.
	AccountHistory(context.Context, HouseholdRef) (AccountHistory, error)
}

// AccountToReview is an account that waits: Shared are the other households that are paid to the same number.
type AccountToReview struct {
	PayoutAccount
	EnteredBy string  `json:"entered_by"`
	OnBehalf  bool    `json:"on_behalf"` // for the household, by somebody else
	Shared    []int64 `json:"shared,omitempty"`

	HolderWhy      string `json:"holder_why,omitempty"` // where the holder is not the household's head
	HolderDocument string `json:"holder_document,omitempty"`
}

type AccountsToReview struct {
	Items []AccountToReview `json:"items"`
}

type DecidePayoutAccount struct {
	Household int64  `json:"household"`
	Approve   bool   `json:"approve"`
	Why       string `json:"why"`

	IdempotencyKey string `json:"idempotency_key"`
}

// AccountChange is an account that was entered, masked.
type AccountChange struct {
	At         time.Time `json:"at"` // when it was last changed
	Bank       string    `json:"bank"`
	Number     string    `json:"number"`
	State      string    `json:"state"`
	EnteredBy  string    `json:"entered_by"`
	ApprovedBy string    `json:"approved_by,omitempty"`
	Why        string    `json:"why,omitempty"`
	OnBehalf   bool      `json:"on_behalf"` // entered by somebody for the household
	Batch      int64     `json:"batch,omitempty"`
	Sheet      string    `json:"sheet,omitempty"` // name of the batch's file
}

type AccountHistory struct {
	Items []AccountChange `json:"items"`
}
