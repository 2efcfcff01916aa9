package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"banmuyuan/internal/link"
	"banmuyuan/web/audit"
	"banmuyuan/web/auth"
)

var _ auth.Logins = (*Store)(nil)

// sessionsKept is how long a session that nobody uses any more is kept: cookies live for 14 days.
const sessionsKept = "15 days"

// BeginSession implements auth.Logins.
func (s *Store) BeginSession(ctx context.Context, n auth.LoginSession, replaces int64) (int64, error) {
	var id int64
	err := s.db.GetContext(ctx, &id, `
		WITH old AS (UPDATE login_session SET ended_at = $5 WHERE id = $6 AND account_id = $1 AND ended_at IS NULL),
		gone AS (DELETE FROM login_session WHERE id IN (SELECT id FROM login_session WHERE seen_at < $5::timestamptz - $7::interval LIMIT 20 FOR UPDATE SKIP LOCKED))
		INSERT INTO login_session (account_id, program, system, network, begun_at, seen_at) VALUES ($1, $2, $3, $4, $5, $5) RETURNING id`,
		n.Account, n.Device.Program, n.Device.System, n.Network, n.BegunAt, replaces, sessionsKept)
	if err != nil {
		return 0, fmt.Errorf("begin session: %w", err)
	}
	return id, nil
}

type sessionRow struct {
	ID      int64     `db:"id"`
	Program string    `db:"program"`
	System  string    `db:"system"`
	Network string    `db:"network"`
	Begun   time.Time `db:"begun_at"`
	Seen    time.Time `db:"seen_at"`
}

func (r sessionRow) session(account int64) auth.LoginSession {
	return auth.LoginSession{ID: r.ID, Account: account, Device: auth.Device{Program: r.Program, System: r.System}, Network: r.Network,
		BegunAt: r.Begun, SeenAt: r.Seen}
}

// LookSession implements auth.Logins.
func (s *Store) LookSession(ctx context.Context, account, id int64) (auth.Look, error) {
	var r struct {
		sessionRow
		Factor bool      `db:"factor"`
		Grace  int       `db:"grace_days"`
		Idle   int       `db:"idle_minutes"`
		Since  time.Time `db:"since"`
	}
	err := s.db.GetContext(ctx, &r, `
		SELECT s.id, s.program, s.system, s.network, s.begun_at, s.seen_at, f.account_id IS NOT NULL AS factor, p.grace_days, p.idle_minutes, p.since
		FROM login_session s LEFT JOIN second_factor f ON f.account_id = s.account_id CROSS JOIN security_rules p
		WHERE s.id = $1 AND s.account_id = $2 AND s.ended_at IS NULL`, id, account)
	if err != nil {
		return auth.Look{}, fmt.Errorf("look at session: %w", mapError(err))
	}
	return auth.Look{LoginSession: r.session(account), Factor: r.Factor, Security: auth.Security{GraceDays: r.Grace, IdleMinutes: r.Idle, Since: r.Since}}, nil
}

// TouchSession implements auth.Logins.
func (s *Store) TouchSession(ctx context.Context, id int64, now time.Time) error {
	if _, err := s.db.ExecContext(ctx, `UPDATE login_session SET seen_at = $2 WHERE id = $1 AND seen_at < $2`, id, now); err != nil {
		return fmt.Errorf("note use of session: %w", err)
	}
	return nil
}

// LoginSessions implements auth.Logins.
func (s *Store) LoginSessions(ctx context.Context, account int64, since time.Time) ([]auth.LoginSession, error) {
	var rows []sessionRow
	err := s.db.SelectContext(ctx, &rows, `
		SELECT id, program, system, network, begun_at, seen_at FROM login_session
		WHERE account_id = $1 AND ended_at IS NULL AND begun_at >= $2 AND begun_at > clock_timestamp() - interval '14 days'
		ORDER BY seen_at DESC, id DESC LIMIT 100`, account, since)
	if err != nil {
		return nil, fmt.Errorf("list sessions: %w", err)
	}
	all := make([]auth.LoginSession, len(rows))
	for i, r := range rows {
		all[i] = r.session(account)
	}
	return all, nil
}

// EndLoginSession implements auth.Logins.
func (s *Store) EndLoginSession(ctx context.Context, account, id int64) error {
	n, err := s.endSessions(ctx, account, `id = $2`, id)
	if err == nil && n == 0 {
		return auth.ErrNotFound
	}
	return err
}

// EndOtherSessions implements auth.Logins.
func (s *Store) EndOtherSessions(ctx context.Context, account, keep int64) (int, error) {
	return s.endSessions(ctx, account, `id <> $2`, keep)
}

func (s *Store) endSessions(ctx context.Context, account int64, which string, id int64) (n int, err error) {
	err = link.InTx(ctx, s.db, nil, func(tx *sqlx.Tx) error {
		res, err := tx.ExecContext(ctx, `UPDATE login_session SET ended_at = clock_timestamp() WHERE account_id = $1 AND ended_at IS NULL AND `+which, account, id)
		if err != nil {
			return fmt.Errorf("end sessions: %w", err)
		}
		ended, err := res.RowsAffected()
		if n = int(ended); err != nil || n == 0 {
			return err
		}
		e, err := entryOf(ctx, tx, account, audit.SessionEnded)
		if err != nil {
			return err
		}
		e.Detail = fmt.Sprint(n)
		return AppendTx(ctx, tx, e)
	})
	return n, err
}
