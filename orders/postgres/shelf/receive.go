package shelf

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/orders"
	"banmuyuan/orders/postgres/desk"
	"banmuyuan/orders/shelf"
)

// arrived are the tickets of an organisation's orders that are accepted, billed and on no shelf. A ticket that corrects
// one on a shelf is not a second load: the goods are there already.
const arrived = `
	FROM ticket t
	JOIN orders o ON o.id = t.order_id
	JOIN delivery d ON d.id = t.delivery_id AND d.reversed_at IS NULL
	WHERE o.org_id = $1 AND t.settled AND t.state = 'accepted' AND t.units > 0
	  AND NOT EXISTS (
		WITH RECURSIVE earlier AS (
			SELECT t.id, t.supersedes UNION SELECT p.id, p.supersedes FROM ticket p JOIN earlier e ON p.id = e.supersedes)
		SELECT FROM earlier e JOIN shelf_ticket x ON x.ticket_id = e.id)`

type arrivalRow struct {
	OrderID    int64     `db:"order_id"`
	Line       int       `db:"line"`
	VillageID  int64     `db:"village_id"`
	Grade      string    `db:"grade"`
	Households int64     `db:"households"`
	Units      int64     `db:"units"`
	NetGrams   int64     `db:"net_grams"`
	CostFen    int64     `db:"cost_fen"`
	FeeFen     int64     `db:"fee_fen"`
	ClosedAt   time.Time `db:"closed_at"`
}

const arrivalSums = `count(DISTINCT t.household_id) AS households, sum(t.units)::bigint AS units, sum(t.net_grams)::bigint AS net_grams,
	sum(t.amount_fen)::bigint AS cost_fen, sum(t.fee_fen + t.agent_fen)::bigint AS fee_fen, max(d.closed_at) AS closed_at`

// Arrivals lists delivered goods of the shop's orders that are not on the shelf yet.
func (s *Room) Arrivals(ctx context.Context, r shelf.ShopRef) (shelf.Arrivals, error) {
	ref, shop, err := s.looksAt(ctx, r.OrgID)
	if err != nil {
		return shelf.Arrivals{}, err
	}
	var rows []arrivalRow
	err = s.DB.SelectContext(ctx, &rows, `
		SELECT t.order_id, t.line, t.village_id, t.grade, `+arrivalSums+arrived+`
		GROUP BY t.order_id, t.line, t.village_id, t.grade ORDER BY max(d.closed_at) DESC, 1, 2, 3, 4 LIMIT 200`, shop.ID)
	if err != nil {
		return shelf.Arrivals{}, fmt.Errorf("read arrivals: %w", err)
	}
	ids := make([]int64, len(rows))
	for i, row := range rows {
		ids[i] = row.OrderID
	}
	lines, err := s.LinesOf(ctx, s.DB, ids...)
	if err != nil {
		return shelf.Arrivals{}, err
	}
	out := shelf.Arrivals{Items: make([]shelf.Arrival, 0, len(rows))}
	for _, row := range rows {
		l, err := desk.LineOf(lines[row.OrderID], row.Line)
		if err != nil {
			return out, err
		}
		a := shelf.Arrival{OrderNo: orders.Number(row.OrderID), OrderID: row.OrderID, Line: row.Line, VillageID: row.VillageID,
			Village: ref.Villages[row.VillageID].Name, Product: l.Offer.Product, Title: l.Offer.Title, Grade: row.Grade, Unit: l.Offer.Unit,
			PriceUnit: l.Offer.PriceUnit, Households: row.Households, Units: row.Units, NetGrams: row.NetGrams, Measure: shelf.Measure(l.Weighed(), row.Units, row.NetGrams),
			CostFen: row.CostFen, HouseholdFen: row.CostFen - row.FeeFen, DeliveredAt: row.ClosedAt}
		out.Items = append(out.Items, a)
	}
	return out, nil
}

// Receive puts one arrival on the shelf.
func (s *Room) Receive(ctx context.Context, r shelf.Receive) (shelf.StockLot, error) {
	ref, shop, err := s.shop(ctx, shopSells...)
	if err != nil {
		return shelf.StockLot{}, err
	}
	var problems link.Problems
	orders.CheckKey(&problems, r.Key)
	shelf.CheckBestBefore(&r.BestBefore, s.Now(), &problems)
	if err := problems.Err(); err != nil {
		return shelf.StockLot{}, err
	}
	order, err := orders.OrderRef{No: r.OrderNo}.Resolve()
	if err != nil {
		return shelf.StockLot{}, err
	}
	var lot int64
	err = s.Tx(ctx, func(tx *sqlx.Tx) error {
		about, done, err := s.claim(ctx, tx, "receive", r.Key, r)
		if err != nil || done {
			lot = about
			return err
		}
		// Behind the order's lock: nobody supersedes a ticket, and nobody else receives it, in between.
		o, err := desk.LockOrder(ctx, tx, order)
		if err != nil {
			return err
		}
		if o.OrgID != shop.ID {
			return desk.ErrNotFound()
		}
		lot, err = s.receive(ctx, tx, ref, shop, r, order)
		if err != nil {
			return err
		}
		return s.about(ctx, tx, "receive", r.Key, lot)
	})
	if err != nil {
		return shelf.StockLot{}, err
	}
	return s.StockLot(ctx, shelf.StockLotRef{ID: lot})
}

func (s *Room) receive(ctx context.Context, tx *sqlx.Tx, ref *desk.Names, shop catalog.Organisation, r shelf.Receive, order int64) (int64, error) {
	var tickets []struct {
		ID      int64 `db:"id"`
		PointID int64 `db:"point_id"`
	}
	const these = ` AND t.order_id = $2 AND t.line = $3 AND t.village_id = $4 AND t.grade = $5`
	args := []any{shop.ID, order, r.Line, r.VillageID, r.Grade}
	if err := tx.SelectContext(ctx, &tickets, `SELECT t.id, t.point_id `+arrived+these+` ORDER BY t.id`, args...); err != nil {
		return 0, fmt.Errorf("read arrived tickets: %w", err)
	}
	if len(tickets) == 0 {
		return 0, link.E(link.Conflict, "shelf.received", "")
	}
	var sum struct {
		arrivalRow
		GatheredOn time.Time `db:"gathered_on"`
	}
	err := tx.GetContext(ctx, &sum, `
		SELECT `+arrivalSums+`, min((t.weighed_at AT TIME ZONE 'Asia/Shanghai')::date) AS gathered_on `+arrived+these, args...)
	if err != nil {
		return 0, fmt.Errorf("sum arrived tickets: %w", err)
	}
	lines, err := s.LinesOf(ctx, tx, order)
	if err != nil {
		return 0, err
	}
	l, err := desk.LineOf(lines[order], r.Line)
	if err != nil {
		return 0, err
	}
	product, known := ref.Products[l.Offer.Product]
	if !known {
		return 0, link.E(link.NotFound, "shelf.product", "product")
	}
	measure := shelf.Measure(l.Weighed(), sum.Units, sum.NetGrams)
	per := shelf.PriceFor(product, 0).Per
	item, err := s.itemFor(ctx, tx, shop.ID, product, r.Grade, shelf.PriceOf(sum.CostFen, per, measure))
	if err != nil {
		return 0, err
	}
	var id int64
	err = tx.GetContext(ctx, &id, `
		INSERT INTO shelf_lot (org_id, item_id, source, order_id, line, village_id, point_id, households, units, net_grams, received, cost_fen,
		                       household_fen, gathered_on, delivered_on, shelved_at, best_before, actor)
		VALUES ($1, $2, 'delivery', $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, ($14::timestamptz AT TIME ZONE 'Asia/Shanghai')::date, $15, $16, $17)
		RETURNING id`,
		shop.ID, item.ID, order, r.Line, r.VillageID, tickets[0].PointID, sum.Households, sum.Units, sum.NetGrams, measure, sum.CostFen,
		sum.CostFen-sum.FeeFen, sum.GatheredOn.Format(time.DateOnly), sum.ClosedAt, s.Now(), r.BestBefore, orders.ActorName(link.ActorFrom(ctx)))
	if err != nil {
		return 0, fmt.Errorf("write lot: %w", err)
	}
	ids := make([]int64, len(tickets))
	for i, t := range tickets {
		ids[i] = t.ID
	}
	if _, err := tx.ExecContext(ctx, `INSERT INTO shelf_ticket (ticket_id, lot_id) SELECT unnest($1::bigint[]), $2`, desk.Ints(ids), id); err != nil {
		return 0, fmt.Errorf("note tickets of lot %d: %w", id, err)
	}
	return id, nil
}

// sellersShown is how many households a counter's search shows.
const sellersShown = 8

// Sellers searches for the household at the counter. The catalogue shows households to their collectors; a
// shop may find any, but only with something to go by, and learns a name and a village.
func (s *Room) Sellers(ctx context.Context, r shelf.SellerQuery) (shelf.Sellers, error) {
	if _, _, err := s.shop(ctx, shopSells...); err != nil {
		return shelf.Sellers{}, err
	}
	query, ok := orders.Clean(r.Query, 2, orders.NameMax)
	if !ok {
		return shelf.Sellers{}, link.E(link.Invalid, "shelf.seller.query", "q")
	}
	page, err := s.Catalog.Households(desk.AsSystem(ctx), catalog.HouseholdFilter{Query: query, Limit: sellersShown})
	if err != nil {
		return shelf.Sellers{}, err
	}
	out := shelf.Sellers{Items: make([]shelf.Seller, 0, len(page.Items)), More: page.Total > len(page.Items)}
	for _, h := range page.Items {
		out.Items = append(out.Items, shelf.Seller{HouseholdID: h.ID, Code: h.Code, Head: h.Head, Village: h.Village, Township: h.Township})
	}
	return out, nil
}
