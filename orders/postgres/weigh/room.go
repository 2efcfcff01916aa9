// Package weigh is the room of the scale: collection lists, weigh tickets, weighings made without a network, deliveries and bills.
package weigh

import (
	"context"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"banmuyuan/orders"
	"banmuyuan/orders/postgres/desk"
)

// Room collects, weighs and delivers shares.
type Room struct {
	*desk.Desk
	order    ordering
	contract contracts
	income   desk.Averages
	shelf    shelves
}

func New(d *desk.Desk, c contracts, a desk.Averages, s shelves) *Room {
	return &Room{Desk: d, contract: c, income: a, shelf: s}
}

// Connect sets the door to orders, which depend on the scale themselves.
func (m *Room) Connect(o ordering) { m.order = o }

// ordering is an order as the scale asks for it.
type ordering interface {
	Find(ctx context.Context, r orders.OrderRef) (*desk.OrderRow, []desk.LineRow, orders.View, error)
	LookElsewhere(ctx context.Context, tx *sqlx.Tx, o *desk.OrderRow, l *desk.LineRow, short []desk.ShortUnits, c desk.ShortCause) error
}

// contracts is a call-off's contract as the scale asks for it.
type contracts interface {
	Agreements(ctx context.Context, orderIDs []int64) (map[int64]desk.Agreement, error)
	PriceTicket(ctx context.Context, tx *sqlx.Tx, o *desk.OrderRow, r orders.WeighRequest) (*desk.TicketPricing, error)
	Pricings(ctx context.Context, tickets []int64) (map[int64]*orders.TicketContract, error)
	UndoWorkOff(ctx context.Context, tx *sqlx.Tx, tickets []int64) error
	WritePricing(ctx context.Context, tx *sqlx.Tx, ticket int64, p *desk.TicketPricing) error
	WorkOff(ctx context.Context, tx *sqlx.Tx, o *desk.OrderRow, ws []orders.Weighing) (int64, error)
}

// shelves is the shelf as the scale asks for it.
type shelves interface {
	TraceOf(ctx context.Context, t desk.TicketRow) (string, error)
}

// Tasks returns nothing: the room has no tasks.
func (m *Room) Tasks() map[string]desk.TaskFunc { return nil }

// Work does nothing: nothing falls due in the room.
func (m *Room) Work(context.Context) error { return nil }

// PaymentsChanged does nothing: the room follows no payment.
func (m *Room) PaymentsChanged(context.Context, *sqlx.Tx, desk.PaymentEvents) error { return nil }

// Verify adds nothing to the checks.
func (m *Room) Verify(context.Context, *orders.Findings) error { return nil }

// Open counts the weighings that wait for a person.
func (m *Room) Open(season int) []desk.OpenCount {
	const ofSeason = `SELECT FROM order_line l JOIN offer f ON f.id = l.offer_id WHERE l.order_id = w.order_id AND l.no = w.line AND f.season = $1`
	return []desk.OpenCount{
		{Kind: orders.OpenTickets, SQL: `SELECT count(*), 0 FROM ticket w WHERE w.state = ANY($2) AND EXISTS (` + ofSeason + `)`,
			Args: []any{season, pq.Array(orders.TicketMachine.From(orders.TicketAccept))}},
		{Kind: orders.OpenConflicts, SQL: `SELECT count(*), 0 FROM weigh_conflict w WHERE w.state = ANY($2) AND EXISTS (` + ofSeason + `)`,
			Args: []any{season, pq.Array(orders.ConflictMachine.From(orders.ConflictDrop))}},
	}
}
