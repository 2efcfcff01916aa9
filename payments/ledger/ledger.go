// Package ledger owns the double-entry ledger: accounts, transactions, balances.
//
// Invariants, enforced by the database for every writer (see payments/postgres/migrations):
//   - the lines of a transaction, at least two, sum to zero per currency and are inserted together;
//   - nothing posted is changed or removed, and a transaction of the past takes no further line: a correction is a
//     reversing transaction;
//   - a business key is posted once: again with the same input is success, with another input ErrKeyReused;
//   - a strict account's balance is the sum of its entries and never on the wrong side;
//   - nothing is booked into a closed month: an event of a closed month that is reported later is booked in the open month.
//
// Amounts are int64 fen, positive is debit. Callers post inside the transaction of the business change, once, as the last
// thing before they write their events: Post locks balances in the order of account ids, and a transaction that posts
// once cannot deadlock with another. One that does is retried by link.InTx.
package ledger

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"banmuyuan/internal/link"
)

var (
	// ErrUnbalanced says that lines do not sum to zero, or are fewer than two.
	ErrUnbalanced = errors.New("ledger: lines do not sum to zero")
	// ErrKeyReused says that a business key was posted before with another input. It is an alarm: somebody tries to do
	// the same thing differently.
	ErrKeyReused = errors.New("ledger: business key posted before with another input")
	// ErrOverdrawn says that a strict account would go over to its wrong side.
	ErrOverdrawn = errors.New("ledger: account would be overdrawn")
	// ErrClosed says that a transaction was to be booked into a month that is closed.
	ErrClosed = errors.New("ledger: the month is closed")
	// ErrReversed says that the transaction was reversed before.
	ErrReversed = errors.New("ledger: transaction was reversed before")
)

// Line of a transaction; a zero amount is left out.
type Line struct {
	Account Account
	Amount  int64 // fen, + is debit
}

// Debit and Credit make lines.
func Debit(a Account, fen int64) Line  { return Line{a, fen} }
func Credit(a Account, fen int64) Line { return Line{a, -fen} }

// Txn is a transaction to be posted.
type Txn struct {
	Kind        string
	BusinessKey string
	OccurredAt  time.Time
	Actor       string
	Reverses    int64 // id of the transaction that this one mirrors
	Lines       []Line
}

// Posted is a transaction in the ledger.
type Posted struct {
	ID      int64
	Already bool // it was there before
}

// hash covers the content of a transaction, not its time or actor.
func (t Txn) hash() []byte {
	h := sha256.New()
	var n [8]byte
	write := func(s string) {
		binary.BigEndian.PutUint64(n[:], uint64(len(s)))
		h.Write(n[:])
		h.Write([]byte(s))
	}
	number := func(v int64) {
		binary.BigEndian.PutUint64(n[:], uint64(v))
		h.Write(n[:])
	}
	write(t.Kind)
	number(t.Reverses)
	for _, l := range t.Lines {
		write(l.Account.Code)
		number(l.Amount)
	}
	return h.Sum(nil)
}

func (t *Txn) check() error {
	t.Lines = slices.DeleteFunc(slices.Clone(t.Lines), func(l Line) bool { return l.Amount == 0 })
	// Sums stay far from the edge of int64 as long as each amount does.
	const limit = 1 << 53
	var sum int64
	for _, l := range t.Lines {
		if l.Amount > limit || l.Amount < -limit {
			return fmt.Errorf("post %s: amount %d: %w", t.BusinessKey, l.Amount, ErrUnbalanced)
		}
		sum += l.Amount
	}
	if sum != 0 || len(t.Lines) < 2 {
		return fmt.Errorf("post %s: %d lines, sum %d: %w", t.BusinessKey, len(t.Lines), sum, ErrUnbalanced)
	}
	return nil
}

// Post writes transactions inside tx, which the caller commits, and returns them in the same order. Together they are one
// statement per table however many lines they have. It returns ErrUnbalanced, ErrKeyReused, ErrOverdrawn or ErrReversed,
// after which tx has to be rolled back.
func Post(ctx context.Context, tx sqlx.ExtContext, txns ...Txn) ([]Posted, error) {
	if len(txns) == 0 {
		return nil, nil
	}
	for i := range txns {
		if err := txns[i].check(); err != nil {
			return nil, err
		}
	}
	posted, err := insertTxns(ctx, tx, txns)
	if err != nil {
		return nil, err
	}
	wrote, err := insertEntries(ctx, tx, txns, posted)
	if err != nil || wrote {
		return posted, err
	}
	// Some account is met for the first time.
	if err := openAccounts(ctx, tx, txns, posted); err != nil {
		return nil, err
	}
	if wrote, err = insertEntries(ctx, tx, txns, posted); err != nil {
		return nil, err
	}
	if !wrote {
		return nil, fmt.Errorf("post %s: an account was opened and is not there", txns[0].BusinessKey)
	}
	return posted, nil
}

// insertEntries writes the lines of new transactions, looking the accounts up by code in the same statement, and reports
// whether it did: it writes all or, when an account does not exist yet, nothing.
func insertEntries(ctx context.Context, tx sqlx.ExtContext, txns []Txn, posted []Posted) (bool, error) {
	var txnIDs, amounts, lines []int64
	var codes []string
	for i, t := range txns {
		if posted[i].Already {
			continue
		}
		for n, l := range t.Lines {
			txnIDs = append(txnIDs, posted[i].ID)
			lines = append(lines, int64(n+1))
			codes = append(codes, l.Account.Code)
			amounts = append(amounts, l.Amount)
		}
	}
	if len(txnIDs) == 0 {
		return true, nil
	}
	res, err := tx.ExecContext(ctx, `
		WITH e AS MATERIALIZED (
			SELECT u.t, u.l, a.id, u.m FROM unnest($1::bigint[], $2::int[], $3::text[], $4::bigint[]) AS u (t, l, c, m)
			LEFT JOIN ledger_account a ON a.code = u.c)
		INSERT INTO ledger_entry (txn_id, line, account_id, amount)
		SELECT t, l, id, m FROM e WHERE NOT EXISTS (SELECT FROM e WHERE id IS NULL)`,
		pq.Array(txnIDs), pq.Array(lines), pq.Array(codes), pq.Array(amounts))
	if err != nil {
		return false, fmt.Errorf("post %s: %w", txns[0].BusinessKey, mapped(err))
	}
	n, err := res.RowsAffected()
	if err != nil {
		return false, fmt.Errorf("post %s: %w", txns[0].BusinessKey, err)
	}
	return n == int64(len(txnIDs)), nil
}

func mapped(err error) error {
	switch link.Constraint(err) {
	case "ledger_entry_balanced":
		return fmt.Errorf("%w: %w", ErrUnbalanced, err)
	case "ledger_balance_right_side":
		return fmt.Errorf("%w: %w", ErrOverdrawn, err)
	case "ledger_period_closed":
		return fmt.Errorf("%w: %w", ErrClosed, err)
	case "ledger_txn_reversed_once":
		return fmt.Errorf("%w: %w", ErrReversed, err)
	}
	return err
}

func insertTxns(ctx context.Context, tx sqlx.ExtContext, txns []Txn) ([]Posted, error) {
	n := len(txns)
	kinds, keys, actors := make([]string, n), make([]string, n), make([]string, n)
	hashes, occurred, reverses := make([][]byte, n), make([]string, n), make([]int64, n)
	place := make(map[string]int, n)
	for i, t := range txns {
		if _, twice := place[t.BusinessKey]; twice {
			return nil, fmt.Errorf("post %s twice in one call: %w", t.BusinessKey, ErrKeyReused)
		}
		place[t.BusinessKey] = i
		kinds[i], keys[i], actors[i], hashes[i], reverses[i] = t.Kind, t.BusinessKey, t.Actor, t.hash(), t.Reverses
		occurred[i] = t.OccurredAt.UTC().Format(time.RFC3339Nano)
	}
	posted := make([]Posted, n)
	var fresh []struct {
		ID  int64  `db:"id"`
		Key string `db:"business_key"`
	}
	err := sqlx.SelectContext(ctx, tx, &fresh, `
		INSERT INTO ledger_txn (kind, business_key, input_hash, occurred_at, reverses_txn_id, actor)
		SELECT k, b, h, o, nullif(r, 0), a
		FROM unnest($1::text[], $2::text[], $3::bytea[], $4::timestamptz[], $5::bigint[], $6::text[]) AS t (k, b, h, o, r, a)
		ORDER BY b
		ON CONFLICT (business_key) DO NOTHING RETURNING id, business_key`,
		pq.Array(kinds), pq.Array(keys), pq.ByteaArray(hashes), pq.Array(occurred), pq.Array(reverses), pq.Array(actors))
	if err != nil {
		return nil, fmt.Errorf("post %s: %w", keys[0], mapped(err))
	}
	for _, f := range fresh {
		posted[place[f.Key]].ID = f.ID
	}
	if len(fresh) == n {
		return posted, nil
	}
	var old []struct {
		ID   int64  `db:"id"`
		Key  string `db:"business_key"`
		Hash []byte `db:"input_hash"`
	}
	var missing []string
	for i, p := range posted {
		if p.ID == 0 {
			missing = append(missing, keys[i])
		}
	}
	err = sqlx.SelectContext(ctx, tx, &old, `
		SELECT id, business_key, input_hash FROM ledger_txn WHERE business_key = ANY($1)`, pq.Array(missing))
	if err != nil {
		return nil, fmt.Errorf("look up posted transactions: %w", err)
	}
	for _, o := range old {
		i := place[o.Key]
		if string(o.Hash) != string(hashes[i]) {
			return nil, fmt.Errorf("post %s: %w", o.Key, ErrKeyReused)
		}
		posted[i] = Posted{ID: o.ID, Already: true}
	}
	return posted, nil
}

// openAccounts opens the accounts that are to be posted to and do not exist.
func openAccounts(ctx context.Context, tx sqlx.ExtContext, txns []Txn, posted []Posted) error {
	wanted := map[string]Account{}
	for i, t := range txns {
		if posted[i].Already {
			continue
		}
		for _, l := range t.Lines {
			wanted[l.Account.Code] = l.Account
		}
	}
	codes := make([]string, 0, len(wanted))
	for code := range wanted {
		codes = append(codes, code)
	}
	slices.Sort(codes)
	n := len(codes)
	kinds, classes, modes := make([]string, n), make([]string, n), make([]string, n)
	parties, partyIDs, normals := make([]string, n), make([]string, n), make([]int64, n)
	for i, c := range codes {
		a := wanted[c]
		kinds[i], classes[i], parties[i], partyIDs[i], normals[i] = a.Kind, string(a.Class), a.PartyType, a.PartyID, int64(a.normal())
		modes[i] = "derived"
		if a.Strict {
			modes[i] = "strict"
		}
	}
	// In the order of the code, so that transactions that open the same accounts cannot deadlock. Accounts
	// that are there are left out, or each would use up an id.
	_, err := tx.ExecContext(ctx, `
		INSERT INTO ledger_account (code, kind, class, normal, party_type, party_id, balance_mode)
		SELECT c, k, l, n, p, i, m
		FROM unnest($1::text[], $2::text[], $3::text[], $4::smallint[], $5::text[], $6::text[], $7::text[])
		     AS a (c, k, l, n, p, i, m)
		WHERE NOT EXISTS (SELECT FROM ledger_account o WHERE o.code = a.c) ORDER BY c
		ON CONFLICT (code) DO NOTHING`,
		pq.Array(codes), pq.Array(kinds), pq.Array(classes), pq.Array(normals), pq.Array(parties), pq.Array(partyIDs), pq.Array(modes))
	if err != nil {
		return fmt.Errorf("open accounts: %w", err)
	}
	return nil
}

// Mirror reads a posted transaction and returns the one that cancels it, to be posted under key.
func Mirror(ctx context.Context, tx sqlx.QueryerContext, businessKey, key, actor string, at time.Time) (Txn, error) {
	var rows []struct {
		ID        int64  `db:"id"`
		Kind      string `db:"kind"`
		Code      string `db:"code"`
		AKind     string `db:"account_kind"`
		Class     Class  `db:"class"`
		Mode      string `db:"balance_mode"`
		PartyType string `db:"party_type"`
		PartyID   string `db:"party_id"`
		Amount    int64  `db:"amount"`
	}
	err := sqlx.SelectContext(ctx, tx, &rows, `
		SELECT t.id, t.kind, a.code, a.kind AS account_kind, a.class, a.balance_mode, a.party_type, a.party_id, e.amount
		FROM ledger_txn t JOIN ledger_entry e ON e.txn_id = t.id JOIN ledger_account a ON a.id = e.account_id
		WHERE t.business_key = $1 ORDER BY e.line`, businessKey)
	if err != nil {
		return Txn{}, fmt.Errorf("read transaction %s: %w", businessKey, err)
	}
	if len(rows) == 0 {
		return Txn{}, fmt.Errorf("reverse %s: it was never posted", businessKey)
	}
	t := Txn{Kind: rows[0].Kind + ".reversed", BusinessKey: key, OccurredAt: at, Actor: actor, Reverses: rows[0].ID}
	for _, r := range rows {
		t.Lines = append(t.Lines, Line{Account{Code: r.Code, Kind: r.AKind, Class: r.Class, Strict: r.Mode == "strict",
			PartyType: r.PartyType, PartyID: r.PartyID}, -r.Amount})
	}
	return t, nil
}

// Balances returns the balances of strict accounts by code, + is debit; an account never posted to has none.
func Balances(ctx context.Context, q sqlx.QueryerContext, accounts ...Account) (map[string]int64, error) {
	codes := make([]string, len(accounts))
	for i, a := range accounts {
		codes[i] = a.Code
	}
	var rows []struct {
		Code    string `db:"code"`
		Balance int64  `db:"balance"`
	}
	err := sqlx.SelectContext(ctx, q, &rows, `
		SELECT a.code, b.balance FROM ledger_account a JOIN ledger_balance b ON b.account_id = a.id
		WHERE a.code = ANY($1)`, pq.Array(codes))
	if err != nil {
		return nil, fmt.Errorf("read balances of %s: %w", strings.Join(codes, ", "), err)
	}
	balances := make(map[string]int64, len(rows))
	for _, r := range rows {
		balances[r.Code] = r.Balance
	}
	return balances, nil
}

// Derived sums the entries of every account of a kind since its last checkpoint, + is debit.
func Derived(ctx context.Context, q sqlx.QueryerContext, kind string) (int64, error) {
	var sum int64
	err := sqlx.GetContext(ctx, q, &sum, `
		SELECT coalesce(sum(coalesce(c.balance, 0) + coalesce((SELECT sum(e.amount) FROM ledger_entry e
		       WHERE e.account_id = a.id AND e.txn_id > coalesce(c.txn_id, 0)), 0)), 0)::bigint
		FROM ledger_account a
		LEFT JOIN LATERAL (SELECT k.txn_id, k.balance FROM ledger_checkpoint k WHERE k.account_id = a.id ORDER BY k.txn_id DESC LIMIT 1) c ON true
		WHERE a.kind = $1`, kind)
	if err != nil {
		return 0, fmt.Errorf("sum %s: %w", kind, err)
	}
	return sum, nil
}
