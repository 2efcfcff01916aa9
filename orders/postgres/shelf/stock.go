package shelf

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"banmuyuan/internal/link"
	"banmuyuan/internal/link/paging"
	"banmuyuan/internal/money"
	"banmuyuan/orders"
	"banmuyuan/orders/postgres/desk"
	"banmuyuan/orders/shelf"
)

type lotRow struct {
	ID           int64             `db:"id"`
	Code         string            `db:"code"`
	OrgID        int64             `db:"org_id"`
	ItemID       int64             `db:"item_id"`
	Product      string            `db:"product"`
	Grade        string            `db:"grade"`
	PriceFen     int64             `db:"price_fen"`
	PricePer     int64             `db:"price_per"`
	Source       shelf.StockSource `db:"source"`
	OrderID      int64             `db:"order_id"`
	VillageID    int64             `db:"village_id"`
	Households   int64             `db:"households"`
	Received     int64             `db:"received"`
	Sold         int64             `db:"sold"`
	Kept         int64             `db:"kept"`
	Held         int64             `db:"held"`
	Lost         int64             `db:"lost"`
	Donated      int64             `db:"donated"`
	Found        int64             `db:"found"`
	CostFen      int64             `db:"cost_fen"`
	HouseholdFen int64             `db:"household_fen"`
	ShelvedAt    time.Time         `db:"shelved_at"`
	BestBefore   time.Time         `db:"best_before"`
}

const lotSelect = `
	SELECT l.id, l.code, l.org_id, l.item_id, i.product, i.grade, i.price_fen, i.price_per, l.source, l.order_id, l.village_id, l.households,
	       l.received, l.sold, l.kept, l.held, l.lost, l.donated, l.found, l.cost_fen, l.household_fen, l.shelved_at, l.best_before
	FROM shelf_lot l JOIN shelf_item i ON i.id = l.item_id `

// leftSQL is the measure of a lot l that is free to sell, as shelf.Quantities.Left.
const leftSQL = `(l.received + l.found - l.sold - l.kept - l.held - l.lost - l.donated)`

func (r lotRow) quantities() shelf.Quantities {
	return shelf.Quantities{Received: r.Received, Sold: r.Sold, Kept: r.Kept, Held: r.Held, Lost: r.Lost, Donated: r.Donated, Found: r.Found}
}

func (r lotRow) Out(ref *desk.Names) shelf.StockLot {
	p := ref.Products[r.Product]
	l := shelf.StockLot{ID: r.ID, Code: r.Code, OrgID: r.OrgID, ItemID: r.ItemID, Product: r.Product, Title: p.Name, Picture: p.Picture,
		Grade: r.Grade, PriceUnit: p.PriceUnit, Source: r.Source, VillageID: r.VillageID, Village: ref.Villages[r.VillageID].Name,
		Households: r.Households, Received: r.Received, Sold: r.Sold, Kept: r.Kept, Held: r.Held, Lost: r.Lost, Donated: r.Donated,
		Found: r.Found, Left: r.quantities().Left(), CostFen: r.CostFen, Price: money.Price{Fen: r.PriceFen, Per: r.PricePer},
		HouseholdPrice: shelf.PriceOf(r.HouseholdFen, r.PricePer, r.Received), ShelvedAt: r.ShelvedAt.UTC(),
		BestBefore: shelf.OnDay(r.BestBefore)}
	if r.OrderID != 0 {
		l.OrderNo = orders.Number(r.OrderID)
	}
	return l
}

func (s *Room) Stock(ctx context.Context, f shelf.StockFilter) (shelf.StockPage, error) {
	ref, shop, err := s.looksAt(ctx, f.OrgID)
	if err != nil {
		return shelf.StockPage{}, err
	}
	limit, err := paging.Size(f.Limit, 50, 500)
	if err != nil {
		return shelf.StockPage{}, err
	}
	cursor, err := paging.Place("stock", f.Cursor, 2)
	if err != nil {
		return shelf.StockPage{}, err
	}
	w := desk.Filter{}
	w.Add("l.org_id = ?", shop.ID)
	if f.ItemID != 0 {
		w.Add("l.item_id = ?", f.ItemID)
	}
	if !f.All {
		w.Add(leftSQL + " + l.kept + l.held > 0")
	}
	if f.Expired {
		w.Add("l.best_before <= ?::date", orders.Midnight(s.Now()).AddDate(0, 0, 2).Format(time.DateOnly))
	}
	page := shelf.StockPage{Items: []shelf.StockLot{}}
	err = s.DB.QueryRowxContext(ctx, `
		SELECT count(*), coalesce(sum(round(l.cost_fen::numeric * `+leftSQL+` / l.received)), 0)::bigint
		FROM shelf_lot l WHERE `+w.Where(), w.Args...).Scan(&page.Total, &page.CostFen)
	if err != nil {
		return page, fmt.Errorf("sum stock: %w", err)
	}
	if cursor != nil {
		w.Add("(l.best_before - DATE '2000-01-01', l.id) > (?, ?)", cursor[0], cursor[1])
	}
	var rows []lotRow
	err = s.DB.SelectContext(ctx, &rows, lotSelect+`WHERE `+w.Where()+fmt.Sprintf(` ORDER BY l.best_before, l.id LIMIT %d`, limit+1), w.Args...)
	if err != nil {
		return page, fmt.Errorf("read stock: %w", err)
	}
	if len(rows) > limit {
		rows = rows[:limit]
		last := rows[limit-1]
		page.Cursor = paging.After("stock", int64(last.BestBefore.Sub(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)).Hours())/24, last.ID)
	}
	for _, r := range rows {
		page.Items = append(page.Items, r.Out(ref))
	}
	return page, nil
}

func (s *Room) lot(ctx context.Context, q desk.Queryer, r shelf.StockLotRef, lock string) (lotRow, error) {
	var row lotRow
	err := q.GetContext(ctx, &row, lotSelect+`WHERE l.id = $1 OR ($1 = 0 AND l.code = $2) `+lock, r.ID, strings.ToLower(strings.TrimSpace(r.Code)))
	if desk.Missing(err) {
		return row, errLot()
	}
	if err != nil {
		return row, fmt.Errorf("read lot: %w", err)
	}
	return row, nil
}

func (s *Room) StockLot(ctx context.Context, r shelf.StockLotRef) (shelf.StockLot, error) {
	row, err := s.lot(ctx, s.DB, r, "")
	if err != nil {
		return shelf.StockLot{}, err
	}
	ref, _, err := s.looksAt(ctx, row.OrgID)
	if link.CodeOf(err) == link.NotFound {
		return shelf.StockLot{}, errLot()
	}
	if err != nil {
		return shelf.StockLot{}, err
	}
	return row.Out(ref), nil
}

type itemSums struct {
	itemRow
	Left         int64      `db:"left"`
	Lots         int64      `db:"lots"`
	CostFen      int64      `db:"cost_fen"`
	HouseholdFen int64      `db:"household_fen"`
	Received     int64      `db:"received"`
	NextExpiry   *time.Time `db:"next_expiry"`
}

// itemsOf reads a shop's items with the sums of their lots that are not gone. fresh leaves out lots past their date.
func (s *Room) itemsOf(ctx context.Context, fresh bool, orgs ...int64) ([]itemSums, error) {
	var rows []itemSums
	err := s.DB.SelectContext(ctx, &rows, `
		SELECT `+itemColumns+`, coalesce(sum(`+leftSQL+`), 0)::bigint AS left, count(l.id) AS lots, coalesce(sum(l.cost_fen), 0)::bigint AS cost_fen,
		       coalesce(sum(l.household_fen), 0)::bigint AS household_fen, coalesce(sum(l.received), 0)::bigint AS received, min(l.best_before) AS next_expiry
		FROM shelf_item i LEFT JOIN shelf_lot l ON l.item_id = i.id AND `+leftSQL+` > 0 AND (NOT $2 OR l.best_before >= $3::date)
		WHERE i.org_id = ANY($1) GROUP BY i.id ORDER BY i.product, i.id`, desk.Ints(orgs), fresh, orders.Midnight(s.Now()).Format(time.DateOnly))
	if err != nil {
		return nil, fmt.Errorf("read shelf items: %w", err)
	}
	return rows, nil
}

func (r itemSums) householdPrice() money.Price {
	return shelf.PriceOf(r.HouseholdFen, r.PricePer, r.Received)
}

func itemOut(ref *desk.Names, r itemSums) shelf.Item {
	p := ref.Products[r.Product]
	it := shelf.Item{ID: r.ID, OrgID: r.OrgID, Product: r.Product, Title: p.Name, Picture: p.Picture, Grade: r.Grade, PriceUnit: p.PriceUnit,
		Price: r.price(), HouseholdPrice: r.householdPrice(), Barcode: r.Barcode, Online: r.Online, ByPiece: shelf.ByPiece(p), Left: r.Left, Lots: r.Lots,
		CostFen: shelf.PriceOf(r.CostFen, r.PricePer, r.Received).Fen}
	if r.NextExpiry != nil {
		d := shelf.OnDay(*r.NextExpiry)
		it.NextExpiry = &d
	}
	return it
}

func (s *Room) Items(ctx context.Context, r shelf.ShopRef) (shelf.Items, error) {
	ref, shop, err := s.looksAt(ctx, r.OrgID)
	if err != nil {
		return shelf.Items{}, err
	}
	rows, err := s.itemsOf(ctx, false, shop.ID)
	if err != nil {
		return shelf.Items{}, err
	}
	out := shelf.Items{Items: make([]shelf.Item, len(rows))}
	for i, row := range rows {
		out.Items[i] = itemOut(ref, row)
	}
	return out, nil
}

// SaveItem sets the price, the barcode and the online sale of an item.
func (s *Room) SaveItem(ctx context.Context, r shelf.SaveItem) (shelf.Item, error) {
	ref, shop, err := s.shop(ctx, shopBuys...)
	if err != nil {
		return shelf.Item{}, err
	}
	if err := r.Check().Err(); err != nil {
		return shelf.Item{}, err
	}
	var product string
	err = s.DB.GetContext(ctx, &product, `
		UPDATE shelf_item SET price_fen = $3, barcode = $4, online = $5, changed_by = $6, changed_at = $7 WHERE id = $1 AND org_id = $2
		RETURNING product`, r.ID, shop.ID, r.PriceFen, r.Barcode, r.Online, orders.ActorName(link.ActorFrom(ctx)), s.Now())
	switch {
	case desk.Missing(err):
		return shelf.Item{}, errItem()
	case link.Constraint(err) == "shelf_item_barcode":
		return shelf.Item{}, link.E(link.Conflict, "shelf.barcode.taken", "barcode").Because(err)
	case err != nil:
		return shelf.Item{}, fmt.Errorf("save shelf item: %w", err)
	}
	rows, err := s.itemsOf(ctx, false, shop.ID)
	if err != nil {
		return shelf.Item{}, err
	}
	i := slices.IndexFunc(rows, func(row itemSums) bool { return row.ID == r.ID })
	if i < 0 {
		return shelf.Item{}, errItem()
	}
	return itemOut(ref, rows[i]), nil
}

type movementRow struct {
	ID        int64               `db:"id"`
	LotID     int64               `db:"lot_id"`
	Code      string              `db:"code"`
	OrgID     int64               `db:"org_id"`
	Product   string              `db:"product"`
	Grade     string              `db:"grade"`
	Kind      shelf.MovementKind  `db:"kind"`
	State     shelf.MovementState `db:"state"`
	Measure   int64               `db:"measure"`
	CostFen   int64               `db:"cost_fen"`
	Reason    string              `db:"reason"`
	Note      string              `db:"note"`
	AccountID int64               `db:"account_id"`
	Actor     string              `db:"actor"`
	At        time.Time           `db:"at"`
	DecidedBy string              `db:"decided_by"`
}

const movementSelect = `
	SELECT v.id, v.lot_id, l.code, l.org_id, i.product, i.grade, v.kind, v.state, v.measure, v.cost_fen, v.reason, v.note, v.account_id, v.actor,
	       v.at, v.decided_by
	FROM shelf_movement v JOIN shelf_lot l ON l.id = v.lot_id JOIN shelf_item i ON i.id = l.item_id `

func (r movementRow) Out(ref *desk.Names, a link.Actor) shelf.Movement {
	p := ref.Products[r.Product]
	return shelf.Movement{ID: r.ID, LotID: r.LotID, Code: r.Code, Title: p.Name, Grade: r.Grade, PriceUnit: p.PriceUnit, Kind: r.Kind, State: r.State,
		Measure: r.Measure, CostFen: r.CostFen, Reason: r.Reason, Note: r.Note, Actor: r.Actor, At: r.At.UTC(), DecidedBy: r.DecidedBy,
		MayDecide: shelf.Decidable(r.State, r.OrgID, r.AccountID, a.Org, a.Account) && slices.Contains(shopStaff, a.Role)}
}

// WriteOff takes goods off the shelf that were not sold, or puts back goods that a count found. A movement of much
// value waits, out of sale, until a second person agrees.
func (s *Room) WriteOff(ctx context.Context, r shelf.WriteOff) (shelf.Movement, error) {
	ref, shop, err := s.shop(ctx, shopSells...)
	if err != nil {
		return shelf.Movement{}, err
	}
	if err := r.Check().Err(); err != nil {
		return shelf.Movement{}, err
	}
	a := link.ActorFrom(ctx)
	var row movementRow
	err = s.Tx(ctx, func(tx *sqlx.Tx) error {
		id, done, err := s.claim(ctx, tx, "writeoff", r.Key, r)
		if err != nil {
			return err
		}
		if !done {
			lot, err := s.lot(ctx, tx, shelf.StockLotRef{ID: r.LotID}, "FOR UPDATE OF l")
			if err != nil {
				return err
			}
			if lot.OrgID != shop.ID {
				return errLot()
			}
			if id, err = s.writeOff(ctx, tx, a, lot, r); err != nil {
				return err
			}
			if err := s.about(ctx, tx, "writeoff", r.Key, id); err != nil {
				return err
			}
		}
		if err := tx.GetContext(ctx, &row, movementSelect+`WHERE v.id = $1`, id); err != nil {
			return fmt.Errorf("read movement: %w", err)
		}
		return nil
	})
	return row.Out(ref, a), err
}

func (s *Room) writeOff(ctx context.Context, tx *sqlx.Tx, a link.Actor, lot lotRow, r shelf.WriteOff) (int64, error) {
	if err := r.CheckLeft(lot.quantities().Left()); err != nil {
		return 0, err
	}
	cost := shelf.PartOf(lot.CostFen, r.Measure, lot.Received)
	state := shelf.FirstState(cost)
	if err := changeLot(ctx, tx, lot.ID, r.Kind.ChangeTo("", state, r.Measure)); err != nil {
		return 0, err
	}
	var id int64
	err := tx.GetContext(ctx, &id, `
		INSERT INTO shelf_movement (lot_id, kind, state, measure, cost_fen, reason, note, account_id, actor, at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING id`,
		lot.ID, r.Kind, state, r.Measure, cost, r.Reason, r.Note, a.Account, orders.ActorName(a), s.Now())
	if err != nil {
		return 0, fmt.Errorf("write movement: %w", err)
	}
	return id, nil
}

// changeLot adds a movement's difference to the quantities of a locked lot.
func changeLot(ctx context.Context, tx *sqlx.Tx, lot int64, c shelf.Change) error {
	_, err := tx.ExecContext(ctx, `
		UPDATE shelf_lot SET held = held + $2, lost = lost + $3, donated = donated + $4, found = found + $5 WHERE id = $1`,
		lot, c.Held, c.Lost, c.Donated, c.Found)
	if err != nil {
		return fmt.Errorf("change lot %d: %w", lot, err)
	}
	return nil
}

// DecideWriteOff lets a second person agree, or put the goods back.
func (s *Room) DecideWriteOff(ctx context.Context, r shelf.DecideWriteOff) (shelf.Movement, error) {
	ref, shop, err := s.shop(ctx, shopStaff...)
	if err != nil {
		return shelf.Movement{}, err
	}
	a := link.ActorFrom(ctx)
	var row movementRow
	err = s.Tx(ctx, func(tx *sqlx.Tx) error {
		err := tx.GetContext(ctx, &row, movementSelect+`WHERE v.id = $1 FOR UPDATE OF v, l`, r.ID)
		if desk.Missing(err) || err == nil && row.OrgID != shop.ID {
			return link.E(link.NotFound, "shelf.movement.unknown", "id")
		}
		if err != nil {
			return fmt.Errorf("read movement: %w", err)
		}
		if err := shelf.CheckSecond(row.AccountID, a.Account); err != nil {
			return err
		}
		from := row.State
		if row.State, err = from.Next(r.Step()); err != nil {
			return err
		}
		if err := changeLot(ctx, tx, row.LotID, row.Kind.ChangeTo(from, row.State, row.Measure)); err != nil {
			return err
		}
		row.DecidedBy = orders.ActorName(a)
		_, err = tx.ExecContext(ctx, `UPDATE shelf_movement SET state = $2, decided_id = $3, decided_by = $4, decided_at = $5 WHERE id = $1`,
			row.ID, row.State, a.Account, row.DecidedBy, s.Now())
		if err != nil {
			return fmt.Errorf("decide movement: %w", err)
		}
		return desk.Decided(ctx, tx, "writeoff", row.ID, r.Accept)
	})
	return row.Out(ref, a), err
}

func (s *Room) Movements(ctx context.Context, f shelf.MovementFilter) (shelf.Movements, error) {
	ref, shop, err := s.looksAt(ctx, f.OrgID)
	if err != nil {
		return shelf.Movements{}, err
	}
	limit, err := paging.Size(f.Limit, 100, 500)
	if err != nil {
		return shelf.Movements{}, err
	}
	before, err := paging.ID("movements", f.Cursor)
	if err != nil {
		return shelf.Movements{}, err
	}
	w := desk.Filter{}
	w.Add("l.org_id = ?", shop.ID)
	if f.LotID != 0 {
		w.Add("v.lot_id = ?", f.LotID)
	}
	if f.State != "" {
		w.Add("v.state = ?", f.State)
	}
	if before != 0 {
		w.Add("v.id < ?", before)
	}
	var rows []movementRow
	if err := s.DB.SelectContext(ctx, &rows, movementSelect+`WHERE `+w.Where()+fmt.Sprintf(` ORDER BY v.id DESC LIMIT %d`, limit+1), w.Args...); err != nil {
		return shelf.Movements{}, fmt.Errorf("read movements: %w", err)
	}
	out := shelf.Movements{}
	if len(rows) > limit {
		rows = rows[:limit]
		out.Cursor = paging.After("movements", rows[limit-1].ID)
	}
	out.Items = make([]shelf.Movement, len(rows))
	for i, r := range rows {
		out.Items[i] = r.Out(ref, link.ActorFrom(ctx))
	}
	return out, nil
}
