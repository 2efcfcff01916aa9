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

var _ auth.Privacy = (*Store)(nil)

// Agree implements auth.Privacy.
func (s *Store) Agree(ctx context.Context, account int64, version int) error {
	return s.privacyAct(ctx, account, audit.PrivacyAgreed, strconv.Itoa(version), func(tx *sqlx.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE account SET privacy_version = $2, privacy_at = clock_timestamp() WHERE id = $1`, account, version)
		return err
	})
}

// AgreedAt implements auth.Privacy.
func (s *Store) AgreedAt(ctx context.Context, account int64) (at time.Time, err error) {
	if err = s.db.GetContext(ctx, &at, `SELECT coalesce(privacy_at, 'epoch') FROM account WHERE id = $1`, account); err != nil {
		return at, fmt.Errorf("read consent: %w", mapError(err))
	}
	if at.Unix() == 0 {
		return time.Time{}, nil
	}
	return at, nil
}

// privacyAct runs f and notes the act in the audit trail, in one transaction.
func (s *Store) privacyAct(ctx context.Context, account int64, kind audit.Kind, detail string, f func(*sqlx.Tx) error) error {
	err := link.InTx(ctx, s.db, nil, func(tx *sqlx.Tx) error {
		e, err := entryOf(ctx, tx, account, kind)
		if err != nil {
			return err
		}
		e.Detail = detail
		if err := f(tx); err != nil {
			return err
		}
		return AppendTx(ctx, tx, e)
	})
	if err != nil {
		return fmt.Errorf("%s: %w", kind, mapError(err))
	}
	return nil
}

// CloseAccount implements auth.Privacy.
func (s *Store) CloseAccount(ctx context.Context, account int64) error {
	return s.privacyAct(ctx, account, audit.AccountClosed, "", func(tx *sqlx.Tx) error {
		for _, statement := range []string{
			`DELETE FROM basket WHERE account_id = $1`,
			`DELETE FROM message WHERE account_id = $1`,
			`DELETE FROM message_choice WHERE account_id = $1`,
			`DELETE FROM second_factor WHERE account_id = $1`,
			`DELETE FROM login_session WHERE account_id = $1`,
			`DELETE FROM correction WHERE account_id = $1`,
			`DELETE FROM account_change_value WHERE account_id = $1`, // the history keeps the change, without names and numbers
		} {
			if _, err := tx.ExecContext(ctx, statement, account); err != nil {
				return err
			}
		}
		_, err := tx.ExecContext(ctx, `
			UPDATE account SET login = 'closed-' || id, name = '已注销', phone = '', email = '', verified_at = NULL, password_hash = $2,
				password_changed_at = clock_timestamp(), sessions_from = clock_timestamp(), disabled_at = clock_timestamp(), closed_at = clock_timestamp()
			WHERE id = $1`, account, auth.NoSecret())
		return err
	})
}

// AskCorrection implements auth.Privacy.
func (s *Store) AskCorrection(ctx context.Context, account int64, text string) error {
	if _, err := s.db.ExecContext(ctx, `INSERT INTO correction (account_id, text) VALUES ($1, $2)`, account, text); err != nil {
		return fmt.Errorf("ask for correction: %w", err)
	}
	return nil
}

const correctionColumns = `c.id, c.account_id, a.login, a.name, c.text, c.asked_at, c.answer, coalesce(c.answered_at, '0001-01-01Z') AS answered_at`

// CorrectionsOf implements auth.Privacy.
func (s *Store) CorrectionsOf(ctx context.Context, account int64) (all []auth.Correction, err error) {
	err = s.db.SelectContext(ctx, &all, `
		SELECT `+correctionColumns+` FROM correction c JOIN account a ON a.id = c.account_id WHERE c.account_id = $1 ORDER BY c.asked_at DESC, c.id DESC LIMIT 100`, account)
	if err != nil {
		return nil, fmt.Errorf("list corrections: %w", err)
	}
	return all, nil
}

// OpenCorrections implements auth.Privacy.
func (s *Store) OpenCorrections(ctx context.Context, limit int) (all []auth.Correction, err error) {
	err = s.db.SelectContext(ctx, &all, `
		SELECT `+correctionColumns+` FROM correction c JOIN account a ON a.id = c.account_id WHERE c.answered_at IS NULL ORDER BY c.asked_at, c.id LIMIT $1`, limit)
	if err != nil {
		return nil, fmt.Errorf("list corrections: %w", err)
	}
	return all, nil
}

// AnswerCorrection implements auth.Privacy.
func (s *Store) AnswerCorrection(ctx context.Context, by auth.Author, id int64, answer string) error {
	return s.privacyAct(ctx, by.Account, audit.CorrectionAnswered, strconv.FormatInt(id, 10), func(tx *sqlx.Tx) error {
		var found int64
		return tx.GetContext(ctx, &found, `
			UPDATE correction SET answer = $2, answered_by = $3, answered_at = clock_timestamp() WHERE id = $1 AND answered_at IS NULL RETURNING id`,
			id, answer, by.Account)
	})
}

// Retain implements auth.Privacy. The privacy notice says the same times.
func (s *Store) Retain(ctx context.Context) error {
	for _, statement := range []string{
		`DELETE FROM contact_code WHERE until < clock_timestamp()`,
		`DELETE FROM login_try WHERE until < clock_timestamp() - interval '1 day'`,
		`DELETE FROM login_session WHERE seen_at < clock_timestamp() - interval '` + sessionsKept + `'`,
		`DELETE FROM message WHERE done_at < clock_timestamp() - interval '1 year'`,
		`DELETE FROM correction WHERE answered_at < clock_timestamp() - interval '3 years'`,
	} {
		if _, err := s.db.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("remove what is kept no longer: %w", err)
		}
	}
	return nil
}
