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
// A household's expected income is its base + Σ (reserved + delivered) × the income from a unit of that lot, over all its lots
// of the season. It is computed from whole numbers that the database holds, so every process comes to the same level
// in any order of changes.
type season struct {
	id       int
	version  int64
	closed   bool // nothing more is reserved
	pool     *allocate.Pool
	base     map[int64]int64 // by household
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
func (s *season) openUnits(id int64) int64 { return max(s.pool.Free(id), 0) }

func newSeason(id int) *season {
	return &season{id: id, pool: allocate.NewPool(), base: map[int64]int64{}, presales: map[int64]*presale{}, agents: map[int64]agent{}}
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
		if known := s.presales[p.ID]; known != nil {
			known.Presale, known.unitFen = p.Presale, p.UnitFen
			continue
		}
		s.presales[p.ID] = &presale{Presale: p.Presale, unitFen: p.UnitFen}
	}

	touched := map[int64]bool{}
	rows, err := tx.QueryContext(ctx, `
		SELECT id, village_id, persons, base_fen FROM household
		WHERE $1 OR id = ANY($2) OR id IN (SELECT household_id FROM lot WHERE id = ANY($3))
		ORDER BY id`, all, pq.Array(households), pq.Array(lots))
	if err != nil {
		return fmt.Errorf("read households: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var h allocate.Household
		var base int64
		if err := rows.Scan(&h.ID, &h.Village, &h.Persons, &base); err != nil {
			return fmt.Errorf("read households: %w", err)
		}
		s.base[h.ID] = base
		h.ExpectedFen = base + s.pool.SoldFen(h.ID)
		if err := s.pool.SetHousehold(h); err != nil {
			return fmt.Errorf("read households: %w", err)
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("read households: %w", err)
	}

	rows, err = tx.QueryContext(ctx, `
		SELECT l.id, l.presale_id, l.household_id, l.capacity, l.reserved + l.delivered, l.agent_org, l.agent_bp
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
		if err := rows.Scan(&l.ID, &l.Presale, &l.Household, &capacity, &l.Sold, &by.org, &by.bp); err != nil {
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
	l.Free = max(capacity-l.Sold, 0)
	if err := s.pool.SetLot(l); err != nil {
		return fmt.Errorf("set lot: %w", err)
	}
	return nil
}

// settle recomputes the expected income of households from the sales of their lots.
func (s *season) settle(households map[int64]bool) error {
	for id := range households {
		h, _ := s.pool.Household(id)
		h.ExpectedFen = s.base[id] + s.pool.SoldFen(id)
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
		WITH change AS (SELECT lots, households, presales FROM season_change WHERE season = $1 AND version > $2)
		SELECT s.version, (SELECT count(*) FROM change),
		       (SELECT coalesce(bool_or(cardinality(households) + cardinality(presales) > 0), false) FROM change),
		       l.id, l.capacity, l.reserved + l.delivered
		FROM season s LEFT JOIN lot l ON l.id = ANY(ARRAY(SELECT unnest(lots) FROM change))
		WHERE s.id = $1`, s.id, s.version)
	if err != nil {
		return false, fmt.Errorf("catch up: %w", err)
	}
	defer rows.Close()
	version, changes := s.version, int64(0)
	type row struct{ id, capacity, sold sql.NullInt64 }
	var changed []row
	for rows.Next() {
		var r row
		if err := rows.Scan(&version, &changes, &structural, &r.id, &r.capacity, &r.sold); err != nil {
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
		l.Sold = r.sold.Int64
		if err := s.setLot(l, r.capacity.Int64); err != nil {
			return false, err
		}
		touched[l.Household] = true
	}
	if err := s.settle(touched); err != nil {
		return false, err
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
	}
	err := tx.GetContext(ctx, &change, `
		WITH change AS (SELECT lots, households FROM season_change WHERE season = $1 AND version > $2)
		SELECT s.version, (SELECT count(*) FROM change) AS changes,
		       ARRAY(SELECT DISTINCT unnest(lots) FROM change) AS lots,
		       ARRAY(SELECT DISTINCT unnest(households) FROM change) AS households
		FROM season s WHERE s.id = $1`, s.id, s.version)
	if err != nil {
		return fmt.Errorf("catch up structure: %w", err)
	}
	if change.Version-s.version != change.Changes {
		return errBehind
	}
	return s.read(ctx, tx, append([]int64{}, change.Households...), append([]int64{}, change.Lots...))
}
