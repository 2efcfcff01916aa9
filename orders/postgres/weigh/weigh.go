package weigh

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/internal/link/paging"
	"banmuyuan/internal/money"
	"banmuyuan/orders"
	"banmuyuan/orders/postgres/desk"
)

// Weigh records one weighing. The same client id is the same ticket, however often it is sent.
func (m *Room) Weigh(ctx context.Context, r orders.WeighRequest) (orders.Ticket, error) {
	c, err := m.Collects(ctx, 0)
	if err != nil {
		return orders.Ticket{}, err
	}
	if !c.Works {
		return orders.Ticket{}, desk.ErrRole()
	}
	id, err := m.record(ctx, c, r)
	if err != nil {
		return orders.Ticket{}, err
	}
	return m.Ticket(ctx, orders.TicketRef{ID: id})
}

// record writes the ticket of a weighing, or finds the one that was written of it before.
func (m *Room) record(ctx context.Context, c desk.Collector, r orders.WeighRequest) (id int64, err error) {
	if r, err = r.Clean(); err != nil {
		return 0, err
	}
	hash, err := desk.HashBody(r)
	if err != nil {
		return 0, err
	}
	orderID, err := orders.OrderRef{No: r.OrderNo}.Resolve()
	if err != nil {
		return 0, err
	}
	ref, err := m.Ref.Get(ctx)
	if err != nil {
		return 0, err
	}
	err = m.Tx(ctx, func(tx *sqlx.Tx) error {
		o, err := desk.LockOrder(ctx, tx, orderID)
		if err != nil {
			return err
		}
		// Behind the order's lock: of many copies that arrive together, one writes and the others find it.
		prior, err := ticketOf(ctx, tx, r.ClientID)
		if err != nil {
			return err
		}
		if prior != nil {
			if string(prior.BodyHash) != string(hash) || !c.Covers(prior.SellerOrg, prior.VillageID, 0) {
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

func ticketOf(ctx context.Context, tx *sqlx.Tx, clientID string) (*desk.TicketRow, error) {
	t := &desk.TicketRow{}
	err := tx.GetContext(ctx, t, `SELECT `+desk.TicketColumns+` FROM ticket t WHERE t.client_id = $1`, clientID)
	if desk.Missing(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("look up ticket: %w", err)
	}
	return t, nil
}

// weigh checks and writes a ticket, and moves the share, the delivery and the order on.
func (m *Room) weigh(ctx context.Context, tx *sqlx.Tx, o *desk.OrderRow, c desk.Collector, ref *desk.Names, r orders.WeighRequest, hash []byte) (int64, error) {
	lines, err := m.LinesOf(ctx, tx, o.ID)
	if err != nil {
		return 0, err
	}
	l, err := desk.LineOf(lines[o.ID], r.Line)
	if err != nil {
		return 0, err
	}
	s, err := desk.ReadShare(ctx, tx, o.ID, r.Line, r.LotID)
	if err != nil {
		// Other organisations learn nothing of the order, not even which lots it has.
		if !c.All && c.Org != l.SellerOrg {
			return 0, desk.ErrNotFound()
		}
		if _, over := o.State.Next(orders.StepWeigh); over != nil && r.Supersedes == 0 {
			return 0, over // an order that was called off has no shares any more
		}
		return 0, err
	}
	if !c.Covers(s.SellerOrg, s.VillageID, 0) {
		return 0, desk.ErrNotFound()
	}
	if r.Supersedes != 0 {
		if season, known := catalog.FindSeason(ref.Seasons, l.Offer.Season); known {
			if err := season.CheckTakes("supersedes"); err != nil {
				return 0, err
			}
		}
	}
	if err := orders.AdmitTicket(o.State, r.Supersedes != 0); err != nil {
		return 0, err
	}
	if r.Supersedes != 0 {
		if s, err = m.supersede(ctx, tx, o, l, s, r.Supersedes); err != nil {
			return 0, err
		}
	}
	_, known := ref.Points[r.PointID]
	scale := orders.Scale{Prices: l.Offer.Prices, Weighed: l.Weighed(), UnitGrams: l.UnitMeasure, ToleranceBP: l.Offer.Terms.WeightToleranceBP,
		Room: s.Room(), PointKnown: known, Now: m.Now()}
	price, err := scale.Check(r)
	if err != nil {
		return 0, err
	}
	pricing, err := m.contract.PriceTicket(ctx, tx, o, r)
	if err != nil {
		return 0, err
	}
	if pricing != nil {
		price = pricing.Settled()
	}
	if o.State == orders.StateConfirmed {
		if err := m.BeginWeighing(ctx, tx, o); err != nil {
			return 0, err
		}
	}
	state, heldFor := scale.FirstState(r)
	a := link.ActorFrom(ctx)
	now := m.Now()
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
		a.Account, orders.ActorName(a), r.Supersedes)
	if err != nil {
		return 0, fmt.Errorf("write ticket: %w", err)
	}
	if pricing != nil {
		if err := m.contract.WritePricing(ctx, tx, id, pricing); err != nil {
			return 0, err
		}
	}
	if r.Supersedes != 0 {
		if _, err := tx.ExecContext(ctx, `UPDATE ticket SET superseded_by = $2 WHERE id = $1`, r.Supersedes, id); err != nil {
			return 0, fmt.Errorf("mark superseded ticket: %w", err)
		}
	}
	if state == orders.TicketHeld {
		s.SetCount(s.Count().Hold(r.Units)) // a ticket of no units is never held, so the share stays open
		if err := s.Save(ctx, tx); err != nil {
			return 0, err
		}
		return id, m.bumpVersion(ctx, tx, o.ID)
	}
	return id, m.accept(ctx, tx, o, l, s, id, r.Units, r.NetGrams(), r.Final)
}

// bumpVersion marks an order as changed.
func (m *Room) bumpVersion(ctx context.Context, tx *sqlx.Tx, orderID int64) error {
	if _, err := tx.ExecContext(ctx, `UPDATE orders SET version = version + 1 WHERE id = $1`, orderID); err != nil {
		return fmt.Errorf("bump version of order: %w", err)
	}
	return nil
}

// BeginWeighing moves an order on with its first ticket.
func (m *Room) BeginWeighing(ctx context.Context, tx *sqlx.Tx, o *desk.OrderRow) error {
	if err := desk.MoveTo(ctx, tx, o, orders.StepWeigh); err != nil {
		return err
	}
	if err := m.AddTimeline(ctx, tx, []int64{o.ID}, "order.timeline.weighing", nil); err != nil {
		return err
	}
	return link.Publish(ctx, tx, desk.Changed(o.State, o.ID)...)
}

// accept counts a ticket's units as received.
func (m *Room) accept(ctx context.Context, tx *sqlx.Tx, o *desk.OrderRow, l *desk.LineRow, s *desk.ShareRow, ticket, units, grams int64, final bool) error {
	s.SetCount(s.Count().Receive(units, grams, final))
	s.TicketID = ticket
	if err := s.Save(ctx, tx); err != nil {
		return err
	}
	err := link.Publish(ctx, tx, link.Message{Subject: orders.EvtTicketAccepted, Data: orders.TicketEvent{TicketID: ticket, OrderID: o.ID}})
	if err != nil {
		return err
	}
	if err := m.bumpVersion(ctx, tx, o.ID); err != nil {
		return err
	}
	return m.Progress(ctx, tx, o, l, s.VillageID)
}

// supersede takes a ticket out of the share's count, and reverses the delivery that it was in.
func (m *Room) supersede(ctx context.Context, tx *sqlx.Tx, o *desk.OrderRow, l *desk.LineRow, s *desk.ShareRow, ticket int64) (*desk.ShareRow, error) {
	t := &desk.TicketRow{}
	err := tx.GetContext(ctx, t, `SELECT `+desk.TicketColumns+` FROM ticket t WHERE t.id = $1 AND t.order_id = $2 AND t.line = $3 AND t.lot_id = $4`,
		ticket, o.ID, l.No, s.LotID)
	if desk.Missing(err) {
		return nil, link.E(link.NotFound, "ticket.unknown", "supersedes")
	}
	if err != nil {
		return nil, fmt.Errorf("read ticket %d: %w", ticket, err)
	}
	to, err := t.State.Next(orders.TicketSupersede)
	if err != nil {
		return nil, err
	}
	if orders.ReopensBill(o.State) {
		if err := desk.MoveTo(ctx, tx, o, orders.StepCorrect); err != nil {
			return nil, err
		}
		_, err := tx.ExecContext(ctx, `UPDATE orders SET balance_fen = 0, paid_at = NULL, inspect_until = NULL WHERE id = $1`, o.ID)
		if err != nil {
			return nil, fmt.Errorf("reopen order %d: %w", o.ID, err)
		}
		if err := link.Publish(ctx, tx, desk.Changed(o.State, o.ID)...); err != nil {
			return nil, err
		}
	}
	if t.DeliveryID != nil {
		if err := m.ReverseDelivery(ctx, tx, o, *t.DeliveryID); err != nil {
			return nil, err
		}
	}
	if _, err := tx.ExecContext(ctx, `UPDATE ticket SET state = $2 WHERE id = $1`, t.ID, string(to)); err != nil {
		return nil, fmt.Errorf("supersede ticket %d: %w", t.ID, err)
	}
	if s, err = desk.ReadShare(ctx, tx, o.ID, l.No, s.LotID); err != nil { // as the reversal left it
		return nil, err
	}
	s.SetCount(s.Count().TakeBack(t.State, t.Units, t.NetGrams, t.Final))
	args := map[string]string{"ticket": orders.TicketNumber(t.ID), "line": fmt.Sprint(l.No)}
	if err := m.AddTimeline(ctx, tx, []int64{o.ID}, "order.timeline.corrected", args); err != nil {
		return nil, err
	}
	return s, s.Save(ctx, tx)
}

// DecideTicket records a second person's decision on a ticket that is far from the estimate.
func (m *Room) DecideTicket(ctx context.Context, r orders.DecideTicketRequest) (orders.Ticket, error) {
	c, err := m.Collects(ctx, 0)
	if err != nil {
		return orders.Ticket{}, err
	}
	if !c.Works {
		return orders.Ticket{}, desk.ErrRole()
	}
	if r.Reason, err = r.Check(); err != nil {
		return orders.Ticket{}, err
	}
	a := link.ActorFrom(ctx)
	var orderID int64
	err = m.DB.GetContext(ctx, &orderID, `SELECT order_id FROM ticket WHERE id = $1`, r.ID)
	if desk.Missing(err) {
		return orders.Ticket{}, link.E(link.NotFound, "ticket.unknown", "id")
	}
	if err != nil {
		return orders.Ticket{}, fmt.Errorf("read ticket %d: %w", r.ID, err)
	}
	err = m.Tx(ctx, func(tx *sqlx.Tx) error {
		o, err := desk.LockOrder(ctx, tx, orderID)
		if err != nil {
			return err
		}
		t := &desk.TicketRow{}
		if err := tx.GetContext(ctx, t, `SELECT `+desk.TicketColumns+` FROM ticket t WHERE t.id = $1`, r.ID); err != nil {
			return fmt.Errorf("read ticket %d: %w", r.ID, err)
		}
		if !c.Covers(t.SellerOrg, t.VillageID, 0) {
			return link.E(link.NotFound, "ticket.unknown", "id")
		}
		if err := orders.MayDecide(t.AccountID, a.Account); err != nil {
			return err
		}
		return m.decide(ctx, tx, o, t, r)
	})
	if err != nil {
		return orders.Ticket{}, err
	}
	return m.Ticket(ctx, orders.TicketRef{ID: r.ID})
}

func (m *Room) decide(ctx context.Context, tx *sqlx.Tx, o *desk.OrderRow, t *desk.TicketRow, r orders.DecideTicketRequest) error {
	a := link.ActorFrom(ctx)
	to, repeated, err := r.Next(t.State, t.DecidedBy == orders.ActorName(a))
	if err != nil || repeated {
		return err
	}
	_, err = tx.ExecContext(ctx, `
		UPDATE ticket SET state = $2, decided_id = $3, decided_by = $4, decided_why = $5 WHERE id = $1`,
		t.ID, string(to), a.Account, orders.ActorName(a), r.Reason)
	if err != nil {
		return fmt.Errorf("decide ticket %d: %w", t.ID, err)
	}
	if err := desk.Decided(ctx, tx, "ticket", t.ID, r.Accept); err != nil {
		return err
	}
	lines, err := m.LinesOf(ctx, tx, o.ID)
	if err != nil {
		return err
	}
	l, err := desk.LineOf(lines[o.ID], t.Line)
	if err != nil {
		return err
	}
	s, err := desk.ReadShare(ctx, tx, o.ID, t.Line, t.LotID)
	if err != nil {
		return err
	}
	s.SetCount(s.Count().Release(t.Units))
	if r.Accept {
		return m.accept(ctx, tx, o, l, s, t.ID, t.Units, t.NetGrams, t.Final)
	}
	if err := s.Save(ctx, tx); err != nil {
		return err
	}
	if err := m.bumpVersion(ctx, tx, o.ID); err != nil {
		return err
	}
	return m.Progress(ctx, tx, o, l, s.VillageID)
}

// ticketsOut converts rows, with the names, contracts and estimates that pages show.
func (m *Room) ticketsOut(ctx context.Context, rows []desk.TicketRow) ([]orders.Ticket, error) {
	ids, households := make([]int64, len(rows)), make([]int64, len(rows))
	for i, t := range rows {
		ids[i], households[i] = t.OrderID, t.HouseholdID
	}
	lines, err := m.LinesOf(ctx, m.DB, ids...)
	if err != nil {
		return nil, err
	}
	ref, err := m.Ref.Get(ctx)
	if err != nil {
		return nil, err
	}
	people, err := m.People(ctx, households)
	if err != nil {
		return nil, err
	}
	ticketIDs := make([]int64, len(rows))
	for i, t := range rows {
		ticketIDs[i] = t.ID
	}
	contracts, err := m.contract.Pricings(ctx, ticketIDs)
	if err != nil {
		return nil, err
	}
	lots := make([]int64, len(rows))
	for i := range rows {
		lots[i] = rows[i].LotID
	}
	agents, err := desk.AgentsOf(ctx, m.DB, lots)
	if err != nil {
		return nil, err
	}
	out := make([]orders.Ticket, len(rows))
	for i := range rows {
		t := &rows[i]
		l, err := desk.LineOf(lines[t.OrderID], t.Line)
		if err != nil {
			return nil, err
		}
		out[i] = orders.Ticket{
			ID: t.ID, No: orders.TicketNumber(t.ID), ClientID: t.ClientID, OrderID: t.OrderID, OrderNo: orders.Number(t.OrderID),
			Line: t.Line, LotID: t.LotID, HouseholdID: t.HouseholdID, VillageID: t.VillageID, PointID: t.PointID, Units: t.Units,
			Rejected: t.Rejected, Reason: t.Reason, GrossGrams: t.GrossGrams, TareGrams: t.TareGrams, NetGrams: t.NetGrams,
			Grade: t.Grade, Price: money.Price{Fen: t.PriceFen, Per: t.PricePer}, State: t.State, HeldFor: t.HeldFor,
			AmountFen: t.AmountFen, FeeFen: t.FeeFen, VillageBP: l.VillageBP, AgentFen: t.AgentFen, Settled: t.Settled, WeighedAt: t.WeighedAt.UTC(), Actor: t.Actor,
			ConfirmedBy: t.DecidedBy, Supersedes: t.Supersedes, SupersededBy: t.SupersededBy, Title: l.Offer.Title,
			Unit: l.Offer.Unit, PriceUnit: l.Offer.PriceUnit, Village: ref.Villages[t.VillageID].Name, Point: ref.Points[t.PointID].Name,
			Code: people[t.HouseholdID].Code, Head: people[t.HouseholdID].Head,
		}
		if t.DeliveryID != nil {
			out[i].DeliveryID = *t.DeliveryID
		}
		if !t.Settled && t.State.Stands() && t.Units > 0 {
			p, err := orders.ExpectedParts(out[i].Price, 1, t.Measure(l.Weighed()), l.FeeBP, agents[t.LotID].BP)
			if err != nil {
				return nil, fmt.Errorf("estimate ticket %d: %w", t.ID, err)
			}
			out[i].AmountFen, out[i].FeeFen, out[i].AgentFen = p.GrossFen, p.FeeFen, p.AgentFen
		}
		if g, raised := agents[t.LotID]; raised {
			out[i].Agent, out[i].AgentBP = ref.Orgs[g.OrgID].Name, g.BP
		}
		out[i].NetFen = out[i].AmountFen - out[i].FeeFen - out[i].AgentFen
		out[i].Contract = contracts[t.ID]
	}
	return out, nil
}

// Ticket returns one ticket to its collectors, its household and the county.
func (m *Room) Ticket(ctx context.Context, r orders.TicketRef) (orders.Ticket, error) {
	t := desk.TicketRow{}
	err := m.DB.GetContext(ctx, &t, `SELECT `+desk.TicketColumns+` FROM ticket t WHERE t.id = $1`, r.ID)
	if err != nil && !desk.Missing(err) {
		return orders.Ticket{}, fmt.Errorf("read ticket %d: %w", r.ID, err)
	}
	unknown := link.E(link.NotFound, "ticket.unknown", "id")
	c, cerr := m.Collects(ctx, t.HouseholdID)
	switch {
	case link.CodeOf(cerr) == link.NotFound:
		return orders.Ticket{}, unknown
	case cerr != nil:
		return orders.Ticket{}, cerr
	case desk.Missing(err) || !c.Covers(t.SellerOrg, t.VillageID, t.HouseholdID):
		return orders.Ticket{}, unknown
	}
	out, err := m.ticketsOut(ctx, []desk.TicketRow{t})
	if err != nil {
		return orders.Ticket{}, err
	}
	out[0].Trace, err = m.shelf.TraceOf(ctx, t)
	return out[0], err
}

// Tickets lists the tickets that the caller may see, newest first.
func (m *Room) Tickets(ctx context.Context, r orders.TicketFilter) (orders.TicketPage, error) {
	c, err := m.Collects(ctx, r.Household)
	if err != nil {
		return orders.TicketPage{}, err
	}
	limit, err := paging.Size(r.Limit, 50, 500)
	if err != nil {
		return orders.TicketPage{}, err
	}
	var f desk.Filter
	f.Raw(c.Where("t", f.Next()))
	if r.OrderNo != "" {
		id, err := orders.OrderRef{No: r.OrderNo}.Resolve()
		if err != nil {
			return orders.TicketPage{}, err
		}
		f.Add(`t.order_id = ?`, id)
	}
	if r.Household != 0 {
		f.Add(`t.household_id = ?`, r.Household)
	}
	if r.VillageID != 0 {
		f.Add(`t.village_id = ?`, r.VillageID)
	}
	if r.State != "" {
		f.Add(`t.state = ?`, string(r.State))
	}
	page := orders.TicketPage{}
	if err := m.DB.GetContext(ctx, &page.Total, `SELECT count(*) FROM ticket t WHERE `+f.Where(), f.Args...); err != nil {
		return page, fmt.Errorf("count tickets: %w", err)
	}
	after, err := paging.Place("tickets", r.Cursor, 1)
	if err != nil {
		return page, err
	}
	if after != nil {
		f.Add(`t.id < ?`, after[0])
	}
	var rows []desk.TicketRow
	err = m.DB.SelectContext(ctx, &rows, fmt.Sprintf(`SELECT %s FROM ticket t WHERE %s ORDER BY t.id DESC LIMIT %d`,
		desk.TicketColumns, f.Where(), limit+1), f.Args...)
	if err != nil {
		return page, fmt.Errorf("list tickets: %w", err)
	}
	if len(rows) > limit {
		rows = rows[:limit]
		page.Cursor = paging.After("tickets", rows[limit-1].ID)
	}
	page.Items, err = m.ticketsOut(ctx, rows)
	return page, err
}
