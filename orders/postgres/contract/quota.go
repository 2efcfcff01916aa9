package contract

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/jmoiron/sqlx"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/internal/link/paging"
	"banmuyuan/orders"
	"banmuyuan/orders/contract"
	"banmuyuan/orders/postgres/desk"
)

// quotaRow is a quota as it is stored.
type quotaRow struct {
	ID          int64               `db:"id"`
	ContractID  int64               `db:"contract_id"`
	HouseholdID int64               `db:"household_id"`
	VillageID   int64               `db:"village_id"`
	Qty         int64               `db:"qty"`
	State       contract.QuotaState `db:"state"`
	Own         bool                `db:"own"`
	LevelFen    int64               `db:"level_fen"`
	AnswerBy    time.Time           `db:"answer_by"`
	LotID       int64               `db:"lot_id"`
	Text        string              `db:"text"`
	TextHash    string              `db:"text_hash"`
	SignedAt    *time.Time          `db:"signed_at"`
	Signer      string              `db:"signer"`
	OnBehalf    bool                `db:"on_behalf"`
	Reason      string              `db:"reason"`
	AdvanceFen  int64               `db:"advance_fen"`
	WorkedFen   int64               `db:"worked_fen"`
	AdvanceID   int64               `db:"advance_id"`
	AgentOrg    int64               `db:"agent_org"`
	AgentBP     int64               `db:"agent_bp"`
}

const quotaColumns = `q.id, q.contract_id, q.household_id, q.village_id, q.qty, q.state, q.own, q.level_fen, q.answer_by, q.lot_id, q.text,
	q.text_hash, q.signed_at, q.signer, q.on_behalf, q.reason, q.advance_fen, q.worked_fen, q.advance_id,
	q.agent_org, q.agent_bp`

func errQuota() error { return link.E(link.NotFound, "quota.unknown", "id") }

func quotaByID(ctx context.Context, q desk.Queryer, id int64, lock bool) (*quotaRow, error) {
	row := &quotaRow{}
	query := `SELECT ` + quotaColumns + ` FROM quota q WHERE q.id = $1`
	if lock {
		query += ` FOR UPDATE`
	}
	err := q.GetContext(ctx, row, query, id)
	if desk.Missing(err) {
		return nil, errQuota()
	}
	if err != nil {
		return nil, fmt.Errorf("read quota %d: %w", id, err)
	}
	return row, nil
}

// quotasOut converts quotas, with names, contracts and delivered units.
func (m *Room) quotasOut(ctx context.Context, rows []quotaRow, withContract bool) ([]contract.Quota, error) {
	var contractIDs, households, ids []int64
	for _, q := range rows {
		if !slices.Contains(contractIDs, q.ContractID) {
			contractIDs = append(contractIDs, q.ContractID)
		}
		households, ids = append(households, q.HouseholdID), append(ids, q.ID)
	}
	contracts, err := readContracts(ctx, m.DB, `c.id = ANY($1)`, desk.Ints(contractIDs))
	if err != nil {
		return nil, err
	}
	shown, err := m.contractsOut(ctx, contracts)
	if err != nil {
		return nil, err
	}
	byID := map[int64]*contract.Contract{}
	for i := range shown {
		byID[shown[i].ID] = &shown[i]
	}
	people, err := m.People(ctx, households)
	if err != nil {
		return nil, err
	}
	sums, err := m.quotaSums(ctx, ids)
	if err != nil {
		return nil, err
	}
	ref, err := m.Ref.Get(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]contract.Quota, len(rows))
	for i, r := range rows {
		c, h, s := byID[r.ContractID], people[r.HouseholdID], sums[r.ID]
		q := contract.Quota{ID: r.ID, ContractNo: c.No, HouseholdID: r.HouseholdID, VillageID: r.VillageID, Qty: r.Qty, State: r.State, Own: r.Own,
			LevelFen: r.LevelFen, SignedAt: r.SignedAt, SignedBy: r.Signer, OnBehalf: r.OnBehalf, Reason: r.Reason, TextHash: r.TextHash,
			CalledOff: s.Called, Received: s.Received, Short: s.Short, AdvanceFen: r.AdvanceFen, WorkedFen: r.WorkedFen, Code: h.Code, Head: h.Head,
			Village: ref.Villages[r.VillageID].Name, Unit: c.Unit, ContractName: c.Title, Name: c.Name}
		if r.State == contract.QuotaProposed {
			by := r.AnswerBy.UTC()
			q.AnswerBy = &by
		}
		agent, bp := r.AgentOrg, r.AgentBP
		if r.Text == "" {
			agent, bp = ref.Products[c.Product].Raised(h)
		}
		q.Agent, q.AgentBP = ref.Orgs[agent].Name, bp
		if q.ExpectedFen, err = c.Expected(c.UnitGrams, r.Qty, bp); err != nil {
			return nil, err
		}
		if withContract {
			q.Contract = c
		}
		out[i] = q
	}
	return out, nil
}

type quotaSum struct {
	ID       int64 `db:"id"`
	Called   int64 `db:"called"`
	Received int64 `db:"received"`
	Short    int64 `db:"short"`
}

func (m *Room) quotaSums(ctx context.Context, ids []int64) (map[int64]quotaSum, error) {
	var rows []quotaSum
	err := m.DB.SelectContext(ctx, &rows, `
		SELECT q.id, coalesce(sum(s.qty), 0)::bigint AS called, coalesce(sum(s.received), 0)::bigint AS received,
		       coalesce(sum(s.short), 0)::bigint AS short
		FROM quota q JOIN share s ON s.lot_id = q.lot_id AND s.household_id = q.household_id
		WHERE q.id = ANY($1) AND q.lot_id <> 0 GROUP BY q.id`, desk.Ints(ids))
	if err != nil {
		return nil, fmt.Errorf("sum quotas: %w", err)
	}
	byID := make(map[int64]quotaSum, len(rows))
	for _, r := range rows {
		byID[r.ID] = r
	}
	return byID, nil
}

// Quotas lists quotas: of a contract for its buyer, its collector and the county, of a household for itself.
func (m *Room) Quotas(ctx context.Context, r contract.QuotaFilter) (contract.QuotaPage, error) {
	page := contract.QuotaPage{Items: []contract.Quota{}}
	limit, err := paging.Size(r.Limit, 50, 500)
	if err != nil {
		return page, err
	}
	var f desk.Filter
	a := link.ActorFrom(ctx)
	selling := a.Role == orders.RoleHousehold || a.Role == orders.RoleHelper
	if selling {
		h, err := m.actsFor(ctx, r.Household)
		if err != nil {
			return page, err
		}
		f.Add(`q.household_id = ?`, h.ID)
	} else if r.Household != 0 {
		f.Add(`q.household_id = ?`, r.Household)
	}
	switch {
	case r.No != "":
		c, _, err := m.findContract(ctx, r.No)
		if err != nil {
			return page, err
		}
		f.Add(`q.contract_id = ?`, c.ID)
	case !selling && !orders.IsCounty(a):
		return page, errContract()
	}
	if r.VillageID != 0 {
		f.Add(`q.village_id = ?`, r.VillageID)
	}
	if r.State != "" {
		f.Add(`q.state = ?`, string(r.State))
	}
	err = m.DB.QueryRowxContext(ctx, `SELECT count(*), coalesce(sum(q.qty), 0)::bigint FROM quota q WHERE `+f.Where(), f.Args...).Scan(&page.Total, &page.Qty)
	if err != nil {
		return page, fmt.Errorf("count quotas: %w", err)
	}
	after, err := paging.Place("quotas", r.Cursor, 2)
	if err != nil {
		return page, err
	}
	order := `q.village_id, q.id`
	if selling {
		order = `q.id DESC`
	}
	if after != nil && !selling {
		f.Add(`(q.village_id, q.id) > (?, ?)`, after[0], after[1])
	} else if after != nil {
		f.Add(`q.id < ?`, after[1])
	}
	var rows []quotaRow
	err = m.DB.SelectContext(ctx, &rows, fmt.Sprintf(`SELECT %s FROM quota q WHERE %s ORDER BY %s LIMIT %d`, quotaColumns, f.Where(), order, limit+1), f.Args...)
	if err != nil {
		return page, fmt.Errorf("read quotas: %w", err)
	}
	if len(rows) > limit {
		rows = rows[:limit]
		page.Cursor = paging.After("quotas", rows[limit-1].VillageID, rows[limit-1].ID)
	}
	page.Items, err = m.quotasOut(ctx, rows, selling)
	return page, err
}

// findQuota finds a quota that the actor may see, and whether it may answer for its household.
func (m *Room) findQuota(ctx context.Context, id int64) (*quotaRow, *contractRow, bool, error) {
	q, err := quotaByID(ctx, m.DB, id, false)
	if err != nil {
		return nil, nil, false, err
	}
	c, err := contractByID(ctx, m.DB, q.ContractID, false)
	if err != nil {
		return nil, nil, false, err
	}
	a := link.ActorFrom(ctx)
	if viewer(a).PartOf(c.contract()).SeesDealings() {
		return q, c, false, nil
	}
	if a.Account == 0 {
		return nil, nil, false, desk.ErrLogin()
	}
	if _, err := m.actsFor(ctx, q.HouseholdID); err != nil {
		if link.CodeOf(err) == link.Forbidden && link.AsError(err).Key == "household.consent.missing" {
			return nil, nil, false, err
		}
		return nil, nil, false, errQuota()
	}
	return q, c, true, nil
}

// Quota returns one with the text that is, or would be, signed.
func (m *Room) Quota(ctx context.Context, r contract.QuotaRef) (contract.Quota, error) {
	row, _, _, err := m.findQuota(ctx, r.ID)
	if err != nil {
		return contract.Quota{}, err
	}
	return m.quotaOut(ctx, row)
}

func (m *Room) quotaOut(ctx context.Context, row *quotaRow) (contract.Quota, error) {
	out, err := m.quotasOut(ctx, []quotaRow{*row}, true)
	if err != nil {
		return contract.Quota{}, err
	}
	q := out[0]
	if q.Text = row.Text; q.Text == "" {
		q.Text = contract.QuotaText(*q.Contract, q)
	}
	return q, nil
}

// agreement is the content of a signature: the text, and the raiser of the household's goods.
type agreement struct {
	text      string
	agent, bp int64
}

func (m *Room) agreementFor(ctx context.Context, c *contractRow, h catalog.Household, qty int64) (agreement, error) {
	out, err := m.contractOut(ctx, c)
	if err != nil {
		return agreement{}, err
	}
	ref, err := m.Ref.Get(ctx)
	if err != nil {
		return agreement{}, err
	}
	var a agreement
	a.agent, a.bp = ref.Products[c.Product].Raised(h)
	a.text = contract.QuotaText(out, contract.Quota{Qty: qty, Head: h.Head, Code: h.Code, Village: h.Village, Agent: ref.Orgs[a.agent].Name, AgentBP: a.bp})
	return a, nil
}

// signable refuses a contract that nobody can sign now.
func (m *Room) signable(c *contractRow) error {
	return contract.Signable(c.State, c.SignBy, m.Now())
}

// SignOffer returns the quota that a household may sign.
func (m *Room) SignOffer(ctx context.Context, r contract.SignOfferRequest) (contract.SignOffer, error) {
	c, _, err := m.findContract(ctx, r.No)
	if err != nil {
		return contract.SignOffer{}, err
	}
	h, err := m.actsFor(ctx, r.HouseholdID)
	if err != nil {
		return contract.SignOffer{}, err
	}
	ref, err := m.Ref.Get(ctx)
	if err != nil {
		return contract.SignOffer{}, err
	}
	res := contract.SignOffer{}
	if res.Contract, err = m.contractOut(ctx, c); err != nil {
		return res, err
	}
	var has quotaRow
	err = m.DB.GetContext(ctx, &has, `
		SELECT `+quotaColumns+` FROM quota q WHERE q.contract_id = $1 AND q.household_id = $2 AND q.state = ANY($3)
		ORDER BY q.id DESC LIMIT 1`, c.ID, h.ID, desk.TextArray(contract.HoldingStates()))
	if err == nil {
		q, err := m.quotaOut(ctx, &has)
		res.Quota, res.Why = &q, "quota.exists"
		return res, err
	}
	if !desk.Missing(err) {
		return res, fmt.Errorf("look for a quota: %w", err)
	}
	agent, bp := ref.Products[c.Product].Raised(h)
	res.Agent, res.AgentBP = ref.Orgs[agent].Name, bp
	if res.UnitFen, err = res.Contract.Expected(res.Contract.UnitGrams, 1, bp); err != nil {
		return res, err
	}
	if res.Why = c.terms.Excludes(ref.Villages[h.VillageID].TownshipID, h.Programmes); res.Why != "" {
		return res, nil
	}
	if err := m.signable(c); err != nil {
		res.Why = link.AsError(err).Key
		return res, nil
	}
	spare, err := m.CatalogContracts.Spare(desk.AsSystem(ctx), catalog.SpareRequest{Product: c.Product, Season: c.Season, HouseholdID: h.ID})
	if err != nil {
		return res, err
	}
	res.Most, res.Why = c.terms.Most(spare.Units, c.Promised)
	if r.Qty > 0 {
		signed, err := m.agreementFor(ctx, c, h, r.Qty)
		if err != nil {
			return res, err
		}
		res.Text = signed.text
	}
	return res, nil
}

// SignUp signs a quota that a household asks for.
func (m *Room) SignUp(ctx context.Context, r contract.SignUp) (contract.Quota, error) {
	found, _, err := m.findContract(ctx, r.No)
	if err != nil {
		return contract.Quota{}, err
	}
	h, err := m.actsFor(ctx, r.HouseholdID)
	if err != nil {
		return contract.Quota{}, err
	}
	ctx = desk.OnBehalf(ctx, h.ID)
	if err := r.Check(found.terms); err != nil {
		return contract.Quota{}, err
	}
	ref, err := m.Ref.Get(ctx)
	if err != nil {
		return contract.Quota{}, err
	}
	if why := found.terms.Excludes(ref.Villages[h.VillageID].TownshipID, h.Programmes); why != "" {
		return contract.Quota{}, link.E(link.Invalid, why, "")
	}
	body := r
	body.IdempotencyKey, body.HouseholdID = "", h.ID
	hash, err := desk.HashBody(body)
	if err != nil {
		return contract.Quota{}, err
	}
	signed, err := m.agreementFor(ctx, found, h, r.Qty)
	if err != nil {
		return contract.Quota{}, err
	}
	var id int64
	err = m.Tx(ctx, func(tx *sqlx.Tx) error {
		about, done, err := m.Once(ctx, tx, r.IdempotencyKey, hash)
		if err != nil || done {
			id = about
			return err
		}
		if err := contract.CheckRead(signed.text, r.ReadHash); err != nil {
			return err
		}
		c, err := contractByID(ctx, tx, found.ID, true)
		if err != nil {
			return err
		}
		if err := m.signable(c); err != nil {
			return err
		}
		if err := c.terms.CheckLeft(c.Promised, r.Qty); err != nil {
			return err
		}
		a := link.ActorFrom(ctx)
		err = tx.GetContext(ctx, &id, `
			INSERT INTO quota (contract_id, household_id, village_id, qty, state, own, answer_by, booked_at, text, text_hash, signer_id, signer,
			                   signer_role, on_behalf, created_at, agent_org, agent_bp)
			VALUES ($1, $2, $3, $4, $15, true, $5, $6, $7, $8, $9, $10, $11, $12, $6, $13, $14) RETURNING id`,
			c.ID, h.ID, h.VillageID, r.Qty, contract.EndOf(c.SignBy), m.Now(), signed.text, contract.TextHash(signed.text), a.Account, orders.ActorName(a), a.Role,
			a.OnBehalfOf != 0, signed.agent, signed.bp, string(contract.QuotaBooking))
		if err != nil {
			return fmt.Errorf("write quota: %w", err)
		}
		_, err = tx.ExecContext(ctx, `UPDATE request_key SET about = $3 WHERE account_id = $1 AND key = $2`, a.Account, r.IdempotencyKey, id)
		if err != nil {
			return fmt.Errorf("note quota: %w", err)
		}
		return desk.Did(ctx, tx, quotaAct("contract.signed_up", h.ID, id))
	})
	if link.Constraint(err) == "quota_one" {
		return contract.Quota{}, link.E(link.Conflict, "quota.exists", "")
	}
	if err != nil {
		return contract.Quota{}, err
	}
	if err := m.book(ctx, id); err != nil {
		return contract.Quota{}, err
	}
	return m.Quota(ctx, contract.QuotaRef{ID: id})
}

// quotaAct is the entry of the audit trail about a household's quota.
func quotaAct(kind string, household, quota int64) link.Act {
	return link.Act{Kind: kind, On: "household", Object: strconv.FormatInt(household, 10), Detail: strconv.FormatInt(quota, 10)}
}

// AnswerQuota records a household's answer to a proposal. The same answer again changes nothing.
func (m *Room) AnswerQuota(ctx context.Context, r contract.AnswerQuota) (contract.Quota, error) {
	q, found, may, err := m.findQuota(ctx, r.ID)
	if err != nil {
		return contract.Quota{}, err
	}
	if !may {
		return contract.Quota{}, desk.ErrRole()
	}
	reason, err := r.Check()
	if err != nil {
		return contract.Quota{}, err
	}
	h, err := m.actsFor(ctx, q.HouseholdID)
	if err != nil {
		return contract.Quota{}, err
	}
	ctx = desk.OnBehalf(ctx, h.ID)
	signed, err := m.agreementFor(ctx, found, h, q.Qty)
	if err != nil {
		return contract.Quota{}, err
	}
	book := false
	err = m.Tx(ctx, func(tx *sqlx.Tx) error {
		c, err := contractByID(ctx, tx, q.ContractID, true)
		if err != nil {
			return err
		}
		q, err := quotaByID(ctx, tx, r.ID, true)
		if err != nil {
			return err
		}
		to, repeated, err := r.Next(q.State)
		if err != nil || repeated {
			book = repeated && contract.QuotaMachine.Can(q.State, contract.QuotaBooked)
			return err
		}
		if err := m.signable(c); err != nil {
			return err
		}
		if err := contract.CheckInTime(q.AnswerBy, m.Now()); err != nil {
			return err
		}
		a := link.ActorFrom(ctx)
		if !r.Accept {
			return m.decline(ctx, tx, c, q, to, a, reason)
		}
		if err := contract.CheckRead(signed.text, r.ReadHash); err != nil {
			return err
		}
		book = true
		_, err = tx.ExecContext(ctx, `
			UPDATE quota SET state = $2, booked_at = $3, text = $4, text_hash = $5, signer_id = $6, signer = $7, signer_role = $8, on_behalf = $9,
			       agent_org = $10, agent_bp = $11
			WHERE id = $1`, q.ID, string(to), m.Now(), signed.text, contract.TextHash(signed.text), a.Account, orders.ActorName(a), a.Role, a.OnBehalfOf != 0,
			signed.agent, signed.bp)
		if err != nil {
			return fmt.Errorf("agree to quota %d: %w", q.ID, err)
		}
		return desk.Did(ctx, tx, quotaAct("contract.agreed", q.HouseholdID, q.ID))
	})
	if err != nil {
		return contract.Quota{}, err
	}
	if book {
		if err := m.book(ctx, r.ID); err != nil {
			return contract.Quota{}, err
		}
	}
	return m.Quota(ctx, contract.QuotaRef{ID: r.ID})
}

// decline frees a proposed quota, so that its units are proposed to others.
func (m *Room) decline(ctx context.Context, tx *sqlx.Tx, c *contractRow, q *quotaRow, to contract.QuotaState, a link.Actor, reason string) error {
	_, err := tx.ExecContext(ctx, `
		UPDATE quota SET state = $2, reason = $3, signer_id = $4, signer = $5, signer_role = $6, on_behalf = $7 WHERE id = $1`,
		q.ID, string(to), reason, a.Account, orders.ActorName(a), a.Role, a.OnBehalfOf != 0)
	if err != nil {
		return fmt.Errorf("decline quota %d: %w", q.ID, err)
	}
	if err := checkLater(ctx, tx, c.ID, m.Now()); err != nil {
		return err
	}
	if err := desk.Did(ctx, tx, quotaAct("contract.declined", q.HouseholdID, q.ID)); err != nil {
		return err
	}
	return m.addTimeline(ctx, tx, c.ID, "contract.timeline.declined", "qty", figure(q.Qty), "unit", "unit."+c.Unit)
}

// checkLater has a worker check a contract.
func checkLater(ctx context.Context, tx *sqlx.Tx, contract int64, at time.Time) error {
	if _, err := tx.ExecContext(ctx, `UPDATE contract SET check_at = $2 WHERE id = $1`, contract, at); err != nil {
		return fmt.Errorf("have contract %d checked: %w", contract, err)
	}
	return nil
}

// book asks the catalogue to move the units of an agreed quota, and signs the quota. A refusal lets a proposal stand and
// drops an own wish. After any other error a worker books it later.
func (m *Room) book(ctx context.Context, id int64) error {
	q, err := quotaByID(ctx, m.DB, id, false)
	if err != nil || !contract.QuotaMachine.Can(q.State, contract.QuotaBooked) {
		return err
	}
	c, err := contractByID(ctx, m.DB, q.ContractID, false)
	if err != nil {
		return err
	}
	if c.PresaleTold == "" { // published a moment ago
		if err := m.checkContract(ctx, c.ID, time.Time{}); err != nil {
			return err
		}
	}
	lot, asked := m.CatalogContracts.SetQuota(desk.AsSystem(ctx), catalog.QuotaRequest{ContractID: q.ContractID, HouseholdID: q.HouseholdID, Qty: q.Qty})
	if asked != nil && !desk.Refused(asked) {
		return asked
	}
	err = m.Tx(ctx, func(tx *sqlx.Tx) error {
		c, err := contractByID(ctx, tx, q.ContractID, true)
		if err != nil {
			return err
		}
		q, err := quotaByID(ctx, tx, id, true)
		if err != nil || !contract.QuotaMachine.Can(q.State, contract.QuotaBooked) {
			return err
		}
		if asked != nil {
			return m.unbook(ctx, tx, c, q, asked)
		}
		to, err := q.State.Next(contract.QuotaBooked)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `UPDATE quota SET state = $2, lot_id = $3, signed_at = $4 WHERE id = $1`, id, string(to), lot.ID, m.Now())
		if err != nil {
			return fmt.Errorf("sign quota %d: %w", id, err)
		}
		return m.addTimeline(ctx, tx, c.ID, "contract.timeline.signed", "qty", figure(q.Qty), "unit", "unit."+c.Unit)
	})
	if err != nil {
		return err
	}
	return asked
}

func (m *Room) unbook(ctx context.Context, tx *sqlx.Tx, c *contractRow, q *quotaRow, why error) error {
	to, err := contract.AfterRefusal(q.State, q.Own)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `
		UPDATE quota SET state = $2, reason = $3, booked_at = NULL, text = '', text_hash = '', signer_id = 0, signer = '', signer_role = '',
		       on_behalf = false WHERE id = $1`, q.ID, string(to), link.AsError(why).Key)
	if err != nil {
		return fmt.Errorf("refuse quota %d: %w", q.ID, err)
	}
	return checkLater(ctx, tx, c.ID, m.Now())
}

const mostProposals = 20_000

// ProposeQuotas proposes the unpromised quantity of a contract to households, by the fair policy.
func (m *Room) ProposeQuotas(ctx context.Context, r contract.ProposeQuotas) (contract.Proposed, error) {
	found, p, err := m.findContract(ctx, r.No)
	if err != nil {
		return contract.Proposed{}, err
	}
	if err := p.Need(contract.PartBuyer); err != nil {
		return contract.Proposed{}, err
	}
	if r, err = r.Check(found.terms, found.Promised); err != nil {
		return contract.Proposed{}, err
	}
	if err := m.signable(found); err != nil {
		return contract.Proposed{}, err
	}
	body := r
	body.IdempotencyKey = ""
	hash, err := desk.HashBody(body)
	if err != nil {
		return contract.Proposed{}, err
	}
	return m.propose(ctx, found, r.Qty, r.AnswerDays, r.IdempotencyKey, hash)
}

// propose asks the catalogue for households and writes the proposals. Households with an earlier proposal, whatever their
// answer, get no other one.
func (m *Room) propose(ctx context.Context, c *contractRow, qty int64, days int, key string, hash []byte) (contract.Proposed, error) {
	if qty == 0 {
		qty = c.Quantity - c.Promised
	}
	var res contract.Proposed
	if qty < c.terms.MinQuota {
		return res, nil
	}
	var exclude []int64
	if err := m.DB.SelectContext(ctx, &exclude, `SELECT DISTINCT household_id FROM quota WHERE contract_id = $1 ORDER BY 1`, c.ID); err != nil {
		return res, fmt.Errorf("read households of contract %d: %w", c.ID, err)
	}
	unitFen, err := c.terms.Expected(c.UnitGrams, 1, 0)
	if err != nil {
		return res, err
	}
	found, err := m.CatalogContracts.ProposeQuotas(desk.AsSystem(ctx), catalog.ProposeRequest{Product: c.Product, Season: c.Season, Qty: qty,
		Min: c.terms.MinQuota, Max: c.terms.MaxQuota, UnitFen: unitFen, Townships: c.Townships, Programmes: c.Programmes, Exclude: exclude})
	if err != nil {
		return res, err
	}
	if len(found.Households) > mostProposals {
		return res, fmt.Errorf("propose quotas of contract %d: %d households", c.ID, len(found.Households))
	}
	now := m.Now()
	by := contract.AnswerBy(now, days, c.SignBy)
	err = m.Tx(ctx, func(tx *sqlx.Tx) error {
		res = contract.Proposed{}
		if key != "" {
			about, done, err := m.Once(ctx, tx, key, hash)
			if err != nil || done {
				res.Households = about
				return err
			}
		}
		c, err := contractByID(ctx, tx, c.ID, true)
		if err != nil {
			return err
		}
		if err := m.signable(c); err != nil {
			return err
		}
		// Others may have signed meanwhile: the last proposals give way.
		var n int
		n, res.Qty = contract.Fit(found.Qty, c.Quantity-c.Promised)
		wrote, err := tx.ExecContext(ctx, `
			INSERT INTO quota (contract_id, household_id, village_id, qty, state, level_fen, answer_by, created_at)
			SELECT $1, u.h, u.v, u.q, $8, u.l, $6, $7
			FROM unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[]) AS u (h, v, q, l)
			ON CONFLICT DO NOTHING`,
			c.ID, desk.Ints(found.Households[:n]), desk.Ints(found.Villages[:n]), desk.Ints(found.Qty[:n]), desk.Ints(found.LevelFen[:n]), by, now,
			string(contract.QuotaProposed))
		if err != nil {
			return fmt.Errorf("write proposals: %w", err)
		}
		if res.Households, err = wrote.RowsAffected(); err != nil {
			return fmt.Errorf("count proposals: %w", err)
		}
		if key != "" {
			_, err = tx.ExecContext(ctx, `UPDATE request_key SET about = $3 WHERE account_id = $1 AND key = $2`, link.ActorFrom(ctx).Account, key, res.Households)
			if err != nil {
				return fmt.Errorf("note proposals: %w", err)
			}
		}
		if res.Households == 0 {
			return nil
		}
		return m.addTimeline(ctx, tx, c.ID, "contract.timeline.proposed", "n", figure(res.Households), "qty", figure(res.Qty), "unit", "unit."+c.Unit)
	})
	return res, err
}
