// Package directory is the room of the county's reference data: entries of every kind, batches of rows, and the importer of
// households.
package directory

import (
	"context"

	"github.com/jmoiron/sqlx"

	"banmuyuan/catalog"
	"banmuyuan/catalog/postgres/desk"
)

// Room keeps the county's reference data.
type Room struct {
	*desk.Desk
	store   store
	batches chan struct{} // wakes Run
}

var _ catalog.Directory = (*Room)(nil)

// store is the rest of the catalogue as the directory asks for it.
type store interface {
	// HoldOversold holds what households with another register have sold too much of.
	HoldOversold(ctx context.Context, tx *sqlx.Tx, all []desk.Resized) error
	// RefreshReference reads what changed in the reference after a commit.
	RefreshReference(ctx context.Context) error
}

// New makes the room; s is the store that it belongs to.
func New(d *desk.Desk, s store) *Room {
	return &Room{Desk: d, store: s, batches: make(chan struct{}, 1)}
}
