package weigh

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/jmoiron/sqlx"

	"banmuyuan/internal/link"
	"banmuyuan/internal/link/paging"
	"banmuyuan/orders"
	"banmuyuan/orders/postgres/desk"
)

var _ orders.Stations = (*Room)(nil)

// collectsWork returns the actor's collector. Forbidden for actors that may not weigh.
func (m *Room) collectsWork(ctx context.Context) (desk.Collector, error) {
	c, err := m.Collects(ctx, 0)
	if err == nil && !c.Works {
		err = desk.ErrRole()
	}
	return c, err
}

// StationList lists the open shares of villages with everything that a scale without a network needs.
func (m *Room) StationList(ctx context.Context, r orders.StationRequest) (orders.StationPage, error) {
	page := orders.StationPage{Items: []orders.StationShare{}}
	c, err := m.collectsWork(ctx)
	if err != nil {
		return page, err
	}
	limit, err := paging.Size(r.Limit, 200, 500)
	if err != nil {
		return page, err
	}
	after, err := paging.Place("station_list", r.Cursor, 5)
	if err != nil {
		return page, err
	}
	var f desk.Filter
	f.Raw(c.Where("s", f.Next()))
	f.Add(`o.state = ANY(?)`, desk.TextArray(orders.Machine.From(orders.StepWeigh)))
	f.Add(`s.state = ?`, string(orders.ShareExpected))
	if len(r.Villages) > 0 {
		f.Add(`s.village_id = ANY(?)`, desk.Ints(r.Villages))
	}
	if err := m.DB.GetContext(ctx, &page.Total, `SELECT count(*)`+collectionTables+`WHERE `+f.Where(), f.Args...); err != nil {
		return page, fmt.Errorf("count station's shares: %w", err)
	}
	if after != nil {
		f.Add(`(s.village_id, s.household_id, s.order_id, s.line, s.lot_id) > (?, ?, ?, ?, ?)`, after[0], after[1], after[2], after[3], after[4])
	}
	shares, err := m.Shares(ctx, c, fmt.Sprintf(`%s ORDER BY s.village_id, s.household_id, s.order_id, s.line, s.lot_id LIMIT %d`,
		f.Where(), limit+1), f.Args...)
	if err != nil {
		return page, err
	}
	if len(shares) > limit {
		shares = shares[:limit]
		s := shares[limit-1]
		page.Cursor = paging.After("station_list", s.VillageID, s.HouseholdID, s.OrderID, int64(s.Line), s.LotID)
	}
	page.Items, err = m.stationShares(ctx, shares)
	return page, err
}

func (m *Room) stationShares(ctx context.Context, shares []orders.Share) ([]orders.StationShare, error) {
	ids := make([]int64, len(shares))
	for i, s := range shares {
		ids[i] = s.OrderID
	}
	lines, err := m.LinesOf(ctx, m.DB, ids...)
	if err != nil {
		return nil, err
	}
	ref, err := m.Ref.Get(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]orders.StationShare, len(shares))
	for i, s := range shares {
		l, err := desk.LineOf(lines[s.OrderID], s.Line)
		if err != nil {
			return nil, err
		}
		point := ref.Points[cmp.Or(s.AgreedPoint, ref.PointOf[s.VillageID])]
		out[i] = orders.StationShare{Share: s, Township: ref.Townships[ref.Villages[s.VillageID].TownshipID], PriceUnit: l.Offer.PriceUnit,
			Weighed: l.Weighed(), Grades: l.Offer.Prices, ToleranceBP: l.Offer.Terms.WeightToleranceBP, PointID: point.ID, Point: point.Name}
		if l.Weighed() {
			out[i].UnitGrams = l.UnitMeasure
		}
	}
	return out, nil
}

// SyncTickets records weighings that were made without a network, each in a transaction of its own: a conflict of one keeps
// none of the others. A weighing waits until its predecessors have arrived, so the order of arrival does not matter.
func (m *Room) SyncTickets(ctx context.Context, r orders.SyncRequest) (orders.SyncResult, error) {
	res := orders.SyncResult{Items: make([]orders.SyncItem, len(r.Tickets))}
	c, err := m.collectsWork(ctx)
	if err != nil {
		return res, err
	}
	if err := r.Check(); err != nil {
		return res, err
	}
	here, err := m.arrived(ctx, r.Tickets)
	if err != nil {
		return res, err
	}
	res.Items = here.BringInOrder(r.Tickets, func(q orders.QueuedWeighing) orders.SyncItem { return m.recordQueued(ctx, c, q, here) })
	return res, m.ticketsOf(ctx, res.Items)
}

// arrived looks up the weighings that a request names.
func (m *Room) arrived(ctx context.Context, queued []orders.QueuedWeighing) (orders.Arrivals, error) {
	var ids []string
	for _, q := range queued {
		ids = append(ids, q.Names()...)
	}
	here := orders.Arrivals{}
	var rows []struct {
		ClientID string `db:"client_id"`
		TicketID int64  `db:"ticket_id"`
	}
	err := m.DB.SelectContext(ctx, &rows, `
		SELECT client_id::text AS client_id, max(ticket_id) AS ticket_id
		FROM (SELECT client_id, id AS ticket_id FROM ticket WHERE client_id = ANY($1::uuid[])
		      UNION ALL SELECT client_id, 0 FROM weigh_conflict WHERE client_id = ANY($1::uuid[]) AND account_id = $2) a
		GROUP BY client_id`, desk.TextArray(ids), link.ActorFrom(ctx).Account)
	if err != nil {
		return nil, fmt.Errorf("look up weighings: %w", err)
	}
	for _, r := range rows {
		here[r.ClientID] = r.TicketID
	}
	return here, nil
}

// recordQueued writes the ticket of a queued weighing, or keeps the weighing as a conflict.
func (m *Room) recordQueued(ctx context.Context, c desk.Collector, q orders.QueuedWeighing, here orders.Arrivals) orders.SyncItem {
	item := orders.SyncItem{ClientID: q.ClientID, Outcome: orders.SyncRecorded}
	hash, err := desk.HashBody(q)
	if err == nil {
		item.Problem, err = m.knownConflict(ctx, q.ClientID, hash)
	}
	if err == nil && item.Problem == nil {
		var r orders.WeighRequest
		if r, err = here.Request(q); err == nil {
			item.TicketID, err = m.record(ctx, c, r)
		}
		if orders.OutcomeOf(err) == orders.SyncConflict {
			item.Problem = link.AsError(err)
			err = m.keepConflict(ctx, c, q, hash, item.Problem)
		}
	}
	switch {
	case err != nil:
		m.Log.WarnContext(ctx, "queued weighing not recorded", "client_id", q.ClientID, "error", err)
		item.Outcome, item.Problem = orders.SyncFailed, link.E(link.Unavailable, "unavailable", "")
		return item
	case item.Problem != nil:
		item.Outcome = orders.SyncConflict
	}
	return item
}

// knownConflict returns the problem of a weighing that was kept as a conflict before, or nil.
func (m *Room) knownConflict(ctx context.Context, clientID string, hash []byte) (*link.Error, error) {
	var raw []byte
	err := m.DB.GetContext(ctx, &raw, `SELECT problem FROM weigh_conflict WHERE client_id = $1 AND body_hash = $2 AND account_id = $3`,
		clientID, hash, link.ActorFrom(ctx).Account)
	if desk.Missing(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("look up conflict: %w", err)
	}
	e := &link.Error{}
	if err := json.Unmarshal(raw, e); err != nil {
		return nil, fmt.Errorf("read conflict: %w", err)
	}
	return e, nil
}

// keepConflict writes a conflict. The household is noted only where the clerk may know it.
func (m *Room) keepConflict(ctx context.Context, c desk.Collector, q orders.QueuedWeighing, hash []byte, problem *link.Error) error {
	body, err := json.Marshal(q.WeighRequest)
	if err != nil {
		return fmt.Errorf("encode weighing: %w", err)
	}
	why, err := json.Marshal(problem)
	if err != nil {
		return fmt.Errorf("encode problem: %w", err)
	}
	id, _ := orders.ParseNumber(q.OrderNo)
	var s desk.ShareRow
	err = m.DB.GetContext(ctx, &s, `
		SELECT `+desk.ShareColumns+` FROM share s WHERE s.order_id = $1 AND s.line = $2 AND s.lot_id = $3`, id, q.Line, q.LotID)
	if desk.Missing(err) { // shares go with their order; its line still names the household
		err = m.DB.GetContext(ctx, &s, `
			SELECT l.order_id, l.no AS line, u.lot AS lot_id, u.household AS household_id, u.village AS village_id, l.seller_org
			FROM order_line l, unnest(l.lots, l.households, l.villages) AS u (lot, household, village)
			WHERE l.order_id = $1 AND l.no = $2 AND u.lot = $3`, id, q.Line, q.LotID)
	}
	if err != nil && !desk.Missing(err) {
		return fmt.Errorf("read share: %w", err)
	}
	if !c.Covers(s.SellerOrg, s.VillageID, 0) {
		s = desk.ShareRow{}
	}
	a := link.ActorFrom(ctx)
	_, err = m.DB.ExecContext(ctx, `
		INSERT INTO weigh_conflict (client_id, body_hash, body, order_id, line, lot_id, household_id, village_id, seller_org, org, problem,
		                            account_id, actor, arrived_at, state)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) ON CONFLICT ON CONSTRAINT weigh_conflict_once DO NOTHING`,
		q.ClientID, hash, string(body), id, q.Line, q.LotID, s.HouseholdID, s.VillageID, s.SellerOrg, a.Org, string(why), a.Account, orders.ActorName(a), m.Now(),
		string(orders.ConflictOpen))
	if err != nil {
		return fmt.Errorf("keep conflict: %w", err)
	}
	return nil
}

// ticketsOf fills in the tickets of recorded weighings.
func (m *Room) ticketsOf(ctx context.Context, items []orders.SyncItem) error {
	var ids []int64
	for _, i := range items {
		if i.TicketID != 0 {
			ids = append(ids, i.TicketID)
		}
	}
	var rows []struct {
		ID    int64              `db:"id"`
		State orders.TicketState `db:"state"`
	}
	if err := m.DB.SelectContext(ctx, &rows, `SELECT id, state FROM ticket WHERE id = ANY($1)`, desk.Ints(ids)); err != nil {
		return fmt.Errorf("read tickets: %w", err)
	}
	states := make(map[int64]orders.TicketState, len(rows))
	for _, r := range rows {
		states[r.ID] = r.State
	}
	for i := range items {
		if items[i].TicketID != 0 {
			items[i].Became(states[items[i].TicketID])
		}
	}
	return nil
}

type conflictRow struct {
	ID          int64                `db:"id"`
	ClientID    string               `db:"client_id"`
	Body        []byte               `db:"body"`
	OrderID     int64                `db:"order_id"`
	Line        int                  `db:"line"`
	LotID       int64                `db:"lot_id"`
	HouseholdID int64                `db:"household_id"`
	VillageID   int64                `db:"village_id"`
	Problem     []byte               `db:"problem"`
	Actor       string               `db:"actor"`
	ArrivedAt   time.Time            `db:"arrived_at"`
	State       orders.ConflictState `db:"state"`
	SettledBy   string               `db:"settled_by"`
	SettledAt   *time.Time           `db:"settled_at"`
	Why         string               `db:"why"`
}

const conflictColumns = `w.id, w.client_id::text AS client_id, w.body, w.order_id, w.line, w.lot_id, w.household_id, w.village_id, w.problem, w.actor,
	w.arrived_at, w.state, w.settled_by, w.settled_at, w.why`

// openConflict selects conflicts that wait for a decision. The states are part of the text, so that the partial index is used.
var openConflict = `w.state IN (` + desk.StateList(orders.ConflictMachine.From(orders.ConflictDrop)) + `)`

// Conflicts lists weighings that wait for a person, newest first.
func (m *Room) Conflicts(ctx context.Context, r orders.ConflictFilter) (orders.ConflictPage, error) {
	page := orders.ConflictPage{Items: []orders.WeighConflict{}}
	c, err := m.collectsWork(ctx)
	if err != nil {
		return page, err
	}
	limit, err := paging.Size(r.Limit, 50, 200)
	if err != nil {
		return page, err
	}
	after, err := paging.Place("conflicts", r.Cursor, 1)
	if err != nil {
		return page, err
	}
	var f desk.Filter
	f.Raw(c.ConflictScope(f.Next()))
	if err := m.DB.GetContext(ctx, &page.Open, `SELECT count(*) FROM weigh_conflict w WHERE `+openConflict+` AND `+f.Where(), f.Args...); err != nil {
		return page, fmt.Errorf("count conflicts: %w", err)
	}
	if !r.All {
		f.Add(openConflict)
	}
	if after != nil {
		f.Add(`w.id < ?`, after[0])
	}
	var rows []conflictRow
	err = m.DB.SelectContext(ctx, &rows, fmt.Sprintf(`SELECT %s FROM weigh_conflict w WHERE %s ORDER BY w.id DESC LIMIT %d`,
		conflictColumns, f.Where(), limit+1), f.Args...)
	if err != nil {
		return page, fmt.Errorf("list conflicts: %w", err)
	}
	if len(rows) > limit {
		rows = rows[:limit]
		page.Cursor = paging.After("conflicts", rows[limit-1].ID)
	}
	page.Items, err = m.conflictsOut(ctx, rows)
	return page, err
}

func (m *Room) conflictsOut(ctx context.Context, rows []conflictRow) ([]orders.WeighConflict, error) {
	out := make([]orders.WeighConflict, len(rows))
	var households, orderIDs []int64
	for _, r := range rows {
		if r.HouseholdID != 0 {
			households, orderIDs = append(households, r.HouseholdID), append(orderIDs, r.OrderID)
		}
	}
	people, err := m.People(ctx, households)
	if err != nil {
		return nil, err
	}
	ref, err := m.Ref.Get(ctx)
	if err != nil {
		return nil, err
	}
	lines, err := m.LinesOf(ctx, m.DB, orderIDs...)
	if err != nil {
		return nil, err
	}
	for i, r := range rows {
		w := orders.WeighConflict{ID: r.ID, ClientID: r.ClientID, State: r.State, Line: r.Line, LotID: r.LotID, HouseholdID: r.HouseholdID,
			VillageID: r.VillageID, Actor: r.Actor, ArrivedAt: r.ArrivedAt.UTC(), SettledBy: r.SettledBy, SettledAt: r.SettledAt, Why: r.Why,
			Problem: &link.Error{}}
		if err := json.Unmarshal(r.Body, &w.Weighing); err != nil {
			return nil, fmt.Errorf("read conflict %d: %w", r.ID, err)
		}
		if err := json.Unmarshal(r.Problem, w.Problem); err != nil {
			return nil, fmt.Errorf("read conflict %d: %w", r.ID, err)
		}
		w.OrderNo = w.Weighing.OrderNo
		if r.HouseholdID != 0 {
			h := people[r.HouseholdID]
			w.Code, w.Head, w.Village = h.Code, h.Head, ref.Villages[r.VillageID].Name
			if l, err := desk.LineOf(lines[r.OrderID], r.Line); err == nil {
				w.Title, w.Unit = l.Offer.Title, l.Offer.Unit
			}
			if w.Tickets, err = m.shareTickets(ctx, r.OrderID, r.Line, r.LotID); err != nil {
				return nil, err
			}
		}
		out[i] = w
	}
	return out, nil
}

// shareTickets returns all tickets of a share, for comparison.
func (m *Room) shareTickets(ctx context.Context, orderID int64, line int, lot int64) ([]orders.Ticket, error) {
	var rows []desk.TicketRow
	err := m.DB.SelectContext(ctx, &rows, `
		SELECT `+desk.TicketColumns+` FROM ticket t WHERE t.order_id = $1 AND t.line = $2 AND t.lot_id = $3 ORDER BY t.id`, orderID, line, lot)
	if err != nil {
		return nil, fmt.Errorf("read tickets of a share: %w", err)
	}
	return m.ticketsOut(ctx, rows)
}

// SettleConflict records a person's finding. It changes no ticket: corrections are tickets of their own.
func (m *Room) SettleConflict(ctx context.Context, r orders.SettleConflictRequest) (orders.WeighConflict, error) {
	c, err := m.collectsWork(ctx)
	if err != nil {
		return orders.WeighConflict{}, err
	}
	step, err := orders.ConflictStepTo(r.State)
	if err != nil {
		return orders.WeighConflict{}, err
	}
	why, err := r.CheckReason()
	if err != nil {
		return orders.WeighConflict{}, err
	}
	a := link.ActorFrom(ctx)
	var f desk.Filter
	f.Raw(c.ConflictScope(f.Next()))
	f.Add(`w.id = ?`, r.ID)
	var rows []conflictRow
	args := append(slices.Clone(f.Args), string(orders.ConflictMachine.To(step)), a.Account, orders.ActorName(a), m.Now(), why,
		desk.TextArray(orders.ConflictMachine.From(step)))
	n := len(f.Args)
	err = m.Tx(ctx, func(tx *sqlx.Tx) error {
		err := tx.SelectContext(ctx, &rows, fmt.Sprintf(`
		UPDATE weigh_conflict w SET state = $%d, settled_id = $%d, settled_by = $%d, settled_at = $%d, why = $%d
		WHERE w.state = ANY($%d) AND %s RETURNING %s`, n+1, n+2, n+3, n+4, n+5, n+6, f.Where(), conflictColumns), args...)
		if err != nil || len(rows) == 0 {
			return err
		}
		return desk.Did(ctx, tx, link.Act{Kind: "decision.weigh_conflict", On: "weigh_conflict", Object: strconv.FormatInt(r.ID, 10), Detail: string(r.State)})
	})
	if err != nil {
		return orders.WeighConflict{}, fmt.Errorf("settle conflict %d: %w", r.ID, err)
	}
	if len(rows) == 0 {
		err := m.DB.SelectContext(ctx, &rows, `SELECT `+conflictColumns+` FROM weigh_conflict w WHERE `+f.Where(), f.Args...)
		switch {
		case err != nil:
			return orders.WeighConflict{}, fmt.Errorf("read conflict %d: %w", r.ID, err)
		case len(rows) == 0:
			return orders.WeighConflict{}, link.E(link.NotFound, "conflict.unknown", "id")
		}
		if err := orders.CheckSettled(rows[0].State, r.State, rows[0].SettledBy == orders.ActorName(a)); err != nil {
			return orders.WeighConflict{}, err
		}
	}
	out, err := m.conflictsOut(ctx, rows)
	if err != nil {
		return orders.WeighConflict{}, err
	}
	return out[0], nil
}
