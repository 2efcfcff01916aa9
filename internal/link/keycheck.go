package link

import (
	"bytes"
	"context"
	"fmt"
	"slices"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
)

// StrangeKeys returns how many of the keys that secrets of db's schema are sealed with are not among checks, and whether
// any key was kept. A check is a value derived from a key, which says nothing of it.
func StrangeKeys(ctx context.Context, db *sqlx.DB, checks [][]byte) (strange int, kept bool, err error) {
	var values pq.ByteaArray
	if err := db.GetContext(ctx, &values, `SELECT coalesce(array_agg(value), '{}') FROM key_check`); err != nil {
		return 0, false, fmt.Errorf("read key checks: %w", err)
	}
	for _, v := range values {
		if !slices.ContainsFunc(checks, func(c []byte) bool { return bytes.Equal(c, v) }) {
			strange++
		}
	}
	return strange, len(values) > 0, nil
}

// KeepKey keeps the check of the key that new values are sealed with.
func KeepKey(ctx context.Context, db *sqlx.DB, check []byte) error {
	if _, err := db.ExecContext(ctx, `INSERT INTO key_check (value) VALUES ($1) ON CONFLICT DO NOTHING`, check); err != nil {
		return fmt.Errorf("keep key check: %w", err)
	}
	return nil
}

// KeepOnlyKey forgets the checks of all other keys, once nothing is sealed with them.
func KeepOnlyKey(ctx context.Context, db *sqlx.DB, check []byte) error {
	if err := KeepKey(ctx, db, check); err != nil {
		return err
	}
	if _, err := db.ExecContext(ctx, `DELETE FROM key_check WHERE value <> $1`, check); err != nil {
		return fmt.Errorf("forget key checks: %w", err)
	}
	return nil
}
