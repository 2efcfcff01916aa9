package postgres

import (
	"context"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"banmuyuan/internal/link"
	"banmuyuan/web/audit"
	"banmuyuan/web/auth"
)

var _ audit.Trail = (*Store)(nil)

// Append implements audit.Trail.
func (s *Store) Append(ctx context.Context, entries ...audit.Entry) error {
	return link.InTx(ctx, s.db, nil, func(tx *sqlx.Tx) error { return AppendTx(ctx, tx, entries...) })
}

// AppendTx writes entries within a transaction. Writers take turns from here to the end of theirs, so it comes last.
func AppendTx(ctx context.Context, tx *sqlx.Tx, entries ...audit.Entry) error {
	if len(entries) == 0 {
		return nil
	}
	var head struct {
		ID   int64     `db:"id"`
		Hash []byte    `db:"hash"`
		Now  time.Time `db:"now"`
	}
	if err := tx.GetContext(ctx, &head, `SELECT id, hash, clock_timestamp() AS now FROM audit_head FOR UPDATE`); err != nil {
		return fmt.Errorf("lock audit trail: %w", err)
	}
	n := len(entries)
	ids, accounts, at := make([]int64, n), make([]int64, n), make([]time.Time, n)
	var kinds, logins, roles, abouts, objects, details, networks, events, hashes []string
	for i, e := range entries {
		head.ID++
		e.ID = head.ID
		if e.At.IsZero() {
			e.At = head.Now
		}
		e.At = e.At.Truncate(time.Microsecond) // as the database keeps it
		if contact, _ := auth.CleanContact(e.Login); contact != "" {
			e.Login = "" // personal; the account tells whose it is
		}
		if e.Network == "" && e.Event == "" {
			e.Network = audit.Network(ctx)
		}
		head.Hash = e.Sum(head.Hash)
		ids[i], accounts[i], at[i] = e.ID, e.Account, e.At
		kinds, logins, roles = append(kinds, string(e.Kind)), append(logins, e.Login), append(roles, e.Role)
		abouts, objects, details = append(abouts, e.On), append(objects, e.Object), append(details, e.Detail)
		networks, events, hashes = append(networks, e.Network), append(events, e.Event), append(hashes, hex.EncodeToString(head.Hash))
	}
	_, err := tx.ExecContext(ctx, `
		INSERT INTO audit (id, at, kind, account, login, role, about, object, detail, network, event, hash)
		SELECT i, t, k, a, l, r, b, o, d, n, e, decode(h, 'hex')
		FROM unnest($1::bigint[], $2::timestamptz[], $3::text[], $4::bigint[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[],
			$11::text[], $12::text[]) AS x (i, t, k, a, l, r, b, o, d, n, e, h)`,
		pq.Array(ids), pq.Array(at), pq.Array(kinds), pq.Array(accounts), pq.Array(logins), pq.Array(roles), pq.Array(abouts), pq.Array(objects),
		pq.Array(details), pq.Array(networks), pq.Array(events), pq.Array(hashes))
	if err != nil {
		return fmt.Errorf("write audit trail: %w", err)
	}
	if _, err := tx.ExecContext(ctx, `UPDATE audit_head SET id = $1, hash = $2`, head.ID, head.Hash); err != nil {
		return fmt.Errorf("write end of audit trail: %w", err)
	}
	return nil
}

type auditRow struct {
	ID      int64     `db:"id"`
	At      time.Time `db:"at"`
	Kind    string    `db:"kind"`
	Account int64     `db:"account"`
	Login   string    `db:"login"`
	Role    string    `db:"role"`
	On      string    `db:"about"`
	Object  string    `db:"object"`
	Detail  string    `db:"detail"`
	Network string    `db:"network"`
	Event   string    `db:"event"`
	Hash    []byte    `db:"hash"`
}

const auditColumns = `id, at, kind, account, login, role, about, object, detail, network, event, hash`

func (r auditRow) entry() audit.Entry {
	return audit.Entry{ID: r.ID, At: r.At, Kind: audit.Kind(r.Kind), Account: r.Account, Login: r.Login, Role: r.Role, On: r.On, Object: r.Object,
		Detail: r.Detail, Network: r.Network, Event: r.Event, Hash: r.Hash}
}

// Entries implements audit.Trail.
func (s *Store) Entries(ctx context.Context, f audit.Filter) ([]audit.Entry, error) {
	var rows []auditRow
	until := f.Until
	if until.IsZero() {
		until = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	err := s.db.SelectContext(ctx, &rows, `
		SELECT `+auditColumns+` FROM audit
		WHERE ($1::bigint = 0 OR id < $1) AND ($2::bigint = 0 OR account = $2 OR about = 'account' AND object = $2::text)
			AND ($3 = '' OR starts_with(login, $3)) AND ($4 = '' OR starts_with(kind, $4 || '.'))
			AND ($5 = '' OR about = $5) AND (coalesce(cardinality($6::text[]), 0) = 0 OR object = ANY ($6)) AND at >= $7 AND at < $8
		ORDER BY id DESC LIMIT $9`,
		f.Before, f.Account, auth.CleanLogin(f.Login), f.Area, f.On, pq.Array(f.Objects), f.From, until, f.Limit)
	if err != nil {
		return nil, fmt.Errorf("read audit trail: %w", err)
	}
	all := make([]audit.Entry, len(rows))
	for i, r := range rows {
		all[i] = r.entry()
	}
	return all, nil
}

// CheckAudit walks the whole trail and returns the number of entries, the hash of the last in hexadecimal, and the flaws.
func CheckAudit(ctx context.Context, db *sqlx.DB) (n int64, last string, flaws []audit.Flaw, err error) {
	var there bool // a database of before has none
	if err := db.GetContext(ctx, &there, `SELECT to_regclass('audit_head') IS NOT NULL`); err != nil || !there {
		return 0, "", nil, err
	}
	tx, err := db.BeginTxx(ctx, readOnly)
	if err != nil {
		return 0, "", nil, fmt.Errorf("read audit trail: %w", err)
	}
	defer func() { _ = tx.Rollback() }()
	var head struct {
		ID   int64  `db:"id"`
		Hash []byte `db:"hash"`
	}
	if err := tx.GetContext(ctx, &head, `SELECT id, hash FROM audit_head`); err != nil {
		return 0, "", nil, fmt.Errorf("read end of audit trail: %w", err)
	}
	rows, err := tx.QueryxContext(ctx, `SELECT `+auditColumns+` FROM audit ORDER BY id`)
	if err != nil {
		return 0, "", nil, fmt.Errorf("read audit trail: %w", err)
	}
	defer rows.Close()
	var chain audit.Chain
	for rows.Next() {
		var r auditRow
		if err := rows.StructScan(&r); err != nil {
			return 0, "", nil, fmt.Errorf("read audit trail: %w", err)
		}
		flaws = append(flaws, chain.Next(r.entry())...)
		n++
	}
	if err := rows.Err(); err != nil {
		return 0, "", nil, fmt.Errorf("read audit trail: %w", err)
	}
	if chain.Last != head.ID || hex.EncodeToString(chain.Hash) != hex.EncodeToString(head.Hash) {
		flaws = append(flaws, audit.Flaw{ID: head.ID, What: "the trail does not end with it: entries are missing at the end, or too many"})
	}
	return n, hex.EncodeToString(head.Hash), flaws, nil
}
