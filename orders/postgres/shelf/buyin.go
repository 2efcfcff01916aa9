package shelf

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/internal/link/paging"
	"banmuyuan/internal/money"
	"banmuyuan/orders"
	"banmuyuan/orders/postgres/desk"
	"banmuyuan/orders/shelf"
	"banmuyuan/payments"
)

// openSheetSQL adds to the open sheet of a shop, or opens one. Its index is partial on the state.
var openSheetSQL = `
	INSERT INTO shelf_sheet (org_id, state, amount_fen, opened_at) VALUES ($1, $2, $3, $4)
	ON CONFLICT (org_id) WHERE state = ` + desk.StateText(shelf.SheetOpen) + ` DO UPDATE
	SET amount_fen = shelf_sheet.amount_fen + excluded.amount_fen RETURNING id`

// post buys taken goods: stock, sheet, income and the command to payments.
func (s takings) post(ctx context.Context, tx *sqlx.Tx, t takingRow, product catalog.Product) error {
	now := s.Now()
	bought := shelf.BoughtOf(product, t.Measure)
	item, err := s.itemFor(ctx, tx, t.OrgID, product, t.Grade, t.price())
	if err != nil {
		return err
	}
	var lot int64
	err = tx.GetContext(ctx, &lot, `
		INSERT INTO shelf_lot (org_id, item_id, source, village_id, households, units, net_grams, received, cost_fen, household_fen, gathered_on,
		                       shelved_at, best_before, actor)
		VALUES ($1, $2, 'buyin', $3, 1, $4, $5, $6, $7, $7, ($8::timestamptz AT TIME ZONE 'Asia/Shanghai')::date, $9, $10, $11) RETURNING id`,
		t.OrgID, item.ID, t.VillageID, bought.Units, bought.Grams, t.Measure, t.AmountFen, t.TakenAt, now, t.BestBefore, t.Actor)
	if err != nil {
		return fmt.Errorf("write lot: %w", err)
	}
	var sheet int64
	err = tx.GetContext(ctx, &sheet, openSheetSQL, t.OrgID, string(shelf.SheetOpen), t.AmountFen, now)
	if err != nil {
		return fmt.Errorf("write sheet: %w", err)
	}
	var delivery int64
	err = tx.GetContext(ctx, &delivery, `
		INSERT INTO shelf_buyin (id, org_id, sheet_id, lot_id, delivery_id, household_id, village_id, season, programme, product, grade, measure, qty,
		                         net_grams, price_fen, price_per, amount_fen, bought_at, account_id, actor)
		OVERRIDING SYSTEM VALUE
		VALUES ($1, $2, $3, $4, nextval(pg_get_serial_sequence('delivery', 'id')), $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)
		RETURNING delivery_id`,
		t.ID, t.OrgID, sheet, lot, t.HouseholdID, t.VillageID, t.Season, product.Programme, product.Code, t.Grade, t.Measure, bought.Qty, bought.Grams,
		t.PriceFen, t.PricePer, t.AmountFen, now, t.AccountID, t.Actor)
	if err != nil {
		return fmt.Errorf("write buy-in: %w", err)
	}
	if _, err := tx.ExecContext(ctx, desk.BuyInEntries+` WHERE b.id = $1`, t.ID); err != nil {
		return fmt.Errorf("write income of buy-in: %w", err)
	}
	return link.Publish(ctx, tx, link.Message{Subject: payments.CmdAcceptDelivery, Data: payments.AcceptDelivery{
		DeliveryID: delivery, Ref: shelf.SheetRefOf(sheet), Coop: t.OrgID, OccurredAt: now.Unix(),
		Shares: []payments.DeliveryShare{{SourceKey: fmt.Sprintf("buyin:%d", t.ID), Household: t.HouseholdID, GrossFen: t.AmountFen,
			Origin: &payments.Origin{Season: t.Season, Month: orders.SeasonMonth(t.Season, now.In(orders.China)), Programme: product.Programme,
				Channel: string(catalog.ChannelMarket), Product: product.Code, Qty: bought.Qty, NetGrams: bought.Grams}}},
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
	AccountID   int64            `db:"account_id"`
	Actor       string           `db:"actor"`
	DecidedBy   string           `db:"decided_by"`
	DecidedAt   *time.Time       `db:"decided_at"`
	Reason      string           `db:"reason"`

	taking shelf.BuyInState
	left   int64
}

const buyInSelect = `
	SELECT b.id, b.org_id, b.sheet_id, h.state, b.lot_id, l.code, b.household_id, b.village_id, b.product, b.grade, b.measure, b.price_fen,
	       b.price_per, b.amount_fen, b.bought_at, b.account_id, b.actor, coalesce(t.decided_by, '') AS decided_by, t.decided_at,
	       coalesce(t.reason, '') AS reason
	FROM shelf_buyin b JOIN shelf_sheet h ON h.id = b.sheet_id JOIN shelf_lot l ON l.id = b.lot_id LEFT JOIN shelf_taking t ON t.id = b.id `

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
	a := link.ActorFrom(ctx)
	for i, r := range rows {
		p, h := ref.Products[r.Product], homes[r.HouseholdID]
		state, sheet := shelf.BuyInPosted, shelf.SheetNumber(r.SheetID)
		if r.taking != "" {
			state, sheet = r.taking, ""
		}
		out[i] = shelf.BuyIn{ID: r.ID, No: shelf.BuyInNumber(r.ID), OrgID: r.OrgID, Shop: ref.Orgs[r.OrgID].Name, HouseholdID: r.HouseholdID,
			Code: h.Code, Head: h.Head, VillageID: r.VillageID, Village: ref.Villages[r.VillageID].Name, Product: r.Product, Title: p.Name,
			Grade: r.Grade, PriceUnit: p.PriceUnit, Measure: r.Measure, Price: money.Price{Fen: r.PriceFen, Per: r.PricePer}, AmountFen: r.AmountFen,
			LotID: r.LotID, Trace: r.Code, SheetID: r.SheetID, SheetNo: sheet, SheetState: r.SheetState,
			BoughtAt: r.BoughtAt.UTC(), Actor: r.Actor, State: state, Left: r.left, OrderUnit: p.OrderUnit,
			Decidable: shelf.DecidableBuyIn(state, r.OrgID, r.AccountID, a.Org, a.Account), DecidedBy: r.DecidedBy, DecidedAt: r.DecidedAt, Reason: r.Reason}
	}
	return out, nil
}

func (s *Room) BuyIns(ctx context.Context, f shelf.BuyInFilter) (shelf.BuyInPage, error) {
	ref, shop, err := s.looksAt(ctx, f.OrgID)
	if err != nil {
		return shelf.BuyInPage{}, err
	}
	limit, err := paging.Size(f.Limit, 50, 500)
	if err != nil {
		return shelf.BuyInPage{}, err
	}
	cursor, err := paging.Place("buy_ins", f.Cursor, 1)
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
		page.Cursor = paging.After("buy_ins", rows[limit-1].ID)
	}
	page.Items, err = s.buyInsOut(ctx, ref, rows)
	return page, err
}

// BuyInSlip is one buy-in, as the household gets it on paper, or goods that wait or were not taken.
func (s *Room) BuyInSlip(ctx context.Context, r shelf.IDRef) (shelf.BuyIn, error) {
	row, err := takings{s}.slipRow(ctx, r.ID)
	if err != nil {
		return shelf.BuyIn{}, err
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

func (s takings) slipRow(ctx context.Context, id int64) (buyInRow, error) {
	var taken takingRow
	err := s.DB.GetContext(ctx, &taken, takingSelect+`WHERE t.id = $1`, id)
	if err == nil && taken.State != shelf.BuyInPosted {
		return taken.buyIn(), nil
	}
	if err != nil && !desk.Missing(err) {
		return buyInRow{}, fmt.Errorf("read taken goods: %w", err)
	}
	var row buyInRow
	err = s.DB.GetContext(ctx, &row, buyInSelect+`WHERE b.id = $1`, id)
	if desk.Missing(err) {
		return row, link.E(link.NotFound, "shelf.buyin.unknown", "")
	}
	if err != nil {
		return row, fmt.Errorf("read buy-in: %w", err)
	}
	return row, nil
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
