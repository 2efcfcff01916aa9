package contract

import (
	"context"

	"github.com/nats-io/nats.go"

	"banmuyuan/internal/link"
	"banmuyuan/orders"
)

// Request subjects of purchase contracts.
const (
	SubjectSaveContract   = "rpc.orders.v1.contract_save"
	SubjectMoveContract   = "rpc.orders.v1.contract_move"
	SubjectContract       = "rpc.orders.v1.contract"
	SubjectContracts      = "rpc.orders.v1.contracts"
	SubjectProposeQuotas  = "rpc.orders.v1.quotas_propose"
	SubjectQuotas         = "rpc.orders.v1.quotas"
	SubjectQuota          = "rpc.orders.v1.quota"
	SubjectSignOffer      = "rpc.orders.v1.sign_offer"
	SubjectSignUp         = "rpc.orders.v1.sign_up"
	SubjectAnswerQuota    = "rpc.orders.v1.quota_answer"
	SubjectCallOff        = "rpc.orders.v1.call_off"
	SubjectCallOffs       = "rpc.orders.v1.call_offs"
	SubjectCollectionPlan = "rpc.orders.v1.plan"
	SubjectFulfilment     = "rpc.orders.v1.fulfilment"
	SubjectProcurement    = "rpc.orders.v1.procurement"
	SubjectPayAdvance     = "rpc.orders.v1.advance_pay"
	SubjectSetReference   = "rpc.orders.v1.reference_set"
	SubjectReferences     = "rpc.orders.v1.references"
	SubjectRaising        = "rpc.orders.v1.raising"
)

// NewClient reaches the contracts over NATS, wherever the module runs.
func NewClient(nc *nats.Conn) Service { return client{nc} }

type client struct{ nc *nats.Conn }

func (c client) SaveContract(ctx context.Context, r Save) (Contract, error) {
	return link.Call[Save, Contract](ctx, c.nc, SubjectSaveContract, r)
}

func (c client) MoveContract(ctx context.Context, r Move) (Contract, error) {
	return link.Call[Move, Contract](ctx, c.nc, SubjectMoveContract, r)
}

func (c client) Contract(ctx context.Context, r Ref) (Contract, error) {
	return link.Call[Ref, Contract](ctx, c.nc, SubjectContract, r)
}

func (c client) Contracts(ctx context.Context, r Filter) (Page, error) {
	return link.Call[Filter, Page](ctx, c.nc, SubjectContracts, r)
}

func (c client) ProposeQuotas(ctx context.Context, r ProposeQuotas) (Proposed, error) {
	return link.Call[ProposeQuotas, Proposed](ctx, c.nc, SubjectProposeQuotas, r)
}

func (c client) Quotas(ctx context.Context, r QuotaFilter) (QuotaPage, error) {
	return link.Call[QuotaFilter, QuotaPage](ctx, c.nc, SubjectQuotas, r)
}

func (c client) Quota(ctx context.Context, r QuotaRef) (Quota, error) {
	return link.Call[QuotaRef, Quota](ctx, c.nc, SubjectQuota, r)
}

func (c client) SignOffer(ctx context.Context, r SignOfferRequest) (SignOffer, error) {
	return link.Call[SignOfferRequest, SignOffer](ctx, c.nc, SubjectSignOffer, r)
}

func (c client) SignUp(ctx context.Context, r SignUp) (Quota, error) {
	return link.Call[SignUp, Quota](ctx, c.nc, SubjectSignUp, r)
}

func (c client) AnswerQuota(ctx context.Context, r AnswerQuota) (Quota, error) {
	return link.Call[AnswerQuota, Quota](ctx, c.nc, SubjectAnswerQuota, r)
}

func (c client) CallOff(ctx context.Context, r CallOff) (orders.Order, error) {
	return link.Call[CallOff, orders.Order](ctx, c.nc, SubjectCallOff, r)
}

func (c client) CallOffs(ctx context.Context, r Ref) (CallOffs, error) {
	return link.Call[Ref, CallOffs](ctx, c.nc, SubjectCallOffs, r)
}

func (c client) Plan(ctx context.Context, r PlanRequest) (Plan, error) {
	return link.Call[PlanRequest, Plan](ctx, c.nc, SubjectCollectionPlan, r)
}

func (c client) Fulfilment(ctx context.Context, r Ref) (Fulfilment, error) {
	return link.Call[Ref, Fulfilment](ctx, c.nc, SubjectFulfilment, r)
}

func (c client) Procurement(ctx context.Context, r orders.None) (Procurement, error) {
	return link.Call[orders.None, Procurement](ctx, c.nc, SubjectProcurement, r)
}

func (c client) PayAdvance(ctx context.Context, r orders.PayRequest) (orders.PayStart, error) {
	return link.Call[orders.PayRequest, orders.PayStart](ctx, c.nc, SubjectPayAdvance, r)
}

func (c client) SetReference(ctx context.Context, r SetReference) (ReferencePrices, error) {
	return link.Call[SetReference, ReferencePrices](ctx, c.nc, SubjectSetReference, r)
}

func (c client) References(ctx context.Context, r ReferenceFilter) (ReferencePrices, error) {
	return link.Call[ReferenceFilter, ReferencePrices](ctx, c.nc, SubjectReferences, r)
}

func (c client) Raising(ctx context.Context, r orders.RaisingRequest) (orders.Raising, error) {
	return link.Call[orders.RaisingRequest, orders.Raising](ctx, c.nc, SubjectRaising, r)
}

// RegisterContracts lets svc answer the requests about contracts.
func Register(s *link.Server, svc Service) {
	link.Handle(s, SubjectSaveContract, svc.SaveContract)
	link.Handle(s, SubjectMoveContract, svc.MoveContract)
	link.Handle(s, SubjectContract, svc.Contract)
	link.Handle(s, SubjectContracts, svc.Contracts)
	link.Handle(s, SubjectProposeQuotas, svc.ProposeQuotas)
	link.Handle(s, SubjectQuotas, svc.Quotas)
	link.Handle(s, SubjectQuota, svc.Quota)
	link.Handle(s, SubjectSignOffer, svc.SignOffer)
	link.Handle(s, SubjectSignUp, svc.SignUp)
	link.Handle(s, SubjectAnswerQuota, svc.AnswerQuota)
	link.Handle(s, SubjectCallOff, svc.CallOff)
	link.Handle(s, SubjectCallOffs, svc.CallOffs)
	link.Handle(s, SubjectCollectionPlan, svc.Plan)
	link.Handle(s, SubjectFulfilment, svc.Fulfilment)
	link.Handle(s, SubjectProcurement, svc.Procurement)
	link.Handle(s, SubjectPayAdvance, svc.PayAdvance)
	link.Handle(s, SubjectSetReference, svc.SetReference)
	link.Handle(s, SubjectReferences, svc.References)
	link.Handle(s, SubjectRaising, svc.Raising)
}
