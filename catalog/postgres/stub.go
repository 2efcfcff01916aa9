package postgres

import (
	"context"

	"banmuyuan/catalog"
)

func (c *Catalog) Household(context.Context, catalog.HouseholdRef) (x catalog.Household, err error) {
	panic("stub")
}
func (c *Catalog) Households(context.Context, catalog.HouseholdFilter) (x catalog.HouseholdPage, err error) {
	panic("stub")
}
func (c *Catalog) HouseholdLots(context.Context, catalog.HouseholdRef) (x catalog.HouseholdLots, err error) {
	panic("stub")
}
func (c *Catalog) Offer(context.Context, catalog.OfferRequest) (x catalog.Lot, err error) {
	panic("stub")
}
func (c *Catalog) SetConsent(context.Context, catalog.ConsentRequest) (x catalog.Household, err error) {
	panic("stub")
}
func (c *Catalog) ImportHouseholds(context.Context, catalog.ImportRequest) (x catalog.ImportResult, err error) {
	panic("stub")
}
func (c *Catalog) SavePresale(context.Context, catalog.Presale) (x catalog.Presale, err error) {
	panic("stub")
}
func (c *Catalog) SetPresaleState(context.Context, catalog.PresaleStateRequest) (x catalog.Presale, err error) {
	panic("stub")
}
func (c *Catalog) Coverage(context.Context, catalog.None) (x catalog.Coverage, err error) {
	panic("stub")
}
