package postgres

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/lib/pq"

	"banmuyuan/internal/link"
	"banmuyuan/payments"
	"banmuyuan/payments/bankfile"
	"banmuyuan/payments/ledger"
	"banmuyuan/payments/payout"
)

const (
	maxResultFile = 16 << 20
	maxProblems   = 100
)

type resultItem struct {
	Household int64 `db:"household"`
	payout.ResultItem
}

// ImportResult takes a part of the bank's answer, all of it or nothing. Items that no part has named stay on their way; a
// later part may send back items that had been reported paid.
func (s *Service) ImportResult(ctx context.Context, r payments.ImportResult) (payments.ImportedResult, error) {
	if _, err := need(ctx, roleOperator); err != nil {
		return payments.ImportedResult{}, err
	}
	if len(r.Data) == 0 || len(r.Data) > maxResultFile {
		return payments.ImportedResult{}, link.E(link.Invalid, "payout.result.size", "data")
	}
	r.Name = strings.TrimSpace(r.Name)
	if len(r.Name) > 200 {
		r.Name = strings.ToValidUTF8(r.Name[:200], "")
	}
	sum := sha256.Sum256(r.Data)
	digest := hex.EncodeToString(sum[:])
	rows, problems := s.layout.ReadResult(r.Data)

	var out payments.ImportedResult
	err := s.change(ctx, func(c *change) error {
		out = payments.ImportedResult{}
		b, err := readBatch(ctx, c.tx, r.BatchID, "FOR UPDATE")
		if err != nil {
			return err
		}
		out.Batch = b.out()
		err = c.tx.QueryRowxContext(ctx, `SELECT paid, returned FROM payout_result WHERE batch_id = $1 AND sha256 = $2`, b.ID, digest).
			Scan(&out.Paid, &out.Returned)
		if err == nil {
			out.Already = true
			return nil
		}
		if !missing(err) {
			return fmt.Errorf("look up result file: %w", err)
		}
		if !b.State.WithBank() {
			return link.E(link.Conflict, "payout.not_exported", "")
		}
		var items []payout.ResultItem
		err = c.tx.SelectContext(ctx, &items, `
			SELECT id, line, amount_fen AS amountfen, state, account_id AS account FROM payout_item WHERE batch_id = $1 ORDER BY line`, b.ID)
		if err != nil {
			return fmt.Errorf("read payout items: %w", err)
		}
		wrong := explain(problems)
		var v payout.ResultEffect
		if len(rows) > 0 || len(wrong) == 0 { // else the file could not be read, and what its items lack says nothing
			var differ []payments.FileProblem
			v, differ = payout.DecideResult(b.No, items, resultRows(rows), b.CreatedAt, c.now)
			wrong = append(wrong, differ...)
		}
		if len(wrong) > 0 {
			out.Problems = firstProblems(wrong)
			return nil
		}
		c.did("load.payout_result", "payout_batch", b.ID, "")
		var result int64
		err = c.tx.GetContext(ctx, &result, `
			INSERT INTO payout_result (batch_id, name, sha256, paid, returned, imported_by, imported_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id`, b.ID, r.Name, digest, len(v.Paid), len(v.Returned), c.actor, c.now)
		if err != nil {
			return fmt.Errorf("write result file: %w", err)
		}
		if err := c.settleItems(ctx, b, result, v); err != nil {
			return err
		}
		b, err = readBatch(ctx, c.tx, b.ID, "")
		out.Batch, out.Paid, out.Returned, out.Missing = b.out(), len(v.Paid), len(v.Returned), v.Missing
		return err
	})
	return out, err
}

// explain returns the problems of a file for the answer to its sender.
func explain(problems []bankfile.Problem) []payments.FileProblem {
	out := make([]payments.FileProblem, len(problems))
	for i, p := range problems {
		out[i] = payments.FileProblem(p)
	}
	return out
}

// firstProblems returns the first problems of a file, in the order of its lines.
func firstProblems(problems []payments.FileProblem) []payments.FileProblem {
	slices.SortStableFunc(problems, func(a, b payments.FileProblem) int { return a.Line - b.Line })
	return problems[:min(len(problems), maxProblems)]
}

// resultRows are the rows of a file for payout.DecideResult.
func resultRows(rows []bankfile.ResultRow) []payout.ResultRow {
	out := make([]payout.ResultRow, len(rows))
	for i, r := range rows {
		out[i] = payout.ResultRow(r)
	}
	return out
}

// settleItems writes the results of items, in a fixed number of statements.
func (c *change) settleItems(ctx context.Context, b batchRow, result int64, v payout.ResultEffect) error {
	paidIDs, days := make([]int64, len(v.Paid)), make([]string, len(v.Paid))
	for i, p := range v.Paid {
		paidIDs[i], days[i] = p.ID, p.On
	}
	returnedIDs, reasons := make([]int64, len(v.Returned)), make([]string, len(v.Returned))
	var sentBackIDs, recalledIDs []int64 // by where their money was: on its way, or reported paid
	for i, p := range v.Returned {
		returnedIDs[i], reasons[i] = p.ID, p.Reason
		if p.Recall {
			recalledIDs = append(recalledIDs, p.ID)
		} else {
			sentBackIDs = append(sentBackIDs, p.ID)
		}
	}
	_, err := c.tx.ExecContext(ctx, `
		UPDATE payout_item i SET state = $3, paid_on = r.d::date, reason = ''
		FROM unnest($1::bigint[], $2::text[]) AS r (id, d) WHERE i.id = r.id AND i.state = ANY($4)`, pq.Array(paidIDs), pq.Array(days),
		payments.ItemMachine.To(payments.ItemPay), pq.Array(payments.ItemMachine.From(payments.ItemPay)))
	if err != nil {
		return fmt.Errorf("mark items paid: %w", err)
	}
	_, err = c.tx.ExecContext(ctx, `
		UPDATE payout_item i SET state = $3, paid_on = NULL, reason = r.why
		FROM unnest($1::bigint[], $2::text[]) AS r (id, why) WHERE i.id = r.id AND i.state = ANY($4)`, pq.Array(returnedIDs), pq.Array(reasons),
		payments.ItemMachine.To(payments.ItemReturn), pq.Array(payments.ItemMachine.From(payments.ItemReturn)))
	if err != nil {
		return fmt.Errorf("mark items returned: %w", err)
	}
	if _, err := c.tx.ExecContext(ctx, `SELECT FROM payable WHERE payout_item = ANY($1) ORDER BY id FOR UPDATE`,
		pq.Array(append(slices.Clone(paidIDs), returnedIDs...))); err != nil {
		return fmt.Errorf("lock payables of items: %w", err)
	}
	sentBack, err := c.itemSums(ctx, sentBackIDs)
	if err != nil {
		return err
	}
	recalled, err := c.itemSums(ctx, recalledIDs)
	if err != nil {
		return err
	}
	var paid, returned []changedPayable
	err = c.tx.SelectContext(ctx, &paid, `
		UPDATE payable p SET state = $2, paid_on = i.paid_on, version = p.version + 1
		FROM payout_item i WHERE i.id = ANY($1) AND p.payout_item = i.id AND p.state = ANY($3)
		RETURNING p.source_key, p.household, p.state, p.amount_fen, p.payout_item, p.paid_on::text AS paid_on, p.version`, pq.Array(paidIDs),
		payments.PayableMachine.To(payments.PayablePay), pq.Array(payments.PayableMachine.From(payments.PayablePay)))
	if err == nil {
		err = c.tx.SelectContext(ctx, &returned, `
			UPDATE payable p SET state = $2, paid_on = NULL, payout_item = NULL, version = p.version + 1
			WHERE p.payout_item = ANY($1) AND p.state = ANY($3)
			RETURNING p.source_key, p.household, p.state, p.amount_fen, 0 AS payout_item, '' AS paid_on, p.version`, pq.Array(returnedIDs),
			payments.PayableMachine.To(payments.PayableReturn), pq.Array(payments.PayableMachine.From(payments.PayableReturn)))
	}
	if err != nil {
		return fmt.Errorf("move payables of items: %w", err)
	}
	c.publishMoved(paid)
	c.publishMoved(returned)
	if len(v.Unusable) > 0 {
		_, err := c.tx.ExecContext(ctx, `
			UPDATE payout_account SET state = $3, changed_at = $2 WHERE id = ANY($1) AND state = ANY($4)`, pq.Array(v.Unusable), c.now,
			payments.PayoutAccountMachine.To(payments.AccountClose), pq.Array(payments.PayoutAccountMachine.From(payments.AccountClose)))
		if err != nil {
			return fmt.Errorf("close payout accounts: %w", err)
		}
	}
	transit, key := ledger.PayoutTransit(b.ID), fmt.Sprintf("batch:%d:result:%d", b.ID, result)
	if v.PaidFen > 0 {
		c.post("payout.paid", key+":paid", c.now, ledger.Debit(transit, v.PaidFen), ledger.Credit(ledger.Bank(), v.PaidFen))
	}
	if len(sentBack) > 0 {
		c.post("payout.returned", key+":returned", c.now, ledger.PayoutLines(sentBack, transit, -1)...)
	}
	if len(recalled) > 0 {
		c.post("payout.recalled", key+":recalled", c.now, ledger.PayoutLines(recalled, ledger.Bank(), -1)...)
	}
	_, err = c.tx.ExecContext(ctx, `
		UPDATE payout_batch SET paid_fen = i.paid, returned_fen = i.back, returned = i.n,
		       state = CASE WHEN i.open = 0 AND state = ANY($2) THEN $3 ELSE state END
		FROM (SELECT coalesce(sum(amount_fen) FILTER (WHERE state = 'paid'), 0)::bigint AS paid,
		             coalesce(sum(amount_fen) FILTER (WHERE state = 'returned'), 0)::bigint AS back,
		             count(*) FILTER (WHERE state = 'returned') AS n, count(*) FILTER (WHERE state = 'sent') AS open
		      FROM payout_item WHERE batch_id = $1) i
		WHERE id = $1`, b.ID, pq.Array(payments.BatchMachine.From(payments.BatchComplete)), payments.BatchMachine.To(payments.BatchComplete))
	if err != nil {
		return fmt.Errorf("sum batch: %w", err)
	}
	return nil
}

func (c *change) itemSums(ctx context.Context, ids []int64) ([]ledger.PayoutPart, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	var rows []ledger.PayoutPart
	err := c.tx.SelectContext(ctx, &rows, `
		SELECT household, coalesce(sum(amount_fen) FILTER (WHERE amount_fen > 0), 0)::bigint AS owed,
		       coalesce(-sum(amount_fen) FILTER (WHERE amount_fen < 0), 0)::bigint AS kept
		FROM payable WHERE payout_item = ANY($1) GROUP BY household ORDER BY household`, pq.Array(ids))
	if err != nil {
		return nil, fmt.Errorf("sum payables of items: %w", err)
	}
	return rows, nil
}

// SampleResult is the sandbox bank's answer: every item is paid today, except the items of the households to be returned.
func (s *Service) SampleResult(ctx context.Context, r payments.BatchSampleResult) (payments.File, error) {
	if _, err := need(ctx, roleOperator); err != nil {
		return payments.File{}, err
	}
	if s.gateways[payments.Sandbox] == nil {
		return payments.File{}, link.E(link.NotFound, "not_found", "")
	}
	b, err := readBatch(ctx, s.db, r.ID, "")
	if err != nil {
		return payments.File{}, err
	}
	if !b.State.WithBank() {
		return payments.File{}, link.E(link.Conflict, "payout.not_exported", "")
	}
	var items []resultItem
	err = s.db.SelectContext(ctx, &items, `
		SELECT id, line, household, amount_fen AS amountfen, state, account_id AS account FROM payout_item
		WHERE batch_id = $1 AND (state = 'sent' OR (state = 'paid' AND household = ANY($2))) ORDER BY line`, b.ID, pq.Array(r.Returns))
	if err != nil {
		return payments.File{}, fmt.Errorf("read payout items: %w", err)
	}
	rows := make([]bankfile.ResultRow, len(items))
	for i, it := range items {
		rows[i] = bankfile.ResultRow{Item: payout.ItemNo(b.No, it.Line), Fen: it.AmountFen, Paid: true, Date: s.now().In(china)}
		if slices.Contains(r.Returns, it.Household) {
			rows[i].Paid, rows[i].Reason, rows[i].Date = false, "收款行暂停受理，请重新提交", time.Time{}
		}
	}
	data, err := s.layout.WriteResult(bankfile.CSV, rows)
	if err != nil {
		return payments.File{}, fmt.Errorf("write sample result: %w", err)
	}
	return payments.File{Name: b.No + "-结果.csv", Type: bankfile.Type(bankfile.CSV), Data: data}, nil
}
