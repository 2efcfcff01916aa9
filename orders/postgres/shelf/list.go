package shelf

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/orders"
	"banmuyuan/orders/postgres/desk"
	"banmuyuan/orders/shelf"
)

type listRow struct {
	ID        int64         `db:"id"`
	OrgID     int64         `db:"org_id"`
	Name      string        `db:"name"`
	Weekdays  pq.Int64Array `db:"weekdays"`
	Lines     []byte        `db:"lines"`
	Delivery  []byte        `db:"delivery"`
	Version   int64         `db:"version"`
	OrderedAt *time.Time    `db:"ordered_at"`
	OrderID   int64         `db:"order_id"`
}

const listColumns = `id, org_id, name, weekdays, lines, delivery, version, ordered_at, order_id`

func (s *Room) listOut(ctx context.Context, r listRow) (shelf.StandingList, error) {
	l := shelf.StandingList{ID: r.ID, OrgID: r.OrgID, Name: r.Name, Version: r.Version, OrderedAt: r.OrderedAt, Weekdays: []int{}, Lines: []shelf.ListLine{}}
	for _, d := range r.Weekdays {
		l.Weekdays = append(l.Weekdays, int(d))
	}
	if r.OrderID != 0 {
		l.OrderNo = orders.Number(r.OrderID)
	}
	l.DueToday = shelf.DueToday(l.Weekdays, r.OrderedAt, s.Now())
	var lines []orders.QuoteLine
	if err := json.Unmarshal(r.Lines, &lines); err != nil {
		return l, fmt.Errorf("decode standing list %d: %w", r.ID, err)
	}
	if err := json.Unmarshal(r.Delivery, &l.Delivery); err != nil {
		return l, fmt.Errorf("decode standing list %d: %w", r.ID, err)
	}
	for _, q := range lines {
		line := shelf.ListLine{QuoteLine: q}
		p, err := s.Offers.Presale(ctx, q.PresaleID)
		switch {
		case err == nil:
			line.Presale, line.Title, line.Unit = p.Code, p.Title, p.Product.OrderUnit
			line.Orderable = p.Orderable && slices.Contains(p.Channels, catalog.ChannelMarket)
		case link.CodeOf(err) != link.NotFound:
			return l, err
		}
		l.Lines = append(l.Lines, line)
	}
	return l, nil
}

func (s *Room) StandingLists(ctx context.Context, r shelf.ShopRef) (shelf.StandingLists, error) {
	_, shop, err := s.looksAt(ctx, r.OrgID)
	if err != nil {
		return shelf.StandingLists{}, err
	}
	var rows []listRow
	if err := s.DB.SelectContext(ctx, &rows, `SELECT `+listColumns+` FROM shelf_list WHERE org_id = $1 ORDER BY name, id`, shop.ID); err != nil {
		return shelf.StandingLists{}, fmt.Errorf("read standing lists: %w", err)
	}
	out := shelf.StandingLists{Items: []shelf.StandingList{}}
	for _, row := range rows {
		l, err := s.listOut(ctx, row)
		if err != nil {
			return out, err
		}
		out.Items = append(out.Items, l)
	}
	return out, nil
}

func (s *Room) SaveStandingList(ctx context.Context, r shelf.SaveStandingList) (shelf.StandingList, error) {
	_, shop, err := s.shop(ctx, shopBuys...)
	if err != nil {
		return shelf.StandingList{}, err
	}
	problems := r.Check()
	days := make(pq.Int64Array, len(r.Weekdays))
	for i, d := range r.Weekdays {
		days[i] = int64(d)
	}
	if err := s.CheckDelivery(ctx, &r.Delivery, &problems); err != nil {
		return shelf.StandingList{}, err
	}
	if err := problems.Err(); err != nil {
		return shelf.StandingList{}, err
	}
	lines, err := json.Marshal(r.Lines)
	if err != nil {
		return shelf.StandingList{}, fmt.Errorf("encode list: %w", err)
	}
	delivery, err := json.Marshal(r.Delivery)
	if err != nil {
		return shelf.StandingList{}, fmt.Errorf("encode delivery: %w", err)
	}
	by, now := orders.ActorName(link.ActorFrom(ctx)), s.Now()
	var row listRow
	err = s.Tx(ctx, func(tx *sqlx.Tx) error {
		id, done, err := s.claim(ctx, tx, "list", r.Key, r)
		if err != nil {
			return err
		}
		switch {
		case done:
			err = tx.GetContext(ctx, &row, `SELECT `+listColumns+` FROM shelf_list WHERE id = $1 AND org_id = $2`, id, shop.ID)
		case r.ID == 0:
			err = tx.GetContext(ctx, &row, `
				INSERT INTO shelf_list (org_id, name, weekdays, lines, delivery, changed_by, changed_at)
				VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING `+listColumns, shop.ID, r.Name, days, string(lines), string(delivery), by, now)
		default:
			var version int64
			err = tx.GetContext(ctx, &version, `SELECT version FROM shelf_list WHERE id = $1 AND org_id = $2 FOR UPDATE`, r.ID, shop.ID)
			if err == nil && version != r.Version {
				return link.E(link.Conflict, "shelf.list.changed", "")
			}
			if err == nil {
				err = tx.GetContext(ctx, &row, `
					UPDATE shelf_list SET name = $2, weekdays = $3, lines = $4, delivery = $5, changed_by = $6, changed_at = $7, version = version + 1
					WHERE id = $1 RETURNING `+listColumns, r.ID, r.Name, days, string(lines), string(delivery), by, now)
			}
		}
		if desk.Missing(err) {
			return link.E(link.NotFound, "shelf.list.unknown", "id")
		}
		if err != nil {
			return fmt.Errorf("save standing list: %w", err)
		}
		return s.about(ctx, tx, "list", r.Key, row.ID)
	})
	if err != nil {
		return shelf.StandingList{}, err
	}
	return s.listOut(ctx, row)
}

func (s *Room) DropStandingList(ctx context.Context, r shelf.StandingListRef) (orders.None, error) {
	_, shop, err := s.shop(ctx, shopBuys...)
	if err != nil {
		return orders.None{}, err
	}
	res, err := s.DB.ExecContext(ctx, `DELETE FROM shelf_list WHERE id = $1 AND org_id = $2`, r.ID, shop.ID)
	if err != nil {
		return orders.None{}, fmt.Errorf("drop standing list: %w", err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return orders.None{}, link.E(link.NotFound, "shelf.list.unknown", "id")
	}
	return orders.None{}, nil
}

// OrderStandingList places the order under the request's key, so that a second click is the same order.
func (s *Room) OrderStandingList(ctx context.Context, r shelf.OrderStandingList) (orders.Order, error) {
	_, shop, err := s.shop(ctx, shopBuys...)
	if err != nil {
		return orders.Order{}, err
	}
	var row listRow
	err = s.DB.GetContext(ctx, &row, `SELECT `+listColumns+` FROM shelf_list WHERE id = $1 AND org_id = $2`, r.ID, shop.ID)
	if desk.Missing(err) {
		return orders.Order{}, link.E(link.NotFound, "shelf.list.unknown", "id")
	}
	if err != nil {
		return orders.Order{}, fmt.Errorf("read standing list: %w", err)
	}
	req := orders.PlaceRequest{IdempotencyKey: r.Key, Channel: catalog.ChannelMarket, Shortage: orders.ShortageRefill, Note: row.Name}
	if err := json.Unmarshal(row.Lines, &req.Lines); err != nil {
		return orders.Order{}, fmt.Errorf("decode standing list %d: %w", row.ID, err)
	}
	if err := json.Unmarshal(row.Delivery, &req.Delivery); err != nil {
		return orders.Order{}, fmt.Errorf("decode standing list %d: %w", row.ID, err)
	}
	o, err := s.order.Place(ctx, req)
	if err != nil {
		return o, err
	}
	_, err = s.DB.ExecContext(ctx, `UPDATE shelf_list SET ordered_at = $2, order_id = $3 WHERE id = $1`, row.ID, o.PlacedAt, o.ID)
	if err != nil {
		// The order stands; only the list does not say so yet.
		s.Log.Warn("note order of standing list", "list", row.ID, "order", o.ID, "error", err)
	}
	return o, nil
}
