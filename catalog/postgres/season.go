package postgres

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"banmuyuan/catalog"
	"banmuyuan/catalog/allocate"
)

// season is one season in memory: what the reservation writer divides from. Only the writer touches it. It equals the
// database at version, except while a batch is being written.
//
// A household's expected income is base + Σ (reserved + delivered) × what a unit of that lot brings, over all its lots
// of the season. It is computed from whole numbers that the database holds, so every process comes to the same level
// whatever the order in which it learned of changes.
type season struct {
	id         int
	version    int64
	pool       *allocate.Pool
	households map[int64]*household
	lots       map[int64]*lot
	presales   map[int64]*presale
}

type household struct {
	id, village, base int64
	persons           int32
	lots              []*lot
}

type lot struct {
	id, presale, capacity, reserved, delivered int64
	agentOrg, agentBP, unitFen                 int64
	household                                  *household
}

// free is what the lot can still sell. One that somebody pushed over its capacity behind the module's back sells nothing;
// verify names it, and the rest of the season goes on.
func (l *lot) free() int64 { return max(l.capacity-l.reserved-l.delivered, 0) }

// presale is what reserving needs to know of a presale.
type presale struct {
	catalog.Presale
	unitFen int64
	lots    []*lot
}

// openUnits is what is left for orders.
func (s *season) openUnits(id int64) int64 { return max(s.pool.Free(id), 0) }

func newSeason(id int) *season {
	return &season{
		id: id, pool: allocate.NewPool(),
		households: map[int64]*household{}, lots: map[int64]*lot{}, presales: map[int64]*presale{},
	}
}

func (s *season) expected(h *household) int64 {
	fen := h.base
	for _, l := range h.lots {
		fen += (l.reserved + l.delivered) * l.unitFen
	}
	return fen
}

// loadSeason reads all of a season in one snapshot.
func loadSeason(ctx context.Context, db *sqlx.DB, id int) (*season, error) {
	var s *season
	err := inSnapshot(ctx, db, func(tx *sqlx.Tx) error {
		s = newSeason(id)
		return s.read(ctx, tx, nil, nil)
	})
	if err != nil {
		return nil, fmt.Errorf("load season %d: %w", id, err)
	}
	return s, nil
}

// read reads the season's version, its presales, and households and lots: all of them, or those with the given ids.
func (s *season) read(ctx context.Context, tx *sqlx.Tx, households, lots []int64) error {
	all := households == nil && lots == nil
	if err := tx.GetContext(ctx, &s.version, `SELECT version FROM season WHERE id = $1`, s.id); err != nil {
		return fmt.Errorf("read version: %w", err)
	}
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

	touched := map[*household]bool{}
	rows, err := tx.QueryContext(ctx, `
		SELECT id, village_id, persons, base_fen FROM household
		WHERE $1 OR id = ANY($2) OR id IN (SELECT household_id FROM lot WHERE id = ANY($3))
		ORDER BY id`, all, pq.Array(households), pq.Array(lots))
	if err != nil {
		return fmt.Errorf("read households: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var h household
		if err := rows.Scan(&h.id, &h.village, &h.persons, &h.base); err != nil {
			return fmt.Errorf("read households: %w", err)
		}
		known := s.households[h.id]
		if known == nil {
			known = &household{id: h.id}
			s.households[h.id] = known
		}
		known.village, known.persons, known.base = h.village, h.persons, h.base
		touched[known] = true
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("read households: %w", err)
	}

	rows, err = tx.QueryContext(ctx, `
		SELECT l.id, l.presale_id, l.household_id, l.capacity, l.reserved, l.delivered, l.agent_org, l.agent_bp
		FROM lot l JOIN presale p ON p.id = l.presale_id
		WHERE p.season = $1 AND ($2 OR l.id = ANY($3))`, s.id, all, pq.Array(lots))
	if err != nil {
		return fmt.Errorf("read lots: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var l lot
		var householdID int64
		if err := rows.Scan(&l.id, &l.presale, &householdID, &l.capacity, &l.reserved, &l.delivered, &l.agentOrg, &l.agentBP); err != nil {
			return fmt.Errorf("read lots: %w", err)
		}
		p, h := s.presales[l.presale], s.households[householdID]
		if p == nil || h == nil {
			return fmt.Errorf("read lot %d: its presale or household is not in the snapshot", l.id)
		}
		known := s.lots[l.id]
		if known == nil {
			known = &lot{id: l.id, presale: l.presale, household: h}
			s.lots[l.id] = known
			h.lots = append(h.lots, known)
			p.lots = append(p.lots, known)
		}
		known.capacity, known.reserved, known.delivered = l.capacity, l.reserved, l.delivered
		known.agentOrg, known.agentBP = l.agentOrg, l.agentBP
		known.unitFen = catalog.LotUnitFen(p.unitFen, l.agentBP)
		touched[h] = true
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("read lots: %w", err)
	}
	for h := range touched {
		if err := s.settle(h); err != nil {
			return err
		}
	}
	return nil
}

// settle brings the pool in line with what is known of a household and its lots.
func (s *season) settle(h *household) error {
	// Lots first lose what they have free: the pool bounds income and free units together.
	err := s.pool.SetHousehold(allocate.Household{ID: h.id, Village: h.village, Persons: h.persons, ExpectedFen: s.expected(h)})
	if err != nil {
		return fmt.Errorf("settle household: %w", err)
	}
	for _, l := range h.lots {
		err := s.pool.SetLot(allocate.Lot{ID: l.id, Presale: l.presale, Household: h.id, Free: l.free(), UnitFen: l.unitFen})
		if err != nil {
			return fmt.Errorf("settle lot: %w", err)
		}
	}
	return nil
}

// catchUp reads what other writers changed since s.version. It returns errBehind when the log of changes no longer
// reaches back that far, or a new season must be read whole.
func (s *season) catchUp(ctx context.Context, q querier) (structural bool, err error) {
	rows, err := q.QueryContext(ctx, `
		WITH change AS (SELECT lots, households, presales FROM season_change WHERE season = $1 AND version > $2)
		SELECT s.version, (SELECT count(*) FROM change),
		       (SELECT coalesce(bool_or(cardinality(households) + cardinality(presales) > 0), false) FROM change),
		       l.id, l.capacity, l.reserved, l.delivered
		FROM season s LEFT JOIN lot l ON l.id = ANY(ARRAY(SELECT unnest(lots) FROM change))
		WHERE s.id = $1`, s.id, s.version)
	if err != nil {
		return false, fmt.Errorf("catch up: %w", err)
	}
	defer rows.Close()
	version, changes := s.version, int64(0)
	type row struct{ id, capacity, reserved, delivered sql.NullInt64 }
	var changed []row
	for rows.Next() {
		var r row
		if err := rows.Scan(&version, &changes, &structural, &r.id, &r.capacity, &r.reserved, &r.delivered); err != nil {
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
	touched := map[*household]bool{}
	for _, r := range changed {
		l := s.lots[r.id.Int64]
		if l == nil {
			return true, nil
		}
		l.capacity, l.reserved, l.delivered = r.capacity.Int64, r.reserved.Int64, r.delivered.Int64
		touched[l.household] = true
	}
	for h := range touched {
		if err := s.settle(h); err != nil {
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
