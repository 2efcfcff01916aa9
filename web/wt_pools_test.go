package web

import (
	"context"

	"banmuyuan/internal/link"
	"banmuyuan/payments"
)

type stubPools struct {
	payments.Distributions
	empty   bool
	kind    payments.PoolKind
	state   payments.PoolState
	problem *link.Error
	saved   payments.SavePool
	members payments.SetMembers
	decided []payments.DecidePool
	refuse  error
}

func (p *stubPools) pool() payments.Pool {
	return payments.Pool{ID: 4, Kind: p.kind, Title: "2026 年种薯分红", Season: 2026, Month: 12, Org: 5, RecordDate: "2026-10-31", State: p.state,
		Income: []payments.PoolItem{{Label: "种薯销售款", AmountFen: 1_500_00}}, Costs: []payments.PoolItem{{Label: "化肥", AmountFen: 400_00}}, ReserveFen: 100_00,
		TradeBP: 6000, Members: 2, TradeTotal: 200, ShareTotal: 250_000, IncomeFen: 1_500_00, CostFen: 400_00, SurplusFen: 1_000_00, TradeFen: 600_00, ShareFen: 400_00,
		ListedFen: 1_000_00, Version: 3, CreatedAt: someDay, CreatedBy: "operator", SubmittedBy: "somebody", SubmittedAt: &someDay}
}

func (p *stubPools) share() payments.PoolShare {
	return payments.PoolShare{Member: payments.Member{Household: 77, Persons: 3, Shares: 150_000, Trade: 100, ListedFen: 540_00}, TradeFen: 300_00, ShareFen: 240_00, AmountFen: 540_00}
}

func (p *stubPools) Pools(context.Context, payments.PoolFilter) (payments.Pools, error) {
	if p.empty {
		return payments.Pools{}, nil
	}
	return payments.Pools{Items: []payments.Pool{p.pool()}}, nil
}

func (p *stubPools) Pool(context.Context, payments.PoolRef) (payments.Pool, error) {
	return p.pool(), nil
}

func (p *stubPools) PoolMembers(context.Context, payments.PoolMembersRequest) (payments.PoolMembers, error) {
	if p.empty {
		return payments.PoolMembers{Problem: p.problem}, nil
	}
	return payments.PoolMembers{Items: []payments.PoolShare{p.share()}, Total: 2, Problem: p.problem, MostFen: 540_00, LessFen: 460_00}, nil
}

func (p *stubPools) SavePool(_ context.Context, r payments.SavePool) (payments.Pool, error) {
	p.saved = r
	return p.pool(), p.refuse
}

func (p *stubPools) SetMembers(_ context.Context, r payments.SetMembers) (payments.Pool, error) {
	p.members = r
	return p.pool(), p.refuse
}

func (p *stubPools) SubmitPool(context.Context, payments.PoolRef) (payments.Pool, error) {
	return p.pool(), p.refuse
}

func (p *stubPools) DecidePool(_ context.Context, r payments.DecidePool) (payments.Pool, error) {
	p.decided = append(p.decided, r)
	return p.pool(), p.refuse
}

func (p *stubPools) HouseholdShares(context.Context, payments.HouseholdRef) (payments.HouseholdShares, error) {
	if p.empty {
		return payments.HouseholdShares{}, nil
	}
	return payments.HouseholdShares{Items: []payments.HouseholdShare{{Pool: p.pool(), Share: p.share(), State: payments.PayableReleased}}}, nil
}
