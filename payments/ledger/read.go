package ledger

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
)

// TrialRow is everything of one kind of account.
type TrialRow struct {
	Class    string `db:"class"`
	Kind     string `db:"kind"`
	Debit    int64  `db:"debit"`
	Credit   int64  `db:"credit"`
	Balance  int64  `db:"balance"` // + is debit
	Accounts int64  `db:"accounts"`
}

// Trial sums the whole ledger by kind of account. The balances add up to zero.
func Trial(ctx context.Context, q sqlx.QueryerContext) ([]TrialRow, error) {
	var rows []TrialRow
	err := sqlx.SelectContext(ctx, q, &rows, `
		SELECT a.class, a.kind, coalesce(sum(s.debit), 0)::bigint AS debit, coalesce(sum(s.credit), 0)::bigint AS credit,
		       coalesce(sum(s.debit - s.credit), 0)::bigint AS balance, count(*) AS accounts
		FROM ledger_account a
		LEFT JOIN (SELECT account_id, sum(amount) FILTER (WHERE amount > 0) AS d, sum(amount) FILTER (WHERE amount < 0) AS c
		           FROM ledger_entry GROUP BY account_id) e ON e.account_id = a.id
		CROSS JOIN LATERAL (SELECT coalesce(e.d, 0) AS debit, coalesce(-e.c, 0) AS credit) s
		GROUP BY a.class, a.kind
		ORDER BY array_position(ARRAY['asset', 'liability', 'revenue', 'expense'], a.class), a.kind`)
	if err != nil {
		return nil, fmt.Errorf("sum ledger: %w", err)
	}
	return rows, nil
}

// Filter of the journal; empty fields do not restrict.
type Filter struct {
	ID      int64  // only this one
	Ref     string // transactions that touch an account of this ref
	Account string // code
	Kind    string // kind of transaction
	Before  int64  // transaction id, exclusive; 0 starts with the newest
	Limit   int
}

// Entry of the journal.
type Entry struct {
	ID          int64     `db:"id"`
	Kind        string    `db:"kind"`
	BusinessKey string    `db:"business_key"`
	OccurredAt  time.Time `db:"occurred_at"`
	Actor       string    `db:"actor"`
	BookedOn    time.Time `db:"booked_on"`
	Reverses    int64     `db:"reverses"`
	ReversedBy  int64     `db:"reversed_by"`
	LineCount   int       `db:"line_count"`
	Lines       []EntryLine
}

// EntryLine is a line with its account's code.
type EntryLine struct {
	TxnID   int64  `db:"txn_id"`
	Account string `db:"code"`
	Amount  int64  `db:"amount"`
}

// LinesShown is how many lines of a transaction the journal lists.
const LinesShown = 50

// Journal lists transactions, the newest first.
func Journal(ctx context.Context, q sqlx.QueryerContext, f Filter) ([]Entry, error) {
	var entries []Entry
	err := sqlx.SelectContext(ctx, q, &entries, `
		SELECT t.id, t.kind, t.business_key, t.occurred_at, t.booked_on, t.actor, coalesce(t.reverses_txn_id, 0) AS reverses,
		       coalesce((SELECT r.id FROM ledger_txn r WHERE r.reverses_txn_id = t.id), 0) AS reversed_by,
		       (SELECT count(*) FROM ledger_entry e WHERE e.txn_id = t.id) AS line_count
		FROM ledger_txn t
		WHERE ($1 = 0 OR t.id < $1) AND ($2 = '' OR t.kind = $2)
		  AND ($3 = '' OR t.id IN (SELECT e.txn_id FROM ledger_account a JOIN ledger_entry e ON e.account_id = a.id WHERE a.code = $3))
		  AND ($4 = '' OR t.id IN (SELECT e.txn_id FROM ledger_account a JOIN ledger_entry e ON e.account_id = a.id
		                           WHERE a.code IN ('deposit:' || $4, 'receivable:' || $4, 'refund_payable:' || $4)))
		  AND ($6 = 0 OR t.id = $6)
		ORDER BY t.id DESC LIMIT $5`, f.Before, f.Kind, f.Account, f.Ref, f.Limit, f.ID)
	if err != nil {
		return nil, fmt.Errorf("read journal: %w", err)
	}
	ids := make([]int64, len(entries))
	place := make(map[int64]int, len(entries))
	for i, e := range entries {
		ids[i] = e.ID
		place[e.ID] = i
	}
	var lines []EntryLine
	err = sqlx.SelectContext(ctx, q, &lines, `
		SELECT e.txn_id, a.code, e.amount FROM ledger_entry e JOIN ledger_account a ON a.id = e.account_id
		WHERE e.txn_id = ANY($1) AND e.line <= $2 ORDER BY e.txn_id, e.line`, pq.Array(ids), LinesShown)
	if err != nil {
		return nil, fmt.Errorf("read journal: %w", err)
	}
	for _, l := range lines {
		e := &entries[place[l.TxnID]]
		e.Lines = append(e.Lines, l)
	}
	return entries, nil
}

// Fault is something that Verify found.
type Fault struct {
	Check  string
	Object string
	Detail string
}

// Check runs a query that lists (check, object, detail) of violations.
func Check(ctx context.Context, q sqlx.QueryerContext, query string) ([]Fault, error) {
	rows, err := q.QueryxContext(ctx, query) //nolint:sqlclosecheck // it is closed below
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var faults []Fault
	for rows.Next() {
		var f Fault
		if err := rows.Scan(&f.Check, &f.Object, &f.Detail); err != nil {
			return nil, err
		}
		faults = append(faults, f)
	}
	return faults, rows.Err()
}

// Verify recomputes the ledger: every transaction sums to zero over at least two lines, every strict balance is the sum
// of its entries and on its right side, a reversal mirrors its transaction, checkpoints and closed months hold.
func Verify(ctx context.Context, q sqlx.QueryerContext) ([]Fault, error) {
	checks := []string{`
		SELECT 'ledger.sum' AS check, currency AS object, 'sums to ' || sum(amount) AS detail
		FROM ledger_entry GROUP BY currency HAVING sum(amount) <> 0`, `
		SELECT 'ledger.transaction', t.business_key, 'has ' || coalesce(e.n, 0) || ' lines that sum to ' || coalesce(e.s, 0)
		FROM ledger_txn t LEFT JOIN (SELECT txn_id, count(*) AS n, sum(amount) AS s FROM ledger_entry GROUP BY txn_id) e
		     ON e.txn_id = t.id
		WHERE e.n IS NULL OR e.n < 2 OR e.s <> 0 LIMIT 100`, `
		SELECT 'ledger.balance', a.code, 'balance ' || coalesce(b.balance::text, 'missing') || ', entries ' || coalesce(e.s, 0)
		FROM ledger_account a LEFT JOIN ledger_balance b ON b.account_id = a.id
		LEFT JOIN (SELECT account_id, sum(amount) AS s FROM ledger_entry GROUP BY account_id) e ON e.account_id = a.id
		WHERE a.balance_mode = 'strict' AND b.balance IS DISTINCT FROM coalesce(e.s, 0) LIMIT 100`, `
		SELECT 'ledger.side', a.code, 'balance ' || b.balance
		FROM ledger_account a JOIN ledger_balance b ON b.account_id = a.id
		WHERE b.balance <> 0 AND sign(b.balance) <> a.normal LIMIT 100`, `
		SELECT 'ledger.reversal', t.business_key, 'does not mirror ' || o.business_key
		FROM ledger_txn t JOIN ledger_txn o ON o.id = t.reverses_txn_id
		WHERE EXISTS (SELECT FROM (SELECT account_id, amount FROM ledger_entry WHERE txn_id IN (t.id, o.id)) e
		              GROUP BY account_id HAVING sum(amount) <> 0) LIMIT 100`}
	var faults []Fault
	for _, check := range append(checks, periodChecks...) {
		found, err := Check(ctx, q, check)
		if err != nil {
			return nil, fmt.Errorf("verify ledger: %w", err)
		}
		faults = append(faults, found...)
	}
	return faults, nil
}
