package shelf

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"banmuyuan/internal/link"
	"banmuyuan/orders"
	"banmuyuan/orders/postgres/desk"
	"banmuyuan/orders/shelf"
	"banmuyuan/payments"
)

// soldLine is a line of a sale with goods that may come back.
type soldLine struct {
	No          int   `db:"no"`
	Measure     int64 `db:"measure"`
	AmountFen   int64 `db:"amount_fen"`
	Returned    int64 `db:"returned"`
	ReturnedFen int64 `db:"returned_fen"`
}

// soldLot is the part of a line that came out of a lot.
type soldLot struct {
	No         int       `db:"no"`
	LotID      int64     `db:"lot_id"`
	Measure    int64     `db:"measure"`
	CostFen    int64     `db:"cost_fen"`
	Returned   int64     `db:"returned"`
	BestBefore time.Time `db:"best_before"`
}

func (l soldLine) line() shelf.SoldLine {
	return shelf.SoldLine{No: l.No, Measure: l.Measure, AmountFen: l.AmountFen, Returned: l.Returned, ReturnedFen: l.ReturnedFen}
}

func (l soldLot) lot() shelf.SoldLot {
	return shelf.SoldLot{No: l.No, Lot: l.LotID, Measure: l.Measure, CostFen: l.CostFen, Returned: l.Returned, BestBefore: l.BestBefore}
}

// ReturnGoods takes goods back, or voids a receipt. The money goes back as it came: cash out of the drawer, anything else
// through its gateway.
func (s *Room) ReturnGoods(ctx context.Context, r shelf.ReturnRequest) (shelf.Return, error) {
	ref, shop, err := s.shop(ctx, shopSells...)
	if err != nil {
		return shelf.Return{}, err
	}
	if err := r.Check(s.Now()).Err(); err != nil {
		return shelf.Return{}, err
	}
	body := r
	body.ReturnedAt = time.Time{} // a page that is sent twice has two clocks
	hash, err := desk.HashBody(body)
	if err != nil {
		return shelf.Return{}, err
	}
	var id int64
	err = s.Tx(ctx, func(tx *sqlx.Tx) error {
		sale, err := s.soldAt(ctx, tx, shop.ID, r)
		if err != nil {
			return err
		}
		// The sale's lock is held: an earlier request with the same id is written by now.
		var old struct {
			ID   int64  `db:"id"`
			Hash []byte `db:"body_hash"`
		}
		err = tx.GetContext(ctx, &old, `SELECT id, body_hash FROM shelf_return WHERE org_id = $1 AND client_id = $2`, shop.ID, r.ClientID)
		switch {
		case err == nil && string(old.Hash) == string(hash):
			id = old.ID
			return nil
		case err == nil:
			return link.E(link.Conflict, "return.client_id.reused", "client_id")
		case !desk.Missing(err):
			return fmt.Errorf("look up return: %w", err)
		}
		id, err = s.writeReturn(ctx, tx, sale, r, hash)
		return err
	})
	if link.Constraint(err) == "shelf_return_client" { // the same id at two sales at once
		return shelf.Return{}, link.E(link.Conflict, "return.client_id.reused", "client_id").Because(err)
	}
	if err != nil {
		return shelf.Return{}, err
	}
	return s.returnOut(ctx, ref, id)
}

// soldAt locks the sale of returned goods; another shop's is NotFound.
func (s *Room) soldAt(ctx context.Context, tx *sqlx.Tx, org int64, r shelf.ReturnRequest) (*saleRow, error) {
	id := r.SaleID
	if id == 0 {
		err := tx.GetContext(ctx, &id, `SELECT id FROM shelf_sale WHERE org_id = $1 AND client_id = $2 AND channel = 'till'`, org, r.SaleClientID)
		if desk.Missing(err) {
			return nil, link.E(link.NotFound, "sale.unknown", "sale_client_id")
		}
		if err != nil {
			return nil, fmt.Errorf("look up sale: %w", err)
		}
	}
	sale, err := s.lockSale(ctx, tx, id)
	if err != nil {
		return nil, err
	}
	if sale.OrgID != org {
		return nil, errSale()
	}
	return sale, nil
}

// mayReturn says whether goods of a sale may come back now.
func (s *Room) mayReturn(ctx context.Context, tx *sqlx.Tx, sale *saleRow, r shelf.ReturnRequest) error {
	account := link.ActorFrom(ctx).Account
	if err := sale.sold().CheckReturn(r.Kind, r.ReturnedAt, account); err != nil || r.Kind == shelf.ReturnGoods {
		return err
	}
	var later bool
	err := tx.GetContext(ctx, &later, `
		SELECT EXISTS (SELECT FROM shelf_sale s WHERE s.org_id = $1 AND s.channel = 'till' AND s.account_id = $2 AND s.state = 'done'
		       AND s.returned_fen < s.total_fen AND (s.sold_at, s.id) > ($3, $4))`, sale.OrgID, account, sale.SoldAt, sale.ID)
	if err != nil {
		return fmt.Errorf("look for later sales: %w", err)
	}
	if later {
		return shelf.ErrNotLatest()
	}
	return nil
}

// writeReturn writes a return of a locked sale, moves its goods and tells payments.
func (s *Room) writeReturn(ctx context.Context, tx *sqlx.Tx, sale *saleRow, r shelf.ReturnRequest, hash []byte) (int64, error) {
	if err := s.mayReturn(ctx, tx, sale, r); err != nil {
		return 0, err
	}
	var rows []soldLine
	err := tx.SelectContext(ctx, &rows, `
		SELECT no, measure, amount_fen, returned, returned_fen FROM shelf_sale_line WHERE sale_id = $1 ORDER BY no`, sale.ID)
	if err != nil {
		return 0, fmt.Errorf("read lines of sale %d: %w", sale.ID, err)
	}
	sold := make([]shelf.SoldLine, len(rows))
	for i, l := range rows {
		sold[i] = l.line()
	}
	back := r.Lines
	if r.Kind == shelf.ReturnVoid {
		back = shelf.Whole(sold)
	}
	amounts, total, err := shelf.ReturnAmounts(sold, back)
	if err != nil {
		return 0, err
	}
	a := link.ActorFrom(ctx)
	var id int64
	err = tx.GetContext(ctx, &id, `
		INSERT INTO shelf_return (org_id, sale_id, kind, client_id, body_hash, reason, note, amount_fen, account_id, actor, at, written_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) RETURNING id`,
		sale.OrgID, sale.ID, r.Kind, r.ClientID, hash, r.Reason, r.Note, total, a.Account, orders.ActorName(a), r.ReturnedAt.UTC(), s.Now())
	if err != nil {
		return 0, fmt.Errorf("write return of sale %d: %w", sale.ID, err)
	}
	if err := s.moveReturned(ctx, tx, sale.ID, id, r.Kind, back, amounts); err != nil {
		return 0, err
	}
	if _, err := tx.ExecContext(ctx, `UPDATE shelf_sale SET returned_fen = returned_fen + $2 WHERE id = $1`, sale.ID, total); err != nil {
		return 0, fmt.Errorf("note return at sale %d: %w", sale.ID, err)
	}
	return id, link.Publish(ctx, tx, link.Message{Subject: payments.CmdTakeBack, Data: payments.TakeBack{Ref: shelf.SaleRefOf(sale.ID),
		Receipt: shelf.ReturnNumber(id), Org: sale.OrgID, AmountFen: total, Reason: "refund.taken_back", TakenAt: r.ReturnedAt.Unix()}})
}

// moveReturned puts goods back into the lots that they were sold from, and writes off goods that cannot be sold again.
func (s *Room) moveReturned(ctx context.Context, tx *sqlx.Tx, sale, id int64, kind shelf.ReturnKind, back []shelf.ReturnLine, amounts []int64) error {
	var rows []soldLot
	// Locked in the order of their ids, as everybody does it.
	err := tx.SelectContext(ctx, &rows, `
		SELECT p.no, p.lot_id, p.measure, p.cost_fen, p.returned, l.best_before FROM shelf_sale_lot p JOIN shelf_lot l ON l.id = p.lot_id
		WHERE p.sale_id = $1 ORDER BY p.lot_id FOR UPDATE OF l`, sale)
	if err != nil {
		return fmt.Errorf("lock lots of sale %d: %w", sale, err)
	}
	lots := make([]shelf.SoldLot, len(rows))
	for i, l := range rows {
		lots[i] = l.lot()
	}
	puts, err := shelf.PutBack(lots, back, kind, s.Now())
	if err != nil {
		return err
	}
	for i, b := range back {
		_, err := tx.ExecContext(ctx, `
			INSERT INTO shelf_return_line (return_id, sale_id, no, measure, amount_fen, to_shelf, uncovered) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
			id, sale, b.No, b.Measure, amounts[i], b.ToShelf, puts[i].Uncovered)
		if err != nil {
			return fmt.Errorf("write line of return %d: %w", id, err)
		}
		_, err = tx.ExecContext(ctx, `UPDATE shelf_sale_line SET returned = returned + $3, returned_fen = returned_fen + $4 WHERE sale_id = $1 AND no = $2`,
			sale, b.No, b.Measure, amounts[i])
		if err != nil {
			return fmt.Errorf("note return at line of sale %d: %w", sale, err)
		}
		for _, p := range puts[i].Parts {
			if err := s.putBack(ctx, tx, sale, id, b, p); err != nil {
				return err
			}
		}
	}
	return nil
}

// putBack moves a part of a return into its lot, and writes it off from there when it cannot be sold again.
func (s *Room) putBack(ctx context.Context, tx *sqlx.Tx, sale, id int64, b shelf.ReturnLine, p shelf.Taken) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO shelf_return_lot (return_id, no, lot_id, measure, cost_fen) VALUES ($1, $2, $3, $4, $5)`,
		id, b.No, p.Lot, p.Measure, p.CostFen)
	if err != nil {
		return fmt.Errorf("write lots of return %d: %w", id, err)
	}
	_, err = tx.ExecContext(ctx, `UPDATE shelf_sale_lot SET returned = returned + $4 WHERE sale_id = $1 AND no = $2 AND lot_id = $3`, sale, b.No, p.Lot, p.Measure)
	if err != nil {
		return fmt.Errorf("note return at lot of sale %d: %w", sale, err)
	}
	if _, err := tx.ExecContext(ctx, `UPDATE shelf_lot SET sold = sold - $2 WHERE id = $1`, p.Lot, p.Measure); err != nil {
		return fmt.Errorf("put back into lot %d: %w", p.Lot, err)
	}
	if b.ToShelf {
		return nil
	}
	row, err := s.lot(ctx, tx, shelf.StockLotRef{ID: p.Lot}, "FOR UPDATE OF l")
	if err != nil {
		return err
	}
	_, err = s.writeOff(ctx, tx, link.ActorFrom(ctx), row, shelf.WriteOff{LotID: p.Lot, Kind: shelf.MovementLoss, Measure: p.Measure, Reason: "returned",
		Note: shelf.ReturnNumber(id)})
	return err
}

type returnRow struct {
	ID        int64            `db:"id"`
	OrgID     int64            `db:"org_id"`
	SaleID    int64            `db:"sale_id"`
	Kind      shelf.ReturnKind `db:"kind"`
	Method    string           `db:"method"`
	Channel   string           `db:"channel"`
	AccountID int64            `db:"account_id"` // of the sale
	Reason    string           `db:"reason"`
	Note      string           `db:"note"`
	AmountFen int64            `db:"amount_fen"`
	Actor     string           `db:"actor"`
	At        time.Time        `db:"at"`
}

const returnSelect = `
	SELECT r.id, r.org_id, r.sale_id, r.kind, s.method, s.channel, s.account_id, r.reason, r.note, r.amount_fen, r.actor, r.at
	FROM shelf_return r JOIN shelf_sale s ON s.id = r.sale_id `

type returnLineRow struct {
	ReturnID  int64  `db:"return_id"`
	No        int    `db:"no"`
	Product   string `db:"product"`
	Grade     string `db:"grade"`
	Measure   int64  `db:"measure"`
	AmountFen int64  `db:"amount_fen"`
	ToShelf   bool   `db:"to_shelf"`
}

// returnsOut fills in returns that the actor may see.
func (s *Room) returnsOut(ctx context.Context, ref *desk.Names, rows []returnRow) ([]shelf.Return, error) {
	ids := make([]int64, len(rows))
	for i, r := range rows {
		ids[i] = r.ID
	}
	var lines []returnLineRow
	err := s.DB.SelectContext(ctx, &lines, `
		SELECT b.return_id, b.no, i.product, i.grade, b.measure, b.amount_fen, b.to_shelf
		FROM shelf_return_line b JOIN shelf_sale_line n ON n.sale_id = b.sale_id AND n.no = b.no JOIN shelf_item i ON i.id = n.item_id
		WHERE b.return_id = ANY($1) ORDER BY b.return_id, b.no`, desk.Ints(ids))
	if err != nil {
		return nil, fmt.Errorf("read lines of returns: %w", err)
	}
	out := make([]shelf.Return, 0, len(rows))
	for _, r := range rows {
		ok, forShop := viewer(link.ActorFrom(ctx)).Sees(r.OrgID, shelf.SaleChannel(r.Channel), r.AccountID)
		if !ok {
			continue
		}
		shop := ref.Orgs[r.OrgID]
		one := shelf.Return{ID: r.ID, No: shelf.ReturnNumber(r.ID), SaleID: r.SaleID, SaleNo: shelf.SaleNumber(r.SaleID), OrgID: r.OrgID, Shop: shop.Name,
			Address: shop.Address, Kind: r.Kind, Method: r.Method, Reason: r.Reason, AmountFen: r.AmountFen, ReturnedAt: r.At.UTC(), Lines: []shelf.ReturnedLine{}}
		if forShop {
			one.Cashier, one.Note = r.Actor, r.Note
		}
		for _, l := range lines {
			if l.ReturnID != r.ID {
				continue
			}
			p := ref.Products[l.Product]
			one.Lines = append(one.Lines, shelf.ReturnedLine{No: l.No, Title: p.Name, Grade: l.Grade, PriceUnit: p.PriceUnit, Measure: l.Measure,
				AmountFen: l.AmountFen, ToShelf: l.ToShelf})
		}
		out = append(out, one)
	}
	return out, nil
}

func (s *Room) returnOut(ctx context.Context, ref *desk.Names, id int64) (shelf.Return, error) {
	var row returnRow
	err := s.DB.GetContext(ctx, &row, returnSelect+`WHERE r.id = $1`, id)
	if desk.Missing(err) {
		return shelf.Return{}, errReturn()
	}
	if err != nil {
		return shelf.Return{}, fmt.Errorf("read return: %w", err)
	}
	out, err := s.returnsOut(ctx, ref, []returnRow{row})
	if err != nil {
		return shelf.Return{}, err
	}
	if len(out) == 0 {
		return shelf.Return{}, errReturn()
	}
	return out[0], nil
}

func errReturn() error { return link.E(link.NotFound, "return.unknown", "") }

// Return returns one return to readers of its sale.
func (s *Room) Return(ctx context.Context, r shelf.IDRef) (shelf.Return, error) {
	if a := link.ActorFrom(ctx); a.Account == 0 && !a.System {
		return shelf.Return{}, desk.ErrLogin()
	}
	ref, err := s.Ref.Get(ctx)
	if err != nil {
		return shelf.Return{}, err
	}
	return s.returnOut(ctx, ref, r.ID)
}

// returnsOf finds the returns of sales, oldest first.
func (s *Room) returnsOf(ctx context.Context, ref *desk.Names, sales []int64) (map[int64][]shelf.Return, error) {
	var rows []returnRow
	if err := s.DB.SelectContext(ctx, &rows, returnSelect+`WHERE r.sale_id = ANY($1) ORDER BY r.id`, desk.Ints(sales)); err != nil {
		return nil, fmt.Errorf("read returns: %w", err)
	}
	if len(rows) == 0 {
		return nil, nil
	}
	all, err := s.returnsOut(ctx, ref, rows)
	if err != nil {
		return nil, err
	}
	bySale := map[int64][]shelf.Return{}
	for _, r := range all {
		bySale[r.SaleID] = append(bySale[r.SaleID], r)
	}
	return bySale, nil
}

// canReturn reports whether a page may offer to void a sale or to take goods back.
func (s *Room) canReturn(a link.Actor, sale saleRow) (void, goods bool) {
	if a.Org != sale.OrgID || !slices.Contains(shopSells, a.Role) {
		return false, false
	}
	return sale.sold().CanReturn(s.Now(), a.Account)
}
