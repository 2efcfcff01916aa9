package payments

import (
	"context"
	"time"

	"github.com/nats-io/nats.go"

	"banmuyuan/internal/link"
)

// AccountReviews are the payout accounts that wait for a second person: entered by somebody else than the household, or
// used by several households.
type AccountReviews interface {
	// AccountsToReview lists them, oldest first. For the county.
	AccountsToReview(context.Context, None) (AccountsToReview, error)
	// DecidePayoutAccount puts an account into use or refuses it, with a reason. The same under the same key is answered as
	// it was. Forbidden for the person who entered it; Conflict when nothing waits, or the key was used for something else.
	DecidePayoutAccount(context.Context, DecidePayoutAccount) (PayoutAccount, error)
	// AccountHistory is every account a household ever had and its author, newest first. For the household, its
	// helper and the county.
	AccountHistory(context.Context, HouseholdRef) (AccountHistory, error)
}

// AccountToReview says why an account waits: Shared are the other households that are paid to the same number.
type AccountToReview struct {
	PayoutAccount
	EnteredBy string  `json:"entered_by"`
	OnBehalf  bool    `json:"on_behalf"` // for the household, by somebody else
	Shared    []int64 `json:"shared,omitempty"`
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
}

type AccountHistory struct {
	Items []AccountChange `json:"items"`
}

// Request subjects of AccountReviews.
const (
	SubjectAccountsToReview    = "rpc.payments.v1.accounts_to_review"
	SubjectDecidePayoutAccount = "rpc.payments.v1.payout_account_decide"
	SubjectAccountHistory      = "rpc.payments.v1.account_history"
)

// NewAccountReviewsClient returns the service of whichever process answers on nc.
func NewAccountReviewsClient(nc *nats.Conn) AccountReviews { return accountReviewsClient{nc} }

type accountReviewsClient struct{ nc *nats.Conn }

func (c accountReviewsClient) AccountsToReview(ctx context.Context, r None) (AccountsToReview, error) {
	return link.Call[None, AccountsToReview](ctx, c.nc, SubjectAccountsToReview, r)
}

func (c accountReviewsClient) DecidePayoutAccount(ctx context.Context, r DecidePayoutAccount) (PayoutAccount, error) {
	return link.Call[DecidePayoutAccount, PayoutAccount](ctx, c.nc, SubjectDecidePayoutAccount, r)
}

func (c accountReviewsClient) AccountHistory(ctx context.Context, r HouseholdRef) (AccountHistory, error) {
	return link.Call[HouseholdRef, AccountHistory](ctx, c.nc, SubjectAccountHistory, r)
}

// RegisterAccountReviews lets svc answer.
func RegisterAccountReviews(s *link.Server, svc AccountReviews) {
	link.Handle(s, SubjectAccountsToReview, svc.AccountsToReview)
	link.Handle(s, SubjectDecidePayoutAccount, svc.DecidePayoutAccount)
	link.Handle(s, SubjectAccountHistory, svc.AccountHistory)
}
