package weigh

import (
	"context"
	"fmt"
	"strings"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/internal/link/paging"
	"banmuyuan/internal/money"
	"banmuyuan/orders"
	"banmuyuan/orders/postgres/desk"
)

// MayTouchShare returns the household of a share to its collectors, to the household itself and to its helper. For everybody
// else there is no such share.
func (m *Room) MayTouchShare(ctx context.Context, orderID int64, line int, lot int64) (int64, error) {
	s := desk.ShareRow{}
	err := m.DB.GetContext(ctx, &s, `
		SELECT `+desk.ShareColumns+` FROM share s WHERE s.order_id = $1 AND s.line = $2 AND s.lot_id = $3`, orderID, line, lot)
	if err != nil && !desk.Missing(err) {
		return 0, fmt.Errorf("read share: %w", err)
	}
	c, cerr := m.Collects(ctx, s.HouseholdID)
	switch {
	case link.CodeOf(cerr) == link.NotFound:
		return 0, link.E(link.NotFound, "share.unknown", "lot_id")
	case cerr != nil:
		return 0, cerr
	case desk.Missing(err) || !c.Covers(s.SellerOrg, s.VillageID, s.HouseholdID):
		return 0, link.E(link.NotFound, "share.unknown", "lot_id")
	}
	return s.HouseholdID, nil
}

// collectionFilter narrows shares to the request and to the shares that the actor may see. Collectors see open work unless
// an order is named; households see everything they sold.
func (m *Room) collectionFilter(ctx context.Context, r orders.CollectionFilter) (desk.Collector, desk.Filter, error) {
	var f desk.Filter
	c, err := m.Collects(ctx, r.Household)
	if err != nil {
		return c, f, err
	}
	f.Raw(c.Where("s", f.Next()))
	if r.OrderNo != "" {
		id, err := orders.OrderRef{No: r.OrderNo}.Resolve()
		if err != nil {
			return c, f, err
		}
		f.Add(`s.order_id = ?`, id)
	} else if c.Works {
		f.Add(`o.state = ANY(?)`, desk.TextArray(orders.Machine.From(orders.StepWeigh)))
	}
	if r.VillageID != 0 {
		f.Add(`s.village_id = ?`, r.VillageID)
	}
	if r.Household != 0 {
		f.Add(`s.household_id = ?`, r.Household)
	}
	if r.LotID != 0 {
		f.Add(`s.lot_id = ?`, r.LotID)
	}
	if r.Product != "" {
		f.Add(`f.product = ?`, r.Product)
	}
	if r.State != "" {
		f.Add(`s.state = ?`, string(r.State))
	}
	if q := strings.TrimSpace(r.Query); q != "" {
		page, err := m.Catalog.Households(desk.AsSystem(ctx), catalog.HouseholdFilter{Query: q, VillageID: r.VillageID, Limit: 100})
		if err != nil {
			return c, f, err
		}
		ids := make([]int64, len(page.Items))
		for i, h := range page.Items {
			ids[i] = h.ID
		}
		f.Add(`s.household_id = ANY(?)`, desk.Ints(ids))
	}
	return c, f, nil
}

const collectionTables = `
	FROM share s
	JOIN orders o ON o.id = s.order_id
	JOIN order_line l ON l.order_id = s.order_id AND l.no = s.line
	JOIN offer f ON f.id = l.offer_id `

// Collection lists shares by village and household.
func (m *Room) Collection(ctx context.Context, r orders.CollectionFilter) (orders.CollectionPage, error) {
	page := orders.CollectionPage{Items: []orders.Share{}}
	limit, err := paging.Size(r.Limit, 50, 500)
	if err != nil {
		return page, err
	}
	c, f, err := m.collectionFilter(ctx, r)
	if err != nil {
		return page, err
	}
	err = m.DB.QueryRowxContext(ctx, `
		SELECT count(*), coalesce(sum(s.qty), 0)::bigint, coalesce(sum(s.received), 0)::bigint`+collectionTables+`WHERE `+f.Where(), f.Args...).
		Scan(&page.Total, &page.Qty, &page.Received)
	if err != nil {
		return page, fmt.Errorf("sum collection: %w", err)
	}
	after, err := paging.Place("collection", r.Cursor, 5)
	if err != nil {
		return page, err
	}
	if after != nil {
		f.Add(`(s.village_id, s.household_id, s.order_id, s.line, s.lot_id) > (?, ?, ?, ?, ?)`, after[0], after[1], after[2], after[3], after[4])
	}
	page.Items, err = m.Shares(ctx, c, fmt.Sprintf(`%s ORDER BY s.village_id, s.household_id, s.order_id, s.line, s.lot_id LIMIT %d`,
		f.Where(), limit+1), f.Args...)
	if err != nil {
		return page, err
	}
	if len(page.Items) > limit {
		page.Items = page.Items[:limit]
		s := page.Items[limit-1]
		page.Cursor = paging.After("collection", s.VillageID, s.HouseholdID, s.OrderID, int64(s.Line), s.LotID)
	}
	return page, nil
}

// Shares reads shares that the collector may see, with the names and phones of their households.
func (m *Room) Shares(ctx context.Context, c desk.Collector, where string, args ...any) ([]orders.Share, error) {
	var rows []struct {
		desk.ShareRow
		Channel     catalog.Channel `db:"channel"`
		OfferID     int64           `db:"offer_id"`
		Grade       string          `db:"grade"`
		PriceFen    int64           `db:"price_fen"`
		PricePer    int64           `db:"price_per"`
		UnitMeasure int64           `db:"unit_measure"`
		FeeBP       int64           `db:"fee_bp"`
	}
	err := m.DB.SelectContext(ctx, &rows, `
		SELECT `+desk.ShareColumns+`, o.channel, l.offer_id, l.grade, l.price_fen, l.price_per, l.unit_measure, l.fee_bp`+
		collectionTables+`WHERE `+where, args...)
	if err != nil {
		return nil, fmt.Errorf("read shares: %w", err)
	}
	offerIDs, households := make([]int64, len(rows)), make([]int64, len(rows))
	for i := range rows {
		offerIDs[i], households[i] = rows[i].OfferID, rows[i].HouseholdID
	}
	offers, err := m.Offers.Get(ctx, m.DB, offerIDs...)
	if err != nil {
		return nil, err
	}
	people, err := m.People(ctx, households)
	if err != nil {
		return nil, err
	}
	ref, err := m.Ref.Get(ctx)
	if err != nil {
		return nil, err
	}
	orderIDs := make([]int64, len(rows))
	for i := range rows {
		orderIDs[i] = rows[i].OrderID
	}
	contracts, err := m.contract.Agreements(ctx, orderIDs)
	if err != nil {
		return nil, err
	}
	lots := make([]int64, len(rows))
	for i := range rows {
		lots[i] = rows[i].LotID
	}
	agents, err := desk.AgentsOf(ctx, m.DB, lots)
	if err != nil {
		return nil, err
	}
	out := make([]orders.Share, 0, len(rows))
	for i := range rows {
		s := &rows[i]
		if !c.Covers(s.SellerOrg, s.VillageID, s.HouseholdID) {
			continue
		}
		o, h := offers[s.OfferID], people[s.HouseholdID]
		price := money.Price{Fen: s.PriceFen, Per: s.PricePer}
		sold, err := orders.ExpectedParts(price, s.UnitMeasure, s.Qty, s.FeeBP, agents[s.LotID].BP)
		if err != nil {
			return nil, fmt.Errorf("estimate share: %w", err)
		}
		p, err := orders.ExpectedParts(price, s.UnitMeasure, s.Qty-s.Short, s.FeeBP, agents[s.LotID].BP)
		if err != nil {
			return nil, fmt.Errorf("estimate share: %w", err)
		}
		out = append(out, orders.Share{
			OrderID: s.OrderID, OrderNo: orders.Number(s.OrderID), Line: s.Line, LotID: s.LotID, HouseholdID: s.HouseholdID,
			VillageID: s.VillageID, Qty: s.Qty, Received: s.Received, Short: s.Short, NetGrams: s.NetGrams, State: s.State,
			Policy: s.Policy, LevelFen: s.LevelFen, ExpectedFen: p.NetFen(), AgentFen: p.AgentFen,
			SoldFen: sold.NetFen(), Price: price, Season: o.Season, TicketID: s.TicketID, Product: o.Product, Title: o.Title,
			Unit: o.Unit, Grade: s.Grade, GramsPerUnit: o.GramsPerUnit, DeliverFrom: o.DeliverFrom, DeliverTo: o.DeliverTo,
			Channel: s.Channel, Code: h.Code, Head: h.Head, Village: ref.Villages[s.VillageID].Name, Phone: h.Phone,
		})
		if k, ok := contracts[s.OrderID]; ok {
			last := &out[len(out)-1]
			last.ContractNo, last.Adjustments, last.AgreedPoint = k.ContractNo, k.Adjustments, k.Point
		}
	}
	return out, nil
}

// CollectionVillages sums the work by village and product.
func (m *Room) CollectionVillages(ctx context.Context, r orders.CollectionFilter) (orders.CollectionVillages, error) {
	res := orders.CollectionVillages{Items: []orders.CollectionVillage{}}
	_, f, err := m.collectionFilter(ctx, r)
	if err != nil {
		return res, err
	}
	var rows []struct {
		VillageID  int64  `db:"village_id"`
		Product    string `db:"product"`
		Unit       string `db:"unit"`
		Households int64  `db:"households"`
		Open       int64  `db:"open"`
		Qty        int64  `db:"qty"`
		Received   int64  `db:"received"`
		Short      int64  `db:"short"`
	}
	err = m.DB.SelectContext(ctx, &rows, `
		SELECT s.village_id, f.product, min(f.body ->> 'unit') AS unit, count(DISTINCT s.household_id) AS households,
		       count(*) FILTER (WHERE s.state = 'expected') AS open, sum(s.qty)::bigint AS qty,
		       sum(s.received)::bigint AS received, sum(s.short)::bigint AS short`+collectionTables+`
		WHERE `+f.Where()+` GROUP BY s.village_id, f.product ORDER BY s.village_id, f.product`, f.Args...)
	if err != nil {
		return res, fmt.Errorf("sum villages: %w", err)
	}
	ref, err := m.Ref.Get(ctx)
	if err != nil {
		return res, err
	}
	for _, v := range rows {
		res.Items = append(res.Items, orders.CollectionVillage{VillageID: v.VillageID, Product: v.Product,
			Title: ref.Products[v.Product].Name, Unit: v.Unit, Households: v.Households, Open: v.Open, Qty: v.Qty,
			Received: v.Received, Short: v.Short})
	}
	return res, nil
}
