// Package shelf is the room of the charity supermarkets (半亩园爱心超市): stock, buy-ins, till, online sales and returns.
package shelf

import (
	"context"
	"errors"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"banmuyuan/orders"
	"banmuyuan/orders/postgres/desk"
	"banmuyuan/orders/shelf"
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

// Work expires unpaid sales and posts buy-ins that a stopped process left on the way.
func (m *Room) Work(ctx context.Context) error {
	return errors.Join(m.unpaid.Work(ctx), takings{m}.resume(ctx))
}

// PaymentsChanged applies payments of sales and bills of buy-in sheets.
func (m *Room) PaymentsChanged(ctx context.Context, tx *sqlx.Tx, e desk.PaymentEvents) error {
	return m.shelfPaid(ctx, tx, e.Succeeded, e.Refs)
}

// Checks returns the queries about stock, sales and sheets.
func (m *Room) Checks(late time.Time) []desk.Check { return shelfChecks(late) }

// Tasks returns nothing: the room has no tasks.
func (m *Room) Tasks() map[string]desk.TaskFunc { return nil }

// Verify compares buy-ins with the catalogue.
func (m *Room) Verify(ctx context.Context, res *orders.Findings) error {
	return takings{m}.verify(ctx, res)
}

// Open counts the buy-ins that wait. What a shop sells is the shop's, and belongs to no season.
func (m *Room) Open(season int) []desk.OpenCount {
	return []desk.OpenCount{{Kind: orders.OpenBuyIns, SQL: `
		SELECT count(*), coalesce(sum(amount_fen), 0)::bigint FROM shelf_taking WHERE season = $1 AND NOT state = ANY($2)`,
		Args: []any{season, pq.Array(desk.Finals(shelf.BuyInMachine))}}}
}
