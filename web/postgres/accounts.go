package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"banmuyuan/internal/link"
	"banmuyuan/web/audit"
	"banmuyuan/web/auth"
)

type row struct {
	ID                int64        `db:"id"`
	Login             string       `db:"login"`
	Name              string       `db:"name"`
	Phone             string       `db:"phone"`
	Role              string       `db:"role"`
	OrgID             int64        `db:"org_id"`
	HouseholdID       int64        `db:"household_id"`
	HelperID          int64        `db:"helper_id"`
	PasswordHash      string       `db:"password_hash"`
	Lang              string       `db:"lang"`
	CreatedAt         time.Time    `db:"created_at"`
	PasswordChangedAt time.Time    `db:"password_changed_at"`
	OneTimeUntil      sql.NullTime `db:"one_time_until"`
	SessionsFrom      sql.NullTime `db:"sessions_from"`
	DisabledAt        sql.NullTime `db:"disabled_at"`
	SecretCard        int64        `db:"secret_card"`
	Email             string       `db:"email"`
	VerifiedAt        sql.NullTime `db:"verified_at"`
	PrivacyVersion    int          `db:"privacy_version"`
}

const columns = `id, login, name, phone, role, org_id, household_id, helper_id, password_hash, lang, created_at, password_changed_at,
	one_time_until, sessions_from, disabled_at, secret_card, email, verified_at, privacy_version`

func (r row) account() *auth.Account {
	return &auth.Account{ID: r.ID, Login: r.Login, Name: r.Name, Phone: r.Phone, Role: auth.Role(r.Role),
		OrgID: r.OrgID, HouseholdID: r.HouseholdID, HelperID: r.HelperID, PasswordHash: r.PasswordHash, Lang: r.Lang,
		CreatedAt: r.CreatedAt, PasswordChangedAt: r.PasswordChangedAt, OneTimeUntil: r.OneTimeUntil.Time,
		SessionsFrom: r.SessionsFrom.Time, DisabledAt: r.DisabledAt.Time, SecretCard: r.SecretCard,
		Email: r.Email, VerifiedAt: r.VerifiedAt.Time, PrivacyVersion: r.PrivacyVersion}
}

// mapError turns what the database says into the errors of auth.
func mapError(err error) error {
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return auth.ErrNotFound
	case link.Constraint(err) == "account_login_key":
		return auth.ErrLoginTaken
	}
	return err
}

func (s *Store) one(ctx context.Context, verb, query string, args ...any) (*auth.Account, error) {
	var r row
	if err := s.db.GetContext(ctx, &r, query, args...); err != nil {
		return nil, fmt.Errorf("%s account: %w", verb, mapError(err))
	}
	return r.account(), nil
}

// ByID implements auth.Accounts.
func (s *Store) ByID(ctx context.Context, id int64) (*auth.Account, error) {
	return s.one(ctx, "read", `SELECT `+columns+` FROM account WHERE id = $1`, id)
}

// ByLogin implements auth.Accounts.
func (s *Store) ByLogin(ctx context.Context, login string) (*auth.Account, error) {
	return s.one(ctx, "read", `SELECT `+columns+` FROM account WHERE login = $1`, auth.CleanLogin(login))
}

// Create implements auth.Accounts.
func (s *Store) Create(ctx context.Context, a auth.Account) (made *auth.Account, err error) {
	err = link.InTx(ctx, s.db, nil, func(tx *sqlx.Tx) error {
		if made, err = create(ctx, tx, a); err != nil {
			return err
		}
		return AppendTx(ctx, tx, audit.Entry{Kind: audit.Registered, Account: made.ID, Login: made.Login, Role: string(made.Role),
			On: audit.OnAccount, Object: strconv.FormatInt(made.ID, 10)})
	})
	if err != nil {
		return nil, err
	}
	return made, nil
}

func create(ctx context.Context, q sqlx.QueryerContext, a auth.Account) (*auth.Account, error) {
	var r row
	err := sqlx.GetContext(ctx, q, &r, `
		INSERT INTO account (login, name, phone, role, org_id, household_id, helper_id, password_hash, lang, one_time_until,
			email, verified_at, privacy_version, privacy_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, CASE WHEN $13 > 0 THEN clock_timestamp() END)
		RETURNING `+columns,
		auth.CleanLogin(a.Login), a.Name, a.Phone, string(a.Role), a.OrgID, a.HouseholdID, a.HelperID, a.PasswordHash, langOr(a.Lang),
		sql.NullTime{Time: a.OneTimeUntil, Valid: a.MustChangePassword()},
		a.Email, sql.NullTime{Time: a.VerifiedAt, Valid: !a.VerifiedAt.IsZero()}, a.PrivacyVersion)
	if err != nil {
		return nil, fmt.Errorf("create account: %w", mapError(err))
	}
	return r.account(), nil
}

func langOr(lang string) string {
	if lang == "" {
		return "zh"
	}
	return lang
}

// batch keeps one statement's arrays small enough to read in a log.
const batch = 5000

// CreateMany implements auth.Accounts. All are created or none.
func (s *Store) CreateMany(ctx context.Context, accounts []auth.Account) (int, error) {
	created := 0
	err := link.InTx(ctx, s.db, nil, func(tx *sqlx.Tx) error {
		created = 0
		for start := 0; start < len(accounts); start += batch {
			part := accounts[start:min(start+batch, len(accounts))]
			n, err := insertMany(ctx, tx, part)
			if err != nil {
				return err
			}
			created += n
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("create accounts: %w", err)
	}
	return created, nil
}

func insertMany(ctx context.Context, tx *sqlx.Tx, part []auth.Account) (int, error) {
	n := len(part)
	login, name, phone, role := make([]string, n), make([]string, n), make([]string, n), make([]string, n)
	hash, lang := make([]string, n), make([]string, n)
	org, household, helper := make([]int64, n), make([]int64, n), make([]int64, n)
	verified, privacy := make([]bool, n), make([]int64, n)
	for i, a := range part {
		login[i], name[i], phone[i], role[i] = auth.CleanLogin(a.Login), a.Name, a.Phone, string(a.Role)
		hash[i], lang[i] = a.PasswordHash, langOr(a.Lang)
		org[i], household[i], helper[i] = a.OrgID, a.HouseholdID, a.HelperID
		verified[i], privacy[i] = !a.VerifiedAt.IsZero(), int64(a.PrivacyVersion)
	}
	res, err := tx.ExecContext(ctx, `
		INSERT INTO account (login, name, phone, role, org_id, household_id, helper_id, password_hash, lang, verified_at, privacy_version, privacy_at)
		SELECT a.login, a.name, a.phone, a.role, a.org, a.household, a.helper, a.hash, a.lang, CASE WHEN a.verified THEN now() END,
		       a.privacy, CASE WHEN a.privacy > 0 THEN now() END
		FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::bigint[], $7::bigint[], $8::text[], $9::text[], $10::boolean[], $11::int[])
		     AS a (login, name, phone, role, org, household, helper, hash, lang, verified, privacy)
		ON CONFLICT (login) DO NOTHING`,
		pq.Array(login), pq.Array(name), pq.Array(phone), pq.Array(role), pq.Array(org), pq.Array(household), pq.Array(helper),
		pq.Array(hash), pq.Array(lang), pq.Array(verified), pq.Array(privacy))
	if err != nil {
		return 0, err
	}
	created, err := res.RowsAffected()
	return int(created), err
}

// SetPassword implements auth.Accounts. The clock, not the transaction, counts: a
// session that begins while this runs must not outlive it.
func (s *Store) SetPassword(ctx context.Context, once auth.Once, id int64, hash string, card int64) (*auth.Account, bool, error) {
	var r row
	var again bool
	err := link.InTx(ctx, s.db, nil, func(tx *sqlx.Tx) (err error) {
		if _, again, err = claim(ctx, tx, once); err != nil {
			return err
		}
		if again {
			return tx.GetContext(ctx, &r, `SELECT `+columns+` FROM account WHERE id = $1`, id)
		}
		err = tx.GetContext(ctx, &r, `
			UPDATE account SET password_hash = $2, password_changed_at = clock_timestamp(), one_time_until = NULL,
				secret_card = CASE WHEN $3::bigint > 0 THEN $3 ELSE secret_card END WHERE id = $1
			RETURNING `+columns, id, hash, card)
		if err != nil {
			return err
		}
		e, err := entryOf(ctx, tx, id, audit.PasswordChosen)
		if err != nil {
			return err
		}
		return AppendTx(ctx, tx, e)
	})
	if err != nil {
		return nil, false, fmt.Errorf("set password of account: %w", mapError(err))
	}
	return r.account(), again, nil
}

// SetLang implements auth.Accounts.
func (s *Store) SetLang(ctx context.Context, id int64, lang string) error {
	_, err := s.one(ctx, "set language of", `UPDATE account SET lang = $2 WHERE id = $1 RETURNING `+columns, id, lang)
	return err
}

// List implements auth.Accounts.
func (s *Store) List(ctx context.Context, prefix, after string, limit int, roles ...auth.Role) ([]auth.Account, error) {
	wanted := make([]string, len(roles))
	for i, r := range roles {
		wanted[i] = string(r)
	}
	var rows []row
	err := s.db.SelectContext(ctx, &rows, `
		SELECT `+columns+` FROM account
		WHERE login > $1 AND (cardinality($2::text[]) = 0 OR role = ANY ($2::text[])) AND starts_with(login, $4)
		ORDER BY login LIMIT $3`, after, pq.Array(wanted), limit, auth.CleanLogin(prefix))
	if err != nil {
		return nil, fmt.Errorf("list accounts: %w", err)
	}
	list := make([]auth.Account, len(rows))
	for i, r := range rows {
		list[i] = *r.account()
	}
	return list, nil
}

// CountByRole implements auth.Accounts.
func (s *Store) CountByRole(ctx context.Context) (map[auth.Role]int, error) {
	var rows []struct {
		Role string `db:"role"`
		N    int    `db:"n"`
	}
	if err := s.db.SelectContext(ctx, &rows, `SELECT role, count(*) AS n FROM account WHERE disabled_at IS NULL GROUP BY role`); err != nil {
		return nil, fmt.Errorf("count accounts: %w", err)
	}
	counts := make(map[auth.Role]int, len(rows))
	for _, r := range rows {
		counts[auth.Role(r.Role)] = r.N
	}
	return counts, nil
}
