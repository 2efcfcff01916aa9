package postgres

import (
	"cmp"
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"

	"banmuyuan/catalog"
	"banmuyuan/catalog/postgres/desk"
)

// Coverage is the county at a glance. For county staff, because it tells poor villages.
func (c *Catalog) Coverage(ctx context.Context, r catalog.CoverageRequest) (catalog.Coverage, error) {
	if _, err := desk.RequireCounty(ctx); err != nil {
		return catalog.Coverage{}, err
	}
	var cov catalog.Coverage
	err := desk.InSnapshot(ctx, c.DB, func(tx *sqlx.Tx) error {
		cov = catalog.Coverage{Season: cmp.Or(r.Season, c.defaultSeason()), Programmes: []catalog.ProgrammeCoverage{}, ByVillage: []catalog.VillageCoverage{}}
		err := tx.QueryRowxContext(ctx, `
			SELECT (SELECT count(*) FROM township WHERE retired_at IS NULL), (SELECT count(*) FROM village WHERE retired_at IS NULL),
			       (SELECT count(*) FROM village WHERE poor AND retired_at IS NULL),
			       (SELECT count(*) FROM organisation WHERE kind = 'cooperative' AND retired_at IS NULL),
			       count(*), coalesce(sum(persons), 0), coalesce(sum(geese), 0), coalesce(sum(garden_m2), 0)
			FROM household WHERE retired_at IS NULL`).
			Scan(&cov.Townships, &cov.Villages, &cov.PoorVillages, &cov.Cooperatives, &cov.Households, &cov.Persons, &cov.Geese, &cov.GardenM2)
		if err != nil {
			return fmt.Errorf("count the county: %w", err)
		}
		if err := countFigures(ctx, tx, &cov); err != nil {
			return err
		}
		counts := map[string]int64{}
		err = desk.Each(ctx, tx, `SELECT p, count(*) FROM household, unnest(programmes) AS p WHERE retired_at IS NULL GROUP BY p`, func(scan func(...any) error) error {
			var name string
			var n int64
			err := scan(&name, &n)
			counts[name] = n
			return err
		})
		if err != nil {
			return fmt.Errorf("count programmes: %w", err)
		}
		err = desk.Each(ctx, tx, `SELECT code FROM programme ORDER BY id`, func(scan func(...any) error) error {
			var code string
			err := scan(&code)
			cov.Programmes = append(cov.Programmes, catalog.ProgrammeCoverage{Programme: code, Households: counts[code],
				BP: catalog.ShareBP(counts[code], cov.Households)})
			return err
		})
		if err != nil {
			return fmt.Errorf("read programmes: %w", err)
		}
		return desk.Each(ctx, tx, fmt.Sprintf(`
			WITH sold AS (
				SELECT l.household_id, sum(l.capacity) AS capacity, sum(l.reserved + l.delivered) AS sold
				FROM lot l JOIN presale p ON p.id = l.presale_id
				WHERE p.season = %d GROUP BY l.household_id),
			entrusted AS (
				SELECT m.household_id, sum(m.entrusted) AS mu FROM membership m JOIN organisation o ON o.id = m.org_id AND o.retired_at IS NULL
				WHERE m.retired_at IS NULL GROUP BY m.household_id)
			SELECT v.id, v.name, t.name, v.poor, count(h.id), count(*) FILTER (WHERE s.sold > 0),
			       coalesce(sum(s.capacity), 0)::bigint, coalesce(sum(s.sold), 0)::bigint,
			       coalesce(sum(h.garden_m2), 0)::bigint, CASE WHEN v.retired_at IS NULL THEN v.solar_kw ELSE 0 END,
			       CASE WHEN v.retired_at IS NULL THEN coalesce(g.stations, 0) ELSE 0 END, coalesce(g.kw, 0), coalesce(sum(e.mu), 0)::bigint
			FROM village v JOIN township t ON t.id = v.township_id LEFT JOIN (`+stationSums+`) g ON g.village_id = v.id
			LEFT JOIN household h ON h.village_id = v.id AND h.retired_at IS NULL LEFT JOIN sold s ON s.household_id = h.id
			LEFT JOIN entrusted e ON e.household_id = h.id
			GROUP BY v.id, t.id, g.stations, g.kw ORDER BY v.id`, cov.Season),
			func(scan func(...any) error) error {
				var v catalog.VillageCoverage
				var own, stations, kw int64
				if err := scan(&v.VillageID, &v.Village, &v.Township, &v.Poor, &v.Households, &v.Selling, &v.Capacity, &v.Sold, &v.GardenM2, &own, &stations, &kw, &v.EntrustedMilliMu); err != nil {
					return fmt.Errorf("read villages: %w", err)
				}
				v.SolarPlants, v.SolarKW = catalog.VillageSolar(own, stations, kw)
				cov.ByVillage = append(cov.ByVillage, v)
				return nil
			})
	})
	if err != nil {
		return catalog.Coverage{}, err
	}
	return cov, nil
}

// stationSums are the stations in use of each village.
const stationSums = `SELECT village_id, count(*) AS stations, sum(kw)::bigint AS kw FROM solar_station WHERE retired_at IS NULL GROUP BY village_id`

// countFigures counts stations, entrusted land and members, each from the entries themselves.
func countFigures(ctx context.Context, tx *sqlx.Tx, cov *catalog.Coverage) error {
	err := tx.QueryRowxContext(ctx, `
		WITH station AS (SELECT s.village_id, s.kw FROM solar_station s JOIN village v ON v.id = s.village_id WHERE s.retired_at IS NULL AND v.retired_at IS NULL),
		     other AS (SELECT solar_kw AS kw FROM village WHERE solar_kw > 0 AND retired_at IS NULL AND id NOT IN (SELECT village_id FROM station))
		SELECT (SELECT count(*) FROM station) + (SELECT count(*) FROM other),
		       (SELECT coalesce(sum(kw), 0)::bigint FROM station) + (SELECT coalesce(sum(kw), 0)::bigint FROM other),
		       (SELECT coalesce(sum(m.entrusted), 0)::bigint FROM membership m JOIN organisation o ON o.id = m.org_id JOIN household h ON h.id = m.household_id
		        WHERE m.retired_at IS NULL AND o.retired_at IS NULL AND h.retired_at IS NULL)`).Scan(&cov.SolarPlants, &cov.SolarKW, &cov.EntrustedMilliMu)
	if err != nil {
		return fmt.Errorf("count stations and entrusted land: %w", err)
	}
	return desk.Each(ctx, tx, `
		SELECT o.members, count(h.id) FROM organisation o
		LEFT JOIN membership m ON m.org_id = o.id AND m.retired_at IS NULL LEFT JOIN household h ON h.id = m.household_id AND h.retired_at IS NULL
		WHERE o.kind = 'cooperative' AND o.retired_at IS NULL GROUP BY o.id`, func(scan func(...any) error) error {
		var reported, registered int64
		if err := scan(&reported, &registered); err != nil {
			return fmt.Errorf("count members: %w", err)
		}
		cov.CoopMembers += catalog.OrganisationMembers(reported, registered)
		return nil
	})
}
