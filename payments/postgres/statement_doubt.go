package postgres

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"github.com/lib/pq"

	"banmuyuan/internal/link"
	"banmuyuan/internal/link/paging"
	"banmuyuan/payments"
	"banmuyuan/payments/bankfile"
)

// storeDoubtful writes the doubtful lines of a statement. Lines that are known change nothing.
func (s *Service) storeDoubtful(ctx context.Context, lines []bankfile.StatementLine, compared comparedLines, inFile bool) error {
	return s.write(ctx, func(c *change) error {
		for i, v := range compared.verdicts {
			if v.Same >= 0 || len(v.Doubts) == 0 {
				continue
			}
			l := lines[i]
			var ids []int64
			err := c.tx.SelectContext(ctx, &ids, `
				INSERT INTO bank_doubtful_line (line_key, bank_ref, fen, either, party, memo, paid_on, balance_fen, reversal, currency, seen, doubts, in_file, state, actor, created_at)
				VALUES ($1, $2, $3, $4, $5, $6, $7::date, $8, $9, $10, $11, $12, $13, $14, $15, $16) ON CONFLICT (account, line_key) DO NOTHING RETURNING id`,
				v.Key, l.Ref, l.Fen, l.Unknown, l.Party, l.Memo, day(l.Date), nullFen(l.Balance), l.Reversal, l.Currency, l.Seen, pq.Array(v.Doubts), inFile,
				payments.DoubtOpen, c.actor, c.now)
			if err != nil {
				return fmt.Errorf("write doubtful line: %w", err)
			}
			if len(ids) > 0 && !inFile {
				c.did("transfer.typed_doubtful", "statement_line", ids[0], "")
			}
		}
		return nil
	})
}

type doubtfulRow struct {
	ID        int64               `db:"id"`
	Key       string              `db:"line_key"`
	BankRef   string              `db:"bank_ref"`
	Fen       int64               `db:"fen"`
	Either    bool                `db:"either"`
	Party     string              `db:"party"`
	Memo      string              `db:"memo"`
	PaidOn    time.Time           `db:"paid_on"`
	Balance   sql.NullInt64       `db:"balance_fen"`
	Reversal  bool                `db:"reversal"`
	Currency  string              `db:"currency"`
	Seen      string              `db:"seen"`
	Doubts    pq.StringArray      `db:"doubts"`
	InFile    bool                `db:"in_file"`
	State     payments.DoubtState `db:"state"`
	DecidedBy string              `db:"decided_by"`
	DecidedAt sql.NullTime        `db:"decided_at"`
}

const doubtfulColumns = `id, line_key, bank_ref, fen, either, party, memo, paid_on, balance_fen, reversal, currency, seen, doubts, in_file, state, decided_by, decided_at`

func (l doubtfulRow) out() payments.DoubtfulLine {
	out := payments.DoubtfulLine{ID: l.ID, BankRef: l.BankRef, AmountFen: l.Fen, Either: l.Either, Party: l.Party, Memo: l.Memo, PaidOn: dateTime(l.PaidOn),
		Currency: l.Currency, Seen: l.Seen, Doubts: l.Doubts, State: l.State, DecidedBy: l.DecidedBy}
	if l.DecidedAt.Valid {
		at := l.DecidedAt.Time.UTC()
		out.DecidedAt = &at
	}
	return out
}

// Doubtful lists doubtful lines, newest first.
func (s *Service) Doubtful(ctx context.Context, f payments.StatementFilter) (payments.DoubtfulPage, error) {
	if _, err := need(ctx, county...); err != nil {
		return payments.DoubtfulPage{}, err
	}
	before, err := paging.ID("doubtful", f.Cursor)
	if err != nil {
		return payments.DoubtfulPage{}, err
	}
	n, err := paging.Size(f.Limit, defaultLimit, 200)
	if err != nil {
		return payments.DoubtfulPage{}, err
	}
	page := payments.DoubtfulPage{Items: []payments.DoubtfulLine{}}
	find := searchLines(f.Query)
	err = s.db.GetContext(ctx, &page.Total, `SELECT count(*) FROM bank_doubtful_line WHERE ($1 = '' OR state = $1) AND `+find.where("party", "fen", 2), f.State, find.text, find.fen)
	if err != nil {
		return page, fmt.Errorf("count doubtful lines: %w", err)
	}
	var rows []doubtfulRow
	err = s.db.SelectContext(ctx, &rows, `SELECT `+doubtfulColumns+` FROM bank_doubtful_line
		WHERE ($1 = '' OR state = $1) AND ($2 = 0 OR id < $2) AND `+find.where("party", "fen", 4)+` ORDER BY id DESC LIMIT $3`, f.State, before, n+1, find.text, find.fen)
	if err != nil {
		return page, fmt.Errorf("read doubtful lines: %w", err)
	}
	if len(rows) > n {
		rows = rows[:n]
		page.Cursor = paging.After("doubtful", rows[n-1].ID)
	}
	for _, l := range rows {
		page.Items = append(page.Items, l.out())
	}
	return page, nil
}

// DecideDoubtful books a doubtful line as it would have been booked without the doubt, or leaves it out.
func (s *Service) DecideDoubtful(ctx context.Context, r payments.DecideDoubtful) (payments.DoubtfulLine, error) {
	if _, err := need(ctx, roleOperator); err != nil {
		return payments.DoubtfulLine{}, err
	}
	if !slices.Contains([]string{payments.DecideIn, payments.DecideOut, payments.DecideSkip}, r.As) {
		return payments.DoubtfulLine{}, link.E(link.Invalid, "statement.decide_as", "as")
	}
	var out doubtfulRow
	err := s.change(ctx, func(c *change) error {
		err := get(ctx, c.tx, &out, `SELECT `+doubtfulColumns+` FROM bank_doubtful_line WHERE id = $1 FOR UPDATE`, r.LineID)
		if missing(err) {
			return link.E(link.NotFound, "statement.doubt_unknown", "line_id")
		}
		if err != nil {
			return fmt.Errorf("read doubtful line %d: %w", r.LineID, err)
		}
		if decided(out, r.As) {
			return nil // sent twice
		}
		step := payments.DoubtBook
		if r.As == payments.DecideSkip {
			step = payments.DoubtSkip
		}
		if out.State, err = next(payments.DoubtMachine, out.State, step, "line_id"); err != nil {
			return err
		}
		if step == payments.DoubtBook {
			if err := c.bookDoubtful(ctx, s, &out, r.As); err != nil {
				return err
			}
		}
		c.did("decision.doubtful", "statement_line", out.ID, r.As)
		out.DecidedBy, out.DecidedAt = c.actor, sql.NullTime{Time: c.now, Valid: true}
		return c.exec(ctx, "decide doubtful line", `UPDATE bank_doubtful_line SET state = $2, fen = $3, decided_by = $4, decided_at = $5 WHERE id = $1`,
			out.ID, out.State, out.Fen, out.DecidedBy, out.DecidedAt)
	})
	return out.out(), err
}

// decided reports whether a line was decided in this way before.
func decided(l doubtfulRow, as string) bool {
	return l.State == payments.DoubtSkipped && as == payments.DecideSkip ||
		l.State == payments.DoubtBooked && (as == payments.DecideIn && l.Fen > 0 || as == payments.DecideOut && l.Fen < 0)
}

// bookDoubtful books a line. Yuan alone are booked, and a line whose direction is known keeps it, unless its sign is the doubt.
func (c *change) bookDoubtful(ctx context.Context, s *Service, l *doubtfulRow, as string) error {
	if l.Currency != "" {
		return link.E(link.Invalid, "statement.other_currency", "as", "currency", l.Currency)
	}
	fen := max(l.Fen, -l.Fen)
	if as == payments.DecideOut {
		fen = -fen
	}
	open := l.Either || slices.Contains(l.Doubts, bankfile.DoubtSign) || slices.Contains(l.Doubts, bankfile.DoubtBalance)
	if fen != l.Fen && !open {
		return link.E(link.Invalid, "statement.decide_direction", "as")
	}
	l.Fen = fen
	line := keyedLine{bankfile.StatementLine{Ref: l.BankRef, Fen: fen, Party: l.Party, Memo: l.Memo, Date: dateTime(l.PaidOn), Reversal: l.Reversal}, l.Key}
	if l.Balance.Valid {
		line.Balance = &l.Balance.Int64
	}
	if fen > 0 {
		if _, err := c.bookIncoming(ctx, s, []keyedLine{line}, l.InFile); err != nil {
			return err
		}
	} else if err := c.insertOutgoing(ctx, []keyedLine{line}); err != nil {
		return err
	}
	_, err := c.explainOutgoing(ctx)
	return err
}
