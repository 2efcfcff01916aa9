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

// Open implements auth.Accounts.
func (s *Store) Open(ctx context.Context, by auth.Author, a auth.Account) (opened *auth.Account, err error) {
	err = link.InTx(ctx, s.db, nil, func(tx *sqlx.Tx) error {
		admins, err := settledAdmins(ctx, tx)
		if err != nil {
			return err
		}
		if auth.NeedsTwo(by, nil, &a, admins) {
			return auth.ErrNeedsTwo
		}
		opened, err = open(ctx, tx, by, a)
		return err
	})
	return opened, err
}

func open(ctx context.Context, tx *sqlx.Tx, by auth.Author, a auth.Account) (*auth.Account, error) {
	opened, err := create(ctx, tx, a)
	if err != nil {
		return nil, err
	}
	return opened, record(ctx, tx, by, opened.ID, auth.Change{What: auth.ChangedOpened, After: string(a.Role)})
}

// record adds changes to an account's history. The table keeps names and numbers apart from it (account_change_splits).
func record(ctx context.Context, tx *sqlx.Tx, by auth.Author, account int64, changes ...auth.Change) error {
	for _, c := range changes {
		_, err := tx.ExecContext(ctx, `
			INSERT INTO account_change (account_id, what, before, after, by_account, by_login) VALUES ($1, $2, $3, $4, $5, $6)`,
			account, string(c.What), c.Before, c.After, by.Account, by.Login)
		if err != nil {
			return fmt.Errorf("record change of account: %w", err)
		}
	}
	return AppendTx(ctx, tx, changeEntries(by, account, changes)...)
}

// changeEntries are the entries of the audit trail for changes of an account. Names and phone numbers are not in them.
func changeEntries(by auth.Author, account int64, changes []auth.Change) []audit.Entry {
	entries := make([]audit.Entry, len(changes))
	for i, c := range changes {
		e := audit.Entry{Kind: audit.Kind(audit.AccountChanged + string(c.What)), Account: by.Account, Login: by.Login, On: audit.OnAccount, Object: strconv.FormatInt(account, 10)}
		switch c.What {
		case auth.ChangedRole, auth.ChangedOrg, auth.ChangedHousehold, auth.ChangedHelper:
			e.Detail = c.Before + " → " + c.After
		case auth.ChangedOpened:
			e.Detail = c.After
		case auth.ChangedName, auth.ChangedPhone, auth.ChangedPassword, auth.ChangedFactor, auth.ChangedOff, auth.ChangedOn:
		}
		entries[i] = e
	}
	return entries
}

// ResetPassword implements auth.Accounts. The clock counts, as in SetPassword.
func (s *Store) ResetPassword(ctx context.Context, by auth.Author, id int64, hash string, until time.Time) (*auth.Account, error) {
	var a *auth.Account
	err := link.InTx(ctx, s.db, nil, func(tx *sqlx.Tx) error {
		var r row
		if err := tx.GetContext(ctx, &r, `SELECT `+columns+` FROM account WHERE id = $1 FOR UPDATE`, id); err != nil {
			return err
		}
		admins, err := settledAdmins(ctx, tx)
		if err != nil {
			return err
		}
		if auth.NeedsTwo(by, r.account(), nil, admins) {
			return auth.ErrNeedsTwo
		}
		a, err = reset(ctx, tx, by, id, hash, until)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reset password of account: %w", mapError(err))
	}
	return a, nil
}

func reset(ctx context.Context, tx *sqlx.Tx, by auth.Author, id int64, hash string, until time.Time) (*auth.Account, error) {
	var r row
	err := tx.GetContext(ctx, &r, `
		UPDATE account SET password_hash = $2, password_changed_at = clock_timestamp(), one_time_until = $3, secret_card = 0 WHERE id = $1
		RETURNING `+columns, id, hash, until)
	if err != nil {
		return nil, err
	}
	return r.account(), record(ctx, tx, by, id, auth.Change{What: auth.ChangedPassword})
}

// SetDisabled implements auth.Accounts.
func (s *Store) SetDisabled(ctx context.Context, by auth.Author, id int64, disabled bool) error {
	_, err := s.update(ctx, by, id, -1, func(a *auth.Account) {
		switch {
		case !disabled:
			a.DisabledAt = time.Time{}
		case !a.Disabled():
			a.DisabledAt = time.Now() // the database's clock is stored
		}
	})
	return err
}

// Change implements auth.Accounts.
func (s *Store) Change(ctx context.Context, by auth.Author, want auth.Account, seen int64) ([]auth.Change, error) {
	return s.update(ctx, by, want.ID, seen, func(a *auth.Account) {
		a.Name, a.Phone, a.Role = want.Name, want.Phone, want.Role
		a.OrgID, a.HouseholdID, a.HelperID = want.OrgID, want.HouseholdID, want.HelperID
	})
}

// update changes an account as the rules allow. Administrators are locked first, and in one order, so that of two who
// switch off each other the second finds itself the last.
func (s *Store) update(ctx context.Context, by auth.Author, id, seen int64, change func(*auth.Account)) (changes []auth.Change, err error) {
	err = link.InTx(ctx, s.db, nil, func(tx *sqlx.Tx) error {
		changes, err = update(ctx, tx, by, id, seen, false, change)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("change account: %w", mapError(err))
	}
	return changes, nil
}

// update changes an account; two says that two administrators agreed.
func update(ctx context.Context, tx *sqlx.Tx, by auth.Author, id, seen int64, two bool, change func(*auth.Account)) ([]auth.Change, error) {
	var admins []int64
	err := tx.SelectContext(ctx, &admins, `
		SELECT id FROM account WHERE role = $1 AND disabled_at IS NULL ORDER BY id FOR UPDATE`, string(auth.Admin))
	if err != nil {
		return nil, err
	}
	var r row
	if err := tx.GetContext(ctx, &r, `SELECT `+columns+` FROM account WHERE id = $1 FOR UPDATE`, id); err != nil {
		return nil, err
	}
	var last int64
	if err := tx.GetContext(ctx, &last, `SELECT coalesce(max(id), 0) FROM account_change WHERE account_id = $1`, id); err != nil {
		return nil, err
	}
	if seen >= 0 && seen != last {
		return nil, auth.ErrChangedMeanwhile
	}
	before, after := r.account(), r.account()
	change(after)
	changes := auth.Changes(before, after)
	if len(changes) == 0 {
		return nil, nil
	}
	if err := auth.CheckChange(by, before, after, len(admins)); err != nil {
		return nil, err
	}
	settled, err := settledAdmins(ctx, tx)
	if err != nil {
		return nil, err
	}
	if !two && auth.NeedsTwo(by, before, after, settled) {
		return nil, auth.ErrNeedsTwo
	}
	_, err = tx.ExecContext(ctx, `
		UPDATE account SET name = $2, phone = $3, role = $4, org_id = $5, household_id = $6, helper_id = $7,
			disabled_at = CASE WHEN $8 THEN coalesce(disabled_at, clock_timestamp()) END,
			sessions_from = CASE WHEN $9 THEN clock_timestamp() ELSE sessions_from END
		WHERE id = $1`,
		id, after.Name, after.Phone, string(after.Role), after.OrgID, after.HouseholdID, after.HelperID, after.Disabled(), auth.EndsSessions(changes))
	if err != nil {
		return nil, err
	}
	return changes, record(ctx, tx, by, id, changes...)
}

// History implements auth.Accounts.
func (s *Store) History(ctx context.Context, id int64, limit int) ([]auth.Change, error) {
	var rows []struct {
		ID        int64     `db:"id"`
		What      string    `db:"what"`
		Before    string    `db:"before"`
		After     string    `db:"after"`
		ByAccount int64     `db:"by_account"`
		ByLogin   string    `db:"by_login"`
		At        time.Time `db:"at"`
	}
	err := s.db.SelectContext(ctx, &rows, `
		SELECT c.id, c.what, coalesce(v.before, c.before) AS before, coalesce(v.after, c.after) AS after, c.by_account, c.by_login, c.at
		FROM account_change c LEFT JOIN account_change_value v ON v.change_id = c.id
		WHERE c.account_id = $1 ORDER BY c.id DESC LIMIT $2`, id, limit)
	if err != nil {
		return nil, fmt.Errorf("read history of account: %w", err)
	}
	all := make([]auth.Change, len(rows))
	for i, r := range rows {
		all[i] = auth.Change{ID: r.ID, What: auth.Changed(r.What), Before: r.Before, After: r.After,
			By: auth.Author{Account: r.ByAccount, Login: r.ByLogin}, At: r.At}
	}
	return all, nil
}
