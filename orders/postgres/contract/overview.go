package contract

import (
	"context"
	"fmt"
	"time"

	"banmuyuan/internal/link"
	"banmuyuan/internal/link/paging"
	"banmuyuan/orders"
	"banmuyuan/orders/contract"
	"banmuyuan/orders/postgres/desk"
)

// mineFilter narrows contracts (alias c) to an organisation's, as buyer or collector, or of the county.
func mineFilter(a link.Actor) (desk.Filter, error) {
	var f desk.Filter
	switch {
	case orders.IsCounty(a):
		f.Add(`c.state <> ALL(?)`, desk.TextArray(contract.PrivateStates()))
	case orders.WorksFor(a) != 0:
		f.Add(`(c.org_id = ? OR c.collector_org = ?)`, a.Org, a.Org)
		if a.Role == orders.RoleClerk {
			f.Add(`c.state <> ALL(?)`, desk.TextArray(contract.PrivateStates()))
		}
	default:
		return f, desk.Denied(a)
	}
	return f, nil
}

// Plan lists the collections of call-offs by day and village: the open ones, or all of the requested day.
func (m *Room) Plan(ctx context.Context, r contract.PlanRequest) (contract.Plan, error) {
	plan := contract.Plan{Stops: []contract.PlanStop{}}
	f, err := mineFilter(link.ActorFrom(ctx))
	if err != nil {
		return plan, err
	}
	if r.No != "" {
		c, p, err := m.findContract(ctx, r.No)
		if err != nil {
			return plan, err
		}
		if err := p.Need(contract.PartBuyer, contract.PartCollector, contract.PartCounty); err != nil {
			return plan, err
		}
		f.Add(`c.id = ?`, c.ID)
	}
	f.Add(`o.state = ANY(?)`, desk.TextArray([]string{string(orders.StateConfirmed), string(orders.StateWeighing), string(orders.StateBilled),
		string(orders.StatePaid), string(orders.StateCompleted)}))
	if r.Day != "" {
		if _, err := time.Parse(time.DateOnly, r.Day); err != nil {
			return plan, link.E(link.Invalid, "date", "day")
		}
		f.Add(`k.on_day = ?::date`, r.Day)
	} else {
		f.Add(`o.state = ANY(?)`, desk.TextArray(orders.Machine.From(orders.StepWeigh)))
	}
	if r.Village != 0 {
		f.Add(`s.village_id = ?`, r.Village)
	}
	var rows []struct {
		Day        string            `db:"on_day"`
		Slot       contract.CallSlot `db:"slot"`
		ContractID int64             `db:"contract_id"`
		OrderID    int64             `db:"order_id"`
		VillageID  int64             `db:"village_id"`
		Product    string            `db:"product"`
		Unit       string            `db:"unit"`
		UnitGrams  int64             `db:"unit_grams"`
		Households int64             `db:"households"`
		Qty        int64             `db:"qty"`
		Received   int64             `db:"received"`
		Short      int64             `db:"short"`
		Open       int64             `db:"open"`
		PointID    int64             `db:"point_id"`
	}
	err = m.DB.SelectContext(ctx, &rows, `
		SELECT to_char(k.on_day, 'YYYY-MM-DD') AS on_day, k.slot, c.id AS contract_id, k.order_id, k.point_id, s.village_id, c.product, c.unit, c.unit_grams,
		       count(DISTINCT s.household_id) AS households, sum(s.qty)::bigint AS qty, sum(s.received)::bigint AS received,
		       sum(s.short)::bigint AS short, count(*) FILTER (WHERE s.state = 'expected') AS open
		FROM call_off k JOIN contract c ON c.id = k.contract_id JOIN orders o ON o.id = k.order_id JOIN share s ON s.order_id = k.order_id
		WHERE `+f.Where()+`
		GROUP BY k.on_day, k.slot, c.id, k.order_id, s.village_id ORDER BY k.on_day, s.village_id, k.order_id LIMIT 5000`, f.Args...)
	if err != nil {
		return plan, fmt.Errorf("read collection plan: %w", err)
	}
	ref, err := m.Ref.Get(ctx)
	if err != nil {
		return plan, err
	}
	today := m.today()
	for _, x := range rows {
		v := ref.Villages[x.VillageID]
		s := contract.PlanStop{Day: x.Day, Slot: x.Slot, ContractNo: contract.Number(x.ContractID), OrderNo: orders.Number(x.OrderID),
			VillageID: x.VillageID, Village: v.Name, Township: ref.Townships[v.TownshipID], Households: x.Households, Qty: x.Qty,
			Received: x.Received, Short: x.Short, Name: ref.Products[x.Product].Name, Unit: x.Unit, UnitGrams: x.UnitGrams,
			Late: x.Day < today && x.Open > 0}
		if p, agreed := ref.Points[x.PointID]; agreed {
			s.Point, s.Address = p.Name, p.Address
		} else if p, ok := ref.Points[ref.PointOf[x.VillageID]]; ok {
			s.Point, s.Address = p.Name, p.Address
		}
		if r.Day != "" && r.Village != 0 {
			if s.Shares, err = m.planShares(ctx, x.OrderID, x.VillageID); err != nil {
				return plan, err
			}
		}
		plan.Stops = append(plan.Stops, s)
	}
	contract.SortStops(plan.Stops)
	return plan, nil
}

func (m *Room) planShares(ctx context.Context, order, village int64) ([]contract.PlanShare, error) {
	var rows []desk.ShareRow
	err := m.DB.SelectContext(ctx, &rows, `
		SELECT `+desk.ShareColumns+` FROM share s WHERE s.order_id = $1 AND s.village_id = $2 ORDER BY s.household_id`, order, village)
	if err != nil {
		return nil, fmt.Errorf("read shares of a stop: %w", err)
	}
	ids := make([]int64, len(rows))
	for i, s := range rows {
		ids[i] = s.HouseholdID
	}
	people, err := m.People(ctx, ids)
	if err != nil {
		return nil, err
	}
	out := make([]contract.PlanShare, len(rows))
	for i, s := range rows {
		h := people[s.HouseholdID]
		out[i] = contract.PlanShare{Code: h.Code, Head: h.Head, Phone: h.Phone, Qty: s.Qty, Received: s.Received, Short: s.Short, LotID: s.LotID}
	}
	return out, nil
}

// Fulfilment compares signed, called-off and received units for each household, each village and the contract.
func (m *Room) Fulfilment(ctx context.Context, r contract.Ref) (contract.Fulfilment, error) {
	res := contract.Fulfilment{Villages: []contract.FulfilmentRow{}, Households: []contract.FulfilmentRow{}}
	c, p, err := m.findContract(ctx, r.No)
	if err != nil {
		return res, err
	}
	if err := p.Need(contract.PartBuyer, contract.PartCollector, contract.PartCounty); err != nil {
		return res, err
	}
	var rows []struct {
		HouseholdID int64 `db:"household_id"`
		VillageID   int64 `db:"village_id"`
		Signed      int64 `db:"signed"`
		Called      int64 `db:"called"`
		Received    int64 `db:"received"`
		Short       int64 `db:"short"`
	}
	err = m.DB.SelectContext(ctx, &rows, `
		SELECT q.household_id, q.village_id, q.qty AS signed, coalesce(x.called, 0) AS called, coalesce(x.received, 0) AS received,
		       coalesce(x.short, 0) AS short
		FROM quota q
		LEFT JOIN (SELECT s.household_id, sum(s.qty)::bigint AS called, sum(s.received)::bigint AS received, sum(s.short)::bigint AS short
		           FROM share s JOIN call_off k ON k.order_id = s.order_id WHERE k.contract_id = $1 GROUP BY 1) x ON x.household_id = q.household_id
		WHERE q.contract_id = $1 AND q.state IN ('signed', 'ended') ORDER BY q.village_id, q.household_id`, c.ID)
	if err != nil {
		return res, fmt.Errorf("read fulfilment: %w", err)
	}
	ids := make([]int64, len(rows))
	for i, x := range rows {
		ids[i] = x.HouseholdID
	}
	people, err := m.People(ctx, ids)
	if err != nil {
		return res, err
	}
	ref, err := m.Ref.Get(ctx)
	if err != nil {
		return res, err
	}
	for _, x := range rows {
		h := people[x.HouseholdID]
		res.Add(contract.FulfilmentRow{HouseholdID: x.HouseholdID, VillageID: x.VillageID, Village: ref.Villages[x.VillageID].Name, Code: h.Code,
			Head: h.Head, Signed: x.Signed, CalledOff: x.Called, Received: x.Received, Short: x.Short})
	}
	return res, nil
}

// Procurement is the desk of the caller's organisation, or of the whole county.
func (m *Room) Procurement(ctx context.Context, r contract.ProcurementRequest) (contract.Procurement, error) {
	res := contract.Procurement{Contracts: []contract.Contract{}, CallOffs: []contract.CallOffRow{}, Late: []contract.LateItem{}, Prices: []contract.PriceCompare{}}
	f, err := mineFilter(link.ActorFrom(ctx))
	if err != nil {
		return res, err
	}
	calls, prices := 500, 300
	if r.Limit != 0 {
		calls, prices = 2000, 2000
	}
	limit, err := paging.Size(r.Limit, 200, 10)
	if err != nil {
		return res, err
	}
	before, err := paging.ID("procurement", r.Cursor)
	if err != nil {
		return res, err
	}
	if before != 0 {
		f.Add(`c.id < ?`, before)
	}
	rows, err := readContracts(ctx, m.DB, fmt.Sprintf(`%s ORDER BY c.id DESC LIMIT %d`, f.Where(), limit+1), f.Args...)
	if err != nil {
		return res, err
	}
	if len(rows) > limit {
		rows = rows[:limit]
		res.Cursor = paging.After("procurement", rows[limit-1].ID)
	}
	if res.Contracts, err = m.contractsOut(ctx, rows); err != nil {
		return res, err
	}
	ids := make([]int64, len(rows))
	for i := range rows {
		ids[i] = rows[i].ID
	}
	res.CallOffs, err = m.callOffs(ctx, fmt.Sprintf(`k.contract_id = ANY($1) ORDER BY k.on_day DESC, k.order_id DESC LIMIT %d`, calls), desk.Ints(ids))
	if err != nil {
		return res, err
	}
	contract.LateFirst(res.CallOffs)
	res.Late = res.LateItems(m.today())
	res.Prices, err = m.comparePrices(ctx, ids, prices)
	return res, err
}

// comparePrices lists the average paid price of the last days with weighings, beside floor and reference.
func (m *Room) comparePrices(ctx context.Context, ids []int64, most int) ([]contract.PriceCompare, error) {
	var rows []struct {
		ContractID   int64  `db:"contract_id"`
		Product      string `db:"product"`
		PriceUnit    string `db:"price_unit"`
		Grade        string `db:"grade"`
		Day          string `db:"on_day"`
		FloorFen     int64  `db:"floor_fen"`
		ReferenceFen int64  `db:"reference_fen"`
		PaidFen      int64  `db:"paid_fen"`
		Units        int64  `db:"units"`
		NetGrams     int64  `db:"net_grams"`
	}
	err := m.DB.SelectContext(ctx, &rows, `
		SELECT x.contract_id, c.product, c.price_unit, t.grade, to_char(x.on_day, 'YYYY-MM-DD') AS on_day, x.floor_fen, x.reference_fen,
		       round(sum(x.price_fen::numeric * greatest(t.net_grams, t.units)) / greatest(sum(greatest(t.net_grams, t.units)), 1))::bigint AS paid_fen,
		       sum(t.units)::bigint AS units, sum(t.net_grams)::bigint AS net_grams
		FROM contract_ticket x JOIN contract c ON c.id = x.contract_id JOIN ticket t ON t.id = x.ticket_id
		WHERE x.contract_id = ANY($1) AND t.state = 'accepted' AND t.units > 0
		GROUP BY x.contract_id, c.product, c.price_unit, t.grade, x.on_day, x.floor_fen, x.reference_fen
		ORDER BY x.on_day DESC, x.contract_id, t.grade LIMIT $2`, desk.Ints(ids), most)
	if err != nil {
		return nil, fmt.Errorf("compare prices: %w", err)
	}
	ref, err := m.Ref.Get(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]contract.PriceCompare, len(rows))
	for i, r := range rows {
		out[i] = contract.PriceCompare{ContractNo: contract.Number(r.ContractID), Name: ref.Products[r.Product].Name, Grade: r.Grade,
			Day: r.Day, FloorFen: r.FloorFen, ReferenceFen: r.ReferenceFen, PaidFen: r.PaidFen, Units: r.Units, NetGrams: r.NetGrams, PriceUnit: r.PriceUnit}
	}
	return out, nil
}

// contractChecks returns the invariants of contracts as queries; Verify runs them with the others.
func contractChecks(late time.Time) []desk.Check {
	return []desk.Check{
		{Name: "promises of a contract", SQL: `
			SELECT 'contract ' || c.id AS object, format('%s of %s units promised, its quotas have %s', c.promised, c.quantity, q.qty) AS detail
			FROM contract c
			JOIN LATERAL (SELECT coalesce(sum(qty), 0) AS qty FROM quota
			              WHERE contract_id = c.id AND state IN ('proposed', 'booking', 'signed', 'ended')) q ON true
			WHERE c.promised <> q.qty OR c.promised > c.quantity`},
		{Name: "signed text", SQL: `
			SELECT 'quota ' || id AS object, 'the text is not what was signed' AS detail
			FROM quota WHERE text <> '' AND text_hash <> encode(sha256(convert_to(text, 'UTF8')), 'hex')`},
		{Name: "called off beyond a quota", SQL: `
			SELECT 'quota ' || q.id AS object, format('%s units signed, %s called off', q.qty, s.qty) AS detail
			FROM quota q
			JOIN LATERAL (SELECT coalesce(sum(qty - short), 0) AS qty FROM share WHERE lot_id = q.lot_id AND household_id = q.household_id) s ON true
			WHERE q.lot_id <> 0 AND s.qty > q.qty`},
		{Name: "price of a call-off's ticket", SQL: `
			SELECT 'ticket ' || t.id AS object, format('paid at %s, the contract says %s', t.price_fen, x.price_fen) AS detail
			FROM ticket t JOIN call_off k ON k.order_id = t.order_id LEFT JOIN contract_ticket x ON x.ticket_id = t.id
			WHERE x.ticket_id IS NULL OR x.price_fen <> t.price_fen OR x.contract_id <> k.contract_id`},
		{Name: "advance of a quota", SQL: `
			SELECT 'quota ' || q.id AS object, format('%s fen worked off, its tickets have %s', q.worked_fen, x.fen) AS detail
			FROM quota q
			JOIN LATERAL (SELECT coalesce(sum(x.advance_fen), 0) AS fen FROM contract_ticket x JOIN ticket t ON t.id = x.ticket_id
			              WHERE x.contract_id = q.contract_id AND t.household_id = q.household_id) x ON true
			WHERE q.state IN ('signed', 'ended') AND q.worked_fen <> x.fen`},
		{Name: "advance that is expected to be worked off", SQL: `
			SELECT 'quota ' || q.id AS object, format('%s fen are left, %s to come; %s are deducted from it', q.advance_fen - q.worked_fen, e.net, e.fen) AS detail
			FROM quota q
			JOIN LATERAL (SELECT coalesce(sum(e.advance_fen), 0) AS fen, coalesce(sum(e.amount_fen + e.advance_fen), 0) AS net
			              FROM income_entry e WHERE e.household_id = q.household_id AND e.stage = 'expected' AND e.lot_id = q.lot_id) e ON true
			WHERE q.advance_fen > 0 AND q.lot_id <> 0 AND e.fen <> least(q.advance_fen - q.worked_fen, e.net)`},
		{Name: "day and point of a call-off", SQL: `
			SELECT 'call-off ' || k.order_id AS object, format('on %s at point %s, which the contract does not have', k.on_day, k.point_id) AS detail
			FROM call_off k JOIN contract c ON c.id = k.contract_id
			WHERE CASE WHEN jsonb_typeof(c.terms -> 'points') = 'array' AND c.terms -> 'points' <> '[]'
			           THEN NOT c.terms -> 'points' @> to_jsonb(k.point_id) AND k.point_id <> 0 ELSE k.point_id <> 0 END
			   OR (k.on_day <= c.deliver_to AND jsonb_typeof(c.terms -> 'windows') = 'array' AND NOT EXISTS (
			           SELECT FROM jsonb_array_elements(c.terms -> 'windows') w WHERE k.on_day BETWEEN (w ->> 'from')::date AND (w ->> 'to')::date))`},
		{Name: "stuck booking", SQL: `
			SELECT 'quota ' || id AS object, 'the catalogue was not asked for its units' AS detail
			FROM quota WHERE state = 'booking' AND created_at < $1`, Args: []any{late}},
	}
}
