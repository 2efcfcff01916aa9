package postgres

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"

	"banmuyuan/internal/link"
	"banmuyuan/orders"
)

// contractRoom keeps purchase contracts, their quotas and call-offs.
type contractRoom struct {
	*desk
	order contractOrder
}

// contractOrder writes the order of a call-off.
type contractOrder interface {
	placedBefore(ctx context.Context, a link.Actor, key string, hash []byte) (*orders.Order, error)
	reserve(ctx context.Context, d *draft) error
	write(ctx context.Context, a link.Actor, d *draft) (orders.Order, error)
}

// Work ends proposals, resumes bookings and brings contracts in step with the catalogue.
func (m *contractRoom) Work(ctx context.Context) error { return m.workContracts(ctx) }

// PaymentsChanged applies the bills of advances.
func (m *contractRoom) PaymentsChanged(ctx context.Context, tx *sqlx.Tx, e paymentEvents) error {
	return m.advancesChanged(ctx, tx, e.refs)
}

// Checks returns the queries about contracts.
func (m *contractRoom) Checks(late time.Time) []check { return contractChecks(late) }

// Verify compares quotas with the catalogue's lots.
func (m *contractRoom) Verify(ctx context.Context, res *orders.Findings) error {
	return m.verifyQuotas(ctx, res)
}

// Tasks returns nothing: the room has no tasks.
func (m *contractRoom) Tasks() map[string]taskHandler { return nil }
