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
)

// errBehind means that a season has to be read whole.
var errBehind = errors.New("the log of changes does not reach back far enough")

// season is one season in memory: what the reservation writer divides from. Only the writer touches it. It equals the
// database at version, except while a batch is being written.
//
// A household's income is the figure that the income ledger told last, all channels and stages, + Σ (reserved − told) × the
// income from a unit of that lot, over its lots of the season with more units reserved than the figure knows of: so an order
// counts from the moment it is held, and once. It is computed from whole numbers that the database holds, so every process
// comes to the same level in any order of changes.
type season struct {
	id       int
	version  int64
	closed   bool // nothing more is reserved
	pool     *allocate.Pool
	income   map[int64]figure // by household
	told     map[int64]int64  // by lot: units that its household's figure stands for
	presales map[int64]*presale
	agents   map[int64]agent // by lot, where somebody raises it
}

// agent raises a lot on the household's behalf.
type agent struct{ org, bp int64 }

// presale is the part of a presale that reservations need.
type presale struct {
	catalog.Presale
	unitFen int64
}

// openUnits returns the units left for orders.
func (s *season) openUnits(id int64) int64 { return max(s.pool.Sellable(id), 0) }

func newSeason(id int) *season {
	return &season{id: id, pool: allocate.NewPool(), income: map[int64]figure{}, told: map[int64]int64{}, presales: map[int64]*presale{}, agents: map[int64]agent{}}
}

// loadSeason reads all of a season in one snapshot.
func loadSeason(ctx context.Context, db *sqlx.DB, id int) (*season, error) {
	var s *season
	err := desk.InSnapshot(ctx, db, func(tx *sqlx.Tx) error {
		s = newSeason(id)
		return s.read(ctx, tx, nil, nil)
	})
	if err != nil {
		return nil, fmt.Errorf("load season %d: %w", id, err)
	}
	s.pool.Clip()
	return s, nil
}

// read reads the season's version, its presales, and households and lots: all, or only the given ids.
func (s *season) read(ctx context.Context, tx *sqlx.Tx, households, lots []int64) error {
	all := households == nil && lots == nil
	var state catalog.SeasonState
	if err := tx.QueryRowContext(ctx, `SELECT version, state FROM season WHERE id = $1`, s.id).Scan(&s.version, &state); err != nil {
		return fmt.Errorf("read version: %w", err)
	}
	s.closed = !state.Takes()
	presales, err := readPresales(ctx, tx, s.id)
	if err != nil {
		return err
	}
	for _, p := range presales {
		s.pool.SetCode(p.ID, p.Code)
		s.pool.SetLeast(p.ID, p.LeastFen)
		if known := s.presales[p.ID]; known != nil {
			known.Presale, known.unitFen = p.Presale, p.UnitFen
			continue
		}
		s.presales[p.ID] = &presale{Presale: p.Presale, unitFen: p.UnitFen}
	}

	touched := map[int64]bool{}
	if err := s.readIncomes(ctx, tx, all, nil); err != nil {
		return err
	}
	rows, err := tx.QueryContext(ctx, `
		SELECT h.id, h.village_id, h.persons, coalesce(before.fen, 0)
		FROM household h LEFT JOIN season_before before ON before.season = $4 AND before.household_id = h.id
		WHERE $1 OR h.id = ANY($2) OR h.id IN (SELECT household_id FROM lot WHERE id = ANY($3))
		ORDER BY h.id`, all, pq.Array(households), pq.Array(lots), s.id)
	if err != nil {
		return fmt.Errorf("read households: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var h allocate.Household
		if err := rows.Scan(&h.ID, &h.Village, &h.Persons, &h.LastFen); err != nil {
			return fmt.Errorf("read households: %w", err)
		}
		touched[h.ID] = true
		h.ExpectedFen = s.income[h.ID].fen + s.pool.UntoldFen(h.ID)
		if err := s.pool.SetHousehold(h); err != nil {
			return fmt.Errorf("read households: %w", err)
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("read households: %w", err)
	}

	rows, err = tx.QueryContext(ctx, `
		SELECT l.id, l.presale_id, l.household_id, l.capacity, l.reserved, l.reserved + l.delivered, l.agent_org, l.agent_bp
		FROM lot l JOIN presale p ON p.id = l.presale_id
		WHERE p.season = $1 AND ($2 OR l.id = ANY($3))`, s.id, all, pq.Array(lots))
	if err != nil {
		return fmt.Errorf("read lots: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var l allocate.Lot
		var capacity int64
		var by agent
		if err := rows.Scan(&l.ID, &l.Presale, &l.Household, &capacity, &l.Open, &l.Sold, &by.org, &by.bp); err != nil {
			return fmt.Errorf("read lots: %w", err)
		}
		p := s.presales[l.Presale]
		if p == nil {
			return fmt.Errorf("read lot %d: its presale is not in the snapshot", l.ID)
		}
		delete(s.agents, l.ID)
		if by.org != 0 {
			s.agents[l.ID] = by
		}
		l.UnitFen = catalog.LotUnitFen(p.unitFen, by.bp)
		if err := s.setLot(l, capacity); err != nil {
			return err
		}
		touched[l.Household] = true
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("read lots: %w", err)
	}
	return s.settle(touched)
}

// setLot copies a lot of the database to the pool; the household has to be settled then. A lot that somebody pushed
// over its capacity behind the module's back sells nothing; verify names it, and the rest of the season goes on.
func (s *season) setLot(l allocate.Lot, capacity int64) error {
	l.Free, l.Told = max(capacity-l.Sold, 0), s.told[l.ID]
	if err := s.pool.SetLot(l); err != nil {
		return fmt.Errorf("set lot: %w", err)
	}
	return nil
}

// settle recomputes the income of households from their figures and the units that these do not know of.
func (s *season) settle(households map[int64]bool) error {
	for id := range households {
		h, _ := s.pool.Household(id)
		h.ExpectedFen = s.income[id].fen + s.pool.UntoldFen(id)
		if err := s.pool.SetHousehold(h); err != nil {
			return fmt.Errorf("settle household: %w", err)
		}
	}
	return nil
}

// catchUp reads the changes of other writers since s.version. It returns errBehind when the log of changes no longer
// reaches back that far, or a new season must be read whole.
func (s *season) catchUp(ctx context.Context, q desk.Querier) (structural bool, err error) {
	rows, err := q.QueryContext(ctx, `
		WITH change AS (SELECT lots, households, presales, incomes FROM season_change WHERE season = $1 AND version > $2)
		SELECT s.version, (SELECT count(*) FROM change),
		       (SELECT coalesce(bool_or(cardinality(households) + cardinality(presales) > 0), false) FROM change),
		       ARRAY(SELECT unnest(incomes) FROM change),
		       l.id, l.capacity, l.reserved, l.reserved + l.delivered
		FROM season s LEFT JOIN lot l ON l.id = ANY(ARRAY(SELECT unnest(lots) FROM change))
		WHERE s.id = $1`, s.id, s.version)
	if err != nil {
		return false, fmt.Errorf("catch up: %w", err)
	}
	defer rows.Close()
	version, changes := s.version, int64(0)
	type row struct{ id, capacity, open, sold sql.NullInt64 }
	var changed []row
	var incomes pq.Int64Array
	for rows.Next() {
		var r row
		if err := rows.Scan(&version, &changes, &structural, &incomes, &r.id, &r.capacity, &r.open, &r.sold); err != nil {
			return false, fmt.Errorf("catch up: %w", err)
		}
		if r.id.Valid {
			changed = append(changed, r)
		}
	}
	if err := rows.Err(); err != nil {
		return false, fmt.Errorf("catch up: %w", err)
	}
	if version-s.version != changes {
		return false, errBehind
	}
	if structural {
		return true, nil
	}
	touched := map[int64]bool{}
	for _, r := range changed {
		l, known := s.pool.Lot(r.id.Int64)
		if !known {
			return true, nil
		}
		l.Open, l.Sold = r.open.Int64, r.sold.Int64
		if err := s.setLot(l, r.capacity.Int64); err != nil {
			return false, err
		}
		touched[l.Household] = true
	}
	if err := s.settle(touched); err != nil {
		return false, err
	}
	if len(incomes) > 0 {
		if err := s.retell(ctx, q, incomes); err != nil {
			return false, err
		}
	}
	s.version = version
	return false, nil
}

// catchUpStructure reads presales, households and new lots that changed since s.version.
func (s *season) catchUpStructure(ctx context.Context, tx *sqlx.Tx) error {
	var change struct {
		Version    int64         `db:"version"`
		Changes    int64         `db:"changes"`
		Lots       pq.Int64Array `db:"lots"`
		Households pq.Int64Array `db:"households"`
		Incomes    pq.Int64Array `db:"incomes"`
	}
	err := tx.GetContext(ctx, &change, `
		WITH change AS (SELECT lots, households, incomes FROM season_change WHERE season = $1 AND version > $2)
		SELECT s.version, (SELECT count(*) FROM change) AS changes,
		       ARRAY(SELECT DISTINCT unnest(lots) FROM change) AS lots,
		       ARRAY(SELECT DISTINCT unnest(households) FROM change) AS households,
		       ARRAY(SELECT DISTINCT unnest(incomes) FROM change) AS incomes
		FROM season s WHERE s.id = $1`, s.id, s.version)
	if err != nil {
		return fmt.Errorf("catch up structure: %w", err)
	}
	if change.Version-s.version != change.Changes {
		return errBehind
	}
	if err := s.read(ctx, tx, append([]int64{}, change.Households...), append([]int64{}, change.Lots...)); err != nil {
		return err
	}
	return s.retell(ctx, tx, change.Incomes)
}
