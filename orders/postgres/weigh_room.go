package postgres

import (
	"context"

	"github.com/jmoiron/sqlx"

	"banmuyuan/orders"
)

// weighRoom collects, weighs and delivers shares.
type weighRoom struct {
	*desk
	order    weighOrder
	contract weighContract
	income   averageKeeper
	shelf    weighShelf
}

// weighOrder is an order as the scale asks for it.
type weighOrder interface {
	find(ctx context.Context, r orders.OrderRef) (*orderRow, []lineRow, view, error)
	lookElsewhere(ctx context.Context, tx *sqlx.Tx, o *orderRow, l *lineRow, short []shortUnits, c shortCause) error
}

// weighContract is a call-off's contract as the scale asks for it.
type weighContract interface {
	agreements(ctx context.Context, orderIDs []int64) (map[int64]agreement, error)
	priceTicket(ctx context.Context, tx *sqlx.Tx, o *orderRow, r orders.WeighRequest) (*ticketPricing, error)
	pricings(ctx context.Context, tickets []int64) (map[int64]*orders.TicketContract, error)
	undoWorkOff(ctx context.Context, tx *sqlx.Tx, tickets []int64) error
	writePricing(ctx context.Context, tx *sqlx.Tx, ticket int64, p *ticketPricing) error
	workOff(ctx context.Context, tx *sqlx.Tx, o *orderRow, ws []orders.Weighing) (int64, error)
}

// weighShelf is the shelf as the scale asks for it.
type weighShelf interface {
	traceOf(ctx context.Context, t ticketRow) (string, error)
}

// Tasks returns nothing: the room has no tasks.
func (m *weighRoom) Tasks() map[string]taskHandler { return nil }

// Work does nothing: nothing falls due in the room.
func (m *weighRoom) Work(context.Context) error { return nil }

// PaymentsChanged does nothing: the room follows no payment.
func (m *weighRoom) PaymentsChanged(context.Context, *sqlx.Tx, paymentEvents) error { return nil }

// Verify adds nothing to the checks.
func (m *weighRoom) Verify(context.Context, *orders.Findings) error { return nil }
