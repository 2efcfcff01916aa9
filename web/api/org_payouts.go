package api

import (
	"context"

	"banmuyuan/internal/link"

	"banmuyuan/payments"
	"banmuyuan/web/auth"
)

type orgAccountsQuery struct {
	Org     int64  `query:"org"`
	Account string `query:"account" enum:"coop,raiser,village"`
}

type orgPayoutsQuery struct {
	Org     int64  `query:"org"`
	Account string `query:"account" enum:"coop,raiser,village"`
	State   string `query:"state" enum:"proposed,approved,rejected,paid,failed,returned"`
	Cursor  string `query:"cursor"`
	Limit   int    `query:"limit" minimum:"1" maximum:"200"`
}

type proposeOrgPayoutIn struct {
	Key       string `header:"Idempotency-Key" json:"-" required:"true"`
	Org       int64  `json:"org" description:"The organisation, or the village of account village"`
	Account   string `json:"account" enum:"coop,raiser,village"`
	AmountFen int64  `json:"amount_fen" description:"At most the account's payable_fen"`
	Note      string `json:"note,omitempty"`
}

type decideOrgPayoutIn struct {
	ID      int64  `path:"id" json:"-"`
	Approve bool   `json:"approve"`
	Why     string `json:"why,omitempty" description:"Of a rejection"`
}

type orgPayoutPaidIn struct {
	ID      int64  `path:"id" json:"-"`
	BankRef string `json:"bank_ref"`
	PaidOn  string `json:"paid_on" format:"date"`
}

type orgPayoutFailedIn struct {
	ID  int64  `path:"id" json:"-"`
	Why string `json:"why"`
}

type orgPayoutReturnedIn struct {
	ID         int64  `path:"id" json:"-"`
	Why        string `json:"why"`
	ReturnedOn string `json:"returned_on" format:"date"`
}

// orgPayoutEndpoints pay organisations. Their officers read their own.
func (a *API) orgPayoutEndpoints() []endpoint {
	o := a.raw.OrgPayouts
	county := only(auth.County)
	reading := only(auth.County, []auth.Role{auth.Officer, auth.OrgApprover})
	return []endpoint{
		op("GET", "/org-accounts", "org_payouts.accounts", "What organisations are owed and can be paid now; their officers read their own", reading,
			func(ctx context.Context, in orgAccountsQuery) (link.Raw[payments.OrgAccounts], error) {
				return o.OrgAccounts(ctx, payments.OrgAccountFilter{Org: in.Org, Account: payments.OrgAccountKind(in.Account)})
			}),
		op("GET", "/org-payouts", "org_payouts.list", "Payments to organisations, newest first; their officers read their own", reading,
			func(ctx context.Context, in orgPayoutsQuery) (link.Raw[payments.OrgPayoutPage], error) {
				return o.OrgPayouts(ctx, payments.OrgPayoutFilter{Org: in.Org, Account: payments.OrgAccountKind(in.Account), State: payments.OrgPayoutState(in.State),
					Cursor: in.Cursor, Limit: in.Limit})
			}),
		op("GET", "/org-payouts/{id}", "org_payouts.get", "One payment to an organisation", reading,
			func(ctx context.Context, in idIn) (link.Raw[payments.OrgPayout], error) {
				return o.OrgPayout(ctx, payments.OrgPayoutRef{ID: in.ID})
			}),
		op("POST", "/org-payouts", "org_payouts.propose", "Propose to pay an organisation; a second person has to approve it", county,
			func(ctx context.Context, in proposeOrgPayoutIn) (link.Raw[payments.OrgPayout], error) {
				if err := needKey(in.Key); err != nil {
					return nil, err
				}
				return o.ProposeOrgPayout(ctx, payments.ProposeOrgPayout{IdempotencyKey: in.Key, Org: in.Org, Account: payments.OrgAccountKind(in.Account),
					AmountFen: in.AmountFen, Note: in.Note})
			}).created(),
		op("POST", "/org-payouts/{id}/decision", "org_payouts.decide", "Approve or reject a payment as the second person", county,
			func(ctx context.Context, in decideOrgPayoutIn) (link.Raw[payments.OrgPayout], error) {
				return o.DecideOrgPayout(ctx, payments.DecideOrgPayout{ID: in.ID, Approve: in.Approve, Why: in.Why})
			}),
		op("POST", "/org-payouts/{id}/paid", "org_payouts.paid", "Say that the bank has paid, which books it", county,
			func(ctx context.Context, in orgPayoutPaidIn) (link.Raw[payments.OrgPayout], error) {
				on, err := dateIn("paid_on", in.PaidOn)
				if err != nil {
					return nil, err
				}
				return o.RecordOrgPayout(ctx, payments.RecordOrgPayout{ID: in.ID, BankRef: in.BankRef, PaidOn: on})
			}),
		op("POST", "/org-payouts/{id}/failed", "org_payouts.failed", "Say that the bank has not paid and will not: nothing moves", county,
			func(ctx context.Context, in orgPayoutFailedIn) (link.Raw[payments.OrgPayout], error) {
				return o.FailOrgPayout(ctx, payments.FailOrgPayout{ID: in.ID, Why: in.Why})
			}),
		op("POST", "/org-payouts/{id}/returned", "org_payouts.returned", "Say that a payment came back: the money is owed again", county,
			func(ctx context.Context, in orgPayoutReturnedIn) (link.Raw[payments.OrgPayout], error) {
				on, err := dateIn("returned_on", in.ReturnedOn)
				if err != nil {
					return nil, err
				}
				return o.ReturnOrgPayout(ctx, payments.ReturnOrgPayout{ID: in.ID, Why: in.Why, ReturnedOn: on})
			}),
	}
}
