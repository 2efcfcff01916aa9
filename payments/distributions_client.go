package payments

import (
	"context"

	"github.com/nats-io/nats.go"

	"banmuyuan/internal/link"
)

// Request subjects of Distributions.
const (
	SubjectPools           = "rpc.payments.v1.pools"
	SubjectPool            = "rpc.payments.v1.pool"
	SubjectSavePool        = "rpc.payments.v1.save_pool"
	SubjectSetMembers      = "rpc.payments.v1.set_members"
	SubjectPoolMembers     = "rpc.payments.v1.pool_members"
	SubjectSubmitPool      = "rpc.payments.v1.submit_pool"
	SubjectDecidePool      = "rpc.payments.v1.decide_pool"
	SubjectCancelPool      = "rpc.payments.v1.cancel_pool"
	SubjectHouseholdShares = "rpc.payments.v1.household_shares"
)

type distributionsClient struct{ nc *nats.Conn }

// NewDistributionsClient asks the module over NATS.
func NewDistributionsClient(nc *nats.Conn) Distributions { return distributionsClient{nc} }

func (c distributionsClient) Pools(ctx context.Context, r PoolFilter) (Pools, error) {
	return link.Call[PoolFilter, Pools](ctx, c.nc, SubjectPools, r)
}

func (c distributionsClient) Pool(ctx context.Context, r PoolRef) (Pool, error) {
	return link.Call[PoolRef, Pool](ctx, c.nc, SubjectPool, r)
}

func (c distributionsClient) SavePool(ctx context.Context, r SavePool) (Pool, error) {
	return link.Call[SavePool, Pool](ctx, c.nc, SubjectSavePool, r)
}

func (c distributionsClient) SetMembers(ctx context.Context, r SetMembers) (Pool, error) {
	return link.Call[SetMembers, Pool](ctx, c.nc, SubjectSetMembers, r)
}

func (c distributionsClient) PoolMembers(ctx context.Context, r PoolMembersRequest) (PoolMembers, error) {
	return link.Call[PoolMembersRequest, PoolMembers](ctx, c.nc, SubjectPoolMembers, r)
}

func (c distributionsClient) SubmitPool(ctx context.Context, r PoolRef) (Pool, error) {
	return link.Call[PoolRef, Pool](ctx, c.nc, SubjectSubmitPool, r)
}

func (c distributionsClient) DecidePool(ctx context.Context, r DecidePool) (Pool, error) {
	return link.Call[DecidePool, Pool](ctx, c.nc, SubjectDecidePool, r)
}

func (c distributionsClient) CancelPool(ctx context.Context, r PoolRef) (Pool, error) {
	return link.Call[PoolRef, Pool](ctx, c.nc, SubjectCancelPool, r)
}

func (c distributionsClient) HouseholdShares(ctx context.Context, r HouseholdRef) (HouseholdShares, error) {
	return link.Call[HouseholdRef, HouseholdShares](ctx, c.nc, SubjectHouseholdShares, r)
}

// RegisterDistributions answers the request subjects of Distributions on s with svc.
func RegisterDistributions(s *link.Server, svc Distributions) {
	link.Handle(s, SubjectPools, svc.Pools)
	link.Handle(s, SubjectPool, svc.Pool)
	link.Handle(s, SubjectSavePool, svc.SavePool)
	link.Handle(s, SubjectSetMembers, svc.SetMembers)
	link.Handle(s, SubjectPoolMembers, svc.PoolMembers)
	link.Handle(s, SubjectSubmitPool, svc.SubmitPool)
	link.Handle(s, SubjectDecidePool, svc.DecidePool)
	link.Handle(s, SubjectCancelPool, svc.CancelPool)
	link.Handle(s, SubjectHouseholdShares, svc.HouseholdShares)
}
