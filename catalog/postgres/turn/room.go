// Package turn is the room of the catalogue's store that tells households where their turn stands, keeps their objections, and
// tells the county which households have not sold yet, and the receivers of a presale's money.
//
// What must always hold: a turn is computed from a copy of the data that orders are divided by; an objection and its end are never
// changed; nobody answers an objection of their own.
package turn

import (
	"context"

	"banmuyuan/catalog"
	"banmuyuan/catalog/postgres/desk"
)

// Room tells turns and keeps objections.
type Room struct {
	*desk.Desk
	store store
}

var _ catalog.Turns = (*Room)(nil)

// store is the rest of the catalogue as turns ask for it.
type store interface {
	Household(ctx context.Context, ref catalog.HouseholdRef) (catalog.Household, error)
	HouseholdLots(ctx context.Context, r catalog.HouseholdSeason) (catalog.HouseholdLots, error)
	// Standing returns where a household stands in a presale. It costs no more than a look into a map, most of the time.
	Standing(ctx context.Context, presale, household int64) (catalog.Standing, error)
	// LevelFen returns a household's level in a season, also where it stands in no line.
	LevelFen(ctx context.Context, season int, household int64) (int64, error)
	RaiserName(org int64) string
	// SellersPresale returns a presale to the county and its seller.
	SellersPresale(ctx context.Context, r catalog.PresaleRef) (catalog.PublicPresale, error)
	PresaleOf(id int64) (catalog.Presale, bool)
	DefaultSeason() int
}

// New makes the room; s is the store that it belongs to.
func New(d *desk.Desk, s store) *Room { return &Room{Desk: d, store: s} }
