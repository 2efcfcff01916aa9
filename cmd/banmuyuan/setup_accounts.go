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

// accountRows are the payout accounts of the workbook.
func (s *setup) accountRows() []entry.Row {
	if t, ok := s.book.Table(payments.KindAccount); ok {
		return t.Rows
	}
	return nil
}

// runAccounts has the workbook's accounts checked. A loaded workbook's are then handed to the second person, who decides on
// the pages; those that are only checked, or change nothing, are given up.
func (s *setup) runAccounts(ctx context.Context, name string, workbook int64, load bool) (payments.AccountBatch, error) {
	b, err := s.accounts.OpenAccountBatch(ctx, payments.OpenAccountBatch{Name: name, Workbook: workbook})
	if err != nil {
		return b, err
	}
	defer func() {
		if b.State != payments.AccountsWaiting {
			_, _ = s.accounts.DropAccountBatch(context.WithoutCancel(ctx), payments.AccountBatchRef{ID: b.ID})
		}
	}()
	if err := county.FillAccounts(ctx, s.accounts, b.ID, s.accountRows()); err != nil {
		return b, err
	}
	checked, err := s.checkAccounts(ctx, payments.CheckAccountBatch{ID: b.ID, Submit: load})
	if err != nil {
		return b, err
	}
	b = checked
	problems, err := county.AccountProblems(ctx, s.accounts, b.ID)
	if err != nil {
		return b, err
	}
	rows := map[int]entry.Row{}
	for _, row := range s.accountRows() {
		rows[row.Line] = row
	}
	k, _ := county.KindByName(payments.KindAccount)
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

// sayAccounts prints the outcome of the accounts and returns the number of new ones in this workbook.
func (s *setup) sayAccounts(b payments.AccountBatch) int64 {
	k, _ := county.KindByName(payments.KindAccount)
	fmt.Fprintf(s.out, "%s：可新增 %d，可替换 %d，未变 %d，有问题 %d，其中不寻常 %d (%s: %d new, %d replaced, %d unchanged, %d wrong, %d unusual)\n", k.Title.Zh,
		b.New, b.Replaces, b.Unchanged, b.Wrong, b.Unusual, k.Name, b.New, b.Replaces, b.Unchanged, b.Wrong, b.Unusual)
	switch {
	case b.Same != 0:
		fmt.Fprintf(s.out, "收款账户和第 %d 批完全一样，那一批还在等复核 (batch %d has the same accounts and waits for approval)\n", b.Same, b.Same)
		return 0
	case b.State == payments.AccountsWaiting:
		fmt.Fprintf(s.out, "%d 户收款账户已交复核，还没有启用：请一位复核人员在“打款 → 批量收款账户”批准第 %d 批 (%d accounts wait for an approver on the page /county/payouts/accounts/%d; none is used yet)\n",
			b.Changes(), b.ID, b.Changes(), b.ID)
	case b.Changes() > 0:
		fmt.Fprintln(s.out, "收款账户导入后还要由复核人员批准才启用 (accounts are used only after an approver has agreed to them)")
	}
	return b.Changes()
}
