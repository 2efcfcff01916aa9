package order

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/orders"
	"banmuyuan/orders/postgres/desk"
)

// ReportShortfall records that a household or a whole village will not deliver its open units. Each order is a
// transaction of its own: orders that are done stay done when the next one fails, and the same key goes on from there.
func (m *Room) ReportShortfall(ctx context.Context, r orders.ShortfallRequest) (orders.Shortfall, error) {
	var problems link.Problems
	orders.CheckShortfall(&problems, r)
	if err := problems.Err(); err != nil {
		return orders.Shortfall{}, err
	}
	c, err := m.Collects(ctx, r.HouseholdID)
	if err != nil {
		return orders.Shortfall{}, err
	}
	switch {
	case r.VillageID != 0 && !c.Works:
		return orders.Shortfall{}, desk.ErrRole()
	case r.HouseholdID != 0 && !c.Works && !slices.Contains(c.Households, r.HouseholdID):
		return orders.Shortfall{}, link.E(link.NotFound, "household.unknown", "household_id")
	}
	ctx = desk.OnBehalf(ctx, c.OnBehalf)
	id, err := m.noteShortfall(ctx, r)
	if err != nil {
		return orders.Shortfall{}, err
	}
	affected, err := m.shortfallOrders(ctx, r, c)
	if err != nil {
		return orders.Shortfall{}, err
	}
	for _, order := range affected {
		err := m.Tx(ctx, func(tx *sqlx.Tx) error { return m.fallShort(ctx, tx, order, id, r, c) })
		if err != nil {
			return orders.Shortfall{}, err
		}
	}
	return m.shortfall(ctx, id)
}

// noteShortfall writes a report, once for each key.
func (m *Room) noteShortfall(ctx context.Context, r orders.ShortfallRequest) (int64, error) {
	a := link.ActorFrom(ctx)
	key := r.IdempotencyKey
	r.IdempotencyKey = ""
	hash, err := desk.HashBody(r)
	if err != nil {
		return 0, err
	}
	var row struct {
		ID   int64  `db:"id"`
		Hash []byte `db:"body_hash"`
	}
	// The update changes nothing; it has an earlier row returned.
	err = m.DB.GetContext(ctx, &row, `
		INSERT INTO shortfall AS s (account_id, idem_key, body_hash, village_id, household_id, presale_id, reason, lost, actor, on_behalf_of, at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
		ON CONFLICT (account_id, idem_key) DO UPDATE SET body_hash = s.body_hash RETURNING id, body_hash`,
		a.Account, key, hash, r.VillageID, r.HouseholdID, r.PresaleID, r.Reason, r.Lost, orders.ActorName(a), a.OnBehalfOf, m.Now())
	if err != nil {
		return 0, fmt.Errorf("write shortfall: %w", err)
	}
	if !slices.Equal(row.Hash, hash) {
		return 0, desk.ErrKeyReused()
	}
	return row.ID, nil
}

// collecting is the condition of orders with goods that may still be weighed or fall short.
var collecting = desk.StateIs("o.state", orders.Machine.From(orders.StepWeigh))

// openShares is the condition of a shortfall's shares with open units; its arguments begin at 1.
func openShares(r orders.ShortfallRequest, c desk.Collector) (string, []any) {
	where, args := c.Where("s", 4)
	return `s.qty - s.received - s.held - s.short > 0 AND (s.village_id = $1 OR s.household_id = $2)
		AND ($3 = 0 OR l.presale_id = $3) AND ` + where, append([]any{r.VillageID, r.HouseholdID, r.PresaleID}, args...)
}

func (m *Room) shortfallOrders(ctx context.Context, r orders.ShortfallRequest, c desk.Collector) ([]int64, error) {
	where, args := openShares(r, c)
	var ids []int64
	err := m.DB.SelectContext(ctx, &ids, `
		SELECT DISTINCT s.order_id FROM share s
		JOIN order_line l ON l.order_id = s.order_id AND l.no = s.line
		JOIN orders o ON o.id = s.order_id AND `+collecting+`
		WHERE `+where+` ORDER BY 1`, args...)
	if err != nil {
		return nil, fmt.Errorf("find orders of a shortfall: %w", err)
	}
	return ids, nil
}

// fallShort makes an order's open units of a shortfall short, line by line.
func (m *Room) fallShort(ctx context.Context, tx *sqlx.Tx, order, shortfall int64, r orders.ShortfallRequest, c desk.Collector) error {
	o, err := desk.LockOrder(ctx, tx, order)
	if err != nil {
		return err
	}
	if !o.State.Collecting() {
		return nil // it was cancelled or billed meanwhile
	}
	where, args := openShares(r, c)
	var shares []desk.ShareRow
	err = tx.SelectContext(ctx, &shares, `
		SELECT `+desk.ShareColumns+` FROM share s JOIN order_line l ON l.order_id = s.order_id AND l.no = s.line
		WHERE `+where+fmt.Sprintf(` AND s.order_id = $%d ORDER BY s.line, s.lot_id`, len(args)+1), append(args, order)...)
	if err != nil {
		return fmt.Errorf("read shares of order %d: %w", order, err)
	}
	lines, err := m.LinesOf(ctx, tx, order)
	if err != nil {
		return err
	}
	for len(shares) > 0 {
		n := slices.IndexFunc(shares, func(s desk.ShareRow) bool { return s.Line != shares[0].Line })
		if n < 0 {
			n = len(shares)
		}
		l, err := desk.LineOf(lines[order], shares[0].Line)
		if err != nil {
			return err
		}
		cause := desk.ShortCause{Reason: r.Reason, Lost: r.Lost, Shortfall: shortfall, Village: r.VillageID}
		if err := m.lineShort(ctx, tx, o, l, shares[:n], cause); err != nil {
			return err
		}
		shares = shares[n:]
	}
	if _, err := tx.ExecContext(ctx, `UPDATE orders SET version = version + 1 WHERE id = $1`, order); err != nil {
		return fmt.Errorf("touch order: %w", err)
	}
	return nil
}

// lineShort makes the open units of some shares of a line short.
func (m *Room) lineShort(ctx context.Context, tx *sqlx.Tx, o *desk.OrderRow, l *desk.LineRow, shares []desk.ShareRow, cause desk.ShortCause) error {
	tell := catalog.HoldDeliver{OrderID: o.ID, Line: l.No, Lost: cause.Lost}
	short := make([]desk.ShortUnits, 0, len(shares))
	villages := map[int64]bool{}
	for i := range shares {
		s := &shares[i]
		units := s.Room()
		count, err := s.Count().ReportShort(units)
		if err != nil {
			return err
		}
		s.SetCount(count)
		if err := s.Save(ctx, tx); err != nil {
			return err
		}
		short = append(short, desk.ShortUnits{Lot: s.LotID, Household: s.HouseholdID, Units: units})
		tell.Lots, tell.Delivered, tell.Returned = append(tell.Lots, s.LotID), append(tell.Delivered, 0), append(tell.Returned, units)
		villages[s.VillageID] = true
	}
	if err := desk.Expect(ctx, tx, []int64{o.ID}, l.No, tell.Lots); err != nil {
		return err
	}
	if err := link.Publish(ctx, tx, link.Message{Subject: catalog.CmdDeliver, Data: tell}); err != nil {
		return err
	}
	if err := m.LookElsewhere(ctx, tx, o, l, short, cause); err != nil {
		return err
	}
	for _, v := range desk.KeysOf(villages) {
		if err := m.weigh.Progress(ctx, tx, o, l, v); err != nil {
			return err
		}
	}
	return nil
}

// shortfall counts the results of a shortfall.
func (m *Room) shortfall(ctx context.Context, id int64) (orders.Shortfall, error) {
	res := orders.Shortfall{ID: id}
	err := m.DB.QueryRowxContext(ctx, `
		SELECT count(DISTINCT order_id), count(DISTINCT household_id), coalesce(sum(units), 0)::bigint FROM shortage WHERE shortfall_id = $1`,
		id).Scan(&res.Orders, &res.Households, &res.Units)
	if err != nil {
		return res, fmt.Errorf("count shortfall: %w", err)
	}
	err = m.DB.QueryRowxContext(ctx, `
		SELECT coalesce(sum(found), 0)::bigint, coalesce(sum(units) FILTER (WHERE NOT done AND (ask_until IS NULL OR answer = 'refill')), 0)::bigint,
		       coalesce(sum(units) FILTER (WHERE NOT done AND ask_until IS NOT NULL AND answer = ''), 0)::bigint
		FROM refill WHERE id IN (SELECT refill_id FROM shortage WHERE shortfall_id = $1)`, id).Scan(&res.Refilled, &res.Looking, &res.Asked)
	if err != nil {
		return res, fmt.Errorf("count refills of shortfall: %w", err)
	}
	res.Refunded = res.RefundedUnits()
	return res, nil
}

// villagesShort is the households of villages that a line gets nothing from any more.
func (m *Room) villagesShort(ctx context.Context, order int64, line int) ([]int64, error) {
	var villages, all []int64
	err := m.DB.SelectContext(ctx, &villages, `
		SELECT DISTINCT not_village FROM refill WHERE order_id = $1 AND line = $2 AND not_village <> 0`, order, line)
	if err != nil {
		return nil, fmt.Errorf("read villages that fell short: %w", err)
	}
	for _, v := range villages {
		f := catalog.HouseholdFilter{VillageID: v, Limit: 500}
		for {
			page, err := m.Catalog.Households(desk.AsSystem(ctx), f)
			if err != nil {
				return nil, err
			}
			for _, h := range page.Items {
				all = append(all, h.ID)
			}
			if page.Cursor == "" {
				break
			}
			f.Cursor = page.Cursor
		}
	}
	return all, nil
}

// unanswered is the condition of questions that wait for the buyer; the index refill_asked is partial on it.
var unanswered = desk.StateIs("answer", orders.QuestionMachine.From(orders.AnswerLess))

// askedRow is a refill that the buyer is asked about.
type askedRow struct {
	ID       int64                 `db:"id"`
	OrderID  int64                 `db:"order_id"`
	Line     int                   `db:"line"`
	Units    int64                 `db:"units"`
	AskUntil time.Time             `db:"ask_until"`
	Answer   orders.ShortageAnswer `db:"answer"`
	Done     bool                  `db:"done"`
}

// questions are an order's that wait for an answer.
func (m *Room) questions(ctx context.Context, o *desk.OrderRow, lines []desk.LineRow) ([]orders.ShortageQuestion, error) {
	if o.Shortage != orders.ShortageAsk || !o.State.Collecting() {
		return nil, nil
	}
	var rows []askedRow
	err := m.DB.SelectContext(ctx, &rows, `
		SELECT id, order_id, line, units, ask_until, answer, done FROM refill
		WHERE order_id = $1 AND ask_until IS NOT NULL AND `+unanswered+` AND NOT done ORDER BY id`, o.ID)
	if err != nil {
		return nil, fmt.Errorf("read questions of order %d: %w", o.ID, err)
	}
	asked := make([]orders.ShortageQuestion, 0, len(rows))
	for _, r := range rows {
		l, err := desk.LineOf(lines, r.Line)
		if err != nil {
			return nil, err
		}
		asked = append(asked, orders.ShortageQuestion{ID: r.ID, Line: r.Line, Units: r.Units, Unit: l.Offer.Unit, Until: r.AskUntil.UTC(),
			CanCancel: o.State.Can(orders.StepDecline)})
	}
	return asked, nil
}

// AnswerShortage carries out the buyer's decision about units that will not come.
func (m *Room) AnswerShortage(ctx context.Context, r orders.AnswerShortageRequest) (orders.Order, error) {
	if !r.Answer.Valid() {
		return orders.Order{}, link.E(link.Invalid, "shortage.answer", "answer")
	}
	o, _, _, err := m.Find(ctx, orders.OrderRef{No: r.OrderNo})
	if err != nil {
		return orders.Order{}, err
	}
	if !orders.Owns(link.ActorFrom(ctx), o.By()) {
		return orders.Order{}, desk.ErrRole()
	}
	if err := m.Tx(ctx, func(tx *sqlx.Tx) error { return m.answer(ctx, tx, o.ID, r.ID, r.Answer, false) }); err != nil {
		return orders.Order{}, err
	}
	if r.Answer == orders.AnswerRefill {
		m.tryRefill(ctx, r.ID)
	}
	return m.Order(ctx, orders.OrderRef{ID: o.ID})
}

// answer carries out an answer; late says that the buyer gave none in time.
func (m *Room) answer(ctx context.Context, tx *sqlx.Tx, order, id int64, answer orders.ShortageAnswer, late bool) error {
	o, err := desk.LockOrder(ctx, tx, order)
	if err != nil {
		return err
	}
	var asked askedRow
	err = tx.GetContext(ctx, &asked, `
		SELECT id, order_id, line, units, ask_until, answer, done FROM refill WHERE id = $1 AND order_id = $2 AND ask_until IS NOT NULL`, id, order)
	switch {
	case desk.Missing(err):
		return link.E(link.NotFound, "shortage.unknown", "id")
	case err != nil:
		return fmt.Errorf("read question %d: %w", id, err)
	case asked.Answer == answer:
		return nil // answered twice is answered
	case !orders.QuestionMachine.Can(asked.Answer, answer) || asked.Done || o.State.Over():
		if late {
			return nil
		}
		return link.E(link.Conflict, orders.QuestionMachine.Refused(answer), "answer")
	}
	done := answer.EndsSearch()
	_, err = tx.ExecContext(ctx, `
		UPDATE refill SET answer = $2, answered_by = $3, done = $4, asking = CASE WHEN $4 THEN 0 ELSE asking END WHERE id = $1`,
		id, string(orders.QuestionMachine.To(answer)), orders.ActorName(link.ActorFrom(ctx)), done)
	if err != nil {
		return fmt.Errorf("answer question %d: %w", id, err)
	}
	key := "order.timeline.answered_" + string(answer)
	if late {
		key = "order.timeline.unanswered"
	}
	if err := m.AddTimeline(ctx, tx, []int64{order}, key, nil); err != nil {
		return err
	}
	switch answer {
	case orders.AnswerRefill:
		return m.AddTask(ctx, tx, "refill", id, order, 0, "")
	case orders.AnswerCancel:
		return m.cancel(ctx, tx, order, orders.StepDecline, "")
	}
	if _, err := tx.ExecContext(ctx, `UPDATE orders SET version = version + 1 WHERE id = $1`, order); err != nil {
		return fmt.Errorf("touch order: %w", err)
	}
	return m.weigh.Bill(ctx, tx, o)
}

// answerOverdue accepts less where buyers gave no answer in time: missing units are not charged.
func (m *Room) answerOverdue(ctx context.Context) error {
	var due []askedRow
	err := m.DB.SelectContext(ctx, &due, `
		SELECT r.id, r.order_id, r.line, r.units, r.ask_until, r.answer, r.done FROM refill r JOIN orders o ON o.id = r.order_id
		WHERE r.ask_until <= $1 AND `+unanswered+` AND NOT r.done AND `+collecting+` ORDER BY r.ask_until LIMIT $2`, m.Now(), desk.WorkBatch)
	if err != nil {
		return fmt.Errorf("find unanswered questions: %w", err)
	}
	for _, q := range due {
		if err := m.Tx(ctx, func(tx *sqlx.Tx) error { return m.answer(ctx, tx, q.OrderID, q.ID, orders.AnswerLess, true) }); err != nil {
			return err
		}
	}
	return nil
}
