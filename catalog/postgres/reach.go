package postgres

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"banmuyuan/catalog"
	"banmuyuan/catalog/postgres/desk"
)

// supplyPlan is the supply of a presale: the lots that it has, and those that opening it makes.
type supplyPlan struct {
	made       []catalog.Lot // not stored yet
	registered int64         // households that produce the product
	parts      []catalog.LotUnitsByPart
	households map[int64]placed
}

// placed is the part of a household in a presale.
type placed struct{ township, units int64 }

// planSupply plans the lots of a presale: see Product.NewLot.
func (c *Catalog) planSupply(ctx context.Context, tx *sqlx.Tx, p catalog.Presale, product catalog.Product) (supplyPlan, error) {
	plan := supplyPlan{households: map[int64]placed{}}
	promised := map[int64]int64{} // units of the product in other presales of the season and sold at counters, by household
	own := map[int64]int64{}      // and in this one
	err := desk.Each(ctx, tx, fmt.Sprintf(`
		SELECT household_id, coalesce(sum(units) FILTER (WHERE presale <> %[1]d), 0)::bigint,
		       coalesce(sum(units) FILTER (WHERE presale = %[1]d), 0)::bigint, bool_or(presale = %[1]d)
		FROM (SELECT l.household_id, p.id AS presale, l.capacity AS units FROM lot l JOIN presale p ON p.id = l.presale_id
		      WHERE p.product_id = %[2]d AND p.season = %[3]d
		      UNION ALL
		      SELECT household_id, 0, units FROM counter_take WHERE product_id = %[2]d AND season = %[3]d) promise
		GROUP BY household_id`, p.ID, p.ProductID, p.Season),
		func(scan func(...any) error) error {
			var id, elsewhere, here int64
			var has bool
			if err := scan(&id, &elsewhere, &here, &has); err != nil {
				return err
			}
			promised[id] = elsewhere
			if has {
				own[id] = here
			}
			return nil
		})
	if err != nil {
		return plan, fmt.Errorf("read lots of the product: %w", err)
	}
	err = desk.Each(ctx, tx, `
		SELECT v.township_id, `+desk.SupplyColumns+` FROM `+desk.SupplyTables+` JOIN village v ON v.id = h.village_id
		WHERE h.retired_at IS NULL ORDER BY h.id`,
		func(scan func(...any) error) error {
			var township int64
			h, err := desk.ScanSupply(scan, &township)
			if err != nil {
				return err
			}
			if product.Supply(h) > 0 {
				plan.registered++
			}
			if units, has := own[h.ID]; has {
				if units > 0 {
					plan.households[h.ID] = placed{township, units}
				}
				return nil
			}
			if l, ok := product.NewLot(h, promised[h.ID]); ok {
				plan.made = append(plan.made, l)
				plan.households[h.ID] = placed{township, l.Capacity}
			}
			return nil
		})
	if err != nil {
		return plan, fmt.Errorf("read households: %w", err)
	}
	if plan.parts, err = desk.UnitsByPart(ctx, tx, p.ID); err != nil {
		return plan, err
	}
	for _, l := range plan.made {
		plan.parts = append(plan.parts, catalog.LotUnitsByPart{AgentBP: l.AgentBP, Capacity: l.Capacity})
	}
	return plan, nil
}

// reach sums a plan by township.
func (r *reference) reach(p catalog.Presale, product catalog.Product, plan supplyPlan) catalog.PresaleReach {
	public := catalog.PublicPresale{Presale: p, Product: product}
	res := catalog.PresaleReach{PresaleID: p.ID, Season: p.Season, Registered: plan.registered, New: int64(len(plan.made)), ByTownship: []catalog.TownshipReach{}}
	by := map[int64]*catalog.TownshipReach{}
	for _, h := range plan.households {
		t := by[h.township]
		if t == nil {
			t = &catalog.TownshipReach{TownshipID: h.township, Township: r.townships[h.township].Name}
			by[h.township] = t
		}
		t.Households++
		t.Units += h.units
		res.Households++
		res.Units += h.units
	}
	for _, t := range r.forAll.Townships {
		if one := by[t.ID]; one != nil {
			res.ByTownship = append(res.ByTownship, *one)
		}
	}
	if res.Units == 0 {
		res.Reason = product.WhyNone(plan.registered)
	}
	res.Bound(public, plan.parts)
	return res
}

// PresaleReach returns the supply that a presale has, or would have if it were opened now.
func (c *Catalog) PresaleReach(ctx context.Context, r catalog.PresaleRef) (catalog.PresaleReach, error) {
	p, err := c.sellersPresale(ctx, r)
	if err != nil {
		return catalog.PresaleReach{}, err
	}
	var plan supplyPlan
	err = desk.InSnapshot(ctx, c.DB, func(tx *sqlx.Tx) (err error) {
		plan, err = c.planSupply(ctx, tx, p.Presale, p.Product)
		return err
	})
	if err != nil {
		return catalog.PresaleReach{}, err
	}
	return c.reference.Load().reach(p.Presale, p.Product, plan), nil
}

// makeLots makes a presale's lots and returns the ids of all it has. It refuses a presale that would have none.
func (c *Catalog) makeLots(ctx context.Context, tx *sqlx.Tx, p catalog.Presale) ([]int64, error) {
	ref := c.reference.Load()
	product, ok := ref.products[p.ProductID]
	if !ok {
		return nil, fmt.Errorf("make lots of presale %d: its product is not known", p.ID)
	}
	plan, err := c.planSupply(ctx, tx, p, product)
	if err != nil {
		return nil, err
	}
	if err := ref.reach(p, product, plan).CheckOpening(product); err != nil {
		return nil, err
	}
	n := len(plan.made)
	households, capacities, raisers, agents := make([]int64, n), make([]int64, n), make([]int64, n), make([]int64, n)
	for i, l := range plan.made {
		households[i], capacities[i], raisers[i], agents[i] = l.HouseholdID, l.Capacity, l.AgentOrg, l.AgentBP
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
