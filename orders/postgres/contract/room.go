// Package contract is the room of purchase contracts (收购合同): terms, quotas, call-offs, reference prices and advances.
package contract

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"banmuyuan/internal/link"
	"banmuyuan/orders"
	"banmuyuan/orders/contract"
	"banmuyuan/orders/postgres/desk"
)

// Room keeps purchase contracts, their quotas and call-offs.
type Room struct {
	*desk.Desk
	order ordering
}

func New(d *desk.Desk) *Room { return &Room{Desk: d} }

// Connect sets the door to orders, which depend on contracts themselves.
func (m *Room) Connect(o ordering) { m.order = o }

// ordering writes the order of a call-off.
type ordering interface {
	PlacedBefore(ctx context.Context, a link.Actor, key string, hash []byte) (*orders.Order, error)
	Reserve(ctx context.Context, d *desk.Draft) error
	Write(ctx context.Context, a link.Actor, d *desk.Draft) (orders.Order, error)
}

// Work ends proposals, resumes bookings and brings contracts in step with the catalogue.
func (m *Room) Work(ctx context.Context) error { return m.workContracts(ctx) }

// PaymentsChanged applies the bills of advances.
func (m *Room) PaymentsChanged(ctx context.Context, tx *sqlx.Tx, e desk.PaymentEvents) error {
	return m.advancesChanged(ctx, tx, e.Refs)
}

// Checks returns the queries about contracts.
func (m *Room) Checks(late time.Time) []desk.Check { return contractChecks(late) }

// Verify compares quotas with the catalogue's lots.
func (m *Room) Verify(ctx context.Context, res *orders.Findings) error {
	return m.verifyQuotas(ctx, res)
}

// Tasks returns nothing: the room has no tasks.
func (m *Room) Tasks() map[string]desk.TaskFunc { return nil }

// Open counts the contracts and quotas that are not over. A draft binds nobody.
func (m *Room) Open(season int) []desk.OpenCount {
	return []desk.OpenCount{
		{Kind: orders.OpenContracts, SQL: `SELECT count(*), 0 FROM contract WHERE season = $1 AND state = ANY($2)`,
			Args: []any{season, pq.Array(contract.Machine.From(contract.StepClose))}},
		{Kind: orders.OpenQuotas, SQL: `
			SELECT count(*), 0 FROM quota q JOIN contract c ON c.id = q.contract_id WHERE c.season = $1 AND NOT q.state = ANY($2)`,
			Args: []any{season, pq.Array(desk.Finals(contract.QuotaMachine))}},
	}
}
