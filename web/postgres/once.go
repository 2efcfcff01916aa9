package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"banmuyuan/web/auth"
)

// claim takes a request's key inside tx: whoever sends the same at this moment waits for its end. again is true when it was
// carried out before, and about is what it was noted with then.
func claim(ctx context.Context, tx *sqlx.Tx, once auth.Once) (about []int64, again bool, err error) {
	if once.Key == "" {
		return nil, false, nil
	}
	res, err := tx.ExecContext(ctx, `
		INSERT INTO request_key (account_id, key, request) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`, once.Account, once.Key, once.Request)
	if err != nil {
		return nil, false, fmt.Errorf("claim request key: %w", err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 1 {
		return nil, false, err
	}
	return asked(ctx, tx, once)
}

// asked reads what is remembered of a request.
func asked(ctx context.Context, q sqlx.QueryerContext, once auth.Once) (about []int64, again bool, err error) {
	var old struct {
		Request string        `db:"request"`
		About   pq.Int64Array `db:"about"`
	}
	err = sqlx.GetContext(ctx, q, &old, `SELECT request, about FROM request_key WHERE account_id = $1 AND key = $2`, once.Account, once.Key)
	switch {
	case err != nil && errors.Is(mapError(err), auth.ErrNotFound):
		return nil, false, nil
	case err != nil:
		return nil, false, fmt.Errorf("read request key: %w", err)
	case old.Request != once.Request:
		return nil, false, auth.ErrKeyReused
	}
	return old.About, true, nil
}

// note remembers what a request was about.
func note(ctx context.Context, tx *sqlx.Tx, once auth.Once, about ...int64) error {
	if once.Key == "" {
		return nil
	}
	_, err := tx.ExecContext(ctx, `UPDATE request_key SET about = $3 WHERE account_id = $1 AND key = $2`, once.Account, once.Key, pq.Array(about))
	if err != nil {
		return fmt.Errorf("note what a request was about: %w", err)
	}
	return nil
}

// Asked implements auth.Accounts.
func (s *Store) Asked(ctx context.Context, once auth.Once) (bool, error) {
	_, again, err := asked(ctx, s.db, once)
	return again, err
}
