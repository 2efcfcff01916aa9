// Package adopt is the room of adoptions (认养) and of standing boxes (菜箱).
package adopt

import (
	"context"
	"errors"
	"time"

	"github.com/jmoiron/sqlx"

	"banmuyuan/internal/link"
	"banmuyuan/orders"
	"banmuyuan/orders/postgres/desk"
)

// Room keeps adoptions and standing boxes.
type Room struct {
	*desk.Desk
	order  ordering
	income desk.Averages
	unpaid *desk.Unpaid
}

func New(d *desk.Desk, o ordering, a desk.Averages) *Room {
	m := &Room{Desk: d, order: o, income: a}
	m.unpaid = m.newUnpaid()
	return m
}

// ordering places the order of a standing box.
type ordering interface {
	Draft(ctx context.Context, a link.Actor, org int64, r orders.PlaceRequest) (*desk.Draft, error)
	PlacedBefore(ctx context.Context, a link.Actor, key string, hash []byte) (*orders.Order, error)
	Reserve(ctx context.Context, d *desk.Draft) error
	Write(ctx context.Context, a link.Actor, d *desk.Draft) (orders.Order, error)
}

// Work expires, lapses and settles adoptions and places the orders of standing boxes.
func (m *Room) Work(ctx context.Context) error {
	return errors.Join(m.workAdoptions(ctx), m.workBoxes(ctx))
}

// PaymentsChanged applies payments and refunds of adoptions.
func (m *Room) PaymentsChanged(ctx context.Context, tx *sqlx.Tx, e desk.PaymentEvents) error {
	return m.adoptionMoney(ctx, tx, e.Succeeded, e.Refunds)
}

// Checks returns the queries about adoptions and boxes.
func (m *Room) Checks(late time.Time) []desk.Check {
	return append(adoptionChecks(late), boxChecks(late)...)
}

// Tasks returns nothing: the room has no tasks.
func (m *Room) Tasks() map[string]desk.TaskFunc { return nil }

// Verify adds nothing to the checks.
func (m *Room) Verify(context.Context, *orders.Findings) error { return nil }
