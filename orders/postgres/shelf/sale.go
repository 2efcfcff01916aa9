package shelf

import (
	"cmp"
	"context"
	"crypto/rand"
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

type saleRow struct {
	ID        int64             `db:"id"`
	OrgID     int64             `db:"org_id"`
	Channel   shelf.SaleChannel `db:"channel"`
	State     shelf.SaleState   `db:"state"`
	ClientID  string            `db:"client_id"`
	BodyHash  []byte            `db:"body_hash"`
	Method    string            `db:"method"`
	AccountID int64             `db:"account_id"`
	Buyer     string            `db:"buyer"`
	Phone     string            `db:"phone"`
	Pickup    string            `db:"pickup"`
	Cashier   string            `db:"cashier"`
	TotalFen  int64             `db:"total_fen"`
	GivenFen  int64             `db:"given_fen"`
	SoldAt    time.Time         `db:"sold_at"`
	ExpiresAt *time.Time        `db:"expires_at"`
	PaidAt    *time.Time        `db:"paid_at"`
	DoneAt    *time.Time        `db:"done_at"`

	ReturnedFen int64 `db:"returned_fen"`

	person string             // of the buyer, when it is written
	limit  orders.UnpaidLimit // of an online sale
}

const saleColumns = `s.id, s.org_id, s.channel, s.state, s.client_id, s.body_hash, s.method, s.account_id, s.buyer, s.phone, s.pickup, s.cashier,
	s.total_fen, s.given_fen, s.sold_at, s.expires_at, s.paid_at, s.done_at, s.returned_fen`

// sold is the sale as the rules of returns need it.
func (r saleRow) sold() shelf.Sold {
	return shelf.Sold{State: r.State, Channel: r.Channel, AccountID: r.AccountID, SoldAt: r.SoldAt, TotalFen: r.TotalFen, ReturnedFen: r.ReturnedFen}
}

// wanted is a line before it is known which lots it comes out of.
type wanted struct {
	item    itemRow
	code    string
	measure int64
	price   money.Price
	amount  int64
}

func (s *Room) lockSale(ctx context.Context, tx *sqlx.Tx, id int64) (*saleRow, error) {
	row := &saleRow{}
	err := tx.GetContext(ctx, row, `SELECT `+saleColumns+` FROM shelf_sale s WHERE s.id = $1 FOR UPDATE`, id)
	if desk.Missing(err) {
		return nil, errSale()
	}
	if err != nil {
		return nil, fmt.Errorf("lock sale %d: %w", id, err)
	}
	return row, nil
}

// itemsByID reads items of a shop; one that is not there is NotFound.
func itemsByID(ctx context.Context, q desk.Queryer, org int64, ids []int64) (map[int64]itemRow, error) {
	var rows []itemRow
	if err := q.SelectContext(ctx, &rows, `SELECT `+itemColumns+` FROM shelf_item i WHERE i.org_id = $1 AND i.id = ANY($2)`, org, desk.Ints(ids)); err != nil {
		return nil, fmt.Errorf("read shelf items: %w", err)
	}
	byID := make(map[int64]itemRow, len(rows))
	for _, r := range rows {
		byID[r.ID] = r
	}
	for i, id := range ids {
		if _, ok := byID[id]; !ok {
			return nil, link.E(link.Invalid, "shelf.item.unknown", fmt.Sprintf("lines[%d].item_id", i))
		}
	}
	return byID, nil
}

// askedLine is a line as a till or a buyer asks for it.
type askedLine struct {
	item, measure int64
	code          string // of the lot's label, when that was scanned
}

// priceLines finds the goods of lines and their amounts. priceOf returns the price of one price unit or the problem of a line;
// problems are noted with the line's number.
func (s *Room) priceLines(ctx context.Context, org int64, asked []askedLine, problems *link.Problems,
	priceOf func(i int, it itemRow) (money.Price, *link.Error)) (lines []wanted, total int64, err error) {
	ids := make([]int64, len(asked))
	for i, l := range asked {
		ids[i] = l.item
	}
	items, err := itemsByID(ctx, s.DB, org, ids)
	if err != nil {
		return nil, 0, err
	}
	lines = make([]wanted, len(asked))
	for i, l := range asked {
		it := items[l.item]
		field := func(name string) string { return fmt.Sprintf("lines[%d].%s", i, name) }
		price, wrong := priceOf(i, it)
		if wrong != nil {
			problems.Add(wrong.Key, field(wrong.Field))
			continue
		}
		amount, ok := shelf.Amount(price, l.measure)
		if !ok {
			problems.Add("shelf.amount", field("measure"))
			continue
		}
		total += amount
		lines[i] = wanted{item: it, code: l.code, measure: l.measure, price: price, amount: amount}
	}
	return lines, total, nil
}

// Ring records a sale at the till. The goods have left already: a measure that the books do not cover is noted on the line for
// the next count, and never taken from goods that are kept for others.
func (s *Room) Ring(ctx context.Context, r shelf.Ring) (shelf.Sale, error) {
	ref, shop, err := s.shop(ctx, shopSells...)
	if err != nil {
		return shelf.Sale{}, err
	}
	now := s.Now()
	problems := r.Check(now)
	if err := problems.Err(); err != nil {
		return shelf.Sale{}, err
	}
	hash, err := desk.HashBody(r)
	if err != nil {
		return shelf.Sale{}, err
	}
	asked := make([]askedLine, len(r.Lines))
	for i, l := range r.Lines {
		asked[i] = askedLine{item: l.ItemID, measure: l.Measure, code: l.Scanned()}
	}
	lines, total, err := s.priceLines(ctx, shop.ID, asked, &problems, func(i int, it itemRow) (money.Price, *link.Error) {
		return r.Lines[i].Price(it.PricePer)
	})
	if err != nil {
		return shelf.Sale{}, err
	}
	r.CheckTotal(total, &problems)
	if err := problems.Err(); err != nil {
		return shelf.Sale{}, err
	}
	a := link.ActorFrom(ctx)
	sale := saleRow{OrgID: shop.ID, Channel: shelf.SaleTill, State: shelf.SalePlaced, ClientID: r.ClientID, BodyHash: hash, Method: r.Method,
		AccountID: a.Account, Cashier: orders.ActorName(a), TotalFen: total, SoldAt: r.SoldAt.UTC()}
	if r.Cash() {
		sale.State, sale.GivenFen, sale.PaidAt, sale.DoneAt = shelf.SaleDone, r.GivenFen, &sale.SoldAt, &sale.SoldAt
	} else {
		expires := now.Add(shelf.TillPatience)
		sale.ExpiresAt = &expires
	}
	err = s.Tx(ctx, func(tx *sqlx.Tx) error {
		fresh, err := s.writeSale(ctx, tx, &sale, lines, false)
		if err != nil || !fresh || !r.Cash() {
			return err
		}
		take := link.Message{Subject: payments.CmdTakeCash, Data: payments.TakeCash{Ref: shelf.SaleRefOf(sale.ID), Receipt: shelf.SaleNumber(sale.ID),
			Org: shop.ID, AmountFen: total, TakenAt: sale.SoldAt.Unix()}}
		return s.billSale(ctx, tx, &sale, take)
	})
	if err != nil {
		return shelf.Sale{}, err
	}
	return s.saleOut(ctx, ref, sale.ID)
}

// billSale tells payments that a sale is done: the shop earns the payment.
func (s *Room) billSale(ctx context.Context, tx *sqlx.Tx, sale *saleRow, before ...link.Message) error {
	var delivery int64
	err := tx.GetContext(ctx, &delivery, `
		UPDATE shelf_sale SET delivery_id = nextval(pg_get_serial_sequence('delivery', 'id')) WHERE id = $1 RETURNING delivery_id`, sale.ID)
	if err != nil {
		return fmt.Errorf("number bill of sale %d: %w", sale.ID, err)
	}
	at := s.Now()
	if sale.DoneAt != nil {
		at = *sale.DoneAt
	}
	ref, total := shelf.SaleRefOf(sale.ID), sale.TotalFen
	return link.Publish(ctx, tx, append(before,
		link.Message{Subject: payments.CmdAcceptDelivery, Data: payments.AcceptDelivery{DeliveryID: delivery, Ref: ref, Coop: sale.OrgID, OwnFen: total,
			Shares: []payments.DeliveryShare{}, OccurredAt: at.Unix()}},
		link.Message{Subject: payments.CmdCloseRef, Data: payments.CloseRef{Ref: ref, Seq: 1, BilledFen: &total}})...)
}

// writeSale writes a sale with its lines and takes the goods. A sale with the same client id is found instead: fresh is
// false and sale is that one.
func (s *Room) writeSale(ctx context.Context, tx *sqlx.Tx, sale *saleRow, lines []wanted, strict bool) (fresh bool, err error) {
	if sale.limit.Orders > 0 {
		if err := desk.LockBuyer(ctx, tx, sale.AccountID, sale.person); err != nil {
			return false, err
		}
	}
	err = tx.GetContext(ctx, &sale.ID, `
		INSERT INTO shelf_sale (org_id, channel, state, client_id, body_hash, method, account_id, buyer, phone, pickup, cashier, total_fen, given_fen,
		                        sold_at, written_at, expires_at, paid_at, done_at, person)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)
		ON CONFLICT ON CONSTRAINT shelf_sale_client DO NOTHING RETURNING id`,
		sale.OrgID, sale.Channel, sale.State, sale.ClientID, sale.BodyHash, sale.Method, sale.AccountID, sale.Buyer, sale.Phone, sale.Pickup,
		sale.Cashier, sale.TotalFen, sale.GivenFen, sale.SoldAt, s.Now(), sale.ExpiresAt, sale.PaidAt, sale.DoneAt, sale.person)
	if desk.Missing(err) {
		hash := sale.BodyHash
		err = tx.GetContext(ctx, sale, `SELECT `+saleColumns+` FROM shelf_sale s WHERE s.org_id = $1 AND s.client_id = $2`, sale.OrgID, sale.ClientID)
		if err != nil {
			return false, fmt.Errorf("read sale: %w", err)
		}
		if string(sale.BodyHash) != string(hash) {
			return false, link.E(link.Conflict, "sale.client_id.reused", "client_id")
		}
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("write sale: %w", err)
	}
	if err := checkUnpaid(ctx, tx, sale); err != nil {
		return false, err
	}
	column := "kept"
	if sale.State == shelf.SaleDone {
		column = "sold"
	}
	// Everybody locks things in the order of their ids.
	order := make([]int, len(lines))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(lines[a].item.ID, lines[b].item.ID) })
	for _, i := range order {
		l := lines[i]
		parts, uncovered, err := s.takeLots(ctx, tx, l, column, strict)
		if err != nil {
			return false, err
		}
		if strict && uncovered > 0 {
			return false, link.E(link.SoldOut, "sale.sold_out", fmt.Sprintf("lines[%d].measure", i))
		}
		_, err = tx.ExecContext(ctx, `
			INSERT INTO shelf_sale_line (sale_id, no, item_id, measure, price_fen, list_fen, price_per, amount_fen, uncovered)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
			sale.ID, i+1, l.item.ID, l.measure, l.price.Fen, l.item.PriceFen, l.price.Per, l.amount, uncovered)
		if err != nil {
			return false, fmt.Errorf("write line of sale %d: %w", sale.ID, err)
		}
		for _, p := range parts {
			_, err = tx.ExecContext(ctx, `INSERT INTO shelf_sale_lot (sale_id, no, lot_id, measure, cost_fen) VALUES ($1, $2, $3, $4, $5)`,
				sale.ID, i+1, p.Lot, p.Measure, p.CostFen)
			if err != nil {
				return false, fmt.Errorf("write lots of sale %d: %w", sale.ID, err)
			}
		}
	}
	return true, nil
}

// checkUnpaid refuses a sale that was just written when its buyer has too many others that wait for their money.
func checkUnpaid(ctx context.Context, tx *sqlx.Tx, sale *saleRow) error {
	if sale.limit.Orders == 0 {
		return nil
	}
	var others int
	err := tx.GetContext(ctx, &others, `
		SELECT count(*) FROM shelf_sale
		WHERE (account_id = $1 OR person = $2 AND person <> '') AND state = ANY($3) AND channel = $4 AND id <> $5`,
		sale.AccountID, sale.person, desk.TextArray(shelf.SaleMachine.From(shelf.SalePay)), string(shelf.SaleOnline), sale.ID)
	if err != nil {
		return fmt.Errorf("count unpaid sales: %w", err)
	}
	return sale.limit.TooMany("sale.unpaid", others)
}

// takeLots takes a line out of the lots of its item. fresh takes nothing that is past its date.
func (s *Room) takeLots(ctx context.Context, tx *sqlx.Tx, l wanted, column string, fresh bool) (parts []shelf.Taken, uncovered int64, err error) {
	var rows []lotRow
	err = tx.SelectContext(ctx, &rows, lotSelect+`WHERE l.item_id = $1 AND `+leftSQL+` > 0 ORDER BY l.id FOR UPDATE OF l`, l.item.ID)
	if err != nil {
		return nil, 0, fmt.Errorf("lock lots of item %d: %w", l.item.ID, err)
	}
	lots := make([]shelf.Shelved, len(rows))
	for i, r := range rows {
		lots[i] = shelf.Shelved{ID: r.ID, Code: r.Code, BestBefore: r.BestBefore, CostFen: r.CostFen, Quantities: r.quantities()}
	}
	parts, uncovered = shelf.Take(lots, l.measure, l.code, fresh, s.Now())
	for _, p := range parts {
		if _, err := tx.ExecContext(ctx, `UPDATE shelf_lot SET `+column+` = `+column+` + $2 WHERE id = $1`, p.Lot, p.Measure); err != nil {
			return nil, 0, fmt.Errorf("take from lot %d: %w", p.Lot, err)
		}
	}
	return parts, uncovered, nil
}

// moveKept gives the goods that a sale keeps to its buyer, or back to the shelf.
func moveKept(ctx context.Context, tx *sqlx.Tx, sale int64, sold bool) error {
	_, err := tx.ExecContext(ctx, `SELECT FROM shelf_lot WHERE id IN (SELECT lot_id FROM shelf_sale_lot WHERE sale_id = $1) ORDER BY id FOR UPDATE`, sale)
	if err != nil {
		return fmt.Errorf("lock lots of sale %d: %w", sale, err)
	}
	_, err = tx.ExecContext(ctx, `
		UPDATE shelf_lot l SET kept = l.kept - p.measure, sold = l.sold + CASE WHEN $2 THEN p.measure ELSE 0 END
		FROM (SELECT lot_id, sum(measure)::bigint AS measure FROM shelf_sale_lot WHERE sale_id = $1 GROUP BY lot_id) p WHERE l.id = p.lot_id`, sale, sold)
	if err != nil {
		return fmt.Errorf("move goods of sale %d: %w", sale, err)
	}
	return nil
}

// step moves a locked sale and the goods it keeps, and tells payments.
func (s *Room) step(ctx context.Context, tx *sqlx.Tx, sale *saleRow, step shelf.SaleStep) error {
	to, err := sale.State.Next(step)
	if err != nil {
		return err
	}
	now := s.Now()
	sale.State = to
	switch to {
	case shelf.SalePaid:
		sale.PaidAt = &now
	case shelf.SaleDone:
		sale.DoneAt = &now
	}
	_, err = tx.ExecContext(ctx, `UPDATE shelf_sale SET state = $2, paid_at = $3, done_at = $4 WHERE id = $1`, sale.ID, to, sale.PaidAt, sale.DoneAt)
	if err != nil {
		return fmt.Errorf("move sale %d to %s: %w", sale.ID, to, err)
	}
	switch to {
	case shelf.SalePaid:
		if sale.Channel == shelf.SaleTill { // the buyer stands there
			return s.step(ctx, tx, sale, shelf.SaleHand)
		}
	case shelf.SaleDone:
		if err := moveKept(ctx, tx, sale.ID, true); err != nil {
			return err
		}
		return s.billSale(ctx, tx, sale)
	case shelf.SaleExpired:
		return moveKept(ctx, tx, sale.ID, false)
	case shelf.SaleCancelled:
		if err := moveKept(ctx, tx, sale.ID, false); err != nil {
			return err
		}
		return link.Publish(ctx, tx, link.Message{Subject: payments.CmdCancelRef,
			Data: payments.CancelRef{Ref: shelf.SaleRefOf(sale.ID), Reason: "refund.sale_cancelled"}})
	}
	return nil
}

// Buy keeps goods for a private buyer until the deposit's time is over.
func (s *Room) Buy(ctx context.Context, r shelf.Buy) (shelf.Sale, error) {
	a := link.ActorFrom(ctx)
	if a.Account == 0 || a.Role != orders.RoleBuyer {
		return shelf.Sale{}, desk.Denied(a)
	}
	ref, err := s.Ref.Get(ctx)
	if err != nil {
		return shelf.Sale{}, err
	}
	shops := shopsOf(ref)
	if !slices.ContainsFunc(shops, func(o catalog.Organisation) bool { return o.ID == r.OrgID }) {
		return shelf.Sale{}, link.E(link.NotFound, "shelf.shop.unknown", "org_id")
	}
	problems := r.Check()
	if err := problems.Err(); err != nil {
		return shelf.Sale{}, err
	}
	hash, err := desk.HashBody(r)
	if err != nil {
		return shelf.Sale{}, err
	}
	asked := make([]askedLine, len(r.Lines))
	for i, l := range r.Lines {
		asked[i] = askedLine{item: l.ItemID, measure: l.Measure}
	}
	lines, total, err := s.priceLines(ctx, r.OrgID, asked, &problems, func(i int, it itemRow) (money.Price, *link.Error) {
		return r.Lines[i].Price(it.Online, ref.Products[it.Product], it.price())
	})
	if err != nil {
		return shelf.Sale{}, err
	}
	if err := problems.Err(); err != nil {
		return shelf.Sale{}, err
	}
	limit, err := s.Limits.Of(ctx, a)
	if err != nil {
		return shelf.Sale{}, err
	}
	now := s.Now()
	expires := now.Add(s.Config.PayPrivate)
	sale := saleRow{person: a.Person, limit: limit, OrgID: r.OrgID, Channel: shelf.SaleOnline, State: shelf.SalePlaced, ClientID: fmt.Sprintf("%d:%s", a.Account, r.Key), BodyHash: hash,
		AccountID: a.Account, Buyer: r.Name, Phone: r.Phone, TotalFen: total, SoldAt: now, ExpiresAt: &expires}
	for try := 0; ; try++ {
		if sale.Pickup, err = shelf.NewPickup(rand.Reader); err != nil {
			return shelf.Sale{}, err
		}
		err = s.Tx(ctx, func(tx *sqlx.Tx) error {
			_, err := s.writeSale(ctx, tx, &sale, lines, true)
			return err
		})
		if link.Constraint(err) != "shelf_sale_pickup" || try == 5 {
			break
		}
	}
	if err != nil {
		return shelf.Sale{}, err
	}
	return s.saleOut(ctx, ref, sale.ID)
}

// PaySale starts a payment of a sale that waits for one: by its buyer, or at the till for the customer there.
func (s *Room) PaySale(ctx context.Context, r shelf.PayRefRequest) (orders.PayStart, error) {
	sale, err := s.Sale(ctx, shelf.SaleRef{ID: r.ID})
	if err != nil {
		return orders.PayStart{}, err
	}
	if sale.ForShop != (sale.Channel == shelf.SaleTill) || orders.IsCounty(link.ActorFrom(ctx)) {
		return orders.PayStart{}, desk.ErrRole()
	}
	if err := sale.CheckPay(s.Now()); err != nil {
		return orders.PayStart{}, err
	}
	party := payments.Party{Kind: "account", ID: link.ActorFrom(ctx).Account, Name: sale.Buyer}
	if sale.Channel == shelf.SaleTill {
		party = payments.Party{Kind: "organisation", ID: sale.OrgID, Name: "扫码顾客"}
	}
	return s.startPayment(ctx, r, payments.CreatePayment{Ref: shelf.SaleRefOf(sale.ID), Purpose: "deposit", AmountFen: sale.TotalFen, Party: party,
		Description: "爱心超市 " + sale.No, Code: sale.No, ExpiresAt: *sale.ExpiresAt})
}

// HandOver gives a paid sale to the buyer that shows its code.
func (s *Room) HandOver(ctx context.Context, r shelf.HandOver) (shelf.Sale, error) {
	ref, shop, err := s.shop(ctx, shopSells...)
	if err != nil {
		return shelf.Sale{}, err
	}
	code := shelf.ReadPickup(r.Pickup)
	var id int64
	err = s.Tx(ctx, func(tx *sqlx.Tx) error {
		err := tx.GetContext(ctx, &id, `
			SELECT id FROM shelf_sale WHERE org_id = $1 AND pickup = $2 AND pickup <> '' AND ($3 = 0 OR id = $3)
			ORDER BY state = ANY($4) DESC, id DESC LIMIT 1`, shop.ID, code, r.SaleID, desk.TextArray(shelf.Waiting()))
		if desk.Missing(err) {
			return link.E(link.Invalid, "sale.pickup.wrong", "pickup")
		}
		if err != nil {
			return fmt.Errorf("look up pickup code: %w", err)
		}
		sale, err := s.lockSale(ctx, tx, id)
		if err != nil {
			return err
		}
		step, err := sale.State.HandOver()
		if err != nil {
			return err
		}
		sale.Cashier = orders.ActorName(link.ActorFrom(ctx))
		if _, err := tx.ExecContext(ctx, `UPDATE shelf_sale SET cashier = $2 WHERE id = $1`, id, sale.Cashier); err != nil {
			return fmt.Errorf("note cashier: %w", err)
		}
		return s.step(ctx, tx, sale, step)
	})
	if err != nil {
		return shelf.Sale{}, err
	}
	return s.saleOut(ctx, ref, id)
}

func (s *Room) CancelSale(ctx context.Context, r shelf.SaleRef) (shelf.Sale, error) {
	before, err := s.Sale(ctx, r)
	if err != nil {
		return shelf.Sale{}, err
	}
	a := link.ActorFrom(ctx)
	if orders.IsCounty(a) || before.ForShop && !slices.Contains(shopSells, a.Role) {
		return shelf.Sale{}, desk.ErrRole()
	}
	ref, err := s.Ref.Get(ctx)
	if err != nil {
		return shelf.Sale{}, err
	}
	err = s.Tx(ctx, func(tx *sqlx.Tx) error {
		sale, err := s.lockSale(ctx, tx, r.ID)
		if err != nil {
			return err
		}
		return s.step(ctx, tx, sale, shelf.SaleCallOff)
	})
	if err != nil {
		return shelf.Sale{}, err
	}
	return s.saleOut(ctx, ref, r.ID)
}
