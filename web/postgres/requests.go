package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"banmuyuan/internal/link"
	"banmuyuan/web/audit"
	"banmuyuan/web/auth"
)

type requestRow struct {
	ID          int64     `db:"id"`
	Kind        string    `db:"kind"`
	State       string    `db:"state"`
	AccountID   int64     `db:"account_id"`
	Seen        int64     `db:"seen"`
	Login       string    `db:"login"`
	Name        string    `db:"name"`
	Phone       string    `db:"phone"`
	Role        string    `db:"role"`
	OrgID       int64     `db:"org_id"`
	HouseholdID int64     `db:"household_id"`
	HelperID    int64     `db:"helper_id"`
	Lang        string    `db:"lang"`
	Asker       int64     `db:"asker"`
	AskedBy     string    `db:"asked_by"`
	AskedAt     time.Time `db:"asked_at"`
}

const requestColumns = `id, kind, state, coalesce(account_id, 0) AS account_id, seen, login, name, phone, role, org_id, household_id, helper_id, lang,
	asker, asked_by, asked_at`

func (r requestRow) request() auth.Request {
	return auth.Request{ID: r.ID, Kind: auth.RequestKind(r.Kind), State: auth.RequestState(r.State), Seen: r.Seen,
		By: auth.Author{Account: r.Asker, Login: r.AskedBy}, At: r.AskedAt,
		Account: auth.Account{ID: r.AccountID, Login: r.Login, Name: r.Name, Phone: r.Phone, Role: auth.Role(r.Role), OrgID: r.OrgID,
			HouseholdID: r.HouseholdID, HelperID: r.HelperID, Lang: r.Lang}}
}

// AskAccount implements auth.Requests.
func (s *Store) AskAccount(ctx context.Context, r auth.Request) (auth.Request, error) {
	var row requestRow
	err := link.InTx(ctx, s.db, nil, func(tx *sqlx.Tx) error {
		a := r.Account
		if r.Kind == auth.RequestOpen {
			var taken bool
			if err := tx.GetContext(ctx, &taken, `SELECT EXISTS (SELECT FROM account WHERE login = $1)`, auth.CleanLogin(a.Login)); err != nil {
				return err
			}
			if taken {
				return auth.ErrLoginTaken
			}
		}
		err := tx.GetContext(ctx, &row, `
			INSERT INTO account_request (kind, state, account_id, seen, login, name, phone, role, org_id, household_id, helper_id, lang, asker, asked_by)
			VALUES ($1, $2, nullif($3::bigint, 0), $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) RETURNING `+requestColumns,
			string(r.Kind), string(auth.RequestWaits), a.ID, r.Seen, auth.CleanLogin(a.Login), a.Name, a.Phone, string(a.Role), a.OrgID, a.HouseholdID,
			a.HelperID, langOr(a.Lang), r.By.Account, r.By.Login)
		if err != nil {
			return err
		}
		return AppendTx(ctx, tx, requestEntry(audit.RequestAsked, r.By, row.request()))
	})
	if err != nil {
		return auth.Request{}, fmt.Errorf("ask about account: %w", mapError(err))
	}
	return row.request(), nil
}

// AccountRequests implements auth.Requests.
func (s *Store) AccountRequests(ctx context.Context) ([]auth.Request, error) {
	var rows []requestRow
	err := s.db.SelectContext(ctx, &rows, `SELECT `+requestColumns+` FROM account_request WHERE state = ANY($1) ORDER BY id LIMIT 200`,
		pq.Array(auth.RequestMachine.From(auth.RequestApprove)))
	if err != nil {
		return nil, fmt.Errorf("list requests about accounts: %w", err)
	}
	all := make([]auth.Request, len(rows))
	for i, r := range rows {
		all[i] = r.request()
	}
	return all, nil
}

// AccountRequest implements auth.Requests.
func (s *Store) AccountRequest(ctx context.Context, id int64) (auth.Request, error) {
	var row requestRow
	if err := s.db.GetContext(ctx, &row, `SELECT `+requestColumns+` FROM account_request WHERE id = $1`, id); err != nil {
		return auth.Request{}, fmt.Errorf("read request about account: %w", mapError(err))
	}
	return row.request(), nil
}

// DecideAccount implements auth.Requests.
func (s *Store) DecideAccount(ctx context.Context, id int64, by auth.Author, approve bool, hash string, until time.Time) (a *auth.Account, err error) {
	on := auth.RequestRefuse
	if approve {
		on = auth.RequestApprove
	}
	err = link.InTx(ctx, s.db, nil, func(tx *sqlx.Tx) error {
		var row requestRow
		if err := tx.GetContext(ctx, &row, `SELECT `+requestColumns+` FROM account_request WHERE id = $1 FOR UPDATE`, id); err != nil {
			return err
		}
		r := row.request()
		if err := auth.CheckDecider(by, r); err != nil {
			return err
		}
		to, ok := auth.RequestMachine.Next(r.State, on)
		if !ok {
			return auth.ErrDecided
		}
		if a = &r.Account; approve {
			if a, err = carryOut(ctx, tx, r, auth.Both(r.By, by), hash, until); err != nil {
				return err
			}
		}
		_, err := tx.ExecContext(ctx, `
			UPDATE account_request SET state = $2, decider = $3, decided_by = $4, decided_at = clock_timestamp(), account_id = nullif($5::bigint, 0)
			WHERE id = $1`, id, string(to), by.Account, by.Login, a.ID)
		if err != nil {
			return err
		}
		step := audit.RequestRefused
		if approve {
			step = audit.RequestAgreed
		}
		return AppendTx(ctx, tx, requestEntry(step, by, r))
	})
	if err != nil {
		return nil, fmt.Errorf("decide request about account: %w", mapError(err))
	}
	return a, nil
}

// requestEntry is the entry of the audit trail for a step of a request.
func requestEntry(step string, by auth.Author, r auth.Request) audit.Entry {
	e := audit.Entry{Kind: audit.Kind(step + string(r.Kind)), Account: by.Account, Login: by.Login, On: audit.OnAccount, Detail: fmt.Sprintf("no. %d, %s", r.ID, r.Account.Role)}
	if r.Account.ID != 0 {
		e.Object = fmt.Sprint(r.Account.ID)
	}
	return e
}

// carryOut does what two administrators agreed to.
func carryOut(ctx context.Context, tx *sqlx.Tx, r auth.Request, by auth.Author, hash string, until time.Time) (*auth.Account, error) {
	want := r.Account
	switch r.Kind {
	case auth.RequestOpen:
		want.PasswordHash, want.OneTimeUntil = hash, until
		return open(ctx, tx, by, want)
	case auth.RequestReset:
		return reset(ctx, tx, by, want.ID, hash, until)
	case auth.RequestFactor:
		return resetFactor(ctx, tx, by, want.ID)
	case auth.RequestOn:
		_, err := update(ctx, tx, by, want.ID, -1, true, func(a *auth.Account) { a.DisabledAt = time.Time{} })
		return &want, err
	default:
		_, err := update(ctx, tx, by, want.ID, r.Seen, true, func(a *auth.Account) {
			a.Name, a.Phone, a.Role = want.Name, want.Phone, want.Role
			a.OrgID, a.HouseholdID, a.HelperID = want.OrgID, want.HouseholdID, want.HelperID
		})
		return &want, err
	}
}

// settledAdmins counts the administrators who work and have a password of their own.
func settledAdmins(ctx context.Context, q sqlx.QueryerContext) (int, error) {
	var n int
	err := sqlx.GetContext(ctx, q, &n, `SELECT count(*) FROM account WHERE role = $1 AND disabled_at IS NULL AND one_time_until IS NULL`, string(auth.Admin))
	if err != nil {
		return 0, fmt.Errorf("count administrators: %w", err)
	}
	return n, nil
}

// SettledAdmins implements auth.Accounts.
func (s *Store) SettledAdmins(ctx context.Context) (int, error) { return settledAdmins(ctx, s.db) }
