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
)

const (
	maxResultFile = 16 << 20
	maxProblems   = 100
)

type resultItem struct {
	ID        int64              `db:"id"`
	Line      int                `db:"line"`
	Household int64              `db:"household"`
	AmountFen int64              `db:"amount_fen"`
	State     payments.ItemState `db:"state"`
	Account   int64              `db:"account_id"`
}

// verdict is what a result file makes of items.
type verdict struct {
	paidOn, reasons      []string // beside the ids
	paidIDs, returnedIDs []int64
	sentBack, recalled   []int64 // returned items, by where they were: on their way, or reported paid
	paidFen              int64
	accounts             []int64 // that the bank says cannot be paid to
}

// ImportResult takes the bank's answer, all of it or nothing. The first answer must name every item that is on its way; a
// later one may send back items that had been reported paid.
func (s *Service) ImportResult(ctx context.Context, r payments.ImportResult) (payments.ImportedResult, error) {
	if _, err := need(ctx, roleOperator, roleAdmin); err != nil {
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
		var items []resultItem
		err = c.tx.SelectContext(ctx, &items, `
			SELECT id, line, household, amount_fen, state, account_id FROM payout_item WHERE batch_id = $1 ORDER BY line`, b.ID)
		if err != nil {
			return fmt.Errorf("read payout items: %w", err)
		}
		v, wrong := judge(b.No, items, rows, c.now)
		if problems = append(problems, wrong...); len(problems) > 0 {
			out.Problems = explain(problems)
			return nil
		}
		var result int64
		err = c.tx.GetContext(ctx, &result, `
			INSERT INTO payout_result (batch_id, name, sha256, paid, returned, imported_by, imported_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id`, b.ID, r.Name, digest, len(v.paidIDs), len(v.returnedIDs), c.actor, c.now)
		if err != nil {
			return fmt.Errorf("write result file: %w", err)
		}
		if err := c.settleItems(ctx, b, result, v); err != nil {
			return err
		}
		b, err = readBatch(ctx, c.tx, b.ID, "")
		out.Batch, out.Paid, out.Returned = b.out(), len(v.paidIDs), len(v.returnedIDs)
		return err
	})
	return out, err
}

func explain(problems []bankfile.Problem) []payments.FileProblem {
	slices.SortStableFunc(problems, func(a, b bankfile.Problem) int { return a.Line - b.Line })
	out := make([]payments.FileProblem, 0, min(len(problems), maxProblems))
	for _, p := range problems[:min(len(problems), maxProblems)] {
		out = append(out, payments.FileProblem{Line: p.Line, Key: p.Key, Args: p.Args})
	}
	return out
}

// judge compares a result file with the items it is about.
func judge(no string, items []resultItem, rows []bankfile.ResultRow, now time.Time) (verdict, []bankfile.Problem) {
	var v verdict
	var problems []bankfile.Problem
	byNo := make(map[string]resultItem, len(items))
	for _, i := range items {
		byNo[itemNo(no, i.Line)] = i
	}
	seen := make(map[string]bool, len(rows))
	for _, r := range rows {
		item, known := byNo[r.Item]
		fail := func(key string, args ...string) {
			m := map[string]string{"item": r.Item}
			for i := 0; i+1 < len(args); i += 2 {
				m[args[i]] = args[i+1]
			}
			problems = append(problems, bankfile.Problem{Line: r.Line, Key: key, Args: m})
		}
		switch {
		case !known:
			fail("payout.result.unknown_item")
			continue
		case seen[r.Item]:
			fail("payout.result.duplicate_item")
			continue
		}
		seen[r.Item] = true
		if r.Fen != item.AmountFen {
			fail("payout.result.amount_differs", "want", bankfile.Yuan(item.AmountFen), "got", bankfile.Yuan(r.Fen))
			continue
		}
		if r.Date.After(now.AddDate(0, 0, 2)) {
			fail("payout.result.bad_date", "value", r.Date.Format(time.DateOnly))
			continue
		}
		switch {
		case r.Paid && item.State == payments.ItemPaid, !r.Paid && item.State == payments.ItemReturned:
			// Said again.
		case r.Paid && item.State == payments.ItemSent:
			on := day(now)
			if !r.Date.IsZero() {
				on = r.Date.Format(time.DateOnly)
			}
			v.paidIDs, v.paidOn = append(v.paidIDs, item.ID), append(v.paidOn, on)
			v.paidFen += item.AmountFen
		case r.Paid:
			fail("payout.result.already_returned")
		default:
			v.returnedIDs, v.reasons = append(v.returnedIDs, item.ID), append(v.reasons, clip(r.Reason))
			if item.State == payments.ItemPaid {
				v.recalled = append(v.recalled, item.ID)
			} else {
				v.sentBack = append(v.sentBack, item.ID)
			}
			if unusable(r.Reason) {
				v.accounts = append(v.accounts, item.Account)
			}
		}
	}
	for _, i := range items {
		if n := itemNo(no, i.Line); i.State == payments.ItemSent && !seen[n] {
			problems = append(problems, bankfile.Problem{Key: "payout.result.missing_item", Args: map[string]string{"item": n}})
		}
	}
	return v, problems
}

func clip(s string) string {
	if r := []rune(s); len(r) > 200 {
		return string(r[:200])
	}
	return s
}

// unusable tells whether the bank's reason means that the account must be changed before anything is sent there again.
func unusable(reason string) bool {
	for _, word := range []string{"销户", "注销", "不存在", "户名", "冻结", "挂失", "账号错误"} {
		if strings.Contains(reason, word) {
			return true
		}
	}
	return false
}

// settleItems writes what became of items, in a handful of statements however many there are.
func (c *change) settleItems(ctx context.Context, b batchRow, result int64, v verdict) error {
	_, err := c.tx.ExecContext(ctx, `
		UPDATE payout_item i SET state = $3, paid_on = r.d::date, reason = ''
		FROM unnest($1::bigint[], $2::text[]) AS r (id, d) WHERE i.id = r.id AND i.state = ANY($4)`, pq.Array(v.paidIDs), pq.Array(v.paidOn),
		payments.ItemMachine.To(payments.ItemPay), pq.Array(payments.ItemMachine.From(payments.ItemPay)))
	if err != nil {
		return fmt.Errorf("mark items paid: %w", err)
	}
	_, err = c.tx.ExecContext(ctx, `
		UPDATE payout_item i SET state = $3, paid_on = NULL, reason = r.why
		FROM unnest($1::bigint[], $2::text[]) AS r (id, why) WHERE i.id = r.id AND i.state = ANY($4)`, pq.Array(v.returnedIDs), pq.Array(v.reasons),
		payments.ItemMachine.To(payments.ItemReturn), pq.Array(payments.ItemMachine.From(payments.ItemReturn)))
	if err != nil {
		return fmt.Errorf("mark items returned: %w", err)
	}
	if _, err := c.tx.ExecContext(ctx, `SELECT FROM payable WHERE payout_item = ANY($1) ORDER BY id FOR UPDATE`,
		pq.Array(append(slices.Clone(v.paidIDs), v.returnedIDs...))); err != nil {
		return fmt.Errorf("lock payables of items: %w", err)
	}
	sentBack, err := c.itemSums(ctx, v.sentBack)
	if err != nil {
		return err
	}
	recalled, err := c.itemSums(ctx, v.recalled)
	if err != nil {
		return err
	}
	var paid, returned []changedPayable
	err = c.tx.SelectContext(ctx, &paid, `
		UPDATE payable p SET state = $2, paid_on = i.paid_on, version = p.version + 1
		FROM payout_item i WHERE i.id = ANY($1) AND p.payout_item = i.id AND p.state = ANY($3)
		RETURNING p.source_key, p.household, p.state, p.amount_fen, p.payout_item, p.paid_on::text AS paid_on, p.version`, pq.Array(v.paidIDs),
		payments.PayableMachine.To(payments.PayablePay), pq.Array(payments.PayableMachine.From(payments.PayablePay)))
	if err == nil {
		err = c.tx.SelectContext(ctx, &returned, `
			UPDATE payable p SET state = $2, paid_on = NULL, payout_item = NULL, version = p.version + 1
			WHERE p.payout_item = ANY($1) AND p.state = ANY($3)
			RETURNING p.source_key, p.household, p.state, p.amount_fen, 0 AS payout_item, '' AS paid_on, p.version`, pq.Array(v.returnedIDs),
			payments.PayableMachine.To(payments.PayableReturn), pq.Array(payments.PayableMachine.From(payments.PayableReturn)))
	}
	if err != nil {
		return fmt.Errorf("move payables of items: %w", err)
	}
	c.tellMoved(paid)
	c.tellMoved(returned)
	if len(v.accounts) > 0 {
		_, err := c.tx.ExecContext(ctx, `
			UPDATE payout_account SET state = $3, changed_at = $2 WHERE id = ANY($1) AND state = ANY($4)`, pq.Array(v.accounts), c.now,
			payments.PayoutAccountMachine.To(payments.AccountClose), pq.Array(payments.PayoutAccountMachine.From(payments.AccountClose)))
		if err != nil {
			return fmt.Errorf("close payout accounts: %w", err)
		}
	}
	transit, key := ledger.PayoutTransit(b.ID), fmt.Sprintf("batch:%d:result:%d", b.ID, result)
	if v.paidFen > 0 {
		c.post("payout.paid", key+":paid", c.now, ledger.Debit(transit, v.paidFen), ledger.Credit(ledger.Bank(), v.paidFen))
	}
	if len(sentBack) > 0 {
		c.post("payout.returned", key+":returned", c.now, transitLines(sentBack, transit, -1)...)
	}
	if len(recalled) > 0 {
		c.post("payout.recalled", key+":recalled", c.now, transitLines(recalled, ledger.Bank(), -1)...)
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

func (c *change) itemSums(ctx context.Context, ids []int64) ([]exported, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	var rows []exported
	err := c.tx.SelectContext(ctx, &rows, `
		SELECT household, coalesce(sum(amount_fen) FILTER (WHERE amount_fen > 0), 0)::bigint AS owed,
		       coalesce(-sum(amount_fen) FILTER (WHERE amount_fen < 0), 0)::bigint AS kept
		FROM payable WHERE payout_item = ANY($1) GROUP BY household ORDER BY household`, pq.Array(ids))
	if err != nil {
		return nil, fmt.Errorf("sum payables of items: %w", err)
	}
	return rows, nil
}

// SampleResult is what the sandbox bank would answer: everything paid today but for the households that are to be returned.
func (s *Service) SampleResult(ctx context.Context, r payments.BatchSampleResult) (payments.File, error) {
	if _, err := need(ctx, roleOperator, roleAdmin); err != nil {
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
		SELECT id, line, household, amount_fen, state, account_id FROM payout_item
		WHERE batch_id = $1 AND (state = 'sent' OR (state = 'paid' AND household = ANY($2))) ORDER BY line`, b.ID, pq.Array(r.Returns))
	if err != nil {
		return payments.File{}, fmt.Errorf("read payout items: %w", err)
	}
	rows := make([]bankfile.ResultRow, len(items))
	for i, it := range items {
		rows[i] = bankfile.ResultRow{Item: itemNo(b.No, it.Line), Fen: it.AmountFen, Paid: true, Date: s.now().In(china)}
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
