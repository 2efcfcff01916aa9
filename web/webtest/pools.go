package webtest

import (
	"context"

	"banmuyuan/internal/link"
	"banmuyuan/payments"
)

// StubPools answers with one distribution.
type StubPools struct {
	payments.Distributions
	Empty   bool
	Kind    payments.PoolKind
	State   payments.PoolState
	Problem *link.Error
	Saved   payments.SavePool
	Members payments.SetMembers
	Decided []payments.DecidePool
	Refuse  error
}

func (p *StubPools) pool() payments.Pool {
	pool := payments.Pool{ID: 4, Kind: p.Kind, Title: "2026 年种薯分红", Season: 2026, Month: 12, Org: 5, RecordDate: "2026-10-31", State: p.State,
		Income: []payments.PoolItem{{Label: "种薯销售款", AmountFen: 1_500_00}}, Costs: []payments.PoolItem{{Label: "化肥", AmountFen: 400_00}}, ReserveFen: 100_00,
		TradeBP: 6000, Members: 2, TradeTotal: 200, ShareTotal: 250_000, IncomeFen: 1_500_00, CostFen: 400_00, SurplusFen: 1_000_00, TradeFen: 600_00, ShareFen: 400_00,
		ListedFen: 1_000_00, Version: 3, CreatedAt: Day, CreatedBy: "operator", SubmittedBy: "somebody", SubmittedAt: &Day}
	if p.Kind.Listed() {
		pool.Villages = []payments.VillagePart{{Village: 11, AmountFen: 60_00}, {Village: 12, AmountFen: 40_00, BP: 364}}
	}
	return pool
}

// VillageStatement of village 11 has a part of a distribution, a payment, and parts of two fees, one of which was taken back.
func (p *StubPools) VillageStatement(_ context.Context, r payments.VillageRef) (payments.VillageStatement, error) {
	s := payments.VillageStatement{Village: r.Village, Items: []payments.VillageEntry{}}
	if r.Village == 11 {
		s.Items = append(s.Items, payments.VillageEntry{On: Day, Kind: payments.VillageKept, Pool: 4, Title: "2026 年上半年光伏收益分配", AmountFen: 100_00},
			payments.VillageEntry{On: Day, Kind: payments.VillagePaid, Payout: 3, Title: "DG20260918-01", AmountFen: -40_00},
			payments.VillageEntry{On: Day, Kind: payments.VillageFee, Delivery: 9, Ref: "order:12", AmountFen: 5_00},
			payments.VillageEntry{On: Day, Kind: payments.VillageFeeBack, Delivery: 8, Ref: "order:12", AmountFen: -5_00})
		s.Sum()
	}
	return s, nil
}

func (p *StubPools) share() payments.PoolShare {
	return payments.PoolShare{Member: payments.Member{Household: 77, Persons: 3, Shares: 150_000, Trade: 100, ListedFen: 540_00}, TradeFen: 300_00, ShareFen: 240_00, AmountFen: 540_00}
}

func (p *StubPools) Pools(context.Context, payments.PoolFilter) (payments.Pools, error) {
	if p.Empty {
		return payments.Pools{}, nil
	}
	return payments.Pools{Items: []payments.Pool{p.pool()}}, nil
}

func (p *StubPools) Pool(context.Context, payments.PoolRef) (payments.Pool, error) {
	return p.pool(), nil
}

func (p *StubPools) PoolMembers(context.Context, payments.PoolMembersRequest) (payments.PoolMembers, error) {
	if p.Empty {
		return payments.PoolMembers{Problem: p.Problem}, nil
	}
	return payments.PoolMembers{Items: []payments.PoolShare{p.share()}, Total: 2, Problem: p.Problem, MostFen: 540_00, LessFen: 460_00}, nil
}

func (p *StubPools) SavePool(_ context.Context, r payments.SavePool) (payments.Pool, error) {
	p.Saved = r
	return p.pool(), p.Refuse
}

func (p *StubPools) SetMembers(_ context.Context, r payments.SetMembers) (payments.Pool, error) {
	p.Members = r
	return p.pool(), p.Refuse
}

func (p *StubPools) SubmitPool(context.Context, payments.PoolRef) (payments.Pool, error) {
	return p.pool(), p.Refuse
}

func (p *StubPools) DecidePool(_ context.Context, r payments.DecidePool) (payments.Pool, error) {
	p.Decided = append(p.Decided, r)
	return p.pool(), p.Refuse
}

func (p *StubPools) HouseholdShares(context.Context, payments.HouseholdRef) (payments.HouseholdShares, error) {
	if p.Empty {
		return payments.HouseholdShares{}, nil
	}
	return payments.HouseholdShares{Items: []payments.HouseholdShare{{Pool: p.pool(), Share: p.share(), State: payments.PayableReleased}}}, nil
}
