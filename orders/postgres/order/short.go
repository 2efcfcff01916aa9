package order

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/jmoiron/sqlx"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/orders"
	"banmuyuan/orders/postgres/desk"
)

// LookElsewhere records shortages and, when the buyer wants it, starts to look for the units at other households, or
// asks.
func (m *Room) LookElsewhere(ctx context.Context, tx *sqlx.Tx, o *desk.OrderRow, l *desk.LineRow, short []desk.ShortUnits, c desk.ShortCause) error {
	if len(short) == 0 {
		return nil
	}
	var total, refill int64
	lots, households, units := make([]int64, len(short)), make([]int64, len(short)), make([]int64, len(short))
	for i, s := range short {
		lots[i], households[i], units[i] = s.Lot, s.Household, s.Units
		total += s.Units
	}
	if until, seek := o.Shortage.SeekUntil(m.Now()); seek {
		err := tx.GetContext(ctx, &refill, `
			INSERT INTO refill (order_id, line, units, asking, not_village, ask_until) VALUES ($1, $2, $3, $3, $4, $5) RETURNING id`,
			o.ID, l.No, total, c.Village, until)
		if err != nil {
			return fmt.Errorf("write refill: %w", err)
		}
	}
	if o.Shortage == orders.ShortageAsk && refill != 0 {
		asked := orders.ShortageEvent{OrderID: o.ID, QuestionID: refill}
		if err := link.Publish(ctx, tx, link.Message{Subject: orders.EvtShortageAsked, Data: asked}); err != nil {
			return err
		}
	}
	if o.Shortage == orders.ShortageRefill {
		if err := m.AddTask(ctx, tx, "refill", refill, o.ID, 0, ""); err != nil {
			return err
		}
	}
	_, err := tx.ExecContext(ctx, `
		INSERT INTO shortage (order_id, line, lot_id, household_id, units, reason, lost, refill_id, actor, at, shortfall_id)
		SELECT $1, $2, u.lot, u.household, u.units, $6, $7, $8, $9, $10, $11
		FROM unnest($3::bigint[], $4::bigint[], $5::bigint[]) AS u (lot, household, units)`,
		o.ID, l.No, desk.Ints(lots), desk.Ints(households), desk.Ints(units), c.Reason, c.Lost, refill, orders.ActorName(link.ActorFrom(ctx)), m.Now(), c.Shortfall)
	if err != nil {
		return fmt.Errorf("write shortage: %w", err)
	}
	args := map[string]string{"line": strconv.Itoa(l.No), "units": strconv.FormatInt(total, 10), "unit": "unit." + l.Offer.Unit}
	return m.AddTimeline(ctx, tx, []int64{o.ID}, "order.timeline.short_"+string(o.Shortage), args)
}

// ReportShort records that some units of a share will not come, and looks for them elsewhere where the buyer wants it.
func (m *Room) ReportShort(ctx context.Context, r orders.ShortRequest) (orders.ShortResult, error) {
	var problems link.Problems
	orders.CheckShort(&problems, r)
	if err := problems.Err(); err != nil {
		return orders.ShortResult{}, err
	}
	id, err := orders.OrderRef{No: r.OrderNo}.Resolve()
	if err != nil {
		return orders.ShortResult{}, err
	}
	body := r
	body.IdempotencyKey = ""
	hash, err := desk.HashBody(body)
	if err != nil {
		return orders.ShortResult{}, err
	}
	who, err := m.weigh.MayTouchShare(ctx, id, r.Line, r.LotID)
	if err != nil {
		return orders.ShortResult{}, err
	}
	ctx = desk.OnBehalf(ctx, who)
	var refill int64
	err = m.Tx(ctx, func(tx *sqlx.Tx) error {
		refill = 0
		about, done, err := m.Once(ctx, tx, r.IdempotencyKey, hash)
		if err != nil || done {
			refill = about
			return err
		}
		if refill, err = m.short(ctx, tx, id, r); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `
			UPDATE request_key SET about = $3 WHERE account_id = $1 AND key = $2`, link.ActorFrom(ctx).Account, r.IdempotencyKey, refill)
		if err != nil {
			return fmt.Errorf("note refill: %w", err)
		}
		return nil
	})
	if err != nil {
		return orders.ShortResult{}, err
	}
	if refill != 0 {
		m.tryRefill(ctx, refill)
	}
	return m.shortResult(ctx, id, r, refill)
}

func (m *Room) short(ctx context.Context, tx *sqlx.Tx, id int64, r orders.ShortRequest) (refill int64, err error) {
	o, err := desk.LockOrder(ctx, tx, id)
	if err != nil {
		return 0, err
	}
	if _, err := o.State.Next(orders.StepWeigh); err != nil {
		return 0, err
	}
	s, err := desk.ReadShare(ctx, tx, id, r.Line, r.LotID)
	if err != nil {
		return 0, err
	}
	count, err := s.Count().ReportShort(r.Units)
	if err != nil {
		return 0, err
	}
	lines, err := m.LinesOf(ctx, tx, id)
	if err != nil {
		return 0, err
	}
	l, err := desk.LineOf(lines[id], r.Line)
	if err != nil {
		return 0, err
	}
	// Short units of a ticket are reported to the catalogue with its delivery, the units of this report at once.
	s.SetCount(count)
	if err := s.Save(ctx, tx); err != nil {
		return 0, err
	}
	err = link.Publish(ctx, tx, link.Message{Subject: catalog.CmdDeliver, Data: catalog.HoldDeliver{OrderID: id, Line: r.Line,
		Lots: []int64{r.LotID}, Delivered: []int64{0}, Returned: []int64{r.Units}, Lost: r.Lost}})
	if err != nil {
		return 0, err
	}
	if err := m.LookElsewhere(ctx, tx, o, l, []desk.ShortUnits{{Lot: r.LotID, Household: s.HouseholdID, Units: r.Units}}, desk.ShortCause{Reason: r.Reason, Lost: r.Lost}); err != nil {
		return 0, err
	}
	err = tx.GetContext(ctx, &refill, `SELECT coalesce(max(refill_id), 0) FROM shortage WHERE order_id = $1 AND line = $2 AND lot_id = $3`, id, r.Line, r.LotID)
	if err != nil {
		return 0, fmt.Errorf("read shortage: %w", err)
	}
	if _, err := tx.ExecContext(ctx, `UPDATE orders SET version = version + 1 WHERE id = $1`, id); err != nil {
		return 0, fmt.Errorf("touch order: %w", err)
	}
	return refill, m.weigh.Progress(ctx, tx, o, l, s.VillageID)
}

// tryRefill does a refill's task now rather than at the workers' next round. After a failure they retry it.
func (m *Room) tryRefill(ctx context.Context, refill int64) {
	var t desk.TaskRow
	err := m.DB.GetContext(ctx, &t, `
		UPDATE task SET run_at = $3, attempts = attempts + 1
		WHERE id = (SELECT t.id FROM task t WHERE t.kind = 'refill' AND t.about = $1 AND t.done_at IS NULL AND t.run_at <= $2
		            AND NOT EXISTS (SELECT FROM task p WHERE p.order_id = t.order_id AND p.done_at IS NULL AND p.id < t.id)
		            FOR UPDATE SKIP LOCKED)
		RETURNING id, kind, about, order_id, amount_fen, purpose, run_at, attempts`, refill, m.Now(), m.After(m.Config.Lease))
	if desk.Missing(err) {
		return
	}
	if err == nil {
		err = m.DoTask(link.WithActor(ctx, link.Actor{Login: "orders", System: true}), t)
	}
	if err != nil {
		m.Log.Warn("refill at once", "refill", refill, "error", err)
	}
}

func (m *Room) shortResult(ctx context.Context, id int64, r orders.ShortRequest, refill int64) (orders.ShortResult, error) {
	var found int64
	var looking bool
	if refill != 0 {
		err := m.DB.QueryRowxContext(ctx, `
			SELECT f.found, EXISTS (SELECT FROM task t WHERE t.kind = 'refill' AND t.about = f.id AND t.done_at IS NULL)
			FROM refill f WHERE f.id = $1`, refill).Scan(&found, &looking)
		if err != nil {
			return orders.ShortResult{}, fmt.Errorf("read refill: %w", err)
		}
	}
	res := orders.ShortOutcome(r.Units, found, looking)
	c, err := m.Collects(ctx, 0)
	if err != nil {
		return res, err
	}
	res.Shares, err = m.weigh.Shares(ctx, c, `s.order_id = $1 AND s.line = $2 ORDER BY s.village_id, s.household_id LIMIT 500`, id, r.Line)
	return res, err
}

// refill asks the catalogue for units of other households. It asks for all missing units, then for the units that are left.
func (m *Room) refill(ctx context.Context, t desk.TaskRow) error {
	var f struct {
		ID     int64 `db:"id"`
		Line   int   `db:"line"`
		Units  int64 `db:"units"`
		Asking int64 `db:"asking"`
	}
	if err := m.DB.GetContext(ctx, &f, `SELECT id, line, units, asking FROM refill WHERE id = $1`, t.About); err != nil {
		return fmt.Errorf("read refill %d: %w", t.About, err)
	}
	o, err := m.readOrder(ctx, t.OrderID)
	if err != nil {
		return err
	}
	if o.State.Over() {
		return m.Tx(ctx, func(tx *sqlx.Tx) error { return m.Finish(ctx, tx, t, "order is over") })
	}
	lines, err := m.LinesOf(ctx, m.DB, o.ID)
	if err != nil {
		return err
	}
	l, err := desk.LineOf(lines[o.ID], f.Line)
	if err != nil {
		return err
	}
	var exclude []int64
	err = m.DB.SelectContext(ctx, &exclude, `
		SELECT DISTINCT household_id FROM shortage WHERE order_id = $1 AND line = $2 ORDER BY 1`, o.ID, f.Line)
	if err != nil {
		return fmt.Errorf("read shortages: %w", err)
	}
	without, err := m.villagesShort(ctx, o.ID, f.Line)
	if err != nil {
		return err
	}
	exclude = append(exclude, without...)
	var found catalog.Reservation
	for f.Asking > 0 {
		// The quantity is part of the key: a repeated request finds the earlier answer.
		found, err = m.Catalog.Reserve(desk.AsSystem(ctx), catalog.ReserveRequest{
			Key: fmt.Sprintf("refill:%d:%d:%d:%d", o.ID, f.Line, f.ID, f.Asking), OrderID: o.ID, Channel: o.Channel, Confirmed: true,
			ExpiresAt: m.After(m.Config.HoldSlack),
			Lines:     []catalog.ReserveLine{{Line: f.Line, PresaleID: l.PresaleID, Qty: f.Asking, Policy: orders.PolicyName(l.Policy), Exclude: exclude}},
		})
		if err == nil {
			break
		}
		if !desk.Refused(err) {
			return err
		}
		f.Asking = orders.LessAfter(f.Asking, err)
		if _, err := m.DB.ExecContext(ctx, `UPDATE refill SET asking = $2 WHERE id = $1`, f.ID, f.Asking); err != nil {
			return fmt.Errorf("note what to ask for: %w", err)
		}
	}
	return m.Tx(ctx, func(tx *sqlx.Tx) error { return m.takeRefill(ctx, tx, t, f.ID, f.Line, f.Asking, found) })
}

func (m *Room) takeRefill(ctx context.Context, tx *sqlx.Tx, t desk.TaskRow, refill int64, line int, units int64, found catalog.Reservation) error {
	o, err := desk.LockOrder(ctx, tx, t.OrderID)
	if err != nil {
		return err
	}
	if o.State.Over() { // called off meanwhile
		return errors.Join(link.Publish(ctx, tx, link.Message{Subject: catalog.CmdRelease, Data: catalog.HoldRelease{OrderID: o.ID}}),
			m.Finish(ctx, tx, t, "order is over"))
	}
	lines, err := m.LinesOf(ctx, tx, o.ID)
	if err != nil {
		return err
	}
	l, err := desk.LineOf(lines[o.ID], line)
	if err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, `UPDATE refill SET done = true, found = $2, asking = $2 WHERE id = $1`, refill, units); err != nil {
		return fmt.Errorf("finish refill: %w", err)
	}
	if units > 0 {
		if len(found.Lines) != 1 {
			return fmt.Errorf("refill %d has %d lines", refill, len(found.Lines))
		}
		s := found.Lines[0]
		// A household that gives more than it already did has to be visited again.
		_, err = tx.ExecContext(ctx, `
			INSERT INTO share AS x (order_id, line, lot_id, household_id, village_id, seller_org, qty, policy, level_fen)
			SELECT $1, $2, u.lot, u.household, u.village, $3, u.qty, $4, u.level
			FROM unnest($5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[]) AS u (lot, household, village, qty, level)
			ON CONFLICT (order_id, line, lot_id) DO UPDATE SET qty = x.qty + excluded.qty, final = false, state = $10`,
			o.ID, line, l.SellerOrg, s.Policy, desk.Ints(s.Lots), desk.Ints(s.Households), desk.Ints(s.Villages), desk.Ints(s.Qty), desk.Ints(s.LevelFen), string(orders.ShareExpected))
		if err != nil {
			return fmt.Errorf("write refilled shares: %w", err)
		}
		_, err = tx.ExecContext(ctx, `
			UPDATE order_line SET allocated = allocated + $3, short = short - $3 WHERE order_id = $1 AND no = $2`, o.ID, line, units)
		if err != nil {
			return fmt.Errorf("refill line: %w", err)
		}
		if err := desk.Expect(ctx, tx, []int64{o.ID}, line, s.Lots); err != nil {
			return err
		}
		args := map[string]string{"line": strconv.Itoa(line), "units": strconv.FormatInt(units, 10), "unit": "unit." + l.Offer.Unit}
		if err := m.AddTimeline(ctx, tx, []int64{o.ID}, "order.timeline.refilled", args); err != nil {
			return err
		}
	}
	if _, err := tx.ExecContext(ctx, `UPDATE orders SET version = version + 1 WHERE id = $1`, o.ID); err != nil {
		return fmt.Errorf("touch order: %w", err)
	}
	if err := m.weigh.Bill(ctx, tx, o); err != nil {
		return err
	}
	return m.Finish(ctx, tx, t, fmt.Sprintf("found %d", units))
}

// CloseVillage ends the collection of a line in a village: units that did not come are short.
func (m *Room) CloseVillage(ctx context.Context, r orders.CloseVillageRequest) (orders.DeliveryNotes, error) {
	var problems link.Problems
	orders.CheckKey(&problems, r.IdempotencyKey)
	if err := problems.Err(); err != nil {
		return orders.DeliveryNotes{}, err
	}
	id, err := orders.OrderRef{No: r.OrderNo}.Resolve()
	if err != nil {
		return orders.DeliveryNotes{}, err
	}
	body := r
	body.IdempotencyKey = ""
	hash, err := desk.HashBody(body)
	if err != nil {
		return orders.DeliveryNotes{}, err
	}
	c, err := m.Collects(ctx, 0)
	if err != nil {
		return orders.DeliveryNotes{}, err
	}
	if !c.Works {
		return orders.DeliveryNotes{}, desk.ErrRole()
	}
	err = m.Tx(ctx, func(tx *sqlx.Tx) error {
		o, err := desk.LockOrder(ctx, tx, id)
		if err != nil {
			return err
		}
		lines, err := m.LinesOf(ctx, tx, id)
		if err != nil {
			return err
		}
		l, err := desk.LineOf(lines[id], r.Line)
		if err != nil || !c.Covers(l.SellerOrg, r.VillageID, 0) {
			return desk.ErrNotFound()
		}
		if _, done, err := m.Once(ctx, tx, r.IdempotencyKey, hash); err != nil || done {
			return err
		}
		return m.closeVillage(ctx, tx, o, l, r.VillageID)
	})
	if err != nil {
		return orders.DeliveryNotes{}, err
	}
	return m.weigh.NotesOf(ctx, m.DB, `d.order_id = $1 AND d.line = $2 AND d.village_id = $3`, id, r.Line, r.VillageID)
}

func (m *Room) closeVillage(ctx context.Context, tx *sqlx.Tx, o *desk.OrderRow, l *desk.LineRow, village int64) error {
	if _, err := o.State.Next(orders.StepWeigh); err != nil {
		return err
	}
	var shares []desk.ShareRow
	err := tx.SelectContext(ctx, &shares, `
		SELECT `+desk.ShareColumns+` FROM share s WHERE s.order_id = $1 AND s.line = $2 AND s.village_id = $3 ORDER BY s.lot_id`, o.ID, l.No, village)
	if err != nil {
		return fmt.Errorf("read shares: %w", err)
	}
	units := make([]orders.ShareCount, len(shares))
	for i := range shares {
		units[i] = shares[i].Count()
	}
	missing, err := orders.CloseShares(units)
	if err != nil {
		return err
	}
	// The same as ShareRow.Save, for all shares of a village at once; Progress informs the catalogue and the income ledger.
	_, err = tx.ExecContext(ctx, `
		UPDATE share SET final = true, short = qty - received, state = CASE WHEN received > 0 THEN $5 ELSE $6 END
		WHERE order_id = $1 AND line = $2 AND village_id = $3 AND state = $4`, o.ID, l.No, village,
		string(orders.ShareExpected), string(orders.ShareWeighed), string(orders.ShareShort))
	if err != nil {
		return fmt.Errorf("close shares: %w", err)
	}
	_, err = tx.ExecContext(ctx, `
		UPDATE order_line SET short = short + $3, allocated = allocated - $3 WHERE order_id = $1 AND no = $2`, o.ID, l.No, missing)
	if err != nil {
		return fmt.Errorf("save line: %w", err)
	}
	if o.State == orders.StateConfirmed {
		if err := m.weigh.BeginWeighing(ctx, tx, o); err != nil {
			return err
		}
	}
	if _, err := tx.ExecContext(ctx, `UPDATE orders SET version = version + 1 WHERE id = $1`, o.ID); err != nil {
		return fmt.Errorf("touch order: %w", err)
	}
	return m.weigh.Progress(ctx, tx, o, l, village)
}
