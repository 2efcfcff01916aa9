package shelf

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/lib/pq"

	"banmuyuan/internal/link"
	"banmuyuan/internal/link/paging"
	"banmuyuan/internal/money"
	"banmuyuan/orders"
	"banmuyuan/orders/postgres/desk"
	"banmuyuan/orders/shelf"
)

// viewer is the actor as the viewer of sales.
func viewer(a link.Actor) shelf.Viewer {
	v := shelf.Viewer{County: orders.IsCounty(a), Org: orders.WorksFor(a)}
	if a.Role == orders.RoleBuyer {
		v.Buyer = a.Account
	}
	return v
}

func (s *Room) Sale(ctx context.Context, r shelf.SaleRef) (shelf.Sale, error) {
	if a := link.ActorFrom(ctx); a.Account == 0 && !a.System {
		return shelf.Sale{}, desk.ErrLogin()
	}
	ref, err := s.Ref.Get(ctx)
	if err != nil {
		return shelf.Sale{}, err
	}
	return s.saleOut(ctx, ref, r.ID)
}

func (s *Room) saleOut(ctx context.Context, ref *desk.Names, id int64) (shelf.Sale, error) {
	var row saleRow
	err := s.DB.GetContext(ctx, &row, `SELECT `+saleColumns+` FROM shelf_sale s WHERE s.id = $1`, id)
	if desk.Missing(err) {
		return shelf.Sale{}, errSale()
	}
	if err != nil {
		return shelf.Sale{}, fmt.Errorf("read sale: %w", err)
	}
	out, err := s.salesOut(ctx, ref, []saleRow{row})
	if err != nil {
		return shelf.Sale{}, err
	}
	if len(out) == 0 {
		return shelf.Sale{}, errSale()
	}
	return out[0], nil
}

type saleLineRow struct {
	SaleID    int64          `db:"sale_id"`
	No        int            `db:"no"`
	ItemID    int64          `db:"item_id"`
	Product   string         `db:"product"`
	Grade     string         `db:"grade"`
	Measure   int64          `db:"measure"`
	PriceFen  int64          `db:"price_fen"`
	ListFen   int64          `db:"list_fen"`
	PricePer  int64          `db:"price_per"`
	AmountFen int64          `db:"amount_fen"`
	Uncovered int64          `db:"uncovered"`
	CostFen   int64          `db:"cost_fen"`
	Traces    pq.StringArray `db:"traces"`

	Returned     int64 `db:"returned"`
	ReturnedCost int64 `db:"returned_cost"` // of returned goods
}

// salesOut fills in the lines of the sales that the actor may see, and drops the others.
func (s *Room) salesOut(ctx context.Context, ref *desk.Names, rows []saleRow) ([]shelf.Sale, error) {
	a := link.ActorFrom(ctx)
	ids := make([]int64, len(rows))
	for i, r := range rows {
		ids[i] = r.ID
	}
	var lines []saleLineRow
	err := s.DB.SelectContext(ctx, &lines, `
		SELECT n.sale_id, n.no, n.item_id, i.product, i.grade, n.measure, n.price_fen, n.list_fen, n.price_per, n.amount_fen, n.uncovered, n.returned,
		       (SELECT coalesce(sum(b.cost_fen), 0) FROM shelf_return r JOIN shelf_return_lot b ON b.return_id = r.id AND b.no = n.no WHERE r.sale_id = n.sale_id)::bigint AS returned_cost,
		       coalesce(sum(p.cost_fen), 0)::bigint AS cost_fen, coalesce(array_agg(l.code ORDER BY l.id) FILTER (WHERE l.id IS NOT NULL), '{}') AS traces
		FROM shelf_sale_line n JOIN shelf_item i ON i.id = n.item_id
		LEFT JOIN shelf_sale_lot p ON p.sale_id = n.sale_id AND p.no = n.no LEFT JOIN shelf_lot l ON l.id = p.lot_id
		WHERE n.sale_id = ANY($1) GROUP BY n.sale_id, n.no, i.id ORDER BY n.sale_id, n.no`, desk.Ints(ids))
	if err != nil {
		return nil, fmt.Errorf("read lines of sales: %w", err)
	}
	byID := map[int64][]saleLineRow{}
	for _, l := range lines {
		byID[l.SaleID] = append(byID[l.SaleID], l)
	}
	returns, err := s.returnsOf(ctx, ref, ids)
	if err != nil {
		return nil, err
	}
	out := make([]shelf.Sale, 0, len(rows))
	for _, r := range rows {
		ok, forShop := viewer(a).Sees(r.OrgID, r.Channel, r.AccountID)
		if !ok {
			continue
		}
		shop := ref.Orgs[r.OrgID]
		sale := shelf.Sale{ID: r.ID, No: shelf.SaleNumber(r.ID), OrgID: r.OrgID, Shop: shop.Name, Address: shop.Address, Channel: r.Channel,
			State: r.State, Method: r.Method, TotalFen: r.TotalFen, GivenFen: r.GivenFen, Buyer: r.Buyer, Phone: r.Phone, SoldAt: r.SoldAt.UTC(),
			ExpiresAt: r.ExpiresAt, PaidAt: r.PaidAt, DoneAt: r.DoneAt, ForShop: forShop, CanCancel: r.State.Can(shelf.SaleCallOff),
			ReturnedFen: r.ReturnedFen, Returns: returns[r.ID]}
		sale.Voided = len(sale.Returns) > 0 && sale.Returns[0].Kind == shelf.ReturnVoid
		sale.CanVoid, sale.CanReturn = s.canReturn(a, r)
		if forShop {
			sale.Cashier = r.Cashier
		}
		if a.System && r.Channel == shelf.SaleOnline {
			sale.Account = r.AccountID
		}
		sale.Pickup = shelf.ShownPickup(forShop, r.State, r.Pickup)
		for _, l := range byID[r.ID] {
			p := ref.Products[l.Product]
			line := shelf.SaleLine{No: l.No, ItemID: l.ItemID, Product: l.Product, Title: p.Name, Grade: l.Grade, PriceUnit: p.PriceUnit,
				Price: money.Price{Fen: l.PriceFen, Per: l.PricePer}, Measure: l.Measure, AmountFen: l.AmountFen, Returned: l.Returned, Traces: l.Traces}
			if l.ListFen != l.PriceFen {
				line.ListFen = l.ListFen
			}
			if forShop {
				line.CostFen, line.UncoveredQty = l.CostFen-l.ReturnedCost, l.Uncovered
				sale.CostFen += line.CostFen
			}
			sale.Lines = append(sale.Lines, line)
		}
		out = append(out, sale)
	}
	return out, nil
}

// Sales lists a shop's sales, or the caller's purchases.
func (s *Room) Sales(ctx context.Context, f shelf.SaleFilter) (shelf.SalePage, error) {
	a := link.ActorFrom(ctx)
	w := desk.Filter{}
	ref, err := s.Ref.Get(ctx)
	if err != nil {
		return shelf.SalePage{}, err
	}
	if f.Mine || a.Role == orders.RoleBuyer {
		if a.Account == 0 {
			return shelf.SalePage{}, desk.ErrLogin()
		}
		w.Add("s.account_id = ? AND s.channel = 'online'", a.Account)
	} else {
		_, shop, err := s.looksAt(ctx, f.OrgID)
		if err != nil {
			return shelf.SalePage{}, err
		}
		w.Add("s.org_id = ?", shop.ID)
	}
	if f.State != "" {
		w.Add("s.state = ?", f.State)
	}
	if f.Channel != "" {
		w.Add("s.channel = ?", f.Channel)
	}
	if f.On != "" {
		day, err := time.ParseInLocation(time.DateOnly, f.On, orders.China)
		if err != nil {
			return shelf.SalePage{}, link.E(link.Invalid, "shelf.date", "on")
		}
		w.Add("s.sold_at >= ? AND s.sold_at < ?", day, day.AddDate(0, 0, 1))
	}
	limit, err := paging.Size(f.Limit, 50, 500)
	if err != nil {
		return shelf.SalePage{}, err
	}
	cursor, err := paging.Place("sales", f.Cursor, 2)
	if err != nil {
		return shelf.SalePage{}, err
	}
	page := shelf.SalePage{}
	err = s.DB.QueryRowxContext(ctx, `
		SELECT count(*), coalesce(sum(s.total_fen - s.returned_fen) FILTER (WHERE s.state IN ('paid', 'done')), 0)::bigint,
		       coalesce(sum((SELECT sum(p.cost_fen) FROM shelf_sale_lot p WHERE p.sale_id = s.id)
		                    - (SELECT coalesce(sum(b.cost_fen), 0) FROM shelf_return r JOIN shelf_return_lot b ON b.return_id = r.id WHERE r.sale_id = s.id))
		                FILTER (WHERE s.state IN ('paid', 'done')), 0)::bigint
		FROM shelf_sale s WHERE `+w.Where(), w.Args...).Scan(&page.Total, &page.TotalFen, &page.CostFen)
	if err != nil {
		return page, fmt.Errorf("sum sales: %w", err)
	}
	if a.Role == orders.RoleBuyer {
		page.CostFen = 0
	}
	if cursor != nil {
		w.Add("(s.sold_at, s.id) < (?, ?)", time.UnixMicro(cursor[0]), cursor[1])
	}
	var rows []saleRow
	err = s.DB.SelectContext(ctx, &rows, `SELECT `+saleColumns+` FROM shelf_sale s WHERE `+w.Where()+
		fmt.Sprintf(` ORDER BY s.sold_at DESC, s.id DESC LIMIT %d`, limit+1), w.Args...)
	if err != nil {
		return page, fmt.Errorf("read sales: %w", err)
	}
	if len(rows) > limit {
		rows = rows[:limit]
		page.Cursor = paging.After("sales", rows[limit-1].SoldAt.UnixMicro(), rows[limit-1].ID)
	}
	page.Items, err = s.salesOut(ctx, ref, rows)
	return page, err
}

// Till returns the data with which a till works on without a network.
func (s *Room) Till(ctx context.Context, _ orders.None) (shelf.Till, error) {
	ref, shop, err := s.shop(ctx, shopSells...)
	if err != nil {
		return shelf.Till{}, err
	}
	rows, err := s.itemsOf(ctx, false, shop.ID)
	if err != nil {
		return shelf.Till{}, err
	}
	var codes []struct {
		ItemID int64          `db:"item_id"`
		Codes  pq.StringArray `db:"codes"`
	}
	err = s.DB.SelectContext(ctx, &codes, `
		SELECT l.item_id, array_agg(l.code ORDER BY l.best_before, l.id) AS codes FROM shelf_lot l WHERE l.org_id = $1 AND `+leftSQL+` > 0 GROUP BY l.item_id`, shop.ID)
	if err != nil {
		return shelf.Till{}, fmt.Errorf("read labels: %w", err)
	}
	byItem := map[int64][]string{}
	for _, c := range codes {
		byItem[c.ItemID] = c.Codes
	}
	till := shelf.Till{OrgID: shop.ID, Shop: shop.Name, Items: make([]shelf.TillItem, 0, len(rows))}
	for _, r := range rows {
		p := ref.Products[r.Product]
		it := shelf.TillItem{ItemID: r.ID, Title: p.Name, Grade: r.Grade, PriceUnit: p.PriceUnit, Price: r.price(), Left: r.Left, Barcode: r.Barcode,
			Codes: byItem[r.ID]}
		if it.Codes == nil {
			it.Codes = []string{}
		}
		till.Items = append(till.Items, it)
	}
	return till, nil
}

// Shops lists the supermarkets with their goods.
func (s *Room) Shops(ctx context.Context, _ orders.None) (shelf.PublicShops, error) {
	ref, err := s.Ref.Get(ctx)
	if err != nil {
		return shelf.PublicShops{}, err
	}
	return s.publicShops(ctx, ref, 0)
}

func (s *Room) Goods(ctx context.Context, r shelf.ShopRef) (shelf.PublicShop, error) {
	ref, err := s.Ref.Get(ctx)
	if err != nil {
		return shelf.PublicShop{}, err
	}
	found, err := s.publicShops(ctx, ref, r.OrgID)
	if err != nil {
		return shelf.PublicShop{}, err
	}
	if r.OrgID == 0 || len(found.Items) == 0 {
		return shelf.PublicShop{}, link.E(link.NotFound, "shelf.shop.unknown", "")
	}
	return found.Items[0], nil
}

// villagesNamed is how many villages a card on the shelf names.
const villagesNamed = 3

func (s *Room) publicShops(ctx context.Context, ref *desk.Names, only int64) (shelf.PublicShops, error) {
	out := shelf.PublicShops{Items: []shelf.PublicShop{}}
	var ids []int64
	for _, o := range shopsOf(ref) {
		if only == 0 || o.ID == only {
			ids = append(ids, o.ID)
			out.Items = append(out.Items, shelf.PublicShop{OrgID: o.ID, Name: o.Name, Address: o.Address, Goods: []shelf.PublicGoods{}})
		}
	}
	rows, err := s.itemsOf(ctx, true, ids...)
	if err != nil {
		return out, err
	}
	var lots []struct {
		ItemID    int64  `db:"item_id"`
		Code      string `db:"code"`
		VillageID int64  `db:"village_id"`
	}
	err = s.DB.SelectContext(ctx, &lots, `
		SELECT l.item_id, l.code, l.village_id FROM shelf_lot l
		WHERE l.org_id = ANY($1) AND `+leftSQL+` > 0 AND l.best_before >= $2::date ORDER BY l.best_before, l.id`,
		desk.Ints(ids), orders.Midnight(s.Now()).Format(time.DateOnly))
	if err != nil {
		return out, fmt.Errorf("read lots on the shelf: %w", err)
	}
	trace, villages := map[int64]string{}, map[int64][]string{}
	for _, l := range lots {
		if trace[l.ItemID] == "" {
			trace[l.ItemID] = l.Code
		}
		if name := ref.Villages[l.VillageID].Name; len(villages[l.ItemID]) < villagesNamed && !slices.Contains(villages[l.ItemID], name) {
			villages[l.ItemID] = append(villages[l.ItemID], name)
		}
	}
	for _, r := range rows {
		if r.Left <= 0 || r.NextExpiry == nil {
			continue
		}
		p := ref.Products[r.Product]
		g := shelf.PublicGoods{ItemID: r.ID, Product: r.Product, Title: p.Name, Picture: p.Picture, Grade: r.Grade, PriceUnit: p.PriceUnit,
			Price: r.price(), HouseholdPrice: r.householdPrice(), Left: r.Left, Online: shelf.SoldOnline(r.Online, p), BestBefore: shelf.OnDay(*r.NextExpiry),
			Villages: villages[r.ID], Trace: trace[r.ID]}
		for i := range out.Items {
			if out.Items[i].OrgID == r.OrgID {
				out.Items[i].Goods = append(out.Items[i].Goods, g)
			}
		}
	}
	return out, nil
}

// Turnover sums the sales that were handed over between two days, less the returns between them.
func (s *Room) Turnover(ctx context.Context, f shelf.TurnoverFilter) (shelf.Turnover, error) {
	ref, shop, err := s.looksAt(ctx, f.OrgID)
	if err != nil {
		return shelf.Turnover{}, err
	}
	from, end, err := f.Period(s.Now())
	if err != nil {
		return shelf.Turnover{}, err
	}
	out := shelf.Turnover{From: from.Format(time.DateOnly), To: end.AddDate(0, 0, -1).Format(time.DateOnly), Items: []shelf.TurnoverItem{}}
	const done = `s.org_id = $1 AND s.state = 'done' AND s.done_at >= $2 AND s.done_at < $3`
	const back = `r.org_id = $1 AND r.at >= $2 AND r.at < $3`
	err = s.DB.QueryRowxContext(ctx, `
		SELECT (SELECT count(*) FROM shelf_sale s WHERE `+done+`) - (SELECT count(*) FROM shelf_return r WHERE `+back+` AND r.kind = 'void'),
		       (SELECT coalesce(sum(s.total_fen), 0)::bigint FROM shelf_sale s WHERE `+done+`)
		       - (SELECT coalesce(sum(r.amount_fen), 0)::bigint FROM shelf_return r WHERE `+back+`),
		       (SELECT coalesce(sum(p.cost_fen), 0)::bigint FROM shelf_sale s JOIN shelf_sale_lot p ON p.sale_id = s.id WHERE `+done+`)
		       - (SELECT coalesce(sum(b.cost_fen), 0)::bigint FROM shelf_return r JOIN shelf_return_lot b ON b.return_id = r.id WHERE `+back+`),
		       (SELECT coalesce(sum(round(l.household_fen::numeric * p.measure / l.received)), 0)::bigint
		        FROM shelf_sale s JOIN shelf_sale_lot p ON p.sale_id = s.id JOIN shelf_lot l ON l.id = p.lot_id WHERE `+done+`)
		       - (SELECT coalesce(sum(round(l.household_fen::numeric * b.measure / l.received)), 0)::bigint
		          FROM shelf_return r JOIN shelf_return_lot b ON b.return_id = r.id JOIN shelf_lot l ON l.id = b.lot_id WHERE `+back+`),
		       (SELECT coalesce(sum(r.amount_fen), 0)::bigint FROM shelf_return r WHERE `+back+`),
		       (SELECT count(*) FROM shelf_sale s JOIN shelf_sale_line n ON n.sale_id = s.id AND n.uncovered > 0 WHERE `+done+`),
		       (SELECT coalesce(sum(v.cost_fen), 0)::bigint FROM shelf_movement v JOIN shelf_lot l ON l.id = v.lot_id
		        WHERE l.org_id = $1 AND v.state = 'done' AND v.kind = 'loss' AND v.at >= $2 AND v.at < $3),
		       (SELECT coalesce(sum(v.cost_fen), 0)::bigint FROM shelf_movement v JOIN shelf_lot l ON l.id = v.lot_id
		        WHERE l.org_id = $1 AND v.state = 'done' AND v.kind = 'donation' AND v.at >= $2 AND v.at < $3)`, shop.ID, from, end).
		Scan(&out.Sales, &out.RevenueFen, &out.CostFen, &out.HouseholdFen, &out.ReturnedFen, &out.Uncovered, &out.LostFen, &out.DonatedFen)
	if err != nil {
		return out, fmt.Errorf("sum turnover: %w", err)
	}
	var rows []struct {
		ItemID  int64  `db:"item_id"`
		Product string `db:"product"`
		Grade   string `db:"grade"`
		Measure int64  `db:"measure"`
		Revenue int64  `db:"revenue"`
		Cost    int64  `db:"cost"`
	}
	err = s.DB.SelectContext(ctx, &rows, `
		SELECT x.item_id, i.product, i.grade, sum(x.measure)::bigint AS measure, sum(x.revenue)::bigint AS revenue, sum(x.cost)::bigint AS cost
		FROM (SELECT n.item_id, n.measure, n.amount_fen AS revenue,
		             coalesce((SELECT sum(p.cost_fen) FROM shelf_sale_lot p WHERE p.sale_id = n.sale_id AND p.no = n.no), 0) AS cost
		      FROM shelf_sale s JOIN shelf_sale_line n ON n.sale_id = s.id WHERE `+done+`
		      UNION ALL
		      SELECT n.item_id, -b.measure, -b.amount_fen,
		             -coalesce((SELECT sum(p.cost_fen) FROM shelf_return_lot p WHERE p.return_id = b.return_id AND p.no = b.no), 0)
		      FROM shelf_return r JOIN shelf_return_line b ON b.return_id = r.id JOIN shelf_sale_line n ON n.sale_id = b.sale_id AND n.no = b.no
		      WHERE `+back+`) x JOIN shelf_item i ON i.id = x.item_id
		GROUP BY x.item_id, i.product, i.grade HAVING sum(x.measure) <> 0 OR sum(x.revenue) <> 0
		ORDER BY revenue DESC, x.item_id`, shop.ID, from, end)
	if err != nil {
		return out, fmt.Errorf("sum turnover by item: %w", err)
	}
	for _, r := range rows {
		p := ref.Products[r.Product]
		out.Items = append(out.Items, shelf.TurnoverItem{ItemID: r.ItemID, Title: p.Name, Grade: r.Grade, PriceUnit: p.PriceUnit, Measure: r.Measure,
			RevenueFen: r.Revenue, CostFen: r.Cost})
	}
	return out, nil
}
