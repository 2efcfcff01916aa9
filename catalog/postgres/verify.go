package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"banmuyuan/catalog"
	"banmuyuan/catalog/postgres/desk"
	"banmuyuan/internal/link"
)

const (
	worstFindings = 100             // of one check
	backlogLimit  = time.Minute     // how long an event may wait to be published
	overdueLimit  = 5 * time.Minute // how long after its grace a hold may wait to be released
)

// checks select faults: object and detail.
var checks = []struct{ name, query string }{
	{"lot.capacity", `
		SELECT 'lot ' || id, format('reserved %s + delivered %s of capacity %s', reserved, delivered, capacity)
		FROM lot WHERE reserved + delivered > capacity OR reserved < 0 OR delivered < 0 OR capacity < 0`},
	{"lot.holds", `
		WITH share AS (
			SELECT s.lot, sum(CASE WHEN h.state = ` + released + ` THEN 0 ELSE coalesce(s.held, s.qty) END) AS held,
			       sum(coalesce(s.delivered, 0)) AS delivered
			FROM hold h, unnest(h.lots, h.qty, h.held, h.delivered) AS s (lot, qty, held, delivered)
			GROUP BY s.lot)
		SELECT 'lot ' || coalesce(l.id, s.lot),
		       format('holds keep %s and delivered %s, the lot says %s and %s', coalesce(s.held, 0), coalesce(s.delivered, 0),
		              coalesce(l.reserved::text, 'nothing'), coalesce(l.delivered::text, 'nothing'))
		FROM lot l FULL JOIN share s ON s.lot = l.id
		WHERE l.id IS NULL OR l.reserved <> coalesce(s.held, 0) OR l.delivered <> coalesce(s.delivered, 0)`},
	{"hold.shares", `
		SELECT format('hold of order %s line %s', h.order_id, h.line), 'its columns do not fit together'
		FROM hold h
		WHERE cardinality(h.lots) <> cardinality(h.qty)
		   OR EXISTS (SELECT FROM unnest(h.qty, h.held, h.delivered) AS s (qty, held, delivered)
		              WHERE qty <= 0 OR held < 0 OR delivered < 0
		                 OR coalesce(delivered, 0) + CASE WHEN h.state = ` + released + ` THEN coalesce(held, 0) ELSE coalesce(held, qty) END > qty
		                 OR (h.state = ` + released + ` AND held <> 0))
		   OR (h.state = ` + held + `) <> (h.expires_at IS NOT NULL)`},
	{"hold.presale", `
		SELECT format('hold of order %s line %s', h.order_id, h.line), format('lot %s is not of presale %s', l.id, h.presale_id)
		FROM hold h CROSS JOIN unnest(h.lots) AS u (id) JOIN lot l ON l.id = u.id
		WHERE l.presale_id <> h.presale_id`},
	{"counter.lots", `
		SELECT 'buy-in ' || t.buyin_id, format('%s units taken, %s of them beyond the offer; lots gave %s', t.units, t.over, coalesce(sum(l.units), 0))
		FROM counter_take t JOIN counter_take_lot l ON l.buyin_id = t.buyin_id
		GROUP BY t.buyin_id HAVING sum(l.units) > t.units - t.over`},
	{"season.current", `
		SELECT 'seasons', format('%s are current, %s have begun', current, begun)
		FROM (SELECT count(*) FILTER (WHERE state = ` + word(catalog.SeasonCurrent) + `) AS current, count(begun_at) AS begun FROM season) s
		WHERE current <> CASE WHEN begun > 0 THEN 1 ELSE 0 END`},
	{"season.closed", `
		SELECT 'season ' || s.id, format('it is closed, and %s keeps selling', what)
		FROM season s JOIN (
			SELECT season, 'presale ' || code AS what FROM presale WHERE state = ` + word(catalog.PresaleOpen) + ` OR (contract_id <> 0 AND state <> ` + word(catalog.PresaleClosed) + `)
			UNION ALL
			SELECT p.season, 'lot ' || l.id FROM lot l JOIN presale p ON p.id = l.presale_id WHERE l.reserved > 0) o ON o.season = s.id
		WHERE s.state = ` + word(catalog.SeasonClosed)},
}

// Verify checks the module's invariants. For the county.
func (c *Catalog) Verify(ctx context.Context, _ catalog.None) (catalog.Findings, error) {
	if _, err := desk.RequireCounty(ctx); err != nil {
		return catalog.Findings{}, err
	}
	found := catalog.Findings{Items: []catalog.Finding{}}
	add := func(check, object, detail string) {
		found.Items = append(found.Items, catalog.Finding{Check: "catalog." + check, Object: object, Detail: detail})
	}
	err := desk.InSnapshot(ctx, c.DB, func(tx *sqlx.Tx) error {
		found.Items = found.Items[:0]
		for _, check := range checks {
			err := desk.Each(ctx, tx, check.query+fmt.Sprintf(" LIMIT %d", worstFindings), func(scan func(...any) error) error {
				var object, detail string
				if err := scan(&object, &detail); err != nil {
					return err
				}
				add(check.name, object, detail)
				return nil
			})
			if err != nil {
				return fmt.Errorf("check %s: %w", check.name, err)
			}
		}
		var overdue int
		err := tx.GetContext(ctx, &overdue, `SELECT count(*) FROM hold WHERE `+mayExpire+` AND expires_at < $1`,
			c.Now().Add(-c.cfg.Grace-overdueLimit))
		if err != nil {
			return fmt.Errorf("check expired holds: %w", err)
		}
		if overdue > 0 {
			add("hold.overdue", "holds", fmt.Sprintf("%d expired long ago and are not released", overdue))
		}
		sealed, err := SealSamples(ctx, tx, c.Cipher)
		if err != nil {
			return err
		}
		for object, err := range sealed {
			add("keys.sample", object, err.Error())
		}
		return nil
	})
	if err != nil {
		return catalog.Findings{}, err
	}
	cov, err := c.Coverage(ctx, catalog.CoverageRequest{})
	if err != nil {
		return catalog.Findings{}, err
	}
	for _, wrong := range cov.CheckSums() {
		add("figures", "county", wrong)
	}
	_, oldest, dead, err := link.Backlog(ctx, c.DB)
	if err != nil {
		return catalog.Findings{}, err
	}
	if oldest > backlogLimit {
		add("outbox", "events", fmt.Sprintf("the oldest has waited to be published for %s", oldest.Round(time.Second)))
	}
	if dead > 0 {
		add("dead_letter", "commands", fmt.Sprintf("%d could not be applied", dead))
	}
	if err := c.verifyMemory(ctx, add); err != nil {
		return catalog.Findings{}, err
	}
	return found, nil
}

// verifyMemory compares the memory of this process, brought up to date, with the database in one snapshot.
func (c *Catalog) verifyMemory(ctx context.Context, add func(check, object, detail string)) error {
	return c.writer.do(ctx, func() error {
		if err := c.writer.refresh(ctx); err != nil {
			return err
		}
		for id, s := range c.writer.seasons {
			err := desk.InSnapshot(ctx, c.DB, func(tx *sqlx.Tx) error {
				fresh := newSeason(id)
				if err := fresh.read(ctx, tx, nil, nil); err != nil {
					return err
				}
				// Another process may have written in between; its change is read in the same snapshot.
				structural, err := s.catchUp(ctx, tx)
				if err == nil && structural {
					err = s.catchUpStructure(ctx, tx)
				}
				if err != nil {
					return err
				}
				compare(s, fresh, add)
				return nil
			})
			if err != nil {
				return fmt.Errorf("compare memory of season %d: %w", id, err)
			}
			c.writer.index(s)
		}
		return nil
	})
}

func compare(s, fresh *season, add func(check, object, detail string)) {
	n := 0
	differ := func(object string, memory, database any) {
		if n++; n <= worstFindings {
			add("memory", object, fmt.Sprintf("memory has %v, the database %v", memory, database))
		}
	}
	if s.version != fresh.version {
		differ(fmt.Sprintf("season %d", s.id), s.version, fresh.version)
	}
	lots, inDatabase := 0, 0
	for range s.pool.Lots() {
		lots++
	}
	for want := range fresh.pool.Lots() {
		inDatabase++
		name := fmt.Sprintf("lot %d", want.ID)
		if got, ok := s.pool.Lot(want.ID); !ok {
			differ(name, "nothing", want)
		} else if got != want {
			differ(name, got, want)
		}
		if s.agents[want.ID] != fresh.agents[want.ID] {
			differ(name+", who raises it", s.agents[want.ID], fresh.agents[want.ID])
		}
	}
	for want := range fresh.pool.Households() {
		id := want.ID
		if got, _ := s.pool.Household(id); got != want {
			differ(fmt.Sprintf("household %d", id), got, want)
		}
	}
	if lots != inDatabase {
		differ("lots", lots, inDatabase)
	}
}
