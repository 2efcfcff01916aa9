package postgres

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"banmuyuan/internal/link"
	"banmuyuan/web/audit"
	"banmuyuan/web/auth"
)

var (
	_ auth.Factors = (*Store)(nil)

	readOnly = &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true}
)

// Factor implements auth.Factors.
func (s *Store) Factor(ctx context.Context, account int64) (auth.Factor, error) {
	var r struct {
		Sealed   []byte    `db:"secret_sealed"`
		Enrolled time.Time `db:"enrolled_at"`
		Left     int       `db:"codes_left"`
	}
	err := s.db.GetContext(ctx, &r, `
		SELECT secret_sealed, enrolled_at, (SELECT count(*) FROM recovery_code c WHERE c.account_id = f.account_id AND used_at IS NULL) AS codes_left
		FROM second_factor f WHERE account_id = $1`, account)
	if err != nil {
		return auth.Factor{}, fmt.Errorf("read second factor: %w", mapError(err))
	}
	return auth.Factor{Sealed: r.Sealed, EnrolledAt: r.Enrolled, CodesLeft: r.Left}, nil
}

// own writes a change of the actor's own account, and its entry of the audit trail.
func (s *Store) own(ctx context.Context, account int64, kind audit.Kind, do func(tx *sqlx.Tx) error) error {
	return link.InTx(ctx, s.db, nil, func(tx *sqlx.Tx) error {
		if err := do(tx); err != nil {
			return err
		}
		e, err := entryOf(ctx, tx, account, kind)
		if err != nil {
			return err
		}
		return AppendTx(ctx, tx, e)
	})
}

// entryOf is an entry about an act of an account on itself.
func entryOf(ctx context.Context, q sqlx.QueryerContext, account int64, kind audit.Kind) (audit.Entry, error) {
	var a struct {
		Login string `db:"login"`
		Role  string `db:"role"`
	}
	if err := sqlx.GetContext(ctx, q, &a, `SELECT login, role FROM account WHERE id = $1`, account); err != nil {
		return audit.Entry{}, fmt.Errorf("read account: %w", mapError(err))
	}
	return audit.Entry{Kind: kind, Account: account, Login: a.Login, Role: a.Role, On: audit.OnAccount, Object: fmt.Sprint(account)}, nil
}

func insertCodes(ctx context.Context, tx *sqlx.Tx, account int64, codes [][]byte) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO recovery_code (account_id, hash) SELECT $1, h FROM unnest($2::bytea[]) AS x (h)`, account, pq.ByteaArray(codes))
	if err != nil {
		return fmt.Errorf("store recovery codes: %w", err)
	}
	return nil
}

// Enrol implements auth.Factors.
func (s *Store) Enrol(ctx context.Context, account int64, sealed []byte, step int64, codes [][]byte) error {
	return s.own(ctx, account, audit.FactorOn, func(tx *sqlx.Tx) error {
		if _, err := tx.ExecContext(ctx, `DELETE FROM second_factor WHERE account_id = $1`, account); err != nil {
			return fmt.Errorf("replace second factor: %w", err)
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO second_factor (account_id, secret_sealed, last_step) VALUES ($1, $2, $3)`, account, sealed, step)
		if err != nil {
			return fmt.Errorf("store second factor: %w", err)
		}
		return insertCodes(ctx, tx, account, codes)
	})
}

// NewCodes implements auth.Factors.
func (s *Store) NewCodes(ctx context.Context, account int64, codes [][]byte) error {
	return s.own(ctx, account, audit.FactorCodes, func(tx *sqlx.Tx) error {
		var there bool
		if err := tx.GetContext(ctx, &there, `SELECT true FROM second_factor WHERE account_id = $1 FOR UPDATE`, account); err != nil {
			return fmt.Errorf("read second factor: %w", mapError(err))
		}
		if _, err := tx.ExecContext(ctx, `DELETE FROM recovery_code WHERE account_id = $1`, account); err != nil {
			return fmt.Errorf("replace recovery codes: %w", err)
		}
		return insertCodes(ctx, tx, account, codes)
	})
}

// UseStep implements auth.Factors, in one statement: of two requests with the same code one is late.
func (s *Store) UseStep(ctx context.Context, account, step int64) (bool, error) {
	res, err := s.db.ExecContext(ctx, `UPDATE second_factor SET last_step = $2 WHERE account_id = $1 AND last_step < $2`, account, step)
	if err != nil {
		return false, fmt.Errorf("use code: %w", err)
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

// UseCode implements auth.Factors.
func (s *Store) UseCode(ctx context.Context, account int64, hash []byte) (bool, error) {
	res, err := s.db.ExecContext(ctx, `
		UPDATE recovery_code SET used_at = clock_timestamp() WHERE account_id = $1 AND hash = $2 AND used_at IS NULL`, account, hash)
	if err != nil {
		return false, fmt.Errorf("use recovery code: %w", err)
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

// DropFactor implements auth.Factors.
func (s *Store) DropFactor(ctx context.Context, account int64) error {
	return s.own(ctx, account, audit.FactorOff, func(tx *sqlx.Tx) error {
		if _, err := tx.ExecContext(ctx, `DELETE FROM second_factor WHERE account_id = $1`, account); err != nil {
			return fmt.Errorf("drop second factor: %w", err)
		}
		return nil
	})
}

// ResetFactor implements auth.Factors.
func (s *Store) ResetFactor(ctx context.Context, by auth.Author, account int64) error {
	return link.InTx(ctx, s.db, nil, func(tx *sqlx.Tx) error {
		var r row
		if err := tx.GetContext(ctx, &r, `SELECT `+columns+` FROM account WHERE id = $1 FOR UPDATE`, account); err != nil {
			return fmt.Errorf("read account: %w", mapError(err))
		}
		if by.Account == account {
			return auth.ErrOwnAccount
		}
		admins, err := settledAdmins(ctx, tx)
		if err != nil {
			return err
		}
		if auth.NeedsTwo(by, r.account(), nil, admins) {
			return auth.ErrNeedsTwo
		}
		_, err = resetFactor(ctx, tx, by, account)
		return err
	})
}

func resetFactor(ctx context.Context, tx *sqlx.Tx, by auth.Author, account int64) (*auth.Account, error) {
	res, err := tx.ExecContext(ctx, `DELETE FROM second_factor WHERE account_id = $1`, account)
	if err != nil {
		return nil, fmt.Errorf("reset second factor: %w", err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return nil, auth.ErrNotFound
	}
	var r row
	err = tx.GetContext(ctx, &r, `UPDATE account SET sessions_from = clock_timestamp() WHERE id = $1 RETURNING `+columns, account)
	if err != nil {
		return nil, fmt.Errorf("end sessions: %w", mapError(err))
	}
	return r.account(), record(ctx, tx, by, account, auth.Change{What: auth.ChangedFactor})
}

// Security implements auth.Factors.
func (s *Store) Security(ctx context.Context) (auth.Security, error) {
	var r struct {
		Grace int       `db:"grace_days"`
		Idle  int       `db:"idle_minutes"`
		Since time.Time `db:"since"`
	}
	if err := s.db.GetContext(ctx, &r, `SELECT grace_days, idle_minutes, since FROM security_rules`); err != nil {
		return auth.Security{}, fmt.Errorf("read rules of logins: %w", err)
	}
	return auth.Security{GraceDays: r.Grace, IdleMinutes: r.Idle, Since: r.Since}, nil
}

// SetSecurity implements auth.Factors.
func (s *Store) SetSecurity(ctx context.Context, by auth.Author, rules auth.Security) error {
	return link.InTx(ctx, s.db, nil, func(tx *sqlx.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE security_rules SET grace_days = $1, idle_minutes = $2`, rules.GraceDays, rules.IdleMinutes)
		if err != nil {
			return fmt.Errorf("store rules of logins: %w", err)
		}
		return AppendTx(ctx, tx, audit.Entry{Kind: audit.RulesChanged, Account: by.Account, Login: by.Login,
			Detail: fmt.Sprintf("%d %d", rules.GraceDays, rules.IdleMinutes)})
	})
}

// FactorSamples opens one secret of each key that secrets are sealed with, and returns what could not be opened, by account.
func FactorSamples(ctx context.Context, db *sqlx.DB, keys auth.Cipher) (map[string]error, error) {
	var there bool // a database of before is checked as well
	if err := db.GetContext(ctx, &there, `SELECT to_regclass('second_factor') IS NOT NULL`); err != nil || !there {
		return nil, err
	}
	var rows []sealedRow
	err := db.SelectContext(ctx, &rows, `
		SELECT DISTINCT ON (substring(secret_sealed FROM 1 FOR 4)) account_id, secret_sealed FROM second_factor
		ORDER BY substring(secret_sealed FROM 1 FOR 4), account_id`)
	if err != nil {
		return nil, fmt.Errorf("read second factors: %w", err)
	}
	bad := map[string]error{}
	for _, r := range rows {
		if _, err := keys.Open(r.Sealed, auth.FactorOwner(r.Account)); err != nil {
			bad[fmt.Sprintf("account %d", r.Account)] = err
		}
	}
	return bad, nil
}

type sealedRow struct {
	Account int64  `db:"account_id"`
	Sealed  []byte `db:"secret_sealed"`
}

// Resealer seals values anew with the first of its keys.
type Resealer interface {
	Reseal(sealed []byte, owner string) (fresh []byte, value string, err error)
	Current() []byte
}

// RekeyFactors seals all secrets anew that are not sealed with the first key, and returns how many.
func RekeyFactors(ctx context.Context, db *sqlx.DB, keys Resealer) (n int, err error) {
	err = link.InTx(ctx, db, nil, func(tx *sqlx.Tx) error {
		var rows []sealedRow
		err := tx.SelectContext(ctx, &rows, `
			SELECT account_id, secret_sealed FROM second_factor WHERE substring(secret_sealed FROM 1 FOR 4) <> $1 FOR UPDATE`, keys.Current())
		if err != nil {
			return fmt.Errorf("read second factors: %w", err)
		}
		for _, r := range rows {
			fresh, _, err := keys.Reseal(r.Sealed, auth.FactorOwner(r.Account))
			if err != nil {
				return err
			}
			if _, err := tx.ExecContext(ctx, `UPDATE second_factor SET secret_sealed = $2 WHERE account_id = $1`, r.Account, fresh); err != nil {
				return fmt.Errorf("seal second factor anew: %w", err)
			}
		}
		n = len(rows)
		return nil
	})
	return n, err
}
