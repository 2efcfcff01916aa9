// Package shelf is the room of the charity supermarkets (半亩园爱心超市): stock, buy-ins, till, online sales and returns.
package shelf

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"

	"banmuyuan/orders"
	"banmuyuan/orders/postgres/desk"
)

// Room keeps the goods of charity supermarkets.
type Room struct {
	*desk.Desk
	order  ordering
	income desk.Averages
	unpaid *desk.Unpaid
}

func New(d *desk.Desk, a desk.Averages) *Room {
	m := &Room{Desk: d, income: a}
	m.unpaid = m.newUnpaid()
	return m
}

// Connect gives the shelf the orders; their tickets in turn ask for the shelf's traces.
func (m *Room) Connect(o ordering) { m.order = o }

// ordering places the order of a standing list.
type ordering interface {
	Place(ctx context.Context, r orders.PlaceRequest) (orders.Order, error)
}

// Work expires unpaid sales.
func (m *Room) Work(ctx context.Context) error { return m.unpaid.Work(ctx) }

// PaymentsChanged applies payments of sales and bills of buy-in sheets.
func (m *Room) PaymentsChanged(ctx context.Context, tx *sqlx.Tx, e desk.PaymentEvents) error {
	return m.shelfPaid(ctx, tx, e.Succeeded, e.Refs)
}

// Checks returns the queries about stock, sales and sheets.
func (m *Room) Checks(late time.Time) []desk.Check { return shelfChecks(late) }

// Tasks returns nothing: the room has no tasks.
func (m *Room) Tasks() map[string]desk.TaskFunc { return nil }

// Verify adds nothing to the checks.
func (m *Room) Verify(context.Context, *orders.Findings) error { return nil }

// Open returns nothing: what a shop sells is the shop's, and belongs to no season.
func (m *Room) Open(int) []desk.OpenCount { return nil }
