package income

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/orders"
	"banmuyuan/orders/postgres/desk"
)

// The ledger tells the catalogue the income of households whose entries changed: the triggers of income_entry note them in
// the transaction of the change, and a worker publishes their figures.
//
//   - Notes are rows that nobody updates, so that orders that go to the same household do not wait for each other.
//   - A figure is read after its notes were taken, in a transaction that is alone in this: a change whose note is not among
//     them is told by the next round, and a later figure has the higher version.
//   - Rounds are a tick of the workers apart, a second, because each takes the next version of a season in the catalogue.
const (
	tellMost = 5000             // households in one round
	tellLock = `-6521870230001` // advisory: one round at a time, over all processes
)

// figuresOf reads the figures of households in seasons, which are two arrays of the same length.
func figuresOf(households, seasons string) string {
	return `
		SELECT c.household_id, c.season, s.expected_fen, s.owed_fen, s.paid_fen, coalesce(u.lots, '{}') AS lots, coalesce(u.units, '{}') AS units
		FROM unnest(` + households + `, ` + seasons + `) AS c (household_id, season)
		CROSS JOIN LATERAL (SELECT ` + sumsSQL + ` FROM income_entry e WHERE e.household_id = c.household_id AND e.season = c.season) s
		CROSS JOIN LATERAL (
			SELECT array_agg(o.lot ORDER BY o.lot) AS lots, array_agg(o.units ORDER BY o.lot) AS units
			FROM (SELECT coalesce(b.lot_id, e.lot_id) AS lot, sum(e.qty)::bigint AS units
			      FROM income_entry e
			      LEFT JOIN adoption_box b ON e.adoption_id <> 0 AND b.adoption_id = e.adoption_id AND e.source_key = 'adoption:' || b.adoption_id || ':' || b.no
			      WHERE e.household_id = c.household_id AND e.season = c.season AND e.stage = 'expected'
			      GROUP BY 1) o
			WHERE o.lot <> 0) u`
}

type figureRow struct {
	Household int64 `db:"household_id"`
	Season    int   `db:"season"`
	sums
	Lots  pq.Int64Array `db:"lots"`
	Units pq.Int64Array `db:"units"`
}

func (r figureRow) out(version int64) catalog.SeasonIncome {
	return catalog.SeasonIncome{HouseholdID: r.Household, Season: r.Season, ExpectedFen: r.ExpectedFen, OwedFen: r.OwedFen, PaidFen: r.PaidFen,
		Lots: r.Lots, Units: r.Units, Version: version}
}

// workTell publishes the figures of households that changed, a tick after the last time at the earliest.
func (m *Room) workTell(ctx context.Context) error {
	if time.Since(m.told) < m.Config.Tick {
		return nil
	}
	m.told = time.Now()
	n := 0
	err := m.Tx(ctx, func(tx *sqlx.Tx) (err error) {
		n, err = m.tell(ctx, tx)
		return err
	})
	if err != nil {
		return fmt.Errorf("tell incomes: %w", err)
	}
	if n >= tellMost {
		m.told = time.Time{} // more waits
	}
	return nil
}

func (m *Room) tell(ctx context.Context, tx *sqlx.Tx) (int, error) {
	var mine bool
	if err := tx.GetContext(ctx, &mine, `SELECT EXISTS (SELECT FROM income_changed) AND pg_try_advisory_xact_lock(`+tellLock+`)`); err != nil || !mine {
		return 0, err
	}
	var due []struct {
		Household int64 `db:"household_id"`
		Season    int   `db:"season"`
	}
	err := tx.SelectContext(ctx, &due, `
		WITH due AS (SELECT DISTINCT household_id, season FROM income_changed LIMIT $1),
		     gone AS (DELETE FROM income_changed c USING due d WHERE c.household_id = d.household_id AND c.season = d.season)
		SELECT household_id, season FROM due ORDER BY season, household_id`, tellMost)
	if err != nil || len(due) == 0 {
		return 0, err
	}
	households, seasons := make(pq.Int64Array, len(due)), make(pq.Int64Array, len(due))
	for i, d := range due {
		households[i], seasons[i] = d.Household, int64(d.Season)
	}
	// A statement of its own: it sees every change with a note that was taken.
	var rows []figureRow
	if err := tx.SelectContext(ctx, &rows, figuresOf("$1::bigint[]", "$2::int[]"), households, seasons); err != nil {
		return 0, fmt.Errorf("read figures: %w", err)
	}
	var version int64
	if err := tx.GetContext(ctx, &version, `SELECT nextval('income_figure_version')`); err != nil {
		return 0, fmt.Errorf("number figures: %w", err)
	}
	var messages []link.Message
	for part := range slices.Chunk(rows, catalog.IncomesPerEvent) {
		var e catalog.IncomesChanged
		for _, r := range part {
			e.Incomes = append(e.Incomes, r.out(version))
		}
		messages = append(messages, link.Message{Subject: catalog.EvtIncomeChanged, Data: e})
	}
	return len(due), link.Publish(ctx, tx, messages...)
}

// verifyTold compares the figures that the catalogue divides by with the ledger. Figures that wait to be told are no
// difference.
func (m *Room) verifyTold(ctx context.Context, res *orders.Findings) error {
	var known []catalog.SeasonIncome
	for after := int64(0); ; {
		page, err := m.Catalog.HouseholdFacts(desk.AsSystem(ctx), catalog.HouseholdFactsRequest{After: after, Incomes: true})
		if err != nil {
			return err
		}
		if len(page.Items) == 0 {
			break
		}
		known = append(known, page.Incomes...)
		after = page.Items[len(page.Items)-1].ID
	}
	var rows []figureRow
	err := m.DB.SelectContext(ctx, &rows, `
		WITH pair AS (SELECT DISTINCT household_id, season FROM income_entry EXCEPT SELECT household_id, season FROM income_changed),
		     all_pairs AS (SELECT array_agg(household_id) AS h, array_agg(season) AS s FROM pair)
		SELECT f.* FROM all_pairs, LATERAL (`+figuresOf("all_pairs.h", "all_pairs.s")+`) f WHERE all_pairs.h IS NOT NULL`)
	if err != nil {
		return fmt.Errorf("read figures: %w", err)
	}
	var waiting []struct {
		Household int64 `db:"household_id"`
		Season    int   `db:"season"`
	}
	if err := m.DB.SelectContext(ctx, &waiting, `SELECT DISTINCT household_id, season FROM income_changed`); err != nil {
		return fmt.Errorf("read figures that wait: %w", err)
	}
	ledger := make([]catalog.SeasonIncome, len(rows))
	for i, r := range rows {
		ledger[i] = r.out(0)
	}
	open := map[orders.IncomeOf]bool{}
	for _, w := range waiting {
		open[orders.IncomeOf{Household: w.Household, Season: w.Season}] = true
	}
	addGaps(res, orders.FigureGaps(ledger, known, open))
	return nil
}
