package api

import (
	"context"
	"fmt"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/payments"
	"banmuyuan/web/auth"
)

type poolQuery struct {
	Kind  string `query:"kind" enum:"seedpotato,mushroom,solar"`
	State string `query:"state" enum:"draft,waiting,posted,cancelled"`
}

type poolIn struct {
	ID int64 `path:"id"`
}

type poolFields struct {
	Kind       payments.PoolKind      `json:"kind" enum:"seedpotato,mushroom,solar"`
	Title      string                 `json:"title"`
	Season     int                    `json:"season"`
	Month      int                    `json:"month"`
	Org        int64                  `json:"org,omitempty" description:"The cooperative whose surplus it is; 0 for solar"`
	RecordDate string                 `json:"record_date" description:"YYYY-MM-DD"`
	Income     []payments.PoolItem    `json:"income"`
	Costs      []payments.PoolItem    `json:"costs"`
	ReserveFen int64                  `json:"reserve_fen"`
	Villages   []payments.VillagePart `json:"villages,omitempty" description:"Solar only: what village collectives keep, in fen or in basis points of income less costs"`
	TradeBP    int64                  `json:"trade_bp,omitempty" description:"Part that goes by trade volume in basis points, at least 6000; not for solar"`
}

type newPoolIn struct {
	Key string `header:"Idempotency-Key" json:"-" required:"true"`
	poolFields
}

type changePoolIn struct {
	ID      int64 `path:"id" json:"-"`
	Version int   `json:"version" description:"The version that was read; another one is 409"`
	poolFields
}

func (f poolFields) save() payments.SavePool {
	return payments.SavePool{Kind: f.Kind, Title: f.Title, Season: f.Season, Month: f.Month, Org: f.Org, RecordDate: f.RecordDate, Income: f.Income,
		Costs: f.Costs, ReserveFen: f.ReserveFen, TradeBP: f.TradeBP, Villages: f.Villages}
}

type poolMemberIn struct {
	Code      string `json:"code" description:"Of the household"`
	Shares    int64  `json:"shares,omitempty" description:"Fen of share capital for seed potatoes, shares for mushrooms"`
	Trade     int64  `json:"trade,omitempty" description:"Hundredths of a mu for seed potatoes, bags for mushrooms"`
	AmountFen int64  `json:"amount_fen,omitempty" description:"Solar only: what the village's list says"`
}

type poolMembersIn struct {
	ID      int64          `path:"id" json:"-"`
	Version int            `json:"version"`
	Members []poolMemberIn `json:"members"`
}

type poolMembersQuery struct {
	ID     int64  `path:"id"`
	Cursor string `query:"cursor"`
	Limit  int    `query:"limit" minimum:"1" maximum:"1000"`
}

type decidePoolIn struct {
	ID      int64  `path:"id" json:"-"`
	Version int    `json:"version,omitempty"`
	Approve bool   `json:"approve"`
	Reason  string `json:"reason,omitempty"`
}

func (a *API) poolMembers(ctx context.Context, in poolMembersIn) (link.Raw[payments.Pool], error) {
	known := map[string]catalog.Household{}
	err := catalog.EachHousehold(ctx, a.services.Catalog, catalog.HouseholdFilter{}, func(h catalog.Household) error {
		known[h.Code] = h
		return nil
	})
	if err != nil {
		return nil, err
	}
	var bad link.Problems
	members := make([]payments.Member, len(in.Members))
	for i, m := range in.Members {
		h, ok := known[m.Code]
		if !ok {
			bad.Add("household.unknown", fmt.Sprintf("members[%d].code", i))
		}
		members[i] = payments.Member{Household: h.ID, Persons: int64(h.Persons), Shares: m.Shares, Trade: m.Trade, ListedFen: m.AmountFen}
	}
	if err := bad.Err(); err != nil {
		return nil, err
	}
	return a.raw.Distributions.SetMembers(ctx, payments.SetMembers{ID: in.ID, Version: in.Version, Members: members})
}

func (a *API) distributionEndpoints() []endpoint {
	d := a.raw.Distributions
	county := only(auth.County)
	return []endpoint{
		op("GET", "/distributions", "distributions.list", "Distributions of seed potato, mushroom and solar income", county,
			func(ctx context.Context, in poolQuery) (link.Raw[payments.Pools], error) {
				return d.Pools(ctx, payments.PoolFilter{Kind: payments.PoolKind(in.Kind), State: payments.PoolState(in.State)})
			}),
		op("POST", "/distributions", "distributions.create", "Make a distribution with its income, costs and reserve", county,
			func(ctx context.Context, in newPoolIn) (link.Raw[payments.Pool], error) {
				if err := needKey(in.Key); err != nil {
					return nil, err
				}
				save := in.save()
				save.IdempotencyKey = in.Key
				return d.SavePool(ctx, save)
			}).created(),
		op("GET", "/distributions/{id}", "distributions.get", "One distribution", county,
			func(ctx context.Context, in poolIn) (link.Raw[payments.Pool], error) {
				return d.Pool(ctx, payments.PoolRef{ID: in.ID})
			}),
		op("PUT", "/distributions/{id}", "distributions.change", "Change a draft", county,
			func(ctx context.Context, in changePoolIn) (link.Raw[payments.Pool], error) {
				save := in.save()
				save.ID, save.Version = in.ID, in.Version
				return d.SavePool(ctx, save)
			}),
		op("PUT", "/distributions/{id}/members", "distributions.members_set", "Take the snapshot of who takes part", county, a.poolMembers),
		op("GET", "/distributions/{id}/members", "distributions.members", "Each household's share; of a draft what it would be", county,
			func(ctx context.Context, in poolMembersQuery) (link.Raw[payments.PoolMembers], error) {
				return d.PoolMembers(ctx, payments.PoolMembersRequest{ID: in.ID, Cursor: in.Cursor, Limit: in.Limit})
			}).ofPeople(),
		op("POST", "/distributions/{id}/submission", "distributions.submit", "Fix the shares for the second person", county,
			func(ctx context.Context, in poolIn) (link.Raw[payments.Pool], error) {
				return d.SubmitPool(ctx, payments.PoolRef{ID: in.ID})
			}),
		op("POST", "/distributions/{id}/decision", "distributions.decide", "Post it, or send it back, as the second person", county,
			func(ctx context.Context, in decidePoolIn) (link.Raw[payments.Pool], error) {
				return d.DecidePool(ctx, payments.DecidePool{ID: in.ID, Version: in.Version, Approve: in.Approve, Reason: in.Reason})
			}),
		op("POST", "/distributions/{id}/cancellation", "distributions.cancel", "Give a draft up", county,
			func(ctx context.Context, in poolIn) (link.Raw[payments.Pool], error) {
				return d.CancelPool(ctx, payments.PoolRef{ID: in.ID})
			}),
		op("GET", "/villages/{id}/money", "villages.money", "The money of a village collective: its parts of distributions, and its payments", county,
			func(ctx context.Context, in idIn) (link.Raw[payments.VillageStatement], error) {
				return d.VillageStatement(ctx, payments.VillageRef{Village: in.ID})
			}),
		op("GET", "/households/{code}/distributions", "households.distributions", "What a household got of each distribution, and of what", loggedIn,
			func(ctx context.Context, in codeIn) (link.Raw[payments.HouseholdShares], error) {
				ctx, h, err := a.household(ctx, in.Code)
				if err != nil {
					return nil, err
				}
				return d.HouseholdShares(ctx, payments.HouseholdRef{ID: h.ID})
			}),
	}
}
