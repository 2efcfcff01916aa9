package postgres

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"banmuyuan/catalog"
	"banmuyuan/catalog/postgres/desk"
)

// HoldOversold opens a review for each product of which a household has sold more than its smaller register says, and
// stops the sale of the rest meanwhile.
func (c *Catalog) HoldOversold(ctx context.Context, tx *sqlx.Tx, all []desk.Resized) error {
	type smaller struct {
		household desk.Resized
		product   catalog.Product
	}
	var found []smaller
	products := c.reference.Load().products
	ids := slices.Sorted(maps.Keys(products))
	for _, h := range all {
		for _, id := range ids {
			if p := products[id]; p.Supply(h.After) < p.Supply(h.Before) {
				found = append(found, smaller{h, p})
			}
		}
	}
	if len(found) == 0 {
		return nil
	}
	if _, err := desk.LockSeasons(ctx, tx); err != nil {
		return err
	}
	seasons := openSeasons(c.reference.Load().forAll.Seasons)
	slices.SortStableFunc(found, func(a, b smaller) int { return cmp.Compare(a.household.ID, b.household.ID) })
	touched := map[int][]int64{}
	for _, s := range found {
		for _, season := range seasons {
			lots, err := c.oversold(ctx, tx, s.household, s.product, season)
			if err != nil {
				return err
			}
			if len(lots) > 0 {
				touched[season] = append(touched[season], lots...)
			}
		}
	}
	if len(touched) == 0 {
		return nil
	}
	for _, season := range slices.Sorted(maps.Keys(touched)) {
		if err := desk.NoteChange(ctx, tx, season, desk.Change{Lots: touched[season]}); err != nil {
			return err
		}
	}
	return desk.TouchReference(ctx, tx)
}

// oversold writes a review where more of a product is sold or signed for than is registered now, and returns the lots
// that it keeps from being sold.
func (c *Catalog) oversold(ctx context.Context, tx *sqlx.Tx, h desk.Resized, product catalog.Product, season int) ([]int64, error) {
	lots, err := supplyLots(ctx, tx, product.ID, season, h.ID)
	if err != nil {
		return nil, err
	}
	o, found := catalog.CheckOversold(product, h.Before, h.After, lots)
	if !found {
		return nil, nil
	}
	about := product.Code // one review for each season
	if season != c.defaultSeason() {
		about += "/" + strconv.Itoa(season)
		product.Name.Zh += strconv.Itoa(season)
	}
	var kept int64 // since an earlier look
	err = tx.GetContext(ctx, &kept, `
		SELECT coalesce(sum(k.units), 0)::bigint FROM review r JOIN review_lot k ON k.review_id = r.id
		WHERE r.kind = $1 AND r.household_id = $2 AND r.about = $3 AND r.state = `+desk.ReviewOpen, catalog.ReviewOversold, h.ID, about)
	if err != nil {
		return nil, fmt.Errorf("sum what is kept from being sold: %w", err)
	}
	o.Free += kept
	if err := c.OpenReview(ctx, tx, catalog.ReviewOversold, h.ID, about, o.Args(product), 0, 0); err != nil {
		return nil, err
	}
	var touched []int64
	err = tx.SelectContext(ctx, &touched, `
		WITH r AS (
			SELECT id FROM review WHERE kind = $1 AND household_id = $2 AND about = $3 AND state = `+desk.ReviewOpen+`
		), open AS (
			SELECT l.id, l.capacity - l.reserved - l.delivered AS units FROM lot l JOIN presale p ON p.id = l.presale_id
			WHERE l.id = ANY($4) AND p.contract_id = 0 AND l.capacity > l.reserved + l.delivered
		), kept AS (
			INSERT INTO review_lot AS k (review_id, lot_id, units) SELECT r.id, open.id, open.units FROM r, open
			ON CONFLICT (review_id, lot_id) DO UPDATE SET units = k.units + excluded.units
		)
		UPDATE lot SET capacity = capacity - open.units FROM open WHERE lot.id = open.id RETURNING lot.id`,
		catalog.ReviewOversold, h.ID, about, pq.Array(lotIDs(lots)))
	if err != nil {
		return nil, fmt.Errorf("keep lots from being sold: %w", err)
	}
	return touched, c.LogAction(ctx, tx, h.ID, "oversold.held", map[string]any{"product": product.Code, "sold": o.Sold, "registered": o.Registered})
}

func lotIDs(lots []catalog.SupplyLot) []int64 {
	out := make([]int64, len(lots))
	for i, l := range lots {
		out[i] = l.ID
	}
	return out
}

// sellAgain gives lots the units back that a review kept from being sold.
func (c *Catalog) sellAgain(ctx context.Context, tx *sqlx.Tx, review int64) error {
	var kept []struct {
		Lot    int64 `db:"lot_id"`
		Season int   `db:"season"`
	}
	err := tx.SelectContext(ctx, &kept, `
		SELECT k.lot_id, p.season FROM review_lot k JOIN lot l ON l.id = k.lot_id JOIN presale p ON p.id = l.presale_id
		WHERE k.review_id = $1 ORDER BY k.lot_id`, review)
	if err != nil {
		return fmt.Errorf("read what a review keeps: %w", err)
	}
	if len(kept) == 0 {
		return nil
	}
	if _, err := desk.LockSeasons(ctx, tx); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, `
		UPDATE lot SET capacity = capacity + k.units FROM review_lot k WHERE k.review_id = $1 AND lot.id = k.lot_id`, review); err != nil {
		return fmt.Errorf("let lots be sold again: %w", err)
	}
	bySeason := map[int][]int64{}
	for _, k := range kept {
		bySeason[k.Season] = append(bySeason[k.Season], k.Lot)
	}
	for _, season := range slices.Sorted(maps.Keys(bySeason)) {
		if err := desk.NoteChange(ctx, tx, season, desk.Change{Lots: bySeason[season]}); err != nil {
			return err
		}
	}
	return desk.TouchReference(ctx, tx)
}
