package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"banmuyuan/catalog"
	"banmuyuan/catalog/allocate"
	"banmuyuan/catalog/postgres/desk"
	"banmuyuan/internal/link"
)

var _ catalog.Contracts = (*Catalog)(nil)

// SaveContractPresale makes the presale of a contract as a draft, and opens or closes it. Its terms stand from then
// on: households signed for them.
func (c *Catalog) SaveContractPresale(ctx context.Context, r catalog.ContractPresale) (catalog.Presale, error) {
	if err := desk.RequireSystem(ctx); err != nil {
		return catalog.Presale{}, err
	}
	if r.ContractID <= 0 {
		return catalog.Presale{}, link.E(link.Invalid, "malformed", "contract_id")
	}
	ref := c.reference.Load()
	if err := ref.checkPresale(r.Presale); err != nil {
		return catalog.Presale{}, err
	}
	var p catalog.Presale
	save := func(tx *sqlx.Tx) error {
		p = r.Presale
		p.ID, p.State, p.ContractID, p.HouseholdsBP = 0, catalog.PresaleDraft, r.ContractID, 0
		err := tx.GetContext(ctx, &p.ID, `SELECT id FROM presale WHERE contract_id = $1`, r.ContractID)
		switch {
		case errors.Is(err, sql.ErrNoRows):
			if err := c.createPresale(ctx, tx, &p, catalog.UnitFen(p, ref.products[p.ProductID]), 0); err != nil {
				return err
			}
			if _, err := tx.ExecContext(ctx, `UPDATE presale SET contract_id = $2 WHERE id = $1`, p.ID, r.ContractID); err != nil {
				return fmt.Errorf("give presale to contract %d: %w", r.ContractID, err)
			}
		case err != nil:
			return fmt.Errorf("find presale of contract %d: %w", r.ContractID, err)
		default:
			row, err := lockPresale(ctx, tx, p.ID)
			if err != nil {
				return err
			}
			p = row.Presale
		}
		next, err := p.State.Follow(r.State)
		if err != nil || next == p.State {
			return err
		}
		p.State = next
		if _, err := tx.ExecContext(ctx, `UPDATE presale SET state = $2 WHERE id = $1`, p.ID, p.State); err != nil {
			return fmt.Errorf("set presale state: %w", err)
		}
		return presaleChanged(ctx, tx, p, nil)
	}
	err := link.InTx(ctx, c.DB, nil, save)
	if link.Constraint(err) == "presale_code" || link.Constraint(err) == "presale_contract" {
		err = link.InTx(ctx, c.DB, nil, save) // another request made it at this moment: now it is there
	}
	if err != nil {
		return catalog.Presale{}, err
	}
	c.Relay.Notify()
	return p, c.RefreshReference(ctx)
}

// supplyLots reads a household's promises of a product in a season: its lots, and as one more of them its sales at counters.
func supplyLots(ctx context.Context, tx *sqlx.Tx, product int64, season int, household int64) ([]catalog.SupplyLot, error) {
	rows, err := tx.QueryContext(ctx, `
		SELECT l.id, p.contract_id, l.presale_id, l.capacity, l.reserved + l.delivered AS sold, l.agent_org, l.agent_bp
		FROM lot l JOIN presale p ON p.id = l.presale_id
		WHERE p.product_id = $1 AND p.season = $2 AND l.household_id = $3 ORDER BY l.id FOR UPDATE OF l`, product, season, household)
	if err != nil {
		return nil, fmt.Errorf("read a household's lots: %w", err)
	}
	defer rows.Close()
	var lots []catalog.SupplyLot
	for rows.Next() {
		var l catalog.SupplyLot
		if err := rows.Scan(&l.ID, &l.ContractID, &l.PresaleID, &l.Capacity, &l.Sold, &l.AgentOrg, &l.AgentBP); err != nil {
			return nil, fmt.Errorf("read a household's lots: %w", err)
		}
		lots = append(lots, l)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read a household's lots: %w", err)
	}
	counter := catalog.SupplyLot{ContractID: catalog.CounterLot}
	err = tx.GetContext(ctx, &counter.Capacity, `
		SELECT coalesce(sum(units), 0)::bigint FROM counter_take WHERE product_id = $1 AND season = $2 AND household_id = $3`, product, season, household)
	if err != nil {
		return nil, fmt.Errorf("sum what a household sold at counters: %w", err)
	}
	if counter.Sold = counter.Capacity; counter.Sold > 0 {
		lots = append(lots, counter)
	}
	return lots, nil
}

// SetQuota sets the lot of a household in a contract's presale.
func (c *Catalog) SetQuota(ctx context.Context, r catalog.QuotaRequest) (catalog.Lot, error) {
	if err := desk.RequireSystem(ctx); err != nil {
		return catalog.Lot{}, err
	}
	if r.Qty < 0 || r.Qty > catalog.MostUnits {
		return catalog.Lot{}, link.E(link.Invalid, "household.offer.capacity", "qty")
	}
	var lot catalog.Lot
	err := link.InTx(ctx, c.DB, nil, func(tx *sqlx.Tx) error {
		var id int64
		if err := tx.GetContext(ctx, &id, `SELECT id FROM presale WHERE contract_id = $1 AND contract_id <> 0`, r.ContractID); err != nil {
			return desk.NotFound(fmt.Errorf("find presale of contract %d: %w", r.ContractID, err), "presale.unknown", "contract_id")
		}
		p, err := lockPresale(ctx, tx, id)
		if err != nil {
			return err
		}
		h, err := c.household(ctx, tx, catalog.HouseholdRef{ID: r.HouseholdID})
		if err != nil {
			return asField(err, "household_id")
		}
		return c.setQuota(ctx, tx, p.Presale, h, r.Qty, &lot)
	})
	if err != nil {
		return catalog.Lot{}, err
	}
	return lot, nil
}

// setQuota changes a quota in the caller's transaction, which holds the season.
func (c *Catalog) setQuota(ctx context.Context, tx *sqlx.Tx, p catalog.Presale, h catalog.Household, qty int64, lot *catalog.Lot) error {
	product := c.reference.Load().products[p.ProductID]
	lots, err := supplyLots(ctx, tx, p.ProductID, p.Season, h.ID)
	if err != nil {
		return err
	}
	plan, err := catalog.PlanQuota(product.Supply(h), lots, p.ID, qty)
	if err != nil {
		return err
	}
	mine := plan.Lot
	*lot = catalog.Lot{ID: mine.ID, PresaleID: p.ID, HouseholdID: h.ID, VillageID: h.VillageID, Capacity: plan.Capacity, Reserved: mine.Sold,
		AgentOrg: mine.AgentOrg, AgentBP: mine.AgentBP}
	if plan.More == 0 && mine.ID != 0 {
		return nil
	}
	if mine.ID == 0 {
		lot.AgentOrg, lot.AgentBP = product.Raised(h)
		err := tx.GetContext(ctx, &mine.ID, `
			INSERT INTO lot (presale_id, household_id, capacity, agent_org, agent_bp) VALUES ($1, $2, 0, $3, $4) RETURNING id`,
			p.ID, h.ID, lot.AgentOrg, lot.AgentBP)
		if err != nil {
			return fmt.Errorf("make lot of quota: %w", err)
		}
		lot.ID = mine.ID
	}
	touched := []int64{mine.ID}
	if plan.More > 0 {
		moved, err := moveUnits(ctx, tx, mine.ID, catalog.TakeUnits(lots, plan.Moved))
		if err != nil {
			return err
		}
		touched = append(touched, moved...)
	} else {
		back, err := returnUnits(ctx, tx, mine.ID, -plan.More)
		if err != nil {
			return err
		}
		touched = append(touched, back...)
	}
	if _, err := tx.ExecContext(ctx, `UPDATE lot SET capacity = $2 WHERE id = $1`, mine.ID, plan.Capacity); err != nil {
		return fmt.Errorf("set quota: %w", err)
	}
	if err := desk.NoteChange(ctx, tx, p.Season, desk.Change{Lots: touched}); err != nil {
		return err
	}
	if err := desk.TouchReference(ctx, tx); err != nil {
		return err
	}
	return c.LogAction(ctx, tx, h.ID, "quota", map[string]any{"contract": p.ContractID, "lot": mine.ID, "before": mine.Capacity, "capacity": plan.Capacity})
}

// moveUnits moves units from lots of presales to the lot of a quota, and notes where they came from.
func moveUnits(ctx context.Context, tx *sqlx.Tx, to int64, parts []catalog.LotUnits) ([]int64, error) {
	var touched []int64
	for _, from := range parts {
		_, err := tx.ExecContext(ctx, `
			WITH less AS (UPDATE lot SET capacity = capacity - $3 WHERE id = $2)
			INSERT INTO quota_source AS q (lot_id, from_lot, units) VALUES ($1, $2, $3)
			ON CONFLICT (lot_id, from_lot) DO UPDATE SET units = q.units + excluded.units`, to, from.Lot, from.Units)
		if err != nil {
			return nil, fmt.Errorf("move units to a quota: %w", err)
		}
		touched = append(touched, from.Lot)
	}
	return touched, nil
}

// returnUnits gives units back to the lots they came from; units of no lot go back to none.
func returnUnits(ctx context.Context, tx *sqlx.Tx, from, units int64) ([]int64, error) {
	var sources []struct {
		Lot   int64 `db:"from_lot"`
		Units int64 `db:"units"`
	}
	err := tx.SelectContext(ctx, &sources, `SELECT from_lot, units FROM quota_source WHERE lot_id = $1 ORDER BY from_lot FOR UPDATE`, from)
	if err != nil {
		return nil, fmt.Errorf("read where a quota came from: %w", err)
	}
	noted := map[int64]int64{}
	lots := make([]catalog.LotUnits, len(sources))
	for i, s := range sources {
		noted[s.Lot], lots[i] = s.Units, catalog.LotUnits(s)
	}
	var touched []int64
	for _, back := range catalog.GiveUnits(lots, units) {
		if _, err := tx.ExecContext(ctx, `UPDATE lot SET capacity = capacity + $2 WHERE id = $1`, back.Lot, back.Units); err != nil {
			return nil, fmt.Errorf("give units back: %w", err)
		}
		query, args := `UPDATE quota_source SET units = units - $3 WHERE lot_id = $1 AND from_lot = $2`, []any{from, back.Lot, back.Units}
		if back.Units == noted[back.Lot] {
			query, args = `DELETE FROM quota_source WHERE lot_id = $1 AND from_lot = $2`, []any{from, back.Lot}
		}
		if _, err := tx.ExecContext(ctx, query, args...); err != nil {
			return nil, fmt.Errorf("note units given back: %w", err)
		}
		touched = append(touched, back.Lot)
	}
	return touched, nil
}

// candidates reads the households that a proposal may go to, with their spare units and expected income:
// signed units count like sold ones.
func (c *Catalog) candidates(ctx context.Context, tx *sqlx.Tx, product catalog.Product, season int, household int64, townships []int64, programmes []string) ([]catalog.Candidate, error) {
	type supply struct {
		lots     []catalog.SupplyLot // of the product
		expected int64               // income of units that the household's figure does not hold
	}
	by := map[int64]*supply{}
	err := desk.Each(ctx, tx, fmt.Sprintf(`
		SELECT l.household_id, l.capacity, l.reserved + l.delivered, l.delivered + least(l.reserved, coalesce(i.units[array_position(i.lots, l.id)], 0)),
		       l.agent_bp, p.contract_id, p.unit_fen, p.product_id
		FROM lot l JOIN presale p ON p.id = l.presale_id
		LEFT JOIN household_income i ON i.season = p.season AND i.household_id = l.household_id
		WHERE p.season = %[1]d AND (%[2]d = 0 OR l.household_id = %[2]d)
		UNION ALL
		SELECT household_id, sum(units)::bigint, sum(units)::bigint, sum(units)::bigint, 0, %[3]d, 0, product_id FROM counter_take
		WHERE season = %[1]d AND (%[2]d = 0 OR household_id = %[2]d) GROUP BY household_id, product_id`, season, household, catalog.CounterLot),
		func(scan func(...any) error) error {
			var id, capacity, sold, told, agent, contract, unit, of int64
			if err := scan(&id, &capacity, &sold, &told, &agent, &contract, &unit, &of); err != nil {
				return err
			}
			s := by[id]
			if s == nil {
				s = &supply{}
				by[id] = s
			}
			l := catalog.SupplyLot{ContractID: contract, Capacity: capacity, Sold: sold}
			s.expected += max(l.Promised()-told, 0) * catalog.LotUnitFen(unit, agent)
			if of == product.ID {
				s.lots = append(s.lots, l)
			}
			return nil
		})
	if err != nil {
		return nil, fmt.Errorf("read lots of the season: %w", err)
	}
	rows, err := tx.QueryContext(ctx, `
		SELECT h.village_id, h.persons, coalesce(i.expected_fen + i.owed_fen + i.paid_fen, 0), `+desk.SupplyColumns+`
		FROM `+desk.SupplyTables+` JOIN village v ON v.id = h.village_id
		LEFT JOIN household_income i ON i.season = $4 AND i.household_id = h.id
		WHERE h.retired_at IS NULL AND ($1 = 0 OR h.id = $1) AND (cardinality($2::bigint[]) = 0 OR v.township_id = ANY($2)) AND h.programmes @> $3::text[]
		ORDER BY h.id`, household, pq.Array(desk.IDs(townships)), pq.Array(append([]string{}, programmes...)), season)
	if err != nil {
		return nil, fmt.Errorf("read households: %w", err)
	}
	defer rows.Close()
	var all []catalog.Candidate
	for rows.Next() {
		var one catalog.Candidate
		var earned, village int64
		h, err := desk.ScanSupply(rows.Scan, &village, &one.Household.Persons, &earned)
		if err != nil {
			return nil, fmt.Errorf("read households: %w", err)
		}
		s := by[h.ID]
		if s == nil {
			s = &supply{}
		}
		one.Household.ID, one.Household.Village, one.Household.ExpectedFen = h.ID, village, earned+s.expected
		one.Spare = catalog.SpareUnits(product.Supply(h), s.lots)
		_, one.AgentBP = product.Raised(h)
		all = append(all, one)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read households: %w", err)
	}
	return all, nil
}

func (c *Catalog) productByCode(code string) (catalog.Product, error) {
	for _, p := range c.reference.Load().products {
		if p.Code == code {
			return p, nil
		}
	}
	return catalog.Product{}, link.E(link.Invalid, "presale.product", "product")
}

// Spare returns the units of a product that a household could still sign for.
func (c *Catalog) Spare(ctx context.Context, r catalog.SpareRequest) (catalog.Spare, error) {
	if err := desk.RequireSystem(ctx); err != nil {
		return catalog.Spare{}, err
	}
	product, err := c.productByCode(r.Product)
	if err != nil {
		return catalog.Spare{}, err
	}
	if r.HouseholdID <= 0 {
		return catalog.Spare{}, link.E(link.NotFound, "household.unknown", "household_id")
	}
	var all []catalog.Candidate
	err = desk.InSnapshot(ctx, c.DB, func(tx *sqlx.Tx) (err error) {
		all, err = c.candidates(ctx, tx, product, r.Season, r.HouseholdID, nil, nil)
		return err
	})
	if err != nil {
		return catalog.Spare{}, err
	}
	if len(all) == 0 {
		return catalog.Spare{}, link.E(link.NotFound, "household.unknown", "household_id")
	}
	h := all[0]
	return catalog.Spare{Units: h.Spare, LevelFen: h.Household.ExpectedFen / int64(max(h.Household.Persons, 1))}, nil
}

// ProposeQuotas divides a quantity over the households that could sign for it, by the fair policy.
func (c *Catalog) ProposeQuotas(ctx context.Context, r catalog.ProposeRequest) (catalog.Proposal, error) {
	res := catalog.Proposal{Policy: allocate.PolicyFair.Version()}
	if err := desk.RequireSystem(ctx); err != nil {
		return res, err
	}
	product, err := c.productByCode(r.Product)
	if err != nil {
		return res, err
	}
	if err := r.Check(); err != nil {
		return res, err
	}
	var all []catalog.Candidate
	err = desk.InSnapshot(ctx, c.DB, func(tx *sqlx.Tx) (err error) {
		all, err = c.candidates(ctx, tx, product, r.Season, 0, r.Townships, r.Programmes)
		return err
	})
	if err != nil {
		return res, err
	}
	return r.Propose(all)
}
