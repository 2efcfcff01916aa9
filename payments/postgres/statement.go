package postgres

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/lib/pq"

	"banmuyuan/internal/link"
	"banmuyuan/internal/link/paging"
	"banmuyuan/internal/money"
	"banmuyuan/payments"
	"banmuyuan/payments/bankfile"
	"banmuyuan/payments/gateway/banktransfer"
	"banmuyuan/payments/ledger"
)

const (
	// statementPart is how many lines of a statement are booked in one transaction.
	statementPart = 500
	// maxStatementFile bounds a statement, in bytes.
	maxStatementFile = 16 << 20
)

// ImportStatement reads a statement and books its lines, or shows what it would do. It is booked in parts: interrupted, the
// same file again adds the rest, because every line is known by its key.
func (s *Service) ImportStatement(ctx context.Context, r payments.ImportStatement) (payments.ImportedStatement, error) {
	if _, err := need(ctx, roleOperator); err != nil {
		return payments.ImportedStatement{}, err
	}
	if len(r.Data) == 0 || len(r.Data) > maxStatementFile {
		return payments.ImportedStatement{}, link.E(link.Invalid, "statement.size", "file")
	}
	explained, err := s.explainedColumns(ctx)
	if err != nil {
		return payments.ImportedStatement{}, err
	}
	file := s.statement.Read(r.Data, explained...)
	lines, wrong := bankfile.CheckLines(file.Lines, payments.MaxFen, s.now())
	problems := slices.Concat(file.Problems, wrong)
	if meets, known := file.Meets(); known && !meets && len(problems) == 0 {
		problems = append(problems, balanceProblem(&file))
	}
	if len(problems) > 0 {
		return payments.ImportedStatement{Problems: firstProblems(explain(problems)), DryRun: r.DryRun, Account: file.Account, Totals: file.Totals,
			Unmapped: file.Unmapped, Bank: file.Bank}, nil
	}
	own, err := s.ownAccount(ctx)
	if err != nil {
		return payments.ImportedStatement{}, err
	}
	foreign := file.Foreign(own)
	for i := range lines {
		if foreign {
			lines[i].Doubts = append(lines[i].Doubts, bankfile.DoubtForeign)
		}
	}
	compared, err := s.compareLines(ctx, lines)
	if err != nil {
		return payments.ImportedStatement{}, err
	}
	out := tellStatement(&file, lines, compared.verdicts)
	if foreign {
		out.OwnAccount = own
	}
	if out.LedgerFen, err = s.bankAt(ctx, *out.To); err != nil {
		return out, err
	}
	if r.DryRun {
		out.DryRun = true
		return out, s.look(ctx, &out, lines, compared)
	}
	if err := s.storeDoubtful(ctx, lines, compared, true); err != nil {
		return out, err
	}
	fresh, err := s.recordIncoming(ctx, lines, compared, true)
	if err != nil {
		return out, err
	}
	if err := s.recordOutgoing(ctx, lines, compared, &out); err != nil {
		return out, err
	}
	if err := s.tellIncoming(ctx, &out, fresh); err != nil {
		return out, err
	}
	sum := sha256.Sum256(r.Data)
	err = s.write(ctx, func(c *change) error {
		c.publish(payments.EvtAct, link.Act{Kind: "load.statement", Detail: strconv.Itoa(len(lines))})
		return c.exec(ctx, "note statement", `
			INSERT INTO bank_statement_file (name, sha256, from_on, to_on, lines, opening_fen, closing_fen, imported_by, imported_at)
			VALUES ($1, $2, $3::date, $4::date, $5, $6, $7, $8, $9) ON CONFLICT (account, sha256) DO NOTHING`,
			bankfile.Trimmed(r.Name, 200), hex.EncodeToString(sum[:]), day(*out.From), day(*out.To), len(lines), nullFen(file.Opening), nullFen(file.Closing), c.actor, c.now)
	})
	return out, err
}

// ownAccount is the account that buyers transfer to, "" where the county has entered none.
func (s *Service) ownAccount(ctx context.Context) (string, error) {
	transfers, ok := s.gateways[payments.BankTransfer].(interface {
		PaidTo(ctx context.Context) (string, error)
	})
	if !ok {
		return "", nil
	}
	return transfers.PaidTo(ctx)
}

// balanceProblem says that opening, lines and closing of a file do not agree.
func balanceProblem(f *bankfile.StatementFile) bankfile.Problem {
	in, out := f.Sum()
	return bankfile.Problem{Line: 1, Key: "statement.balance", Args: map[string]string{"opening": money.FormatYuan(*f.Opening), "in": money.FormatYuan(in),
		"out": money.FormatYuan(out), "sum": money.FormatYuan(*f.Opening + in - out), "closing": money.FormatYuan(*f.Closing)}}
}

// tellStatement counts lines by what is to be done with them.
func tellStatement(file *bankfile.StatementFile, lines []bankfile.StatementLine, verdicts []bankfile.Verdict) payments.ImportedStatement {
	out := payments.ImportedStatement{Account: file.Account, Bank: file.Bank, Totals: file.Totals, OpeningFen: file.Opening, ClosingFen: file.Closing}
	from, to := lines[0].Date, lines[0].Date
	for i, l := range lines {
		if l.Date.Before(from) {
			from = l.Date
		}
		if l.Date.After(to) {
			to = l.Date
		}
		switch v := verdicts[i]; {
		case v.Same < 0 && len(v.Doubts) > 0:
			out.Doubtful++
			continue
		case v.Same >= 0:
			out.Duplicate++
		}
		if l.Fen > 0 {
			out.In++
			out.InFen += l.Fen
		} else {
			out.Out++
			out.OutFen -= l.Fen
		}
	}
	out.From, out.To = &from, &to
	return out
}

// bankAt is the balance of the account at the bank by the books at the end of a day.
func (s *Service) bankAt(ctx context.Context, on time.Time) (*int64, error) {
	var fen int64
	err := s.db.GetContext(ctx, &fen, `
		SELECT coalesce(sum(e.amount), 0)::bigint FROM ledger_entry e JOIN ledger_account a ON a.id = e.account_id AND a.kind = 'bank'
		JOIN ledger_txn t ON t.id = e.txn_id WHERE t.booked_on <= $1::date`, day(on))
	if err != nil {
		return nil, fmt.Errorf("sum the bank's account: %w", err)
	}
	return &fen, nil
}

// maxLook is the largest number of lines that a dry run lists.
const maxLook = 2000

// look fills in the uses of lines.
func (s *Service) look(ctx context.Context, out *payments.ImportedStatement, lines []bankfile.StatementLine, compared comparedLines) error {
	var in []banktransfer.Line
	for i, l := range lines {
		if v := compared.verdicts[i]; v.Same < 0 && len(v.Doubts) == 0 && l.Fen > 0 && !l.Reversal {
			in = append(in, banktransfer.Line{ID: int64(i), BankRef: l.Ref, Memo: l.Memo, Fen: l.Fen})
		}
	}
	known, err := knownCodes(ctx, s.db, in)
	if err != nil {
		return err
	}
	matched := map[int]string{}
	for _, m := range banktransfer.MatchCodes(in, known) {
		matched[int(in[m.Line].ID)] = m.Ref
	}
	out.Lines = make([]payments.StatementLook, 0, min(len(lines), maxLook))
	for i, l := range lines {
		look := payments.StatementLook{Line: l.Line, BankRef: l.Ref, AmountFen: l.Fen, Party: l.Party, Memo: l.Memo, PaidOn: l.Date, Seen: l.Seen}
		ref, quotes := matched[i]
		switch v := compared.verdicts[i]; {
		case v.Same >= 0:
			look.Use = payments.LookKnown
		case len(v.Doubts) > 0:
			look.Use, look.Doubts = payments.LookDoubtful, v.Doubts
		case l.Reversal:
			look.Use = payments.LookReversal
		case l.Fen < 0:
			look.Use = payments.LookOut
		case quotes:
			look.Use, look.Ref = payments.LookMatch, ref
			out.Matched++
		default:
			look.Use = payments.LookSuspense
			out.Suspense++
		}
		if len(out.Lines) < maxLook {
			out.Lines = append(out.Lines, look)
		}
	}
	return nil
}

// tellIncoming counts the lines of money in that were written, by their states.
func (s *Service) tellIncoming(ctx context.Context, out *payments.ImportedStatement, fresh map[string]bool) error {
	keys := slices.Collect(maps.Keys(fresh))
	var sums struct {
		Matched  int `db:"matched"`
		Booked   int `db:"booked"`
		Suspense int `db:"suspense"`
	}
	err := s.db.GetContext(ctx, &sums, `
		SELECT count(*) FILTER (WHERE state = $2 AND booked_as = '') AS matched, count(*) FILTER (WHERE booked_as <> '') AS booked,
		       count(*) FILTER (WHERE state = $3) AS suspense
		FROM bank_statement_line WHERE account = 'main' AND line_key = ANY($1)`, pq.Array(keys), payments.LineMatched, payments.LineSuspense)
	if err != nil {
		return fmt.Errorf("count statement lines: %w", err)
	}
	out.Matched, out.Booked, out.Suspense = sums.Matched, sums.Booked, sums.Suspense
	return nil
}

// comparedLines are the lines of a statement as the known lines decide on them.
type comparedLines struct {
	known    []knownLine
	verdicts []bankfile.Verdict
}

// knownLine is a line in one of the three tables of lines.
type knownLine struct {
	Key     string        `db:"line_key"`
	Ref     string        `db:"bank_ref"`
	Day     string        `db:"on_day"`
	Fen     int64         `db:"fen"`
	Either  bool          `db:"either"`
	Party   string        `db:"party"`
	Memo    string        `db:"memo"`
	Balance sql.NullInt64 `db:"balance_fen"`
}

// compareLines holds lines against the lines with their references.
func (s *Service) compareLines(ctx context.Context, lines []bankfile.StatementLine) (comparedLines, error) {
	refs := make([]string, 0, len(lines))
	for _, l := range lines {
		refs = append(refs, l.Ref)
	}
	var out comparedLines
	// A doubtful line that was booked is in one of the other tables as well.
	err := s.db.SelectContext(ctx, &out.known, `
		SELECT line_key, bank_ref, to_char(paid_on, 'YYYY-MM-DD') AS on_day, amount_fen AS fen, false AS either, payer AS party, memo, balance_fen
		FROM bank_statement_line WHERE account = 'main' AND bank_ref = ANY($1) AND part_of IS NULL AND refund_id IS NULL
		UNION ALL SELECT line_key, bank_ref, to_char(paid_on, 'YYYY-MM-DD'), -amount_fen, false, payee, memo, balance_fen
		FROM bank_outgoing_line WHERE account = 'main' AND bank_ref = ANY($1)
		UNION ALL SELECT line_key, bank_ref, to_char(paid_on, 'YYYY-MM-DD'), fen, either, party, memo, balance_fen
		FROM bank_doubtful_line WHERE account = 'main' AND bank_ref = ANY($1) AND state <> $2 ORDER BY 1`, pq.Array(refs), payments.DoubtBooked)
	if err != nil {
		return out, fmt.Errorf("look up known lines: %w", err)
	}
	var through string
	err = s.db.GetContext(ctx, &through, `SELECT coalesce(to_char(max(through), 'YYYY-MM-DD'), '') FROM ledger_closing WHERE state = $1`, payments.ClosingClosed)
	if err != nil {
		return out, fmt.Errorf("look up closed months: %w", err)
	}
	known := make([]bankfile.KnownLine, len(out.known))
	for i, k := range out.known {
		known[i] = bankfile.KnownLine{Ref: k.Ref, Day: k.Day, Fen: k.Fen, Either: k.Either, Party: k.Party, Memo: k.Memo}
		if k.Balance.Valid {
			known[i].Balance = &out.known[i].Balance.Int64
		}
	}
	out.verdicts = bankfile.Compare(lines, known, through)
	return out, nil
}

// recordOutgoing writes the lines of money out that are new and not doubtful, and explains what it can.
func (s *Service) recordOutgoing(ctx context.Context, lines []bankfile.StatementLine, compared comparedLines, out *payments.ImportedStatement) error {
	var gone []keyedLine
	for i, v := range compared.verdicts {
		if v.Same < 0 && len(v.Doubts) == 0 && lines[i].Fen < 0 {
			gone = append(gone, keyedLine{lines[i], v.Key})
		}
	}
	return s.change(ctx, func(c *change) (err error) {
		if err := c.insertOutgoing(ctx, gone); err != nil {
			return err
		}
		if out.Explained, err = c.explainOutgoing(ctx); err != nil {
			return err
		}
		met, err := c.meetReversals(ctx)
		out.Explained += met
		return err
	})
}

// insertOutgoing writes the lines of money out whose keys are not known.
func (c *change) insertOutgoing(ctx context.Context, lines []keyedLine) error {
	n := len(lines)
	if n == 0 {
		return nil
	}
	keys, refs, payees, memos, days := make([]string, n), make([]string, n), make([]string, n), make([]string, n), make([]string, n)
	amounts, balances, reversals := make([]int64, n), make([]sql.NullInt64, n), make([]bool, n)
	for i, l := range lines {
		keys[i], refs[i], payees[i], memos[i], days[i], amounts[i], reversals[i] = l.Key, l.Ref, l.Party, l.Memo, day(l.Date), -l.Fen, l.Reversal
		balances[i] = nullFen(l.Balance)
	}
	return c.exec(ctx, "write outgoing lines", `
		INSERT INTO bank_outgoing_line (line_key, bank_ref, amount_fen, payee, memo, paid_on, balance_fen, reversal, state, actor, created_at)
		SELECT k, r, a, p, m, d::date, b, v, $10, $8, $9
		FROM unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::bigint[], $11::bool[]) AS t (k, r, a, p, m, d, b, v) ORDER BY k
		ON CONFLICT (account, line_key) DO NOTHING`,
		pq.Array(keys), pq.Array(refs), pq.Array(amounts), pq.Array(payees), pq.Array(memos), pq.Array(days), pq.Array(balances), c.actor, c.now,
		payments.OutgoingOpen, pq.Array(reversals))
}

// explainOutgoing explains open lines of money out by earlier postings: refunds, returned transfers and payments to
// organisations by their reference, payouts by the batch's number in the memo, together never more than was booked. It
// returns the number of explained lines.
func (c *change) explainOutgoing(ctx context.Context) (int, error) {
	if err := c.lockBooked(ctx); err != nil {
		return 0, err
	}
	to, from := payments.OutgoingMachine.To(payments.OutgoingRecognise), pq.Array(payments.OutgoingMachine.From(payments.OutgoingRecognise))
	var n int64
	for _, query := range []string{`
		UPDATE bank_outgoing_line l SET state = $1, explained_as = 'refund:' || f.id
		FROM refund f WHERE l.state = ANY($2) AND f.bank_ref = l.bank_ref AND f.bank_ref <> '' AND f.state = 'succeeded' AND f.amount_fen = l.amount_fen`, `
		UPDATE bank_outgoing_line l SET state = $1, explained_as = 'return:' || b.id
		FROM bank_statement_line b WHERE l.state = ANY($2) AND b.return_ref = l.bank_ref AND b.return_ref <> '' AND b.amount_fen = l.amount_fen`, `
		UPDATE bank_outgoing_line l SET state = $1, explained_as = 'org:' || p.no
		FROM org_payout p WHERE l.state = ANY($2) AND p.bank_ref = l.bank_ref AND p.bank_ref <> '' AND p.amount_fen = l.amount_fen`} {
		res, err := c.tx.ExecContext(ctx, query, to, from)
		if err != nil {
			return 0, fmt.Errorf("explain outgoing lines: %w", err)
		}
		found, err := res.RowsAffected()
		if err != nil {
			return 0, fmt.Errorf("explain outgoing lines: %w", err)
		}
		n += found
	}
	var open []banktransfer.Line
	err := c.tx.SelectContext(ctx, &open, `SELECT id, bank_ref AS bankref, memo, amount_fen AS fen FROM bank_outgoing_line WHERE state = ANY($1) ORDER BY id`, from)
	if err != nil || len(open) == 0 {
		return int(n), err
	}
	batches, err := c.batchesToShow(ctx)
	if err != nil {
		return 0, err
	}
	known := make([]banktransfer.Booked, len(batches))
	for i, b := range batches {
		known[i] = banktransfer.Booked{Name: b.No, Fen: b.Left}
	}
	for i, of := range banktransfer.RecogniseBatches(open, known) {
		if of < 0 {
			continue
		}
		_, err := c.tx.ExecContext(ctx, `
			UPDATE bank_outgoing_line SET state = $3, explained_as = 'batch:' || $2 WHERE id = $1`, open[i].ID, known[of].Name, to)
		if err != nil {
			return 0, fmt.Errorf("explain outgoing line %d: %w", open[i].ID, err)
		}
		n++
	}
	return int(n), nil
}

// batchToShow is a payout batch of which the statement has not shown everything that the bank reported paid.
type batchToShow struct {
	No   string    `db:"no"`
	Left int64     `db:"left_fen"`
	On   time.Time `db:"on_day"`
}

func (c *change) batchesToShow(ctx context.Context) ([]batchToShow, error) {
	return readBatchesToShow(ctx, c.tx)
}

func readBatchesToShow(ctx context.Context, q queryer) ([]batchToShow, error) {
	rows, err := q.QueryxContext(ctx, `
		SELECT b.no, x.fen - coalesce((SELECT sum(l.amount_fen) FROM bank_outgoing_line l WHERE l.explained_as = 'batch:' || b.no), 0)::bigint AS left_fen, x.at AS on_day
		FROM payout_batch b
		JOIN (SELECT split_part(t.business_key, ':', 2) AS batch, -sum(e.amount)::bigint AS fen, max(t.occurred_at) AS at
		      FROM ledger_txn t JOIN ledger_entry e ON e.txn_id = t.id JOIN ledger_account a ON a.id = e.account_id AND a.kind = 'bank'
		      WHERE t.kind = 'payout.paid' GROUP BY 1) x ON x.batch = b.id::text
		ORDER BY b.id`)
	if err != nil {
		return nil, fmt.Errorf("read batches: %w", err)
	}
	defer rows.Close()
	var all []batchToShow
	for rows.Next() {
		var b batchToShow
		if err := rows.StructScan(&b); err != nil {
			return nil, fmt.Errorf("read batches: %w", err)
		}
		if b.Left > 0 {
			all = append(all, b)
		}
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read batches: %w", err)
	}
	return all, nil
}

// lockBooked serialises the matching of statement lines with earlier postings: it compares sums, which no row's lock protects.
func (c *change) lockBooked(ctx context.Context) error {
	if _, err := c.tx.ExecContext(ctx, `SELECT pg_advisory_xact_lock(hashtextextended('payments booked', 0))`); err != nil {
		return fmt.Errorf("lock earlier postings: %w", err)
	}
	return nil
}

type bookedRow struct {
	Kind string    `db:"kind"`
	ID   string    `db:"id"`
	Name string    `db:"name"`
	Fen  int64     `db:"fen"`
	On   time.Time `db:"on_day"`
	Fee  bool      `db:"-"` // of a reversal: what it takes back was booked as a fee
}

// booked lists money in that was booked before a statement showed it, with the part that is not shown yet.
func booked(ctx context.Context, q queryer) ([]bookedRow, error) {
	rows, err := q.QueryxContext(ctx, `
		WITH known AS (
			SELECT 'banking' AS kind, id::text AS id, slip AS name, amount_fen AS fen, paid_on::timestamp AS on_day FROM cash_banking WHERE reversed_at IS NULL
			UNION ALL
			SELECT 'payout_recall', t.id::text, coalesce((SELECT b.no FROM payout_batch b WHERE b.id::text = split_part(t.business_key, ':', 2)), t.business_key),
			       sum(e.amount)::bigint, t.occurred_at
			FROM ledger_txn t JOIN ledger_entry e ON e.txn_id = t.id JOIN ledger_account a ON a.id = e.account_id AND a.kind = 'bank'
			WHERE t.kind = 'payout.recalled' GROUP BY t.id
			UNION ALL
			SELECT 'provider_payout', m.provider || '/' || m.id, m.id, -m.amount_fen, m.at FROM provider_movement m
			WHERE m.kind = 'payout' AND m.amount_fen < 0
			UNION ALL
			SELECT 'org_return', id::text, no, amount_fen, returned_on::timestamp FROM org_payout WHERE state = 'returned')
		SELECT k.kind, k.id, k.name, k.fen - coalesce(l.fen, 0) AS fen, k.on_day
		FROM known k LEFT JOIN (SELECT booked_as, sum(amount_fen)::bigint AS fen FROM bank_statement_line WHERE booked_as <> '' GROUP BY booked_as) l
		     ON l.booked_as = k.kind || ':' || k.id
		WHERE k.fen > coalesce(l.fen, 0) ORDER BY k.on_day, k.kind, k.id LIMIT 500`)
	if err != nil {
		return nil, fmt.Errorf("read earlier postings: %w", err)
	}
	defer rows.Close()
	var all []bookedRow
	for rows.Next() {
		var b bookedRow
		if err := rows.StructScan(&b); err != nil {
			return nil, fmt.Errorf("read earlier postings: %w", err)
		}
		all = append(all, b)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read earlier postings: %w", err)
	}
	return all, nil
}

// Booked lists money in that the statement has not shown yet.
func (s *Service) Booked(ctx context.Context, _ payments.None) (payments.BookedList, error) {
	if _, err := need(ctx, county...); err != nil {
		return payments.BookedList{}, err
	}
	rows, err := booked(ctx, s.db)
	out := payments.BookedList{Items: make([]payments.Booked, len(rows))}
	for i, b := range rows {
		out.Items[i] = payments.Booked{Kind: b.Kind, ID: b.ID, Name: b.Name, AmountFen: b.Fen, On: b.On.UTC()}
	}
	return out, err
}

// recogniseBankings matches lines with bankings of cash by slip and amount, and returns the other lines.
func (c *change) recogniseBankings(ctx context.Context, lines []lineRow) ([]lineRow, error) {
	if len(lines) == 0 {
		return lines, nil
	}
	if err := c.lockBooked(ctx); err != nil {
		return nil, err
	}
	known, err := booked(ctx, c.tx)
	if err != nil {
		return nil, err
	}
	known = slices.DeleteFunc(known, func(b bookedRow) bool { return b.Kind != payments.BookedBanking })
	if len(known) == 0 {
		return lines, nil
	}
	slips := make([]banktransfer.Booked, len(known))
	for i, b := range known {
		slips[i] = banktransfer.Booked{Name: b.Name, Fen: b.Fen}
	}
	var rest []lineRow
	for i, of := range banktransfer.RecogniseSlips(statementLines(lines), slips) {
		if of < 0 {
			rest = append(rest, lines[i])
			continue
		}
		if err := c.putToBooked(ctx, lines[i], known[of]); err != nil {
			return nil, err
		}
	}
	return rest, nil
}

// putToBooked ends a line in suspense of money that was booked before: the line's own posting is taken out again.
func (c *change) putToBooked(ctx context.Context, l lineRow, b bookedRow) error {
	as := b.Kind + ":" + b.ID
	_, err := c.tx.ExecContext(ctx, `
		UPDATE bank_statement_line SET state = $3, booked_as = $2, payment_id = NULL WHERE id = $1`, l.ID, as, payments.LineMachine.To(payments.LineBook))
	if err != nil {
		return fmt.Errorf("put statement line %d to %s: %w", l.ID, as, err)
	}
	from := ledger.Bank()
	if b.Kind == payments.BookedProviderPayout {
		provider, _, _ := strings.Cut(b.ID, "/")
		from = ledger.ProviderTransit(provider)
	}
	if b.Kind == payments.BookedReversal && b.Fee {
		from = ledger.BankFees()
	}
	c.post("statement.booked", again("stmt:main:"+l.Key+":booked", l.Reversals), dateTime(l.PaidOn), ledger.Debit(ledger.Suspense(), l.AmountFen), ledger.Credit(from, l.AmountFen))
	return nil
}

// ExplainTransfer matches a line in suspense with an earlier posting.
func (s *Service) ExplainTransfer(ctx context.Context, r payments.ExplainTransfer) (payments.StatementLine, error) {
	if _, err := need(ctx, roleOperator); err != nil {
		return payments.StatementLine{}, err
	}
	var out lineRow
	err := s.change(ctx, func(c *change) error {
		if err := c.lockBooked(ctx); err != nil {
			return err
		}
		l, err := s.line(ctx, c.tx, r.LineID, "FOR UPDATE OF l")
		if err != nil {
			return err
		}
		if l.State == payments.LineMatched && l.BookedAs == r.Kind+":"+r.ID {
			out = l // sent twice
			return nil
		}
		if _, err := next(payments.LineMachine, l.State, payments.LineBook, "line_id"); err != nil {
			return err
		}
		known, err := booked(ctx, c.tx)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(known, func(b bookedRow) bool { return b.Kind == r.Kind && b.ID == r.ID })
		if i < 0 {
			return link.E(link.Invalid, "transfer.not_booked", "id")
		}
		if l.AmountFen > known[i].Fen {
			return link.E(link.Invalid, "transfer.booked_differs", "id", "want", bankfile.Yuan(known[i].Fen))
		}
		c.did("transfer.explained", "statement_line", l.ID, r.Kind)
		if err := c.putToBooked(ctx, l, known[i]); err != nil {
			return err
		}
		out, err = s.line(ctx, c.tx, r.LineID, "")
		return err
	})
	return out.out(), err
}

// ReturnTransfer books that a line in suspense was transferred back to its sender.
func (s *Service) ReturnTransfer(ctx context.Context, r payments.ReturnTransfer) (payments.StatementLine, error) {
	actor, err := need(ctx, roleOperator, roleApprover)
	if err != nil {
		return payments.StatementLine{}, err
	}
	if r, err = r.Check(s.now()); err != nil {
		return payments.StatementLine{}, err
	}
	var out lineRow
	err = s.change(ctx, func(c *change) error {
		l, err := s.line(ctx, c.tx, r.LineID, "FOR UPDATE OF l")
		if err != nil {
			return err
		}
		if l.State == payments.LineReturned && l.ReturnRef == r.BankRef {
			out = l // sent twice
			return nil
		}
		to, err := next(payments.LineMachine, l.State, payments.LineReturn, "line_id")
		if err != nil {
			return err
		}
		if payments.AboveLimit(s.refundLimit, l.AmountFen) && c.same(actor, 0, l.Actor) {
			return link.E(link.Forbidden, "transfer.return_second_person", "")
		}
		_, err = c.tx.ExecContext(ctx, `
			UPDATE bank_statement_line SET state = $4, payment_id = NULL, return_ref = $2, returned_on = $3::date WHERE id = $1`, l.ID, r.BankRef, day(r.PaidOn), to)
		if err != nil {
			return fmt.Errorf("return statement line %d: %w", l.ID, err)
		}
		c.did("transfer.returned", "statement_line", l.ID, "")
		c.post("statement.returned", again("stmt:main:"+l.Key+":returned", l.Reversals), r.PaidOn, ledger.Debit(ledger.Suspense(), l.AmountFen), ledger.Credit(ledger.Bank(), l.AmountFen))
		out, err = s.line(ctx, c.tx, r.LineID, "")
		return err
	})
	if link.Constraint(err) == "bank_statement_line_return" {
		return payments.StatementLine{}, link.E(link.Conflict, "refund.bank_ref_used", "bank_ref")
	}
	return out.out(), err
}

type outgoingRow struct {
	ID          int64                  `db:"id"`
	BankRef     string                 `db:"bank_ref"`
	Key         string                 `db:"line_key"`
	AmountFen   int64                  `db:"amount_fen"`
	Payee       string                 `db:"payee"`
	Memo        string                 `db:"memo"`
	PaidOn      time.Time              `db:"paid_on"`
	State       payments.OutgoingState `db:"state"`
	ExplainedAs string                 `db:"explained_as"`
	Reversals   int                    `db:"reversals"`
}

const outgoingColumns = `id, bank_ref, line_key, amount_fen, payee, memo, paid_on, state, explained_as, reversals`

func (l outgoingRow) out() payments.OutgoingLine {
	return payments.OutgoingLine{ID: l.ID, BankRef: l.BankRef, AmountFen: l.AmountFen, Payee: l.Payee, Memo: l.Memo, PaidOn: dateTime(l.PaidOn),
		State: string(l.State), ExplainedAs: l.ExplainedAs}
}

// Outgoing lists lines of money out, newest first.
func (s *Service) Outgoing(ctx context.Context, f payments.StatementFilter) (payments.OutgoingPage, error) {
	if _, err := need(ctx, county...); err != nil {
		return payments.OutgoingPage{}, err
	}
	before, err := paging.ID("outgoing", f.Cursor)
	if err != nil {
		return payments.OutgoingPage{}, err
	}
	n, err := paging.Size(f.Limit, defaultLimit, 200)
	if err != nil {
		return payments.OutgoingPage{}, err
	}
	page := payments.OutgoingPage{Items: []payments.OutgoingLine{}}
	find := searchLines(f.Query)
	err = s.db.GetContext(ctx, &page.Total, `SELECT count(*) FROM bank_outgoing_line WHERE ($1 = '' OR state = $1) AND `+find.where("payee", "amount_fen", 2), f.State, find.text, find.fen)
	if err != nil {
		return page, fmt.Errorf("count outgoing lines: %w", err)
	}
	var rows []outgoingRow
	err = s.db.SelectContext(ctx, &rows, `SELECT `+outgoingColumns+` FROM bank_outgoing_line
		WHERE ($1 = '' OR state = $1) AND ($2 = 0 OR id < $2) AND `+find.where("payee", "amount_fen", 4)+` ORDER BY id DESC LIMIT $3`, f.State, before, n+1, find.text, find.fen)
	if err != nil {
		return page, fmt.Errorf("read outgoing lines: %w", err)
	}
	if len(rows) > n {
		rows = rows[:n]
		page.Cursor = paging.After("outgoing", rows[n-1].ID)
	}
	for _, l := range rows {
		page.Items = append(page.Items, l.out())
	}
	return page, nil
}

// ExplainOutgoing books a line without a posting as the bank's fee.
func (s *Service) ExplainOutgoing(ctx context.Context, r payments.ExplainOutgoing) (payments.OutgoingLine, error) {
	if _, err := need(ctx, roleOperator); err != nil {
		return payments.OutgoingLine{}, err
	}
	r.Note = strings.TrimSpace(r.Note)
	if n := utf8.RuneCountInString(r.Note); n < 2 || n > 200 {
		return payments.OutgoingLine{}, link.E(link.Invalid, "statement.note", "note")
	}
	var out outgoingRow
	err := s.change(ctx, func(c *change) error {
		err := get(ctx, c.tx, &out, `SELECT `+outgoingColumns+` FROM bank_outgoing_line WHERE id = $1 FOR UPDATE`, r.LineID)
		if missing(err) {
			return link.E(link.NotFound, "transfer.unknown", "line_id")
		}
		if err != nil {
			return fmt.Errorf("read outgoing line %s: %w", strconv.FormatInt(r.LineID, 10), err)
		}
		if out.State == payments.OutgoingExplained && out.ExplainedAs == "note:"+r.Note {
			return nil // sent twice
		}
		if out.State, err = next(payments.OutgoingMachine, out.State, payments.OutgoingNote, "line_id"); err != nil {
			return err
		}
		out.ExplainedAs = "note:" + r.Note
		_, err = c.tx.ExecContext(ctx, `UPDATE bank_outgoing_line SET state = $2, explained_as = $3 WHERE id = $1`, out.ID, out.State, out.ExplainedAs)
		if err != nil {
			return fmt.Errorf("explain outgoing line %d: %w", out.ID, err)
		}
		c.did("transfer.outgoing", "outgoing_line", out.ID, "")
		c.post("statement.fee", again("stmt:main:"+out.Key+":fee", out.Reversals), dateTime(out.PaidOn), ledger.Debit(ledger.BankFees(), out.AmountFen), ledger.Credit(ledger.Bank(), out.AmountFen))
		return nil
	})
	return out.out(), err
}
