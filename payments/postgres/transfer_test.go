package postgres_test

import (
	"fmt"
	"testing"
	"time"

	"banmuyuan/internal/link"
	"banmuyuan/payments"
)

// transfer records one line of the bank's statement.
func (b *bundle) transfer(ref string, fen int64, memo string) payments.StatementLine {
	b.t.Helper()
	out, err := b.svc.RecordTransfers(operator, payments.RecordTransfers{Lines: []payments.Transfer{
		{BankRef: ref, AmountFen: fen, Payer: "某单位", Memo: memo, PaidOn: b.clock.now()}}})
	if err != nil {
		b.t.Fatal(err)
	}
	return out.Lines[0]
}

func (b *bundle) coded(ref, code string, fen int64) payments.Payment {
	b.t.Helper()
	r := b.request(ref, "deposit", payments.BankTransfer, fen)
	r.Code = code
	p, err := b.svc.CreatePayment(system(), r)
	if err != nil {
		b.t.Fatal(err)
	}
	return p
}

func TestTransferIsMatchedByCode(t *testing.T) {
	b := setup(t)
	p := b.coded(order, "2601-14AB", 500000)
	if p.State != payments.PaymentOpen || p.TransferCode != "2601-14AB" || p.PayTo == "" || p.PayToAccount == "" || p.PayToBank == "" {
		t.Fatalf("payment is %+v", p)
	}
	b.coded("order:2", "260115CD", 500000) // the same amount, another code
	out, err := b.svc.RecordTransfers(operator, payments.RecordTransfers{Lines: []payments.Transfer{
		{BankRef: "T1", AmountFen: 500000, Payer: "某超市", Memo: "货款 ２６０１１４ａｂ", PaidOn: b.clock.now()},
		{BankRef: "T2", AmountFen: 500000, Payer: "某公司", Memo: "大鹅款", PaidOn: b.clock.now()},
	}})
	if err != nil {
		t.Fatal(err)
	}
	if out.Matched != 1 || out.Suspense != 1 || out.Duplicate != 0 || out.Lines[0].PaymentID != p.ID || out.Lines[0].Ref != order || out.Lines[1].State != "suspense" {
		t.Errorf("result is %+v", out)
	}
	b.wantAccount(order, 500000, 0, 0, 500000, 0)
	b.wantAccount("order:2", 0, 0, 0, 0, 0)
	if got := events[payments.PaymentEvent](b, payments.EvtPaymentSucceeded); len(got) != 1 || got[0].Ref != order {
		t.Errorf("events: %+v", got)
	}

	// The same statement again, and the same line with another amount.
	again, err := b.svc.RecordTransfers(operator, payments.RecordTransfers{Lines: []payments.Transfer{
		{BankRef: "T1", AmountFen: 500000, Payer: "某 超市", Memo: "货款 260114AB", PaidOn: b.clock.now()}}})
	if err != nil || again.Duplicate != 1 || again.Lines[0].State != "duplicate" || again.Lines[0].ID != out.Lines[0].ID {
		t.Errorf("again: %+v, %v", again, err)
	}
	if l := b.transfer("T1", 500000, "货款 260114AB"); l.State != "doubtful" {
		t.Errorf("from another payer: %+v", l)
	}
	_, err = b.svc.RecordTransfers(operator, payments.RecordTransfers{Lines: []payments.Transfer{
		{BankRef: "T3", AmountFen: 1, Memo: "x", PaidOn: b.clock.now()}, {BankRef: "T1", AmountFen: 500001, PaidOn: b.clock.now()}}})
	wantCode(t, err, link.Conflict, "transfer.bank_ref_reused")
	if link.AsError(err).Field != "lines[1].bank_ref" {
		t.Errorf("field is %s", link.AsError(err).Field)
	}
	page, err := b.svc.Statement(operator, payments.StatementFilter{State: "suspense"})
	if err != nil || page.Total != 1 || page.Items[0].BankRef != "T2" {
		t.Fatalf("suspense is %+v, %v", page, err)
	}

	// The operator knows its payer.
	q, err := b.svc.Payments(operator, payments.PaymentFilter{Query: "260115-cd"})
	if err != nil || q.Total != 1 {
		t.Fatalf("search by code: %+v, %v", q, err)
	}
	for range 2 {
		l, err := b.svc.MatchTransfer(operator, payments.MatchTransfer{LineID: page.Items[0].ID, PaymentID: q.Items[0].ID})
		if err != nil || l.State != "matched" || l.Ref != "order:2" {
			t.Fatalf("matched: %+v, %v", l, err)
		}
	}
	b.wantAccount("order:2", 500000, 0, 0, 500000, 0)
	b.wantTransferActs("typed", "typed", "typed_doubtful", fmt.Sprint("matched ", q.Items[0].ID))
	_, err = b.svc.MatchTransfer(operator, payments.MatchTransfer{LineID: page.Items[0].ID, PaymentID: p.ID})
	wantCode(t, err, link.Conflict, "transfer.matched")
	_, err = b.svc.MatchTransfer(operator, payments.MatchTransfer{LineID: page.Items[0].ID, PaymentID: 999})
	wantCode(t, err, link.Invalid, "payment.unknown")
}

func TestTransfersAddUp(t *testing.T) {
	b := setup(t)
	b.coded(order, "260114AB", 500000)
	if l := b.transfer("T1", 300000, "260114AB"); l.State != "suspense" || l.Ref != order {
		t.Errorf("line is %+v", l)
	}
	b.wantAccount(order, 0, 0, 0, 0, 0)
	// The payer is told the received and the missing sum.
	if p := b.account(order).Payments[0]; p.State != payments.PaymentOpen || p.PartFen != 300000 || p.LackFen() != 200000 {
		t.Errorf("the payment is %+v", p)
	}
	if l := b.transfer("T2", 250000, "260114AB 尾"); l.State != "matched" {
		t.Errorf("line is %+v", l)
	}
	b.work()
	b.wantAccount(order, 500000, 0, 50000, 550000, 0)
	r := b.account(order).Refunds
	if len(r) != 1 || r[0].State != payments.RefundByBank || r[0].AmountFen != 50000 || r[0].Reason != "refund.overpaid" {
		t.Fatalf("refunds are %+v", r)
	}
	if got := events[payments.PaymentEvent](b, payments.EvtPaymentSucceeded); len(got) != 1 || got[0].AmountFen != 550000 || got[0].ReturnFen != 50000 {
		t.Errorf("events: %+v", got)
	}
	if p := b.account(order).Payments[0]; p.PartFen != 0 {
		t.Errorf("paid, the payment is %+v", p)
	}
	if _, err := b.svc.RecordRefund(operator, payments.RecordRefund{RefundID: r[0].ID, BankRef: "B1"}); err != nil {
		t.Fatal(err)
	}
	b.wantAccount(order, 500000, 0, 0, 550000, 50000)
}

func TestTransferTwiceAndLate(t *testing.T) {
	b := setup(t)
	b.coded(order, "260114AB", 500000)
	out, err := b.svc.RecordTransfers(operator, payments.RecordTransfers{Lines: []payments.Transfer{
		{BankRef: "T1", AmountFen: 500000, Memo: "260114AB", PaidOn: b.clock.now()}, {BankRef: "T2", AmountFen: 500000, Memo: "260114AB", PaidOn: b.clock.now()}}})
	if err != nil || out.Matched != 2 {
		t.Fatalf("result is %+v, %v", out, err)
	}
	b.wantAccount(order, 500000, 0, 500000, 1000000, 0)
	got := events[payments.PaymentEvent](b, payments.EvtPaymentSucceeded)
	if len(got) != 2 || got[0].Late || !got[1].Late {
		t.Errorf("events: %+v", got)
	}
	b.command(payments.CmdRefundLate, payments.RefundPayment{PaymentID: got[1].PaymentID})

	late := b.coded("order:2", "260115CD", 100)
	if _, err := b.svc.ExpirePayments(system(), payments.Ref{Ref: "order:2"}); err != nil {
		t.Fatal(err)
	}
	b.transfer("T3", 100, "260115CD")
	b.wantAccount("order:2", 0, 0, 100, 100, 0)
	b.command(payments.CmdAcceptLate, payments.AcceptLate{PaymentID: late.ID})
	b.wantAccount("order:2", 100, 0, 0, 100, 0)
}

// Deposit and balance quote the order's one number.
func TestOneCodeForDepositAndBalance(t *testing.T) {
	b := setup(t)
	b.coded(order, "260114AB", 30000)
	b.transfer("T1", 30000, "260114AB")
	b.deliver(1, order, map[int64]int64{17: 100000})
	b.close(order, 1)
	r := b.request(order, "balance", payments.BankTransfer, 70000)
	r.Code = "260114AB"
	if _, err := b.svc.CreatePayment(system(), r); err != nil {
		t.Fatal(err)
	}
	b.transfer("T2", 70000, "260114AB")
	b.wantAccount(order, 0, 0, 0, 100000, 0)
}

func TestTwoCodesInAMemoAreAsGoodAsNone(t *testing.T) {
	b := setup(t)
	b.coded(order, "260114AB", 100)
	b.coded("order:2", "260115CD", 100)
	if l := b.transfer("T1", 200, "260114AB 260115CD"); l.State != "suspense" || l.PaymentID != 0 {
		t.Errorf("line is %+v", l)
	}
}

func TestTransfersNameWhatIsWrong(t *testing.T) {
	b := setup(t)
	good := payments.Transfer{BankRef: "T1", AmountFen: 1, PaidOn: b.clock.now()}
	for field, change := range map[string]func(*payments.Transfer){
		"lines[1].bank_ref":   func(l *payments.Transfer) { l.BankRef = "T1" },
		"lines[1].amount_fen": func(l *payments.Transfer) { l.AmountFen = -5 },
		"lines[1].paid_on":    func(l *payments.Transfer) { l.PaidOn = b.clock.now().Add(72 * time.Hour) },
	} {
		bad := good
		bad.BankRef = "T2"
		change(&bad)
		_, err := b.svc.RecordTransfers(operator, payments.RecordTransfers{Lines: []payments.Transfer{good, bad}})
		if link.CodeOf(err) != link.Invalid || link.AsError(err).Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	_, err := b.svc.RecordTransfers(operator, payments.RecordTransfers{})
	wantCode(t, err, link.Invalid, "transfer.lines")
}

func TestManyTransfersAtOnce(t *testing.T) {
	b := setup(t)
	var lines []payments.Transfer
	for i := range 60 {
		p := b.create(fmt.Sprintf("order:%d", i+1), "deposit", payments.BankTransfer, 1000+int64(i))
		lines = append(lines, payments.Transfer{BankRef: fmt.Sprintf("T%d", i), AmountFen: p.AmountFen, Memo: p.TransferCode, PaidOn: b.clock.now()})
	}
	out, err := b.svc.RecordTransfers(operator, payments.RecordTransfers{Lines: lines})
	if err != nil || out.Matched != 60 {
		t.Fatalf("matched %d, %v", out.Matched, err)
	}
	b.wantAccount("order:60", 1059, 0, 0, 1059, 0)
}

func TestCashAgainstReceipt(t *testing.T) {
	b := setup(t)
	p := b.create(order, "deposit", payments.Cash, 30000)
	clerk := as("clerk", 31)
	_, err := b.svc.RecordCash(clerk, payments.RecordCash{PaymentID: p.ID, Receipt: "R-1", AmountFen: 29999})
	wantCode(t, err, link.Invalid, "cash.amount_differs")
	for range 2 {
		got, err := b.svc.RecordCash(clerk, payments.RecordCash{PaymentID: p.ID, Receipt: "R-1", AmountFen: 30000})
		if err != nil || got.State != payments.PaymentSucceeded {
			t.Fatalf("cash: %+v, %v", got, err)
		}
	}
	b.wantAccount(order, 30000, 0, 0, 30000, 0)
	q := b.create("order:2", "deposit", payments.Cash, 30000)
	_, err = b.svc.RecordCash(clerk, payments.RecordCash{PaymentID: q.ID, Receipt: "R-1", AmountFen: 30000})
	wantCode(t, err, link.Conflict, "cash.receipt_used")
	_, err = b.svc.RecordCash(clerk, payments.RecordCash{PaymentID: p.ID, Receipt: "R-2", AmountFen: 30000})
	wantCode(t, err, link.Conflict, "cash.not_due")
	_, err = b.svc.RecordCash(as("buyer", 501), payments.RecordCash{PaymentID: q.ID, Receipt: "R-2", AmountFen: 30000})
	wantCode(t, err, link.Forbidden, "forbidden")
	b.command(payments.CmdCancelRef, payments.CancelRef{Ref: order})
	b.work()
	r := b.account(order).Refunds[0]
	if r.State != payments.RefundByBank {
		t.Fatalf("refund is %+v", r)
	}
	if _, err := b.svc.RecordRefund(operator, payments.RecordRefund{RefundID: r.ID, BankRef: "收据 9"}); err != nil {
		t.Fatal(err)
	}
	tb, err := b.svc.TrialBalance(operator, payments.None{})
	if err != nil || tb.SumFen != 0 {
		t.Fatalf("trial balance: %+v, %v", tb, err)
	}
	for _, row := range tb.Rows {
		if row.BalanceFen != 0 {
			t.Errorf("%s is %d after the cash went back", row.Kind, row.BalanceFen)
		}
	}
}
