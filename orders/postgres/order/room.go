// Package order is the room of orders: quotes, placing, intake, confirmation, shortages, cancelling, expiry and late money.
package order

import (
	"context"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"banmuyuan/orders"
	"banmuyuan/orders/postgres/desk"
)

// Room places, confirms, cancels and completes orders.
type Room struct {
	*desk.Desk
	Intake *intake
	weigh  weighing
	unpaid *desk.Unpaid
	gate   gate
}

// weighing is the scale as orders asks for it.
type weighing interface {
	BeginWeighing(ctx context.Context, tx *sqlx.Tx, o *desk.OrderRow) error
	Bill(ctx context.Context, tx *sqlx.Tx, o *desk.OrderRow) error
	NotesOf(ctx context.Context, q desk.Queryer, where string, args ...any) (orders.DeliveryNotes, error)
	MayTouchShare(ctx context.Context, orderID int64, line int, lot int64) (int64, error)
	Progress(ctx context.Context, tx *sqlx.Tx, o *desk.OrderRow, l *desk.LineRow, village int64) error
	ReverseDelivery(ctx context.Context, tx *sqlx.Tx, o *desk.OrderRow, id int64) error
	Shares(ctx context.Context, c desk.Collector, where string, args ...any) ([]orders.Share, error)
}

func New(ctx context.Context, d *desk.Desk, w weighing) (*Room, error) {
	m := &Room{Desk: d, weigh: w}
	m.unpaid = m.unpaidOrders()
	var err error
	m.Intake, err = newIntake(ctx, m)
	return m, err
}

// Stop writes all waiting orders and takes no more.
func (m *Room) Stop() { m.Intake.stop() }

// Tasks returns the handlers of tasks about orders.
func (m *Room) Tasks() map[string]desk.TaskFunc {
	return map[string]desk.TaskFunc{"late": m.latePayment, "reclaim": m.reclaim, "refill": m.refill}
}

// Verify adds nothing to the checks.
func (m *Room) Verify(context.Context, *orders.Findings) error { return nil }

// Open counts the orders that are not over.
func (m *Room) Open(season int) []desk.OpenCount {
	return []desk.OpenCount{{Kind: orders.OpenOrders, SQL: `
		SELECT count(*), 0 FROM orders o WHERE NOT o.state = ANY($2) AND EXISTS (
			SELECT FROM order_line l JOIN offer f ON f.id = l.offer_id WHERE l.order_id = o.id AND f.season = $1)`,
		Args: []any{season, pq.Array(desk.Finals(orders.Machine))}}}
}
