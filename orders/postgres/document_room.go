package postgres

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"

	"banmuyuan/internal/link"
	"banmuyuan/orders"
)

// documentRoom issues and shows documents.
type documentRoom struct {
	*desk
	order documentOrder
	weigh documentWeigh
}

// documentOrder reads the order that a document is about.
type documentOrder interface {
	find(ctx context.Context, r orders.OrderRef) (*orderRow, []lineRow, view, error)
	out(a link.Actor, o *orderRow, lines []lineRow) orders.Order
}

// documentWeigh reads the deliveries and tickets that a document is about.
type documentWeigh interface {
	Deliveries(ctx context.Context, r orders.OrderRef) (orders.DeliveryNotes, error)
	Ticket(ctx context.Context, r orders.TicketRef) (orders.Ticket, error)
	deliveries(ctx context.Context, q queryer, where string, args ...any) (orders.DeliveryNotes, error)
}

// Checks returns the queries about documents.
func (m *documentRoom) Checks(time.Time) []check { return documentChecks }

// Tasks returns nothing: the room has no tasks.
func (m *documentRoom) Tasks() map[string]taskHandler { return nil }

// Work does nothing: nothing falls due in the room.
func (m *documentRoom) Work(context.Context) error { return nil }

// PaymentsChanged does nothing: the room follows no payment.
func (m *documentRoom) PaymentsChanged(context.Context, *sqlx.Tx, paymentEvents) error { return nil }

// Verify adds nothing to the checks.
func (m *documentRoom) Verify(context.Context, *orders.Findings) error { return nil }
