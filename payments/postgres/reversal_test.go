package postgres_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"banmuyuan/internal/link"
	"banmuyuan/payments"
)

// posting is the newest transaction of a kind.
func (b *bundle) posting(kind string) payments.JournalTxn {
	b.t.Helper()
	page, err := b.svc.Journal(operator, payments.JournalFilter{Kind: kind, Limit: 1})
	if err != nil || len(page.Items) != 1 {
		b.t.Fatalf("no posting %s: %+v, %v", kind, page, err)
	}
	return page.Items[0]
}

// reverse has a posting reversed by hand: one asks, another approves.
func (b *bundle) reverse(kind string) payments.Reversal {
	b.t.Helper()
	asked, err := b.svc.AskReversal(operator, payments.AskReversal{TxnID: b.posting(kind).ID, Reason: "录错了，需更正"})
	if err != nil {
		b.t.Fatalf("ask to reverse %s: %v", kind, err)
	}
	done, err := b.svc.DecideReversal(secondPerson, payments.DecideReversal{ID: asked.ID, Approve: true})
	if err != nil || done.State != payments.ReversalPosted || done.ReversalID == 0 {
		b.t.Fatalf("reverse %s: %+v, %v", kind, done, err)
	}
	b.verify()
	return done
}

var secondPerson = as("approver", 14)

func (b *bundle) site(fen int64, receipt string) {
	b.t.Helper()
	p := b.create("order:"+strings.TrimPrefix(receipt, "SJ"), "deposit", payments.Cash, fen)
	if _, err := b.svc.RecordCash(operator, payments.RecordCash{PaymentID: p.ID, Receipt: receipt, AmountFen: fen}); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bundle) balanceOf(account string) int64 {
	b.t.Helper()
	st, err := b.svc.AccountStatement(operator, payments.AccountRequest{Account: account, To: b.clock.now().AddDate(0, 2, 0).Format(time.DateOnly)})
	if err != nil {
		b.t.Fatal(err)
	}
	return st.ClosingFen
}

// A slip entered with a wrong amount is reversed and entered again, as often as it takes.
func TestWrongBankingIsReversed(t *testing.T) {
	b := setup(t)
	b.site(30000, "SJ1")
	slip := payments.BankCash{Slip: "JK:2026:1", AmountFen: 20000, PaidOn: b.clock.now()}
	for n, fen := range []int64{20000, 12000, 30000} {
		slip.AmountFen = fen
		if _, err := b.svc.BankCash(operator, slip); err != nil {
			t.Fatalf("the %d. time: %v", n+1, err)
		}
		if got := b.balanceOf("bank"); got != fen {
			t.Errorf("the bank has %d, want %d", got, fen)
		}
		if fen != 30000 {
			b.reverse("cash.banked")
			if bank, cash := b.balanceOf("bank"), b.balanceOf("cash:site"); bank != 0 || cash != 30000 {
				t.Errorf("reversed, the bank has %d, the box %d", bank, cash)
			}
		}
	}
	box, err := b.svc.Cashbox(operator, payments.CashboxRequest{})
	if err != nil || box.OnHandFen != 0 || len(box.Bankings) != 3 || !box.Bankings[1].Reversed || box.Bankings[0].Reversed {
		t.Errorf("cashbox %+v, %v", box, err)
	}
	list, err := b.svc.Booked(operator, payments.None{})
	if err != nil || len(list.Items) != 1 || list.Items[0].AmountFen != 30000 {
		t.Errorf("what the statement is to show: %+v, %v", list, err)
	}
	// Once the bank's statement shows it, it is not a slip of the pen any more; first the line goes back.
	if _, err := b.svc.RecordTransfers(operator, payments.RecordTransfers{Lines: []payments.Transfer{{BankRef: "S1", AmountFen: 30000, Memo: "现金", PaidOn: b.clock.now()}}}); err != nil {
		t.Fatal(err)
	}
	line := b.lines("suspense")[0]
	if _, err := b.svc.ExplainTransfer(operator, payments.ExplainTransfer{LineID: line.ID, Kind: payments.BookedBanking, ID: list.Items[0].ID}); err != nil {
		t.Fatal(err)
	}
	_, err = b.svc.AskReversal(operator, payments.AskReversal{TxnID: b.posting("cash.banked").ID, Reason: "录错了，需更正"})
	wantCode(t, err, link.Conflict, "reversal.on_statement")
	b.reverse("statement.booked")
	if again := b.lines("suspense"); len(again) != 1 || again[0].ID != line.ID {
		t.Fatalf("the line is not in suspense again: %+v", again)
	}
	if _, err := b.svc.ExplainTransfer(operator, payments.ExplainTransfer{LineID: line.ID, Kind: payments.BookedBanking, ID: list.Items[0].ID}); err != nil {
		t.Fatal(err)
	}
	if got := b.balanceOf("bank"); got != 30000 {
		t.Errorf("the bank has %d", got)
	}
}

func (b *bundle) lines(state string) []payments.StatementLine {
	b.t.Helper()
	page, err := b.svc.Statement(operator, payments.StatementFilter{State: state})
	if err != nil {
		b.t.Fatal(err)
	}
	return page.Items
}

func TestWrongReturnsFeesAndRefundsAreReversed(t *testing.T) {
	b := setup(t)
	// A line in suspense, said to have been sent back, was not.
	if _, err := b.svc.RecordTransfers(operator, payments.RecordTransfers{Lines: []payments.Transfer{{BankRef: "S1", AmountFen: 777, Memo: "?", PaidOn: b.clock.now()}}}); err != nil {
		t.Fatal(err)
	}
	line := b.lines("suspense")[0]
	for n, ref := range []string{"TH1", "TH2"} {
		if _, err := b.svc.ReturnTransfer(operator, payments.ReturnTransfer{LineID: line.ID, BankRef: ref, PaidOn: b.clock.now()}); err != nil {
			t.Fatal(err)
		}
		if got := b.balanceOf("suspense"); got != 0 {
			t.Errorf("suspense is %d", got)
		}
		if n == 0 {
			b.reverse("statement.returned")
			if bank, suspense := b.balanceOf("bank"), b.balanceOf("suspense"); bank != 777 || suspense != -777 || len(b.lines("suspense")) != 1 {
				t.Errorf("reversed: bank %d, suspense %d", bank, suspense)
			}
		}
	}
	// Money out, taken for a fee, was something else.
	res, err := b.svc.ImportStatement(operator, payments.ImportStatement{Name: "s.csv", Data: []byte("交易流水号,交易日期,收入金额,支出金额,对方户名,摘要\nO1," + payments.Day(b.clock.now()) + ",,30.00,某公司,支出\n")})
	if err != nil || len(res.Problems) > 0 || res.Out != 1 {
		t.Fatalf("statement: %+v, %v", res, err)
	}
	out, err := b.svc.Outgoing(operator, payments.StatementFilter{State: "open"})
	if err != nil || len(out.Items) != 1 {
		t.Fatalf("outgoing: %+v, %v", out, err)
	}
	for n, note := range []string{"手续费", "手续费"} {
		if _, err := b.svc.ExplainOutgoing(operator, payments.ExplainOutgoing{LineID: out.Items[0].ID, Note: note}); err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			b.reverse("statement.fee")
		}
	}
	if got := b.balanceOf("exp:bank"); got != 3000 {
		t.Errorf("fees are %d", got)
	}
	// A refund by bank, entered for the wrong buyer.
	b.site(5000, "SJ7")
	b.command(payments.CmdCancelRef, payments.CancelRef{Ref: "order:7"})
	refund := b.account("order:7").Refunds[0]
	for n, ref := range []string{"TK1", "TK2"} {
		if _, err := b.svc.RecordRefund(operator, payments.RecordRefund{RefundID: refund.ID, BankRef: ref}); err != nil {
			t.Fatal(err)
		}
		b.wantAccount("order:7", 0, 0, 0, 5000, 5000)
		if n == 0 {
			b.reverse("refund")
			b.wantAccount("order:7", 0, 0, 5000, 5000, 0)
		}
	}
}

func TestReversalNeedsTwoAndHappensOnce(t *testing.T) {
	b := setup(t)
	b.site(30000, "SJ1")
	if _, err := b.svc.BankCash(operator, payments.BankCash{Slip: "JK1", AmountFen: 20000, PaidOn: b.clock.now()}); err != nil {
		t.Fatal(err)
	}
	txn := b.posting("cash.banked").ID
	ask := payments.AskReversal{TxnID: txn, Reason: "金额录错了"}
	_, err := b.svc.AskReversal(operator, payments.AskReversal{TxnID: txn, Reason: " 错 "})
	wantCode(t, err, link.Invalid, "reversal.reason")
	_, err = b.svc.AskReversal(operator, payments.AskReversal{TxnID: 99999, Reason: ask.Reason})
	wantCode(t, err, link.NotFound, "reversal.unknown_txn")
	_, err = b.svc.AskReversal(approver, ask)
	wantCode(t, err, link.Forbidden, "forbidden")
	_, err = b.svc.AskReversal(as("clerk", 31), ask)
	wantCode(t, err, link.Forbidden, "forbidden")
	_, err = b.svc.Reversals(as("buyer", 501), payments.ReversalFilter{})
	wantCode(t, err, link.Forbidden, "forbidden")
	// A posting that follows from an order is corrected there.
	_, err = b.svc.AskReversal(operator, payments.AskReversal{TxnID: b.posting("payment.deposit").ID, Reason: ask.Reason})
	wantCode(t, err, link.Invalid, "reversal.kind")

	first, err := b.svc.AskReversal(boss("operator"), ask)
	if err != nil {
		t.Fatal(err)
	}
	if twice, err := b.svc.AskReversal(boss("operator"), ask); err != nil || twice.ID != first.ID {
		t.Errorf("asked twice: %+v, %v", twice, err)
	}
	_, err = b.svc.AskReversal(operator, ask)
	wantCode(t, err, link.Conflict, "reversal.asked")
	_, err = b.svc.DecideReversal(boss("approver"), payments.DecideReversal{ID: first.ID, Approve: true})
	wantCode(t, err, link.Forbidden, "reversal.second_person")
	_, err = b.svc.DecideReversal(operator, payments.DecideReversal{ID: first.ID, Approve: true})
	wantCode(t, err, link.Forbidden, "forbidden")
	_, err = b.svc.DecideReversal(approver, payments.DecideReversal{ID: first.ID})
	wantCode(t, err, link.Invalid, "reversal.why")
	_, err = b.svc.DecideReversal(approver, payments.DecideReversal{ID: 999, Approve: true})
	wantCode(t, err, link.NotFound, "reversal.unknown")
	if got, err := b.svc.DecideReversal(approver, payments.DecideReversal{ID: first.ID, Why: "凭证上就是两百"}); err != nil || got.State != payments.ReversalRefused || got.WhyRefused == "" {
		t.Fatalf("refused: %+v, %v", got, err)
	}
	_, err = b.svc.DecideReversal(approver, payments.DecideReversal{ID: first.ID, Approve: true})
	wantCode(t, err, link.Conflict, "reversal.decided")

	// The author of the posting does not approve its reversal either, though somebody else asks.
	if _, err := b.svc.BankCash(boss("operator"), payments.BankCash{Slip: "JK2", AmountFen: 5000, PaidOn: b.clock.now()}); err != nil {
		t.Fatal(err)
	}
	own, err := b.svc.AskReversal(operator, payments.AskReversal{TxnID: b.posting("cash.banked").ID, Reason: ask.Reason})
	if err != nil {
		t.Fatal(err)
	}
	_, err = b.svc.DecideReversal(boss("approver"), payments.DecideReversal{ID: own.ID, Approve: true})
	wantCode(t, err, link.Forbidden, "reversal.second_person")

	// Ten approve at once: it is posted once.
	second, err := b.svc.AskReversal(operator, ask)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for i := range 10 {
		wg.Go(func() {
			who := approver
			if i%2 == 1 {
				who = secondPerson
			}
			_, err := b.svc.DecideReversal(who, payments.DecideReversal{ID: second.ID, Approve: true})
			if err != nil && link.AsError(err).Key != "reversal.decided" {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if got := b.balanceOf("bank"); got != 5000 {
		t.Errorf("the bank has %d", got)
	}
	_, err = b.svc.AskReversal(operator, ask)
	wantCode(t, err, link.Conflict, "reversal.reversed")
	_, err = b.svc.AskReversal(operator, payments.AskReversal{TxnID: b.posting("cash.banked.reversed").ID, Reason: ask.Reason})
	wantCode(t, err, link.Invalid, "reversal.mirror")
	page, err := b.svc.Reversals(operator, payments.ReversalFilter{Txn: txn})
	if err != nil || page.Total != 2 || page.Items[0].State != payments.ReversalPosted || page.Items[0].Txn.ReversedBy != page.Items[0].ReversalID {
		t.Errorf("reversals: %+v, %v", page, err)
	}
	for _, sql := range []string{`UPDATE ledger_reversal SET reason = 'x'`, `UPDATE ledger_reversal SET state = 'asked', decided_at = NULL WHERE state = 'refused'`,
		`DELETE FROM ledger_reversal`, `TRUNCATE ledger_reversal`} {
		if _, err := b.db.Exec(sql); err == nil {
			t.Errorf("%s: was let through", sql)
		}
	}
}

// A posting in a month that is closed stays there: its reversal is booked in the open one.
func TestReversalIsBookedInTheOpenMonth(t *testing.T) {
	b := setup(t)
	month, in := b.lastMonth()
	b.site(30000, "SJ1")
	if _, err := b.svc.BankCash(operator, payments.BankCash{Slip: "JK1", AmountFen: 20000, PaidOn: in}); err != nil {
		t.Fatal(err)
	}
	closed := b.closeBooks(month)
	before, err := b.svc.Trial(operator, payments.TrialRequest{To: closed.Through})
	if err != nil {
		t.Fatal(err)
	}
	done := b.reverse("cash.banked")
	if done.Txn.BookedOn > closed.Through || done.BookedOn <= closed.Through {
		t.Errorf("posted on %s, reversed on %s, closed through %s", done.Txn.BookedOn, done.BookedOn, closed.Through)
	}
	after, err := b.svc.Trial(operator, payments.TrialRequest{To: closed.Through})
	if err != nil || len(after.Rows) != len(before.Rows) {
		t.Fatal(err)
	}
	for i := range after.Rows {
		if after.Rows[i] != before.Rows[i] {
			t.Errorf("the closed month became %+v, was %+v", after.Rows[i], before.Rows[i])
		}
	}
	// Verify sees a reversal that nobody approved.
	b.harmed = true
	if _, err := b.db.Exec(`ALTER TABLE ledger_reversal DISABLE TRIGGER ledger_reversal_sealed; UPDATE ledger_reversal SET decided_by = asked_by`); err != nil {
		t.Fatal(err)
	}
	if found := b.findings(); len(found) != 1 || found[0].Check != "reversals.second_person" {
		t.Errorf("verify found %+v", found)
	}
}
