package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"banmuyuan/internal/link"
	"banmuyuan/web/auth"
)

var _ auth.Setup = (*Store)(nil)

// NewSetupLink implements auth.Setup. Processes that start at the same time take turns: the last one's link works.
func (s *Store) NewSetupLink(ctx context.Context, hash []byte, until time.Time) (made bool, err error) {
	err = link.InTx(ctx, s.db, nil, func(tx *sqlx.Tx) error {
		made = false
		if _, err := tx.ExecContext(ctx, `LOCK TABLE setup_link IN SHARE ROW EXCLUSIVE MODE`); err != nil {
			return err
		}
		// Links end, too, where there is an administrator by now.
		if _, err := tx.ExecContext(ctx, `UPDATE setup_link SET ended_at = clock_timestamp() WHERE ended_at IS NULL`); err != nil {
			return err
		}
		res, err := tx.ExecContext(ctx, `
			INSERT INTO setup_link (hash, expires_at) SELECT $1, $2 WHERE NOT EXISTS (SELECT FROM account WHERE role = $3)`,
			hash, until, string(auth.Admin))
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		made = n == 1
		return err
	})
	if err != nil {
		return false, fmt.Errorf("make set-up link: %w", err)
	}
	return made, nil
}

// CheckSetupLink implements auth.Setup.
func (s *Store) CheckSetupLink(ctx context.Context, hash []byte, now time.Time) error {
	var id int64
	err := s.db.GetContext(ctx, &id, `
		SELECT id FROM setup_link WHERE hash = $1 AND ended_at IS NULL AND expires_at > $2
			AND NOT EXISTS (SELECT FROM account WHERE role = $3)`, hash, now, string(auth.Admin))
	if err != nil {
		return fmt.Errorf("find set-up link: %w", mapError(err))
	}
	return nil
}

// UseSetupLink implements auth.Setup. Of two requests with one link the second waits for the first, and finds it ended.
func (s *Store) UseSetupLink(ctx context.Context, hash []byte, now time.Time, a auth.Account) (made *auth.Account, err error) {
	a.Role = auth.Admin
	err = link.InTx(ctx, s.db, nil, func(tx *sqlx.Tx) error {
		var id int64
		err := tx.GetContext(ctx, &id, `
			UPDATE setup_link SET ended_at = clock_timestamp() WHERE hash = $1 AND ended_at IS NULL AND expires_at > $2
				AND NOT EXISTS (SELECT FROM account WHERE role = $3)
			RETURNING id`, hash, now, string(auth.Admin))
		if err != nil {
			return mapError(err)
		}
		made, err = open(ctx, tx, auth.SetupPage, a)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("use set-up link: %w", err)
	}
	return made, nil
}
