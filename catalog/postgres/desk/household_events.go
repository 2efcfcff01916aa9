package desk

import (
	"context"
	"fmt"
	"slices"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
)

// FactColumns are a fact as scanFact reads it.
const FactColumns = `h.id, h.village_id, h.persons, h.version, h.retired_at IS NOT NULL`

func scanFact(scan func(...any) error) (catalog.HouseholdFact, error) {
	var f catalog.HouseholdFact
	err := scan(&f.ID, &f.VillageID, &f.Persons, &f.Version, &f.Retired)
	return f, err
}

// ReadFacts runs a query that selects FactColumns.
func ReadFacts(ctx context.Context, q Querier, query string, args ...any) ([]catalog.HouseholdFact, error) {
	facts := []catalog.HouseholdFact{}
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		f, err := scanFact(rows.Scan)
		if err != nil {
			return nil, err
		}
		facts = append(facts, f)
	}
	return facts, rows.Err()
}

// HouseholdsChanged gives households their next version and publishes their facts with the commit of tx. Every
// transaction that adds or changes households calls it once, after its changes, with the ids of all of them.
func HouseholdsChanged(ctx context.Context, tx *sqlx.Tx, ids []int64) error {
	if len(ids) == 0 {
		return nil
	}
	ids = slices.Clone(ids)
	slices.Sort(ids)
	ids = slices.Compact(ids)
	// Locked in the order of ids, so that two transactions wait for each other in one direction only.
	facts, err := ReadFacts(ctx, tx, `
		WITH changed AS (SELECT id FROM household WHERE id = ANY($1) ORDER BY id FOR NO KEY UPDATE)
		UPDATE household h SET version = version + 1 FROM changed WHERE h.id = changed.id
		RETURNING `+FactColumns, pq.Array(ids))
	if err != nil {
		return fmt.Errorf("give households their next version: %w", err)
	}
	if len(facts) != len(ids) {
		return fmt.Errorf("give households their next version: only %d of %d exist", len(facts), len(ids))
	}
	return publishFacts(ctx, tx, facts)
}

// PublishHouseholds publishes the facts of all households, for a county that was loaded at once.
func PublishHouseholds(ctx context.Context, tx *sqlx.Tx) error {
	facts, err := ReadFacts(ctx, tx, `SELECT `+FactColumns+` FROM household h`)
	if err != nil {
		return fmt.Errorf("read households: %w", err)
	}
	return publishFacts(ctx, tx, facts)
}

func publishFacts(ctx context.Context, tx *sqlx.Tx, facts []catalog.HouseholdFact) error {
	var messages []link.Message
	for _, e := range catalog.HouseholdEvents(facts) {
		messages = append(messages, link.Message{
			Subject: catalog.EvtHouseholdsChanged, Data: catalog.HouseholdsChanged{Households: e.Households},
		})
	}
	if err := link.Publish(ctx, tx, messages...); err != nil {
		return fmt.Errorf("publish households: %w", err)
	}
	return nil
}
