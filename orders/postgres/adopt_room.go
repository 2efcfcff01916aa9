package postgres

import (
	"context"
	"errors"
	"time"

	"github.com/jmoiron/sqlx"

	"banmuyuan/internal/link"
	"banmuyuan/orders"
)

// adoptRoom keeps adoptions and standing boxes.
type adoptRoom struct {
	*desk
	order  adoptOrder
	income averageKeeper
}

// adoptOrder places the order of a standing box.
type adoptOrder interface {
	draft(ctx context.Context, a link.Actor, org int64, r orders.PlaceRequest) (*draft, error)
	placedBefore(ctx context.Context, a link.Actor, key string, hash []byte) (*orders.Order, error)
	reserve(ctx context.Context, d *draft) error
	write(ctx context.Context, a link.Actor, d *draft) (orders.Order, error)
}

// Work expires, lapses and settles adoptions and places the orders of standing boxes.
func (m *adoptRoom) Work(ctx context.Context) error {
	return errors.Join(m.workAdoptions(ctx), m.workBoxes(ctx))
}

// PaymentsChanged applies payments and refunds of adoptions.
func (m *adoptRoom) PaymentsChanged(ctx context.Context, tx *sqlx.Tx, e paymentEvents) error {
	return m.adoptionMoney(ctx, tx, e.succeeded, e.refunds)
}

// Checks returns the queries about adoptions and boxes.
func (m *adoptRoom) Checks(late time.Time) []check {
	return append(adoptionChecks(late), boxChecks(late)...)
}

// Tasks returns nothing: the room has no tasks.
func (m *adoptRoom) Tasks() map[string]taskHandler { return nil }

// Verify adds nothing to the checks.
func (m *adoptRoom) Verify(context.Context, *orders.Findings) error { return nil }
