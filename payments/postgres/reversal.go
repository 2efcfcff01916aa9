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
	"banmuyuan/internal/link/paging"
	"banmuyuan/payments"
	"banmuyuan/payments/ledger"
)

var _ payments.Reversals = (*Service)(nil)

// again is the business key of an entry after so many reversals of earlier entries.
func again(key string, reversals int) string {
	if reversals == 0 {
		return key
	}
	return fmt.Sprintf("%s:%d", key, reversals)
}

// undo takes back the entry behind a posting of a kind. The entry must still have the posting's business key: one that was
// reversed and entered anew has another. Asking for a reversal calls it too, to refuse at once, and rolls it back.
var undo = map[string]func(c *change, ctx context.Context, key string) error{
	"cash.banked":        (*change).undoBanking,
	"statement.fee":      (*change).undoFee,
	"statement.booked":   (*change).undoBooked,
	"statement.returned": (*change).undoReturned,
	"refund":             (*change).undoRefund,
	"org.paid":           (*change).undoOrgPaid,
	"org.returned":       (*change).undoOrgReturned,
}

// entryBehind reads the id of the entry behind a posting, which must be in one of the states that its reversal leaves ($2; none
// for entries without a state). There is none when it was taken back before.
func (c *change) entryBehind(ctx context.Context, id *int64, query, key string, from ...string) error {
	args := []any{key}
	if len(from) > 0 {
		args = append(args, pq.Array(from))
	}
	err := c.tx.GetContext(ctx, id, query, args...)
	if missing(err) {
		return link.E(link.Conflict, "reversal.reversed", "txn_id")
	}
	if err != nil {
		return fmt.Errorf("look up what %s booked: %w", key, err)
	}
	return nil
}

// notOnStatement refuses when the bank's statement already shows the entry.
func (c *change) notOnStatement(ctx context.Context, table, column, as string) error {
	var shown bool
	if err := c.tx.GetContext(ctx, &shown, `SELECT EXISTS (SELECT FROM `+table+` WHERE `+column+` = $1)`, as); err != nil {
		return fmt.Errorf("look for %s on the statement: %w", as, err)
	}
	if shown {
		return link.E(link.Conflict, "reversal.on_statement", "txn_id")
	}
	return nil
}

func (c *change) exec(ctx context.Context, what, query string, args ...any) error {
	if _, err := c.tx.ExecContext(ctx, query, args...); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

func (c *change) undoBanking(ctx context.Context, key string) error {
	if err := c.lockBooked(ctx); err != nil {
		return err
	}
	var id int64
	err := c.entryBehind(ctx, &id, `
		SELECT b.id FROM cash_banking b
		WHERE b.reversed_at IS NULL AND $1 IN ('banking:' || b.slip, 'banking:' || b.slip || ':' ||
		      (SELECT count(*) FROM cash_banking o WHERE o.slip = b.slip AND o.reversed_at IS NOT NULL)) FOR UPDATE`, key)
	if err != nil {
		return err
	}
	if err := c.notOnStatement(ctx, "bank_statement_line", "booked_as", "banking:"+strconv.FormatInt(id, 10)); err != nil {
		return err
	}
	return c.exec(ctx, "take back banking", `UPDATE cash_banking SET reversed_at = $2 WHERE id = $1`, id, c.now)
}

// nowKey is the present key of a line's posting.
func nowKey(suffix string) string {
	return `'stmt:main:' || line_key || ':` + suffix + `' || CASE WHEN reversals > 0 THEN ':' || reversals ELSE '' END`
}

func (c *change) undoFee(ctx context.Context, key string) error {
	var id int64
	err := c.entryBehind(ctx, &id, `SELECT id FROM bank_outgoing_line WHERE state = ANY($2) AND $1 = `+nowKey("fee")+` FOR UPDATE`,
		key, payments.OutgoingMachine.From(payments.OutgoingReopen)...)
	if err != nil {
		return err
	}
	if err := c.notOnStatement(ctx, "bank_statement_line", "booked_as", fmt.Sprintf("%s:%d", payments.BookedReversal, id)); err != nil {
		return err
	}
	return c.exec(ctx, "open outgoing line", `
		UPDATE bank_outgoing_line SET state = $2, explained_as = '', reversals = reversals + 1 WHERE id = $1`, id, payments.OutgoingMachine.To(payments.OutgoingReopen))
}

func (c *change) undoBooked(ctx context.Context, key string) error {
	if err := c.lockBooked(ctx); err != nil {
		return err
	}
	var id int64
	err := c.entryBehind(ctx, &id, `SELECT id FROM bank_statement_line WHERE state = ANY($2) AND booked_as <> '' AND $1 = `+nowKey("booked")+` FOR UPDATE`,
		key, payments.LineMachine.From(payments.LineUndoBook)...)
	if err != nil {
		return err
	}
	// What the bank took back by this line is open again.
	err = c.exec(ctx, "open outgoing line", `
		UPDATE bank_outgoing_line SET state = $2, explained_as = '' WHERE explained_as = $1 AND state = ANY($3)`,
		fmt.Sprintf("%s:%d", payments.BookedReversal, id), payments.OutgoingMachine.To(payments.OutgoingReopen), pq.Array(payments.OutgoingMachine.From(payments.OutgoingReopen)))
	if err != nil {
		return err
	}
	return c.exec(ctx, "put statement line back", `
		UPDATE bank_statement_line SET state = $2, booked_as = '', reversals = reversals + 1 WHERE id = $1`, id, payments.LineMachine.To(payments.LineUndoBook))
}

func (c *change) undoReturned(ctx context.Context, key string) error {
	var id int64
	err := c.entryBehind(ctx, &id, `SELECT id FROM bank_statement_line WHERE state = ANY($2) AND $1 = `+nowKey("returned")+` FOR UPDATE`,
		key, payments.LineMachine.From(payments.LineUndoReturn)...)
	if err != nil {
		return err
	}
	if err := c.notOnStatement(ctx, "bank_outgoing_line", "explained_as", "return:"+strconv.FormatInt(id, 10)); err != nil {
		return err
	}
	return c.exec(ctx, "put statement line back", `
		UPDATE bank_statement_line SET state = $2, return_ref = '', returned_on = NULL, reversals = reversals + 1 WHERE id = $1`,
		id, payments.LineMachine.To(payments.LineUndoReturn))
}

func (c *change) undoRefund(ctx context.Context, key string) error {
	var id int64
	err := c.entryBehind(ctx, &id, `
		SELECT f.id FROM refund f WHERE f.state = ANY($2)
		  AND $1 = 'refund:' || f.id || ':done' || CASE WHEN f.failures > 0 THEN ':' || f.failures ELSE '' END`,
		key, payments.RefundMachine.From(payments.RefundUndo)...)
	if err != nil {
		return err
	}
	f, err := c.lockRefund(ctx, id)
	if err != nil {
		return err
	}
	if !f.ByBank || f.BankRef == "" {
		return link.E(link.Invalid, "reversal.provider", "txn_id")
	}
	if err := c.notOnStatement(ctx, "bank_outgoing_line", "explained_as", "refund:"+strconv.FormatInt(id, 10)); err != nil {
		return err
	}
	if f.State, err = next(payments.RefundMachine, f.State, payments.RefundUndo, "txn_id"); err != nil {
		return err
	}
	f.BankRef, f.DoneAt = "", sql.NullTime{}
	f.Failures++
	if err := c.exec(ctx, "take refund back", `UPDATE refund SET till = 0 WHERE id = $1`, id); err != nil {
		return err
	}
	return c.saveRefund(ctx, f, c.now)
}

type reversalRow struct {
	ID         int64                  `db:"id"`
	TxnID      int64                  `db:"txn_id"`
	State      payments.ReversalState `db:"state"`
	Reason     string                 `db:"reason"`
	AskedAt    time.Time              `db:"asked_at"`
	AskedBy    string                 `db:"asked_by"`
	Asker      int64                  `db:"asker"`
	DecidedAt  sql.NullTime           `db:"decided_at"`
	DecidedBy  string                 `db:"decided_by"`
	WhyRefused string                 `db:"why_refused"`
}

const reversalColumns = `id, txn_id, state, reason, asked_at, asked_by, asker, decided_at, decided_by, why_refused`

// reversalsOut adds the postings to reversals.
func (s *Service) reversalsOut(ctx context.Context, q sqlx.QueryerContext, rows []reversalRow) ([]payments.Reversal, error) {
	out := make([]payments.Reversal, len(rows))
	for i, r := range rows {
		found, err := ledger.Journal(ctx, q, ledger.Filter{ID: r.TxnID, Limit: 1})
		if err != nil {
			return nil, err
		}
		out[i] = payments.Reversal{ID: r.ID, State: r.State, Reason: r.Reason, AskedAt: r.AskedAt.UTC(), AskedBy: r.AskedBy,
			DecidedAt: timePtr(r.DecidedAt), DecidedBy: r.DecidedBy, WhyRefused: r.WhyRefused}
		for _, e := range found {
			out[i].Txn = txnOut(e)
		}
		if id := out[i].Txn.ReversedBy; r.State == payments.ReversalPosted && id != 0 {
			mirror, err := ledger.Journal(ctx, q, ledger.Filter{ID: id, Limit: 1})
			if err != nil {
				return nil, err
			}
			for _, e := range mirror {
				out[i].ReversalID, out[i].BookedOn = e.ID, e.BookedOn.Format(time.DateOnly)
			}
		}
	}
	return out, nil
}

// Reversals lists the requests, newest first.
func (s *Service) Reversals(ctx context.Context, f payments.ReversalFilter) (payments.ReversalPage, error) {
	if _, err := need(ctx, county...); err != nil {
		return payments.ReversalPage{}, err
	}
	before, err := paging.ID("reversals", f.Cursor)
	if err != nil {
		return payments.ReversalPage{}, err
	}
	n, err := paging.Size(f.Limit, defaultLimit, 100)
	if err != nil {
		return payments.ReversalPage{}, err
	}
	var page payments.ReversalPage
	where := `($1 = '' OR state = $1) AND ($2 = 0 OR txn_id = $2)`
	if err := s.db.GetContext(ctx, &page.Total, `SELECT count(*) FROM ledger_reversal WHERE `+where, f.State, f.Txn); err != nil {
		return page, fmt.Errorf("count reversals: %w", err)
	}
	var rows []reversalRow
	err = s.db.SelectContext(ctx, &rows, `
		SELECT `+reversalColumns+` FROM ledger_reversal WHERE `+where+` AND ($3 = 0 OR id < $3) ORDER BY id DESC LIMIT $4`, f.State, f.Txn, before, n+1)
	if err != nil {
		return page, fmt.Errorf("read reversals: %w", err)
	}
	if len(rows) > n {
		rows = rows[:n]
		page.Cursor = paging.After("reversals", rows[n-1].ID)
	}
	page.Items, err = s.reversalsOut(ctx, s.db, rows)
	return page, err
}

// posting reads a transaction that may be reversed by hand, or tells why not.
func (c *change) posting(ctx context.Context, id int64) (ledger.Entry, error) {
	found, err := ledger.Journal(ctx, c.tx, ledger.Filter{ID: id, Limit: 1})
	switch {
	case err != nil:
		return ledger.Entry{}, err
	case len(found) == 0:
		return ledger.Entry{}, link.E(link.NotFound, "reversal.unknown_txn", "txn_id")
	}
	e := found[0]
	return e, payments.CheckReversible(e.Kind, e.Reverses, e.ReversedBy)
}

// errTried rolls back a trial.
var errTried = errors.New("tried")

// AskReversal asks the second person to reverse a posting.
func (s *Service) AskReversal(ctx context.Context, r payments.AskReversal) (payments.Reversal, error) {
	actor, err := need(ctx, roleOperator)
	if err != nil {
		return payments.Reversal{}, err
	}
	if r, err = r.Check(); err != nil {
		return payments.Reversal{}, err
	}
	err = s.change(ctx, func(c *change) error { // a trial: an impossible reversal is refused before a second person is asked
		e, err := c.posting(ctx, r.TxnID)
		if err != nil {
			return err
		}
		if err := undo[e.Kind](c, ctx, e.BusinessKey); err != nil {
			return err
		}
		return errTried
	})
	if !errors.Is(err, errTried) {
		return payments.Reversal{}, err
	}
	var out []payments.Reversal
	err = s.change(ctx, func(c *change) error {
		var row reversalRow
		err := get(ctx, c.tx, &row, `
			INSERT INTO ledger_reversal (txn_id, state, reason, asked_at, asked_by, asker) VALUES ($1, $6, $2, $3, $4, $5)
			ON CONFLICT (txn_id) WHERE state IN ('asked', 'posted') DO NOTHING RETURNING `+reversalColumns, r.TxnID, r.Reason, c.now, c.actor, actor.Account, payments.ReversalAsked)
		if missing(err) {
			err = get(ctx, c.tx, &row, `SELECT `+reversalColumns+` FROM ledger_reversal WHERE txn_id = $1 AND state IN ('asked', 'posted')`, r.TxnID)
			if err == nil && (row.State != payments.ReversalAsked || row.AskedBy != c.actor || row.Reason != r.Reason) {
				return link.E(link.Conflict, "reversal.asked", "txn_id")
			}
		}
		if err != nil {
			return fmt.Errorf("ask for reversal of %d: %w", r.TxnID, err)
		}
		out, err = s.reversalsOut(ctx, c.tx, []reversalRow{row})
		return err
	})
	if err != nil {
		return payments.Reversal{}, err
	}
	return out[0], nil
}

// DecideReversal posts the mirror, or leaves the posting as it is.
func (s *Service) DecideReversal(ctx context.Context, r payments.DecideReversal) (payments.Reversal, error) {
	actor, err := need(ctx, roleApprover)
	if err != nil {
		return payments.Reversal{}, err
	}
	if r, err = r.Check(); err != nil {
		return payments.Reversal{}, err
	}
	err = s.change(ctx, func(c *change) error {
		var row reversalRow
		err := get(ctx, c.tx, &row, `SELECT `+reversalColumns+` FROM ledger_reversal WHERE id = $1 FOR UPDATE`, r.ID)
		if missing(err) {
			return link.E(link.NotFound, "reversal.unknown", "")
		}
		if err != nil {
			return fmt.Errorf("read reversal %d: %w", r.ID, err)
		}
		on := payments.ReversalRefuse
		if r.Approve {
			on = payments.ReversalApprove
		}
		if row.State == payments.ReversalMachine.To(on) && row.DecidedBy == c.actor {
			return nil // sent twice
		}
		to, err := next(payments.ReversalMachine, row.State, on, "")
		switch {
		case err != nil:
			return err
		case c.same(actor, row.Asker, row.AskedBy):
			return link.E(link.Forbidden, "reversal.second_person", "")
		}
		if r.Approve {
			e, err := c.posting(ctx, row.TxnID)
			if err != nil {
				return err
			}
			if c.same(actor, 0, e.Actor) {
				return link.E(link.Forbidden, "reversal.second_person", "")
			}
			if err := undo[e.Kind](c, ctx, e.BusinessKey); err != nil {
				return err
			}
			mirror, err := ledger.Mirror(ctx, c.tx, e.BusinessKey, fmt.Sprintf("reversal:%d", row.TxnID), c.actor, c.now)
			if err != nil {
				return err
			}
			c.txns = append(c.txns, mirror)
		}
		return c.exec(ctx, "decide reversal", `
			UPDATE ledger_reversal SET state = $2, decided_at = $3, decided_by = $4, why_refused = $5 WHERE id = $1`,
			r.ID, to, c.now, c.actor, r.Why)
	})
	if errors.Is(err, ledger.ErrReversed) {
		err = link.E(link.Conflict, "reversal.reversed", "txn_id").Because(err)
	}
	if errors.Is(err, ledger.ErrOverdrawn) { // of an organisation that was paid from the returned money meanwhile
		err = link.E(link.Conflict, "reversal.built_on", "txn_id").Because(err)
	}
	if err != nil {
		return payments.Reversal{}, err
	}
	var row reversalRow
	if err := get(ctx, s.db, &row, `SELECT `+reversalColumns+` FROM ledger_reversal WHERE id = $1`, r.ID); err != nil {
		return payments.Reversal{}, fmt.Errorf("read reversal %d: %w", r.ID, err)
	}
	out, err := s.reversalsOut(ctx, s.db, []reversalRow{row})
	if err != nil {
		return payments.Reversal{}, err
	}
	return out[0], nil
}

// reversalChecks are of Verify: every reversal by hand was requested by one person, approved by another, made a posting of
// neither, and is in the ledger.
var reversalChecks = []string{`
	SELECT 'reversals.posted' AS check, 'reversal:' || r.id AS object, 'approved, and transaction ' || r.txn_id || ' is not reversed' AS detail
	FROM ledger_reversal r WHERE r.state = 'posted' AND NOT EXISTS (SELECT FROM ledger_txn t WHERE t.reverses_txn_id = r.txn_id) LIMIT 100`, `
	SELECT 'reversals.asked', t.business_key, 'was posted without being asked for and approved'
	FROM ledger_txn t WHERE t.business_key LIKE 'reversal:%'
	  AND NOT EXISTS (SELECT FROM ledger_reversal r WHERE r.txn_id = t.reverses_txn_id AND r.state = 'posted') LIMIT 100`, `
	SELECT 'reversals.second_person', 'reversal:' || r.id, 'asked for by ' || r.asked_by || ', approved by ' || r.decided_by || ', posted by ' || t.actor
	FROM ledger_reversal r JOIN ledger_txn t ON t.id = r.txn_id
	WHERE r.state = 'posted' AND r.decided_by IN (r.asked_by, t.actor) LIMIT 100`}
