package postgres

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"banmuyuan/catalog"
	"banmuyuan/catalog/allocate"
	"banmuyuan/catalog/postgres/desk"
	"banmuyuan/internal/link"
)

// incomeConsumer follows the income ledger of orders.
func incomeConsumer(c *Catalog) *link.Consumer {
	return link.NewBatchConsumer(c.DB, c.nc, link.ConsumerConfig{
		Durable: "catalog-incomes", Stream: "orders", Filters: []string{catalog.EvtIncomeChanged}, Log: c.Log,
	}, applyIncomes)
}

// applyIncomes keeps the latest figures of the events, in whatever order they come, and takes the next version of the seasons
// in which a figure changed.
func applyIncomes(ctx context.Context, tx *sqlx.Tx, evs []link.Event) error {
	changes := make([]catalog.IncomesChanged, len(evs))
	for i, ev := range evs {
		if err := ev.Decode(&changes[i]); err != nil {
			return err
		}
		for _, figure := range changes[i].Incomes {
			if err := figure.Check(); err != nil {
				return err
			}
		}
	}
	latest := catalog.LatestIncomes(changes)
	for len(latest) > 0 {
		season, n := latest[0].Season, 0
		for n < len(latest) && latest[n].Season == season {
			n++
		}
		if err := keepIncomes(ctx, tx, season, latest[:n]); err != nil {
			return err
		}
		latest = latest[n:]
	}
	return nil
}

func keepIncomes(ctx context.Context, tx *sqlx.Tx, season int, figures []catalog.SeasonIncome) error {
	var known bool // a season of before the register's has no lots
	if err := tx.GetContext(ctx, &known, `SELECT EXISTS (SELECT FROM season WHERE id = $1)`, season); err != nil {
		return fmt.Errorf("look for season %d: %w", season, err)
	}
	if known {
		if _, err := desk.LockSeason(ctx, tx, season); err != nil {
			return err
		}
	}
	n := len(figures)
	households, expected, owed, paid, versions := make([]int64, n), make([]int64, n), make([]int64, n), make([]int64, n), make([]int64, n)
	lots, units := make([]string, n), make([]string, n)
	for i, f := range figures {
		households[i], expected[i], owed[i], paid[i], versions[i] = f.HouseholdID, f.ExpectedFen, f.OwedFen, f.PaidFen, f.Version
		lots[i], units[i] = literal(f.Lots), literal(f.Units)
	}
	var changed []int64
	err := tx.SelectContext(ctx, &changed, `
		INSERT INTO household_income AS i (season, household_id, expected_fen, owed_fen, paid_fen, version, lots, units)
		SELECT $1, h, e, o, p, v, l::bigint[], u::bigint[]
		FROM unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::text[], $8::text[]) AS f (h, e, o, p, v, l, u)
		ON CONFLICT (season, household_id) DO UPDATE
		SET expected_fen = excluded.expected_fen, owed_fen = excluded.owed_fen, paid_fen = excluded.paid_fen, version = excluded.version,
		    lots = excluded.lots, units = excluded.units
		WHERE i.version <= excluded.version
		RETURNING household_id`,
		season, pq.Array(households), pq.Array(expected), pq.Array(owed), pq.Array(paid), pq.Array(versions), pq.Array(lots), pq.Array(units))
	if err != nil {
		return fmt.Errorf("keep incomes of season %d: %w", season, err)
	}
	if !known || len(changed) == 0 {
		return nil
	}
	return desk.NoteChange(ctx, tx, season, desk.Change{Incomes: changed})
}

// figure is the income of a household as the ledger told it last, without later reservations.
type figure struct {
	fen  int64
	lots []int64 // that told has units of
}

// tell puts a household's figure in memory; its lots and the household have to be settled then.
func (s *season) tell(household int64, f catalog.SeasonIncome) {
	for _, id := range s.income[household].lots {
		delete(s.told, id)
	}
	delete(s.income, household)
	if f.TotalFen() == 0 && len(f.Lots) == 0 {
		return
	}
	for i, id := range f.Lots {
		s.told[id] = f.Units[i]
	}
	s.income[household] = figure{f.TotalFen(), f.Lots}
}

// readIncomes reads the figures of the season: of all households, or of the given ones, of which it returns those that are
// in memory.
func (s *season) readIncomes(ctx context.Context, q desk.Querier, all bool, households []int64) error {
	rows, err := q.QueryContext(ctx, `
		SELECT household_id, expected_fen, owed_fen, paid_fen, lots, units FROM household_income
		WHERE season = $1 AND ($2 OR household_id = ANY($3))`, s.id, all, pq.Array(households))
	if err != nil {
		return fmt.Errorf("read incomes: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var f catalog.SeasonIncome
		if err := rows.Scan(&f.HouseholdID, &f.ExpectedFen, &f.OwedFen, &f.PaidFen, (*pq.Int64Array)(&f.Lots), (*pq.Int64Array)(&f.Units)); err != nil {
			return fmt.Errorf("read incomes: %w", err)
		}
		s.tell(f.HouseholdID, f)
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("read incomes: %w", err)
	}
	return nil
}

// retell reads the figures of households anew and brings their lots and levels in line with them.
func (s *season) retell(ctx context.Context, q desk.Querier, households []int64) error {
	touched := map[int64]bool{}
	lots := map[int64]bool{}
	note := func() {
		for _, id := range households {
			for _, lot := range s.income[id].lots {
				lots[lot] = true
			}
		}
	}
	note()
	if err := s.readIncomes(ctx, q, false, households); err != nil {
		return err
	}
	note()
	for id := range lots {
		l, known := s.pool.Lot(id)
		if !known {
			continue
		}
		l.Told = s.told[id]
		if err := s.pool.SetLot(l); err != nil {
			return fmt.Errorf("set lot: %w", err)
		}
		touched[l.Household] = true
	}
	for _, id := range households {
		if _, known := s.pool.Household(id); known {
			touched[id] = true
		}
	}
	return s.settle(touched)
}

// noteBefore keeps what fair presales of the season before had brought each household when this one begins.
func noteBefore(ctx context.Context, tx *sqlx.Tx, season int) error {
	var households []int64
	err := tx.SelectContext(ctx, &households, `
		INSERT INTO season_before (season, household_id, fen)
		SELECT $1, household_id, fen FROM (
			SELECT l.household_id, sum((l.reserved + l.delivered) * (p.unit_fen - div(p.unit_fen::numeric * l.agent_bp, 10000)))::bigint AS fen
			FROM lot l JOIN presale p ON p.id = l.presale_id
			WHERE p.season = $1 - 1 AND p.policy = $2 GROUP BY l.household_id) sold
		WHERE fen > 0
		ON CONFLICT (season, household_id) DO NOTHING RETURNING household_id`, season, string(allocate.PolicyFair))
	if err != nil {
		return fmt.Errorf("note what the season before season %d brought: %w", season, err)
	}
	if len(households) == 0 {
		return nil
	}
	return desk.NoteChange(ctx, tx, season, desk.Change{Households: households})
}
