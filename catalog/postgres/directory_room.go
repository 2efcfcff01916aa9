package postgres

import (
	"context"

	"github.com/jmoiron/sqlx"

	"banmuyuan/catalog"
)

// room keeps the county's reference data.
type room struct {
	*Desk
	store   store
	batches chan struct{} // wakes Run
}

var _ catalog.Directory = (*room)(nil)

// store is the rest of the catalogue as the directory asks for it.
type store interface {
	// HoldOversold holds what households with another register have sold too much of.
	HoldOversold(ctx context.Context, tx *sqlx.Tx, all []resized) error
	// RefreshReference reads what changed in the reference after a commit.
	RefreshReference(ctx context.Context) error
}

func newRoom(d *Desk, s store) *room {
	return &room{Desk: d, store: s, batches: make(chan struct{}, 1)}
}
