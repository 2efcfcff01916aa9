package shelf

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/internal/money"
	"banmuyuan/orders"
	"banmuyuan/orders/postgres/desk"
	"banmuyuan/orders/shelf"
	"banmuyuan/payments"
)

// BuyIn buys from a household at the counter. The goods on the shelf, the entry in the household's income ledger and the
// command that makes the shop owe it are one transaction.
func (s *Room) BuyIn(ctx context.Context, r shelf.BuyInRequest) (shelf.BuyIn, error) {
	ref, shop, err := s.shop(ctx, shopSells...)
	if err != nil {
		return shelf.BuyIn{}, err
	}
	product, known := ref.Products[r.Product]
	if err := r.Check(known, s.Now()).Err(); err != nil {
		return shelf.BuyIn{}, err
	}
	if err := catalog.CheckTakes(ref.Seasons, ref.Season, "season"); err != nil {
		return shelf.BuyIn{}, err
	}
	price, amount, err := r.Price(product)
	if err != nil {
		return shelf.BuyIn{}, err
	}
	h, err := s.Catalog.Household(desk.AsSystem(ctx), catalog.HouseholdRef{ID: r.HouseholdID})
	if err != nil {
		return shelf.BuyIn{}, err
	}
	var id int64
	err = s.Tx(ctx, func(tx *sqlx.Tx) error {
		about, done, err := s.claim(ctx, tx, "buyin", r.Key, r)
		if err != nil || done {
			id = about
			return err
		}
		if id, err = s.buyIn(ctx, tx, ref.Season, shop, product, h, r, price, amount); err != nil {
			return err
		}
		return s.about(ctx, tx, "buyin", r.Key, id)
	})
	if err != nil {
		return shelf.BuyIn{}, err
	}
	s.income.ForgetAverages()
	return s.BuyInSlip(ctx, shelf.IDRef{ID: id})
}

// openSheetSQL adds to the open sheet of a shop, or opens one. Its index is partial on the state.
var openSheetSQL = `
	INSERT INTO shelf_sheet (org_id, state, amount_fen, opened_at) VALUES ($1, $2, $3, $4)
	ON CONFLICT (org_id) WHERE state = ` + desk.StateText(shelf.SheetOpen) + ` DO UPDATE
	SET amount_fen = shelf_sheet.amount_fen + excluded.amount_fen RETURNING id`

func (s *Room) buyIn(ctx context.Context, tx *sqlx.Tx, season int, shop catalog.Organisation, product catalog.Product, h catalog.Household,
	r shelf.BuyInRequest, price money.Price, amount int64) (int64, error) {
	now, a := s.Now(), link.ActorFrom(ctx)
	bought := shelf.BoughtOf(product, r.Measure)
	item, err := s.itemFor(ctx, tx, shop.ID, product, r.Grade, price)
	if err != nil {
		return 0, err
	}
	var lot int64
	err = tx.GetContext(ctx, &lot, `
		INSERT INTO shelf_lot (org_id, item_id, source, village_id, households, units, net_grams, received, cost_fen, household_fen, gathered_on,
		                       shelved_at, best_before, actor)
		VALUES ($1, $2, 'buyin', $3, 1, $4, $5, $6, $7, $7, ($8::timestamptz AT TIME ZONE 'Asia/Shanghai')::date, $8, $9, $10) RETURNING id`,
		shop.ID, item.ID, h.VillageID, bought.Units, bought.Grams, r.Measure, amount, now, r.BestBefore, orders.ActorName(a))
	if err != nil {
		return 0, fmt.Errorf("write lot: %w", err)
	}
	var sheet int64
	err = tx.GetContext(ctx, &sheet, openSheetSQL, shop.ID, string(shelf.SheetOpen), amount, now)
	if err != nil {
		return 0, fmt.Errorf("write sheet: %w", err)
	}
	var row struct {
		ID       int64 `db:"id"`
		Delivery int64 `db:"delivery_id"`
	}
	err = tx.GetContext(ctx, &row, `
		INSERT INTO shelf_buyin (org_id, sheet_id, lot_id, delivery_id, household_id, village_id, season, programme, product, grade, measure, qty,
		                         net_grams, price_fen, price_per, amount_fen, bought_at, account_id, actor)
		VALUES ($1, $2, $3, nextval(pg_get_serial_sequence('delivery', 'id')), $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
		RETURNING id, delivery_id`,
		shop.ID, sheet, lot, h.ID, h.VillageID, season, product.Programme, product.Code, r.Grade, r.Measure, bought.Qty, bought.Grams, price.Fen, price.Per, amount,
		now, a.Account, orders.ActorName(a))
	if err != nil {
		return 0, fmt.Errorf("write buy-in: %w", err)
	}
	if _, err := tx.ExecContext(ctx, desk.BuyInEntries+` WHERE b.id = $1`, row.ID); err != nil {
		return 0, fmt.Errorf("write income of buy-in: %w", err)
	}
	return row.ID, link.Publish(ctx, tx, link.Message{Subject: payments.CmdAcceptDelivery, Data: payments.AcceptDelivery{
		DeliveryID: row.Delivery, Ref: shelf.SheetRefOf(sheet), Coop: shop.ID, OccurredAt: now.Unix(),
		Shares: []payments.DeliveryShare{{SourceKey: fmt.Sprintf("buyin:%d", row.ID), Household: h.ID, GrossFen: amount,
			Origin: &payments.Origin{Season: season, Month: orders.SeasonMonth(season, now.In(orders.China)), Programme: product.Programme, Channel: string(catalog.ChannelMarket),
				Product: product.Code, Qty: bought.Qty, NetGrams: bought.Grams}}},
	}})
}

type buyInRow struct {
	ID          int64            `db:"id"`
	OrgID       int64            `db:"org_id"`
	SheetID     int64            `db:"sheet_id"`
	SheetState  shelf.SheetState `db:"state"`
	LotID       int64            `db:"lot_id"`
	Code        string           `db:"code"`
	HouseholdID int64            `db:"household_id"`
	VillageID   int64            `db:"village_id"`
	Product     string           `db:"product"`
	Grade       string           `db:"grade"`
	Measure     int64            `db:"measure"`
	PriceFen    int64            `db:"price_fen"`
	PricePer    int64            `db:"price_per"`
	AmountFen   int64            `db:"amount_fen"`
	BoughtAt    time.Time        `db:"bought_at"`
	Actor       string           `db:"actor"`
}

const buyInSelect = `
	SELECT b.id, b.org_id, b.sheet_id, h.state, b.lot_id, l.code, b.household_id, b.village_id, b.product, b.grade, b.measure, b.price_fen,
	       b.price_per, b.amount_fen, b.bought_at, b.actor
	FROM shelf_buyin b JOIN shelf_sheet h ON h.id = b.sheet_id JOIN shelf_lot l ON l.id = b.lot_id `

// buyInsOut fills in the households of buy-ins, for the shop that bought from them.
func (s *Room) buyInsOut(ctx context.Context, ref *desk.Names, rows []buyInRow) ([]shelf.BuyIn, error) {
	out := make([]shelf.BuyIn, len(rows))
	if len(rows) == 0 {
		return out, nil
	}
	ids := make([]int64, 0, len(rows))
	for _, r := range rows {
		ids = append(ids, r.HouseholdID)
	}
	slices.Sort(ids)
	page, err := s.Catalog.Households(desk.AsSystem(ctx), catalog.HouseholdFilter{IDs: slices.Compact(ids)})
	if err != nil {
		return nil, err
	}
	homes := make(map[int64]catalog.Household, len(page.Items))
	for _, h := range page.Items {
		homes[h.ID] = h
	}
	for i, r := range rows {
		p, h := ref.Products[r.Product], homes[r.HouseholdID]
		out[i] = shelf.BuyIn{ID: r.ID, No: shelf.BuyInNumber(r.ID), OrgID: r.OrgID, Shop: ref.Orgs[r.OrgID].Name, HouseholdID: r.HouseholdID,
			Code: h.Code, Head: h.Head, VillageID: r.VillageID, Village: ref.Villages[r.VillageID].Name, Product: r.Product, Title: p.Name,
			Grade: r.Grade, PriceUnit: p.PriceUnit, Measure: r.Measure, Price: money.Price{Fen: r.PriceFen, Per: r.PricePer}, AmountFen: r.AmountFen,
			LotID: r.LotID, Trace: r.Code, SheetID: r.SheetID, SheetNo: shelf.SheetNumber(r.SheetID), SheetState: r.SheetState,
			BoughtAt: r.BoughtAt.UTC(), Actor: r.Actor}
	}
	return out, nil
}

func (s *Room) BuyIns(ctx context.Context, f shelf.BuyInFilter) (shelf.BuyInPage, error) {
	ref, shop, err := s.looksAt(ctx, f.OrgID)
	if err != nil {
		return shelf.BuyInPage{}, err
	}
	limit, err := desk.PageLimit(f.Limit, 50, 500)
	if err != nil {
		return shelf.BuyInPage{}, err
	}
	cursor, err := desk.CursorInts(f.Cursor, 1)
	if err != nil {
		return shelf.BuyInPage{}, err
	}
	w := desk.Filter{}
	w.Add("b.org_id = ?", shop.ID)
	if f.SheetID != 0 {
		w.Add("b.sheet_id = ?", f.SheetID)
	}
	page := shelf.BuyInPage{}
	err = s.DB.QueryRowxContext(ctx, `SELECT count(*), coalesce(sum(b.amount_fen), 0)::bigint FROM shelf_buyin b WHERE `+w.Where(), w.Args...).
		Scan(&page.Total, &page.AmountFen)
	if err != nil {
		return page, fmt.Errorf("sum buy-ins: %w", err)
	}
	if cursor != nil {
		w.Add("b.id < ?", cursor[0])
	}
	var rows []buyInRow
	if err := s.DB.SelectContext(ctx, &rows, buyInSelect+`WHERE `+w.Where()+fmt.Sprintf(` ORDER BY b.id DESC LIMIT %d`, limit+1), w.Args...); err != nil {
		return page, fmt.Errorf("read buy-ins: %w", err)
	}
	if len(rows) > limit {
		rows = rows[:limit]
		page.Cursor = desk.MakeCursor(rows[limit-1].ID)
	}
	page.Items, err = s.buyInsOut(ctx, ref, rows)
	return page, err
}

// BuyInSlip is one buy-in, as the household gets it on paper.
func (s *Room) BuyInSlip(ctx context.Context, r shelf.IDRef) (shelf.BuyIn, error) {
	var row buyInRow
	err := s.DB.GetContext(ctx, &row, buyInSelect+`WHERE b.id = $1`, r.ID)
	if desk.Missing(err) {
		return shelf.BuyIn{}, link.E(link.NotFound, "shelf.buyin.unknown", "")
	}
	if err != nil {
		return shelf.BuyIn{}, fmt.Errorf("read buy-in: %w", err)
	}
	ref, _, err := s.looksAt(ctx, row.OrgID)
	if err != nil {
		return shelf.BuyIn{}, err
	}
	out, err := s.buyInsOut(ctx, ref, []buyInRow{row})
	if err != nil {
		return shelf.BuyIn{}, err
	}
	return out[0], nil
}

type sheetRow struct {
	ID         int64            `db:"id"`
	OrgID      int64            `db:"org_id"`
	State      shelf.SheetState `db:"state"`
	AmountFen  int64            `db:"amount_fen"`
	OpenedAt   time.Time        `db:"opened_at"`
	ClosedAt   *time.Time       `db:"closed_at"`
	SettledAt  *time.Time       `db:"settled_at"`
	BuyIns     int64            `db:"buy_ins"`
	Households int64            `db:"households"`
}

const sheetSelect = `
	SELECT h.id, h.org_id, h.state, h.amount_fen, h.opened_at, h.closed_at, h.settled_at,
	       (SELECT count(*) FROM shelf_buyin b WHERE b.sheet_id = h.id) AS buy_ins,
	       (SELECT count(DISTINCT b.household_id) FROM shelf_buyin b WHERE b.sheet_id = h.id) AS households
	FROM shelf_sheet h `

func (r sheetRow) Out() shelf.Sheet {
	return shelf.Sheet{ID: r.ID, No: shelf.SheetNumber(r.ID), OrgID: r.OrgID, State: r.State, BuyIns: r.BuyIns, Households: r.Households,
		AmountFen: r.AmountFen, OpenedAt: r.OpenedAt.UTC(), ClosedAt: r.ClosedAt, SettledAt: r.SettledAt}
}

func (s *Room) Sheets(ctx context.Context, r shelf.ShopRef) (shelf.Sheets, error) {
	_, shop, err := s.looksAt(ctx, r.OrgID)
	if err != nil {
		return shelf.Sheets{}, err
	}
	var rows []sheetRow
	if err := s.DB.SelectContext(ctx, &rows, sheetSelect+`WHERE h.org_id = $1 ORDER BY h.id DESC LIMIT 60`, shop.ID); err != nil {
		return shelf.Sheets{}, fmt.Errorf("read sheets: %w", err)
	}
	out := shelf.Sheets{Items: make([]shelf.Sheet, len(rows))}
	for i, row := range rows {
		out.Items[i] = row.Out()
	}
	return out, nil
}

func (s *Room) sheet(ctx context.Context, q desk.Queryer, id, org int64) (sheetRow, error) {
	var row sheetRow
	err := q.GetContext(ctx, &row, sheetSelect+`WHERE h.id = $1`, id)
	if desk.Missing(err) || err == nil && row.OrgID != org {
		return row, link.E(link.NotFound, "shelf.sheet.unknown", "id")
	}
	if err != nil {
		return row, fmt.Errorf("read sheet: %w", err)
	}
	return row, nil
}

// CloseSheet ends the open sheet and has payments bill it. The next buy-in opens another one.
func (s *Room) CloseSheet(ctx context.Context, r shelf.IDRef) (shelf.Sheet, error) {
	_, shop, err := s.shop(ctx, shopBuys...)
	if err != nil {
		return shelf.Sheet{}, err
	}
	var row sheetRow
	err = s.Tx(ctx, func(tx *sqlx.Tx) error {
		if _, err := tx.ExecContext(ctx, `SELECT FROM shelf_sheet WHERE id = $1 FOR UPDATE`, r.ID); err != nil {
			return fmt.Errorf("lock sheet: %w", err)
		}
		if row, err = s.sheet(ctx, tx, r.ID, shop.ID); err != nil {
			return err
		}
		if !row.State.Can(shelf.SheetClose) {
			return nil // clicked twice
		}
		if row.State, err = row.State.Next(shelf.SheetClose); err != nil {
			return err
		}
		now := s.Now()
		row.ClosedAt = &now
		_, err = tx.ExecContext(ctx, `UPDATE shelf_sheet SET state = $2, closed_at = $3, closed_by = $4 WHERE id = $1`,
			row.ID, row.State, now, orders.ActorName(link.ActorFrom(ctx)))
		if err != nil {
			return fmt.Errorf("close sheet: %w", err)
		}
		return link.Publish(ctx, tx, link.Message{Subject: payments.CmdCloseRef,
			Data: payments.CloseRef{Ref: shelf.SheetRefOf(row.ID), Seq: 1, BilledFen: &row.AmountFen}})
	})
	return row.Out(), err
}

// PaySheet starts the shop's payment of a closed sheet.
func (s *Room) PaySheet(ctx context.Context, r shelf.PayRefRequest) (orders.PayStart, error) {
	_, shop, err := s.shop(ctx, shopBuys...)
	if err != nil {
		return orders.PayStart{}, err
	}
	row, err := s.sheet(ctx, s.DB, r.ID, shop.ID)
	if err != nil {
		return orders.PayStart{}, err
	}
	if err := row.State.CheckPay(); err != nil {
		return orders.PayStart{}, err
	}
	return s.startPayment(ctx, r, payments.CreatePayment{Ref: shelf.SheetRefOf(row.ID), Purpose: "balance", AmountFen: row.AmountFen,
		Party: payments.Party{Kind: "organisation", ID: shop.ID, Name: shop.Name}, Description: "半亩园收购单 " + shelf.SheetNumber(row.ID),
		Code: shelf.SheetNumber(row.ID), ExpiresAt: s.Now().Add(s.Config.PayBalance)})
}

// startPayment asks payments for one, outside any transaction.
func (s *Room) startPayment(ctx context.Context, r shelf.PayRefRequest, c payments.CreatePayment) (orders.PayStart, error) {
	if err := r.Check().Err(); err != nil {
		return orders.PayStart{}, err
	}
	c.Key, c.Method, c.ReturnURL = c.Purpose+":"+r.Key, r.Method, r.ReturnURL
	p, err := s.Payments.CreatePayment(desk.AsSystem(ctx), c)
	if err != nil {
		if e := link.AsError(err); e.Field == "key" {
			e.Field = "idempotency_key"
		}
		return orders.PayStart{}, err
	}
	return orders.PayStart{PaymentID: p.ID, State: string(p.State), AmountFen: p.AmountFen, URL: p.URL, TransferCode: p.TransferCode,
		PayTo: p.PayTo, PayToAccount: p.PayToAccount, PayToBank: p.PayToBank, ExpiresAt: p.ExpiresAt}, nil
}
