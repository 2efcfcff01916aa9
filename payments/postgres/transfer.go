package postgres

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"banmuyuan/internal/link"
	"banmuyuan/internal/link/paging"
	"banmuyuan/internal/money"
	"banmuyuan/payments"
	"banmuyuan/payments/bankfile"
	"banmuyuan/payments/gateway/banktransfer"
	"banmuyuan/payments/ledger"
)

type lineRow struct {
	ID        int64              `db:"id"`
	BankRef   string             `db:"bank_ref"`
	Key       string             `db:"line_key"`
	AmountFen int64              `db:"amount_fen"`
	Payer     string             `db:"payer"`
	Memo      string             `db:"memo"`
	PaidOn    time.Time          `db:"paid_on"`
	State     payments.LineState `db:"state"`
	PaymentID int64              `db:"payment_id"`
	Ref       string             `db:"ref"`
	BookedAs  string             `db:"booked_as"`
	ReturnRef string             `db:"return_ref"`
	Actor     string             `db:"actor"`
	Reversals int                `db:"reversals"`
	Reversal  bool               `db:"reversal"` // the bank took back what went out
	PartOf    int64              `db:"part_of"`
	RefundID  int64              `db:"refund_id"`
}

const lineColumns = `l.id, l.bank_ref, l.line_key, l.reversal, l.amount_fen, l.payer, l.memo, l.paid_on, l.state, l.booked_as, l.return_ref, l.actor, l.reversals,
	coalesce(l.payment_id, 0) AS payment_id, coalesce(l.part_of, 0) AS part_of, coalesce(l.refund_id, 0) AS refund_id,
	coalesce((SELECT p.ref FROM payment p WHERE p.id = l.payment_id), '') AS ref`

func (l lineRow) out() payments.StatementLine {
	return payments.StatementLine{ID: l.ID, BankRef: l.BankRef, AmountFen: l.AmountFen, Payer: l.Payer, Memo: l.Memo,
		PaidOn: dateTime(l.PaidOn), State: string(l.State), PaymentID: l.PaymentID, Ref: l.Ref,
		BookedAs: l.BookedAs, ReturnRef: l.ReturnRef, PartOf: l.PartOf, RefundID: l.RefundID}
}

// RecordTransfers books lines of the bank's statement: into suspense, and from there to the payment with the 识别码 that they
// quote. A line whose reference was seen on another day or from another payer is stored as doubtful.
func (s *Service) RecordTransfers(ctx context.Context, r payments.RecordTransfers) (payments.TransferResult, error) {
	if _, err := need(ctx, roleOperator); err != nil {
		return payments.TransferResult{}, err
	}
	r, err := r.Check(s.now())
	if err != nil {
		return payments.TransferResult{}, err
	}
	lines := make([]bankfile.StatementLine, len(r.Lines))
	for i, l := range r.Lines {
		lines[i] = bankfile.StatementLine{Line: i, Ref: l.BankRef, Fen: l.AmountFen, Party: l.Payer, Memo: l.Memo, Date: l.PaidOn}
	}
	compared, err := s.compareLines(ctx, lines)
	if err != nil {
		return payments.TransferResult{}, err
	}
	out := payments.TransferResult{Lines: make([]payments.StatementLine, len(lines))}
	for i, v := range compared.verdicts {
		if slices.Contains(v.Doubts, bankfile.DoubtRefAmount) {
			return payments.TransferResult{}, link.E(link.Conflict, "transfer.bank_ref_reused", fmt.Sprintf("lines[%d].bank_ref", i), "ref", lines[i].Ref)
		}
		if v.Same < 0 && len(v.Doubts) > 0 {
			l := r.Lines[i]
			out.Lines[i] = payments.StatementLine{BankRef: l.BankRef, AmountFen: l.AmountFen, Payer: l.Payer, Memo: l.Memo, PaidOn: l.PaidOn, State: string(payments.LineDoubtful)}
			out.Doubtful++
		}
	}
	if err := s.storeDoubtful(ctx, lines, compared, false); err != nil {
		return payments.TransferResult{}, err
	}
	fresh, err := s.recordIncoming(ctx, lines, compared, false)
	if err != nil {
		return payments.TransferResult{}, err
	}
	return out, s.tellTransfers(ctx, &out, compared, fresh)
}

// tellTransfers fills in the lines that are in the books.
func (s *Service) tellTransfers(ctx context.Context, out *payments.TransferResult, compared comparedLines, fresh map[string]bool) error {
	keys := make([]string, len(out.Lines))
	for i, v := range compared.verdicts {
		if keys[i] = v.Key; v.Same >= 0 {
			keys[i] = compared.known[v.Same].Key
			out.Lines[i].State = string(payments.LineDuplicate)
		}
	}
	var rows []lineRow
	err := s.db.SelectContext(ctx, &rows, `SELECT `+lineColumns+` FROM bank_statement_line l WHERE l.account = 'main' AND l.line_key = ANY($1)`, pq.Array(keys))
	if err != nil {
		return fmt.Errorf("read statement lines: %w", err)
	}
	byKey := make(map[string]lineRow, len(rows))
	for _, l := range rows {
		byKey[l.Key] = l
	}
	for i := range out.Lines {
		if out.Lines[i].State == string(payments.LineDoubtful) {
			continue
		}
		l, booked := byKey[keys[i]]
		o := l.out()
		switch {
		case !booked || !fresh[keys[i]]:
			o.State = string(payments.LineDuplicate)
			out.Duplicate++
		case l.State == payments.LineMatched:
			out.Matched++
		default:
			out.Suspense++
		}
		out.Lines[i] = o
	}
	return nil
}

// recordIncoming books the lines of money in that are new and not doubtful, in parts, and returns the keys of those that were
// written. inFile is true for lines of an imported statement.
func (s *Service) recordIncoming(ctx context.Context, lines []bankfile.StatementLine, compared comparedLines, inFile bool) (map[string]bool, error) {
	var todo []keyedLine
	var seen []string // known lines that a statement shows
	for i, v := range compared.verdicts {
		switch {
		case v.Same >= 0:
			seen = append(seen, compared.known[v.Same].Key)
		case len(v.Doubts) == 0 && lines[i].Fen > 0:
			todo = append(todo, keyedLine{lines[i], v.Key})
		}
	}
	if inFile && len(seen) > 0 {
		err := s.write(ctx, func(c *change) error {
			return c.exec(ctx, "mark statement lines", `UPDATE bank_statement_line SET in_file = true WHERE account = 'main' AND line_key = ANY($1) AND NOT in_file`, pq.Array(seen))
		})
		if err != nil {
			return nil, err
		}
	}
	fresh := map[string]bool{}
	for part := range slices.Chunk(todo, statementPart) {
		err := s.change(ctx, func(c *change) error {
			booked, err := c.bookIncoming(ctx, s, part, inFile)
			for _, l := range booked {
				fresh[l.Key] = true
				if !inFile {
					c.did("transfer.typed", "statement_line", l.ID, "")
				}
			}
			return err
		})
		if err != nil {
			return nil, err
		}
		s.fault("statement part booked")
	}
	return fresh, nil
}

// keyedLine is a new line with its key.
type keyedLine struct {
	bankfile.StatementLine
	Key string
}

// bookIncoming writes lines of money in, books them, and returns the new ones.
func (c *change) bookIncoming(ctx context.Context, s *Service, part []keyedLine, inFile bool) ([]lineRow, error) {
	todo, err := c.insertTransfers(ctx, part, inFile)
	if err != nil {
		return nil, err
	}
	var plain []lineRow
	for _, l := range todo {
		c.post("statement", "stmt:main:"+l.Key, dateTime(l.PaidOn), ledger.Debit(ledger.Bank(), l.AmountFen), ledger.Credit(ledger.Suspense(), l.AmountFen))
		if !l.Reversal { // what the bank takes back pays nothing, whatever it quotes
			plain = append(plain, l)
		}
	}
	if plain, err = c.recogniseBankings(ctx, plain); err != nil {
		return nil, err
	}
	return todo, c.matchByCode(ctx, s, plain)
}

// insertTransfers writes the lines whose keys are not known and returns them.
func (c *change) insertTransfers(ctx context.Context, lines []keyedLine, inFile bool) ([]lineRow, error) {
	n := len(lines)
	keys, refs, payers, memos, days := make([]string, n), make([]string, n), make([]string, n), make([]string, n), make([]string, n)
	amounts, balances, reversals := make([]int64, n), make([]sql.NullInt64, n), make([]bool, n)
	for i, l := range lines {
		keys[i], refs[i], payers[i], memos[i], days[i], amounts[i], reversals[i] = l.Key, l.Ref, l.Party, l.Memo, day(l.Date), l.Fen, l.Reversal
		balances[i] = nullFen(l.Balance)
	}
	var rows []lineRow
	err := c.tx.SelectContext(ctx, &rows, `
		WITH fresh AS (
			INSERT INTO bank_statement_line (line_key, bank_ref, amount_fen, payer, memo, paid_on, balance_fen, reversal, in_file, state, actor, created_at)
			SELECT k, r, a, p, m, d::date, b, v, $11, $10, $8, $9
			FROM unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::bigint[], $12::bool[]) AS t (k, r, a, p, m, d, b, v) ORDER BY k
			ON CONFLICT (account, line_key) DO NOTHING RETURNING *)
		SELECT `+lineColumns+` FROM fresh l ORDER BY l.id`,
		pq.Array(keys), pq.Array(refs), pq.Array(amounts), pq.Array(payers), pq.Array(memos), pq.Array(days), pq.Array(balances), c.actor, c.now,
		payments.LineSuspense, inFile, pq.Array(reversals))
	if err != nil {
		return nil, fmt.Errorf("write statement lines: %w", err)
	}
	return rows, nil
}

func nullFen(fen *int64) sql.NullInt64 {
	if fen == nil {
		return sql.NullInt64{}
	}
	return sql.NullInt64{Int64: *fen, Valid: true}
}

// statementLines are lines for the rules of banktransfer.
func statementLines(lines []lineRow) []banktransfer.Line {
	out := make([]banktransfer.Line, len(lines))
	for i, l := range lines {
		out[i] = banktransfer.Line{ID: l.ID, BankRef: l.BankRef, Memo: l.Memo, Fen: l.AmountFen}
	}
	return out
}

// knownCodes looks up the codes that lines may quote.
func knownCodes(ctx context.Context, q queryer, lines []banktransfer.Line) ([]banktransfer.CodeOf, error) {
	var tokens []string
	for _, l := range lines {
		tokens = append(tokens, banktransfer.Tokens(l.Memo)...)
	}
	var known []banktransfer.CodeOf
	err := sqlx.SelectContext(ctx, q, &known, `
		SELECT DISTINCT code_norm AS code, ref FROM payment WHERE code_norm = ANY($1) AND code_norm <> '' AND method = $2`, pq.Array(tokens), payments.BankTransfer)
	if err != nil {
		return nil, fmt.Errorf("look up codes: %w", err)
	}
	return known, nil
}

// matchByCode matches each line with the Ref of the one code that it quotes: see banktransfer.MatchCodes.
func (c *change) matchByCode(ctx context.Context, s *Service, lines []lineRow) error {
	known, err := knownCodes(ctx, c.tx, statementLines(lines))
	if err != nil {
		return err
	}
	matches := banktransfer.MatchCodes(statementLines(lines), known)
	var r *refState
	for _, m := range matches {
		// Kept for all its lines: their postings are written at the end, and only r has them until then.
		if r == nil || r.Ref != m.Ref {
			var err error
			if r, err = c.lockRef(ctx, m.Ref); err != nil {
				return err
			}
		}
		var id int64
		err := c.tx.GetContext(ctx, &id, `
			SELECT id FROM payment WHERE ref = $1 AND code_norm = $2 AND method = $3
			ORDER BY CASE state WHEN 'open' THEN 0 WHEN 'succeeded' THEN 2 ELSE 1 END, id DESC LIMIT 1`, m.Ref, m.Code, payments.BankTransfer)
		if err != nil {
			return fmt.Errorf("look up payment of code %s: %w", m.Code, err)
		}
		if err := c.matchLine(ctx, s, r, lines[m.Line], id); err != nil {
			return err
		}
	}
	return nil
}

// matchLine puts a line in suspense to a payment. Lines for one payment add up until they are enough.
func (c *change) matchLine(ctx context.Context, s *Service, r *refState, l lineRow, payment int64) error {
	p, err := s.paymentRow(ctx, c.tx, payment)
	if err != nil {
		return err
	}
	if !payments.PaymentMachine.Can(p.State, payments.PaymentReceive) {
		// Paid a second time: a payment of its own, which counts as late and goes back unless something is due.
		again := payments.CreatePayment{Key: "transfer:" + l.Key, Ref: p.Ref, Purpose: p.Purpose, AmountFen: l.AmountFen, Method: p.Method,
			Party: payments.Party{Kind: p.PartyKind, ID: p.PartyID, Name: p.PartyName}, Description: p.Description, Code: p.Code}
		if r.receivable > 0 {
			again.Purpose = "balance"
		}
		if p, err = c.insertPayment(ctx, s, c.newPayment(again, hashOf(again.Key, again.AmountFen), payments.PaymentOpen)); err != nil {
			return err
		}
	}
	from := pq.Array(payments.LineMachine.From(payments.LineMatch))
	var before struct {
		Fen int64 `db:"fen"`
	}
	if _, err := c.tx.ExecContext(ctx, `UPDATE bank_statement_line SET payment_id = $2 WHERE id = $1`, l.ID, p.ID); err != nil {
		return fmt.Errorf("match statement line %d: %w", l.ID, err)
	}
	err = get(ctx, c.tx, &before, `
		SELECT coalesce(sum(amount_fen), 0)::bigint AS fen FROM bank_statement_line WHERE payment_id = $1 AND state = ANY($2)`,
		p.ID, from)
	if err != nil {
		return fmt.Errorf("sum statement lines of payment %d: %w", p.ID, err)
	}
	if before.Fen < p.AmountFen {
		return nil // its payment is known, and it is still too little
	}
	if _, err := c.tx.ExecContext(ctx, `UPDATE bank_statement_line SET state = $2 WHERE payment_id = $1 AND state = ANY($3)`,
		p.ID, payments.LineMachine.To(payments.LineMatch), from); err != nil {
		return fmt.Errorf("match statement lines of payment %d: %w", p.ID, err)
	}
	return c.succeed(ctx, s, r, p, receipt{Key: fmt.Sprintf("pay:%d:succeeded", p.ID), Into: ledger.Suspense(), Fen: before.Fen, At: dateTime(l.PaidOn)})
}

// MatchTransfer puts a line without a readable code to the payment that it was meant for.
func (s *Service) MatchTransfer(ctx context.Context, m payments.MatchTransfer) (payments.StatementLine, error) {
	if _, err := need(ctx, roleOperator); err != nil {
		return payments.StatementLine{}, err
	}
	var out payments.StatementLine
	err := s.change(ctx, func(c *change) error {
		r, p, err := c.lockPayment(ctx, m.PaymentID)
		if link.CodeOf(err) == link.NotFound {
			return link.E(link.Invalid, "payment.unknown", "payment_id")
		}
		if err != nil {
			return err
		}
		if p.Method != payments.BankTransfer {
			return link.E(link.Conflict, "transfer.other_method", "payment_id")
		}
		l, err := s.line(ctx, c.tx, m.LineID, "FOR UPDATE OF l")
		if err != nil {
			return err
		}
		if l.State == payments.LineMatched && l.PaymentID == m.PaymentID {
			out = l.out() // sent twice
			return nil
		}
		if _, err := next(payments.LineMachine, l.State, payments.LineMatch, "line_id"); err != nil {
			return err
		}
		if err := c.matchLine(ctx, s, r, l, p.ID); err != nil {
			return err
		}
		c.did("transfer.matched", "statement_line", l.ID, strconv.FormatInt(p.ID, 10))
		l, err = s.line(ctx, c.tx, m.LineID, "")
		out = l.out()
		return err
	})
	return out, err
}

func (s *Service) line(ctx context.Context, q queryer, id int64, lock string) (lineRow, error) {
	var l lineRow
	err := get(ctx, q, &l, `SELECT `+lineColumns+` FROM bank_statement_line l WHERE l.id = $1 `+lock, id)
	if missing(err) {
		return l, link.E(link.NotFound, "transfer.unknown", "line_id")
	}
	if err != nil {
		return l, fmt.Errorf("read statement line %d: %w", id, err)
	}
	return l, nil
}

// Statement lists lines of the bank's statement, newest first.
func (s *Service) Statement(ctx context.Context, f payments.StatementFilter) (payments.StatementPage, error) {
	if _, err := need(ctx, county...); err != nil {
		return payments.StatementPage{}, err
	}
	before, err := paging.ID("statement", f.Cursor)
	if err != nil {
		return payments.StatementPage{}, err
	}
	n, err := paging.Size(f.Limit, defaultLimit, 200)
	if err != nil {
		return payments.StatementPage{}, err
	}
	var page payments.StatementPage
	find := searchLines(f.Query)
	err = s.db.GetContext(ctx, &page.Total, `SELECT count(*) FROM bank_statement_line l WHERE ($1 = '' OR l.state = $1) AND `+find.where("payer", "amount_fen", 2), f.State, find.text, find.fen)
	if err != nil {
		return page, fmt.Errorf("count statement lines: %w", err)
	}
	var rows []lineRow
	err = s.db.SelectContext(ctx, &rows, `SELECT `+lineColumns+` FROM bank_statement_line l
		WHERE ($1 = '' OR l.state = $1) AND ($2 = 0 OR l.id < $2) AND `+find.where("payer", "amount_fen", 4)+` ORDER BY l.id DESC LIMIT $3`, f.State, before, n+1, find.text, find.fen)
	if err != nil {
		return page, fmt.Errorf("read statement lines: %w", err)
	}
	if len(rows) > n {
		rows = rows[:n]
		page.Cursor = paging.After("statement", rows[n-1].ID)
	}
	page.Items = make([]payments.StatementLine, len(rows))
	for i, r := range rows {
		page.Items[i] = r.out()
	}
	return page, nil
}

// RecordCash takes cash for a payment against a receipt of which there is one.
func (s *Service) RecordCash(ctx context.Context, r payments.RecordCash) (payments.Payment, error) {
	if _, err := need(ctx, roleOperator, roleClerk); err != nil {
		return payments.Payment{}, err
	}
	r.Receipt = strings.TrimSpace(r.Receipt)
	if r.Receipt == "" || utf8.RuneCountInString(r.Receipt) > 60 {
		return payments.Payment{}, link.E(link.Invalid, "cash.receipt", "receipt")
	}
	err := s.change(ctx, func(c *change) error {
		ref, p, err := c.lockPayment(ctx, r.PaymentID)
		if err != nil {
			return err
		}
		var old struct {
			Payment int64 `db:"payment_id"`
			Fen     int64 `db:"amount_fen"`
		}
		err = get(ctx, c.tx, &old, `SELECT payment_id, amount_fen FROM cash_receipt WHERE receipt = $1`, r.Receipt)
		switch {
		case err == nil && old.Payment == p.ID && old.Fen == r.AmountFen:
			return nil // entered twice
		case err == nil:
			return link.E(link.Conflict, "cash.receipt_used", "receipt")
		case !missing(err):
			return fmt.Errorf("look up receipt: %w", err)
		}
		if p.Method != payments.Cash {
			return link.E(link.Conflict, "cash.not_due", "payment_id")
		}
		if _, err := next(payments.PaymentMachine, p.State, payments.PaymentReceive, "payment_id"); err != nil {
			return err
		}
		if r.AmountFen != p.AmountFen {
			return link.E(link.Invalid, "cash.amount_differs", "amount_fen", "want", money.FormatYuan(p.AmountFen))
		}
		_, err = c.tx.ExecContext(ctx, `
			INSERT INTO cash_receipt (receipt, payment_id, amount_fen, actor, created_at) VALUES ($1, $2, $3, $4, $5)`,
			r.Receipt, p.ID, r.AmountFen, c.actor, c.now)
		if err != nil {
			if link.Constraint(err) == "cash_receipt_pkey" {
				return link.E(link.Conflict, "cash.receipt_used", "receipt")
			}
			return fmt.Errorf("write receipt: %w", err)
		}
		return c.succeed(ctx, s, ref, p, receipt{Key: "cash:" + r.Receipt, Into: ledger.Cash(), Fen: r.AmountFen, At: c.now})
	})
	if err != nil {
		return payments.Payment{}, err
	}
	p, err := s.paymentRow(ctx, s.db, r.PaymentID)
	return s.out(p), err
}
