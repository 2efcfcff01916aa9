package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"banmuyuan/catalog"
	"banmuyuan/catalog/allocate"
	"banmuyuan/internal/link"
)

var presaleCode = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9-]{0,39}$`)

// maySell tells whether a may change presales of a seller.
func maySell(a link.Actor, seller int64) bool {
	return isCounty(a) || (seller > 0 && staffOf(a) == seller)
}

// SavePresale creates a presale as a draft, or changes one. Once it is open, titles, notes, dates and limits may still
// change, because no earlier order depends on them; prices, terms, policy and what is sold may not.
func (c *Catalog) SavePresale(ctx context.Context, p catalog.Presale) (catalog.Presale, error) {
	actor := link.ActorFrom(ctx)
	if !maySell(actor, p.SellerOrg) {
		return catalog.Presale{}, denied(actor)
	}
	ref := c.reference.Load()
	if err := ref.checkPresale(p); err != nil {
		return catalog.Presale{}, err
	}
	unitFen := catalog.UnitFen(p, ref.products[p.ProductID])
	err := link.InTx(ctx, c.db, nil, func(tx *sqlx.Tx) error {
		if p.ID == 0 {
			p.State = catalog.PresaleDraft
			return c.createPresale(ctx, tx, &p, unitFen)
		}
		return c.changePresale(ctx, tx, &p, unitFen)
	})
	if link.Constraint(err) == "presale_code" {
		return catalog.Presale{}, link.E(link.Conflict, "presale.code.taken", "code")
	}
	if err != nil {
		return catalog.Presale{}, err
	}
	c.relay.Notify()
	return p, nil
}

// checkPresale checks what somebody typed.
func (r *reference) checkPresale(p catalog.Presale) error {
	var problems link.Problems
	if !presaleCode.MatchString(p.Code) {
		problems.Add("presale.code.missing", "code")
	}
	if p.Title.Zh == "" || p.Title.En == "" || len(p.Title.Zh)+len(p.Title.En) > 400 {
		problems.Add("presale.title.missing", "title")
	}
	product, ok := r.products[p.ProductID]
	if !ok {
		problems.Add("presale.product", "product_id")
	}
	if _, ok := r.organisations[p.SellerOrg]; !ok {
		problems.Add("presale.seller", "seller_org")
	}
	if p.Season < 2000 || p.Season > 2199 {
		problems.Add("presale.season", "season")
	}
	if !p.OpensAt.Before(p.ClosesAt) {
		problems.Add("presale.window", "closes_at")
	}
	if p.DeliverFrom.IsZero() || p.DeliverTo.Before(p.DeliverFrom) {
		problems.Add("presale.delivery", "deliver_to")
	}
	if len(p.Channels) == 0 || slices.ContainsFunc(p.Channels, func(c catalog.Channel) bool { return !c.Valid() }) {
		problems.Add("presale.channels", "channels")
	}
	seen := map[string]bool{}
	bad := len(p.Grades) == 0
	for _, g := range p.Grades {
		bad = bad || g.Grade == "" || seen[g.Grade] || g.Price.Fen <= 0 || g.Price.Fen > largestLot || g.Price.Per <= 0
		seen[g.Grade] = true
	}
	if bad {
		problems.Add("presale.grades", "grades")
	}
	if p.MinQty <= 0 || p.StepQty <= 0 || p.CollectionMin <= 0 || p.CollectionMin > largestLot || p.MaxQty < 0 || (p.MaxQty > 0 && p.MaxQty < p.MinQty) {
		problems.Add("presale.quantity", "min_qty")
	}
	if p.GramsPerUnit < 0 || p.GramsPerUnit > largestLot || (product.Weighed() && p.GramsPerUnit == 0) {
		problems.Add("presale.grams", "grams_per_unit")
	}
	if !termsValid(p.Terms) {
		problems.Add("presale.terms", "terms")
	}
	if allocate.Policy(p.Policy).Version() == "" {
		problems.Add("presale.policy", "policy")
	}
	return problems.Err()
}

func termsValid(t catalog.Terms) bool {
	for _, bp := range []int64{t.DepositBP, t.FeeBP, t.ForfeitBP, t.WeightToleranceBP} {
		if bp < 0 || bp > 10_000 {
			return false
		}
	}
	return t.FreeCancelHours >= 0 && t.InspectionHours >= 0
}

func (c *Catalog) createPresale(ctx context.Context, tx *sqlx.Tx, p *catalog.Presale, unitFen int64) error {
	if _, err := tx.ExecContext(ctx, `INSERT INTO season (id) VALUES ($1) ON CONFLICT DO NOTHING`, p.Season); err != nil {
		return fmt.Errorf("make season: %w", err)
	}
	if _, err := lockSeason(ctx, tx, p.Season); err != nil {
		return err
	}
	err := tx.GetContext(ctx, &p.ID, `
		INSERT INTO presale (code, product_id, season, title, note, state, channels, opens_at, closes_at, deliver_from, deliver_to, grades,
			min_qty, step_qty, max_qty, collection_min, grams_per_unit, terms, seller_org, policy, unit_fen)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21) RETURNING id`,
		p.Code, p.ProductID, p.Season, toJSON(p.Title), toJSON(p.Note), p.State, channels(p.Channels), p.OpensAt, p.ClosesAt, p.DeliverFrom, p.DeliverTo,
		toJSON(p.Grades), p.MinQty, p.StepQty, p.MaxQty, p.CollectionMin, p.GramsPerUnit, toJSON(p.Terms), p.SellerOrg, p.Policy, unitFen)
	if err != nil {
		return fmt.Errorf("create presale: %w", err)
	}
	return presaleChanged(ctx, tx, *p, nil)
}

func (c *Catalog) changePresale(ctx context.Context, tx *sqlx.Tx, p *catalog.Presale, unitFen int64) error {
	before, err := lockPresale(ctx, tx, p.ID)
	if err != nil {
		return err
	}
	if !maySell(link.ActorFrom(ctx), before.SellerOrg) {
		return link.E(link.NotFound, "presale.unknown", "id")
	}
	if before.ContractID != 0 {
		return link.E(link.NotFound, "presale.unknown", "id")
	}
	p.State, p.ContractID = before.State, 0
	if before.State != catalog.PresaleDraft && !sameDeal(before.Presale, *p) {
		return link.E(link.Conflict, "presale.not_draft", "")
	}
	if p.Season != before.Season {
		return link.E(link.Conflict, "presale.not_draft", "season")
	}
	_, err = tx.ExecContext(ctx, `
		UPDATE presale SET code = $2, product_id = $3, title = $4, note = $5, channels = $6, opens_at = $7, closes_at = $8, deliver_from = $9,
			deliver_to = $10, grades = $11, min_qty = $12, step_qty = $13, max_qty = $14, collection_min = $15, grams_per_unit = $16, terms = $17,
			seller_org = $18, policy = $19, unit_fen = $20
		WHERE id = $1`,
		p.ID, p.Code, p.ProductID, toJSON(p.Title), toJSON(p.Note), channels(p.Channels), p.OpensAt, p.ClosesAt, p.DeliverFrom,
		p.DeliverTo, toJSON(p.Grades), p.MinQty, p.StepQty, p.MaxQty, p.CollectionMin, p.GramsPerUnit, toJSON(p.Terms),
		p.SellerOrg, p.Policy, unitFen)
	if err != nil {
		return fmt.Errorf("change presale: %w", err)
	}
	var lots []int64 // their worth changes with the price
	if unitFen != before.UnitFen {
		if err := tx.SelectContext(ctx, &lots, `SELECT id FROM lot WHERE presale_id = $1 ORDER BY id`, p.ID); err != nil {
			return fmt.Errorf("read lots: %w", err)
		}
	}
	return presaleChanged(ctx, tx, *p, lots)
}

// sameDeal tells whether what orders were or will be placed on is unchanged.
func sameDeal(a, b catalog.Presale) bool {
	deal := func(p catalog.Presale) string {
		b, err := json.Marshal([]any{p.Code, p.ProductID, p.Season, p.Grades, p.Terms, p.GramsPerUnit, p.SellerOrg, p.Policy, p.CollectionMin})
		if err != nil {
			panic(err) // numbers and strings only
		}
		return string(b)
	}
	return deal(a) == deal(b)
}

// lockPresale locks a presale's season and reads the presale.
func lockPresale(ctx context.Context, tx *sqlx.Tx, id int64) (presaleRow, error) {
	var season int
	if err := tx.GetContext(ctx, &season, `SELECT season FROM presale WHERE id = $1`, id); err != nil {
		return presaleRow{}, notFound(fmt.Errorf("find presale: %w", err), "presale.unknown", "id")
	}
	if _, err := lockSeason(ctx, tx, season); err != nil {
		return presaleRow{}, err
	}
	return scanPresale(tx.QueryRowContext(ctx, `SELECT `+presaleColumns+` FROM presale p WHERE p.id = $1`, id).Scan)
}

// presaleChanged tells memory, readers and other modules.
func presaleChanged(ctx context.Context, tx *sqlx.Tx, p catalog.Presale, lots []int64) error {
	if err := noteChange(ctx, tx, p.Season, change{presales: []int64{p.ID}, lots: lots}); err != nil {
		return err
	}
	if err := touchReference(ctx, tx); err != nil {
		return err
	}
	return link.Publish(ctx, tx, link.Message{
		Subject: catalog.EvtPresaleChanged, Data: catalog.PresaleChanged{PresaleID: p.ID, State: p.State},
	})
}

// SetPresaleState opens or closes a presale. Opening gives a lot to each household that raises or grows the product and
// has none yet: Product.Supply less what its lots of the same product already promise this season.
func (c *Catalog) SetPresaleState(ctx context.Context, r catalog.PresaleStateRequest) (catalog.Presale, error) {
	actor := link.ActorFrom(ctx)
	var p catalog.Presale
	err := link.InTx(ctx, c.db, nil, func(tx *sqlx.Tx) error {
		row, err := lockPresale(ctx, tx, r.ID)
		if err != nil {
			return err
		}
		if !maySell(actor, row.SellerOrg) {
			if row.State == catalog.PresaleDraft {
				return link.E(link.NotFound, "presale.unknown", "id")
			}
			return denied(actor)
		}
		if row.ContractID != 0 { // the contract opens and closes it
			return link.E(link.NotFound, "presale.unknown", "id")
		}
		p = row.Presale
		if p.State == r.State {
			return nil
		}
		if !(p.State == catalog.PresaleDraft && r.State == catalog.PresaleOpen) && !(p.State == catalog.PresaleOpen && r.State == catalog.PresaleClosed) {
			return link.E(link.Conflict, "presale.state", "state")
		}
		p.State = r.State
		if _, err := tx.ExecContext(ctx, `UPDATE presale SET state = $2 WHERE id = $1`, p.ID, p.State); err != nil {
			return fmt.Errorf("set presale state: %w", err)
		}
		var lots []int64
		if p.State == catalog.PresaleOpen {
			if lots, err = c.makeLots(ctx, tx, p); err != nil {
				return err
			}
		}
		return presaleChanged(ctx, tx, p, lots)
	})
	if err != nil {
		return catalog.Presale{}, err
	}
	c.relay.Notify()
	return p, nil
}

// makeLots makes a presale's lots and returns the ids of all it has.
func (c *Catalog) makeLots(ctx context.Context, tx *sqlx.Tx, p catalog.Presale) ([]int64, error) {
	product, ok := c.reference.Load().products[p.ProductID]
	if !ok {
		return nil, fmt.Errorf("make lots of presale %d: its product is not known", p.ID)
	}
	promised := map[int64]int64{} // units of the product in other presales of the season, by household
	err := each(ctx, tx, fmt.Sprintf(`
		SELECT l.household_id, sum(l.capacity)::bigint FROM lot l JOIN presale p ON p.id = l.presale_id
		WHERE p.product_id = %d AND p.season = %d GROUP BY l.household_id`, p.ProductID, p.Season),
		func(scan func(...any) error) error {
			var id, n int64
			err := scan(&id, &n)
			promised[id] = n
			return err
		})
	if err != nil {
		return nil, fmt.Errorf("read lots of the product: %w", err)
	}
	var households, capacities, raisers, agents []int64
	err = each(ctx, tx, `SELECT h.id, h.programmes, h.garden_m2, h.geese, coalesce(h.raiser_org, 0) FROM household h ORDER BY h.id`,
		func(scan func(...any) error) error {
			var h catalog.Household
			if err := scan(&h.ID, (*pq.StringArray)(&h.Programmes), &h.GardenM2, &h.Geese, &h.RaiserOrg); err != nil {
				return err
			}
			if n := product.Supply(h) - promised[h.ID]; n > 0 {
				raiser, bp := product.Raised(h)
				households, capacities = append(households, h.ID), append(capacities, n)
				raisers, agents = append(raisers, raiser), append(agents, bp)
			}
			return nil
		})
	if err != nil {
		return nil, fmt.Errorf("read households: %w", err)
	}
	_, err = tx.ExecContext(ctx, `
		INSERT INTO lot (presale_id, household_id, capacity, agent_org, agent_bp)
		SELECT $1, h, c, r, a FROM unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::int[]) AS n (h, c, r, a)
		ON CONFLICT ON CONSTRAINT lot_of_household DO NOTHING`, p.ID, pq.Array(households), pq.Array(capacities), pq.Array(raisers), pq.Array(agents))
	if err != nil {
		return nil, fmt.Errorf("make lots: %w", err)
	}
	var lots []int64
	if err := tx.SelectContext(ctx, &lots, `SELECT id FROM lot WHERE presale_id = $1 ORDER BY id`, p.ID); err != nil {
		return nil, fmt.Errorf("read lots: %w", err)
	}
	return lots, nil
}
