package orders

import (
	"context"

	"github.com/nats-io/nats.go"

	"banmuyuan/internal/link"
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

// NewContractsClient reaches the contracts over NATS, wherever the module runs.
func NewContractsClient(nc *nats.Conn) Contracts { return contractsClient{nc} }

type contractsClient struct{ nc *nats.Conn }

func (c contractsClient) SaveContract(ctx context.Context, r SaveContract) (Contract, error) {
	return link.Call[SaveContract, Contract](ctx, c.nc, SubjectSaveContract, r)
}

func (c contractsClient) MoveContract(ctx context.Context, r MoveContract) (Contract, error) {
	return link.Call[MoveContract, Contract](ctx, c.nc, SubjectMoveContract, r)
}

func (c contractsClient) Contract(ctx context.Context, r ContractRef) (Contract, error) {
	return link.Call[ContractRef, Contract](ctx, c.nc, SubjectContract, r)
}

func (c contractsClient) Contracts(ctx context.Context, r ContractFilter) (ContractPage, error) {
	return link.Call[ContractFilter, ContractPage](ctx, c.nc, SubjectContracts, r)
}

func (c contractsClient) ProposeQuotas(ctx context.Context, r ProposeQuotas) (Proposed, error) {
	return link.Call[ProposeQuotas, Proposed](ctx, c.nc, SubjectProposeQuotas, r)
}

func (c contractsClient) Quotas(ctx context.Context, r QuotaFilter) (QuotaPage, error) {
	return link.Call[QuotaFilter, QuotaPage](ctx, c.nc, SubjectQuotas, r)
}

func (c contractsClient) Quota(ctx context.Context, r QuotaRef) (Quota, error) {
	return link.Call[QuotaRef, Quota](ctx, c.nc, SubjectQuota, r)
}

func (c contractsClient) SignOffer(ctx context.Context, r SignOfferRequest) (SignOffer, error) {
	return link.Call[SignOfferRequest, SignOffer](ctx, c.nc, SubjectSignOffer, r)
}

func (c contractsClient) SignUp(ctx context.Context, r SignUp) (Quota, error) {
	return link.Call[SignUp, Quota](ctx, c.nc, SubjectSignUp, r)
}

func (c contractsClient) AnswerQuota(ctx context.Context, r AnswerQuota) (Quota, error) {
	return link.Call[AnswerQuota, Quota](ctx, c.nc, SubjectAnswerQuota, r)
}

func (c contractsClient) CallOff(ctx context.Context, r CallOff) (Order, error) {
	return link.Call[CallOff, Order](ctx, c.nc, SubjectCallOff, r)
}

func (c contractsClient) CallOffs(ctx context.Context, r ContractRef) (CallOffs, error) {
	return link.Call[ContractRef, CallOffs](ctx, c.nc, SubjectCallOffs, r)
}

func (c contractsClient) Plan(ctx context.Context, r PlanRequest) (Plan, error) {
	return link.Call[PlanRequest, Plan](ctx, c.nc, SubjectCollectionPlan, r)
}

func (c contractsClient) Fulfilment(ctx context.Context, r ContractRef) (Fulfilment, error) {
	return link.Call[ContractRef, Fulfilment](ctx, c.nc, SubjectFulfilment, r)
}

func (c contractsClient) Procurement(ctx context.Context, r None) (Procurement, error) {
	return link.Call[None, Procurement](ctx, c.nc, SubjectProcurement, r)
}

func (c contractsClient) PayAdvance(ctx context.Context, r PayRequest) (PayStart, error) {
	return link.Call[PayRequest, PayStart](ctx, c.nc, SubjectPayAdvance, r)
}

func (c contractsClient) SetReference(ctx context.Context, r SetReference) (ReferencePrices, error) {
	return link.Call[SetReference, ReferencePrices](ctx, c.nc, SubjectSetReference, r)
}

func (c contractsClient) References(ctx context.Context, r ReferenceFilter) (ReferencePrices, error) {
	return link.Call[ReferenceFilter, ReferencePrices](ctx, c.nc, SubjectReferences, r)
}

func (c contractsClient) Raising(ctx context.Context, r RaisingRequest) (Raising, error) {
	return link.Call[RaisingRequest, Raising](ctx, c.nc, SubjectRaising, r)
}

// RegisterContracts lets svc answer the requests about contracts.
func RegisterContracts(s *link.Server, svc Contracts) {
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
