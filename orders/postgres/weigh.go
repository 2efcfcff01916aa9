package postgres

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/internal/money"
	"banmuyuan/orders"
)

// ticketRow is a weigh ticket as it is stored.
type ticketRow struct {
	ID           int64              `db:"id"`
	ClientID     string             `db:"client_id"`
	BodyHash     []byte             `db:"body_hash"`
	OrderID      int64              `db:"order_id"`
	Line         int                `db:"line"`
	LotID        int64              `db:"lot_id"`
	HouseholdID  int64              `db:"household_id"`
	VillageID    int64              `db:"village_id"`
	SellerOrg    int64              `db:"seller_org"`
	PointID      int64              `db:"point_id"`
	Units        int64              `db:"units"`
	Rejected     int64              `db:"rejected"`
	Reason       string             `db:"reason"`
	GrossGrams   int64              `db:"gross_grams"`
	TareGrams    int64              `db:"tare_grams"`
	NetGrams     int64              `db:"net_grams"`
	Grade        string             `db:"grade"`
	PriceFen     int64              `db:"price_fen"`
	PricePer     int64              `db:"price_per"`
	Final        bool               `db:"final"`
	State        orders.TicketState `db:"state"`
	HeldFor      string             `db:"held_for"`
	DeliveryID   *int64             `db:"delivery_id"`
	Settled      bool               `db:"settled"`
	AmountFen    int64              `db:"amount_fen"`
	FeeFen       int64              `db:"fee_fen"`
	AgentFen     int64              `db:"agent_fen"`
	WeighedAt    time.Time          `db:"weighed_at"`
	AccountID    int64              `db:"account_id"`
	Actor        string             `db:"actor"`
	DecidedBy    string             `db:"decided_by"`
	Supersedes   int64              `db:"supersedes"`
	SupersededBy int64              `db:"superseded_by"`
}

const ticketColumns = `t.id, t.client_id, t.body_hash, t.order_id, t.line, t.lot_id, t.household_id, t.village_id, t.seller_org, t.point_id,
	t.units, t.rejected, t.reason, t.gross_grams, t.tare_grams, t.net_grams, t.grade, t.price_fen, t.price_per, t.final, t.state,
	t.held_for, t.delivery_id, t.settled, t.amount_fen, t.fee_fen, t.agent_fen, t.weighed_at, t.account_id, t.actor, t.decided_by, t.supersedes,
	t.superseded_by`

var uuidPattern = regexp.MustCompile(`^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$`)

// clockSkew is how far a phone's clock may be ahead.
const clockSkew = 15 * time.Minute

// Weigh records one weighing. The same client id is the same ticket, however often it is sent.
func (m *weighRoom) Weigh(ctx context.Context, r orders.WeighRequest) (orders.Ticket, error) {
	c, err := m.collects(ctx, 0)
	if err != nil {
		return orders.Ticket{}, err
	}
	if !c.works {
		return orders.Ticket{}, errRole()
	}
	id, err := m.record(ctx, c, r)
	if err != nil {
		return orders.Ticket{}, err
	}
	return m.Ticket(ctx, orders.TicketRef{ID: id})
}

// record writes the ticket of a weighing, or finds the one that was written of it before.
func (m *weighRoom) record(ctx context.Context, c collector, r orders.WeighRequest) (id int64, err error) {
	r.ClientID = strings.ToLower(r.ClientID)
	if !uuidPattern.MatchString(r.ClientID) {
		return 0, link.E(link.Invalid, "weigh.client_id", "client_id")
	}
	var ok bool
	if r.Reason, ok = clean(r.Reason, 0, reasonMax); !ok {
		return 0, link.E(link.Invalid, "weigh.reason.long", "reason", "max", fmt.Sprint(reasonMax))
	}
	hash, err := hashBody(r)
	if err != nil {
		return 0, err
	}
	orderID, err := orderID(orders.OrderRef{No: r.OrderNo})
	if err != nil {
		return 0, err
	}
	ref, err := m.ref.get(ctx)
	if err != nil {
		return 0, err
	}
	err = m.tx(ctx, func(tx *sqlx.Tx) error {
		o, err := lockOrder(ctx, tx, orderID)
		if err != nil {
			return err
		}
		// Behind the order's lock: of many copies that arrive together, one writes and the others find it.
		prior, err := ticketOf(ctx, tx, r.ClientID)
		if err != nil {
			return err
		}
		if prior != nil {
			if string(prior.BodyHash) != string(hash) || !c.covers(prior.SellerOrg, prior.VillageID, 0) {
				return link.E(link.Conflict, "weigh.client_id.reused", "client_id")
			}
			id = prior.ID
			return nil
		}
		id, err = m.weigh(ctx, tx, o, c, ref, r, hash)
		return err
	})
	if link.Constraint(err) == "ticket_client" { // the same id for another order at the same moment
		return 0, link.E(link.Conflict, "weigh.client_id.reused", "client_id").Because(err)
	}
	return id, err
}

func ticketOf(ctx context.Context, tx *sqlx.Tx, clientID string) (*ticketRow, error) {
	t := &ticketRow{}
	err := tx.GetContext(ctx, t, `SELECT `+ticketColumns+` FROM ticket t WHERE t.client_id = $1`, clientID)
	if missing(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("look up ticket: %w", err)
	}
	return t, nil
}

// weigh checks and writes a ticket, and carries on what follows from it.
func (m *weighRoom) weigh(ctx context.Context, tx *sqlx.Tx, o *orderRow, c collector, ref *names, r orders.WeighRequest, hash []byte) (int64, error) {
	lines, err := m.linesOf(ctx, tx, o.ID)
	if err != nil {
		return 0, err
	}
	l, err := lineOf(lines[o.ID], r.Line)
	if err != nil {
		return 0, err
	}
	s, err := readShare(ctx, tx, o.ID, r.Line, r.LotID)
	if err != nil {
		// Of somebody else's order nothing is told, not even which lots it has.
		if !c.all && c.org != l.SellerOrg {
			return 0, errNotFound()
		}
		if _, over := o.State.Next(orders.StepWeigh); over != nil && r.Supersedes == 0 {
			return 0, over // an order that was called off has no shares any more: say so
		}
		return 0, err
	}
	if !c.covers(s.SellerOrg, s.VillageID, 0) {
		return 0, errNotFound()
	}
	event := orders.StepWeigh
	if r.Supersedes != 0 {
		event = orders.StepCorrect
	}
	if o.State != orders.StateConfirmed || r.Supersedes == 0 {
		if _, err := o.State.Next(event); err != nil {
			return 0, err
		}
	}
	if r.Supersedes != 0 {
		if s, err = m.supersede(ctx, tx, o, l, s, r.Supersedes); err != nil {
			return 0, err
		}
	}
	price, err := m.checkWeighing(r, l, s, ref)
	if err != nil {
		return 0, err
	}
	pricing, err := m.contract.priceTicket(ctx, tx, o, r)
	if err != nil {
		return 0, err
	}
	if pricing != nil {
		price = pricing.Settled()
	}
	if o.State == orders.StateConfirmed {
		if err := m.beginWeighing(ctx, tx, o); err != nil {
			return 0, err
		}
	}
	state, heldFor := orders.TicketAccepted, ""
	if l.weighed() && orders.FarFromEstimate(r.GrossGrams-r.TareGrams, r.Units, l.UnitMeasure, l.offer.Terms.WeightToleranceBP) {
		state, heldFor = orders.TicketHeld, "ticket.held.weight"
	}
	a := link.ActorFrom(ctx)
	now := m.now()
	if r.WeighedAt.IsZero() {
		r.WeighedAt = now
	}
	var id int64
	err = tx.GetContext(ctx, &id, `
		INSERT INTO ticket (client_id, body_hash, order_id, line, lot_id, household_id, village_id, seller_org, point_id, units, rejected,
		                    reason, gross_grams, tare_grams, grade, price_fen, price_per, final, state, held_for, weighed_at, written_at,
		                    account_id, actor, supersedes)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25)
		RETURNING id`,
		r.ClientID, hash, o.ID, l.No, s.LotID, s.HouseholdID, s.VillageID, s.SellerOrg, r.PointID, r.Units, r.Rejected,
		r.Reason, r.GrossGrams, r.TareGrams, r.Grade, price.Fen, price.Per, r.Final, string(state), heldFor, r.WeighedAt, now,
		a.Account, who(a), r.Supersedes)
	if err != nil {
		return 0, fmt.Errorf("write ticket: %w", err)
	}
	if pricing != nil {
		if err := m.contract.writePricing(ctx, tx, id, pricing); err != nil {
			return 0, err
		}
	}
	if r.Supersedes != 0 {
		if _, err := tx.ExecContext(ctx, `UPDATE ticket SET superseded_by = $2 WHERE id = $1`, r.Supersedes, id); err != nil {
			return 0, fmt.Errorf("mark superseded ticket: %w", err)
		}
	}
	if state == orders.TicketHeld {
		s.Held += r.Units
		s.State = orders.ShareExpected
		// A ticket of no units cannot be far from anything, so held units are what keeps the share open.
		if err := s.save(ctx, tx); err != nil {
			return 0, err
		}
		return id, m.touch(ctx, tx, o.ID)
	}
	return id, m.accept(ctx, tx, o, l, s, id, r.Units, r.GrossGrams-r.TareGrams, r.Final)
}

func (m *weighRoom) touch(ctx context.Context, tx *sqlx.Tx, orderID int64) error {
	if _, err := tx.ExecContext(ctx, `UPDATE orders SET version = version + 1 WHERE id = $1`, orderID); err != nil {
		return fmt.Errorf("touch order: %w", err)
	}
	return nil
}

func (m *weighRoom) checkWeighing(r orders.WeighRequest, l *lineRow, s *shareRow, ref *names) (money.Price, error) {
	var problems link.Problems
	orders.CheckWeighing(&problems, r, l.weighed(), s.room())
	g, ok := orders.PriceOf(l.offer.Prices, r.Grade)
	if !ok || r.Grade == "" {
		problems.Add("presale.grade", "grade")
	}
	if _, known := ref.points[r.PointID]; !known {
		problems.Add("weigh.point", "point_id")
	}
	now := m.now()
	if !r.WeighedAt.IsZero() && (r.WeighedAt.After(now.Add(clockSkew)) || r.WeighedAt.Before(now.AddDate(0, -1, 0))) {
		problems.Add("weigh.time", "weighed_at")
	}
	return g.Price, problems.Err()
}

// beginWeighing moves an order on with its first ticket.
func (m *weighRoom) beginWeighing(ctx context.Context, tx *sqlx.Tx, o *orderRow) error {
	if err := moveTo(ctx, tx, o, orders.StepWeigh); err != nil {
		return err
	}
	if err := m.story(ctx, tx, []int64{o.ID}, "order.timeline.weighing", nil); err != nil {
		return err
	}
	return link.Publish(ctx, tx, changed(o.State, o.ID)...)
}

// accept counts a ticket's units.
func (m *weighRoom) accept(ctx context.Context, tx *sqlx.Tx, o *orderRow, l *lineRow, s *shareRow, ticket, units, grams int64, final bool) error {
	s.Received += units
	s.NetGrams += grams
	s.TicketID = ticket
	s.Final = s.Final || final
	if err := s.save(ctx, tx); err != nil {
		return err
	}
	err := link.Publish(ctx, tx, link.Message{Subject: orders.EvtTicketAccepted, Data: orders.TicketEvent{TicketID: ticket, OrderID: o.ID}})
	if err != nil {
		return err
	}
	if err := m.touch(ctx, tx, o.ID); err != nil {
		return err
	}
	return m.progress(ctx, tx, o, l, s.VillageID)
}

// supersede takes a ticket off the books, together with the delivery it was in.
func (m *weighRoom) supersede(ctx context.Context, tx *sqlx.Tx, o *orderRow, l *lineRow, s *shareRow, ticket int64) (*shareRow, error) {
	t := &ticketRow{}
	err := tx.GetContext(ctx, t, `SELECT `+ticketColumns+` FROM ticket t WHERE t.id = $1 AND t.order_id = $2 AND t.line = $3 AND t.lot_id = $4`,
		ticket, o.ID, l.No, s.LotID)
	if missing(err) {
		return nil, link.E(link.NotFound, "ticket.unknown", "supersedes")
	}
	if err != nil {
		return nil, fmt.Errorf("read ticket %d: %w", ticket, err)
	}
	if _, err := t.State.Next(orders.TicketSupersede); err != nil {
		return nil, err
	}
	if o.State != orders.StateConfirmed && o.State != orders.StateWeighing {
		if err := moveTo(ctx, tx, o, orders.StepCorrect); err != nil {
			return nil, err
		}
		_, err := tx.ExecContext(ctx, `UPDATE orders SET balance_fen = 0, paid_at = NULL, inspect_until = NULL WHERE id = $1`, o.ID)
		if err != nil {
			return nil, fmt.Errorf("reopen order %d: %w", o.ID, err)
		}
		if err := link.Publish(ctx, tx, changed(o.State, o.ID)...); err != nil {
			return nil, err
		}
	}
	if t.DeliveryID != nil {
		if err := m.reverseDelivery(ctx, tx, o, *t.DeliveryID); err != nil {
			return nil, err
		}
	}
	if _, err := tx.ExecContext(ctx, `UPDATE ticket SET state = 'superseded' WHERE id = $1`, t.ID); err != nil {
		return nil, fmt.Errorf("supersede ticket %d: %w", t.ID, err)
	}
	if s, err = readShare(ctx, tx, o.ID, l.No, s.LotID); err != nil { // as the reversal left it
		return nil, err
	}
	if t.State == orders.TicketHeld {
		s.Held -= t.Units
	} else {
		s.Received -= t.Units
		s.NetGrams -= t.NetGrams
		if t.Final { // what the ticket had said to be short is open again, unless it was already given to others
			s.Final = false
			s.Short = s.Returned
		}
	}
	args := map[string]string{"ticket": orders.TicketNumber(t.ID), "line": fmt.Sprint(l.No)}
	if err := m.story(ctx, tx, []int64{o.ID}, "order.timeline.corrected", args); err != nil {
		return nil, err
	}
	return s, s.save(ctx, tx)
}

// DecideTicket is the second person's word on a ticket that is far from the estimate.
func (m *weighRoom) DecideTicket(ctx context.Context, r orders.DecideTicketRequest) (orders.Ticket, error) {
	c, err := m.collects(ctx, 0)
	if err != nil {
		return orders.Ticket{}, err
	}
	if !c.works {
		return orders.Ticket{}, errRole()
	}
	reason, ok := clean(r.Reason, 0, reasonMax)
	if !ok || !r.Accept && reason == "" {
		return orders.Ticket{}, link.E(link.Invalid, "ticket.decide.reason", "reason", "max", fmt.Sprint(reasonMax))
	}
	a := link.ActorFrom(ctx)
	var orderID int64
	err = m.db.GetContext(ctx, &orderID, `SELECT order_id FROM ticket WHERE id = $1`, r.ID)
	if missing(err) {
		return orders.Ticket{}, link.E(link.NotFound, "ticket.unknown", "id")
	}
	if err != nil {
		return orders.Ticket{}, fmt.Errorf("read ticket %d: %w", r.ID, err)
	}
	err = m.tx(ctx, func(tx *sqlx.Tx) error {
		o, err := lockOrder(ctx, tx, orderID)
		if err != nil {
			return err
		}
		t := &ticketRow{}
		if err := tx.GetContext(ctx, t, `SELECT `+ticketColumns+` FROM ticket t WHERE t.id = $1`, r.ID); err != nil {
			return fmt.Errorf("read ticket %d: %w", r.ID, err)
		}
		if !c.covers(t.SellerOrg, t.VillageID, 0) {
			return link.E(link.NotFound, "ticket.unknown", "id")
		}
		if t.AccountID == a.Account {
			return link.E(link.Forbidden, "ticket.decide.same_person", "")
		}
		return m.decide(ctx, tx, o, t, r.Accept, reason)
	})
	if err != nil {
		return orders.Ticket{}, err
	}
	return m.Ticket(ctx, orders.TicketRef{ID: r.ID})
}

func (m *weighRoom) decide(ctx context.Context, tx *sqlx.Tx, o *orderRow, t *ticketRow, accept bool, reason string) error {
	decision := orders.TicketRefuse
	if accept {
		decision = orders.TicketAccept
	}
	to, err := t.State.Next(decision)
	if err != nil {
		if t.State == orders.TicketAccepted && accept && t.DecidedBy == who(link.ActorFrom(ctx)) {
			return nil // said twice
		}
		return err
	}
	a := link.ActorFrom(ctx)
	_, err = tx.ExecContext(ctx, `
		UPDATE ticket SET state = $2, decided_id = $3, decided_by = $4, decided_why = $5 WHERE id = $1`,
		t.ID, string(to), a.Account, who(a), reason)
	if err != nil {
		return fmt.Errorf("decide ticket %d: %w", t.ID, err)
	}
	lines, err := m.linesOf(ctx, tx, o.ID)
	if err != nil {
		return err
	}
	l, err := lineOf(lines[o.ID], t.Line)
	if err != nil {
		return err
	}
	s, err := readShare(ctx, tx, o.ID, t.Line, t.LotID)
	if err != nil {
		return err
	}
	s.Held -= t.Units
	if accept {
		return m.accept(ctx, tx, o, l, s, t.ID, t.Units, t.NetGrams, t.Final)
	}
	if err := s.save(ctx, tx); err != nil {
		return err
	}
	if err := m.touch(ctx, tx, o.ID); err != nil {
		return err
	}
	return m.progress(ctx, tx, o, l, s.VillageID)
}

// ticketOut fills in what a page needs beside the row.
func (m *weighRoom) ticketsOut(ctx context.Context, rows []ticketRow) ([]orders.Ticket, error) {
	ids, households := make([]int64, len(rows)), make([]int64, len(rows))
	for i, t := range rows {
		ids[i], households[i] = t.OrderID, t.HouseholdID
	}
	lines, err := m.linesOf(ctx, m.db, ids...)
	if err != nil {
		return nil, err
	}
	ref, err := m.ref.get(ctx)
	if err != nil {
		return nil, err
	}
	people, err := m.people(ctx, households)
	if err != nil {
		return nil, err
	}
	ticketIDs := make([]int64, len(rows))
	for i, t := range rows {
		ticketIDs[i] = t.ID
	}
	contracts, err := m.contract.pricings(ctx, ticketIDs)
	if err != nil {
		return nil, err
	}
	lots := make([]int64, len(rows))
	for i := range rows {
		lots[i] = rows[i].LotID
	}
	agents, err := agentsOf(ctx, m.db, lots)
	if err != nil {
		return nil, err
	}
	out := make([]orders.Ticket, len(rows))
	for i := range rows {
		t := &rows[i]
		l, err := lineOf(lines[t.OrderID], t.Line)
		if err != nil {
			return nil, err
		}
		out[i] = orders.Ticket{
			ID: t.ID, No: orders.TicketNumber(t.ID), ClientID: t.ClientID, OrderID: t.OrderID, OrderNo: orders.Number(t.OrderID),
			Line: t.Line, LotID: t.LotID, HouseholdID: t.HouseholdID, VillageID: t.VillageID, PointID: t.PointID, Units: t.Units,
			Rejected: t.Rejected, Reason: t.Reason, GrossGrams: t.GrossGrams, TareGrams: t.TareGrams, NetGrams: t.NetGrams,
			Grade: t.Grade, Price: money.Price{Fen: t.PriceFen, Per: t.PricePer}, State: t.State, HeldFor: t.HeldFor,
			AmountFen: t.AmountFen, FeeFen: t.FeeFen, AgentFen: t.AgentFen, Settled: t.Settled, WeighedAt: t.WeighedAt.UTC(), Actor: t.Actor,
			ConfirmedBy: t.DecidedBy, Supersedes: t.Supersedes, SupersededBy: t.SupersededBy, Title: l.offer.Title,
			Unit: l.offer.Unit, PriceUnit: l.offer.PriceUnit, Village: ref.villages[t.VillageID].Name, Point: ref.points[t.PointID].Name,
			Code: people[t.HouseholdID].Code, Head: people[t.HouseholdID].Head,
		}
		if t.DeliveryID != nil {
			out[i].DeliveryID = *t.DeliveryID
		}
		if !t.Settled && (t.State == orders.TicketAccepted || t.State == orders.TicketHeld) && t.Units > 0 {
			if out[i].AmountFen, err = out[i].Price.Amount(t.measure(l.weighed())); err != nil {
				return nil, fmt.Errorf("estimate ticket %d: %w", t.ID, err)
			}
			if out[i].FeeFen, err = money.BasisPoints(out[i].AmountFen, l.FeeBP); err != nil {
				return nil, fmt.Errorf("estimate ticket %d: %w", t.ID, err)
			}
			if out[i].AgentFen, err = money.BasisPoints(out[i].AmountFen-out[i].FeeFen, agents[t.LotID].BP); err != nil {
				return nil, fmt.Errorf("estimate ticket %d: %w", t.ID, err)
			}
		}
		if g, raised := agents[t.LotID]; raised {
			out[i].Agent, out[i].AgentBP = ref.orgs[g.OrgID].Name, g.BP
		}
		out[i].NetFen = out[i].AmountFen - out[i].FeeFen - out[i].AgentFen
		out[i].Contract = contracts[t.ID]
	}
	return out, nil
}

// people asks the catalogue for households by id. Whoever calls it has checked that the actor may see them.
func (m *desk) people(ctx context.Context, ids []int64) (map[int64]catalog.Household, error) {
	byID := make(map[int64]catalog.Household, len(ids))
	var distinct []int64
	for _, id := range ids {
		if _, ok := byID[id]; !ok {
			byID[id] = catalog.Household{ID: id}
			distinct = append(distinct, id)
		}
	}
	const most = 500
	for len(distinct) > 0 {
		n := min(len(distinct), most)
		page, err := m.catalog.Households(asSystem(ctx), catalog.HouseholdFilter{IDs: distinct[:n]})
		if err != nil {
			return nil, err
		}
		for _, h := range page.Items {
			byID[h.ID] = h
		}
		distinct = distinct[n:]
	}
	return byID, nil
}

// Ticket returns one ticket to those who collect, the household it is of, and the county.
func (m *weighRoom) Ticket(ctx context.Context, r orders.TicketRef) (orders.Ticket, error) {
	t := ticketRow{}
	err := m.db.GetContext(ctx, &t, `SELECT `+ticketColumns+` FROM ticket t WHERE t.id = $1`, r.ID)
	if err != nil && !missing(err) {
		return orders.Ticket{}, fmt.Errorf("read ticket %d: %w", r.ID, err)
	}
	unknown := link.E(link.NotFound, "ticket.unknown", "id")
	c, cerr := m.collects(ctx, t.HouseholdID)
	switch {
	case link.CodeOf(cerr) == link.NotFound:
		return orders.Ticket{}, unknown
	case cerr != nil:
		return orders.Ticket{}, cerr
	case missing(err) || !c.covers(t.SellerOrg, t.VillageID, t.HouseholdID):
		return orders.Ticket{}, unknown
	}
	out, err := m.ticketsOut(ctx, []ticketRow{t})
	if err != nil {
		return orders.Ticket{}, err
	}
	out[0].Trace, err = m.shelf.traceOf(ctx, t)
	return out[0], err
}

// Tickets lists what the caller may see, newest first.
func (m *weighRoom) Tickets(ctx context.Context, r orders.TicketFilter) (orders.TicketPage, error) {
	c, err := m.collects(ctx, r.Household)
	if err != nil {
		return orders.TicketPage{}, err
	}
	limit, err := pageLimit(r.Limit, 50, 500)
	if err != nil {
		return orders.TicketPage{}, err
	}
	var f filter
	f.raw(c.where("t", f.next()))
	if r.OrderNo != "" {
		id, err := orderID(orders.OrderRef{No: r.OrderNo})
		if err != nil {
			return orders.TicketPage{}, err
		}
		f.add(`t.order_id = ?`, id)
	}
	if r.Household != 0 {
		f.add(`t.household_id = ?`, r.Household)
	}
	if r.VillageID != 0 {
		f.add(`t.village_id = ?`, r.VillageID)
	}
	if r.State != "" {
		f.add(`t.state = ?`, string(r.State))
	}
	page := orders.TicketPage{}
	if err := m.db.GetContext(ctx, &page.Total, `SELECT count(*) FROM ticket t WHERE `+f.where(), f.args...); err != nil {
		return page, fmt.Errorf("count tickets: %w", err)
	}
	after, err := cursorInts(r.Cursor, 1)
	if err != nil {
		return page, err
	}
	if after != nil {
		f.add(`t.id < ?`, after[0])
	}
	var rows []ticketRow
	err = m.db.SelectContext(ctx, &rows, fmt.Sprintf(`SELECT %s FROM ticket t WHERE %s ORDER BY t.id DESC LIMIT %d`,
		ticketColumns, f.where(), limit+1), f.args...)
	if err != nil {
		return page, fmt.Errorf("list tickets: %w", err)
	}
	if len(rows) > limit {
		rows = rows[:limit]
		page.Cursor = makeCursor(rows[limit-1].ID)
	}
	page.Items, err = m.ticketsOut(ctx, rows)
	return page, err
}
