package postgres_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"banmuyuan/internal/link"
	"banmuyuan/payments"
	"banmuyuan/payments/bankfile"
)

func (b *bundle) doubtful() []payments.DoubtfulLine {
	b.t.Helper()
	page, err := b.svc.Doubtful(operator, payments.StatementFilter{State: string(payments.DoubtOpen)})
	if err != nil {
		b.t.Fatal(err)
	}
	return page.Items
}

func (b *bundle) decide(id int64, as string) payments.DoubtfulLine {
	b.t.Helper()
	l, err := b.svc.DecideDoubtful(operator, payments.DecideDoubtful{LineID: id, As: as})
	if err != nil {
		b.t.Fatal(err)
	}
	return l
}

func (b *bundle) paidFor(ref string) int64 {
	b.t.Helper()
	return b.account(ref).PaidFen
}

// Money that left, that failed, and that is no yuan pays nothing, whatever it quotes.
func TestDoubtfulMoneyPaysNothing(t *testing.T) {
	b := setup(t)
	for name, table := range map[string]string{
		"went out":     "交易日期,交易流水号,交易金额,借/贷,对方户名,摘要\n%s,A-%d,300.00,借,某公司,退款 %s\n",
		"two rows":     "交易日期,流水号,发生额,,对方户名,摘要\n,,借方,贷方,,\n%s,B-%d,300.00,,某公司,退款 %s\n",
		"failed":       "交易日期,交易流水号,收入金额,支出金额,对方户名,交易状态,摘要\n%s,C-%d,300.00,,某公司,交易失败,%s\n",
		"dollars":      "交易日期,交易流水号,币种,收入金额,支出金额,对方户名,摘要\n%s,D-%d,USD,300.00,,某公司,%s\n",
		"unknown word": "交易日期,交易流水号,交易金额,借贷标志,摘要\n%s,E-%d,300.00,圈存,%s\n",
		"taken back":   "交易日期,交易流水号,收入金额,支出金额,摘要\n%s,F-%d,,-300.00,冲正 %s\n",
	} {
		ref := "order:" + strings.ReplaceAll(name, " ", "")
		p := b.create(ref, "deposit", payments.BankTransfer, 30000)
		b.importStatement(fmt.Sprintf(table, b.today(), p.ID, p.TransferCode))
		if fen := b.paidFor(ref); fen != 0 {
			t.Errorf("%s: %d fen are paid", name, fen)
		}
	}
	if n := len(b.doubtful()); n != 3 {
		t.Errorf("%d lines wait for a person", n)
	}
	b.verify()
}

// A bank that numbers the lines of each day anew loses nobody's money.
func TestReferencesOfTheDay(t *testing.T) {
	b := setup(t)
	one, two := b.create(order, "deposit", payments.BankTransfer, 30000), b.create("order:2", "deposit", payments.BankTransfer, 30000)
	const head = "交易日期,流水号,收入金额,支出金额,对方户名,摘要\n"
	yesterday := b.clock.now().In(china).AddDate(0, 0, -1).Format(time.DateOnly)
	b.importStatement(head + yesterday + ",0001,300.00,,甲公司," + one.TransferCode + "\n")
	got := b.importStatement(head + b.today() + ",0001,300.00,,乙公司," + two.TransferCode + "\n")
	if got.Matched != 1 || got.Duplicate != 0 || b.paidFor(order) != 30000 || b.paidFor("order:2") != 30000 {
		t.Errorf("imported %+v", got)
	}
	if got := b.importStatement(head + b.today() + ",0001,12.34,,丙,x\n"); got.Doubtful != 1 { // of the same day it is another one's
		t.Errorf("of the same day: %+v", got)
	}
	b.verify()
}

// What a person decides is booked as any other line, once.
func TestDecideDoubtful(t *testing.T) {
	b := setup(t)
	p := b.create(order, "deposit", payments.BankTransfer, 30000)
	table := fmt.Sprintf("日期,流水号,金额,借贷标志,币种,摘要\n%[1]s,A1,300.00,圈存,人民币,%[2]s\n%[1]s,A2,5.00,圈存,人民币,x\n%[1]s,A3,7.00,贷,美元,x\n", b.today(), p.TransferCode)
	look, err := b.svc.ImportStatement(operator, payments.ImportStatement{Data: []byte(table), DryRun: true})
	if err != nil || look.Doubtful != 3 || len(look.Lines) != 3 || look.Lines[0].Use != payments.LookDoubtful || !slices.Contains(look.Lines[2].Doubts, bankfile.DoubtCurrency) {
		t.Fatalf("look: %+v, %v", look, err)
	}
	if n := len(b.doubtful()); n != 0 {
		t.Fatalf("a look stored %d lines", n)
	}
	for range 2 {
		b.importStatement(table)
	}
	lines := b.doubtful() // newest first
	if len(lines) != 3 || lines[2].BankRef != "A1" || !lines[2].Either {
		t.Fatalf("doubtful: %+v", lines)
	}
	for range 2 {
		if l := b.decide(lines[2].ID, payments.DecideIn); l.State != payments.DoubtBooked || l.DecidedBy == "" {
			t.Errorf("decided %+v", l)
		}
	}
	if fen := b.paidFor(order); fen != 30000 {
		t.Errorf("%d fen are paid", fen)
	}
	_, err = b.svc.DecideDoubtful(operator, payments.DecideDoubtful{LineID: lines[2].ID, As: payments.DecideSkip})
	wantCode(t, err, link.Conflict, "statement.decided")
	_, err = b.svc.DecideDoubtful(operator, payments.DecideDoubtful{LineID: lines[0].ID, As: payments.DecideIn})
	wantCode(t, err, link.Invalid, "statement.other_currency")
	_, err = b.svc.DecideDoubtful(as("buyer", 501), payments.DecideDoubtful{LineID: lines[0].ID, As: payments.DecideSkip})
	wantCode(t, err, link.Forbidden, "forbidden")
	b.decide(lines[0].ID, payments.DecideSkip)
	if l := b.decide(lines[1].ID, payments.DecideOut); l.AmountFen != -500 {
		t.Errorf("out: %+v", l)
	}
	if again := b.importStatement(table); again.Duplicate != 3 || again.Doubtful != 0 {
		t.Errorf("again: %+v", again)
	}
	var acts []string
	for _, act := range events[link.Act](b, payments.EvtAct) {
		if act.Kind == "decision.doubtful" {
			acts = append(acts, act.Detail)
		}
	}
	if !slices.Equal(acts, []string{"in", "skip", "out"}) {
		t.Errorf("acts %q", acts)
	}
	b.verify()
}

// A fee that the bank took back is no second fee.
func TestReversalsMeetWhatTheyReverse(t *testing.T) {
	for name, explain := range map[string]bool{"open": false, "booked as a fee": true} {
		t.Run(name, func(t *testing.T) {
			b := setup(t)
			const head = "交易日期,流水号,对方户名,贷方金额,借方金额,摘要\n"
			yesterday := b.clock.now().In(china).AddDate(0, 0, -1).Format(time.DateOnly)
			b.importStatement(head + yesterday + ",A1,农信社,,35.00,手续费\n" + yesterday + ",A2,某人,80.00,,货款\n")
			if explain {
				open, err := b.svc.Outgoing(operator, payments.StatementFilter{State: "open"})
				if err != nil {
					t.Fatal(err)
				}
				if _, err := b.svc.ExplainOutgoing(operator, payments.ExplainOutgoing{LineID: open.Items[0].ID, Note: "手续费"}); err != nil {
					t.Fatal(err)
				}
			}
			b.importStatement(head + b.today() + ",B1,农信社,,-35.00,手续费冲正\n" + b.today() + ",B2,某人,-80.00,,冲正\n")
			r, kinds := b.reconcile()
			wantKinds(t, kinds)
			if r.SuspenseFen != 0 || r.BankFen != 0 {
				t.Errorf("%d in suspense, %d at the bank", r.SuspenseFen, r.BankFen)
			}
			b.verify()
		})
	}
}

// Opening, lines and closing of a file agree, or it is not taken.
func TestBalancesMustMeet(t *testing.T) {
	b := setup(t)
	table := "期初余额,100.00\n日期,流水号,收入,支出\n" + b.today() + ",A1,5.00,\n期末余额,106.00\n"
	got, err := b.svc.ImportStatement(operator, payments.ImportStatement{Data: []byte(table)})
	if err != nil || len(got.Problems) != 1 || got.Problems[0].Key != "statement.balance" {
		t.Errorf("%+v, %v", got, err)
	}
	if got := b.importStatement(strings.Replace(table, "106", "105", 1)); *got.OpeningFen != 10000 || *got.ClosingFen != 10500 || got.InFen != 500 || got.Totals != 1 {
		t.Errorf("%+v", got)
	}
}

// A statement of another account than the county's pays no order, even with its code; a person decides about each line.
func TestStatementOfAnotherAccount(t *testing.T) {
	b := setup(t)
	p := b.create(order, "deposit", payments.BankTransfer, 7_140_00)
	file := func(account string) []byte {
		return []byte("账号：" + account + "\n交易流水号,交易日期,收入金额,支出金额,对方户名,摘要\nF1," + payments.Day(b.clock.now()) + ",7140.00,,鹅业公司," + p.TransferCode + "\n")
	}
	look, err := b.svc.ImportStatement(operator, payments.ImportStatement{Data: file("2300000000000000099"), DryRun: true})
	if err != nil || look.OwnAccount != "2300000000000000001" || look.Doubtful != 1 || look.Matched != 0 || len(look.Lines) != 1 || len(look.Lines[0].Doubts) != 1 {
		t.Fatalf("%+v, %v", look, err)
	}
	if got, err := b.svc.ImportStatement(operator, payments.ImportStatement{Data: file("2300000000000000099")}); err != nil || got.Matched != 0 || got.Doubtful != 1 {
		t.Errorf("taken: %+v, %v", got, err)
	}
	if n := b.count("bank_statement_line"); n != 0 {
		t.Errorf("%d lines were booked", n)
	}
	if got, err := b.svc.ImportStatement(operator, payments.ImportStatement{Data: file("2300****0001"), DryRun: true}); err != nil || got.OwnAccount != "" {
		t.Errorf("the county's own, with stars: %+v, %v", got, err)
	}
}
