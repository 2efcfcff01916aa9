package postgres_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"banmuyuan/internal/link"
	"banmuyuan/payments"
	"banmuyuan/payments/gateway"
	"banmuyuan/payments/gateway/cash"
	"banmuyuan/payments/gateway/sandbox"
	"banmuyuan/payments/postgres"
)

// reconcile compares and returns the differences, by kind.
func (b *bundle) reconcile() (payments.Reconciliation, map[string]int) {
	b.t.Helper()
	r, err := b.svc.Reconcile(operator, payments.None{})
	if err != nil {
		b.t.Fatal(err)
	}
	kinds := map[string]int{}
	for _, d := range r.Differences {
		if d.Object == "" || d.Act == "" || d.Since.IsZero() {
			b.t.Errorf("difference %+v does not say what and who", d)
		}
		kinds[d.Kind]++
	}
	return r, kinds
}

func wantKinds(t *testing.T, got map[string]int, want ...string) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("differences are %v, want %v", got, want)
		return
	}
	for _, k := range want {
		if got[k] != 1 {
			t.Errorf("differences are %v, want %v", got, want)
		}
	}
}

func (b *bundle) importStatement(table string) payments.ImportedStatement {
	b.t.Helper()
	got, err := b.svc.ImportStatement(operator, payments.ImportStatement{Name: "流水.csv", Data: []byte(table)})
	if err != nil {
		b.t.Fatal(err)
	}
	if len(got.Problems) > 0 {
		b.t.Fatalf("problems: %+v", got.Problems)
	}
	return got
}

func (b *bundle) today() string { return b.clock.now().In(china).Format(time.DateOnly) }

var china = payments.China

func TestClearingIsTheProvidersBalance(t *testing.T) {
	b := setupFees(t)
	cancel(b) // 300 yuan in, 200 of it back
	b.work()
	b.deposit("order:2", 5000)
	b.clock.forward(2 * time.Minute)
	r, kinds := b.reconcile()
	wantKinds(t, kinds)
	c := r.Clearing[0]
	if fees := int64(180 + 30); c.FeesFen != fees || c.LedgerFen != 15000-fees || c.ProviderFen != c.LedgerFen || !c.Answered {
		t.Errorf("clearing is %+v", c)
	}
	// Again books nothing twice.
	again, _ := b.reconcile()
	if again.Clearing[0] != c {
		t.Errorf("again: %+v", again.Clearing[0])
	}
	// Paid out: it is on its way until the statement shows it.
	id, fen, err := b.bank.PayOut(context.Background())
	if err != nil || fen != c.ProviderFen {
		t.Fatalf("paid out %d, %v", fen, err)
	}
	b.clock.forward(6 * 24 * time.Hour)
	r, kinds = b.reconcile()
	wantKinds(t, kinds, "provider.transit")
	if r.Clearing[0].LedgerFen != 0 || r.Clearing[0].TransitFen != fen {
		t.Errorf("after the payout: %+v", r.Clearing[0])
	}
	b.importStatement(fmt.Sprintf("日期,流水号,收入,附言\n%s,PO1,%d.%02d,结算\n", b.today(), fen/100, fen%100))
	booked, err := b.svc.Booked(operator, payments.None{})
	if err != nil || len(booked.Items) != 1 || booked.Items[0].AmountFen != fen || booked.Items[0].Name != id {
		t.Fatalf("booked %+v, %v", booked, err)
	}
	line := b.statement("suspense")[0]
	for range 2 {
		out, err := b.svc.ExplainTransfer(operator, payments.ExplainTransfer{LineID: line.ID, Kind: booked.Items[0].Kind, ID: booked.Items[0].ID})
		if err != nil || out.State != "matched" {
			t.Fatalf("explained %+v, %v", out, err)
		}
	}
	r, kinds = b.reconcile()
	wantKinds(t, kinds)
	if r.Clearing[0].TransitFen != 0 || r.SuspenseFen != 0 {
		t.Errorf("in the end: %+v", r)
	}
}

// setupFees is setup with a bank that keeps 0.6 % of every payment.
func setupFees(t *testing.T) *bundle {
	b := setup(t)
	keys, err := postgres.ParseKeys(testKey)
	if err != nil {
		t.Fatal(err)
	}
	b.bank = sandbox.New(b.db, sandbox.Config{PublicURL: b.web.URL, Secret: keys.WebhookSecret(), Now: b.clock.now, FeeBP: 60, Log: slog.New(slog.DiscardHandler)})
	b.svc = b.open(b.db, slog.New(slog.DiscardHandler))
	b.handler = b.svc.HTTP()
	return b
}

func (b *bundle) statement(state string) []payments.StatementLine {
	b.t.Helper()
	page, err := b.svc.Statement(operator, payments.StatementFilter{State: state})
	if err != nil {
		b.t.Fatal(err)
	}
	return page.Items
}

func TestReconciliationNamesWhatDiffers(t *testing.T) {
	b := setup(t)
	p := b.deposit(order, 30000)
	b.clock.forward(2 * time.Minute)
	for kind, harm := range map[string][2]string{
		"clearing.amount":   {`UPDATE provider_movement SET amount_fen = amount_fen - 1`, `UPDATE provider_movement SET amount_fen = amount_fen + 1`},
		"clearing.missing":  {`UPDATE provider_movement SET kind = 'other', amount_fen = 0`, `UPDATE provider_movement SET kind = 'payment', amount_fen = 30000`},
		"clearing.unbooked": {`UPDATE provider_movement SET session_id = 'sbx_else'`, fmt.Sprintf(`UPDATE provider_movement SET session_id = (SELECT provider_id FROM payment WHERE id = %d)`, p.ID)},
	} {
		b.reconcile()
		if _, err := b.db.Exec(harm[0]); err != nil {
			t.Fatal(err)
		}
		_, kinds := b.reconcile()
		if kinds[kind] != 1 {
			t.Errorf("%s: differences are %v", kind, kinds)
		}
		if _, err := b.db.Exec(harm[1]); err != nil {
			t.Fatal(err)
		}
	}
	b.turn(sandbox.Switches{})
	_, kinds := b.reconcile()
	wantKinds(t, kinds)
}

func TestReconciledOnceADayByOneOfMany(t *testing.T) {
	b := setup(t)
	at := b.clock.now().In(china)
	b.clock.forward(time.Date(at.Year(), at.Month(), at.Day()+1, 1, 0, 0, 0, china).Sub(b.clock.now()))
	if did, err := b.svc.ReconcileDue(context.Background()); did || err != nil {
		t.Errorf("at one in the night: %t, %v", did, err)
	}
	b.clock.forward(2 * time.Hour)
	var mu sync.Mutex
	var wg sync.WaitGroup
	ran := 0
	for range 8 {
		svc := b.open(b.db, slog.New(slog.DiscardHandler))
		wg.Go(func() {
			did, err := svc.ReconcileDue(context.Background())
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			if did {
				ran++
			}
		})
	}
	wg.Wait()
	if ran != 1 {
		t.Errorf("%d of 8 compared", ran)
	}
	if err := b.copyRow("reconciliation", "true", nil); link.Constraint(err) != "reconciliation_daily" {
		t.Errorf("a second one of the day: %v", err)
	}
	all, err := b.svc.Reconciliations(approver, payments.ReconciliationsRequest{})
	if err != nil || len(all.Items) != 1 || all.Items[0].RanBy != "system:reconciliation" || all.Items[0].Differences != nil {
		t.Errorf("list: %+v, %v", all, err)
	}
	one, err := b.svc.Reconciliation(approver, payments.ReconciliationRef{ID: all.Items[0].ID})
	if err != nil || one.ID != all.Items[0].ID {
		t.Errorf("one: %+v, %v", one, err)
	}
	_, err = b.svc.Reconciliation(approver, payments.ReconciliationRef{ID: 99})
	wantCode(t, err, link.NotFound, "recon.unknown")
}

func TestStatementBothWays(t *testing.T) {
	b := setup(t)
	p := b.create(order, "deposit", payments.BankTransfer, 30000)
	table := fmt.Sprintf("日期,流水号,对方户名,收入,支出,附言\n%[1]s,A1,鹅业公司,300.00,,%[2]s\n%[1]s,A2,某人,50,,不知道\n%[1]s,A3,农信社,,35.00,账户管理费\n", b.today(), p.TransferCode)
	got := b.importStatement(table)
	if got.In != 2 || got.Out != 1 || got.Matched != 1 || got.Suspense != 1 || got.Duplicate != 0 {
		t.Errorf("imported %+v", got)
	}
	for range 3 {
		if again := b.importStatement(table); again.Duplicate != 3 || again.Matched != 0 || again.Suspense != 0 {
			t.Errorf("again: %+v", again)
		}
	}
	if other := b.importStatement(strings.Replace(table, "35.00", "36.00", 1)); other.Doubtful != 1 || other.Out != 0 || other.Duplicate != 2 {
		t.Errorf("with another amount: %+v", other)
	}
	b.decide(b.doubtful()[0].ID, payments.DecideSkip)
	_, err := b.svc.ImportStatement(as("buyer", 501), payments.ImportStatement{Data: []byte(table)})
	wantCode(t, err, link.Forbidden, "forbidden")
	refused, err := b.svc.ImportStatement(operator, payments.ImportStatement{Data: []byte(table + b.today() + ",A2,x,1,,\n" + b.today() + ",A9,x,abc,,\n")})
	if err != nil || len(refused.Problems) != 1 || refused.Problems[0].Key != "statement.bad_amount" {
		t.Errorf("a file with wrong lines: %+v, %v", refused, err)
	}
	_, kinds := b.reconcile()
	wantKinds(t, kinds, "bank.suspense", "bank.outgoing")

	page, err := b.svc.Outgoing(operator, payments.StatementFilter{State: "open"})
	if err != nil || page.Total != 1 {
		t.Fatalf("outgoing %+v, %v", page, err)
	}
	for range 2 {
		if _, err := b.svc.ExplainOutgoing(operator, payments.ExplainOutgoing{LineID: page.Items[0].ID, Note: "账户管理费"}); err != nil {
			t.Fatal(err)
		}
	}
	_, err = b.svc.ExplainOutgoing(operator, payments.ExplainOutgoing{LineID: page.Items[0].ID, Note: "别的"})
	wantCode(t, err, link.Conflict, "statement.explained")

	// Sent back to its sender; the statement of the next day shows it.
	line := b.statement("suspense")[0]
	for range 2 {
		out, err := b.svc.ReturnTransfer(operator, payments.ReturnTransfer{LineID: line.ID, BankRef: "R1", PaidOn: b.clock.now()})
		if err != nil || out.State != "returned" || out.ReturnRef != "R1" {
			t.Fatalf("returned %+v, %v", out, err)
		}
	}
	_, kinds = b.reconcile()
	wantKinds(t, kinds, "bank.return_missing")
	b.importStatement(fmt.Sprintf("日期,流水号,收入,支出\n%s,R1,,50.00\n", b.today()))
	_, kinds = b.reconcile()
	wantKinds(t, kinds)
	_, err = b.svc.MatchTransfer(operator, payments.MatchTransfer{LineID: line.ID, PaymentID: p.ID})
	wantCode(t, err, link.Conflict, "transfer.matched")
}

// A line typed in wrong is found when the bank's own statement comes.
func TestHandmadeLinesAreHeldAgainstTheStatement(t *testing.T) {
	b := setup(t)
	b.transfer("B-TYPO", 5000, "不知道")
	b.importStatement(fmt.Sprintf("日期,流水号,收入\n%s,B-1,50.00\n", b.today()))
	_, kinds := b.reconcile()
	if kinds["bank.by_hand"] != 1 {
		t.Errorf("differences are %v", kinds)
	}
}

func TestRefundsByBankAreFoundOnTheStatement(t *testing.T) {
	b := setup(t)
	b.turn(sandbox.Switches{RefundsFail: true})
	cancel(b)
	b.work()
	r := b.refundState(payments.RefundByBank)
	if _, err := b.svc.RecordRefund(operator, payments.RecordRefund{RefundID: r.ID, BankRef: "OUT7", PaidOn: b.clock.now()}); err != nil {
		t.Fatal(err)
	}
	b.importStatement(fmt.Sprintf("日期,流水号,收入,支出\n%s,X,1.00,\n", b.today()))
	_, kinds := b.reconcile()
	wantKinds(t, kinds, "bank.refund_missing", "bank.suspense")
	if got := b.importStatement(fmt.Sprintf("日期,流水号,收入,支出\n%s,OUT7,,200.00\n", b.today())); got.Explained != 1 {
		t.Errorf("imported %+v", got)
	}
	_, kinds = b.reconcile()
	wantKinds(t, kinds, "bank.suspense")
}

func TestPayoutsAreFoundOnTheStatement(t *testing.T) {
	b := setup(t)
	b.loadAccounts(17, 18)
	b.owe(1, map[int64]int64{17: 50000, 18: 30000})
	batch := b.export("k")
	file, err := b.svc.SampleResult(operator, payments.BatchSampleResult{ID: batch.ID})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.svc.ImportResult(operator, payments.ImportResult{BatchID: batch.ID, Name: file.Name, Data: file.Data}); err != nil {
		t.Fatal(err)
	}
	paid := batch.AmountFen
	b.importStatement(fmt.Sprintf("日期,流水号,收入,支出,附言\n%s,P1,,100.00,代发%s\n", b.today(), batch.No))
	_, kinds := b.reconcile()
	wantKinds(t, kinds, "bank.payout_missing", "bank.by_hand") // its payment was entered by hand
	rest := paid - 10000
	if got := b.importStatement(fmt.Sprintf("日期,流水号,收入,支出,附言\n%s,P2,,%d.%02d,代发%s\n%[1]s,P3,,9.99,代发%[4]s\n", b.today(), rest/100, rest%100, batch.No)); got.Explained != 1 {
		t.Errorf("imported %+v", got)
	}
	_, kinds = b.reconcile()
	wantKinds(t, kinds, "bank.outgoing", "bank.by_hand") // more than was booked is nobody's
}

func TestCashIsBroughtToTheBank(t *testing.T) {
	b := setup(t)
	p := b.create(order, "deposit", payments.Cash, 30000)
	if _, err := b.svc.RecordCash(as("clerk", 14), payments.RecordCash{PaymentID: p.ID, Receipt: "SJ-1", AmountFen: 30000}); err != nil {
		t.Fatal(err)
	}
	b.clock.forward(4 * 24 * time.Hour)
	_, kinds := b.reconcile()
	wantKinds(t, kinds, "cash.unbanked")
	bank := func(slip string, fen int64) (payments.CashBanking, error) {
		return b.svc.BankCash(as("clerk", 14), payments.BankCash{Slip: slip, AmountFen: fen, PaidOn: b.clock.now()})
	}
	_, err := bank("JK-000001", 30001)
	wantCode(t, err, link.Invalid, "cash.more_than_there_is")
	for range 2 {
		if _, err := bank("JK-000001", 20000); err != nil {
			t.Fatal(err)
		}
	}
	_, err = bank("JK-000001", 10000)
	wantCode(t, err, link.Conflict, "cash.slip_used")
	_, err = b.svc.BankCash(as("buyer", 501), payments.BankCash{Slip: "x", AmountFen: 1, PaidOn: b.clock.now()})
	wantCode(t, err, link.Forbidden, "forbidden")
	// Many at once never bring more than there is.
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() { _, _ = bank(fmt.Sprintf("JK-2-%d", i), 10000) })
	}
	wg.Wait()
	box, err := b.svc.Cashbox(as("clerk", 14), payments.CashboxRequest{})
	if err != nil || box.OnHandFen != 0 || len(box.Bankings) != 2 || len(box.Receipts) != 1 {
		t.Errorf("cashbox %+v, %v", box, err)
	}
	got := b.importStatement(fmt.Sprintf("日期,流水号,收入,附言\n%s,BK1,200.00,现金缴存 JK-000001\n", b.today()))
	if got.Booked != 1 || got.Suspense != 0 {
		t.Errorf("imported %+v", got)
	}
	_, kinds = b.reconcile()
	wantKinds(t, kinds, "bank.banking_missing") // the other slip
}

// limited is a service under which refunds above 100 yuan need a second person.
func (b *bundle) limited() {
	b.t.Helper()
	svc, err := postgres.New(b.db, postgres.Config{Key: testKey, Env: "test", Now: b.clock.now, Log: slog.New(slog.DiscardHandler), RefundLimit: 10000,
		Gateways: []gateway.Gateway{b.bank, cash.New()}})
	if err != nil {
		b.t.Fatal(err)
	}
	b.svc, b.handler = svc, svc.HTTP()
}

func TestLargeRefundsNeedASecondPerson(t *testing.T) {
	b := setup(t)
	b.limited()
	cancel(b)
	b.work()
	r := b.refundState(payments.RefundReview)
	b.wantAccount(order, 0, 0, 20000, 30000, 0)
	_, kinds := b.reconcile()
	wantKinds(t, kinds, "refund.review")
	_, err := b.svc.ApproveRefund(operator, payments.RefundRef{ID: r.ID})
	wantCode(t, err, link.Forbidden, "forbidden")
	if _, err := b.db.Exec(`UPDATE refund SET caused_by = 'approver12'`); err != nil {
		t.Fatal(err)
	}
	_, err = b.svc.ApproveRefund(approver, payments.RefundRef{ID: r.ID})
	wantCode(t, err, link.Forbidden, "refund.second_person")
	other := as("approver", 13)
	for range 2 {
		if got, err := b.svc.ApproveRefund(other, payments.RefundRef{ID: r.ID}); err != nil || got.ApprovedBy != "approver13" {
			t.Fatalf("approved %+v, %v", got, err)
		}
	}
	b.work()
	b.refundState(payments.RefundSucceeded)
	b.wantAccount(order, 0, 0, 0, 30000, 20000)
	_, err = b.svc.ApproveRefund(as("approver", 15), payments.RefundRef{ID: r.ID})
	wantCode(t, err, link.Conflict, "refund.not_in_review")
}

func TestSmallRefundsGoAtOnce(t *testing.T) {
	b := setup(t)
	b.limited()
	b.deposit(order, 10000)
	b.command(payments.CmdCancelRef, payments.CancelRef{Ref: order})
	b.work()
	b.refundState(payments.RefundSucceeded)
}

func (b *bundle) dispute(p payments.Payment) string {
	b.t.Helper()
	var session string
	if err := b.db.Get(&session, `SELECT provider_id FROM payment WHERE id = $1`, p.ID); err != nil {
		b.t.Fatal(err)
	}
	id, err := b.bank.Dispute(context.Background(), session)
	if err != nil {
		b.t.Fatal(err)
	}
	b.work()
	return id
}

func (b *bundle) decided(id string, won bool) {
	b.t.Helper()
	if err := b.bank.Decided(context.Background(), id, won); err != nil {
		b.t.Fatal(err)
	}
	b.work()
}

func TestDisputes(t *testing.T) {
	for name, won := range map[string]bool{"won": true, "lost": false} {
		t.Run(name, func(t *testing.T) {
			b := setup(t)
			p := b.deposit(order, 30000)
			id := b.dispute(p)
			if got := b.payment(p.ID); got.Dispute != payments.DisputeOpen || got.DisputedFen != 30000 {
				t.Errorf("payment is %+v", got)
			}
			b.clock.forward(2 * time.Minute)
			r, kinds := b.reconcile()
			wantKinds(t, kinds, "dispute.open")
			if r.Clearing[0].LedgerFen != 0 {
				t.Errorf("clearing is %+v", r.Clearing[0])
			}
			// Cancelled meanwhile: the money must not go twice.
			b.command(payments.CmdCancelRef, payments.CancelRef{Ref: order})
			b.work()
			b.refundState(payments.RefundReady)
			b.decided(id, won)
			b.clock.forward(2 * time.Minute)
			b.work()
			refund := b.refundState(payments.RefundSucceeded)
			if got := refund.FailureKey == "refund.by_dispute"; got == won {
				t.Errorf("refund is %+v", refund)
			}
			b.wantAccount(order, 0, 0, 0, 30000, 30000)
			var sent int
			if err := b.db.Get(&sent, `SELECT count(*) FROM sandbox_refund`); err != nil || sent == 1 != won {
				t.Errorf("%d refunds at the provider (%v)", sent, err)
			}
			b.clock.forward(2 * time.Minute)
			_, kinds = b.reconcile()
			wantKinds(t, kinds)
			page, err := b.svc.Disputes(operator, payments.DisputeFilter{})
			if err != nil || page.Total != 1 || string(page.Items[0].State) != name || page.Items[0].EndedAt == nil {
				t.Errorf("disputes %+v, %v", page, err)
			}
			if got := events[payments.DisputeEvent](b, payments.EvtDispute); len(got) != 2 {
				t.Errorf("told %+v", got)
			}
		})
	}
}

// Every announcement lost: the daily comparison hears of it from the provider's books.
func TestDisputeIsFoundInTheBooks(t *testing.T) {
	b := setup(t)
	p := b.deposit(order, 30000)
	b.turn(sandbox.Switches{Drop: true})
	b.dispute(p)
	if got := b.payment(p.ID); got.Dispute != "" {
		t.Fatalf("payment is %+v", got)
	}
	b.clock.forward(2 * time.Minute)
	_, kinds := b.reconcile()
	wantKinds(t, kinds, "dispute.open")
	if got := b.payment(p.ID); got.Dispute != payments.DisputeOpen {
		t.Errorf("payment is %+v", got)
	}
}

func TestTreasuryIsForTheCounty(t *testing.T) {
	b := setup(t)
	buyer := as("buyer", 501)
	for name, call := range map[string]func(context.Context) error{
		"disputes":  func(ctx context.Context) error { _, err := b.svc.Disputes(ctx, payments.DisputeFilter{}); return err },
		"booked":    func(ctx context.Context) error { _, err := b.svc.Booked(ctx, payments.None{}); return err },
		"outgoing":  func(ctx context.Context) error { _, err := b.svc.Outgoing(ctx, payments.StatementFilter{}); return err },
		"cashbox":   func(ctx context.Context) error { _, err := b.svc.Cashbox(ctx, payments.CashboxRequest{}); return err },
		"reconcile": func(ctx context.Context) error { _, err := b.svc.Reconcile(ctx, payments.None{}); return err },
		"list": func(ctx context.Context) error {
			_, err := b.svc.Reconciliations(ctx, payments.ReconciliationsRequest{})
			return err
		},
		"approve": func(ctx context.Context) error {
			_, err := b.svc.ApproveRefund(ctx, payments.RefundRef{ID: 1})
			return err
		},
		"return": func(ctx context.Context) error {
			_, err := b.svc.ReturnTransfer(ctx, payments.ReturnTransfer{LineID: 1})
			return err
		},
		"explain": func(ctx context.Context) error {
			_, err := b.svc.ExplainTransfer(ctx, payments.ExplainTransfer{LineID: 1})
			return err
		},
		"note": func(ctx context.Context) error {
			_, err := b.svc.ExplainOutgoing(ctx, payments.ExplainOutgoing{LineID: 1})
			return err
		},
	} {
		if err := call(buyer); link.CodeOf(err) != link.Forbidden {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The cashbox lists all receipts and all bankings page by page, finds them by number, and knows its oldest money however many
// receipts came after it.
func TestCashboxGoesToItsEnd(t *testing.T) {
	b := setup(t)
	const n = 7
	for i := range n {
		p := b.create(fmt.Sprintf("order:%d", i+1), "deposit", payments.Cash, 100)
		b.clock.forward(time.Minute)
		if _, err := b.svc.RecordCash(operator, payments.RecordCash{PaymentID: p.ID, Receipt: fmt.Sprintf("SJ %03d", i), AmountFen: 100}); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 3 {
		if _, err := b.svc.BankCash(operator, payments.BankCash{Slip: fmt.Sprintf("JK-%d", i), AmountFen: 100, PaidOn: b.clock.now()}); err != nil {
			t.Fatal(err)
		}
	}
	var receipts, slips []string
	r := payments.CashboxRequest{Limit: 2}
	for pages := 0; ; pages++ {
		box, err := b.svc.Cashbox(operator, r)
		if err != nil || pages > n {
			t.Fatal(pages, err)
		}
		if box.ReceiptsTotal != n || box.BankingsTotal != 3 || box.OnHandFen != 400 || box.OldestAt == nil {
			t.Fatalf("%+v", box)
		}
		if r.ReceiptsCursor != "" || pages == 0 {
			for _, one := range box.Receipts {
				receipts = append(receipts, one.Receipt)
			}
		}
		if r.BankingsCursor != "" || pages == 0 {
			for _, one := range box.Bankings {
				slips = append(slips, one.Slip)
			}
		}
		if pages > 0 && r.BankingsCursor == "" { // it has ended, and begins anew
			box.BankingsCursor = ""
		}
		if r.ReceiptsCursor, r.BankingsCursor = box.ReceiptsCursor, box.BankingsCursor; r.ReceiptsCursor == "" {
			break
		}
	}
	if strings.Join(receipts, " ") != "SJ 006 SJ 005 SJ 004 SJ 003 SJ 002 SJ 001 SJ 000" || strings.Join(slips, " ") != "JK-2 JK-1 JK-0" {
		t.Errorf("%q, %q", receipts, slips)
	}
	if box, err := b.svc.Cashbox(operator, payments.CashboxRequest{Query: "sj003"}); err != nil || box.ReceiptsTotal != 1 || box.Receipts[0].Receipt != "SJ 003" || box.BankingsTotal != 0 {
		t.Errorf("found %+v, %v", box, err)
	}
	for _, r := range []payments.CashboxRequest{{ReceiptsCursor: "x"}, {BankingsCursor: "x"}, {Limit: 201}, {Limit: -1}} {
		_, err := b.svc.Cashbox(operator, r)
		wantCode(t, err, link.Invalid, link.AsError(err).Key)
		if field := link.AsError(err).Field; !strings.HasSuffix(field, "cursor") && field != "limit" {
			t.Errorf("%+v: the field is %q", r, field)
		}
	}
}

// Lines of statements are found by reference, name, memo and amount, in each list and in each state.
func TestLinesAreFound(t *testing.T) {
	b := setup(t)
	b.importStatement(fmt.Sprintf("日期,流水号,收入,支出,对方户名,摘要,币种\n%[1]s,AB-100,888.00,,鹅业 公司,货款 一批,\n%[1]s,AB-200,5.00,,某人,x,\n%[1]s,AB-300,,12.50,农信社,账户管理费,\n%[1]s,AB-400,7.00,,某人,x,美元\n", b.today()))
	for query, want := range map[string][3]int{"": {2, 1, 1}, "ab-1": {1, 0, 0}, "AB": {2, 1, 1}, "鹅业公司": {1, 0, 0}, "货款一": {1, 0, 0}, "888": {1, 0, 0}, "￥12.50": {0, 1, 0}, "12.5": {0, 1, 0}, "管理费": {0, 1, 0},
		"7.00": {0, 0, 1}, "某人": {1, 0, 1}, "没有": {0, 0, 0}} {
		f := payments.StatementFilter{Query: query}
		in, err := b.svc.Statement(operator, f)
		if err != nil {
			t.Fatal(err)
		}
		out, err := b.svc.Outgoing(operator, f)
		if err != nil {
			t.Fatal(err)
		}
		doubtful, err := b.svc.Doubtful(operator, f)
		if err != nil {
			t.Fatal(err)
		}
		if got := [3]int{in.Total, out.Total, doubtful.Total}; got != want || len(in.Items) != in.Total || len(out.Items) != out.Total || len(doubtful.Items) != doubtful.Total {
			t.Errorf("%q finds %v, want %v", query, got, want)
		}
	}
}
