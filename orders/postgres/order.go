package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"sort"
	"strings"
	"time"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/internal/money"
	"banmuyuan/orders"
)

func (l *lineRow) price() money.Price { return money.Price{Fen: l.PriceFen, Per: l.PricePer} }

// weighed tells whether the line's goods go over a scale.
func (l *lineRow) weighed() bool { return orders.Weighed(l.offer.PriceUnit) }

func (l *lineRow) out() orders.Line {
	o := l.offer
	return orders.Line{
		No: l.No, PresaleID: l.PresaleID, Presale: o.Code, Product: o.Product, Programme: o.Programme, Title: o.Title,
		Picture: o.Picture, Unit: o.Unit, PriceUnit: o.PriceUnit, Grade: l.Grade, Prices: o.Prices, Price: l.price(),
		GramsPerUnit: o.GramsPerUnit, SellerOrg: l.SellerOrg, Seller: o.Seller, Policy: l.Policy, Terms: o.Terms,
		DeliverFrom: o.DeliverFrom, DeliverTo: o.DeliverTo,
		Ordered: l.Ordered, Allocated: l.Allocated, Received: l.Received, Short: l.Short, NetGrams: l.NetGrams,
		EstimateFen: l.EstimateFen, DepositFen: l.DepositFen, AmountFen: l.AmountFen, Complete: l.Complete,
	}
}

// due is what the buyer has to pay now.
func (o *orderRow) due() int64 {
	switch o.State {
	case orders.StatePlaced:
		return o.DepositFen
	case orders.StateBilled:
		return o.BalanceFen
	}
	return 0
}

// out is the order for somebody who sees all of it.
func (m *orderRoom) out(a link.Actor, o *orderRow, lines []lineRow) orders.Order {
	res := orders.Order{
		ID: o.ID, No: orders.Number(o.ID), Channel: o.Channel, State: o.State,
		Buyer: orders.Buyer{AccountID: o.AccountID, OrgID: o.OrgID, Name: o.Buyer},
		Delivery: orders.Delivery{Kind: o.Kind, PointID: o.PointID, Point: o.Point, Name: o.Recipient, Phone: o.Phone,
			Address: o.Address},
		Shortage: o.Shortage, Note: o.Note, Lines: make([]orders.Line, len(lines)),
		EstimateFen: o.EstimateFen, DepositFen: o.DepositFen, AmountFen: o.AmountFen, PaidFen: o.PaidFen, RefundFen: o.RefundFen,
		ForfeitFen: o.ForfeitFen, DueFen: o.due(), PlacedAt: o.PlacedAt.UTC(), Version: o.Version,
	}
	if o.State == orders.StatePlaced || o.State == orders.StateExpiring {
		at := o.ExpiresAt.UTC()
		res.ExpiresAt = &at
	}
	for i := range lines {
		res.Lines[i] = lines[i].out()
	}
	if ev, ok := cancelEvent(a, o); ok {
		if _, err := o.State.Next(ev); err == nil {
			res.CanCancel = true
			if ev == orders.StepCancel && o.ConfirmedAt != nil {
				if cost, err := orders.CancelCost(o.State, res.Lines, o.PaidFen-o.LateFen, *o.ConfirmedAt, m.now()); err == nil {
					res.CancelCost = cost
				}
			}
		}
	}
	return res
}

// forSeller leaves in an order what the cooperative that sells part of it needs: its own lines and where they go.
func forSeller(res orders.Order, org int64) orders.Order {
	own := res.Lines[:0]
	res.EstimateFen, res.DepositFen, res.AmountFen = 0, 0, 0
	for _, l := range res.Lines {
		if l.SellerOrg != org {
			continue
		}
		own = append(own, l)
		res.EstimateFen += l.EstimateFen
		res.DepositFen += l.DepositFen
		res.AmountFen += l.AmountFen
	}
	res.Lines = own
	res.Buyer = orders.Buyer{Name: res.Buyer.Name}
	res.PaidFen, res.RefundFen, res.ForfeitFen, res.DueFen = 0, 0, 0, 0
	res.ExpiresAt, res.CanCancel, res.CancelCost = nil, false, 0
	res.Note = ""
	return res
}

// orderID reads a reference: the number that people use, or the id.
func orderID(r orders.OrderRef) (int64, error) {
	if r.No == "" {
		if r.ID <= 0 {
			return 0, errNotFound()
		}
		return r.ID, nil
	}
	id, ok := orders.ParseNumber(r.No)
	if !ok || r.ID != 0 && r.ID != id {
		return 0, link.E(link.NotFound, "order.number", "no")
	}
	return id, nil
}

// find reads an order and its lines for an actor. NotFound when there is none to see.
func (m *orderRoom) find(ctx context.Context, r orders.OrderRef) (*orderRow, []lineRow, view, error) {
	id, err := orderID(r)
	if err != nil {
		return nil, nil, viewNothing, err
	}
	a := link.ActorFrom(ctx)
	if a.Account == 0 && !a.System {
		return nil, nil, viewNothing, errLogin()
	}
	o := &orderRow{}
	err = m.db.GetContext(ctx, o, `SELECT `+orderColumns+` FROM orders o WHERE o.id = $1`, id)
	if missing(err) {
		return nil, nil, viewNothing, errNotFound()
	}
	if err != nil {
		return nil, nil, viewNothing, fmt.Errorf("read order %d: %w", id, err)
	}
	lines, err := m.linesOf(ctx, m.db, id)
	if err != nil {
		return nil, nil, viewNothing, err
	}
	v := viewOf(a, o, lines[id])
	if v == viewNothing {
		return nil, nil, v, errNotFound()
	}
	return o, lines[id], v, nil
}

// Order returns one order with its story.
func (m *orderRoom) Order(ctx context.Context, r orders.OrderRef) (orders.Order, error) {
	o, lines, v, err := m.find(ctx, r)
	if err != nil {
		return orders.Order{}, err
	}
	a := link.ActorFrom(ctx)
	res := m.out(a, o, lines)
	if res.Timeline, err = m.timeline(ctx, o, isCounty(a)); err != nil {
		return orders.Order{}, err
	}
	if v == viewSale {
		return forSeller(res, worksFor(a)), nil
	}
	if res.Questions, err = m.questions(ctx, o, lines); err != nil {
		return orders.Order{}, err
	}
	return res, nil
}

// timeline tells the order's story, oldest first. Only the county sees which login did what; others see the role.
func (m *desk) timeline(ctx context.Context, o *orderRow, logins bool) ([]orders.TimelineEntry, error) {
	var rows []struct {
		At    time.Time `db:"at"`
		Key   string    `db:"key"`
		Args  []byte    `db:"args"`
		Actor string    `db:"actor"`
		Role  string    `db:"role"`
	}
	err := m.db.SelectContext(ctx, &rows, `
		SELECT at, key, args, actor, role FROM order_event WHERE order_id = $1 ORDER BY id`, o.ID)
	if err != nil {
		return nil, fmt.Errorf("read timeline: %w", err)
	}
	entries := make([]orders.TimelineEntry, 0, len(rows)+1)
	entries = append(entries, orders.TimelineEntry{At: o.PlacedAt.UTC(), Key: "order.timeline.placed"})
	for _, r := range rows {
		e := orders.TimelineEntry{At: r.At.UTC(), Key: r.Key, Actor: r.Role}
		if logins {
			e.Actor = r.Actor
		}
		if err := json.Unmarshal(r.Args, &e.Args); err != nil {
			return nil, fmt.Errorf("decode timeline: %w", err)
		}
		entries = append(entries, e)
	}
	return entries, nil
}

// Orders lists what the caller may see, newest first.
func (m *orderRoom) Orders(ctx context.Context, r orders.OrderFilter) (orders.OrderPage, error) {
	a := link.ActorFrom(ctx)
	var f filter
	org, buys := buysFor(a)
	selling := false
	switch {
	case isCounty(a):
	case worksFor(a) != 0 && (r.Selling || !buys):
		selling = true
		f.add(`EXISTS (SELECT FROM order_line l WHERE l.order_id = o.id AND l.seller_org = ?)`, a.Org)
		f.add(`o.state NOT IN ('placed', 'expiring', 'expired')`)
	case buys && org != 0:
		f.add(`o.org_id = ?`, org)
	case buys:
		f.add(`o.account_id = ? AND o.org_id = 0`, a.Account)
	default:
		return orders.OrderPage{}, denied(a)
	}
	limit, err := pageLimit(r.Limit, 20, 100)
	if err != nil {
		return orders.OrderPage{}, err
	}
	if err := narrow(&f, r); err != nil {
		return orders.OrderPage{}, err
	}
	page := orders.OrderPage{Items: []orders.Order{}}
	sums := `SELECT count(*), coalesce(sum(o.estimate_fen), 0)::bigint, coalesce(sum(o.amount_fen), 0)::bigint FROM orders o WHERE ` + f.where()
	args := f.args
	if selling { // only what the cooperative itself sells counts
		sums = fmt.Sprintf(`
			SELECT count(DISTINCT o.id), coalesce(sum(s.estimate_fen), 0)::bigint, coalesce(sum(s.amount_fen), 0)::bigint
			FROM orders o JOIN order_line s ON s.order_id = o.id AND s.seller_org = $%d WHERE %s`, f.next(), f.where())
		args = append(args[:len(args):len(args)], a.Org)
	}
	if err := m.db.QueryRowxContext(ctx, sums, args...).Scan(&page.Total, &page.EstimateFen, &page.AmountFen); err != nil {
		return page, fmt.Errorf("sum orders: %w", err)
	}
	after, err := cursorInts(r.Cursor, 1)
	if err != nil {
		return page, err
	}
	if after != nil {
		f.add(`o.id < ?`, after[0])
	}
	var rows []orderRow
	err = m.db.SelectContext(ctx, &rows, fmt.Sprintf(`SELECT %s FROM orders o WHERE %s ORDER BY o.id DESC LIMIT %d`,
		orderColumns, f.where(), limit+1), f.args...)
	if err != nil {
		return page, fmt.Errorf("list orders: %w", err)
	}
	if len(rows) > limit {
		rows = rows[:limit]
		page.Cursor = makeCursor(rows[limit-1].ID)
	}
	ids := make([]int64, len(rows))
	for i := range rows {
		ids[i] = rows[i].ID
	}
	lines, err := m.linesOf(ctx, m.db, ids...)
	if err != nil {
		return page, err
	}
	for i := range rows {
		res := m.out(a, &rows[i], lines[rows[i].ID])
		if selling || viewOf(a, &rows[i], lines[rows[i].ID]) == viewSale {
			res = forSeller(res, a.Org)
		}
		page.Items = append(page.Items, res)
	}
	return page, nil
}

func narrow(f *filter, r orders.OrderFilter) error {
	if len(r.State) > 0 {
		states := make([]string, len(r.State))
		for i, s := range r.State {
			states[i] = string(s)
		}
		f.add(`o.state = ANY(?)`, textArray(states))
	}
	if r.Channel != "" {
		f.add(`o.channel = ?`, string(r.Channel))
	}
	if r.Presale != 0 {
		f.add(`EXISTS (SELECT FROM order_line p WHERE p.order_id = o.id AND p.presale_id = ?)`, r.Presale)
	}
	if q := strings.TrimSpace(r.Query); q != "" {
		if id, ok := orders.ParseNumber(q); ok {
			f.add(`o.id = ?`, id)
		} else {
			f.add(`(o.buyer ILIKE ? OR o.recipient ILIKE ?)`, likePattern(q), likePattern(q))
		}
	}
	for _, d := range []struct {
		text, field, cond string
		add               int
	}{{r.From, "from", `o.placed_at >= ?`, 0}, {r.To, "to", `o.placed_at < ?`, 1}} {
		if d.text == "" {
			continue
		}
		day, err := time.ParseInLocation(time.DateOnly, d.text, china)
		if err != nil {
			return link.E(link.Invalid, "date", d.field)
		}
		f.add(d.cond, day.AddDate(0, 0, d.add))
	}
	return nil
}

// Origins tells which villages an order comes from, never which households.
func (m *orderRoom) Origins(ctx context.Context, r orders.OrderRef) (orders.Origins, error) {
	o, _, v, err := m.find(ctx, r)
	if err != nil {
		return orders.Origins{}, err
	}
	seller := int64(0)
	if v == viewSale {
		seller = worksFor(link.ActorFrom(ctx))
	}
	var rows []struct {
		VillageID int64 `db:"village_id"`
		Household int64 `db:"household"`
		Qty       int64 `db:"qty"`
	}
	split := `
		SELECT u.village AS village_id, u.household, sum(u.qty)::bigint AS qty
		FROM order_line l, unnest(l.villages, l.households, l.quantities) AS u (village, household, qty)
		WHERE l.order_id = $1 AND ($2 = 0 OR l.seller_org = $2) GROUP BY 1, 2`
	if o.ConfirmedAt != nil && o.State != orders.StateCancelled {
		split = `
		SELECT s.village_id, s.household_id AS household, sum(s.qty - s.short)::bigint AS qty
		FROM share s WHERE s.order_id = $1 AND ($2 = 0 OR s.seller_org = $2) AND s.qty > s.short GROUP BY 1, 2`
	}
	if err := m.db.SelectContext(ctx, &rows, split, o.ID, seller); err != nil {
		return orders.Origins{}, fmt.Errorf("read origins: %w", err)
	}
	ref, err := m.ref.get(ctx)
	if err != nil {
		return orders.Origins{}, err
	}
	households := map[int64]bool{}
	byVillage := map[int64]*catalog.PublicVillage{}
	for _, row := range rows {
		households[row.Household] = true
		v := byVillage[row.VillageID]
		if v == nil {
			place := ref.villages[row.VillageID]
			v = &catalog.PublicVillage{VillageID: row.VillageID, Village: place.Name, Township: ref.townships[place.TownshipID],
				Lat: place.Lat, Lon: place.Lon}
			byVillage[row.VillageID] = v
		}
		v.Households++
		v.Qty += row.Qty
	}
	res := orders.Origins{Villages: make([]catalog.PublicVillage, 0, len(byVillage)), Households: int64(len(households))}
	for _, v := range byVillage {
		res.Villages = append(res.Villages, *v)
	}
	sort.Slice(res.Villages, func(i, j int) bool {
		x, y := res.Villages[i], res.Villages[j]
		return x.Qty > y.Qty || x.Qty == y.Qty && x.VillageID < y.VillageID
	})
	return res, nil
}
