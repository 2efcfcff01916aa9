package postgres_test

import (
	"testing"

	"banmuyuan/internal/link"
	"banmuyuan/payments"
)

// Guards of docs/guards.md that no other test checks: the database refuses where the module does not.

// copyRow writes a row of a table once more, with some columns changed, and returns the database's error.
func (b *bundle) copyRow(table, where string, other map[string]string) error {
	b.t.Helper()
	var columns []string
	err := b.db.Select(&columns, `
		SELECT column_name FROM information_schema.columns
		WHERE table_schema = current_schema() AND table_name = $1 AND is_identity = 'NO' ORDER BY ordinal_position`, table)
	if err != nil || len(columns) == 0 {
		b.t.Fatalf("columns of %s: %v", table, err)
	}
	names, values := "", ""
	for i, c := range columns {
		if i > 0 {
			names, values = names+", ", values+", "
		}
		names += c
		if v, ok := other[c]; ok {
			c = v
		}
		values += c
	}
	res, err := b.db.Exec(`INSERT INTO ` + table + ` (` + names + `) SELECT ` + values + ` FROM ` + table + ` WHERE ` + where + ` LIMIT 1`)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n != 1 {
		b.t.Fatalf("no row of %s where %s: %v", table, where, err)
	}
	return nil
}

// Things that happen once cannot be written twice, by any code path.
func TestDatabaseTakesOnce(t *testing.T) {
	b := setup(t)
	b.loadAccounts(17, 18)
	cancel(b)
	b.work()
	b.owe(1, map[int64]int64{17: 50000, 18: 20000})
	b.payOut("once")
	b.site(30000, "SJ9")
	if _, err := b.svc.BankCash(operator, payments.BankCash{Slip: "JK1", AmountFen: 20000, PaidOn: b.clock.now()}); err != nil {
		t.Fatal(err)
	}
	if _, err := b.svc.AskReversal(operator, payments.AskReversal{TxnID: b.posting("cash.banked").ID, Reason: "金额录错了"}); err != nil {
		t.Fatal(err)
	}
	if _, err := b.svc.SetPayoutAccount(operator, payments.SetPayoutAccount{Household: 17, Holder: "户主17", Bank: "农村信用社", Number: "6217000000000000001"}); err != nil {
		t.Fatal(err)
	}
	if _, err := b.db.Exec(`UPDATE refund SET bank_ref = 'B1'`); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		table, where string
		other        map[string]string
		constraint   string
	}{
		{"payment", "method = 'sandbox'", map[string]string{"idem_key": "'other'", "provider_id": "''"}, "payment_ref_key"},
		{"payment", "method = 'sandbox'", map[string]string{"key": "'other'", "provider_id": "''"}, "payment_idem_key"},
		{"payment", "method = 'sandbox'", map[string]string{"key": "'other'", "idem_key": "'other'"}, "payment_provider"},
		{"refund", "true", map[string]string{"bank_ref": "''", "amount_fen": "1"}, "refund_idem_key"},
		{"refund", "true", map[string]string{"idem_key": "'other'", "amount_fen": "1"}, "refund_bank_ref"},
		{"provider_event", "true", nil, "provider_event_pkey"},
		{"bank_statement_line", "true", nil, "bank_statement_line_key"},
		{"cash_receipt", "true", nil, "cash_receipt_pkey"},
		{"cash_receipt", "true", map[string]string{"receipt": "'other'"}, "cash_receipt_payment_id_key"},
		{"cash_banking", "true", nil, "cash_banking_slip"},
		{"payable", "true", nil, "payable_source_key"},
		{"payout_account", "household = 17 AND state = 'active'", nil, "payout_account_active"},
		{"payout_account", "household = 17 AND state = 'review'", nil, "payout_account_review"},
		{"payout_batch", "true", map[string]string{"no": "'other'"}, "payout_batch_idem_key"},
		{"payout_item", "true", map[string]string{"line": "99"}, "payout_item_household"},
		{"payout_result", "true", nil, "payout_result_batch_id_sha256_key"},
		{"ledger_reversal", "true", nil, "ledger_reversal_one"},
	} {
		if err := b.copyRow(c.table, c.where, c.other); link.Constraint(err) != c.constraint {
			t.Errorf("%s with %v: %v, want %s", c.table, c.other, err, c.constraint)
		}
	}
}

// Nobody is shown a number that is not in the log: where it cannot be written, nothing is shown.
func TestNoLogNoNumber(t *testing.T) {
	b := setup(t)
	b.loadAccounts(17)
	b.owe(1, map[int64]int64{17: 50000})
	batch := b.export("before")
	if _, err := b.db.Exec(`ALTER TABLE unmasking ADD CONSTRAINT broken CHECK (false) NOT VALID`); err != nil {
		t.Fatal(err)
	}
	if got, err := b.svc.Unmask(operator, payments.Unmask{Household: 17, Reason: "日志坏了"}); err == nil || got != (payments.Unmasked{}) {
		t.Errorf("shown %+v, %v", got, err)
	}
	if f, err := b.svc.ExportBatch(operator, payments.ExportBatch{ID: batch.ID, Format: "csv"}); err == nil || len(f.Data) > 0 {
		t.Errorf("a file of %d bytes, %v", len(f.Data), err)
	}
}

// A refund that waits for a second person does not leave without one, for every writer; and its author is known by the
// account as well, where the login stayed out of the command.
func TestDatabaseKeepsLargeRefundsWaiting(t *testing.T) {
	b := setup(t)
	b.limited()
	cancel(b)
	b.work()
	r := b.refundState(payments.RefundReview)
	_, err := b.db.Exec(`UPDATE refund SET state = 'ready'`)
	if link.Constraint(err) != "refund_approved" {
		t.Errorf("let go by hand: %v", err)
	}
	if _, err := b.db.Exec(`UPDATE refund SET caused_by = 'account:12'`); err != nil {
		t.Fatal(err)
	}
	_, err = b.svc.ApproveRefund(approver, payments.RefundRef{ID: r.ID})
	wantCode(t, err, link.Forbidden, "refund.second_person")
	if _, err := b.svc.ApproveRefund(secondPerson, payments.RefundRef{ID: r.ID}); err != nil {
		t.Error(err)
	}
	b.work()
}

// A refused closing of the books stays as well.
func TestRefusedClosingStays(t *testing.T) {
	b := setup(t)
	month, _ := b.lastMonth()
	asked, err := b.svc.AskClosing(operator, payments.AskClosing{Month: month})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := b.svc.DecideClosing(approver, payments.DecideClosing{ID: asked.ID, Reason: "还有单据没到"}); err != nil || got.State != payments.ClosingRefused {
		t.Fatalf("refused: %+v, %v", got, err)
	}
	for _, sql := range []string{`DELETE FROM ledger_closing`, `TRUNCATE ledger_closing CASCADE`, `UPDATE ledger_closing SET state = 'asked'`} {
		if _, err := b.db.Exec(sql); link.Constraint(err) != "ledger_append_only" {
			t.Errorf("%s: %v", sql, err)
		}
	}
}
