package postgres

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"banmuyuan/catalog"
	"banmuyuan/catalog/allocate"
	"banmuyuan/internal/link"
)

var _ catalog.Contracts = (*Catalog)(nil)

func requireSystem(ctx context.Context) error {
	if a := link.ActorFrom(ctx); !a.System {
		return denied(a)
	}
	return nil
}

// SaveContractPresale makes the presale of a contract as a draft, and opens or closes it. What it says stands from then
// on: households signed for it.
func (c *Catalog) SaveContractPresale(ctx context.Context, r catalog.ContractPresale) (catalog.Presale, error) {
	if err := requireSystem(ctx); err != nil {
		return catalog.Presale{}, err
	}
	if r.ContractID <= 0 {
		return catalog.Presale{}, link.E(link.Invalid, "malformed", "contract_id")
	}
	ref := c.reference.Load()
	p := r.Presale
	if err := ref.checkPresale(p); err != nil {
		return catalog.Presale{}, err
	}
	err := link.InTx(ctx, c.db, nil, func(tx *sqlx.Tx) error {
		p = r.Presale
		p.ID, p.State, p.ContractID = 0, catalog.PresaleDraft, r.ContractID
		err := tx.GetContext(ctx, &p.ID, `SELECT id FROM presale WHERE contract_id = $1`, r.ContractID)
		switch {
		case errors.Is(err, sql.ErrNoRows):
			if err := c.createPresale(ctx, tx, &p, catalog.UnitFen(p, ref.products[p.ProductID])); err != nil {
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
		if p.State == r.State || p.State == catalog.PresaleClosed || r.State == catalog.PresaleDraft {
			return nil
		}
		p.State = r.State
		if _, err := tx.ExecContext(ctx, `UPDATE presale SET state = $2 WHERE id = $1`, p.ID, p.State); err != nil {
			return fmt.Errorf("set presale state: %w", err)
		}
		return presaleChanged(ctx, tx, p, nil)
	})
	if link.Constraint(err) == "presale_code" || link.Constraint(err) == "presale_contract" {
		return catalog.Presale{}, link.E(link.Unavailable, "busy", "").Because(err) // made by another process at this moment
	}
	if err != nil {
		return catalog.Presale{}, err
	}
	c.relay.Notify()
	return p, c.refreshReference(ctx)
}

// supplyLot is a lot of a product that a household has this season.
type supplyLot struct {
	ID         int64 `db:"id"`
	ContractID int64 `db:"contract_id"`
	PresaleID  int64 `db:"presale_id"`
	Capacity   int64 `db:"capacity"`
	Sold       int64 `db:"sold"`
	AgentOrg   int64 `db:"agent_org"`
	AgentBP    int64 `db:"agent_bp"`
}

func supplyLots(ctx context.Context, tx *sqlx.Tx, product int64, season int, household int64) ([]supplyLot, error) {
	var lots []supplyLot
	err := tx.SelectContext(ctx, &lots, `
		SELECT l.id, p.contract_id, l.presale_id, l.capacity, l.reserved + l.delivered AS sold, l.agent_org, l.agent_bp
		FROM lot l JOIN presale p ON p.id = l.presale_id
		WHERE p.product_id = $1 AND p.season = $2 AND l.household_id = $3 ORDER BY l.id FOR UPDATE OF l`, product, season, household)
	if err != nil {
		return nil, fmt.Errorf("read a household's lots: %w", err)
	}
	return lots, nil
}

// spareOf is what a household can still promise: what it raises or grows, or has offered if that is more, less what is
// sold or signed for.
func spareOf(product catalog.Product, h catalog.Household, lots []supplyLot) int64 {
	var offered, promised int64
	for _, l := range lots {
		offered += l.Capacity
		if l.ContractID != 0 {
			promised += l.Capacity
		} else {
			promised += l.Sold
		}
	}
	return max(max(product.Supply(h), offered)-promised, 0)
}

// SetQuota sets the lot of a household in a contract's presale.
func (c *Catalog) SetQuota(ctx context.Context, r catalog.QuotaRequest) (catalog.Lot, error) {
	if err := requireSystem(ctx); err != nil {
		return catalog.Lot{}, err
	}
	if r.Qty < 0 || r.Qty > largestLot {
		return catalog.Lot{}, link.E(link.Invalid, "household.offer.capacity", "qty")
	}
	var lot catalog.Lot
	err := link.InTx(ctx, c.db, nil, func(tx *sqlx.Tx) error {
		var id int64
		if err := tx.GetContext(ctx, &id, `SELECT id FROM presale WHERE contract_id = $1 AND contract_id <> 0`, r.ContractID); err != nil {
			return notFound(fmt.Errorf("find presale of contract %d: %w", r.ContractID, err), "presale.unknown", "contract_id")
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
	var mine supplyLot
	if i := slices.IndexFunc(lots, func(l supplyLot) bool { return l.PresaleID == p.ID }); i >= 0 {
		mine = lots[i]
	}
	*lot = catalog.Lot{ID: mine.ID, PresaleID: p.ID, HouseholdID: h.ID, VillageID: h.VillageID, Capacity: qty, Reserved: mine.Sold,
		AgentOrg: mine.AgentOrg, AgentBP: mine.AgentBP}
	if qty == 0 {
		qty = mine.Sold // what is called off stays
		lot.Capacity = qty
	}
	if qty == mine.Capacity && mine.ID != 0 {
		return nil
	}
	if qty < mine.Sold {
		return link.E(link.Conflict, "quota.called_off", "qty", "sold", strconv.FormatInt(mine.Sold, 10))
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
	if more := qty - mine.Capacity; more > 0 {
		if spare := spareOf(product, h, lots); more > spare {
			return link.E(link.SoldOut, "quota.supply", "qty", "left", strconv.FormatInt(mine.Capacity+spare, 10))
		}
		moved, err := moveUnits(ctx, tx, mine.ID, lots, more-idle(product, h, lots))
		if err != nil {
			return err
		}
		touched = append(touched, moved...)
	} else {
		back, err := returnUnits(ctx, tx, mine.ID, -more)
		if err != nil {
			return err
		}
		touched = append(touched, back...)
	}
	if _, err := tx.ExecContext(ctx, `UPDATE lot SET capacity = $2 WHERE id = $1`, mine.ID, qty); err != nil {
		return fmt.Errorf("set quota: %w", err)
	}
	if err := noteChange(ctx, tx, p.Season, change{lots: touched}); err != nil {
		return err
	}
	if err := touchReference(ctx, tx); err != nil {
		return err
	}
	return c.logAction(ctx, tx, h.ID, "quota", map[string]any{"contract": p.ContractID, "lot": mine.ID, "before": mine.Capacity, "capacity": qty})
}

// idle is what a household raises or grows and has offered nowhere.
func idle(product catalog.Product, h catalog.Household, lots []supplyLot) int64 {
	n := product.Supply(h)
	for _, l := range lots {
		n -= l.Capacity
	}
	return max(n, 0)
}

// moveUnits takes units off what a household has offered elsewhere and not sold, the largest rest first.
func moveUnits(ctx context.Context, tx *sqlx.Tx, to int64, lots []supplyLot, units int64) ([]int64, error) {
	open := slices.DeleteFunc(slices.Clone(lots), func(l supplyLot) bool { return l.ContractID != 0 || l.Capacity <= l.Sold })
	slices.SortFunc(open, func(a, b supplyLot) int {
		return cmp.Or(cmp.Compare(b.Capacity-b.Sold, a.Capacity-a.Sold), cmp.Compare(a.ID, b.ID))
	})
	var touched []int64
	for _, l := range open {
		part := min(units, l.Capacity-l.Sold)
		if part <= 0 {
			break
		}
		_, err := tx.ExecContext(ctx, `
			WITH less AS (UPDATE lot SET capacity = capacity - $3 WHERE id = $2)
			INSERT INTO quota_source AS q (lot_id, from_lot, units) VALUES ($1, $2, $3)
			ON CONFLICT (lot_id, from_lot) DO UPDATE SET units = q.units + excluded.units`, to, l.ID, part)
		if err != nil {
			return nil, fmt.Errorf("move units to a quota: %w", err)
		}
		touched = append(touched, l.ID)
		units -= part
	}
	return touched, nil
}

// returnUnits gives units back to the lots they came from; what came from no lot goes back to none.
func returnUnits(ctx context.Context, tx *sqlx.Tx, from, units int64) ([]int64, error) {
	var sources []struct {
		Lot   int64 `db:"from_lot"`
		Units int64 `db:"units"`
	}
	err := tx.SelectContext(ctx, &sources, `SELECT from_lot, units FROM quota_source WHERE lot_id = $1 ORDER BY from_lot FOR UPDATE`, from)
	if err != nil {
		return nil, fmt.Errorf("read where a quota came from: %w", err)
	}
	var touched []int64
	for _, s := range sources {
		part := min(units, s.Units)
		if part <= 0 {
			break
		}
		if _, err := tx.ExecContext(ctx, `UPDATE lot SET capacity = capacity + $2 WHERE id = $1`, s.Lot, part); err != nil {
			return nil, fmt.Errorf("give units back: %w", err)
		}
		query, args := `UPDATE quota_source SET units = units - $3 WHERE lot_id = $1 AND from_lot = $2`, []any{from, s.Lot, part}
		if part == s.Units {
			query, args = `DELETE FROM quota_source WHERE lot_id = $1 AND from_lot = $2`, []any{from, s.Lot}
		}
		if _, err := tx.ExecContext(ctx, query, args...); err != nil {
			return nil, fmt.Errorf("note units given back: %w", err)
		}
		touched = append(touched, s.Lot)
		units -= part
	}
	return touched, nil
}

// candidate is a household as a proposal sees it.
type candidate struct {
	household allocate.Household
	spare     int64
	agentBP   int64
}

// candidates reads the households that a proposal may go to, with what they can still sign for and what they expect: what
// is signed for counts like what is sold.
func (c *Catalog) candidates(ctx context.Context, tx *sqlx.Tx, product catalog.Product, season int, household int64, townships []int64, programmes []string) ([]candidate, error) {
	type supply struct{ offered, promised, expected int64 }
	by := map[int64]*supply{}
	err := each(ctx, tx, fmt.Sprintf(`
		SELECT l.household_id, l.capacity, l.reserved + l.delivered, l.agent_bp, p.contract_id, p.unit_fen, p.product_id
		FROM lot l JOIN presale p ON p.id = l.presale_id
		WHERE p.season = %d AND (%d = 0 OR l.household_id = %d)`, season, household, household),
		func(scan func(...any) error) error {
			var id, capacity, sold, agent, contract, unit, of int64
			if err := scan(&id, &capacity, &sold, &agent, &contract, &unit, &of); err != nil {
				return err
			}
			s := by[id]
			if s == nil {
				s = &supply{}
				by[id] = s
			}
			promised := sold
			if contract != 0 {
				promised = capacity
			}
			s.expected += promised * catalog.LotUnitFen(unit, agent)
			if of == product.ID {
				s.offered += capacity
				s.promised += promised
			}
			return nil
		})
	if err != nil {
		return nil, fmt.Errorf("read lots of the season: %w", err)
	}
	rows, err := tx.QueryContext(ctx, `
		SELECT h.id, h.village_id, h.persons, h.base_fen, h.programmes, h.garden_m2, h.geese, coalesce(h.raiser_org, 0)
		FROM household h JOIN village v ON v.id = h.village_id
		WHERE ($1 = 0 OR h.id = $1) AND (cardinality($2::bigint[]) = 0 OR v.township_id = ANY($2)) AND h.programmes @> $3::text[]
		ORDER BY h.id`, household, pq.Array(ids(townships)), pq.Array(append([]string{}, programmes...)))
	if err != nil {
		return nil, fmt.Errorf("read households: %w", err)
	}
	defer rows.Close()
	var all []candidate
	for rows.Next() {
		var h catalog.Household
		var one candidate
		var base int64
		err := rows.Scan(&h.ID, &h.VillageID, &one.household.Persons, &base, (*pq.StringArray)(&h.Programmes), &h.GardenM2, &h.Geese, &h.RaiserOrg)
		if err != nil {
			return nil, fmt.Errorf("read households: %w", err)
		}
		s := by[h.ID]
		if s == nil {
			s = &supply{}
		}
		one.household.ID, one.household.Village, one.household.ExpectedFen = h.ID, h.VillageID, base+s.expected
		one.spare = max(max(product.Supply(h), s.offered)-s.promised, 0)
		_, one.agentBP = product.Raised(h)
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

// Spare tells how much of a product a household could still sign for.
func (c *Catalog) Spare(ctx context.Context, r catalog.SpareRequest) (catalog.Spare, error) {
	if err := requireSystem(ctx); err != nil {
		return catalog.Spare{}, err
	}
	product, err := c.productByCode(r.Product)
	if err != nil {
		return catalog.Spare{}, err
	}
	if r.HouseholdID <= 0 {
		return catalog.Spare{}, link.E(link.NotFound, "household.unknown", "household_id")
	}
	var all []candidate
	err = inSnapshot(ctx, c.db, func(tx *sqlx.Tx) (err error) {
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
	return catalog.Spare{Units: h.spare, LevelFen: h.household.ExpectedFen / int64(max(h.household.Persons, 1))}, nil
}

// ProposeQuotas divides a quantity over the households that could sign for it, by the fair policy.
func (c *Catalog) ProposeQuotas(ctx context.Context, r catalog.ProposeRequest) (catalog.Proposal, error) {
	res := catalog.Proposal{Policy: allocate.PolicyFair.Version()}
	if err := requireSystem(ctx); err != nil {
		return res, err
	}
	product, err := c.productByCode(r.Product)
	if err != nil {
		return res, err
	}
	if r.Qty <= 0 || r.Qty > largestLot {
		return res, link.E(link.Invalid, "order.quantity.not_positive", "qty")
	}
	var all []candidate
	err = inSnapshot(ctx, c.db, func(tx *sqlx.Tx) (err error) {
		all, err = c.candidates(ctx, tx, product, r.Season, 0, r.Townships, r.Programmes)
		return err
	})
	if err != nil {
		return res, err
	}
	var households []allocate.Household
	var lots []allocate.Lot
	var room int64
	step := max(r.Min, 1)
	for _, h := range all {
		free := h.spare
		if r.Max > 0 {
			free = min(free, r.Max)
		}
		if free < step || slices.Contains(r.Exclude, h.household.ID) {
			continue
		}
		households = append(households, h.household)
		lots = append(lots, allocate.Lot{ID: h.household.ID, Presale: 1, Household: h.household.ID, Free: free,
			UnitFen: catalog.LotUnitFen(r.UnitFen, h.agentBP)})
		room += free
	}
	qty := min(r.Qty, room)
	if qty < step {
		return res, nil
	}
	shares, err := allocate.Fair(households, lots, qty, step)
	if err != nil {
		return res, fmt.Errorf("divide quotas: %w", err)
	}
	for _, s := range shares {
		if s.Qty < step {
			continue // the rest of an odd quantity: no van stops for it
		}
		res.Households, res.Villages = append(res.Households, s.Household), append(res.Villages, s.Village)
		res.Qty, res.LevelFen = append(res.Qty, s.Qty), append(res.LevelFen, s.Reason.LevelFen)
	}
	return res, nil
}
