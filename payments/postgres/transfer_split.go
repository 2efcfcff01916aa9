package postgres

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/lib/pq"

	"banmuyuan/internal/link"
	"banmuyuan/payments"
	"banmuyuan/payments/gateway/banktransfer"
	"banmuyuan/payments/ledger"
)

// SplitTransfer divides a line in suspense into lines of their own, one for each payment that it pays and one for the rest.
// The books do not change by it: what was in suspense still is, until a part is enough for its payment.
func (s *Service) SplitTransfer(ctx context.Context, r payments.SplitTransfer) (payments.StatementLines, error) {
	if _, err := need(ctx, roleOperator); err != nil {
		return payments.StatementLines{}, err
	}
	if _, err := r.Check(payments.MaxFen); err != nil {
		return payments.StatementLines{}, err
	}
	err := s.change(ctx, func(c *change) error {
		ids := make([]int64, len(r.Parts))
		for i, p := range r.Parts {
			ids[i] = p.PaymentID
		}
		refs, rows, err := c.lockPayments(ctx, ids...)
		if link.CodeOf(err) == link.NotFound {
			return link.E(link.Invalid, "payment.unknown", "parts")
		}
		if err != nil {
			return err
		}
		l, err := s.line(ctx, c.tx, r.LineID, "FOR UPDATE OF l")
		if err != nil {
			return err
		}
		parts, rest, err := c.splitLine(ctx, l, r)
		if err != nil || parts == nil {
			return err
		}
		c.did("transfer.split", "statement_line", l.ID, fmt.Sprint(len(parts)))
		if err := c.readBalances(ctx, refs); err != nil {
			return err
		}
		for i, p := range r.Parts {
			row := rows[p.PaymentID]
			if row.Method != payments.BankTransfer {
				return link.E(link.Conflict, "transfer.other_method", fmt.Sprintf("parts[%d].payment_id", i))
			}
			if err := c.matchLine(ctx, s, refs[row.Ref], parts[i], row.ID); err != nil {
				return err
			}
			c.did("transfer.matched", "statement_line", parts[i].ID, fmt.Sprint(row.ID))
		}
		s.log.Info("transfer split", "line", l.ID, "parts", len(r.Parts), "rest_fen", rest)
		return nil
	})
	if err != nil {
		return payments.StatementLines{}, err
	}
	return s.partsOf(ctx, r.LineID)
}

// splitLine writes the parts of a line, or returns none when it was split in the same way before.
func (c *change) splitLine(ctx context.Context, l lineRow, r payments.SplitTransfer) (parts []lineRow, rest int64, err error) {
	if l.State == payments.LineSplit {
		same, err := c.splitLike(ctx, l, r.Parts)
		if err != nil || same {
			return nil, 0, err // sent twice
		}
	}
	to, err := next(payments.LineMachine, l.State, payments.LineSplitUp, "line_id")
	if err != nil {
		return nil, 0, err
	}
	if l.Reversal {
		return nil, 0, link.E(link.Conflict, "transfer.split_reversal", "line_id")
	}
	if rest, err = r.Check(l.AmountFen); err != nil {
		return nil, 0, err
	}
	if err := c.exec(ctx, "split statement line", `UPDATE bank_statement_line SET state = $2, payment_id = NULL WHERE id = $1`, l.ID, to); err != nil {
		return nil, 0, err
	}
	amounts := make([]int64, 0, len(r.Parts)+1)
	for _, p := range r.Parts {
		amounts = append(amounts, p.AmountFen)
	}
	if rest > 0 {
		amounts = append(amounts, rest)
	}
	for i, fen := range amounts {
		part := l
		part.AmountFen, part.Key = fen, fmt.Sprintf("%s/%d", l.Key, i+1)
		err := c.tx.GetContext(ctx, &part.ID, `
			INSERT INTO bank_statement_line (line_key, bank_ref, amount_fen, payer, memo, paid_on, in_file, state, actor, created_at, part_of, refund_id)
			SELECT $2, bank_ref, $3, payer, memo, paid_on, in_file, $4, $5, $6, id, NULL FROM bank_statement_line WHERE id = $1 RETURNING id`,
			l.ID, part.Key, fen, payments.LineSuspense, c.actor, c.now)
		if err != nil {
			return nil, 0, fmt.Errorf("write part of statement line %d: %w", l.ID, err)
		}
		parts = append(parts, part)
	}
	return parts, rest, nil
}

// splitLike reports whether a line was split into these parts.
func (c *change) splitLike(ctx context.Context, l lineRow, parts []payments.TransferPart) (bool, error) {
	var rows []lineRow
	if err := c.tx.SelectContext(ctx, &rows, `SELECT `+lineColumns+` FROM bank_statement_line l WHERE l.part_of = $1 ORDER BY l.id`, l.ID); err != nil {
		return false, fmt.Errorf("read parts of statement line %d: %w", l.ID, err)
	}
	if len(rows) != len(parts) && len(rows) != len(parts)+1 {
		return false, nil
	}
	for i, p := range parts {
		if rows[i].AmountFen != p.AmountFen || rows[i].PaymentID != p.PaymentID {
			return false, nil
		}
	}
	return true, nil
}

func (s *Service) partsOf(ctx context.Context, line int64) (payments.StatementLines, error) {
	var rows []lineRow
	if err := s.db.SelectContext(ctx, &rows, `SELECT `+lineColumns+` FROM bank_statement_line l WHERE l.part_of = $1 ORDER BY l.id`, line); err != nil {
		return payments.StatementLines{}, fmt.Errorf("read parts of statement line %d: %w", line, err)
	}
	out := payments.StatementLines{Items: make([]payments.StatementLine, len(rows))}
	for i, l := range rows {
		out.Items[i] = l.out()
	}
	return out, nil
}

// UseRefund books a refund as given back, and its money as come in for another payment of the same buyer.
func (s *Service) UseRefund(ctx context.Context, r payments.UseRefund) (payments.Refund, error) {
	if _, err := need(ctx, roleOperator); err != nil {
		return payments.Refund{}, err
	}
	var out payments.Refund
	err := s.change(ctx, func(c *change) error {
		f, err := refundByID(ctx, c.tx, r.RefundID)
		if err != nil {
			return err
		}
		// Both Refs at once, in the order of their names.
		refs, rows, err := c.lockPayments(ctx, f.PaymentID, r.PaymentID)
		if link.CodeOf(err) == link.NotFound {
			return link.E(link.Invalid, "payment.unknown", "payment_id")
		}
		if err != nil {
			return err
		}
		if f, err = c.lockRefund(ctx, r.RefundID); err != nil {
			return err
		}
		var used int64
		err = c.tx.GetContext(ctx, &used, `SELECT coalesce((SELECT payment_id FROM bank_statement_line WHERE refund_id = $1), 0)`, f.ID)
		if err != nil {
			return fmt.Errorf("look up the use of refund %d: %w", f.ID, err)
		}
		if used != 0 && used == r.PaymentID {
			out = f.out() // sent twice
			return nil
		}
		from, to := rows[f.PaymentID], rows[r.PaymentID]
		switch {
		case to.Method != payments.BankTransfer:
			return link.E(link.Conflict, "transfer.other_method", "payment_id")
		case from.PartyKind != to.PartyKind || from.PartyID != to.PartyID:
			return link.E(link.Conflict, "refund.other_buyer", "payment_id")
		case !payments.PaymentMachine.Can(to.State, payments.PaymentReceive):
			return link.E(link.Conflict, "refund.use_paid", "payment_id")
		}
		if _, err := next(payments.RefundMachine, f.State, payments.RefundRecord, "refund_id"); err != nil {
			return err
		}
		if err := c.readBalances(ctx, refs); err != nil {
			return err
		}
		l := lineRow{AmountFen: f.AmountFen, Key: fmt.Sprintf("refund:%d", f.ID), PaidOn: c.now}
		err = c.tx.GetContext(ctx, &l.ID, `
			INSERT INTO bank_statement_line (line_key, bank_ref, amount_fen, payer, memo, paid_on, in_file, state, actor, created_at, refund_id)
			VALUES ($1, $1, $2, $3, '', $4::date, true, $5, $6, $7, $8) RETURNING id`,
			l.Key, l.AmountFen, from.PartyName, day(c.now), payments.LineSuspense, c.actor, c.now, f.ID)
		if err != nil {
			return fmt.Errorf("write line of refund %d: %w", f.ID, err)
		}
		f.done(c, payments.RefundRecord, "", c.now, ledger.Suspense())
		c.did("refund.used", "refund", f.ID, fmt.Sprint(r.PaymentID))
		refs[from.Ref].refundDue -= f.AmountFen
		if err := c.saveRefund(ctx, f, c.now); err != nil {
			return err
		}
		out = f.out()
		return c.matchLine(ctx, s, refs[to.Ref], l, to.ID)
	})
	return out, err
}

// maxSuggestions is the largest number of lines that suggestions are asked for.
const maxSuggestions = 200

// SuggestTransfers suggests uses of lines in suspense by codes and payers.
func (s *Service) SuggestTransfers(ctx context.Context, r payments.SuggestTransfers) (payments.TransferSuggestions, error) {
	out := payments.TransferSuggestions{Items: []payments.TransferSuggestion{}}
	if _, err := need(ctx, county...); err != nil {
		return out, err
	}
	if len(r.LineIDs) > maxSuggestions {
		return out, link.E(link.Invalid, "payment.too_many", "line_ids", "max", fmt.Sprint(maxSuggestions))
	}
	var rows []lineRow
	err := s.db.SelectContext(ctx, &rows, `SELECT `+lineColumns+` FROM bank_statement_line l WHERE l.id = ANY($1) AND l.state = ANY($2) AND NOT l.reversal ORDER BY l.id`,
		pq.Array(r.LineIDs), pq.Array(payments.LineMachine.From(payments.LineMatch)))
	if err != nil || len(rows) == 0 {
		return out, err
	}
	var tokens, payers []string
	for _, l := range rows {
		tokens = append(tokens, banktransfer.Tokens(l.Memo)...)
		payers = append(payers, strings.Join(strings.Fields(l.Payer), ""))
	}
	found, err := s.readPayments(ctx, `p.method = $1 AND p.state = ANY($2) AND (p.code_norm = ANY($3) AND p.code_norm <> '' OR replace(p.party_name, ' ', '') = ANY($4) AND p.party_name <> '')
		ORDER BY p.id LIMIT 1000`, payments.BankTransfer, pq.Array(payments.PaymentMachine.From(payments.PaymentReceive)), pq.Array(tokens), pq.Array(payers))
	if err != nil {
		return out, err
	}
	names, err := s.payerNames(ctx, found)
	if err != nil {
		return out, err
	}
	open := make([]banktransfer.Open, len(found))
	for i, p := range found {
		open[i] = banktransfer.Open{ID: p.ID, Code: p.TransferCode, Payer: names[p.ID], Fen: p.LackFen()}
	}
	for i, l := range statementLines(rows) {
		one := payments.TransferSuggestion{LineID: l.ID, Why: payments.SuggestCodes}
		// A part that came before waits with its payment already.
		others := slices.Clone(open)
		for k := range others {
			if found[k].ID == rows[i].PaymentID {
				others[k].Fen += l.Fen
			}
		}
		var parts []banktransfer.Part
		if parts, one.RestFen = banktransfer.SuggestByCodes(l, others); len(parts) == 0 {
			one.Why, one.RestFen = payments.SuggestPayer, 0
			parts = banktransfer.SuggestByPayer(l, rows[i].Payer, others)
		}
		for _, p := range parts {
			of := found[p.Open]
			one.Parts = append(one.Parts, payments.SuggestedPart{PaymentID: of.ID, Ref: of.Ref, Code: of.TransferCode, AmountFen: p.Fen})
		}
		if len(one.Parts) > 0 {
			out.Items = append(out.Items, one)
		}
	}
	return out, nil
}

// payerNames are the names of the buyers of payments, by payment.
func (s *Service) payerNames(ctx context.Context, list []payments.Payment) (map[int64]string, error) {
	ids := make([]int64, len(list))
	for i, p := range list {
		ids[i] = p.ID
	}
	var rows []struct {
		ID   int64  `db:"id"`
		Name string `db:"party_name"`
	}
	if err := s.db.SelectContext(ctx, &rows, `SELECT id, party_name FROM payment WHERE id = ANY($1)`, pq.Array(ids)); err != nil {
		return nil, fmt.Errorf("read buyers of payments: %w", err)
	}
	names := make(map[int64]string, len(rows))
	for _, r := range rows {
		names[r.ID] = r.Name
	}
	return names, nil
}
