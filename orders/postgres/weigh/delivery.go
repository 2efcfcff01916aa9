package weigh

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/internal/money"
	"banmuyuan/orders"
	"banmuyuan/orders/postgres/desk"
	"banmuyuan/payments"
)

// Progress closes the delivery of a village once its last share is done, and the bill of the order after its last delivery.
func (m *Room) Progress(ctx context.Context, tx *sqlx.Tx, o *desk.OrderRow, l *desk.LineRow, village int64) error {
	var open bool
	err := tx.GetContext(ctx, &open, `
		SELECT EXISTS (SELECT FROM share WHERE order_id = $1 AND line = $2 AND village_id = $3 AND state = $4)`, o.ID, l.No, village,
		string(orders.ShareExpected))
	if err != nil {
		return fmt.Errorf("look for open shares: %w", err)
	}
	if !open {
		if err := m.closeDelivery(ctx, tx, o, l, village); err != nil {
			return err
		}
	}
	return m.Bill(ctx, tx, o)
}

// closeDelivery makes a delivery of the tickets of a line in a village when all its shares are done: the amounts become
// final, payments bills and owes them, and the catalogue gets the delivered and the short units.
func (m *Room) closeDelivery(ctx context.Context, tx *sqlx.Tx, o *desk.OrderRow, l *desk.LineRow, village int64) error {
	var tickets []desk.TicketRow
	err := tx.SelectContext(ctx, &tickets, `
		SELECT `+desk.TicketColumns+` FROM ticket t
		WHERE t.order_id = $1 AND t.line = $2 AND t.village_id = $3 AND t.state = $4 AND NOT t.settled ORDER BY t.id`,
		o.ID, l.No, village, string(orders.TicketAccepted))
	if err != nil {
		return fmt.Errorf("read tickets to settle: %w", err)
	}
	if err := m.settleTickets(ctx, tx, o, l, village, tickets); err != nil {
		return err
	}
	return m.settleHolds(ctx, tx, o, l, village)
}

func (m *Room) settleTickets(ctx context.Context, tx *sqlx.Tx, o *desk.OrderRow, l *desk.LineRow, village int64, tickets []desk.TicketRow) error {
	if len(tickets) == 0 {
		return nil
	}
	var ws []orders.Weighing
	var units, grams int64
	byID := make(map[int64]*desk.TicketRow, len(tickets))
	lots := make([]int64, len(tickets))
	for i := range tickets {
		lots[i] = tickets[i].LotID
	}
	agents, err := desk.AgentsOf(ctx, tx, lots)
	if err != nil {
		return err
	}
	for i := range tickets {
		t := &tickets[i]
		byID[t.ID] = t
		units, grams = units+t.Units, grams+t.NetGrams
		if t.Units > 0 {
			ws = append(ws, orders.Weighing{TicketID: t.ID, Household: t.HouseholdID, Grade: t.Grade,
				Price: money.Price{Fen: t.PriceFen, Per: t.PricePer}, Measure: t.Measure(l.Weighed()),
				Agent: agents[t.LotID].OrgID, AgentBP: agents[t.LotID].BP})
		}
	}
	now := m.Now()
	if len(ws) == 0 { // everything was refused at the scale: nothing to accept
		_, err := tx.ExecContext(ctx, `UPDATE ticket SET settled = true WHERE id = ANY($1)`, desk.Ints(ticketIDs(tickets)))
		if err != nil {
			return fmt.Errorf("settle empty tickets: %w", err)
		}
		return nil
	}
	amount, fee, err := orders.Settle(ws, l.FeeBP)
	if err != nil {
		return fmt.Errorf("settle order %d line %d: %w", o.ID, l.No, err)
	}
	worked, err := m.contract.WorkOff(ctx, tx, o, ws)
	if err != nil {
		return err
	}
	part, err := orders.VillageFee(fee, l.VillageBP)
	if err != nil {
		return fmt.Errorf("divide the fee of order %d line %d: %w", o.ID, l.No, err)
	}
	amount -= worked
	var id int64
	err = tx.GetContext(ctx, &id, `
		INSERT INTO delivery (order_id, line, village_id, units, net_grams, amount_fen, fee_fen, village_fen, agent_fen, closed_at, closed_by)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) RETURNING id`,
		o.ID, l.No, village, units, grams, amount, fee, part, orders.RaisedFen(ws), now, orders.ActorName(link.ActorFrom(ctx)))
	if err != nil {
		return fmt.Errorf("write delivery: %w", err)
	}
	amounts, fees, parts := map[int64]int64{}, map[int64]int64{}, map[int64]int64{}
	cmd := payments.AcceptDelivery{DeliveryID: id, Ref: orders.PaymentRef(o.ID), Coop: l.SellerOrg, OccurredAt: now.Unix()}
	if part > 0 {
		cmd.Village, cmd.VillageFen = village, part
	}
	for _, w := range ws {
		amounts[w.TicketID], fees[w.TicketID], parts[w.TicketID] = w.AmountFen, w.FeeFen, w.AgentFen
		cmd.Shares = append(cmd.Shares, payments.DeliveryShare{SourceKey: ticketKey(w.TicketID), Household: w.Household,
			GrossFen: w.AmountFen, FeeFen: w.FeeFen, Agent: w.Agent, AgentFen: w.AgentFen})
	}
	ids := ticketIDs(tickets)
	gross, kept, agent := make([]int64, len(ids)), make([]int64, len(ids)), make([]int64, len(ids))
	for i, t := range ids {
		gross[i], kept[i], agent[i] = amounts[t], fees[t], parts[t]
	}
	_, err = tx.ExecContext(ctx, `
		UPDATE ticket t SET settled = true, delivery_id = $4, bills = bills + 1, amount_fen = u.gross, fee_fen = u.fee, agent_fen = u.agent
		FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $5::bigint[]) AS u (id, gross, fee, agent) WHERE t.id = u.id`,
		desk.Ints(ids), desk.Ints(gross), desk.Ints(kept), id, desk.Ints(agent))
	if err != nil {
		return fmt.Errorf("settle tickets: %w", err)
	}
	if err := addAmount(ctx, tx, o, l, amount); err != nil {
		return err
	}
	if err := writeOwed(ctx, tx, id); err != nil {
		return err
	}
	args := map[string]string{"line": fmt.Sprint(l.No), "units": fmt.Sprint(units), "grams": fmt.Sprint(grams), "amount": fmt.Sprint(amount),
		"unit": "unit." + l.Offer.Unit}
	if err := m.AddTimeline(ctx, tx, []int64{o.ID}, "order.timeline.delivery", args); err != nil {
		return err
	}
	m.income.ForgetAverages()
	return link.Publish(ctx, tx, link.Message{Subject: payments.CmdAcceptDelivery, Data: cmd})
}

func ticketKey(id int64) string { return fmt.Sprintf("ticket:%d", id) }

func ticketIDs(tickets []desk.TicketRow) []int64 {
	ids := make([]int64, len(tickets))
	for i := range tickets {
		ids[i] = tickets[i].ID
	}
	return ids
}

// addAmount adds the amount of a delivery to its line and order; a negative amount takes it off.
func addAmount(ctx context.Context, tx *sqlx.Tx, o *desk.OrderRow, l *desk.LineRow, amount int64) error {
	if _, err := tx.ExecContext(ctx, `
		UPDATE order_line SET amount_fen = amount_fen + $3 WHERE order_id = $1 AND no = $2`, o.ID, l.No, amount); err != nil {
		return fmt.Errorf("bill line: %w", err)
	}
	if _, err := tx.ExecContext(ctx, `
		UPDATE orders SET amount_fen = amount_fen + $2, version = version + 1 WHERE id = $1`, o.ID, amount); err != nil {
		return fmt.Errorf("bill order: %w", err)
	}
	o.AmountFen += amount
	l.AmountFen += amount
	return nil
}

func writeOwed(ctx context.Context, tx *sqlx.Tx, delivery int64) error {
	_, err := tx.ExecContext(ctx, `
		INSERT INTO income_entry (`+desk.OwedColumns+`) `+desk.OwedSelect+` WHERE t.delivery_id = $1 AND t.units > 0
		ON CONFLICT (source_key) DO UPDATE
		SET qty = excluded.qty, net_grams = excluded.net_grams, gross_fen = excluded.gross_fen, fee_fen = excluded.fee_fen,
		    amount_fen = excluded.amount_fen, agent_org = excluded.agent_org, agent_bp = excluded.agent_bp, agent_fen = excluded.agent_fen,
		    advance_fen = excluded.advance_fen, stage = 'owed', version = excluded.version, paid_on = NULL, payout_item = 0`, delivery)
	if err != nil {
		return fmt.Errorf("write owed income: %w", err)
	}
	return nil
}

// settleHolds sends the catalogue the units that the shares of a line in a village have received, and the short ones,
// since the last time; it marks them as settled and looks for the short units elsewhere.
func (m *Room) settleHolds(ctx context.Context, tx *sqlx.Tx, o *desk.OrderRow, l *desk.LineRow, village int64) error {
	var moved []struct {
		LotID     int64 `db:"lot_id"`
		Household int64 `db:"household_id"`
		Delivered int64 `db:"delivered"`
		Returned  int64 `db:"returned"`
	}
	// In two statements, behind the order's lock: one that joins the table with itself goes through all shares of a large
	// order again and again, as long as nothing is known yet of how many it has.
	err := tx.SelectContext(ctx, &moved, `
		SELECT lot_id, household_id, received - settled AS delivered, short - returned AS returned
		FROM share WHERE order_id = $1 AND line = $2 AND village_id = $3 AND (settled <> received OR returned <> short)
		ORDER BY lot_id`, o.ID, l.No, village)
	if err != nil {
		return fmt.Errorf("read shares to settle: %w", err)
	}
	if len(moved) == 0 {
		return nil
	}
	_, err = tx.ExecContext(ctx, `
		UPDATE share SET settled = received, returned = short
		WHERE order_id = $1 AND line = $2 AND village_id = $3 AND (settled <> received OR returned <> short)`, o.ID, l.No, village)
	if err != nil {
		return fmt.Errorf("settle shares: %w", err)
	}
	cmd := catalog.HoldDeliver{OrderID: o.ID, Line: l.No}
	var short []desk.ShortUnits
	for _, x := range moved {
		cmd.Lots = append(cmd.Lots, x.LotID)
		cmd.Delivered = append(cmd.Delivered, x.Delivered)
		cmd.Returned = append(cmd.Returned, x.Returned)
		if x.Returned > 0 {
			short = append(short, desk.ShortUnits{Lot: x.LotID, Household: x.Household, Units: x.Returned})
		}
	}
	if err := desk.Expect(ctx, tx, []int64{o.ID}, l.No, cmd.Lots); err != nil {
		return err
	}
	if err := link.Publish(ctx, tx, link.Message{Subject: catalog.CmdDeliver, Data: cmd}); err != nil {
		return err
	}
	return m.order.LookElsewhere(ctx, tx, o, l, short, desk.ShortCause{Reason: "not_delivered"})
}

// ReverseDelivery takes a closed delivery back: its tickets count again towards the next one.
func (m *Room) ReverseDelivery(ctx context.Context, tx *sqlx.Tx, o *desk.OrderRow, id int64) error {
	var d struct {
		Line      int   `db:"line"`
		VillageID int64 `db:"village_id"`
		AmountFen int64 `db:"amount_fen"`
	}
	err := tx.GetContext(ctx, &d, `
		UPDATE delivery SET reversed_at = $2, reversed_by = $3 WHERE id = $1 AND reversed_at IS NULL
		RETURNING line, village_id, amount_fen`, id, m.Now(), orders.ActorName(link.ActorFrom(ctx)))
	if desk.Missing(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("reverse delivery %d: %w", id, err)
	}
	var tickets []struct {
		ID    int64 `db:"id"`
		LotID int64 `db:"lot_id"`
		Units int64 `db:"units"`
	}
	err = tx.SelectContext(ctx, &tickets, `
		UPDATE ticket SET settled = false, delivery_id = NULL, amount_fen = 0, fee_fen = 0, agent_fen = 0 WHERE delivery_id = $1
		RETURNING id, lot_id, units`, id)
	if err != nil {
		return fmt.Errorf("free tickets of delivery %d: %w", id, err)
	}
	keys, freed := make([]string, len(tickets)), make([]int64, len(tickets))
	back := map[int64]int64{}
	for i, t := range tickets {
		keys[i], freed[i] = ticketKey(t.ID), t.ID
		back[t.LotID] += t.Units
	}
	if _, err := tx.ExecContext(ctx, `DELETE FROM income_entry WHERE source_key = ANY($1)`, pq.Array(keys)); err != nil {
		return fmt.Errorf("drop owed income: %w", err)
	}
	if err := m.contract.UndoWorkOff(ctx, tx, freed); err != nil {
		return err
	}
	cmd := catalog.HoldDeliver{OrderID: o.ID, Line: d.Line}
	for lot, units := range back {
		if units > 0 {
			cmd.Lots = append(cmd.Lots, lot)
			cmd.Delivered = append(cmd.Delivered, -units)
			cmd.Returned = append(cmd.Returned, 0)
		}
	}
	undone := make([]int64, len(cmd.Delivered))
	for i, v := range cmd.Delivered {
		undone[i] = -v
	}
	_, err = tx.ExecContext(ctx, `
		UPDATE share s SET settled = s.settled - u.units FROM unnest($3::bigint[], $4::bigint[]) AS u (lot, units)
		WHERE s.order_id = $1 AND s.line = $2 AND s.lot_id = u.lot`, o.ID, d.Line, desk.Ints(cmd.Lots), desk.Ints(undone))
	if err != nil {
		return fmt.Errorf("unsettle shares: %w", err)
	}
	if err := addAmount(ctx, tx, o, &desk.LineRow{No: d.Line}, -d.AmountFen); err != nil {
		return err
	}
	if err := desk.Expect(ctx, tx, []int64{o.ID}, d.Line, cmd.Lots); err != nil {
		return err
	}
	m.income.ForgetAverages()
	return link.Publish(ctx, tx,
		link.Message{Subject: payments.CmdReverseDelivery, Data: payments.ReverseDelivery{DeliveryID: id, Ref: orders.PaymentRef(o.ID)}},
		link.Message{Subject: catalog.CmdDeliver, Data: cmd})
}

// Bill marks lines with all units received or short, and closes the order's bill with the last of them.
func (m *Room) Bill(ctx context.Context, tx *sqlx.Tx, o *desk.OrderRow) error {
	_, err := tx.ExecContext(ctx, `
		UPDATE order_line l SET complete = d.done
		FROM (SELECT x.no, NOT EXISTS (SELECT FROM share s WHERE s.order_id = x.order_id AND s.line = x.no
		                               AND (s.state = 'expected' OR s.settled <> s.received OR s.returned <> s.short))
		             AND NOT EXISTS (SELECT FROM refill r WHERE r.order_id = x.order_id AND r.line = x.no AND NOT r.done) AS done
		      FROM order_line x WHERE x.order_id = $1) d
		WHERE l.order_id = $1 AND l.no = d.no AND l.complete <> d.done`, o.ID)
	if err != nil {
		return fmt.Errorf("complete lines: %w", err)
	}
	if !o.State.Can(orders.StepBill) {
		return nil
	}
	var open bool
	if err := tx.GetContext(ctx, &open, `SELECT EXISTS (SELECT FROM order_line WHERE order_id = $1 AND NOT complete)`, o.ID); err != nil {
		return fmt.Errorf("look for open lines: %w", err)
	}
	if open {
		return nil
	}
	if err := desk.MoveTo(ctx, tx, o, orders.StepBill); err != nil {
		return err
	}
	o.CloseSeq++
	_, err = tx.ExecContext(ctx, `
		UPDATE orders SET close_seq = $2, balance_fen = 0, billed_at = $3 WHERE id = $1`, o.ID, o.CloseSeq, m.Now())
	if err != nil {
		return fmt.Errorf("close bill: %w", err)
	}
	args := map[string]string{"amount": fmt.Sprint(o.AmountFen)}
	if err := m.AddTimeline(ctx, tx, []int64{o.ID}, "order.timeline.billed", args); err != nil {
		return err
	}
	billed := o.AmountFen
	return link.Publish(ctx, tx, append(desk.Changed(o.State, o.ID),
		link.Message{Subject: payments.CmdCloseRef, Data: payments.CloseRef{Ref: orders.PaymentRef(o.ID), Seq: o.CloseSeq, BilledFen: &billed}})...)
}

// deliveryRow is a delivery as it is stored.
type deliveryRow struct {
	ID         int64      `db:"id"`
	OrderID    int64      `db:"order_id"`
	Line       int        `db:"line"`
	VillageID  int64      `db:"village_id"`
	Units      int64      `db:"units"`
	NetGrams   int64      `db:"net_grams"`
	AmountFen  int64      `db:"amount_fen"`
	FeeFen     int64      `db:"fee_fen"`
	ClosedAt   time.Time  `db:"closed_at"`
	ReversedAt *time.Time `db:"reversed_at"`
}

func (d *deliveryRow) Out() orders.DeliveryNote {
	return orders.DeliveryNote{
		ID: d.ID, No: orders.DeliveryNumber(d.ID), OrderID: d.OrderID, OrderNo: orders.Number(d.OrderID), Line: d.Line,
		VillageID: d.VillageID, Units: d.Units, NetGrams: d.NetGrams, AmountFen: d.AmountFen, FeeFen: d.FeeFen,
		ClosedAt: d.ClosedAt.UTC(), Reversed: d.ReversedAt != nil,
	}
}

// Deliveries lists the acceptance notes of an order, oldest first, reversed ones included.
func (m *Room) Deliveries(ctx context.Context, r orders.OrderRef) (orders.DeliveryNotes, error) {
	o, _, v, err := m.order.Find(ctx, r)
	if err != nil {
		return orders.DeliveryNotes{}, err
	}
	seller := int64(0)
	if v == orders.ViewSale {
		seller = orders.WorksFor(link.ActorFrom(ctx))
	}
	return m.NotesOf(ctx, m.DB, `
		d.order_id = $1 AND ($2 = 0 OR EXISTS (SELECT FROM order_line l WHERE l.order_id = d.order_id AND l.no = d.line AND l.seller_org = $2))`,
		o.ID, seller)
}

func (m *Room) NotesOf(ctx context.Context, q desk.Queryer, where string, args ...any) (orders.DeliveryNotes, error) {
	var rows []deliveryRow
	err := q.SelectContext(ctx, &rows, `
		SELECT d.id, d.order_id, d.line, d.village_id, d.units, d.net_grams, d.amount_fen, d.fee_fen, d.closed_at, d.reversed_at
		FROM delivery d WHERE `+where+` ORDER BY d.id`, args...)
	if err != nil {
		return orders.DeliveryNotes{}, fmt.Errorf("read deliveries: %w", err)
	}
	notes := orders.DeliveryNotes{Items: make([]orders.DeliveryNote, len(rows))}
	for i := range rows {
		notes.Items[i] = rows[i].Out()
	}
	return notes, nil
}
