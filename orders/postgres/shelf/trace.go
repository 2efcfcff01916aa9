package shelf

import (
	"context"
	"fmt"
	"time"

	"banmuyuan/internal/link"
	"banmuyuan/internal/money"
	"banmuyuan/orders"
	"banmuyuan/orders/postgres/desk"
	"banmuyuan/orders/shelf"
)

func errTrace() error { return link.E(link.NotFound, "trace.unknown", "code") }

// Trace tells the public story of a lot on a shelf, or of a delivery that is not on one. The queries read no column that
// names a household: a column that is not read cannot leak.
func (s *Room) Trace(ctx context.Context, r shelf.TraceRef) (shelf.Trace, error) {
	code, ok := shelf.ReadTrace(r.Code)
	if !ok {
		return shelf.Trace{}, errTrace()
	}
	ref, err := s.Ref.Get(ctx)
	if err != nil {
		return shelf.Trace{}, err
	}
	var lot struct {
		Product      string     `db:"product"`
		Grade        string     `db:"grade"`
		OrgID        int64      `db:"org_id"`
		VillageID    int64      `db:"village_id"`
		PointID      int64      `db:"point_id"`
		Source       string     `db:"source"`
		Households   int64      `db:"households"`
		Units        int64      `db:"units"`
		NetGrams     int64      `db:"net_grams"`
		Received     int64      `db:"received"`
		HouseholdFen int64      `db:"household_fen"`
		PriceFen     int64      `db:"price_fen"`
		PricePer     int64      `db:"price_per"`
		GatheredOn   time.Time  `db:"gathered_on"`
		DeliveredOn  *time.Time `db:"delivered_on"`
		ShelvedAt    time.Time  `db:"shelved_at"`
		BestBefore   time.Time  `db:"best_before"`
	}
	err = s.DB.GetContext(ctx, &lot, `
		SELECT i.product, i.grade, l.org_id, l.village_id, l.point_id, l.source, l.households, l.units, l.net_grams, l.received, l.household_fen,
		       i.price_fen, i.price_per, l.gathered_on, l.delivered_on, l.shelved_at, l.best_before
		FROM shelf_lot l JOIN shelf_item i ON i.id = l.item_id WHERE l.code = $1`, code)
	if desk.Missing(err) {
		return s.traceDelivery(ctx, ref, code)
	}
	if err != nil {
		return shelf.Trace{}, fmt.Errorf("read lot: %w", err)
	}
	t := traceTo(ref, code, lot.Product, lot.Grade, lot.VillageID, lot.Households, lot.Units, lot.NetGrams)
	t.Price = &money.Price{Fen: lot.PriceFen, Per: lot.PricePer}
	household := shelf.PriceOf(lot.HouseholdFen, lot.PricePer, lot.Received)
	t.HouseholdPrice = &household
	best := shelf.OnDay(lot.BestBefore)
	t.BestBefore = &best
	t.Steps = shelf.Journey{Source: shelf.StockSource(lot.Source), GatheredOn: lot.GatheredOn, DeliveredOn: lot.DeliveredOn, ShelvedAt: lot.ShelvedAt,
		Point: ref.Points[lot.PointID].Name, Shop: ref.Orgs[lot.OrgID].Name}.Steps()
	return t, nil
}

func traceTo(ref *desk.Names, code, product, grade string, village, homes, units, grams int64) shelf.Trace {
	p, v := ref.Products[product], ref.Villages[village]
	return shelf.Trace{Code: code, Product: product, Title: p.Name, Story: p.Story, Storage: p.Storage, Picture: p.Picture, Grade: grade,
		Unit: p.OrderUnit, PriceUnit: p.PriceUnit, Village: v.Name, Township: ref.Townships[v.TownshipID], Homes: homes, NetGrams: grams, Count: units}
}

// TraceOf is the code of the public page about a ticket's goods, once they are delivered.
func (m *Room) TraceOf(ctx context.Context, t desk.TicketRow) (string, error) {
	if t.DeliveryID == nil {
		return "", nil
	}
	var code string
	err := m.DB.GetContext(ctx, &code, `
		SELECT coalesce((SELECT l.code FROM shelf_ticket x JOIN shelf_lot l ON l.id = x.lot_id WHERE x.ticket_id = $1), d.trace)
		FROM delivery d WHERE d.id = $2`, t.ID, *t.DeliveryID)
	if err != nil {
		return "", fmt.Errorf("read trace of ticket %d: %w", t.ID, err)
	}
	return code, nil
}

// traceDelivery is the story of goods that were weighed and accepted. A delivery that a corrected weight replaced leads to the
// one that replaced it.
func (s *Room) traceDelivery(ctx context.Context, ref *desk.Names, code string) (shelf.Trace, error) {
	var d struct {
		Product   string    `db:"product"`
		Grade     string    `db:"grade"`
		VillageID int64     `db:"village_id"`
		PointID   int64     `db:"point_id"`
		Homes     int64     `db:"homes"`
		Units     int64     `db:"units"`
		NetGrams  int64     `db:"net_grams"`
		WeighedOn time.Time `db:"weighed_on"`
		ClosedAt  time.Time `db:"closed_at"`
	}
	err := s.DB.GetContext(ctx, &d, `
		SELECT f.product, l.grade, d.village_id, t.point_id, t.homes, d.units, d.net_grams, t.weighed_on, d.closed_at
		FROM delivery c
		JOIN LATERAL (SELECT x.id, x.village_id, x.units, x.net_grams, x.closed_at FROM delivery x
		              WHERE x.order_id = c.order_id AND x.line = c.line AND x.village_id = c.village_id AND (x.id = c.id OR x.id > c.id)
		              ORDER BY x.reversed_at IS NULL DESC, x.id = c.id DESC, x.id LIMIT 1) d ON true
		JOIN order_line l ON l.order_id = c.order_id AND l.no = c.line
		JOIN offer f ON f.id = l.offer_id
		JOIN LATERAL (SELECT max(k.point_id) AS point_id, count(DISTINCT k.household_id) AS homes,
		                     min((k.weighed_at AT TIME ZONE 'Asia/Shanghai')::date) AS weighed_on
		              FROM ticket k WHERE k.delivery_id = d.id) t ON t.homes > 0
		WHERE c.trace = $1`, code)
	if desk.Missing(err) {
		return shelf.Trace{}, errTrace()
	}
	if err != nil {
		return shelf.Trace{}, fmt.Errorf("read delivery: %w", err)
	}
	t := traceTo(ref, code, d.Product, d.Grade, d.VillageID, d.Homes, d.Units, d.NetGrams)
	t.Steps = []shelf.TraceStep{{Key: "weighed", On: shelf.OnDay(d.WeighedOn), Place: ref.Points[d.PointID].Name}, {Key: "delivered", On: orders.Midnight(d.ClosedAt)}}
	return t, nil
}
