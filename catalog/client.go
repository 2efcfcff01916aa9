package catalog

import (
	"context"

	"github.com/nats-io/nats.go"

	"banmuyuan/internal/link"
)

// NewClient returns the service of whichever process answers on nc.
func NewClient(nc *nats.Conn) Service { return client{nc} }

type client struct{ nc *nats.Conn }

func (c client) Presales(ctx context.Context, r PresaleFilter) (PresalePage, error) {
	return link.Call[PresaleFilter, PresalePage](ctx, c.nc, SubjectPresales, r)
}

func (c client) Presale(ctx context.Context, r PresaleRef) (PresaleDetail, error) {
	return link.Call[PresaleRef, PresaleDetail](ctx, c.nc, SubjectPresale, r)
}

func (c client) Stock(ctx context.Context, r None) ([]Stock, error) {
	return link.Call[None, []Stock](ctx, c.nc, SubjectStock, r)
}

func (c client) Reference(ctx context.Context, r None) (Reference, error) {
	return link.Call[None, Reference](ctx, c.nc, SubjectReference, r)
}

func (c client) Reserve(ctx context.Context, r ReserveRequest) (Reservation, error) {
	return link.Call[ReserveRequest, Reservation](ctx, c.nc, SubjectReserve, r)
}

func (c client) DryRun(ctx context.Context, r DryRunRequest) (DryRun, error) {
	return link.Call[DryRunRequest, DryRun](ctx, c.nc, SubjectDryRun, r)
}

func (c client) Household(ctx context.Context, r HouseholdRef) (Household, error) {
	return link.Call[HouseholdRef, Household](ctx, c.nc, SubjectHousehold, r)
}

func (c client) Households(ctx context.Context, r HouseholdFilter) (HouseholdPage, error) {
	return link.Call[HouseholdFilter, HouseholdPage](ctx, c.nc, SubjectHouseholds, r)
}

func (c client) HouseholdLots(ctx context.Context, r HouseholdRef) (HouseholdLots, error) {
	return link.Call[HouseholdRef, HouseholdLots](ctx, c.nc, SubjectHouseholdLots, r)
}

func (c client) Offer(ctx context.Context, r OfferRequest) (Lot, error) {
	return link.Call[OfferRequest, Lot](ctx, c.nc, SubjectOffer, r)
}

func (c client) SetConsent(ctx context.Context, r ConsentRequest) (Household, error) {
	return link.Call[ConsentRequest, Household](ctx, c.nc, SubjectConsent, r)
}

func (c client) ImportHouseholds(ctx context.Context, r ImportRequest) (ImportResult, error) {
	return link.Call[ImportRequest, ImportResult](ctx, c.nc, SubjectImportHouseholds, r)
}

func (c client) SavePresale(ctx context.Context, r Presale) (Presale, error) {
	return link.Call[Presale, Presale](ctx, c.nc, SubjectSavePresale, r)
}

func (c client) SetPresaleState(ctx context.Context, r PresaleStateRequest) (Presale, error) {
	return link.Call[PresaleStateRequest, Presale](ctx, c.nc, SubjectPresaleState, r)
}

func (c client) Coverage(ctx context.Context, r None) (Coverage, error) {
	return link.Call[None, Coverage](ctx, c.nc, SubjectCoverage, r)
}

func (c client) Verify(ctx context.Context, r None) (Findings, error) {
	return link.Call[None, Findings](ctx, c.nc, SubjectVerify, r)
}

func (c client) Holds(ctx context.Context, r HoldPageRequest) (HoldPage, error) {
	return link.Call[HoldPageRequest, HoldPage](ctx, c.nc, SubjectHolds, r)
}
