package api

import (
	"context"

	"banmuyuan/internal/link"

	"banmuyuan/catalog"
	"banmuyuan/payments"
	"banmuyuan/web/auth"
)

type unmaskIn struct {
	Code   string `path:"code" json:"-"`
	Reason string `json:"reason"`
}

type pageQuery struct {
	Cursor string `query:"cursor"`
	Limit  int    `query:"limit" minimum:"1" maximum:"200"`
}

func (a *API) privacyEndpoints() []endpoint {
	county := only(auth.County)
	return []endpoint{
		op("POST", "/households/{code}/account/unmasking", "households.account_unmask", "See an account number in full; who looked and why is written down", county,
			func(ctx context.Context, in unmaskIn) (link.Raw[payments.Unmasked], error) {
				ctx, h, err := a.household(ctx, in.Code)
				if err != nil {
					return nil, err
				}
				return a.raw.PrivateAccounts.Unmask(ctx, payments.Unmask{Household: h.ID, Reason: in.Reason})
			}),
		op("POST", "/households/{code}/id/unmasking", "households.id_unmask", "See the head's id number in full; who looked and why is written down", county,
			func(ctx context.Context, in unmaskIn) (link.Raw[catalog.UnmaskedID], error) {
				ctx, h, err := a.household(ctx, in.Code)
				if err != nil {
					return nil, err
				}
				return a.raw.PrivateIDs.UnmaskID(ctx, catalog.UnmaskID{HouseholdID: h.ID, Reason: in.Reason})
			}),
		op("GET", "/unmaskings/accounts", "unmaskings.accounts", "Who saw account numbers in full", county,
			func(ctx context.Context, in pageQuery) (link.Raw[payments.Unmaskings], error) {
				return a.raw.PrivateAccounts.Unmaskings(ctx, payments.UnmaskingFilter{Cursor: in.Cursor, Limit: in.Limit})
			}),
		op("GET", "/unmaskings/ids", "unmaskings.ids", "Who saw id numbers in full", county,
			func(ctx context.Context, _ struct{}) (link.Raw[catalog.IDUnmaskings], error) {
				return a.raw.PrivateIDs.IDUnmaskings(ctx, catalog.None{})
			}),
	}
}
