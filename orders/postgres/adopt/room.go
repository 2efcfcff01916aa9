// Package adopt is the room of adoptions (认养) and of standing boxes (菜箱).
package adopt

import (
	"context"
	"errors"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"banmuyuan/internal/link"
	"banmuyuan/orders"
	"banmuyuan/orders/adopt"
	"banmuyuan/orders/postgres/desk"
)

// Room keeps adoptions and standing boxes.
type Room struct {
	*desk.Desk
	order  ordering
	income desk.Averages
	unpaid *desk.Unpaid
}

func New(d *desk.Desk, o ordering, a desk.Averages) *Room {
	m := &Room{Desk: d, order: o, income: a}
	m.unpaid = m.newUnpaid()
	return m
}

// ordering places the order of a standing box.
type ordering interface {
	Draft(ctx context.Context, a link.Actor, org int64, r orders.PlaceRequest) (*desk.Draft, error)
	PlacedBefore(ctx context.Context, a link.Actor, key string, hash []byte) (*orders.Order, error)
	Reserve(ctx context.Context, d *desk.Draft) error
	Write(ctx context.Context, a link.Actor, d *desk.Draft) (orders.Order, error)
}

// Work expires, lapses and settles adoptions and places the orders of standing boxes.
func (m *Room) Work(ctx context.Context) error {
	return errors.Join(m.workAdoptions(ctx), m.workBoxes(ctx))
}

// PaymentsChanged applies payments and refunds of adoptions.
func (m *Room) PaymentsChanged(ctx context.Context, tx *sqlx.Tx, e desk.PaymentEvents) error {
	return m.adoptionMoney(ctx, tx, e.Succeeded, e.Refunds)
}

// Checks returns the queries about adoptions and boxes.
func (m *Room) Checks(late time.Time) []desk.Check {
	return append(adoptionChecks(late), boxChecks(late)...)
}

// Tasks returns nothing: the room has no tasks.
func (m *Room) Tasks() map[string]desk.TaskFunc { return nil }

// Verify adds nothing to the checks.
func (m *Room) Verify(context.Context, *orders.Findings) error { return nil }

// Open counts the adoptions, their boxes and the standing boxes that are not over.
func (m *Room) Open(season int) []desk.OpenCount {
	return []desk.OpenCount{
		{Kind: orders.OpenAdoptions, SQL: `
			SELECT count(*), 0 FROM adoption a JOIN offer f ON f.id = a.offer_id WHERE f.season = $1 AND NOT a.state = ANY($2)`,
			Args: []any{season, pq.Array(desk.Finals(adopt.Machine))}},
		{Kind: orders.OpenBoxes, SQL: `
			SELECT count(*), 0 FROM adoption_box b JOIN adoption a ON a.id = b.adoption_id JOIN offer f ON f.id = a.offer_id
			WHERE f.season = $1 AND NOT b.state = ANY($2) AND NOT a.state = ANY($3)`,
			Args: []any{season, pq.Array(desk.Finals(adopt.BoxMachine)), pq.Array(desk.Finals(adopt.Machine))}},
		{Kind: orders.OpenStandings, SQL: `
			SELECT count(*), 0 FROM standing s WHERE NOT s.state = ANY($2) AND EXISTS (
				SELECT FROM offer f WHERE f.presale_id = s.presale_id AND f.season = $1)`,
			Args: []any{season, pq.Array(desk.Finals(adopt.StandingMachine))}},
	}
}
