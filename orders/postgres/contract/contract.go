package contract

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/internal/link/paging"
	"banmuyuan/orders"
	"banmuyuan/orders/contract"
	"banmuyuan/orders/postgres/desk"
)

// contractRow is a contract as it is stored.
type contractRow struct {
	ID           int64          `db:"id"`
	OrgID        int64          `db:"org_id"`
	CollectorOrg int64          `db:"collector_org"`
	Product      string         `db:"product"`
	Season       int            `db:"season"`
	Title        string         `db:"title"`
	Quantity     int64          `db:"quantity"`
	SignBy       time.Time      `db:"sign_by"`
	DeliverFrom  time.Time      `db:"deliver_from"`
	DeliverTo    time.Time      `db:"deliver_to"`
	Townships    pq.Int64Array  `db:"townships"`
	Programmes   pq.StringArray `db:"programmes"`
	TermsJSON    []byte         `db:"terms"`
	Unit         string         `db:"unit"`
	PriceUnit    string         `db:"price_unit"`
	UnitGrams    int64          `db:"unit_grams"`
	State        contract.State `db:"state"`
	Promised     int64          `db:"promised"`
	PresaleID    int64          `db:"presale_id"`
	PresaleTold  string         `db:"presale_told"`
	Proposes     bool           `db:"proposes"`
	AdvanceSeq   int            `db:"advance_seq"`
	AdvanceDue   int64          `db:"advance_due"`
	BodyHash     []byte         `db:"body_hash"`
	CreatedBy    string         `db:"created_by"`
	CreatedAt    time.Time      `db:"created_at"`
	SubmittedID  int64          `db:"submitted_id"`
	SubmittedBy  string         `db:"submitted_by"`
	ApprovedBy   string         `db:"approved_by"`
	ApprovedAt   *time.Time     `db:"approved_at"`
	Version      int64          `db:"version"`

	terms contract.Terms
}

const contractColumns = `c.id, c.org_id, c.collector_org, c.product, c.season, c.title, c.quantity, c.sign_by, c.deliver_from, c.deliver_to,
	c.townships, c.programmes, c.terms, c.unit, c.price_unit, c.unit_grams, c.state, c.promised, c.presale_id, c.presale_told, c.proposes,
	c.advance_seq, c.advance_due, c.body_hash, c.created_by, c.created_at, c.submitted_id, c.submitted_by, c.approved_by, c.approved_at,
	c.version`

func errContract() error { return link.E(link.NotFound, "contract.unknown", "no") }

// readContracts reads contracts, with their terms decoded.
func readContracts(ctx context.Context, q desk.Queryer, where string, args ...any) ([]contractRow, error) {
	var rows []contractRow
	if err := q.SelectContext(ctx, &rows, `SELECT `+contractColumns+` FROM contract c WHERE `+where, args...); err != nil {
		return nil, fmt.Errorf("read contracts: %w", err)
	}
	for i := range rows {
		if err := json.Unmarshal(rows[i].TermsJSON, &rows[i].terms); err != nil {
			return nil, fmt.Errorf("decode terms of contract %d: %w", rows[i].ID, err)
		}
	}
	return rows, nil
}

// contractByID reads one; NotFound. With lock it is for a change.
func contractByID(ctx context.Context, q desk.Queryer, id int64, lock bool) (*contractRow, error) {
	where := `c.id = $1`
	if lock {
		where += ` FOR UPDATE`
	}
	rows, err := readContracts(ctx, q, where, id)
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, errContract()
	}
	return &rows[0], nil
}

// contract is the row as the rules see it.
func (c *contractRow) contract() contract.Contract {
	return contract.Contract{ID: c.ID, OrgID: c.OrgID, Terms: c.terms, State: c.State, Unit: c.Unit, PriceUnit: c.PriceUnit,
		UnitGrams: c.UnitGrams, Promised: c.Promised, CreatedAt: c.CreatedAt.UTC(), Version: c.Version}
}

// viewer is an actor as the rules of contracts see it.
func viewer(a link.Actor) contract.Viewer {
	org, _ := orders.BuysFor(a)
	return contract.Viewer{System: a.System, County: orders.IsCounty(a), Approver: a.Role == orders.RoleOrgApprover,
		Account: a.Account, BuysFor: org, WorksFor: orders.WorksFor(a),
		Household: a.Role == orders.RoleHousehold && a.Household != 0 || a.Role == orders.RoleHelper && a.Helper != 0}
}

// findContract finds a contract that the actor may see. NotFound.
func (m *Room) findContract(ctx context.Context, no string) (*contractRow, contract.Part, error) {
	id, ok := contract.ParseNumber(no)
	if !ok {
		return nil, contract.PartNone, errContract()
	}
	c, err := contractByID(ctx, m.DB, id, false)
	if err != nil {
		return nil, contract.PartNone, err
	}
	a := link.ActorFrom(ctx)
	if p := viewer(a).PartOf(c.contract()); p != contract.PartNone {
		return c, p, nil
	}
	if a.Account == 0 && !a.System {
		return nil, contract.PartNone, desk.ErrLogin()
	}
	return nil, contract.PartNone, errContract()
}

// tally sums up the quotas and call-offs of a contract.
type tally struct {
	ID          int64 `db:"id"`
	Signed      int64 `db:"signed"`
	Households  int64 `db:"households"`
	Waiting     int64 `db:"waiting"`
	AdvancedFen int64 `db:"advanced"`
	WorkedFen   int64 `db:"worked"`
	CalledOff   int64 `db:"called"`
	Received    int64 `db:"received"`
	Short       int64 `db:"short"`
	NetGrams    int64 `db:"grams"`
	EstimateFen int64 `db:"estimate"`
	BilledFen   int64 `db:"billed"`
	PaidFen     int64 `db:"paid"`
}

func (m *Room) tallies(ctx context.Context, ids []int64) (map[int64]tally, error) {
	var rows []tally
	err := m.DB.SelectContext(ctx, &rows, `
		SELECT c.id, q.signed, q.households, q.waiting, q.advanced, q.worked, l.called, l.received, l.short, l.grams, l.estimate, l.billed, l.paid
		FROM unnest($1::bigint[]) AS c (id)
		CROSS JOIN LATERAL (
			SELECT coalesce(sum(qty) FILTER (WHERE state IN ('signed', 'ended') AND text <> ''), 0)::bigint AS signed,
			       count(*) FILTER (WHERE state IN ('signed', 'ended') AND text <> '') AS households,
			       count(*) FILTER (WHERE state = 'proposed') AS waiting,
			       coalesce(sum(advance_fen), 0)::bigint AS advanced, coalesce(sum(worked_fen), 0)::bigint AS worked
			FROM quota WHERE contract_id = c.id) q
		CROSS JOIN LATERAL (
			SELECT coalesce(sum(l.ordered), 0)::bigint AS called, coalesce(sum(l.received), 0)::bigint AS received,
			       coalesce(sum(l.short), 0)::bigint AS short, coalesce(sum(l.net_grams), 0)::bigint AS grams,
			       coalesce(sum(l.estimate_fen), 0)::bigint AS estimate, coalesce(sum(l.amount_fen), 0)::bigint AS billed,
			       coalesce(sum(least(o.paid_fen, o.amount_fen)), 0)::bigint AS paid
			FROM call_off k JOIN orders o ON o.id = k.order_id AND o.state NOT IN ('cancelled', 'expired')
			JOIN order_line l ON l.order_id = o.id
			WHERE k.contract_id = c.id) l`, desk.Ints(ids))
	if err != nil {
		return nil, fmt.Errorf("sum contracts: %w", err)
	}
	byID := make(map[int64]tally, len(rows))
	for _, r := range rows {
		byID[r.ID] = r
	}
	return byID, nil
}

// contractsOut converts contracts, as far as the actor may see them.
func (m *Room) contractsOut(ctx context.Context, rows []contractRow) ([]contract.Contract, error) {
	ids := make([]int64, len(rows))
	for i := range rows {
		ids[i] = rows[i].ID
	}
	sums, err := m.tallies(ctx, ids)
	if err != nil {
		return nil, err
	}
	ref, err := m.Ref.Get(ctx)
	if err != nil {
		return nil, err
	}
	v := viewer(link.ActorFrom(ctx))
	out := make([]contract.Contract, len(rows))
	for i := range rows {
		r, s := &rows[i], sums[rows[i].ID]
		product := ref.Products[r.Product]
		out[i] = r.contract()
		c := &out[i]
		c.Steps = v.Steps(*c, r.SubmittedID)
		c.No, c.Org, c.Collector = contract.Number(r.ID), ref.Orgs[r.OrgID].Name, ref.Orgs[r.CollectorOrg].Name
		c.Name, c.Picture, c.Signed, c.Households = product.Name, product.Picture, s.Signed, s.Households
		for _, id := range r.terms.Points {
			c.PointNames = append(c.PointNames, ref.Points[id].Name)
		}
		if !v.PartOf(*c).SeesDealings() {
			continue
		}
		c.Waiting, c.CalledOff, c.Received, c.Short, c.NetGrams = s.Waiting, s.CalledOff, s.Received, s.Short, s.NetGrams
		c.EstimateFen, c.BilledFen, c.PaidFen, c.AdvancedFen, c.WorkedFen = s.EstimateFen, s.BilledFen, s.PaidFen, s.AdvancedFen, s.WorkedFen
		c.AdvanceDue, c.SubmittedBy, c.ApprovedBy, c.ApprovedAt = r.AdvanceDue, r.SubmittedBy, r.ApprovedBy, r.ApprovedAt
	}
	return out, nil
}

func (m *Room) contractOut(ctx context.Context, r *contractRow) (contract.Contract, error) {
	out, err := m.contractsOut(ctx, []contractRow{*r})
	if err != nil {
		return contract.Contract{}, err
	}
	return out[0], nil
}

// Contract returns one contract with its timeline.
func (m *Room) Contract(ctx context.Context, r contract.Ref) (contract.Contract, error) {
	row, p, err := m.findContract(ctx, r.No)
	if err != nil {
		return contract.Contract{}, err
	}
	c, err := m.contractOut(ctx, row)
	if err != nil || p == contract.PartSeller {
		return c, err
	}
	var events []struct {
		At    time.Time `db:"at"`
		Key   string    `db:"key"`
		Args  []byte    `db:"args"`
		Actor string    `db:"actor"`
	}
	err = m.DB.SelectContext(ctx, &events, `SELECT at, key, args, actor FROM contract_event WHERE contract_id = $1 ORDER BY id DESC LIMIT 200`, row.ID)
	if err != nil {
		return c, fmt.Errorf("read timeline of contract %d: %w", row.ID, err)
	}
	for _, e := range slices.Backward(events) {
		entry := orders.TimelineEntry{At: e.At.UTC(), Key: e.Key, Actor: e.Actor}
		if err := json.Unmarshal(e.Args, &entry.Args); err != nil {
			return c, fmt.Errorf("decode timeline of contract %d: %w", row.ID, err)
		}
		c.Timeline = contract.AppendEntry(c.Timeline, entry)
	}
	return c, nil
}

// Contracts lists contracts, newest first: the contracts of the caller's organisation, the contracts that a household could
// sign or has signed, all for the county.
func (m *Room) Contracts(ctx context.Context, r contract.Filter) (contract.Page, error) {
	page := contract.Page{Items: []contract.Contract{}}
	limit, err := paging.Size(r.Limit, 50, 200)
	if err != nil {
		return page, err
	}
	a := link.ActorFrom(ctx)
	var f desk.Filter
	switch {
	case orders.IsCounty(a):
		f.Add(`c.state <> ?`, string(contract.Draft))
	case orders.WorksFor(a) != 0:
		f.Add(`(c.org_id = ? OR c.collector_org = ? AND c.state <> ALL(?))`, a.Org, a.Org, desk.TextArray(contract.PrivateStates()))
		if a.Role == orders.RoleClerk {
			f.Add(`c.state <> ALL(?)`, desk.TextArray(contract.PrivateStates()))
		}
	case a.Role == orders.RoleHousehold, a.Role == orders.RoleHelper:
		h, err := m.actsFor(ctx, r.House)
		if err != nil {
			return page, err
		}
		ref, err := m.Ref.Get(ctx)
		if err != nil {
			return page, err
		}
		own := `EXISTS (SELECT FROM quota q WHERE q.contract_id = c.id AND q.household_id = ? AND q.state = ANY(?))`
		open := `(c.state = ANY(?) AND c.sign_by >= ?::date AND (cardinality(c.townships) = 0 OR ? = ANY(c.townships)) AND c.programmes <@ ?::text[])`
		joinable := []any{desk.TextArray(contract.JoinableStates()), m.today(), ref.Villages[h.VillageID].TownshipID, desk.TextArray(h.Programmes)}
		f.Add(`(`+own+` OR `+open+`)`, append([]any{h.ID, desk.TextArray(contract.HoldingStates())}, joinable...)...)
		if r.Open {
			f.Add(open, joinable...)
		}
	default:
		return page, desk.Denied(a)
	}
	if r.State != "" {
		f.Add(`c.state = ?`, string(r.State))
	}
	if r.Query != "" {
		id, _ := contract.ParseNumber(r.Query)
		f.Add(`(c.title ILIKE ? OR c.id = ?)`, desk.LikePattern(r.Query), id)
	}
	if err := m.DB.GetContext(ctx, &page.Total, `SELECT count(*) FROM contract c WHERE `+f.Where(), f.Args...); err != nil {
		return page, fmt.Errorf("count contracts: %w", err)
	}
	after, err := paging.Place("contracts", r.Cursor, 1)
	if err != nil {
		return page, err
	}
	if after != nil {
		f.Add(`c.id < ?`, after[0])
	}
	rows, err := readContracts(ctx, m.DB, fmt.Sprintf(`%s ORDER BY c.id DESC LIMIT %d`, f.Where(), limit+1), f.Args...)
	if err != nil {
		return page, err
	}
	if len(rows) > limit {
		rows = rows[:limit]
		page.Cursor = paging.After("contracts", rows[limit-1].ID)
	}
	page.Items, err = m.contractsOut(ctx, rows)
	return page, err
}

// today is the date in China.
func (m *Room) today() string { return m.Now().In(orders.China).Format(time.DateOnly) }

// actsFor returns the household that the actor acts for: its own, or one that consented to its helper.
func (m *Room) actsFor(ctx context.Context, household int64) (catalog.Household, error) {
	a := link.ActorFrom(ctx)
	switch {
	case a.Role == orders.RoleHousehold && a.Household != 0:
		if household != 0 && household != a.Household {
			return catalog.Household{}, link.E(link.NotFound, "household.unknown", "household_id")
		}
		household = a.Household
	case a.Role == orders.RoleHelper && a.Helper != 0:
		if household == 0 {
			household = a.OnBehalfOf
		}
		if household == 0 {
			return catalog.Household{}, link.E(link.Invalid, "income.household.missing", "household_id")
		}
		if err := m.Helps(ctx, a, household); err != nil {
			return catalog.Household{}, err
		}
	default:
		return catalog.Household{}, desk.Denied(a)
	}
	return m.Catalog.Household(desk.AsSystem(ctx), catalog.HouseholdRef{ID: household})
}

// addTimeline writes a row of a contract's timeline.
func (m *Room) addTimeline(ctx context.Context, tx *sqlx.Tx, contract int64, key string, pairs ...string) error {
	args := map[string]string{}
	for i := 0; i+1 < len(pairs); i += 2 {
		args[pairs[i]] = pairs[i+1]
	}
	body, err := json.Marshal(args)
	if err != nil {
		return fmt.Errorf("encode timeline: %w", err)
	}
	a := link.ActorFrom(ctx)
	role := a.Role
	if a.System {
		role = "system"
	}
	_, err = tx.ExecContext(ctx, `
		INSERT INTO contract_event (contract_id, at, key, args, account_id, actor, role, on_behalf_of, request_id)
		VALUES ($1, $2, $3, $4::jsonb, $5, $6, $7, $8, $9)`,
		contract, m.Now(), key, string(body), a.Account, orders.ActorName(a), role, a.OnBehalfOf, link.RequestID(ctx))
	if err != nil {
		return fmt.Errorf("write timeline of contract %d: %w", contract, err)
	}
	return nil
}

func figure(n int64) string { return strconv.FormatInt(n, 10) }
