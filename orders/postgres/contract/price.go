package contract

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"banmuyuan/internal/link"
	"banmuyuan/internal/money"
	"banmuyuan/orders"
	"banmuyuan/orders/contract"
	"banmuyuan/orders/postgres/desk"
)

// PriceTicket prices a weighing of a call-off, or returns nil for other orders.
func (m *Room) PriceTicket(ctx context.Context, tx *sqlx.Tx, o *desk.OrderRow, r orders.WeighRequest) (*desk.TicketPricing, error) {
	var contractID, point int64
	err := tx.QueryRowxContext(ctx, `SELECT contract_id, point_id FROM call_off WHERE order_id = $1`, o.ID).Scan(&contractID, &point)
	if desk.Missing(err) {
		if len(r.Adjustments) > 0 {
			return nil, link.E(link.Invalid, "contract.adjustment.unknown", "adjustments")
		}
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("look up call-off: %w", err)
	}
	if !contract.AtAgreedPoint(point, r.PointID) {
		ref, err := m.Ref.Get(ctx)
		if err != nil {
			return nil, err
		}
		return nil, link.E(link.Invalid, "weigh.point.agreed", "point_id", "point", ref.Points[point].Name)
	}
	c, err := contractByID(ctx, tx, contractID, false)
	if err != nil {
		return nil, err
	}
	at := r.WeighedAt
	if at.IsZero() {
		at = m.Now()
	}
	p := &desk.TicketPricing{Contract: contractID, Day: at.In(orders.China).Format(time.DateOnly)}
	// Entering the price of a day and writing its tickets exclude each other.
	if err := lockPrices(ctx, tx, c.Product); err != nil {
		return nil, err
	}
	reference, id, err := referenceOn(ctx, tx, c.Product, r.Grade, p.Day)
	if err != nil {
		return nil, err
	}
	if p.ContractPricing, err = c.terms.PriceAt(r.Grade, reference, r.Adjustments); err != nil {
		return nil, err
	}
	if p.ReferenceFen > 0 {
		p.ReferenceID = id
	}
	return p, nil
}

func lockPrices(ctx context.Context, tx *sqlx.Tx, product string) error {
	if _, err := tx.ExecContext(ctx, `SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || '.price.' || $1, 0))`, product); err != nil {
		return fmt.Errorf("lock prices of %s: %w", product, err)
	}
	return nil
}

// referenceOn returns the reference price of a day: the day's own, or the latest earlier one that still holds.
func referenceOn(ctx context.Context, q desk.Queryer, product, grade, day string) (money.Price, int64, error) {
	var row struct {
		ID  int64 `db:"id"`
		Fen int64 `db:"price_fen"`
		Per int64 `db:"price_per"`
	}
	err := q.GetContext(ctx, &row, `
		SELECT id, price_fen, price_per FROM reference_price
		WHERE product = $1 AND grade = $2 AND on_day <= $3::date AND on_day > $3::date - $4::int
		ORDER BY on_day DESC, id DESC LIMIT 1`, product, grade, day, contract.ReferenceHolds)
	if desk.Missing(err) {
		return money.Price{}, 0, nil
	}
	if err != nil {
		return money.Price{}, 0, fmt.Errorf("read reference price: %w", err)
	}
	return money.Price{Fen: row.Fen, Per: row.Per}, row.ID, nil
}

// WritePricing stores the parts of a ticket's price.
func (m *Room) WritePricing(ctx context.Context, tx *sqlx.Tx, ticket int64, p *desk.TicketPricing) error {
	_, err := tx.ExecContext(ctx, `
		INSERT INTO contract_ticket (ticket_id, contract_id, on_day, floor_fen, reference_fen, reference_id, adjust_fen, adjustments, price_fen)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		ticket, p.Contract, p.Day, p.FloorFen, p.ReferenceFen, p.ReferenceID, p.AdjustFen, desk.TextArray(append([]string{}, p.Adjustments...)), p.PriceFen)
	if err != nil {
		return fmt.Errorf("write pricing of ticket %d: %w", ticket, err)
	}
	return nil
}

// Pricings reads the parts of tickets' prices.
func (m *Room) Pricings(ctx context.Context, tickets []int64) (map[int64]*orders.TicketContract, error) {
	var rows []struct {
		TicketID     int64          `db:"ticket_id"`
		ContractID   int64          `db:"contract_id"`
		FloorFen     int64          `db:"floor_fen"`
		ReferenceFen int64          `db:"reference_fen"`
		ReferenceOn  string         `db:"reference_on"`
		AdjustFen    int64          `db:"adjust_fen"`
		Adjustments  pq.StringArray `db:"adjustments"`
		PriceFen     int64          `db:"price_fen"`
		Per          int64          `db:"price_per"`
		AdvanceFen   int64          `db:"advance_fen"`
	}
	err := m.DB.SelectContext(ctx, &rows, `
		SELECT x.ticket_id, x.contract_id, x.floor_fen, x.reference_fen, coalesce(to_char(r.on_day, 'YYYY-MM-DD'), '') AS reference_on,
		       x.adjust_fen, x.adjustments, x.price_fen, t.price_per, x.advance_fen
		FROM contract_ticket x JOIN ticket t ON t.id = x.ticket_id LEFT JOIN reference_price r ON r.id = x.reference_id
		WHERE x.ticket_id = ANY($1)`, desk.Ints(tickets))
	if err != nil {
		return nil, fmt.Errorf("read pricings: %w", err)
	}
	if len(rows) == 0 {
		return nil, nil
	}
	var ids []int64
	for _, r := range rows {
		ids = append(ids, r.ContractID)
	}
	contracts, err := readContracts(ctx, m.DB, `c.id = ANY($1)`, desk.Ints(ids))
	if err != nil {
		return nil, err
	}
	byID := make(map[int64]*orders.TicketContract, len(rows))
	for _, r := range rows {
		t := &orders.TicketContract{No: contract.Number(r.ContractID), ReferenceOn: r.ReferenceOn, AdvanceFen: r.AdvanceFen,
			ContractPricing: orders.ContractPricing{FloorFen: r.FloorFen, ReferenceFen: r.ReferenceFen, AdjustFen: r.AdjustFen,
				Adjustments: r.Adjustments, PriceFen: r.PriceFen, Per: r.Per}}
		for _, c := range contracts {
			if c.ID != r.ContractID {
				continue
			}
			for _, a := range c.terms.Adjustments {
				if slices.Contains(r.Adjustments, a.Code) {
					t.Applied = append(t.Applied, a)
				}
			}
		}
		byID[r.TicketID] = t
	}
	return byID, nil
}

// Agreements finds the contracts behind call-offs, by order; other orders have none.
func (m *Room) Agreements(ctx context.Context, orderIDs []int64) (map[int64]desk.Agreement, error) {
	var rows []struct {
		OrderID    int64 `db:"order_id"`
		ContractID int64 `db:"contract_id"`
		PointID    int64 `db:"point_id"`
	}
	if err := m.DB.SelectContext(ctx, &rows, `SELECT order_id, contract_id, point_id FROM call_off WHERE order_id = ANY($1)`, desk.Ints(orderIDs)); err != nil {
		return nil, fmt.Errorf("look up call-offs: %w", err)
	}
	if len(rows) == 0 {
		return nil, nil
	}
	ids := make([]int64, len(rows))
	for i, r := range rows {
		ids[i] = r.ContractID
	}
	contracts, err := readContracts(ctx, m.DB, `c.id = ANY($1)`, desk.Ints(ids))
	if err != nil {
		return nil, err
	}
	byOrder := make(map[int64]desk.Agreement, len(rows))
	for _, r := range rows {
		for i := range contracts {
			if contracts[i].ID == r.ContractID {
				byOrder[r.OrderID] = desk.Agreement{ContractNo: contract.Number(contracts[i].ID), Adjustments: contracts[i].terms.Adjustments, Point: r.PointID}
			}
		}
	}
	return byOrder, nil
}

// SetReference enters the prices of a day. Prices that were used by a weighing stay.
func (m *Room) SetReference(ctx context.Context, r contract.SetReference) (contract.ReferencePrices, error) {
	a := link.ActorFrom(ctx)
	if a.Role != orders.RoleOperator && !a.System {
		return contract.ReferencePrices{}, desk.Denied(a)
	}
	ref, err := m.Ref.Get(ctx)
	if err != nil {
		return contract.ReferencePrices{}, err
	}
	product, known := ref.Products[r.Product]
	if r, err = r.Check(known, m.Now()); err != nil {
		return contract.ReferencePrices{}, err
	}
	unit, _ := money.UnitByCode(product.PriceUnit)
	err = m.Tx(ctx, func(tx *sqlx.Tx) error {
		if err := lockPrices(ctx, tx, r.Product); err != nil {
			return err
		}
		fresh := false
		for _, g := range r.Grades {
			price := unit.Price(g.Floor.Fen)
			if now, _, err := referenceOn(ctx, tx, r.Product, g.Grade, r.Day); err != nil {
				return err
			} else if now == price {
				continue // entered before
			}
			var used bool
			err := tx.GetContext(ctx, &used, `
				SELECT EXISTS (SELECT FROM contract_ticket x JOIN contract c ON c.id = x.contract_id JOIN ticket t ON t.id = x.ticket_id
				               WHERE c.product = $1 AND t.grade = $2 AND x.on_day >= $3::date)`, r.Product, g.Grade, r.Day)
			if err != nil {
				return fmt.Errorf("look for tickets of the day: %w", err)
			}
			if used {
				return link.E(link.Conflict, "reference.used", "day")
			}
			_, err = tx.ExecContext(ctx, `
				INSERT INTO reference_price (product, grade, on_day, price_fen, price_per, source, account_id, actor, at)
				VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
				r.Product, g.Grade, r.Day, price.Fen, price.Per, r.Source, a.Account, orders.ActorName(a), m.Now())
			if err != nil {
				return fmt.Errorf("write reference price: %w", err)
			}
			fresh = true
		}
		if !fresh {
			return nil
		}
		return desk.Did(ctx, tx, link.Act{Kind: "contract.reference", On: "product", Object: r.Product, Detail: r.Day})
	})
	if err != nil {
		return contract.ReferencePrices{}, err
	}
	return m.references(ctx, r.Product, 30)
}

// References lists reference prices, the latest entry of each day.
func (m *Room) References(ctx context.Context, r contract.ReferenceFilter) (contract.ReferencePrices, error) {
	if a := link.ActorFrom(ctx); a.Account == 0 && !a.System {
		return contract.ReferencePrices{}, desk.ErrLogin()
	}
	r, err := r.Check()
	if err != nil {
		return contract.ReferencePrices{}, err
	}
	return m.references(ctx, r.Product, r.Days)
}

func (m *Room) references(ctx context.Context, product string, days int) (contract.ReferencePrices, error) {
	var rows []struct {
		ID      int64     `db:"id"`
		Product string    `db:"product"`
		Grade   string    `db:"grade"`
		Day     string    `db:"on_day"`
		Fen     int64     `db:"price_fen"`
		Per     int64     `db:"price_per"`
		Source  string    `db:"source"`
		Actor   string    `db:"actor"`
		At      time.Time `db:"at"`
	}
	err := m.DB.SelectContext(ctx, &rows, `
		SELECT DISTINCT ON (on_day, product, grade) id, product, grade, to_char(on_day, 'YYYY-MM-DD') AS on_day, price_fen, price_per, source, actor, at
		FROM reference_price WHERE ($1 = '' OR product = $1) AND on_day > $2::date - $3::int
		ORDER BY on_day DESC, product, grade, id DESC LIMIT 2000`, product, m.today(), days)
	if err != nil {
		return contract.ReferencePrices{}, fmt.Errorf("read reference prices: %w", err)
	}
	res := contract.ReferencePrices{Items: make([]contract.ReferencePrice, len(rows))}
	for i, r := range rows {
		res.Items[i] = contract.ReferencePrice{ID: r.ID, Product: r.Product, Grade: r.Grade, Day: r.Day,
			Price: money.Price{Fen: r.Fen, Per: r.Per}, Source: r.Source, Actor: r.Actor, At: r.At.UTC()}
	}
	contract.SortReferences(res.Items)
	return res, nil
}
