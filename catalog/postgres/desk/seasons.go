package desk

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
)

// LockSeasons locks all seasons in the order of their ids and returns them.
func LockSeasons(ctx context.Context, tx *sqlx.Tx) ([]int, error) {
	var seasons []int
	if err := tx.SelectContext(ctx, &seasons, `SELECT id FROM season ORDER BY id`); err != nil {
		return nil, fmt.Errorf("read seasons: %w", err)
	}
	for _, id := range seasons {
		if _, err := LockSeason(ctx, tx, id); err != nil {
			return nil, err
		}
	}
	return seasons, nil
}

// TouchReference has every process read the reference anew.
func TouchReference(ctx context.Context, tx *sqlx.Tx) error {
	if _, err := tx.ExecContext(ctx, `UPDATE reference_version SET version = version + 1`); err != nil {
		return fmt.Errorf("touch reference: %w", err)
	}
	return nil
}

// LockSeason makes the caller's transaction the only writer of a season's lots and presales, and takes its next version.
func LockSeason(ctx context.Context, tx *sqlx.Tx, id int) (version int64, err error) {
	err = tx.GetContext(ctx, &version, `SELECT version FROM season WHERE id = $1 FOR UPDATE`, id)
	if err != nil {
		return 0, fmt.Errorf("lock season %d: %w", id, err)
	}
	return version, nil
}

// Change lists the rows of a season that a transaction changed.
type Change struct {
	Lots, Households, Presales []int64
	Incomes                    []int64 // households of which the ledger told another income
}

// NoteChange takes the season's next version and logs the changes of the transaction, which holds LockSeason.
func NoteChange(ctx context.Context, tx *sqlx.Tx, season int, ch Change) error {
	_, err := tx.ExecContext(ctx, `
		WITH next AS (UPDATE season SET version = version + 1 WHERE id = $1 RETURNING version)
		INSERT INTO season_change (season, version, lots, households, presales, incomes)
		SELECT $1, version, $2, $3, $4, $5 FROM next`,
		season, pq.Array(IDs(ch.Lots)), pq.Array(IDs(ch.Households)), pq.Array(IDs(ch.Presales)), pq.Array(IDs(ch.Incomes)))
	if err != nil {
		return fmt.Errorf("note change of season %d: %w", season, err)
	}
	return nil
}
