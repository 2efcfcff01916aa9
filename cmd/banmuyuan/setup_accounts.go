package main

import (
	"context"
	"fmt"
	"time"

	"banmuyuan/internal/entry"
	"banmuyuan/internal/link"
	"banmuyuan/payments"
	county "banmuyuan/web/directory"
)

// accountBatches are the payment module's batches of accounts with the work on them, which 'serve' does in the background.
type accountBatches interface {
	payments.AccountBatches
	RunAccountBatches(context.Context) error
}

// rowsOf are the workbook's rows of a kind.
func (s *setup) rowsOf(kind string) []entry.Row {
	if t, ok := s.book.Table(kind); ok {
		return t.Rows
	}
	return nil
}

// paymentRows counts the workbook's rows that the payment module takes.
func (s *setup) paymentRows() (n int) {
	for _, k := range payments.Kinds() {
		n += len(s.rowsOf(k.Name))
	}
	return n
}

// runAccounts has the workbook's rows of a kind of the payment module checked: accounts, or income of earlier years. A loaded
// workbook's are then handed to the second person, who decides on the pages; those that are only checked, or change nothing, are
// given up.
func (s *setup) runAccounts(ctx context.Context, open payments.OpenAccountBatch, sent []entry.Row, load bool) (payments.AccountBatch, error) {
	b, err := s.accounts.OpenAccountBatch(ctx, open)
	if err != nil {
		return b, err
	}
	defer func() {
		if b.State != payments.AccountsWaiting {
			_, _ = s.accounts.DropAccountBatch(context.WithoutCancel(ctx), payments.AccountBatchRef{ID: b.ID})
		}
	}()
	if err := county.FillAccounts(ctx, s.accounts, b.ID, sent); err != nil {
		return b, err
	}
	checked, err := s.checkAccounts(ctx, payments.CheckAccountBatch{ID: b.ID, Submit: load})
	if err != nil {
		return b, err
	}
	b = checked
	problems, err := county.AccountProblems(ctx, s.accounts, b)
	if err != nil {
		return b, err
	}
	rows := map[int]entry.Row{}
	for _, row := range sent {
		rows[row.Line] = row
	}
	k, _ := county.KindByName(open.Kind)
	for i, p := range problems {
		if value := rows[p.Line].Cells[p.Field]; value != "" {
			problems[i].Value = value
			if f, known := k.Field(p.Field); known && f.Personal {
				problems[i].Value = entry.Mask(value)
			}
		}
	}
	s.sayProblems(problems)
	s.problems = append(s.problems, problems...)
	return b, nil
}

// checkAccounts asks for a check and works on it until it is done. A server on the same database may be the one that does it.
func (s *setup) checkAccounts(ctx context.Context, r payments.CheckAccountBatch) (payments.AccountBatch, error) {
	b, err := s.accounts.CheckAccountBatch(ctx, r)
	for err == nil && b.State == payments.AccountsChecking {
		if err := s.accounts.RunAccountBatches(ctx); err != nil {
			return b, err
		}
		if b, err = s.accounts.AccountBatch(ctx, payments.AccountBatchRef{ID: r.ID}); err != nil || b.State != payments.AccountsChecking {
			continue
		}
		select {
		case <-ctx.Done():
			return b, ctx.Err()
		case <-time.After(setupPoll):
		}
	}
	if err == nil && b.Fault != "" {
		return b, link.E(link.Unavailable, b.Fault, "id")
	}
	return b, err
}

// sayAccounts prints the outcome of the rows of a kind and returns the number of rows that wait for a decision.
func (s *setup) sayAccounts(k *entry.Kind, b payments.AccountBatch) int64 {
	title := k.Title.Zh
	fmt.Fprintf(s.out, "%s：可新增 %d，可替换 %d，未变 %d，有问题 %d，其中不寻常 %d (%s: %d new, %d replaced, %d unchanged, %d wrong, %d unusual)\n", title,
		b.New, b.Replaces, b.Unchanged, b.Wrong, b.Unusual, k.Name, b.New, b.Replaces, b.Unchanged, b.Wrong, b.Unusual)
	switch {
	case b.Same != 0:
		fmt.Fprintf(s.out, "%s和第 %d 批完全一样，那一批还在等复核 (batch %d has the same rows and waits for approval)\n", title, b.Same, b.Same)
		return 0
	case b.State == payments.AccountsWaiting && b.Income():
		fmt.Fprintf(s.out, "%d 行历年收入已交复核，还没有入账：请一位复核人员在“打款 → 批量收款账户”批准第 %d 批 (%d entries wait for an approver on the page /county/payouts/accounts/%d; none is booked yet)\n",
			b.Changes(), b.ID, b.Changes(), b.ID)
	case b.State == payments.AccountsWaiting:
		fmt.Fprintf(s.out, "%d 户收款账户已交复核，还没有启用：请一位复核人员在“打款 → 批量收款账户”批准第 %d 批 (%d accounts wait for an approver on the page /county/payouts/accounts/%d; none is used yet)\n",
			b.Changes(), b.ID, b.Changes(), b.ID)
	case b.Changes() > 0:
		fmt.Fprintf(s.out, "%s导入后还要由复核人员批准才算数 (%s count only after an approver has agreed to them)\n", title, k.Title.En)
	}
	return b.Changes()
}
