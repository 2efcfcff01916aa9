package postgres

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/jmoiron/sqlx"

	"banmuyuan/internal/link"
	"banmuyuan/web/audit"
	"banmuyuan/web/auth"
)

// PutContactCode implements auth.ContactCodes. Codes that ran out are forgotten with the next one.
func (s *Store) PutContactCode(ctx context.Context, key, hash []byte, life time.Duration) error {
	_, err := s.db.ExecContext(ctx, `
		WITH old AS (DELETE FROM contact_code WHERE until < clock_timestamp() AND key <> $1)
		INSERT INTO contact_code (key, hash, until) VALUES ($1, $2, clock_timestamp() + $3 * interval '1 microsecond')
		ON CONFLICT (key) DO UPDATE SET hash = excluded.hash, until = excluded.until, tries = 0`, key, hash, life.Microseconds())
	if err != nil {
		return fmt.Errorf("store code: %w", err)
	}
	return nil
}

// TryContactCode implements auth.ContactCodes in one statement, so that tries at once are all counted.
func (s *Store) TryContactCode(ctx context.Context, key []byte, tries int) (hash []byte, err error) {
	err = s.db.GetContext(ctx, &hash, `
		UPDATE contact_code SET tries = tries + 1 WHERE key = $1 AND until > clock_timestamp() AND tries < $2 RETURNING hash`, key, tries)
	if err != nil {
		return nil, fmt.Errorf("try code: %w", mapError(err))
	}
	return hash, nil
}

// SpendContactCode implements auth.ContactCodes.
func (s *Store) SpendContactCode(ctx context.Context, key, hash []byte) (bool, error) {
	res, err := s.db.ExecContext(ctx, `DELETE FROM contact_code WHERE key = $1 AND hash = $2`, key, hash)
	if err != nil {
		return false, fmt.Errorf("spend code: %w", err)
	}
	n, err := res.RowsAffected()
	return n > 0, err
}

// IsHouseholdPhone implements auth.Accounts.
func (s *Store) IsHouseholdPhone(ctx context.Context, phone string) (found bool, err error) {
	err = s.db.GetContext(ctx, &found, `SELECT EXISTS (SELECT FROM account WHERE phone = $1 AND phone <> '' AND role = $2)`, phone, string(auth.Household))
	if err != nil {
		return false, fmt.Errorf("look for household of phone: %w", err)
	}
	return found, nil
}

// ProveContact implements auth.Accounts.
func (s *Store) ProveContact(ctx context.Context, id int64, contact string, isMail bool) error {
	err := link.InTx(ctx, s.db, nil, func(tx *sqlx.Tx) error {
		var before row
		if err := tx.GetContext(ctx, &before, `SELECT `+columns+` FROM account WHERE id = $1 FOR UPDATE`, id); err != nil {
			return err
		}
		want := *before.account()
		want.Prove(contact, isMail)
		_, err := tx.ExecContext(ctx, `
			UPDATE account SET login = $2, phone = $3, email = $4, verified_at = clock_timestamp() WHERE id = $1`, id, want.Login, want.Phone, want.Email)
		if err != nil {
			return err
		}
		by := auth.AuthorOf(&want)
		if changes := auth.Changes(before.account(), &want); len(changes) > 0 {
			return record(ctx, tx, by, id, changes...)
		}
		return AppendTx(ctx, tx, audit.Entry{Kind: audit.ContactProved, Account: id, Login: want.Login, Role: string(want.Role),
			On: audit.OnAccount, Object: strconv.FormatInt(id, 10)})
	})
	if err != nil {
		return fmt.Errorf("change contact of account: %w", mapError(err))
	}
	return nil
}
