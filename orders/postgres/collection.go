package postgres

import (
	"context"
	"fmt"
	"strings"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/internal/money"
	"banmuyuan/orders"
)

// onBehalf marks the context of a helper that acts for a household.
func onBehalf(ctx context.Context, household int64) context.Context {
	a := link.ActorFrom(ctx)
	if a.Role != roleHelper || household == 0 {
		return ctx
	}
	a.OnBehalfOf = household
	return link.WithActor(ctx, a)
}

// mayTouchShare lets through who collects a share, the household it is of and its helper, and returns that household.
// For others there is no such share.
func (m *weighRoom) mayTouchShare(ctx context.Context, orderID int64, line int, lot int64) (int64, error) {
	s := shareRow{}
	err := m.db.GetContext(ctx, &s, `
		SELECT `+shareColumns+` FROM share s WHERE s.order_id = $1 AND s.line = $2 AND s.lot_id = $3`, orderID, line, lot)
	if err != nil && !missing(err) {
		return 0, fmt.Errorf("read share: %w", err)
	}
	c, cerr := m.collects(ctx, s.HouseholdID)
	switch {
	case link.CodeOf(cerr) == link.NotFound:
		return 0, link.E(link.NotFound, "share.unknown", "lot_id")
	case cerr != nil:
		return 0, cerr
	case missing(err) || !c.covers(s.SellerOrg, s.VillageID, s.HouseholdID):
		return 0, link.E(link.NotFound, "share.unknown", "lot_id")
	}
	return s.HouseholdID, nil
}

// collectionFilter narrows shares to what is asked for and may be seen. Who collects sees the work to do unless an
// order is named; households see everything they sold.
func (m *weighRoom) collectionFilter(ctx context.Context, r orders.CollectionFilter) (collector, filter, error) {
	var f filter
	c, err := m.collects(ctx, r.Household)
	if err != nil {
		return c, f, err
	}
	f.raw(c.where("s", f.next()))
	if r.OrderNo != "" {
		id, err := orderID(orders.OrderRef{No: r.OrderNo})
		if err != nil {
			return c, f, err
		}
		f.add(`s.order_id = ?`, id)
	} else if c.works {
		f.add(`o.state = ANY(?)`, textArray([]string{string(orders.StateConfirmed), string(orders.StateWeighing)}))
	}
	if r.VillageID != 0 {
		f.add(`s.village_id = ?`, r.VillageID)
	}
	if r.Household != 0 {
		f.add(`s.household_id = ?`, r.Household)
	}
	if r.LotID != 0 {
		f.add(`s.lot_id = ?`, r.LotID)
	}
	if r.Product != "" {
		f.add(`f.product = ?`, r.Product)
	}
	if r.State != "" {
		f.add(`s.state = ?`, string(r.State))
	}
	if q := strings.TrimSpace(r.Query); q != "" {
		page, err := m.catalog.Households(asSystem(ctx), catalog.HouseholdFilter{Query: q, VillageID: r.VillageID, Limit: 100})
		if err != nil {
			return c, f, err
		}
		ids := make([]int64, len(page.Items))
		for i, h := range page.Items {
			ids[i] = h.ID
		}
		f.add(`s.household_id = ANY(?)`, ints(ids))
	}
	return c, f, nil
}

const collectionTables = `
	FROM share s
	JOIN orders o ON o.id = s.order_id
	JOIN order_line l ON l.order_id = s.order_id AND l.no = s.line
	JOIN offer f ON f.id = l.offer_id `

// Collection lists shares by village and household.
func (m *weighRoom) Collection(ctx context.Context, r orders.CollectionFilter) (orders.CollectionPage, error) {
	page := orders.CollectionPage{Items: []orders.Share{}}
	limit, err := pageLimit(r.Limit, 50, 500)
	if err != nil {
		return page, err
	}
	c, f, err := m.collectionFilter(ctx, r)
	if err != nil {
		return page, err
	}
	err = m.db.QueryRowxContext(ctx, `
		SELECT count(*), coalesce(sum(s.qty), 0)::bigint, coalesce(sum(s.received), 0)::bigint`+collectionTables+`WHERE `+f.where(), f.args...).
		Scan(&page.Total, &page.Qty, &page.Received)
	if err != nil {
		return page, fmt.Errorf("sum collection: %w", err)
	}
	after, err := cursorInts(r.Cursor, 5)
	if err != nil {
		return page, err
	}
	if after != nil {
		f.add(`(s.village_id, s.household_id, s.order_id, s.line, s.lot_id) > (?, ?, ?, ?, ?)`, after[0], after[1], after[2], after[3], after[4])
	}
	page.Items, err = m.shares(ctx, c, fmt.Sprintf(`%s ORDER BY s.village_id, s.household_id, s.order_id, s.line, s.lot_id LIMIT %d`,
		f.where(), limit+1), f.args...)
	if err != nil {
		return page, err
	}
	if len(page.Items) > limit {
		page.Items = page.Items[:limit]
		s := page.Items[limit-1]
		page.Cursor = makeCursor(s.VillageID, s.HouseholdID, s.OrderID, int64(s.Line), s.LotID)
	}
	return page, nil
}

// shares reads shares that the collector may see, with the names of those who must be found.
func (m *weighRoom) shares(ctx context.Context, c collector, where string, args ...any) ([]orders.Share, error) {
	var rows []struct {
		shareRow
		Channel     catalog.Channel `db:"channel"`
		OfferID     int64           `db:"offer_id"`
		Grade       string          `db:"grade"`
		PriceFen    int64           `db:"price_fen"`
		PricePer    int64           `db:"price_per"`
		UnitMeasure int64           `db:"unit_measure"`
		FeeBP       int64           `db:"fee_bp"`
	}
	err := m.db.SelectContext(ctx, &rows, `
		SELECT `+shareColumns+`, o.channel, l.offer_id, l.grade, l.price_fen, l.price_per, l.unit_measure, l.fee_bp`+
		collectionTables+`WHERE `+where, args...)
	if err != nil {
		return nil, fmt.Errorf("read shares: %w", err)
	}
	offerIDs, households := make([]int64, len(rows)), make([]int64, len(rows))
	for i := range rows {
		offerIDs[i], households[i] = rows[i].OfferID, rows[i].HouseholdID
	}
	offers, err := m.offers.get(ctx, m.db, offerIDs...)
	if err != nil {
		return nil, err
	}
	people, err := m.people(ctx, households)
	if err != nil {
		return nil, err
	}
	ref, err := m.ref.get(ctx)
	if err != nil {
		return nil, err
	}
	orderIDs := make([]int64, len(rows))
	for i := range rows {
		orderIDs[i] = rows[i].OrderID
	}
	contracts, err := m.contract.agreements(ctx, orderIDs)
	if err != nil {
		return nil, err
	}
	lots := make([]int64, len(rows))
	for i := range rows {
		lots[i] = rows[i].LotID
	}
	agents, err := agentsOf(ctx, m.db, lots)
	if err != nil {
		return nil, err
	}
	out := make([]orders.Share, 0, len(rows))
	for i := range rows {
		s := &rows[i]
		if !c.covers(s.SellerOrg, s.VillageID, s.HouseholdID) {
			continue
		}
		o, h := offers[s.OfferID], people[s.HouseholdID]
		gross, fee, err := orders.ExpectedIncome(money.Price{Fen: s.PriceFen, Per: s.PricePer}, s.UnitMeasure, s.Qty-s.Short, s.FeeBP)
		if err != nil {
			return nil, fmt.Errorf("estimate share: %w", err)
		}
		agent, err := money.BasisPoints(gross-fee, agents[s.LotID].BP)
		if err != nil {
			return nil, fmt.Errorf("estimate share: %w", err)
		}
		out = append(out, orders.Share{
			OrderID: s.OrderID, OrderNo: orders.Number(s.OrderID), Line: s.Line, LotID: s.LotID, HouseholdID: s.HouseholdID,
			VillageID: s.VillageID, Qty: s.Qty, Received: s.Received, Short: s.Short, NetGrams: s.NetGrams, State: s.State,
			Policy: s.Policy, LevelFen: s.LevelFen, ExpectedFen: gross - fee - agent, AgentFen: agent, TicketID: s.TicketID, Product: o.Product, Title: o.Title,
			Unit: o.Unit, Grade: s.Grade, GramsPerUnit: o.GramsPerUnit, DeliverFrom: o.DeliverFrom, DeliverTo: o.DeliverTo,
			Channel: s.Channel, Code: h.Code, Head: h.Head, Village: ref.villages[s.VillageID].Name, Phone: h.Phone,
		})
		if k, ok := contracts[s.OrderID]; ok {
			last := &out[len(out)-1]
			last.ContractNo, last.Adjustments, last.AgreedPoint = k.contractNo, k.adjustments, k.point
		}
	}
	return out, nil
}

// CollectionVillages sums the work by village and product.
func (m *weighRoom) CollectionVillages(ctx context.Context, r orders.CollectionFilter) (orders.CollectionVillages, error) {
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
	err = m.db.SelectContext(ctx, &rows, `
		SELECT s.village_id, f.product, min(f.body ->> 'unit') AS unit, count(DISTINCT s.household_id) AS households,
		       count(*) FILTER (WHERE s.state = 'expected') AS open, sum(s.qty)::bigint AS qty,
		       sum(s.received)::bigint AS received, sum(s.short)::bigint AS short`+collectionTables+`
		WHERE `+f.where()+` GROUP BY s.village_id, f.product ORDER BY s.village_id, f.product`, f.args...)
	if err != nil {
		return res, fmt.Errorf("sum villages: %w", err)
	}
	ref, err := m.ref.get(ctx)
	if err != nil {
		return res, err
	}
	for _, v := range rows {
		res.Items = append(res.Items, orders.CollectionVillage{VillageID: v.VillageID, Product: v.Product,
			Title: ref.products[v.Product].Name, Unit: v.Unit, Households: v.Households, Open: v.Open, Qty: v.Qty,
			Received: v.Received, Short: v.Short})
	}
	return res, nil
}
