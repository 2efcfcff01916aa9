package turn

import (
	"cmp"
	"context"
	"fmt"

	"github.com/lib/pq"

	"banmuyuan/catalog"
	"banmuyuan/catalog/postgres/desk"
	"banmuyuan/internal/link/paging"
)

// unsold is a household that has sold nothing, with its lots.
type unsold struct {
	catalog.UnsoldHousehold
	lots []catalog.HouseholdLot
}

// Unsold lists the households that have sold nothing in a season, with the reason.
func (r *Room) Unsold(ctx context.Context, f catalog.UnsoldFilter) (catalog.UnsoldPage, error) {
	page := catalog.UnsoldPage{Season: cmp.Or(f.Season, r.store.DefaultSeason()), Items: []catalog.UnsoldHousehold{}, Counts: []catalog.UnsoldCount{}}
	if _, err := desk.RequireCounty(ctx); err != nil {
		return page, err
	}
	limit, err := paging.Size(f.Limit, 50, 200)
	if err != nil {
		return page, err
	}
	all, err := r.readUnsold(ctx, page.Season, f.Township)
	if err != nil {
		return page, err
	}
	short, err := r.short(ctx, page.Season)
	if err != nil {
		return page, err
	}
	counts := map[catalog.TurnWhy]int{}
	for i := range all {
		h := &all[i]
		if err := r.explain(ctx, h, short); err != nil {
			return page, err
		}
		counts[h.Why]++
		page.Households++
		if h.ID <= f.After || f.Why != "" && f.Why != h.Why {
			continue
		}
		if len(page.Items) == limit {
			page.Next = page.Items[limit-1].ID
			continue
		}
		page.Items = append(page.Items, h.UnsoldHousehold)
	}
	for _, why := range catalog.UnsoldReasons {
		if counts[why] > 0 {
			page.Counts = append(page.Counts, catalog.UnsoldCount{Why: why, Households: counts[why]})
		}
	}
	return page, nil
}

// explain sets the reason of a household.
func (r *Room) explain(ctx context.Context, h *unsold, short map[int64]bool) error {
	var turns []catalog.Turn
	for _, lot := range h.lots {
		t, _, err := r.turn(ctx, lot, h.ID)
		if err != nil {
			return err
		}
		turns = append(turns, t)
	}
	nearest := catalog.NearestTurn(turns)
	switch {
	case short[h.ID]:
		h.Why = catalog.UnsoldShort
	case nearest < 0:
		h.Why = catalog.UnsoldNoLot
	default:
		h.Why = turns[nearest].Why
	}
	if nearest >= 0 {
		t := turns[nearest]
		h.Presale, h.Before, h.LevelFen = t.Presale, t.Before, t.LevelFen
	}
	return nil
}

func (r *Room) readUnsold(ctx context.Context, season int, township int64) ([]unsold, error) {
	rows, err := r.DB.QueryContext(ctx, `
		SELECT h.id, h.code, h.head, v.name, t.name, h.persons,
		       coalesce(array_agg(l.presale_id ORDER BY l.id) FILTER (WHERE l.id IS NOT NULL), '{}'),
		       coalesce(array_agg(l.capacity ORDER BY l.id) FILTER (WHERE l.id IS NOT NULL), '{}'),
		       coalesce(array_agg(l.code ORDER BY l.id) FILTER (WHERE l.id IS NOT NULL), '{}')
		FROM household h JOIN village v ON v.id = h.village_id JOIN township t ON t.id = v.township_id
		LEFT JOIN (SELECT l.id, l.household_id, l.presale_id, l.capacity, l.reserved + l.delivered AS sold, p.code FROM lot l JOIN presale p ON p.id = l.presale_id
			WHERE p.season = $1 AND p.state <> $2) l ON l.household_id = h.id
		WHERE h.retired_at IS NULL AND ($3::bigint = 0 OR t.id = $3)
		GROUP BY h.id, v.name, t.name HAVING coalesce(sum(l.sold), 0) = 0 ORDER BY h.id`,
		season, string(catalog.PresaleDraft), township)
	if err != nil {
		return nil, fmt.Errorf("read households that sold nothing: %w", err)
	}
	defer rows.Close()
	var all []unsold
	for rows.Next() {
		var h unsold
		var presales, capacities pq.Int64Array
		var codes pq.StringArray
		if err := rows.Scan(&h.ID, &h.Code, &h.Head, &h.Village, &h.Township, &h.Persons, &presales, &capacities, &codes); err != nil {
			return nil, fmt.Errorf("read households that sold nothing: %w", err)
		}
		for i, id := range presales {
			h.lots = append(h.lots, catalog.HouseholdLot{Presale: codes[i], Lot: catalog.Lot{PresaleID: id, HouseholdID: h.ID, Capacity: capacities[i]}})
		}
		all = append(all, h)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read households that sold nothing: %w", err)
	}
	return all, nil
}

// short are the households of which a share of a paid order came to nothing: nothing is held for it, nothing was delivered.
func (r *Room) short(ctx context.Context, season int) (map[int64]bool, error) {
	var ids []int64
	err := r.DB.SelectContext(ctx, &ids, `
		SELECT DISTINCT l.household_id FROM hold h, unnest(h.lots, h.held, h.delivered) AS s (lot, held, delivered) JOIN lot l ON l.id = s.lot
		WHERE h.season = $1 AND h.state = $2 AND h.held IS NOT NULL AND s.held = 0 AND coalesce(s.delivered, 0) = 0`, season, string(catalog.HoldConfirmed))
	if err != nil {
		return nil, fmt.Errorf("read who could not deliver: %w", err)
	}
	all := make(map[int64]bool, len(ids))
	for _, id := range ids {
		all[id] = true
	}
	return all, nil
}
