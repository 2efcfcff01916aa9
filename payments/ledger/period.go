package ledger

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
)

// Alone waits until no transaction posts and keeps others from posting until tx ends. The ledger is complete then:
// no transaction with a lower id can come any more.
func Alone(ctx context.Context, tx *sqlx.Tx) error {
	_, err := tx.ExecContext(ctx, `SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || '.ledger', 0))`)
	if err != nil {
		return fmt.Errorf("wait for postings: %w", err)
	}
	return nil
}

// Newest is the id of the newest transaction.
func Newest(ctx context.Context, q sqlx.QueryerContext) (int64, error) {
	var id int64
	if err := sqlx.GetContext(ctx, q, &id, `SELECT coalesce(max(id), 0) FROM ledger_txn`); err != nil {
		return 0, fmt.Errorf("read newest transaction: %w", err)
	}
	return id, nil
}

// Checkpoint writes the balances of all derived accounts over the transactions up to one, which must be complete: see
// Alone. It continues from the checkpoints before.
func Checkpoint(ctx context.Context, q sqlx.ExecerContext, through int64) error {
	_, err := q.ExecContext(ctx, `
		INSERT INTO ledger_checkpoint (account_id, txn_id, balance)
		SELECT a.id, $1, coalesce(c.balance, 0) + coalesce((SELECT sum(e.amount) FROM ledger_entry e
		       WHERE e.account_id = a.id AND e.txn_id > coalesce(c.txn_id, 0) AND e.txn_id <= $1), 0)
		FROM ledger_account a
		LEFT JOIN LATERAL (SELECT k.txn_id, k.balance FROM ledger_checkpoint k WHERE k.account_id = a.id AND k.txn_id < $1
		                   ORDER BY k.txn_id DESC LIMIT 1) c ON true
		WHERE a.balance_mode = 'derived' ON CONFLICT (account_id, txn_id) DO NOTHING`, through)
	if err != nil {
		return fmt.Errorf("write checkpoints: %w", err)
	}
	return nil
}

// SumClosing writes every account's turnover up to the end of a closing, once.
func SumClosing(ctx context.Context, tx *sqlx.Tx, closing int64) error {
	_, err := tx.ExecContext(ctx, `
		INSERT INTO ledger_closing_sum (closing_id, account_id, debit, credit)
		SELECT c.id, e.account_id, coalesce(sum(e.amount) FILTER (WHERE e.amount > 0), 0), coalesce(-sum(e.amount) FILTER (WHERE e.amount < 0), 0)
		FROM ledger_closing c JOIN ledger_txn t ON t.booked_on <= c.through JOIN ledger_entry e ON e.txn_id = t.id
		WHERE c.id = $1 AND c.state = 'closed' AND NOT c.summed GROUP BY c.id, e.account_id`, closing)
	if err != nil {
		return fmt.Errorf("sum closing %d: %w", closing, err)
	}
	if _, err := tx.ExecContext(ctx, `UPDATE ledger_closing SET summed = true WHERE id = $1 AND state = 'closed' AND NOT summed`, closing); err != nil {
		return fmt.Errorf("mark closing %d: %w", closing, err)
	}
	return nil
}

// PeriodRow is everything of one kind of account between two days of booking.
type PeriodRow struct {
	Class    string `db:"class"`
	Kind     string `db:"kind"`
	Opening  int64  `db:"opening"` // + is debit
	Debit    int64  `db:"debit"`
	Credit   int64  `db:"credit"`
	Accounts int64  `db:"accounts"`
}

// Period sums the ledger by kind of account between two days, both included, from the last closed month before them.
func Period(ctx context.Context, q sqlx.QueryerContext, from, to string) ([]PeriodRow, error) {
	var rows []PeriodRow
	err := sqlx.SelectContext(ctx, q, &rows, `
		WITH base AS (SELECT c.id, c.through FROM ledger_closing c WHERE c.summed AND c.through < $1::date ORDER BY c.through DESC LIMIT 1),
		moved AS (
			SELECT s.account_id, s.debit - s.credit AS opening, 0::bigint AS debit, 0::bigint AS credit
			FROM ledger_closing_sum s JOIN base ON base.id = s.closing_id
			UNION ALL
			SELECT e.account_id, coalesce(sum(e.amount) FILTER (WHERE t.booked_on < $1::date), 0),
			       coalesce(sum(e.amount) FILTER (WHERE t.booked_on >= $1::date AND e.amount > 0), 0),
			       coalesce(-sum(e.amount) FILTER (WHERE t.booked_on >= $1::date AND e.amount < 0), 0)
			FROM ledger_txn t JOIN ledger_entry e ON e.txn_id = t.id
			WHERE t.booked_on <= $2::date AND t.booked_on > coalesce((SELECT through FROM base), '-infinity'::date)
			GROUP BY e.account_id)
		SELECT a.class, a.kind, sum(m.opening)::bigint AS opening, sum(m.debit)::bigint AS debit, sum(m.credit)::bigint AS credit,
		       count(DISTINCT m.account_id) AS accounts
		FROM moved m JOIN ledger_account a ON a.id = m.account_id
		GROUP BY a.class, a.kind
		ORDER BY array_position(ARRAY['asset', 'liability', 'revenue', 'expense'], a.class), a.kind`, from, to)
	if err != nil {
		return nil, fmt.Errorf("sum ledger from %s to %s: %w", from, to, err)
	}
	return rows, nil
}

// StatementLine is a line of an account or of the journal.
type StatementLine struct {
	TxnID       int64     `db:"txn_id"`
	Line        int       `db:"line"`
	Kind        string    `db:"kind"`
	BusinessKey string    `db:"business_key"`
	BookedOn    time.Time `db:"booked_on"`
	OccurredAt  time.Time `db:"occurred_at"`
	Actor       string    `db:"actor"`
	Account     string    `db:"code"`
	Amount      int64     `db:"amount"`
	Balance     int64     `db:"balance"`
}

// AccountSums are an account's opening balance and its movement between two days.
type AccountSums struct {
	ID      int64  `db:"id"`
	Class   string `db:"class"`
	Kind    string `db:"kind"`
	Opening int64  `db:"opening"`
	Debit   int64  `db:"debit"`
	Credit  int64  `db:"credit"`
	Lines   int    `db:"lines"`
}

// Sums reads AccountSums of the account with a code; sql.ErrNoRows when there is none.
func Sums(ctx context.Context, q sqlx.QueryerContext, code, from, to string) (AccountSums, error) {
	var s AccountSums
	err := sqlx.GetContext(ctx, q, &s, `
		SELECT a.id, a.class, a.kind, m.opening, m.debit, m.credit, m.lines
		FROM ledger_account a
		CROSS JOIN LATERAL (
			SELECT coalesce(sum(e.amount) FILTER (WHERE t.booked_on < $2::date), 0)::bigint AS opening,
			       coalesce(sum(e.amount) FILTER (WHERE t.booked_on >= $2::date AND e.amount > 0), 0)::bigint AS debit,
			       coalesce(-sum(e.amount) FILTER (WHERE t.booked_on >= $2::date AND e.amount < 0), 0)::bigint AS credit,
			       count(*) FILTER (WHERE t.booked_on >= $2::date) AS lines
			FROM ledger_entry e JOIN ledger_txn t ON t.id = e.txn_id WHERE e.account_id = a.id AND t.booked_on <= $3::date) m
		WHERE a.code = $1`, code, from, to)
	return s, err
}

// Lines lists an account's lines between two days with the balance after each, oldest first.
func Lines(ctx context.Context, q sqlx.QueryerContext, account, opening int64, from, to string, skip, limit int) ([]StatementLine, error) {
	var lines []StatementLine
	err := sqlx.SelectContext(ctx, q, &lines, `
		SELECT t.id AS txn_id, e.line, t.kind, t.business_key, t.booked_on, t.occurred_at, t.actor, a.code, e.amount,
		       ($2::bigint + sum(e.amount) OVER (ORDER BY t.booked_on, t.id, e.line))::bigint AS balance
		FROM ledger_entry e JOIN ledger_txn t ON t.id = e.txn_id JOIN ledger_account a ON a.id = e.account_id
		WHERE e.account_id = $1 AND t.booked_on BETWEEN $3::date AND $4::date
		ORDER BY t.booked_on, t.id, e.line OFFSET $5 LIMIT $6`, account, opening, from, to, skip, limit)
	if err != nil {
		return nil, fmt.Errorf("read account %d: %w", account, err)
	}
	return lines, nil
}

// JournalLines lists all lines between two days after a line of a transaction, oldest first.
func JournalLines(ctx context.Context, q sqlx.QueryerContext, from, to string, afterDay string, afterTxn int64, afterLine, limit int) ([]StatementLine, error) {
	var lines []StatementLine
	err := sqlx.SelectContext(ctx, q, &lines, `
		SELECT t.id AS txn_id, e.line, t.kind, t.business_key, t.booked_on, t.occurred_at, t.actor, a.code, e.amount, 0::bigint AS balance
		FROM ledger_txn t JOIN ledger_entry e ON e.txn_id = t.id JOIN ledger_account a ON a.id = e.account_id
		WHERE t.booked_on BETWEEN greatest($1::date, $3::date) AND $2::date AND (t.booked_on, t.id, e.line) > ($3::date, $4, $5)
		ORDER BY t.booked_on, t.id, e.line LIMIT $6`, from, to, afterDay, afterTxn, afterLine, limit)
	if err != nil {
		return nil, fmt.Errorf("read journal from %s to %s: %w", from, to, err)
	}
	return lines, nil
}

// periodChecks are of Verify: checkpoints and closings equal the sums of their entries, and nothing came into a closed month.
var periodChecks = []string{`
	SELECT 'ledger.checkpoint' AS check, a.code || ' at ' || c.txn_id AS object, 'balance ' || c.balance || ', entries ' || coalesce(e.s, 0) AS detail
	FROM ledger_checkpoint c JOIN ledger_account a ON a.id = c.account_id
	LEFT JOIN LATERAL (SELECT sum(e.amount) AS s FROM ledger_entry e WHERE e.account_id = c.account_id AND e.txn_id <= c.txn_id) e ON true
	WHERE c.balance <> coalesce(e.s, 0) LIMIT 100`, `
	SELECT 'ledger.closed', t.business_key, 'was booked on ' || t.booked_on || ' after that month was closed'
	FROM ledger_closing c JOIN ledger_txn t ON t.booked_on <= c.through AND t.id > c.last_txn
	WHERE c.state = 'closed' LIMIT 100`, `
	SELECT 'ledger.closing', c.through || ' ' || a.code, 'sums ' || s.debit || ' and ' || s.credit || ', entries ' || coalesce(e.d, 0) || ' and ' || coalesce(e.c, 0)
	FROM (SELECT * FROM ledger_closing WHERE summed ORDER BY through DESC LIMIT 3) c
	CROSS JOIN ledger_account a
	LEFT JOIN ledger_closing_sum s ON s.closing_id = c.id AND s.account_id = a.id
	LEFT JOIN (SELECT c.id, e.account_id, coalesce(sum(e.amount) FILTER (WHERE e.amount > 0), 0) AS d, coalesce(-sum(e.amount) FILTER (WHERE e.amount < 0), 0) AS c
	           FROM (SELECT * FROM ledger_closing WHERE summed ORDER BY through DESC LIMIT 3) c
	           JOIN ledger_txn t ON t.booked_on <= c.through JOIN ledger_entry e ON e.txn_id = t.id GROUP BY c.id, e.account_id) e
	     ON e.id = c.id AND e.account_id = a.id
	WHERE (coalesce(s.debit, 0), coalesce(s.credit, 0)) <> (coalesce(e.d, 0), coalesce(e.c, 0)) LIMIT 100`, `
	SELECT 'ledger.second_person', 'closing ' || c.through, 'asked for and closed by ' || c.asked_by
	FROM ledger_closing c WHERE c.state = 'closed' AND c.asked_by = c.decided_by LIMIT 100`}
