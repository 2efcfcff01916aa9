package income

import (
	"cmp"
	"context"
	"fmt"
	"sync"

	"github.com/jmoiron/sqlx"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/orders"
	"banmuyuan/orders/postgres/desk"
)

// raisings keeps the module's copy of the catalogue's raised lots: lots that a raiser raises on the household's behalf. A
// reserved lot is copied before its order is written, so that settling a ticket finds it.
type raisings struct {
	catalog.Service
	m *Room

	known sync.Map // lot ids that are in lot_agent
	read  bool     // lots of before this process are copied; the worker's
}

// Reserve asks the catalogue and copies the raised lots of the answer.
func (r *raisings) Reserve(ctx context.Context, req catalog.ReserveRequest) (catalog.Reservation, error) {
	res, err := r.Service.Reserve(ctx, req)
	if err != nil {
		return res, err
	}
	var lots []catalog.Lot
	for _, s := range res.Lines {
		if s.AgentOrg == nil {
			continue
		}
		if n := len(s.Lots); len(s.AgentOrg) != n || len(s.AgentBP) != n || len(s.Households) != n {
			return res, fmt.Errorf("reservation of order %d has columns of different length", res.OrderID)
		}
		for i, org := range s.AgentOrg {
			if _, known := r.known.Load(s.Lots[i]); org != 0 && !known {
				lots = append(lots, catalog.Lot{ID: s.Lots[i], HouseholdID: s.Households[i], AgentOrg: org, AgentBP: s.AgentBP[i]})
			}
		}
	}
	if len(lots) == 0 {
		return res, nil
	}
	return res, r.keep(ctx, lots)
}

// keep writes new raised lots and corrects the expected income of their households.
func (r *raisings) keep(ctx context.Context, lots []catalog.Lot) error {
	ids, households, orgs, bps := make([]int64, len(lots)), make([]int64, len(lots)), make([]int64, len(lots)), make([]int64, len(lots))
	for i, l := range lots {
		ids[i], households[i], orgs[i], bps[i] = l.ID, l.HouseholdID, l.AgentOrg, l.AgentBP
	}
	err := link.InTx(ctx, r.m.DB, nil, func(tx *sqlx.Tx) error {
		var fresh []int64
		err := tx.SelectContext(ctx, &fresh, `
			INSERT INTO lot_agent (lot_id, household_id, org_id, bp)
			SELECT l, h, o, b FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::int[]) AS u (l, h, o, b) ORDER BY l
			ON CONFLICT (lot_id) DO NOTHING RETURNING lot_id`, desk.Ints(ids), desk.Ints(households), desk.Ints(orgs), desk.Ints(bps))
		if err != nil {
			return fmt.Errorf("keep raised lots: %w", err)
		}
		var open []int64
		err = tx.SelectContext(ctx, &open, `
			SELECT DISTINCT order_id FROM share WHERE lot_id = ANY($1) AND qty - settled - short > 0 ORDER BY 1`, desk.Ints(fresh))
		if err != nil {
			return fmt.Errorf("read orders of raised lots: %w", err)
		}
		if len(open) == 0 {
			return nil
		}
		if _, err := desk.LockOrders(ctx, tx, open); err != nil {
			return err
		}
		return desk.Expect(ctx, tx, open, 0, fresh)
	})
	if err != nil {
		return err
	}
	for _, id := range ids {
		r.known.Store(id, true)
	}
	return nil
}

// workRaisings copies, once for each process, lots that were reserved before the copy existed.
func (m *Room) workRaisings(ctx context.Context) error {
	if m.raised.read {
		return nil
	}
	err := m.raisedLots(ctx, func(lots []catalog.Lot) error { return m.raised.keep(ctx, lots) })
	if err != nil {
		return err
	}
	m.raised.read = true
	return nil
}

// raisedLots pages through the catalogue's raised lots.
func (m *Room) raisedLots(ctx context.Context, each func([]catalog.Lot) error) error {
	for after := int64(0); ; {
		page, err := m.CatalogContracts.RaisedLots(desk.AsSystem(ctx), catalog.LotsRequest{After: after})
		if err != nil || len(page.Items) == 0 {
			return err
		}
		if err := each(page.Items); err != nil {
			return err
		}
		after = page.Items[len(page.Items)-1].ID
	}
}

const raisingEntries = 500

// Raising lists raisers, or the earnings of one.
func (m *Room) Raising(ctx context.Context, r orders.RaisingRequest) (orders.Raising, error) {
	res := orders.Raising{Raisers: []orders.Raiser{}, Entries: []orders.RaisingEntry{}}
	a := link.ActorFrom(ctx)
	ref, err := m.Ref.Get(ctx)
	if err != nil {
		return res, err
	}
	res.Season = cmp.Or(r.Season, ref.Season)
	if res.Season < 0 || res.Season > 9999 {
		return res, link.E(link.Invalid, "income.season", "season")
	}
	var f desk.Filter
	f.Add(`e.agent_org <> 0`)
	f.Add(`e.season = ?`, res.Season)
	switch org := orders.WorksFor(a); {
	case orders.IsCounty(a) || a.System:
	case org != 0:
		f.Add(`(e.agent_org = ? OR EXISTS (SELECT FROM order_line l WHERE l.order_id = e.order_id AND l.no = e.line AND l.seller_org = ?))`, org, org)
	default:
		return res, desk.Denied(a)
	}
	if r.OrgID != 0 {
		f.Add(`e.agent_org = ?`, r.OrgID)
	}
	var rows []struct {
		OrgID      int64 `db:"agent_org"`
		Households int64 `db:"households"`
		Units      int64 `db:"units"`
		Expected   int64 `db:"expected"`
		Gross      int64 `db:"gross"`
		Fee        int64 `db:"fee"`
		Agent      int64 `db:"agent"`
		Own        int64 `db:"own"`
	}
	err = m.DB.SelectContext(ctx, &rows, `
		SELECT e.agent_org, count(DISTINCT e.household_id) AS households, coalesce(sum(e.qty) FILTER (WHERE e.stage <> 'expected'), 0)::bigint AS units,
		       coalesce(sum(e.agent_fen) FILTER (WHERE e.stage = 'expected'), 0)::bigint AS expected,
		       coalesce(sum(e.gross_fen) FILTER (WHERE e.stage <> 'expected'), 0)::bigint AS gross,
		       coalesce(sum(e.fee_fen) FILTER (WHERE e.stage <> 'expected'), 0)::bigint AS fee,
		       coalesce(sum(e.agent_fen) FILTER (WHERE e.stage <> 'expected'), 0)::bigint AS agent,
		       coalesce(sum(e.amount_fen + e.advance_fen) FILTER (WHERE e.stage <> 'expected'), 0)::bigint AS own
		FROM income_entry e WHERE `+f.Where()+` GROUP BY e.agent_org ORDER BY sum(e.agent_fen) DESC, e.agent_org LIMIT 1000`, f.Args...)
	if err != nil {
		return res, fmt.Errorf("sum raisers: %w", err)
	}
	for _, x := range rows {
		o := ref.Orgs[x.OrgID]
		one := orders.Raiser{OrgID: x.OrgID, Name: o.Name, Village: ref.Villages[o.VillageID].Name, Households: x.Households,
			RaisingSum: orders.RaisingSum{Units: x.Units, ExpectedFen: x.Expected, GrossFen: x.Gross, FeeFen: x.Fee, AgentFen: x.Agent, HouseholdFen: x.Own}}
		res.Raisers = append(res.Raisers, one)
		res.Sum = res.Sum.Plus(one.RaisingSum)
	}
	if r.OrgID == 0 {
		return res, nil
	}
	if len(rows) == 0 && (ref.Orgs[r.OrgID].Kind != catalog.OrgRaiser || !orders.IsCounty(a) && !a.System && a.Org != r.OrgID) {
		return res, link.E(link.NotFound, "not_found", "org_id")
	}
	return res, m.raisingEntries(ctx, &res, ref, f)
}

func (m *Room) raisingEntries(ctx context.Context, res *orders.Raising, ref *desk.Names, f desk.Filter) error {
	var rows []struct {
		entryRow
		Household int64 `db:"household_id"`
	}
	err := m.DB.SelectContext(ctx, &rows, fmt.Sprintf(`
		SELECT e.source_key, e.household_id, e.product, e.qty, e.net_grams, e.gross_fen, e.fee_fen, e.agent_bp, e.agent_fen, e.advance_fen,
		       e.amount_fen, e.stage, e.occurred_on, e.order_id, e.ticket_id
		FROM income_entry e WHERE %s ORDER BY e.occurred_on DESC, e.source_key LIMIT %d`, f.Where(), raisingEntries+1), f.Args...)
	if err != nil {
		return fmt.Errorf("read what a raiser earned: %w", err)
	}
	if res.More = len(rows) > raisingEntries; res.More {
		rows = rows[:raisingEntries]
	}
	ids := make([]int64, len(rows))
	for i := range rows {
		ids[i] = rows[i].Household
	}
	people, err := m.People(ctx, ids)
	if err != nil {
		return err
	}
	for i := range rows {
		x := &rows[i]
		h, p := people[x.Household], ref.Products[x.Product]
		e := orders.RaisingEntry{OrderNo: orders.Number(x.OrderID), TicketID: x.TicketID, On: x.OccurredOn, Title: p.Name, Unit: p.OrderUnit,
			Code: h.Code, Head: h.Head, Village: h.Village, Qty: x.Qty, NetGrams: x.NetGrams, GrossFen: x.GrossFen, FeeFen: x.FeeFen,
			AgentBP: x.AgentBP, AgentFen: x.AgentFen, HouseholdFen: x.AmountFen + x.AdvanceFen, Stage: string(x.Stage)}
		if x.TicketID != 0 {
			e.TicketNo = orders.TicketNumber(x.TicketID)
		}
		res.Entries = append(res.Entries, e)
	}
	return nil
}

// raisingChecks compare the parts of raisers with the rule that divides them.
var raisingChecks = []desk.Check{
	{Name: "part of a raiser", SQL: `
		SELECT 'delivery ' || d.delivery_id || ' of raiser ' || d.org_id AS object,
		       format('%s of %s fen at %s/10000; its tickets have %s', fee_of(d.base, d.bp), d.base, d.bp, d.agent) AS detail
		FROM (SELECT t.delivery_id, g.org_id, g.bp, sum(t.amount_fen + coalesce(x.advance_fen, 0) - t.fee_fen)::bigint AS base, sum(t.agent_fen)::bigint AS agent
		      FROM ticket t JOIN lot_agent g ON g.lot_id = t.lot_id LEFT JOIN contract_ticket x ON x.ticket_id = t.id
		      WHERE t.settled AND t.units > 0 AND t.delivery_id IS NOT NULL GROUP BY 1, 2, 3) d
		WHERE fee_of(d.base, d.bp) <> d.agent`},
	{Name: "part of nobody", SQL: `
		SELECT 'ticket ' || t.id AS object, format('%s fen are a raiser''s, but its household raises it itself', t.agent_fen) AS detail
		FROM ticket t WHERE t.agent_fen <> 0 AND NOT EXISTS (SELECT FROM lot_agent g WHERE g.lot_id = t.lot_id)`},
}

// verifyRaisings compares the copy with the catalogue, for lots of which something was ordered.
func (m *Room) verifyRaisings(ctx context.Context, res *orders.Findings) error {
	var rows []desk.AgentRow
	if err := m.DB.SelectContext(ctx, &rows, `SELECT lot_id, household_id, org_id, bp FROM lot_agent`); err != nil {
		return fmt.Errorf("read raised lots: %w", err)
	}
	known := make(map[int64]desk.AgentRow, len(rows))
	for _, r := range rows {
		known[r.LotID] = r
	}
	var sold []int64
	if err := m.DB.SelectContext(ctx, &sold, `SELECT DISTINCT lot_id FROM share`); err != nil {
		return fmt.Errorf("read lots of shares: %w", err)
	}
	isSold := make(map[int64]bool, len(sold))
	for _, id := range sold {
		isSold[id] = true
	}
	found := func(lot int64, detail string) {
		if len(res.Items) < 1000 {
			res.Items = append(res.Items, orders.Finding{Check: "raised lots", Object: fmt.Sprintf("lot %d", lot), Detail: detail})
		}
	}
	err := m.raisedLots(ctx, func(lots []catalog.Lot) error {
		for _, l := range lots {
			mine, ok := known[l.ID]
			delete(known, l.ID)
			switch {
			case !ok && isSold[l.ID]:
				found(l.ID, fmt.Sprintf("organisation %d raises it, and orders does not know", l.AgentOrg))
			case ok && (mine.OrgID != l.AgentOrg || mine.BP != l.AgentBP || mine.HouseholdID != l.HouseholdID):
				found(l.ID, fmt.Sprintf("organisation %d has %d/10000 of it, orders says %d has %d", l.AgentOrg, l.AgentBP, mine.OrgID, mine.BP))
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for id, mine := range known {
		found(id, fmt.Sprintf("orders says that organisation %d raises it, the catalogue that nobody does", mine.OrgID))
	}
	return nil
}
