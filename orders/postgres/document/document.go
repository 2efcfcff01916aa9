package document

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/internal/link/paging"
	"banmuyuan/orders"
	"banmuyuan/orders/document"
	"banmuyuan/orders/postgres/desk"
	"banmuyuan/payments"
)

var _ document.Service = (*Room)(nil)

// paper is a document before it has a number.
type paper struct {
	kind      document.Kind
	order     *desk.OrderRow
	subject   string
	seller    int64
	household int64
	content   document.Content
}

// IssueDocument issues a document once.
func (m *Room) IssueDocument(ctx context.Context, r document.Issue) (document.Document, error) {
	d, err := m.compose(ctx, r)
	if err != nil {
		return document.Document{}, err
	}
	if no, err := m.issued(ctx, m.DB, d); err != nil || no != "" {
		if err != nil {
			return document.Document{}, err
		}
		return m.Document(ctx, document.Ref{No: no})
	}
	body, err := json.Marshal(d.content)
	if err != nil {
		return document.Document{}, fmt.Errorf("write document: %w", err)
	}
	sum := sha256.Sum256(body)
	now := m.Now()
	var no string
	err = link.InTx(ctx, m.DB, nil, func(tx *sqlx.Tx) error {
		year := now.In(orders.China).Year()
		if _, err := tx.ExecContext(ctx, `INSERT INTO document_counter (kind, year, last) VALUES ($1, $2, 0) ON CONFLICT DO NOTHING`, d.kind, year); err != nil {
			return fmt.Errorf("open counter: %w", err)
		}
		// The counter's row is the lock: a number is given out with its document or not at all.
		if _, err := tx.ExecContext(ctx, `SELECT FROM document_counter WHERE kind = $1 AND year = $2 FOR UPDATE`, d.kind, year); err != nil {
			return fmt.Errorf("lock counter: %w", err)
		}
		var err error
		if no, err = m.issued(ctx, tx, d); err != nil || no != "" {
			return err
		}
		var serial int
		if err := tx.GetContext(ctx, &serial, `UPDATE document_counter SET last = last + 1 WHERE kind = $1 AND year = $2 RETURNING last`, d.kind, year); err != nil {
			return fmt.Errorf("take number: %w", err)
		}
		no = document.Number(d.kind, year, serial)
		_, err = tx.ExecContext(ctx, `
			INSERT INTO document (no, kind, year, serial, order_id, subject, seller_org, household_id, amount_fen, content, sha256, issued_at, issued_by)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`, no, d.kind, year, serial, d.order.ID, d.subject, d.seller, d.household,
			d.content.AmountFen, string(body), hex.EncodeToString(sum[:]), now, orders.ActorName(link.ActorFrom(ctx)))
		if err != nil {
			return fmt.Errorf("write document %s: %w", no, err)
		}
		return nil
	})
	if err != nil {
		return document.Document{}, err
	}
	return m.Document(ctx, document.Ref{No: no})
}

func (m *Room) issued(ctx context.Context, q desk.Queryer, d *paper) (string, error) {
	var no string
	err := q.GetContext(ctx, &no, `SELECT no FROM document WHERE kind = $1 AND order_id = $2 AND subject = $3`, d.kind, d.order.ID, d.subject)
	if err != nil && !desk.Missing(err) {
		return "", fmt.Errorf("look up document: %w", err)
	}
	return no, nil
}

// compose gathers the content of a document, and refuses it to actors that may not have it.
func (m *Room) compose(ctx context.Context, r document.Issue) (*paper, error) {
	subject, err := r.About()
	if err != nil {
		return nil, err
	}
	id, err := orders.OrderRef{No: r.OrderNo}.Resolve()
	if err != nil {
		return nil, err
	}
	if r.Kind == document.DocPurchase {
		return m.draftPurchase(ctx, id, subject)
	}
	o, lines, v, err := m.order.Find(ctx, orders.OrderRef{ID: id})
	if err != nil {
		return nil, err
	}
	if r.Kind != document.DocAcceptance && !reader(ctx, v).Reads(r.Kind, 0) {
		return nil, desk.ErrNotFound()
	}
	d := &paper{kind: r.Kind, order: o, subject: r.Subject}
	full := m.order.Out(link.Actor{System: true}, o, lines)
	d.content = document.ContentOf(full)
	switch r.Kind {
	case document.DocConfirmation:
		return d, d.content.Confirm(full, o.ConfirmedAt)
	case document.DocReceipt, document.DocRefund:
		return d, m.draftPayment(ctx, d, subject)
	}
	return d, m.draftAcceptance(ctx, d, full, v, subject)
}

// reader is the actor as the reader of a document of an order.
func reader(ctx context.Context, v orders.View) document.Reader {
	return document.Reader{Order: v == orders.ViewAll, Org: orders.WorksFor(link.ActorFrom(ctx))}
}

func (m *Room) draftPayment(ctx context.Context, d *paper, subject int64) error {
	account, err := m.Payments.Account(desk.AsSystem(ctx), payments.Ref{Ref: orders.PaymentRef(d.order.ID)})
	if err != nil {
		return err
	}
	if d.kind == document.DocReceipt {
		return d.content.Receive(account.Payments, subject)
	}
	return d.content.Refund(account.Refunds, subject)
}

func (m *Room) draftAcceptance(ctx context.Context, d *paper, o orders.Order, v orders.View, delivery int64) error {
	notes, err := m.weigh.NotesOf(ctx, m.DB, `d.id = $1 AND d.order_id = $2`, delivery, d.order.ID)
	if err != nil {
		return err
	}
	if len(notes.Items) == 0 {
		return desk.ErrNotFound()
	}
	note := notes.Items[0]
	at := slices.IndexFunc(o.Lines, func(l orders.Line) bool { return l.No == note.Line })
	if at < 0 {
		return desk.ErrNotFound()
	}
	line := o.Lines[at]
	if !reader(ctx, v).Reads(document.DocAcceptance, line.SellerOrg) {
		return desk.ErrNotFound()
	}
	if note.Reversed {
		return document.ErrNotYet()
	}
	var grades []struct {
		Grade string `db:"grade"`
		Fen   int64  `db:"price_fen"`
		Per   int64  `db:"price_per"`
		Units int64  `db:"units"`
		Grams int64  `db:"grams"`
		Sum   int64  `db:"sum"`
		Point int64  `db:"point"`
	}
	err = m.DB.SelectContext(ctx, &grades, `
		SELECT grade, price_fen, price_per, sum(units)::bigint AS units, sum(net_grams)::bigint AS grams, sum(amount_fen)::bigint AS sum, max(point_id) AS point
		FROM ticket WHERE delivery_id = $1 AND state = 'accepted' GROUP BY grade, price_fen, price_per ORDER BY grade`, note.ID)
	if err != nil {
		return fmt.Errorf("read tickets of delivery %d: %w", note.ID, err)
	}
	ref, err := m.Ref.Get(ctx)
	if err != nil {
		return err
	}
	d.seller = line.SellerOrg
	c := &d.content
	c.Seller, c.NoteNo, c.On, c.AmountFen = line.Seller, note.No, note.ClosedAt.In(orders.China).Format(time.DateOnly), note.AmountFen
	c.Village = ref.Townships[ref.Villages[note.VillageID].TownshipID] + " " + ref.Villages[note.VillageID].Name
	for _, g := range grades {
		dl := document.Line{Title: line.Title, Grade: g.Grade, Unit: line.Unit, Qty: g.Units, NetGrams: g.Grams, PriceUnit: line.PriceUnit, AmountFen: g.Sum}
		dl.Price.Fen, dl.Price.Per = g.Fen, g.Per
		c.Lines = append(c.Lines, dl)
		c.Point = ref.Points[g.Point].Name
	}
	return nil
}

// draftPurchase is for a ticket with a paid household. The payee has to be the head of the household.
func (m *Room) draftPurchase(ctx context.Context, order, ticket int64) (*paper, error) {
	var at struct {
		Household int64 `db:"household_id"`
		Seller    int64 `db:"seller_org"`
	}
	err := m.DB.GetContext(ctx, &at, `SELECT household_id, seller_org FROM ticket WHERE id = $1 AND order_id = $2`, ticket, order)
	if desk.Missing(err) {
		return nil, desk.ErrNotFound()
	}
	if err != nil {
		return nil, fmt.Errorf("read ticket %d: %w", ticket, err)
	}
	if err := m.maySeeStatement(ctx, at.Household, at.Seller); err != nil {
		return nil, err
	}
	sys := desk.AsSystem(ctx)
	t, err := m.weigh.Ticket(sys, orders.TicketRef{ID: ticket})
	if err != nil {
		return nil, err
	}
	var paid struct {
		On   *time.Time `db:"paid_on"`
		Item int64      `db:"payout_item"`
		Net  int64      `db:"amount_fen"`
	}
	err = m.DB.GetContext(ctx, &paid, `
		SELECT paid_on, payout_item, amount_fen FROM income_entry WHERE ticket_id = $1 AND stage = 'paid' AND amount_fen > 0 ORDER BY source_key DESC LIMIT 1`, ticket)
	if desk.Missing(err) || err == nil && !document.Settled(t, paid.On) {
		return nil, document.ErrNotYet()
	}
	if err != nil {
		return nil, fmt.Errorf("read income of ticket %d: %w", ticket, err)
	}
	h, err := m.Catalog.Household(sys, catalog.HouseholdRef{ID: at.Household})
	if err != nil {
		return nil, err
	}
	account, err := m.Payments.HouseholdAccount(sys, payments.HouseholdRef{ID: at.Household})
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(account.Payouts, func(p payments.PayoutItem) bool { return p.ID == paid.Item })
	if i < 0 {
		return nil, document.ErrNotYet()
	}
	item := account.Payouts[i]
	if err := document.CheckPayee(item.Holder, h.Head); err != nil {
		return nil, err
	}
	o, lines, _, err := m.order.Find(sys, orders.OrderRef{ID: order})
	if err != nil {
		return nil, err
	}
	d := &paper{kind: document.DocPurchase, order: o, subject: document.SubjectOf(document.DocPurchase, ticket), seller: at.Seller, household: at.Household}
	d.content = document.Content{OrderNo: orders.Number(o.ID), TicketNo: t.No, On: t.WeighedAt.In(orders.China).Format(time.DateOnly), Village: h.Township + " " + h.Village, Point: t.Point,
		AmountFen: t.AmountFen, FeeFen: t.FeeFen, VillageBP: t.VillageBP, Agent: t.Agent, AgentFen: t.AgentFen, NetFen: paid.Net, Payee: &document.Payee{Name: h.Head, Code: h.Code, Address: h.Township + h.Village, Bank: item.Bank,
			Account: item.Number, PaidOn: paid.On.Format(time.DateOnly)},
		Lines: []document.Line{{Title: t.Title, Grade: t.Grade, Unit: t.Unit, Qty: t.Units, NetGrams: t.NetGrams, Price: t.Price, PriceUnit: t.PriceUnit, AmountFen: t.AmountFen}}}
	for i := range lines {
		if lines[i].No == t.Line {
			d.content.Seller = lines[i].Out().Seller
		}
	}
	if len(h.Members) > 0 {
		d.content.Payee.IDNumber = h.Members[0].IDNumber
	}
	return d, nil
}

// maySeeStatement lets the readers of a purchase statement through. NotFound for others.
func (m *Room) maySeeStatement(ctx context.Context, household, seller int64) error {
	a := link.ActorFrom(ctx)
	earns := false
	if a.Role == orders.RoleHousehold || a.Role == orders.RoleHelper {
		_, err := m.MayEarn(ctx, household)
		earns = err == nil
	}
	if document.Statement(orders.IsCounty(a), earns, orders.WorksFor(a), seller) {
		return nil
	}
	if a.Account == 0 {
		return desk.ErrLogin()
	}
	return desk.ErrNotFound()
}

type documentRow struct {
	No        string        `db:"no"`
	Kind      document.Kind `db:"kind"`
	OrderID   int64         `db:"order_id"`
	Subject   string        `db:"subject"`
	SellerOrg int64         `db:"seller_org"`
	Household int64         `db:"household_id"`
	AmountFen int64         `db:"amount_fen"`
	Content   string        `db:"content"`
	SHA256    string        `db:"sha256"`
	IssuedAt  time.Time     `db:"issued_at"`
	IssuedBy  string        `db:"issued_by"`
	Void      bool          `db:"void"`
}

// documentColumns; a document is void when the ticket or delivery that it is about was corrected.
const documentColumns = `d.no, d.kind, d.order_id, d.subject, d.seller_org, d.household_id, d.amount_fen, d.content, d.sha256, d.issued_at, d.issued_by,
	CASE d.kind WHEN 'acceptance' THEN EXISTS (SELECT FROM delivery x WHERE x.id = split_part(d.subject, ':', 2)::bigint AND x.reversed_at IS NOT NULL)
	            WHEN 'purchase' THEN EXISTS (SELECT FROM ticket t WHERE t.id = split_part(d.subject, ':', 2)::bigint AND t.state <> 'accepted')
	            ELSE false END AS void`

// Document returns an issued document to its readers. NotFound for others.
func (m *Room) Document(ctx context.Context, r document.Ref) (document.Document, error) {
	var d documentRow
	err := m.DB.GetContext(ctx, &d, `SELECT `+documentColumns+` FROM document d WHERE d.no = $1`, document.ReadNumber(r.No))
	if desk.Missing(err) {
		return document.Document{}, link.E(link.NotFound, "document.unknown", "")
	}
	if err != nil {
		return document.Document{}, fmt.Errorf("read document %s: %w", r.No, err)
	}
	if d.Kind == document.DocPurchase {
		err = m.maySeeStatement(ctx, d.Household, d.SellerOrg)
	} else {
		var v orders.View
		_, _, v, err = m.order.Find(ctx, orders.OrderRef{ID: d.OrderID})
		if err == nil && !reader(ctx, v).Reads(d.Kind, d.SellerOrg) {
			err = desk.ErrNotFound()
		}
	}
	if link.CodeOf(err) == link.NotFound {
		return document.Document{}, link.E(link.NotFound, "document.unknown", "")
	}
	if err != nil {
		return document.Document{}, err
	}
	out := document.Document{No: d.No, Kind: d.Kind, Subject: d.Subject, IssuedAt: d.IssuedAt.UTC(), IssuedBy: d.IssuedBy, SHA256: d.SHA256, Void: d.Void}
	if err := json.Unmarshal([]byte(d.Content), &out.Content); err != nil {
		return out, fmt.Errorf("read document %s: %w", d.No, err)
	}
	return out, nil
}

// OrderDocuments lists the documents of an order, issued or not. Purchase statements are the households'.
func (m *Room) OrderDocuments(ctx context.Context, r orders.OrderRef) (document.Entries, error) {
	o, _, v, err := m.order.Find(ctx, r)
	if err != nil {
		return document.Entries{}, err
	}
	list := []document.Entry{}
	no := orders.Number(o.ID)
	if v == orders.ViewAll {
		account, err := m.Payments.Account(desk.AsSystem(ctx), payments.Ref{Ref: orders.PaymentRef(o.ID)})
		if err != nil {
			return document.Entries{}, err
		}
		list = document.Papers(orders.Order{No: no, State: o.State, EstimateFen: o.EstimateFen}, o.ConfirmedAt, account.Payments, account.Refunds)
	}
	notes, err := m.weigh.Deliveries(ctx, r)
	if err != nil {
		return document.Entries{}, err
	}
	ref, err := m.Ref.Get(ctx)
	if err != nil {
		return document.Entries{}, err
	}
	for _, n := range notes.Items {
		list = append(list, document.Entry{Kind: document.DocAcceptance, Subject: document.SubjectOf(document.DocAcceptance, n.ID), OrderNo: no, On: n.ClosedAt, AmountFen: n.AmountFen,
			Title: ref.Villages[n.VillageID].Name, Void: n.Reversed})
	}
	return m.withNumbers(ctx, o.ID, 0, list)
}

// withNumbers fills in the numbers of issued documents, and leaves out void entries that never were issued.
func (m *Room) withNumbers(ctx context.Context, order, household int64, list []document.Entry) (document.Entries, error) {
	var rows []struct {
		No      string        `db:"no"`
		Kind    document.Kind `db:"kind"`
		Subject string        `db:"subject"`
	}
	err := m.DB.SelectContext(ctx, &rows, `
		SELECT no, kind, subject FROM document WHERE ($1 <> 0 AND order_id = $1) OR ($2 <> 0 AND household_id = $2)`, order, household)
	if err != nil {
		return document.Entries{}, fmt.Errorf("read documents: %w", err)
	}
	issued := document.Issued{}
	for _, d := range rows {
		issued.Add(d.Kind, d.Subject, d.No)
	}
	list = issued.Number(list)
	return document.Entries{Items: list, Total: len(list)}, nil
}

// HouseholdStatements lists the purchase statements of a household: one for each ticket that was paid.
func (m *Room) HouseholdStatements(ctx context.Context, r document.HouseholdDocuments) (document.Entries, error) {
	household, err := m.MayEarn(ctx, r.HouseholdID)
	if err != nil {
		return document.Entries{}, err
	}
	var rows []struct {
		ID      int64     `db:"id"`
		OrderID int64     `db:"order_id"`
		Net     int64     `db:"amount_fen"`
		PaidOn  time.Time `db:"paid_on"`
		Void    bool      `db:"void"`
	}
	err = m.DB.SelectContext(ctx, &rows, `
		SELECT t.id, t.order_id, e.amount_fen, e.paid_on, t.state <> 'accepted' AS void
		FROM income_entry e JOIN ticket t ON t.id = e.ticket_id
		WHERE e.household_id = $1 AND e.stage = 'paid' AND e.ticket_id <> 0 AND e.amount_fen > 0 ORDER BY e.paid_on DESC, t.id DESC LIMIT 500`, household)
	if err != nil {
		return document.Entries{}, fmt.Errorf("read statements of household %d: %w", household, err)
	}
	list := make([]document.Entry, len(rows))
	for i, t := range rows {
		list[i] = document.Entry{Kind: document.DocPurchase, Subject: document.SubjectOf(document.DocPurchase, t.ID), OrderNo: orders.Number(t.OrderID), On: t.PaidOn, AmountFen: t.Net,
			Title: orders.TicketNumber(t.ID), Void: t.Void}
	}
	return m.withNumbers(ctx, 0, household, list)
}

// DocumentRegister lists issued documents, the newest number first.
func (m *Room) DocumentRegister(ctx context.Context, r document.Filter) (document.Entries, error) {
	if err := desk.NeedCounty(ctx); err != nil {
		return document.Entries{}, err
	}
	limit, err := paging.Size(r.Limit, 50, 200)
	if err != nil {
		return document.Entries{}, err
	}
	year := r.Year
	if year == 0 {
		year = m.Now().In(orders.China).Year()
	}
	kind := r.Kind
	if kind == "" {
		kind = document.DocPurchase
	}
	before := []int64{1 << 31}
	if r.Cursor != "" {
		if before, err = paging.Place("document_register", r.Cursor, 1); err != nil {
			return document.Entries{}, err
		}
	}
	out := document.Entries{Items: []document.Entry{}}
	if err := m.DB.GetContext(ctx, &out.Total, `SELECT count(*) FROM document WHERE kind = $1 AND year = $2`, kind, year); err != nil {
		return out, fmt.Errorf("count documents: %w", err)
	}
	var rows []struct {
		documentRow
		Serial int64 `db:"serial"`
	}
	err = m.DB.SelectContext(ctx, &rows, `SELECT `+documentColumns+`, d.serial FROM document d
		WHERE d.kind = $1 AND d.year = $2 AND d.serial < $3::bigint ORDER BY d.serial DESC LIMIT $4`, kind, year, before[0], limit+1)
	if err != nil {
		return out, fmt.Errorf("read documents: %w", err)
	}
	if len(rows) > limit {
		rows = rows[:limit]
		out.Cursor = paging.After("document_register", rows[limit-1].Serial)
	}
	for _, d := range rows {
		out.Items = append(out.Items, document.Entry{Kind: d.Kind, Subject: d.Subject, No: d.No, OrderNo: orders.Number(d.OrderID), On: d.IssuedAt.UTC(),
			AmountFen: d.AmountFen, Void: d.Void})
	}
	return out, nil
}

// documentChecks are of Verify.
var documentChecks = []desk.Check{
	{Name: "gaps in document numbers", SQL: `
		SELECT c.kind || ' ' || c.year AS object, format('the counter says %s, there are %s up to %s', c.last, coalesce(d.n, 0), coalesce(d.most, 0)) AS detail
		FROM document_counter c FULL JOIN (SELECT kind, year, count(*) AS n, max(serial) AS most FROM document GROUP BY kind, year) d USING (kind, year)
		WHERE coalesce(c.last, -1) <> coalesce(d.n, 0) OR coalesce(c.last, -1) <> coalesce(d.most, 0)`},
	{Name: "changed document", SQL: `
		SELECT no AS object, 'its content is not what was issued' AS detail FROM document WHERE sha256 <> encode(sha256(convert_to(content, 'UTF8')), 'hex')`},
}
