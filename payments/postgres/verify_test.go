package postgres_test

import (
	"strings"
	"testing"
	"time"

	"banmuyuan/payments"
	"banmuyuan/payments/gateway/sandbox"
)

// Each thing that must hold is broken by hand, as a mistake in the program would, and has to be found.
func TestVerifyFindsWhatIsWrong(t *testing.T) {
	for check, harm := range map[string]string{
		"ledger.sum":             `ALTER TABLE ledger_entry DISABLE TRIGGER USER; UPDATE ledger_entry SET amount = amount + 1 WHERE (txn_id, line) = (SELECT txn_id, line FROM ledger_entry LIMIT 1)`,
		"ledger.transaction":     `INSERT INTO ledger_txn (kind, business_key, input_hash, occurred_at, actor) VALUES ('x', 'x', '', now(), 'x')`,
		"ledger.balance":         `ALTER TABLE ledger_balance DISABLE TRIGGER USER; UPDATE ledger_balance SET balance = balance + normal WHERE account_id = (SELECT id FROM ledger_account WHERE code = 'deposit:order:3')`,
		"refunds.within_payment": `ALTER TABLE refund DISABLE TRIGGER USER; UPDATE refund SET amount_fen = amount_fen + 50000`,
		"payments.posted":        `UPDATE payment SET state = 'succeeded', succeeded_at = now() WHERE state = 'open'`,
		"refunds.owed":           `UPDATE refund SET state = 'by_bank', done_at = NULL`,
		"refs.billed":            `UPDATE ref SET billed_fen = billed_fen + 1`,
		"refs.finished":          `UPDATE ref SET closed = true WHERE ref = 'order:3'`,
		"payables.pending":       `UPDATE payable SET gross_fen = gross_fen + 1, amount_fen = amount_fen + 1 WHERE state = 'pending'`,
		"payables.owed":          `UPDATE payable SET state = 'reversed' WHERE state = 'released'`,
		"payables.overpaid":      `INSERT INTO payable (source_key, household, gross_fen, fee_fen, amount_fen, state, occurred_on, created_at) VALUES ('x', 17, -5, 0, -5, 'released', now(), now())`,
		"payouts.items":          `UPDATE payout_item SET amount_fen = amount_fen + 1 WHERE state = 'sent'`,
		"payouts.states":         `UPDATE payable SET state = 'paid', paid_on = now() WHERE state = 'batched'`,
		"payouts.transit":        `UPDATE payout_item SET state = 'returned' WHERE state = 'sent'`,
		"payouts.second_person":  `UPDATE payout_batch SET decided_by = created_by WHERE decided_by <> ''`,
		"bank.suspense":          `UPDATE bank_statement_line SET state = 'matched' WHERE state = 'suspense'`,
		"events.unpublished":     `UPDATE outbox SET created_at = now() - interval '2 minutes'`,
		"events.dead":            `INSERT INTO dead_letter (consumer, event_id, subject, data, error, deliveries, occurred_at) SELECT 'c', 'e', 's', '{}', 'x', 1, now()`,
		"clearing.balance":       `UPDATE payment SET amount_fen = amount_fen + 1 WHERE state = 'succeeded' AND method = 'sandbox'`,
		"clearing.amount":        `UPDATE sandbox_session SET amount_fen = amount_fen + 1 WHERE state = 'paid'`,
		"clearing.missing":       `DELETE FROM sandbox_refund`,
		"clearing.unknown":       `UPDATE sandbox_session SET state = 'paid', paid_at = now() - interval '1 hour' WHERE state = 'open'`,
	} {
		t.Run(check, func(t *testing.T) {
			b := setup(t)
			// Something of everything: refunded, waiting, kept, pending, released, on its way to the bank.
			cancel(b)
			b.work()
			b.create("order:2", "deposit", payments.Sandbox, 100)
			b.deposit("order:3", 5000)
			b.deliver(70, "order:4", map[int64]int64{18: 4000})
			b.loadAccounts(17)
			b.owe(1, map[int64]int64{17: 50000})
			b.export("k")
			b.owe(2, map[int64]int64{19: 7000})
			b.transfer("unknown", 5, "谁的?")
			b.verify()

			tx := b.db.MustBegin()
			if _, err := tx.Exec(harm); err != nil {
				t.Fatal(err)
			}
			if err := tx.Commit(); err != nil {
				t.Fatal(err)
			}
			found := b.findings()
			hit := false
			for _, f := range found {
				hit = hit || f.Check == check && f.Object != "" && f.Detail != ""
			}
			if !hit {
				t.Errorf("found %+v", found)
			}
			b.harmed = true
		})
	}
}

// A provider's latest action is not missing yet, and is after a minute.
func TestVerifyGivesProvidersAMinute(t *testing.T) {
	b := setup(t)
	b.turn(sandbox.Switches{Drop: true})
	p := b.create(order, "deposit", payments.Sandbox, 100)
	b.play(p, "pay")
	b.verify()
	b.clock.forward(2 * time.Minute)
	found := b.findings()
	if len(found) != 1 || found[0].Check != "clearing.unknown" || !strings.HasPrefix(found[0].Object, "sbx_") {
		t.Errorf("found %+v", found)
	}
	b.work()
}
