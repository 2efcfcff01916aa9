package desk

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"

	"banmuyuan/internal/link"
	"banmuyuan/orders"
)

// ShortUnits of one share will not come.
type ShortUnits struct{ Lot, Household, Units int64 }

// ShortCause is the reason why units will not come, with the report they belong to.
type ShortCause struct {
	Reason    string
	Lost      bool
	Shortfall int64
	Village   int64 // that cannot deliver as a whole
}

// ShareRow is a share as it is stored.
type ShareRow struct {
	OrderID     int64             `db:"order_id"`
	Line        int               `db:"line"`
	LotID       int64             `db:"lot_id"`
	HouseholdID int64             `db:"household_id"`
	VillageID   int64             `db:"village_id"`
	SellerOrg   int64             `db:"seller_org"`
	Qty         int64             `db:"qty"`
	Received    int64             `db:"received"`
	Held        int64             `db:"held"`
	Short       int64             `db:"short"`
	Settled     int64             `db:"settled"`
	Returned    int64             `db:"returned"`
	NetGrams    int64             `db:"net_grams"`
	Final       bool              `db:"final"`
	State       orders.ShareState `db:"state"`
	Policy      string            `db:"policy"`
	LevelFen    int64             `db:"level_fen"`
	TicketID    int64             `db:"ticket_id"`
}

const ShareColumns = `s.order_id, s.line, s.lot_id, s.household_id, s.village_id, s.seller_org, s.qty, s.received, s.held, s.short,
	s.settled, s.returned, s.net_grams, s.final, s.state, s.policy, s.level_fen, s.ticket_id`

// ReadShare reads a share of an order that is locked. NotFound.
func ReadShare(ctx context.Context, tx *sqlx.Tx, orderID int64, line int, lot int64) (*ShareRow, error) {
	s := &ShareRow{}
	err := tx.GetContext(ctx, s, `
		SELECT `+ShareColumns+` FROM share s WHERE s.order_id = $1 AND s.line = $2 AND s.lot_id = $3`, orderID, line, lot)
	if Missing(err) {
		return nil, link.E(link.NotFound, "share.unknown", "lot_id")
	}
	if err != nil {
		return nil, fmt.Errorf("read share: %w", err)
	}
	return s, nil
}

// Count is where the share's units are.
func (s *ShareRow) Count() orders.ShareCount {
	return orders.ShareCount{Qty: s.Qty, Received: s.Received, Held: s.Held, Short: s.Short, Returned: s.Returned,
		NetGrams: s.NetGrams, Final: s.Final}
}

// SetCount takes over a changed count, with the state that follows from it.
func (s *ShareRow) SetCount(c orders.ShareCount) {
	s.Received, s.Held, s.Short, s.Returned, s.NetGrams, s.Final = c.Received, c.Held, c.Short, c.Returned, c.NetGrams, c.Final
	s.State = c.State()
}

// Room is how many units may still come.
func (s *ShareRow) Room() int64 { return s.Count().Room() }

// Save writes a share after its quantities changed and brings its line in step: short units are no longer
// allocated, received units count. The household's expected income follows.
func (s *ShareRow) Save(ctx context.Context, tx *sqlx.Tx) error {
	s.SetCount(s.Count().Close())
	var was struct {
		Received int64 `db:"received"`
		Short    int64 `db:"short"`
		NetGrams int64 `db:"net_grams"`
	}
	err := tx.GetContext(ctx, &was, `
		UPDATE share s SET received = $4, held = $5, short = $6, settled = $7, returned = $8, net_grams = $9, final = $10, state = $11, ticket_id = $12
		FROM (SELECT received, short, net_grams FROM share WHERE order_id = $1 AND line = $2 AND lot_id = $3) was
		WHERE s.order_id = $1 AND s.line = $2 AND s.lot_id = $3
		RETURNING was.received, was.short, was.net_grams`,
		s.OrderID, s.Line, s.LotID, s.Received, s.Held, s.Short, s.Settled, s.Returned, s.NetGrams, s.Final, string(s.State), s.TicketID)
	if err != nil {
		return fmt.Errorf("save share: %w", err)
	}
	_, err = tx.ExecContext(ctx, `
		UPDATE order_line SET received = received + $3, net_grams = net_grams + $4, short = short + $5, allocated = allocated - $5
		WHERE order_id = $1 AND no = $2`, s.OrderID, s.Line, s.Received-was.Received, s.NetGrams-was.NetGrams, s.Short-was.Short)
	if err != nil {
		return fmt.Errorf("save line: %w", err)
	}
	if s.Short == was.Short {
		return nil
	}
	return Expect(ctx, tx, []int64{s.OrderID}, s.Line, []int64{s.LotID}) // nobody expects to be paid for missing units
}
