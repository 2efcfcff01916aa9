package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/jmoiron/sqlx"

	"banmuyuan/catalog"
	"banmuyuan/catalog/postgres/desk"
	"banmuyuan/internal/link"
	"banmuyuan/internal/link/paging"
)

// TakeAtCounter lowers a household's offers by goods that a shop bought at its counter. Takes of a season come one after
// another, and after reservations of it: the season is locked first.
func (c *Catalog) TakeAtCounter(ctx context.Context, t catalog.CounterTake) (catalog.CounterTaken, error) {
	if err := desk.RequireSystem(ctx); err != nil {
		return catalog.CounterTaken{}, err
	}
	if err := t.Check(); err != nil {
		return catalog.CounterTaken{}, err
	}
	product, err := c.productByCode(t.Product)
	if err != nil {
		return catalog.CounterTaken{}, err
	}
	var out catalog.CounterTaken
	err = link.InTx(ctx, c.DB, nil, func(tx *sqlx.Tx) error {
		if _, err := desk.LockSeason(ctx, tx, t.Season); err != nil {
			return desk.NotFound(err, "season.unknown", "season")
		}
		out = catalog.CounterTaken{}
		err := tx.QueryRowxContext(ctx, `SELECT units, over FROM counter_take WHERE buyin_id = $1`, t.BuyInID).Scan(&out.Units, &out.Over)
		if err == nil {
			out.Taken = true
			return nil // asked twice
		}
		if !errors.Is(err, sql.ErrNoRows) {
			return fmt.Errorf("look for a take: %w", err)
		}
		out, err = c.takeAtCounter(ctx, tx, t, product)
		return err
	})
	return out, err
}

// takeAtCounter takes in the caller's transaction, which holds the season.
func (c *Catalog) takeAtCounter(ctx context.Context, tx *sqlx.Tx, t catalog.CounterTake, product catalog.Product) (catalog.CounterTaken, error) {
	h, err := c.household(ctx, tx, catalog.HouseholdRef{ID: t.HouseholdID})
	if err != nil {
		return catalog.CounterTaken{}, asField(err, "household_id")
	}
	lots, err := supplyLots(ctx, tx, product.ID, t.Season, h.ID)
	if err != nil {
		return catalog.CounterTaken{}, err
	}
	var before int64
	err = tx.GetContext(ctx, &before, `
		SELECT coalesce(sum(measure), 0)::bigint FROM counter_take WHERE household_id = $1 AND product_id = $2 AND season = $3`, h.ID, product.ID, t.Season)
	if err != nil {
		return catalog.CounterTaken{}, fmt.Errorf("sum what was taken before: %w", err)
	}
	units, known := product.CounterUnits(before, t.Measure)
	plan := catalog.PlanCounter(product.Supply(h), lots, units, known, t.Beyond)
	if !plan.Taken {
		return plan.CounterTaken, nil
	}
	_, err = tx.ExecContext(ctx, `
		INSERT INTO counter_take (buyin_id, household_id, product_id, season, measure, units, over, taken_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		t.BuyInID, h.ID, product.ID, t.Season, t.Measure, plan.Units, plan.Over, c.Now())
	if err != nil {
		return catalog.CounterTaken{}, fmt.Errorf("write take: %w", err)
	}
	var touched []int64
	for _, part := range plan.Parts {
		if _, err := tx.ExecContext(ctx, `UPDATE lot SET capacity = capacity - $2 WHERE id = $1`, part.Lot, part.Units); err != nil {
			return catalog.CounterTaken{}, fmt.Errorf("make lot smaller: %w", err)
		}
		if _, err := tx.ExecContext(ctx, `INSERT INTO counter_take_lot (buyin_id, lot_id, units) VALUES ($1, $2, $3)`, t.BuyInID, part.Lot, part.Units); err != nil {
			return catalog.CounterTaken{}, fmt.Errorf("note where a take came from: %w", err)
		}
		touched = append(touched, part.Lot)
	}
	if len(touched) > 0 {
		if err := desk.NoteChange(ctx, tx, t.Season, desk.Change{Lots: touched}); err != nil {
			return catalog.CounterTaken{}, err
		}
		if err := desk.TouchReference(ctx, tx); err != nil {
			return catalog.CounterTaken{}, err
		}
	}
	return plan.CounterTaken, c.LogAction(ctx, tx, h.ID, "counter", plan.Args(product))
}

// CounterTakes pages through all takes by the id of the buy-in.
func (c *Catalog) CounterTakes(ctx context.Context, r catalog.LotsRequest) (catalog.CounterTakes, error) {
	page := catalog.CounterTakes{Items: []catalog.CounterTakeRow{}}
	if err := desk.RequireSystem(ctx); err != nil {
		return page, err
	}
	limit, err := paging.Size(r.Limit, 2000, 5000)
	if err != nil {
		return page, err
	}
	err = c.DB.SelectContext(ctx, &page.Items, `
		SELECT t.buyin_id, t.household_id, p.code AS product, t.season, t.measure FROM counter_take t JOIN product p ON p.id = t.product_id
		WHERE t.buyin_id > $1 ORDER BY t.buyin_id LIMIT $2`, r.After, limit)
	if err != nil {
		return page, fmt.Errorf("page through takes at counters: %w", err)
	}
	return page, nil
}
