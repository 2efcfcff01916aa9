package postgres

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"

	"banmuyuan/orders"
)

// shelfRoom keeps the goods of charity supermarkets.
type shelfRoom struct {
	*desk
	order  shelfOrder
	income averageKeeper
}

// shelfOrder places the order of a standing list.
type shelfOrder interface {
	Place(ctx context.Context, r orders.PlaceRequest) (orders.Order, error)
}

// Work expires unpaid sales.
func (m *shelfRoom) Work(ctx context.Context) error { return m.expireSales(ctx) }

// PaymentsChanged applies payments of sales and bills of buy-in sheets.
func (m *shelfRoom) PaymentsChanged(ctx context.Context, tx *sqlx.Tx, e paymentEvents) error {
	return m.shelfPaid(ctx, tx, e.succeeded, e.refs)
}

// Checks returns the queries about stock, sales and sheets.
func (m *shelfRoom) Checks(late time.Time) []check { return shelfChecks(late) }

// Tasks returns nothing: the room has no tasks.
func (m *shelfRoom) Tasks() map[string]taskHandler { return nil }

// Verify adds nothing to the checks.
func (m *shelfRoom) Verify(context.Context, *orders.Findings) error { return nil }
