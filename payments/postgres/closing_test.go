package postgres_test

import (
	"bytes"
	"sync"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"banmuyuan/internal/link"
	"banmuyuan/payments"
	"banmuyuan/payments/ledger"
)

// lastMonth is the month before the clock's, and a day in it.
func (b *bundle) lastMonth() (month string, day time.Time) {
	now := b.clock.now().In(payments.China)
	day = time.Date(now.Year(), now.Month(), 1, 12, 0, 0, 0, now.Location()).AddDate(0, 0, -3)
	return day.Format("2006-01"), day
}

func (b *bundle) closeBooks(month string) payments.Closing {
	b.t.Helper()
	asked, err := b.svc.AskClosing(operator, payments.AskClosing{Month: month})
	if err != nil {
		b.t.Fatal(err)
	}
	closed, err := b.svc.DecideClosing(approver, payments.DecideClosing{ID: asked.ID, Approve: true})
	if err != nil || closed.State != payments.ClosingClosed {
		b.t.Fatalf("closed: %+v, %v", closed, err)
	}
	return closed
}

func (b *bundle) postAt(key string, at time.Time, fen int64) error {
	return link.InTx(system(), b.db, nil, func(tx *sqlx.Tx) error {
		_, err := ledger.Post(system(), tx, ledger.Txn{Kind: "test", BusinessKey: key, OccurredAt: at, Actor: "t",
			Lines: []ledger.Line{ledger.Debit(ledger.Bank(), fen), ledger.Credit(ledger.Forfeit(3), fen)}})
		return err
	})
}

func TestClosedMonthStaysAsItIs(t *testing.T) {
	b := setup(t)
	month, in := b.lastMonth()
	if err := b.postAt("before", in, 1000); err != nil {
		t.Fatal(err)
	}
	_, err := b.svc.AskClosing(operator, payments.AskClosing{Month: b.clock.now().In(payments.China).Format("2006-01")})
	wantCode(t, err, link.Conflict, "books.month_runs")
	_, err = b.svc.AskClosing(approver, payments.AskClosing{Month: month})
	wantCode(t, err, link.Forbidden, "forbidden")
	asked, err := b.svc.AskClosing(boss("operator"), payments.AskClosing{Month: month})
	if err != nil {
		t.Fatal(err)
	}
	_, err = b.svc.DecideClosing(boss("approver"), payments.DecideClosing{ID: asked.ID, Approve: true})
	wantCode(t, err, link.Forbidden, "payout.second_person")
	_, err = b.svc.AskClosing(operator, payments.AskClosing{Month: month})
	wantCode(t, err, link.Conflict, "books.asked")
	for range 2 {
		if got, err := b.svc.DecideClosing(approver, payments.DecideClosing{ID: asked.ID, Approve: true}); err != nil || got.State != payments.ClosingClosed {
			t.Fatalf("closed: %+v, %v", got, err)
		}
	}
	_, err = b.svc.AskClosing(operator, payments.AskClosing{Month: month})
	wantCode(t, err, link.Conflict, "books.closed")

	through := asked.Through
	before, err := b.svc.Trial(operator, payments.TrialRequest{To: through})
	if err != nil || before.SumFen != 0 || len(before.Rows) != 2 {
		t.Fatalf("trial: %+v, %v", before, err)
	}
	// A late fact of the closed month goes into the open month.
	if err := b.postAt("late", in, 500); err != nil {
		t.Fatal(err)
	}
	after, err := b.svc.Trial(operator, payments.TrialRequest{To: through})
	if err != nil || after.Rows[0] != before.Rows[0] || after.Rows[1] != before.Rows[1] {
		t.Errorf("the closed month became %+v, was %+v; %v", after.Rows, before.Rows, err)
	}
	now, err := b.svc.Trial(operator, payments.TrialRequest{From: b.clock.now().In(payments.China).Format("2006-01") + "-01"})
	if err != nil || now.Rows[0].OpeningFen != 1000 || now.Rows[0].DebitFen != 500 || now.Rows[0].ClosingFen != 1500 {
		t.Errorf("the open month: %+v, %v", now, err)
	}
	periods, err := b.svc.Periods(operator, payments.None{})
	if err != nil || len(periods.Items) != 2 || !periods.Items[1].Closed || periods.Items[0].Closed || periods.Items[0].LateTxns != 1 || periods.ClosedThrough != through {
		t.Errorf("periods: %+v, %v", periods, err)
	}
	// Nor can anybody put it there by hand.
	for _, sql := range []string{
		`INSERT INTO ledger_txn (kind, business_key, input_hash, occurred_at, actor, booked_on) VALUES ('x', 'x', '', now(), 'x', '` + through + `')`,
		`UPDATE ledger_txn SET booked_on = '` + through + `'`, `DELETE FROM ledger_closing`, `UPDATE ledger_closing SET state = 'refused'`,
		`UPDATE ledger_closing SET through = through - 31`, `DELETE FROM ledger_closing_sum`,
	} {
		if _, err := b.db.Exec(sql); err == nil {
			t.Errorf("%s: was let through", sql)
		}
	}
}

// Sixteen post into a month while it is closed. An earlier posting is in it, a later one is not, and the sum
// that was taken at the closing stays right.
func TestClosingRacesWithPostings(t *testing.T) {
	b := setup(t)
	month, in := b.lastMonth()
	asked, err := b.svc.AskClosing(operator, payments.AskClosing{Month: month})
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			for n := range 8 {
				if err := b.postAt(string(rune('a'+i))+string(rune('a'+n)), in, 1); err != nil {
					t.Error(err)
				}
				if i == 7 && n == 3 {
					if _, err := b.svc.DecideClosing(approver, payments.DecideClosing{ID: asked.ID, Approve: true}); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	wg.Wait()
	all, err := b.svc.Trial(operator, payments.TrialRequest{})
	if err != nil || all.Rows[0].ClosingFen != 128 {
		t.Errorf("trial: %+v, %v", all, err)
	}
	b.verify()
}

func TestCheckpointsCarryDerivedBalances(t *testing.T) {
	b := setup(t)
	_, in := b.lastMonth()
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for n := range 10 {
				if err := b.postAt(string(rune('a'+i))+string(rune('a'+n)), in, 100); err != nil {
					t.Error(err)
				}
				if n%3 == i%3 {
					if err := b.svc.Checkpoint(system(), 1); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	wg.Wait()
	sum, err := ledger.Derived(system(), b.db, ledger.KindBank)
	if err != nil || sum != 8_000 {
		t.Errorf("bank is %d, %v", sum, err)
	}
	var cuts int
	if err := b.db.Get(&cuts, `SELECT count(*) FROM ledger_checkpoint`); err != nil || cuts < 2 {
		t.Errorf("%d checkpoints, %v", cuts, err)
	}
	b.verify()
	b.harmed = true
	if _, err := b.db.Exec(`ALTER TABLE ledger_checkpoint DISABLE TRIGGER ledger_checkpoint_kept; UPDATE ledger_checkpoint SET balance = balance + 1`); err != nil {
		t.Fatal(err)
	}
	if found := b.findings(); len(found) == 0 || found[0].Check != "ledger.checkpoint" {
		t.Errorf("verify found %+v", found)
	}
}

func TestAccountStatementRunsFromOpeningToClosing(t *testing.T) {
	b := setup(t)
	_, in := b.lastMonth()
	for i, fen := range []int64{100, 200, 300, 400} {
		if err := b.postAt(string(rune('a'+i)), in.AddDate(0, 0, i-2), fen); err != nil {
			t.Fatal(err)
		}
	}
	from, to := in.AddDate(0, 0, -1).Format(time.DateOnly), in.Format(time.DateOnly)
	st, err := b.svc.AccountStatement(operator, payments.AccountRequest{Account: "bank", From: from, To: to, Limit: 1})
	if err != nil || st.OpeningFen != 100 || st.DebitFen != 500 || st.ClosingFen != 600 || st.Total != 2 || len(st.Items) != 1 || st.Items[0].BalanceFen != 300 {
		t.Fatalf("first page: %+v, %v", st, err)
	}
	st, err = b.svc.AccountStatement(operator, payments.AccountRequest{Account: "bank", From: from, To: to, Limit: 1, Cursor: st.Cursor})
	if err != nil || st.Items[0].BalanceFen != 600 || st.Cursor != "" {
		t.Errorf("last page: %+v, %v", st, err)
	}
	_, err = b.svc.AccountStatement(operator, payments.AccountRequest{Account: "nobody"})
	wantCode(t, err, link.NotFound, "books.unknown_account")
	_, err = b.svc.AccountStatement(operator, payments.AccountRequest{Account: "bank", From: "x"})
	wantCode(t, err, link.Invalid, "books.day")
	var lines []payments.LedgerEntry
	for cursor := ""; ; {
		page, err := b.svc.LedgerEntries(operator, payments.EntriesRequest{Cursor: cursor, Limit: 3})
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, page.Items...)
		if cursor = page.Cursor; cursor == "" {
			break
		}
	}
	var sum int64
	for _, l := range lines {
		sum += l.AmountFen
	}
	if len(lines) != 8 || sum != 0 {
		t.Errorf("%d lines sum to %d", len(lines), sum)
	}
}

func TestPayoutFileIsKeptEncryptedAndExpires(t *testing.T) {
	b := setup(t)
	b.loadAccounts(17, 18)
	b.owe(1, map[int64]int64{17: 50000, 18: 20000})
	batch := b.export("file")
	first, err := b.svc.ExportBatch(operator, payments.ExportBatch{ID: batch.ID, Format: "csv"})
	if err != nil {
		t.Fatal(err)
	}
	var sealed []byte
	if err := b.db.Get(&sealed, `SELECT sealed FROM payout_file WHERE batch_id = $1 AND format = 'csv'`, batch.ID); err != nil || len(sealed) < len(first.Data) ||
		containsAny(sealed, "6228480000000000017", "演示户") {
		t.Errorf("kept %d bytes of %d, %v", len(sealed), len(first.Data), err)
	}
	b.clock.forward(8 * 24 * time.Hour)
	b.work()
	var left int
	if err := b.db.Get(&left, `SELECT count(*) FROM payout_file WHERE sealed IS NOT NULL`); err != nil || left != 0 {
		t.Errorf("%d files are left, %v", left, err)
	}
	again, err := b.svc.ExportBatch(operator, payments.ExportBatch{ID: batch.ID, Format: "csv"})
	if err != nil || string(again.Data) != string(first.Data) {
		t.Errorf("made anew it differs: %v", err)
	}
}

func containsAny(data []byte, texts ...string) bool {
	for _, s := range texts {
		if bytes.Contains(data, []byte(s)) {
			return true
		}
	}
	return false
}
