package postgres

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"banmuyuan/internal/link"
	"banmuyuan/internal/link/paging"
	"banmuyuan/payments"
	"banmuyuan/payments/ledger"
)

var _ payments.Books = (*Service)(nil)

// window reads the two days of a request. A missing first day is the beginning, a missing last day is today.
func (s *Service) window(from, to string) (string, string, error) {
	var bad link.Problems
	if from == "" {
		from = "0001-01-01"
	} else if _, err := time.Parse(time.DateOnly, from); err != nil {
		bad.Add("books.day", "from")
	}
	if to == "" {
		to = day(s.now())
	} else if _, err := time.Parse(time.DateOnly, to); err != nil {
		bad.Add("books.day", "to")
	}
	if len(bad) == 0 && to < from {
		bad.Add("books.window", "to")
	}
	return from, to, bad.Err()
}

// Trial sums the ledger by kind of account between two days.
func (s *Service) Trial(ctx context.Context, r payments.TrialRequest) (payments.Trial, error) {
	if _, err := need(ctx, county...); err != nil {
		return payments.Trial{}, err
	}
	from, to, err := s.window(r.From, r.To)
	if err != nil {
		return payments.Trial{}, err
	}
	rows, err := ledger.Period(ctx, s.db, from, to)
	if err != nil {
		return payments.Trial{}, err
	}
	t := payments.Trial{From: r.From, To: to, Rows: make([]payments.TrialLine, len(rows))}
	for i, row := range rows {
		t.Rows[i] = payments.TrialLine{Class: row.Class, Kind: row.Kind, OpeningFen: row.Opening, DebitFen: row.Debit, CreditFen: row.Credit,
			ClosingFen: row.Opening + row.Debit - row.Credit, Accounts: row.Accounts}
		t.SumFen += t.Rows[i].ClosingFen
	}
	return t, nil
}

// AccountStatement lists one account between two days.
func (s *Service) AccountStatement(ctx context.Context, r payments.AccountRequest) (payments.AccountStatement, error) {
	if _, err := need(ctx, county...); err != nil {
		return payments.AccountStatement{}, err
	}
	from, to, err := s.window(r.From, r.To)
	if err != nil {
		return payments.AccountStatement{}, err
	}
	skip, err := paging.ID("account_statement", r.Cursor)
	if err != nil {
		return payments.AccountStatement{}, err
	}
	tx, err := s.db.BeginTxx(ctx, readOnlySnapshot)
	if err != nil {
		return payments.AccountStatement{}, fmt.Errorf("begin statement: %w", err)
	}
	defer tx.Rollback() // it only read
	sums, err := ledger.Sums(ctx, tx, strings.TrimSpace(r.Account), from, to)
	if missing(err) {
		return payments.AccountStatement{}, link.E(link.NotFound, "books.unknown_account", "account")
	}
	if err != nil {
		return payments.AccountStatement{}, fmt.Errorf("sum account %s: %w", r.Account, err)
	}
	n, err := paging.Size(r.Limit, defaultLimit, 5000)
	if err != nil {
		return payments.AccountStatement{}, err
	}
	lines, err := ledger.Lines(ctx, tx, sums.ID, sums.Opening, from, to, int(skip), n)
	if err != nil {
		return payments.AccountStatement{}, err
	}
	out := payments.AccountStatement{Account: strings.TrimSpace(r.Account), Class: sums.Class, Kind: sums.Kind, OpeningFen: sums.Opening, DebitFen: sums.Debit,
		CreditFen: sums.Credit, ClosingFen: sums.Opening + sums.Debit - sums.Credit, Total: sums.Lines, Items: entriesOut(lines)}
	if int(skip)+len(lines) < sums.Lines {
		out.Cursor = paging.After("account_statement", skip+int64(len(lines)))
	}
	return out, nil
}

func entriesOut(lines []ledger.StatementLine) []payments.LedgerEntry {
	out := make([]payments.LedgerEntry, len(lines))
	for i, l := range lines {
		out[i] = payments.LedgerEntry{TxnID: l.TxnID, Line: l.Line, Kind: l.Kind, BusinessKey: l.BusinessKey, BookedOn: l.BookedOn.Format(time.DateOnly),
			OccurredAt: l.OccurredAt.UTC(), Actor: l.Actor, Account: l.Account, AmountFen: l.Amount, BalanceFen: l.Balance}
	}
	return out
}

// LedgerEntries pages through the journal line by line.
func (s *Service) LedgerEntries(ctx context.Context, r payments.EntriesRequest) (payments.LedgerEntries, error) {
	if _, err := need(ctx, county...); err != nil {
		return payments.LedgerEntries{}, err
	}
	from, to, err := s.window(r.From, r.To)
	if err != nil {
		return payments.LedgerEntries{}, err
	}
	afterDay, txn, line := "0001-01-01", int64(0), 0
	place, err := paging.PlaceText("ledger_entries", r.Cursor)
	if err != nil {
		return payments.LedgerEntries{}, err
	}
	if place != "" {
		day, rest, _ := strings.Cut(place, ".")
		_, bad := time.Parse(time.DateOnly, day)
		if n, err := fmt.Sscanf(rest, "%d.%d", &txn, &line); err != nil || n != 2 || bad != nil {
			return payments.LedgerEntries{}, link.E(link.Invalid, "page.cursor", "cursor")
		}
		afterDay = day
	}
	n, err := paging.Size(r.Limit, defaultLimit, 5000)
	if err != nil {
		return payments.LedgerEntries{}, err
	}
	lines, err := ledger.JournalLines(ctx, s.db, from, to, afterDay, txn, line, n+1)
	if err != nil {
		return payments.LedgerEntries{}, err
	}
	var out payments.LedgerEntries
	if len(lines) > n {
		lines = lines[:n]
		last := lines[n-1]
		out.Cursor = paging.AfterText("ledger_entries", fmt.Sprintf("%s.%d.%d", last.BookedOn.Format(time.DateOnly), last.TxnID, last.Line))
	}
	out.Items = entriesOut(lines)
	return out, nil
}

type closingRow struct {
	ID        int64                 `db:"id"`
	Through   time.Time             `db:"through"`
	State     payments.ClosingState `db:"state"`
	AskedAt   time.Time             `db:"asked_at"`
	AskedBy   string                `db:"asked_by"`
	Asker     int64                 `db:"asker"`
	DecidedAt sql.NullTime          `db:"decided_at"`
	DecidedBy string                `db:"decided_by"`
	Reason    string                `db:"reason"`
}

const closingColumns = `id, through, state, asked_at, asked_by, asker, decided_at, decided_by, reason`

func (c closingRow) out() payments.Closing {
	return payments.Closing{ID: c.ID, Through: c.Through.Format(time.DateOnly), State: c.State, AskedAt: c.AskedAt.UTC(), AskedBy: c.AskedBy,
		DecidedAt: timePtr(c.DecidedAt), DecidedBy: c.DecidedBy, Reason: c.Reason}
}

// Periods lists the months of the books and the requests to close them.
func (s *Service) Periods(ctx context.Context, _ payments.None) (payments.Periods, error) {
	if _, err := need(ctx, county...); err != nil {
		return payments.Periods{}, err
	}
	out := payments.Periods{Items: []payments.Period{}, Closings: []payments.Closing{}}
	var closings []closingRow
	if err := s.db.SelectContext(ctx, &closings, `SELECT `+closingColumns+` FROM ledger_closing ORDER BY id DESC LIMIT 200`); err != nil {
		return out, fmt.Errorf("read closings: %w", err)
	}
	for _, c := range closings {
		out.Closings = append(out.Closings, c.out())
		if through := c.Through.Format(time.DateOnly); c.State == payments.ClosingClosed && through > out.ClosedThrough {
			out.ClosedThrough = through
		}
	}
	var months []struct {
		Month string `db:"month"`
		Txns  int64  `db:"txns"`
		Debit int64  `db:"debit"`
		Late  int64  `db:"late"`
	}
	err := s.db.SelectContext(ctx, &months, `
		SELECT to_char(t.booked_on, 'YYYY-MM') AS month, count(*) AS txns, coalesce(sum(e.debit), 0)::bigint AS debit,
		       count(*) FILTER (WHERE date_trunc('month', t.occurred_at AT TIME ZONE 'Asia/Shanghai') < date_trunc('month', t.booked_on)) AS late
		FROM ledger_txn t
		LEFT JOIN (SELECT txn_id, sum(amount) AS debit FROM ledger_entry WHERE amount > 0 GROUP BY txn_id) e ON e.txn_id = t.id
		GROUP BY 1 ORDER BY 1 DESC LIMIT 240`)
	if err != nil {
		return out, fmt.Errorf("sum months: %w", err)
	}
	for _, m := range months {
		out.Items = append(out.Items, payments.Period{Month: m.Month, Txns: m.Txns, DebitFen: m.Debit, LateTxns: m.Late,
			Closed: out.ClosedThrough != "" && m.Month <= out.ClosedThrough[:7]})
	}
	return out, nil
}

// AskClosing asks the second person to close a month.
func (s *Service) AskClosing(ctx context.Context, r payments.AskClosing) (payments.Closing, error) {
	actor, err := need(ctx, roleOperator)
	if err != nil {
		return payments.Closing{}, err
	}
	through, err := r.Through(s.now())
	if err != nil {
		return payments.Closing{}, err
	}
	var out closingRow
	err = s.change(ctx, func(c *change) error {
		if err := lockClosings(ctx, c.tx); err != nil {
			return err
		}
		err := get(ctx, c.tx, &out, `SELECT `+closingColumns+` FROM ledger_closing WHERE state = $1`, payments.ClosingAsked)
		if err == nil {
			if out.Through.Format(time.DateOnly) == through && out.AskedBy == c.actor {
				return nil // sent twice
			}
			return link.E(link.Conflict, "books.asked", "")
		}
		if !missing(err) {
			return fmt.Errorf("look up closing: %w", err)
		}
		var closed bool
		err = c.tx.GetContext(ctx, &closed, `SELECT EXISTS (SELECT FROM ledger_closing WHERE state = 'closed' AND through >= $1::date)`, through)
		if err != nil {
			return fmt.Errorf("look up closed months: %w", err)
		}
		if closed {
			return link.E(link.Conflict, "books.closed", "month")
		}
		return get(ctx, c.tx, &out, `
			INSERT INTO ledger_closing (through, state, asked_at, asked_by, asker) VALUES ($1, $5, $2, $3, $4) RETURNING `+closingColumns,
			through, c.now, c.actor, actor.Account, payments.ClosingAsked)
	})
	return out.out(), err
}

func lockClosings(ctx context.Context, tx *sqlx.Tx) error {
	if _, err := tx.ExecContext(ctx, `SELECT pg_advisory_xact_lock(hashtextextended('payments ledger_closing', 0))`); err != nil {
		return fmt.Errorf("lock closings: %w", err)
	}
	return nil
}

// DecideClosing closes the books, or leaves them open.
func (s *Service) DecideClosing(ctx context.Context, r payments.DecideClosing) (payments.Closing, error) {
	actor, err := need(ctx, roleApprover)
	if err != nil {
		return payments.Closing{}, err
	}
	if r, err = r.Check(); err != nil {
		return payments.Closing{}, err
	}
	var out closingRow
	err = s.change(ctx, func(c *change) error {
		if err := lockClosings(ctx, c.tx); err != nil {
			return err
		}
		err := get(ctx, c.tx, &out, `SELECT `+closingColumns+` FROM ledger_closing WHERE id = $1`, r.ID)
		if missing(err) {
			return link.E(link.NotFound, "books.unknown_closing", "")
		}
		if err != nil {
			return fmt.Errorf("read closing %d: %w", r.ID, err)
		}
		on := payments.ClosingRefuse
		if r.Approve {
			on = payments.ClosingApprove
		}
		if out.State == payments.ClosingMachine.To(on) && out.DecidedBy == c.actor {
			return nil // sent twice
		}
		to, err := next(payments.ClosingMachine, out.State, on, "")
		switch {
		case err != nil:
			return err
		case c.same(actor, out.Asker, out.AskedBy):
			return link.E(link.Forbidden, "payout.second_person", "")
		}
		var newest *int64
		if r.Approve {
			if err := ledger.Alone(ctx, c.tx); err != nil {
				return err
			}
			id, err := ledger.Newest(ctx, c.tx)
			if err != nil {
				return err
			}
			newest = &id
		}
		return get(ctx, c.tx, &out, `
			UPDATE ledger_closing SET state = $2, decided_at = $3, decided_by = $4, reason = $5, last_txn = $6 WHERE id = $1 RETURNING `+closingColumns,
			r.ID, to, c.now, c.actor, r.Reason, newest)
	})
	if err != nil {
		return payments.Closing{}, err
	}
	if out.State == payments.ClosingClosed {
		err = s.sumClosings(ctx)
	}
	return out.out(), err
}

// sumClosings sums months that are closed and not summed yet: after the commit, because they cannot change any more and no
// request needs to wait for it.
func (s *Service) sumClosings(ctx context.Context) error {
	var ids []int64
	if err := s.db.SelectContext(ctx, &ids, `SELECT id FROM ledger_closing WHERE state = 'closed' AND NOT summed ORDER BY id`); err != nil {
		return fmt.Errorf("look for closings: %w", err)
	}
	for _, id := range ids {
		err := link.InTx(ctx, s.db, nil, func(tx *sqlx.Tx) error {
			if err := lockClosings(ctx, tx); err != nil {
				return err
			}
			return ledger.SumClosing(ctx, tx, id)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// checkpointEvery is how many transactions are summed anew at most.
const checkpointEvery = 5_000

// Checkpoint writes the balances of derived accounts when many transactions came since the last time.
func (s *Service) Checkpoint(ctx context.Context, every int64) error {
	newest, err := ledger.Newest(ctx, s.db)
	if err != nil {
		return err
	}
	var last int64
	if err := s.db.GetContext(ctx, &last, `SELECT coalesce(max(txn_id), 0) FROM ledger_checkpoint`); err != nil {
		return fmt.Errorf("read checkpoint: %w", err)
	}
	if newest-last < every {
		return nil
	}
	// The cut is made alone; the sums up to it are taken afterwards, while others post on.
	err = link.InTx(ctx, s.db, nil, func(tx *sqlx.Tx) error {
		if err := ledger.Alone(ctx, tx); err != nil {
			return err
		}
		newest, err = ledger.Newest(ctx, tx)
		return err
	})
	if err != nil {
		return err
	}
	return ledger.Checkpoint(ctx, s.db, newest)
}
