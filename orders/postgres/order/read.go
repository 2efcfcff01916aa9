package order

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/internal/link/paging"
	"banmuyuan/orders"
	"banmuyuan/orders/postgres/desk"
)

// Out returns the order for an actor that sees all of it.
func (m *Room) Out(a link.Actor, o *desk.OrderRow, lines []desk.LineRow) orders.Order {
	res := orders.Order{
		ID: o.ID, No: orders.Number(o.ID), Channel: o.Channel, State: o.State,
		Buyer: o.By(),
		Delivery: orders.Delivery{Kind: o.Kind, PointID: o.PointID, Point: o.Point, Name: o.Recipient, Phone: o.Phone,
			Address: o.Address},
		Shortage: o.Shortage, Note: o.Note, Lines: desk.LinesOut(lines),
		EstimateFen: o.EstimateFen, DepositFen: o.DepositFen, AmountFen: o.AmountFen, PaidFen: o.PaidFen, RefundFen: o.RefundFen,
		ForfeitFen: o.ForfeitFen, DueFen: o.Funds().DueFen(), PlacedAt: o.PlacedAt.UTC(), Version: o.Version,
	}
	if o.State.Unpaid() {
		at := o.ExpiresAt.UTC()
		res.ExpiresAt = &at
	}
	if step, ok := orders.CancelStep(orders.Owns(a, o.By()), orders.IsCounty(a)); ok && o.State.Can(step) {
		res.CanCancel = true
		if cost, err := orders.Forfeit(o.Funds(), step, res.Lines, o.ConfirmedAt, m.Now()); err == nil {
			res.CancelCost = cost
		}
	}
	return res.Summarised()
}

// Find reads an order and its lines for an actor. NotFound when there is none to see.
func (m *Room) Find(ctx context.Context, r orders.OrderRef) (*desk.OrderRow, []desk.LineRow, orders.View, error) {
	id, err := r.Resolve()
	if err != nil {
		return nil, nil, orders.ViewNothing, err
	}
	a := link.ActorFrom(ctx)
	if a.Account == 0 && !a.System {
		return nil, nil, orders.ViewNothing, desk.ErrLogin()
	}
	o := &desk.OrderRow{}
	err = m.DB.GetContext(ctx, o, `SELECT `+desk.OrderColumns+` FROM orders o WHERE o.id = $1`, id)
	if desk.Missing(err) {
		return nil, nil, orders.ViewNothing, desk.ErrNotFound()
	}
	if err != nil {
		return nil, nil, orders.ViewNothing, fmt.Errorf("read order %d: %w", id, err)
	}
	lines, err := m.LinesOf(ctx, m.DB, id)
	if err != nil {
		return nil, nil, orders.ViewNothing, err
	}
	v := desk.ViewOf(a, o, lines[id])
	if v == orders.ViewNothing {
		return nil, nil, v, desk.ErrNotFound()
	}
	return o, lines[id], v, nil
}

// Order returns one order with its timeline.
func (m *Room) Order(ctx context.Context, r orders.OrderRef) (orders.Order, error) {
	o, lines, v, err := m.Find(ctx, r)
	if err != nil {
		return orders.Order{}, err
	}
	a := link.ActorFrom(ctx)
	res := m.Out(a, o, lines)
	if res.Timeline, err = m.Timeline(ctx, o, orders.IsCounty(a)); err != nil {
		return orders.Order{}, err
	}
	if v == orders.ViewSale {
		return orders.ForSeller(res, orders.WorksFor(a)), nil
	}
	if res.Questions, err = m.questions(ctx, o, lines); err != nil {
		return orders.Order{}, err
	}
	return res, nil
}

// Orders lists the orders that the caller may see, newest first.
func (m *Room) Orders(ctx context.Context, r orders.OrderFilter) (orders.OrderPage, error) {
	a := link.ActorFrom(ctx)
	var f desk.Filter
	org, buys := orders.BuysFor(a)
	selling := false
	switch {
	case orders.IsCounty(a):
	case orders.WorksFor(a) != 0 && (r.Selling || !buys):
		selling = true
		f.Add(`EXISTS (SELECT FROM order_line l WHERE l.order_id = o.id AND l.seller_org = ?)`, a.Org)
		f.Add(`o.state NOT IN ('placed', 'expiring', 'expired')`)
	case buys && org != 0:
		f.Add(`o.org_id = ?`, org)
	case buys:
		f.Add(`o.account_id = ? AND o.org_id = 0`, a.Account)
	default:
		return orders.OrderPage{}, desk.Denied(a)
	}
	limit, err := paging.Size(r.Limit, 20, 100)
	if err != nil {
		return orders.OrderPage{}, err
	}
	if err := narrow(&f, r); err != nil {
		return orders.OrderPage{}, err
	}
	page := orders.OrderPage{Items: []orders.Order{}}
	sums := `SELECT count(*), coalesce(sum(o.estimate_fen), 0)::bigint, coalesce(sum(o.amount_fen), 0)::bigint FROM orders o WHERE ` + f.Where()
	args := f.Args
	if selling { // only the cooperative's own lines count
		sums = fmt.Sprintf(`
			SELECT count(DISTINCT o.id), coalesce(sum(s.estimate_fen), 0)::bigint, coalesce(sum(s.amount_fen), 0)::bigint
			FROM orders o JOIN order_line s ON s.order_id = o.id AND s.seller_org = $%d WHERE %s`, f.Next(), f.Where())
		args = append(slices.Clip(args), a.Org)
	}
	if err := m.DB.QueryRowxContext(ctx, sums, args...).Scan(&page.Total, &page.EstimateFen, &page.AmountFen); err != nil {
		return page, fmt.Errorf("sum orders: %w", err)
	}
	after, err := paging.Place("orders", r.Cursor, 1)
	if err != nil {
		return page, err
	}
	if after != nil {
		f.Add(`o.id < ?`, after[0])
	}
	var rows []desk.OrderRow
	err = m.DB.SelectContext(ctx, &rows, fmt.Sprintf(`SELECT %s FROM orders o WHERE %s ORDER BY o.id DESC LIMIT %d`,
		desk.OrderColumns, f.Where(), limit+1), f.Args...)
	if err != nil {
		return page, fmt.Errorf("list orders: %w", err)
	}
	if len(rows) > limit {
		rows = rows[:limit]
		page.Cursor = paging.After("orders", rows[limit-1].ID)
	}
	ids := make([]int64, len(rows))
	for i := range rows {
		ids[i] = rows[i].ID
	}
	lines, err := m.LinesOf(ctx, m.DB, ids...)
	if err != nil {
		return page, err
	}
	for i := range rows {
		res := m.Out(a, &rows[i], lines[rows[i].ID])
		if selling || desk.ViewOf(a, &rows[i], lines[rows[i].ID]) == orders.ViewSale {
			res = orders.ForSeller(res, a.Org)
		}
		page.Items = append(page.Items, res)
	}
	return page, nil
}

func narrow(f *desk.Filter, r orders.OrderFilter) error {
	if len(r.State) > 0 {
		states := make([]string, len(r.State))
		for i, s := range r.State {
			states[i] = string(s)
		}
		f.Add(`o.state = ANY(?)`, desk.TextArray(states))
	}
	if r.Channel != "" {
		f.Add(`o.channel = ?`, string(r.Channel))
	}
	if r.Season != 0 { // all lines are of one season
		f.Add(`EXISTS (SELECT FROM order_line p JOIN offer s ON s.id = p.offer_id WHERE p.order_id = o.id AND p.no = 1 AND s.season = ?)`, r.Season)
	}
	if r.Presale != 0 {
		f.Add(`EXISTS (SELECT FROM order_line p WHERE p.order_id = o.id AND p.presale_id = ?)`, r.Presale)
	}
	if q := strings.TrimSpace(r.Query); q != "" {
		if id, ok := orders.ParseNumber(q); ok {
			f.Add(`o.id = ?`, id)
		} else {
			f.Add(`(o.buyer ILIKE ? OR o.recipient ILIKE ? OR EXISTS (SELECT FROM buyer_search b WHERE b.name IN (o.buyer, o.recipient) AND strpos(b.search, ?) > 0))`,
				desk.LikePattern(q), desk.LikePattern(q), desk.SearchKey(q))
		}
	}
	for _, d := range []struct {
		text, field, cond string
		add               int
	}{{r.From, "from", `o.placed_at >= ?`, 0}, {r.To, "to", `o.placed_at < ?`, 1}} {
		if d.text == "" {
			continue
		}
		day, err := time.ParseInLocation(time.DateOnly, d.text, orders.China)
		if err != nil {
			return link.E(link.Invalid, "date", d.field)
		}
		f.Add(d.cond, day.AddDate(0, 0, d.add))
	}
	return nil
}

// Origins tells which villages an order comes from, never which households.
func (m *Room) Origins(ctx context.Context, r orders.OrderRef) (orders.Origins, error) {
	o, lines, v, err := m.Find(ctx, r)
	if err != nil {
		return orders.Origins{}, err
	}
	seller := int64(0)
	if v == orders.ViewSale {
		seller = orders.WorksFor(link.ActorFrom(ctx))
	}
	var rows []struct {
		Line      int   `db:"line"`
		VillageID int64 `db:"village_id"`
		Household int64 `db:"household"`
		Qty       int64 `db:"qty"`
	}
	split := `
		SELECT l.no AS line, u.village AS village_id, u.household, sum(u.qty)::bigint AS qty
		FROM order_line l, unnest(l.villages, l.households, l.quantities) AS u (village, household, qty)
		WHERE l.order_id = $1 AND ($2 = 0 OR l.seller_org = $2) GROUP BY 1, 2, 3`
	if o.ConfirmedAt != nil && o.State != orders.StateCancelled {
		split = `
		SELECT s.line, s.village_id, s.household_id AS household, sum(s.qty - s.short)::bigint AS qty
		FROM share s WHERE s.order_id = $1 AND ($2 = 0 OR s.seller_org = $2) AND s.qty > s.short GROUP BY 1, 2, 3`
	}
	if err := m.DB.SelectContext(ctx, &rows, split, o.ID, seller); err != nil {
		return orders.Origins{}, fmt.Errorf("read origins: %w", err)
	}
	ref, err := m.Ref.Get(ctx)
	if err != nil {
		return orders.Origins{}, err
	}
	units := make([]orders.HouseholdUnits, len(rows))
	for i, row := range rows {
		units[i] = orders.HouseholdUnits{Line: row.Line, Village: row.VillageID, Household: row.Household, Qty: row.Qty}
	}
	return orders.OriginsOf(desk.LinesOut(lines), units, func(id int64) catalog.PublicVillage {
		place := ref.Villages[id]
		return catalog.PublicVillage{Village: place.Name, Township: ref.Townships[place.TownshipID], Lat: place.Lat, Lon: place.Lon}
	}), nil
}
