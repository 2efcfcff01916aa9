package income

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/orders"
	"banmuyuan/orders/postgres/desk"
)

// home returns a household's village and persons: from the copy, or from the catalogue while its event is under way.
func (m *Room) home(ctx context.Context, household int64) (catalog.HouseholdFact, error) {
	h := catalog.HouseholdFact{ID: household}
	err := m.DB.QueryRowxContext(ctx, `SELECT village_id, persons FROM household_ref WHERE id = $1`, household).Scan(&h.VillageID, &h.Persons)
	if err == nil {
		return h, nil
	}
	if !desk.Missing(err) {
		return h, fmt.Errorf("read household %d: %w", household, err)
	}
	hh, err := m.Catalog.Household(desk.AsSystem(ctx), catalog.HouseholdRef{ID: household})
	if err != nil {
		return h, err
	}
	return catalog.HouseholdFact{ID: hh.ID, VillageID: hh.VillageID, Persons: hh.Persons}, nil
}

// HouseholdsChanged applies the catalogue's events of households, in whatever order they come.
func (m *Room) HouseholdsChanged(ctx context.Context, tx *sqlx.Tx, events []catalog.HouseholdsChanged) error {
	return keepHouseholds(ctx, tx, orders.LatestHouseholds(events))
}

// workHouseholds copies, once for each process, households whose events this installation never had: it was upgraded, or
// its broker lost them.
func (m *Room) workHouseholds(ctx context.Context) error {
	if m.householdsRead {
		return nil
	}
	err := m.householdFacts(ctx, func(facts []catalog.HouseholdFact) error {
		return link.InTx(ctx, m.DB, nil, func(tx *sqlx.Tx) error { return keepHouseholds(ctx, tx, facts) })
	})
	if err != nil {
		return fmt.Errorf("copy households: %w", err)
	}
	m.householdsRead = true
	m.ForgetFigures()
	return nil
}

// householdFacts pages through the catalogue's households.
func (m *Room) householdFacts(ctx context.Context, each func([]catalog.HouseholdFact) error) error {
	for after := int64(0); ; {
		page, err := m.Catalog.HouseholdFacts(desk.AsSystem(ctx), catalog.HouseholdFactsRequest{After: after})
		if err != nil || len(page.Items) == 0 {
			return err
		}
		if err := each(page.Items); err != nil {
			return err
		}
		after = page.Items[len(page.Items)-1].ID
	}
}

// registered returns all households of the catalogue, by id.
func (m *Room) registered(ctx context.Context) ([]catalog.HouseholdFact, error) {
	var all []catalog.HouseholdFact
	err := m.householdFacts(ctx, func(facts []catalog.HouseholdFact) error {
		all = append(all, facts...)
		return nil
	})
	return all, err
}

const insertHouseholds = `
	INSERT INTO household_ref (id, village_id, persons, version, retired)
	SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::int[], $4::bigint[], $5::boolean[])`

func factArgs(facts []catalog.HouseholdFact) []any {
	n := len(facts)
	ids, villages, persons, versions := make(pq.Int64Array, n), make(pq.Int64Array, n), make(pq.Int64Array, n), make(pq.Int64Array, n)
	retired := make(pq.BoolArray, n)
	for i, f := range facts {
		ids[i], villages[i], persons[i], versions[i], retired[i] = f.ID, f.VillageID, int64(f.Persons), f.Version, f.Retired
	}
	return []any{ids, villages, persons, versions, retired}
}

// keepHouseholds writes facts to the copy, by id. A fact that is not later than the copy changes nothing, unless somebody
// changed the copy by hand.
func keepHouseholds(ctx context.Context, tx *sqlx.Tx, facts []catalog.HouseholdFact) error {
	if _, err := tx.ExecContext(ctx, `SELECT pg_advisory_xact_lock_shared(`+rebuildLock+`)`); err != nil {
		return fmt.Errorf("wait for the income ledger: %w", err)
	}
	_, err := tx.ExecContext(ctx, insertHouseholds+`
		ON CONFLICT (id) DO UPDATE
		SET village_id = excluded.village_id, persons = excluded.persons, version = excluded.version, retired = excluded.retired
		WHERE household_ref.version < excluded.version
		   OR household_ref.version = excluded.version
		      AND (household_ref.village_id, household_ref.persons, household_ref.retired)
		          IS DISTINCT FROM (excluded.village_id, excluded.persons, excluded.retired)`, factArgs(facts)...)
	if err != nil {
		return fmt.Errorf("keep households: %w", err)
	}
	return nil
}

// replaceHouseholds writes the whole copy anew, whatever its versions. The caller holds rebuildLock since before the facts
// were read, so that no event is lost.
func replaceHouseholds(ctx context.Context, tx *sqlx.Tx, facts []catalog.HouseholdFact) error {
	if _, err := tx.ExecContext(ctx, `DELETE FROM household_ref`); err != nil {
		return fmt.Errorf("empty the copy of households: %w", err)
	}
	if _, err := tx.ExecContext(ctx, insertHouseholds, factArgs(facts)...); err != nil {
		return fmt.Errorf("copy households: %w", err)
	}
	return nil
}

const mostGaps = 100 // of one check

// verifyHouseholds compares the copy with the catalogue.
func (m *Room) verifyHouseholds(ctx context.Context, res *orders.Findings) error {
	registered, err := m.registered(ctx)
	if err != nil {
		return err
	}
	copied := []catalog.HouseholdFact{}
	rows, err := m.DB.QueryxContext(ctx, `SELECT id, village_id, persons, version, retired FROM household_ref`)
	if err != nil {
		return fmt.Errorf("read the copy of households: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var f catalog.HouseholdFact
		if err := rows.Scan(&f.ID, &f.VillageID, &f.Persons, &f.Version, &f.Retired); err != nil {
			return fmt.Errorf("read the copy of households: %w", err)
		}
		copied = append(copied, f)
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("read the copy of households: %w", err)
	}
	addGaps(res, orders.HouseholdGaps(copied, registered))
	return nil
}

func addGaps(res *orders.Findings, gaps []orders.Finding) {
	more := len(gaps) - mostGaps
	res.Items = append(res.Items, gaps[:min(len(gaps), mostGaps)]...)
	if more > 0 {
		res.Items = append(res.Items, orders.Finding{Check: gaps[0].Check, Object: "more", Detail: fmt.Sprintf("and %d more", more)})
	}
}
