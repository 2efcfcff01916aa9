// Package document is the room of printed documents (单据): it issues, numbers and shows them.
package document

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"

	"banmuyuan/internal/link"
	"banmuyuan/orders"
	"banmuyuan/orders/postgres/desk"
)

// Room issues and shows documents.
type Room struct {
	*desk.Desk
	order ordering
	weigh weighing
}

func New(d *desk.Desk, o ordering, w weighing) *Room {
	return &Room{Desk: d, order: o, weigh: w}
}

// ordering reads the order that a document is about.
type ordering interface {
	Find(ctx context.Context, r orders.OrderRef) (*desk.OrderRow, []desk.LineRow, orders.View, error)
	Out(a link.Actor, o *desk.OrderRow, lines []desk.LineRow) orders.Order
}

// weighing reads the deliveries and tickets that a document is about.
type weighing interface {
	Deliveries(ctx context.Context, r orders.OrderRef) (orders.DeliveryNotes, error)
	Ticket(ctx context.Context, r orders.TicketRef) (orders.Ticket, error)
	NotesOf(ctx context.Context, q desk.Queryer, where string, args ...any) (orders.DeliveryNotes, error)
}

// Checks returns the queries about documents.
func (m *Room) Checks(time.Time) []desk.Check { return documentChecks }

// Tasks returns nothing: the room has no tasks.
func (m *Room) Tasks() map[string]desk.TaskFunc { return nil }

// Work does nothing: nothing falls due in the room.
func (m *Room) Work(context.Context) error { return nil }

// PaymentsChanged does nothing: the room follows no payment.
func (m *Room) PaymentsChanged(context.Context, *sqlx.Tx, desk.PaymentEvents) error { return nil }

// Verify adds nothing to the checks.
func (m *Room) Verify(context.Context, *orders.Findings) error { return nil }

// Open returns nothing: a document is never open.
func (m *Room) Open(int) []desk.OpenCount { return nil }
