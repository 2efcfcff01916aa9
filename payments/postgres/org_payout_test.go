package postgres_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"banmuyuan/internal/link"
	"banmuyuan/payments"
)

// raised bills a Ref for goods that organisation 9 raised for household 17: a tenth is the cooperative's (7), the raiser has
// agent of the rest.
func (b *bundle) raised(delivery int64, ref string, gross, agent int64) {
	b.t.Helper()
	b.command(payments.CmdAcceptDelivery, payments.AcceptDelivery{DeliveryID: delivery, Ref: ref, Coop: 7, OccurredAt: b.clock.now().Unix(), Shares: []payments.DeliveryShare{
		{SourceKey: fmt.Sprintf("ticket:%d", delivery), Household: 17, GrossFen: gross, FeeFen: gross / 10, Agent: 9, AgentFen: agent}}})
}

// settle has a billed Ref paid and released.
func (b *bundle) settle(ref string) {
	b.t.Helper()
	p := b.create(ref, "balance", payments.BankTransfer, b.account(ref).ReceivableFen)
	b.close(ref, 1)
	b.transfer("paid-"+ref, p.AmountFen, p.TransferCode)
	b.command(payments.CmdReleaseRef, payments.ReleaseRef{Ref: ref})
}

// sell sells goods of a shop's own for cash into its own till, or through the county's account.
func (b *bundle) sell(delivery int64, fen int64, cash bool) string {
	b.t.Helper()
	ref := fmt.Sprintf("sale:%d", delivery)
	b.command(payments.CmdAcceptDelivery, payments.AcceptDelivery{DeliveryID: delivery, Ref: ref, Coop: 5, OwnFen: fen, Shares: []payments.DeliveryShare{}, OccurredAt: b.clock.now().Unix()})
	if cash {
		b.command(payments.CmdTakeCash, payments.TakeCash{Ref: ref, Receipt: "XS" + ref, Org: 5, AmountFen: fen, TakenAt: b.clock.now().Unix()})
		b.command(payments.CmdCloseRef, payments.CloseRef{Ref: ref, Seq: 1, BilledFen: &fen})
		return ref
	}
	p := b.create(ref, "balance", payments.BankTransfer, fen)
	b.command(payments.CmdCloseRef, payments.CloseRef{Ref: ref, Seq: 1, BilledFen: &fen})
	b.transfer("paid-"+ref, fen, p.TransferCode)
	return ref
}

// wantOrg compares an organisation's account: earned, paid, waiting, in its till, under way, payable.
func (b *bundle) wantOrg(org int64, account payments.OrgAccountKind, earned, paid, waiting, till, open, payable int64) {
	b.t.Helper()
	list, err := b.svc.OrgAccounts(operator, payments.OrgAccountFilter{Org: org, Account: account})
	if err != nil {
		b.t.Fatal(err)
	}
	want := payments.OrgAccount{Org: org, Account: account, EarnedFen: earned, PaidFen: paid, OwedFen: earned - paid, WaitingFen: waiting, TillFen: till, OpenFen: open, PayableFen: payable}
	if len(list.Items) != 1 || list.Items[0] != want {
		b.t.Errorf("organisation %d: %+v, want %+v", org, list.Items, want)
	}
}

func (b *bundle) propose(org int64, account payments.OrgAccountKind, fen int64) payments.OrgPayout {
	b.t.Helper()
	b.nextID++
	p, err := b.svc.ProposeOrgPayout(operator, payments.ProposeOrgPayout{IdempotencyKey: fmt.Sprintf("pay-%d", b.nextID), Org: org, Account: account, AmountFen: fen})
	if err != nil {
		b.t.Fatal(err)
	}
	return p
}

func (b *bundle) approve(p payments.OrgPayout) payments.OrgPayout {
	b.t.Helper()
	p, err := b.svc.DecideOrgPayout(approver, payments.DecideOrgPayout{ID: p.ID, Approve: true})
	if err != nil || p.State != payments.OrgPayoutApproved {
		b.t.Fatalf("approve: %+v, %v", p, err)
	}
	return p
}

func (b *bundle) record(p payments.OrgPayout, ref string) payments.OrgPayout {
	b.t.Helper()
	p, err := b.svc.RecordOrgPayout(operator, payments.RecordOrgPayout{ID: p.ID, BankRef: ref, PaidOn: b.clock.now()})
	if err != nil || p.State != payments.OrgPayoutPaid {
		b.t.Fatalf("record: %+v, %v", p, err)
	}
	return p
}

func (b *bundle) payOrg(org int64, account payments.OrgAccountKind, fen int64, ref string) payments.OrgPayout {
	b.t.Helper()
	return b.record(b.approve(b.propose(org, account, fen)), ref)
}

func (b *bundle) tooMuch(org int64, account payments.OrgAccountKind, fen int64) {
	b.t.Helper()
	_, err := b.svc.ProposeOrgPayout(operator, payments.ProposeOrgPayout{IdempotencyKey: "too-much", Org: org, Account: account, AmountFen: fen})
	wantCode(b.t, err, link.Conflict, "orgpay.too_much")
	if err != nil && link.AsError(err).Field != "amount_fen" {
		b.t.Errorf("the error is about %q", link.AsError(err).Field)
	}
}

// A raiser is paid its part, and a cooperative its fee, of deliveries that the buyer has paid and that are released: not
// before, and no more.
func TestOrganisationIsPaidWhatIsReleased(t *testing.T) {
	b := setup(t)
	b.raised(1, "order:1", 100000, 80000)
	b.wantOrg(9, payments.OrgRaiser, 80000, 0, 80000, 0, 0, 0)
	b.wantOrg(7, payments.OrgCoop, 10000, 0, 10000, 0, 0, 0)
	b.tooMuch(9, payments.OrgRaiser, 1)
	b.tooMuch(7, payments.OrgCoop, 1)
	// The buyer has paid, the household is not released: he may still complain.
	p := b.create("order:1", "balance", payments.BankTransfer, 100000)
	b.close("order:1", 1)
	b.transfer("B1", 100000, p.TransferCode)
	b.tooMuch(9, payments.OrgRaiser, 1)
	b.tooMuch(7, payments.OrgCoop, 1)
	b.command(payments.CmdReleaseRef, payments.ReleaseRef{Ref: "order:1"})
	b.raised(2, "order:2", 50000, 40000)
	b.wantOrg(9, payments.OrgRaiser, 120000, 0, 40000, 0, 0, 80000)
	b.wantOrg(7, payments.OrgCoop, 15000, 0, 5000, 0, 0, 10000)
	b.tooMuch(9, payments.OrgRaiser, 80001)

	first := b.propose(9, payments.OrgRaiser, 50000)
	if first.State != payments.OrgPayoutProposed || !strings.HasPrefix(first.No, "DG") {
		t.Errorf("proposed %+v", first)
	}
	b.wantOrg(9, payments.OrgRaiser, 120000, 0, 40000, 0, 50000, 30000)
	b.tooMuch(9, payments.OrgRaiser, 30001)
	b.approve(first)
	bank := b.balanceOf("bank")
	b.record(first, "W1")
	b.wantOrg(9, payments.OrgRaiser, 120000, 50000, 40000, 0, 0, 30000)
	if got := b.balanceOf("bank"); got != bank-50000 || b.balanceOf("payable_raiser:org:9") != -70000 {
		t.Errorf("the bank has %d, was %d; the raiser is owed %d", got, bank, -b.balanceOf("payable_raiser:org:9"))
	}
	txn := b.posting("org.paid")
	if txn.BusinessKey != fmt.Sprintf("orgpay:%d:paid", first.ID) || len(txn.Lines) != 2 {
		t.Errorf("posted %+v", txn)
	}
	// The rest of it, and the cooperative's; whether the household has its money by then does not matter.
	b.loadAccounts(17)
	b.payOut("k")
	b.payOrg(9, payments.OrgRaiser, 30000, "W2")
	b.payOrg(7, payments.OrgCoop, 10000, "W3")
	b.wantOrg(9, payments.OrgRaiser, 120000, 80000, 40000, 0, 0, 0)
	b.wantOrg(7, payments.OrgCoop, 15000, 10000, 5000, 0, 0, 0)
	b.tooMuch(9, payments.OrgRaiser, 1)
	page, err := b.svc.OrgPayouts(operator, payments.OrgPayoutFilter{Org: 9, State: payments.OrgPayoutPaid})
	if err != nil || page.Total != 2 || page.SumFen != 80000 || page.Items[0].BankRef != "W2" {
		t.Errorf("paid to the raiser: %+v, %v", page, err)
	}
}

// A shop keeps the cash that it takes and is paid the rest of its claim; goods that come back over its counter do not
// change that.
func TestShopIsPaidLessWhatItsTillHolds(t *testing.T) {
	b := setup(t)
	b.command(payments.CmdAcceptDelivery, payments.AcceptDelivery{DeliveryID: 70, Ref: "sale:70", Coop: 5, OwnFen: 900, Shares: []payments.DeliveryShare{}, OccurredAt: b.clock.now().Unix()})
	b.wantOrg(5, payments.OrgCoop, 900, 0, 900, 0, 0, 0) // sold, and not paid by anybody
	b.tooMuch(5, payments.OrgCoop, 1)
	cash := b.sell(71, 1320, true)
	card := b.sell(72, 5000, false)
	b.wantOrg(5, payments.OrgCoop, 7220, 0, 900, 1320, 0, 5000)
	b.tooMuch(5, payments.OrgCoop, 5001)
	b.command(payments.CmdTakeBack, payments.TakeBack{Ref: cash, Receipt: "TH1", Org: 5, AmountFen: 320, TakenAt: b.clock.now().Unix()})
	b.wantOrg(5, payments.OrgCoop, 6900, 0, 900, 1000, 0, 5000)
	p := b.propose(5, payments.OrgCoop, 5000)
	// Goods that came back before the second person looked: there is less now.
	b.command(payments.CmdTakeBack, payments.TakeBack{Ref: card, Receipt: "TH2", Org: 5, AmountFen: 500, TakenAt: b.clock.now().Unix()})
	_, err := b.svc.DecideOrgPayout(approver, payments.DecideOrgPayout{ID: p.ID, Approve: true})
	wantCode(t, err, link.Conflict, "orgpay.less_now")
	if _, err := b.svc.DecideOrgPayout(approver, payments.DecideOrgPayout{ID: p.ID, Why: "有退货"}); err != nil {
		t.Fatal(err)
	}
	b.wantOrg(5, payments.OrgCoop, 6400, 0, 900, 1000, 0, 4500)
	b.payOrg(5, payments.OrgCoop, 4500, "W1")
	b.wantOrg(5, payments.OrgCoop, 6400, 4500, 900, 1000, 0, 0)
	if till := b.balanceOf("cash:till:org:5"); till != 1000 {
		t.Errorf("its till holds %d", till)
	}
	// All sold goods come back: more than it is still owed. It owes the rest, and later sales work it off.
	b.command(payments.CmdTakeBack, payments.TakeBack{Ref: card, Receipt: "TH3", Org: 5, AmountFen: 4500, TakenAt: b.clock.now().Unix()})
	b.wantOrg(5, payments.OrgCoop, 1900, 4500, 900, 1000, 0, 0)
	if got := b.balanceOf("receivable_coop:org:5"); got != 2600 {
		t.Errorf("it got %d too much", got)
	}
	b.verify()
	b.sell(73, 6000, false)
	b.wantOrg(5, payments.OrgCoop, 7900, 4500, 900, 1000, 0, 1500)
	b.tooMuch(5, payments.OrgCoop, 1501)
	b.payOrg(5, payments.OrgCoop, 1500, "W2")
	if got, owed := b.balanceOf("receivable_coop:org:5"), -b.balanceOf("payable_coop:org:5"); got != 0 || owed != 1900 {
		t.Errorf("kept back: it still owes %d and is owed %d", got, owed)
	}
}

// A weight corrected after its raiser and cooperative were paid: they owe the sums they got, and the correction pays them back.
func TestDeliveryIsReversedAfterItsOrganisationsWerePaid(t *testing.T) {
	b := setup(t)
	b.loadAccounts(17)
	b.raised(1, "order:1", 100000, 80000)
	b.settle("order:1")
	b.payOut("k") // the household has its money, too
	b.payOrg(9, payments.OrgRaiser, 80000, "W1")
	b.payOrg(7, payments.OrgCoop, 10000, "W2")
	for range 2 {
		b.command(payments.CmdReverseDelivery, payments.ReverseDelivery{Ref: "order:1", DeliveryID: 1})
	}
	b.verify()
	b.wantOrg(9, payments.OrgRaiser, 0, 80000, 0, 0, 0, 0)
	b.wantOrg(7, payments.OrgCoop, 0, 10000, 0, 0, 0, 0)
	for account, want := range map[string]int64{"receivable_raiser:org:9": 80000, "receivable_coop:org:7": 10000, "payable_raiser:org:9": 0, "payable_coop:org:7": 0} {
		if got := b.balanceOf(account); got != want {
			t.Errorf("%s is %d, want %d", account, got, want)
		}
	}
	b.raised(2, "order:1", 90000, 72000)
	b.close("order:1", 2)
	b.command(payments.CmdReleaseRef, payments.ReleaseRef{Ref: "order:1"})
	b.raised(3, "order:3", 40000, 32000)
	b.settle("order:3")
	b.wantOrg(9, payments.OrgRaiser, 104000, 80000, 0, 0, 0, 24000)
	b.tooMuch(9, payments.OrgRaiser, 24001)
	b.payOrg(9, payments.OrgRaiser, 24000, "W4")
	if over, owed := b.balanceOf("receivable_raiser:org:9"), b.balanceOf("payable_raiser:org:9"); over != 0 || owed != 0 {
		t.Errorf("in the end %d too much, %d owed", over, owed)
	}
}

// The bank pays an approved payment even when goods come back meanwhile: it can be recorded, and the excess is owed.
func TestRecordedThoughTakenBackMeanwhile(t *testing.T) {
	b := setup(t)
	b.raised(1, "order:1", 100000, 80000)
	b.settle("order:1")
	p := b.approve(b.propose(9, payments.OrgRaiser, 80000))
	b.command(payments.CmdReverseDelivery, payments.ReverseDelivery{Ref: "order:1", DeliveryID: 1})
	b.wantOrg(9, payments.OrgRaiser, 0, 0, 0, 0, 80000, 0)
	b.record(p, "W1")
	if got := b.balanceOf("receivable_raiser:org:9"); got != 80000 {
		t.Errorf("it got %d too much", got)
	}
	b.wantOrg(9, payments.OrgRaiser, 0, 80000, 0, 0, 0, 0)
}

func TestPaymentToOrganisationNeedsTwoAndHappensOnce(t *testing.T) {
	b := setup(t)
	b.raised(1, "order:1", 100000, 80000)
	b.settle("order:1")
	ask := payments.ProposeOrgPayout{IdempotencyKey: "k", Org: 9, Account: payments.OrgRaiser, AmountFen: 50000, Note: "中秋鹅款"}
	for _, who := range []string{"approver", "clerk", "officer", "buyer", "household"} {
		_, err := b.svc.ProposeOrgPayout(as(who, 31), ask)
		wantCode(t, err, link.Forbidden, "forbidden")
	}
	for field, change := range map[string]func(*payments.ProposeOrgPayout){
		"idempotency_key": func(r *payments.ProposeOrgPayout) { r.IdempotencyKey = "" },
		"org":             func(r *payments.ProposeOrgPayout) { r.Org = -1 },
		"account":         func(r *payments.ProposeOrgPayout) { r.Account = "bank" },
		"amount_fen":      func(r *payments.ProposeOrgPayout) { r.AmountFen = 0 },
		"note":            func(r *payments.ProposeOrgPayout) { r.Note = strings.Repeat("字", 201) },
	} {
		bad := ask
		change(&bad)
		_, err := b.svc.ProposeOrgPayout(operator, bad)
		if e := link.AsError(err); err == nil || e.Code != link.Invalid || len(e.Details) != 1 || e.Details[0].Field != field {
			if err == nil || e.Field != field {
				t.Errorf("bad %s: %v", field, err)
			}
		}
	}
	p, err := b.svc.ProposeOrgPayout(boss("operator"), ask)
	if err != nil {
		t.Fatal(err)
	}
	if twice, err := b.svc.ProposeOrgPayout(boss("operator"), ask); err != nil || twice.ID != p.ID {
		t.Errorf("proposed twice: %+v, %v", twice, err)
	}
	other := ask
	other.AmountFen = 10000
	_, err = b.svc.ProposeOrgPayout(boss("operator"), other)
	wantCode(t, err, link.Conflict, "payment.key_reused")

	yes := payments.DecideOrgPayout{ID: p.ID, Approve: true}
	_, err = b.svc.RecordOrgPayout(operator, payments.RecordOrgPayout{ID: p.ID, BankRef: "W1", PaidOn: b.clock.now()})
	wantCode(t, err, link.Conflict, "orgpay.not_approved")
	_, err = b.svc.FailOrgPayout(operator, payments.FailOrgPayout{ID: p.ID, Why: "x"})
	wantCode(t, err, link.Conflict, "orgpay.not_approved")
	_, err = b.svc.DecideOrgPayout(boss("approver"), yes)
	wantCode(t, err, link.Forbidden, "orgpay.second_person")
	_, err = b.svc.DecideOrgPayout(as("approver", 13), yes) // the same person under another role
	wantCode(t, err, link.Forbidden, "orgpay.second_person")
	_, err = b.svc.DecideOrgPayout(operator, yes)
	wantCode(t, err, link.Forbidden, "forbidden")
	_, err = b.svc.DecideOrgPayout(approver, payments.DecideOrgPayout{ID: p.ID})
	wantCode(t, err, link.Invalid, "orgpay.why")
	_, err = b.svc.DecideOrgPayout(approver, payments.DecideOrgPayout{ID: 999, Approve: true})
	wantCode(t, err, link.NotFound, "orgpay.unknown")
	second := func(role string) context.Context {
		return link.WithActor(context.Background(), link.Actor{Account: 15, Login: "second15", Role: role})
	}
	for range 2 {
		if got, err := b.svc.DecideOrgPayout(second("approver"), yes); err != nil || got.State != payments.OrgPayoutApproved {
			t.Fatalf("approved: %+v, %v", got, err)
		}
	}
	_, err = b.svc.DecideOrgPayout(approver, yes)
	wantCode(t, err, link.Conflict, "orgpay.decided")

	pay := payments.RecordOrgPayout{ID: p.ID, BankRef: "W1", PaidOn: b.clock.now()}
	_, err = b.svc.RecordOrgPayout(second("operator"), pay)
	wantCode(t, err, link.Forbidden, "orgpay.second_person")
	_, err = b.svc.RecordOrgPayout(approver, pay)
	wantCode(t, err, link.Forbidden, "forbidden")
	for field, change := range map[string]func(*payments.RecordOrgPayout){
		"bank_ref": func(r *payments.RecordOrgPayout) { r.BankRef = " " },
		"paid_on":  func(r *payments.RecordOrgPayout) { r.PaidOn = b.clock.now().AddDate(0, 0, 1) },
	} {
		bad := pay
		change(&bad)
		_, err := b.svc.RecordOrgPayout(operator, bad)
		wantCode(t, err, link.Invalid, "orgpay."+field)
	}
	early := pay
	early.PaidOn = b.clock.now().AddDate(0, 0, -1)
	_, err = b.svc.RecordOrgPayout(operator, early)
	wantCode(t, err, link.Invalid, "orgpay.paid_on")
	bank := b.balanceOf("bank")
	var wg sync.WaitGroup
	for i := range 10 { // ten at once, of two people
		wg.Go(func() {
			who := operator
			if i%2 == 1 {
				who = as("operator", 16)
			}
			if got, err := b.svc.RecordOrgPayout(who, pay); err != nil || got.State != payments.OrgPayoutPaid {
				t.Errorf("recorded: %+v, %v", got, err)
			}
		})
	}
	wg.Wait()
	if got := b.balanceOf("bank"); got != bank-50000 {
		t.Errorf("the bank has %d, had %d", got, bank)
	}
	recorded := 0
	for _, act := range events[link.Act](b, payments.EvtAct) {
		if act.Kind == "org_payout.paid" {
			recorded++
		}
	}
	if recorded != 1 {
		t.Errorf("%d acts, want 1", recorded)
	}
	other2 := pay
	other2.BankRef = "W9"
	_, err = b.svc.RecordOrgPayout(operator, other2)
	wantCode(t, err, link.Conflict, "orgpay.not_approved")
	// A reference is of one payment, refunds and returned receipts included.
	next := b.approve(b.propose(9, payments.OrgRaiser, 10000))
	_, err = b.svc.RecordOrgPayout(operator, payments.RecordOrgPayout{ID: next.ID, BankRef: "W1", PaidOn: b.clock.now()})
	wantCode(t, err, link.Conflict, "orgpay.bank_ref_used")
	line := b.transfer("S1", 777, "?")
	if _, err := b.svc.ReturnTransfer(operator, payments.ReturnTransfer{LineID: line.ID, BankRef: "TH1", PaidOn: b.clock.now()}); err != nil {
		t.Fatal(err)
	}
	_, err = b.svc.RecordOrgPayout(operator, payments.RecordOrgPayout{ID: next.ID, BankRef: "TH1", PaidOn: b.clock.now()})
	wantCode(t, err, link.Conflict, "orgpay.bank_ref_used")
	// The bank refuses: nothing moves, and the money can be proposed again.
	_, err = b.svc.FailOrgPayout(operator, payments.FailOrgPayout{ID: next.ID, Why: " "})
	wantCode(t, err, link.Invalid, "orgpay.why")
	for range 2 {
		if got, err := b.svc.FailOrgPayout(operator, payments.FailOrgPayout{ID: next.ID, Why: "账号有误"}); err != nil || got.State != payments.OrgPayoutFailed {
			t.Errorf("failed: %+v, %v", got, err)
		}
	}
	b.wantOrg(9, payments.OrgRaiser, 80000, 50000, 0, 0, 0, 30000)
	b.propose(9, payments.OrgRaiser, 100)
	for _, sql := range []string{`UPDATE org_payout SET state = 'approved', decided_at = now(), decided_by = proposed_by WHERE state = 'proposed'`,
		`UPDATE org_payout SET state = 'approved', decided_at = now(), decided_by = 'x', decider = proposer WHERE state = 'proposed'`,
		`UPDATE org_payout SET state = 'paid' WHERE state = 'proposed'`, `UPDATE org_payout SET amount_fen = 1`, `UPDATE org_payout SET proposed_by = 'x'`, `UPDATE org_payout SET decided_by = 'x', decider = 0`,
		`UPDATE org_payout SET state = 'approved' WHERE state = 'failed'`, `DELETE FROM org_payout`, `TRUNCATE org_payout`} {
		if _, err := b.db.Exec(sql); err == nil {
			t.Errorf("%s: was let through", sql)
		}
	}
}

// Proposals at once never add up to more than can be paid.
func TestProposalsAtOnceStayWithinWhatIsOwed(t *testing.T) {
	b := setup(t)
	b.raised(1, "order:1", 100000, 80000)
	b.settle("order:1")
	var wg sync.WaitGroup
	var mu sync.Mutex
	made := map[int64]bool{}
	for i := range 12 {
		wg.Go(func() {
			p, err := b.svc.ProposeOrgPayout(as("operator", int64(100+i%6)), payments.ProposeOrgPayout{IdempotencyKey: "k", Org: 9, Account: payments.OrgRaiser, AmountFen: 30000})
			if err != nil {
				wantCode(t, err, link.Conflict, "orgpay.too_much")
				return
			}
			mu.Lock()
			defer mu.Unlock()
			made[p.ID] = true
		})
	}
	wg.Wait()
	if len(made) != 2 {
		t.Errorf("%d proposals of 30000 fen were made of 80000", len(made))
	}
	b.wantOrg(9, payments.OrgRaiser, 80000, 0, 0, 0, 60000, 20000)
}

// Two people end the same payment differently at once: one of them is told that it is ended.
func TestPaymentToOrganisationEndsOneWay(t *testing.T) {
	b := setup(t)
	b.raised(1, "order:1", 100000, 80000)
	b.settle("order:1")
	for n := range 4 {
		p := b.propose(9, payments.OrgRaiser, 1000)
		once := func(steps ...func() error) {
			t.Helper()
			var wg sync.WaitGroup
			errs := make([]error, len(steps))
			for i, step := range steps {
				wg.Go(func() { errs[i] = step() })
			}
			wg.Wait()
			done := 0
			for _, err := range errs {
				if err == nil {
					done++
				} else if link.CodeOf(err) != link.Conflict {
					t.Error(err)
				}
			}
			if done != 1 {
				t.Errorf("%d of %d were let through: %v", done, len(steps), errs)
			}
		}
		once(func() error {
			_, err := b.svc.DecideOrgPayout(approver, payments.DecideOrgPayout{ID: p.ID, Approve: true})
			return err
		}, func() error {
			_, err := b.svc.DecideOrgPayout(secondPerson, payments.DecideOrgPayout{ID: p.ID, Approve: true})
			return err
		})
		var steps []func() error
		for i := range 3 {
			steps = append(steps, func() error {
				_, err := b.svc.RecordOrgPayout(operator, payments.RecordOrgPayout{ID: p.ID, BankRef: fmt.Sprintf("W%d-%d", n, i), PaidOn: b.clock.now()})
				return err
			}, func() error {
				_, err := b.svc.FailOrgPayout(operator, payments.FailOrgPayout{ID: p.ID, Why: fmt.Sprintf("账号有误 %d", i)})
				return err
			})
		}
		once(steps...)
		b.verify()
	}
}

// Goods come back, and weights are corrected, while the same organisation is paid: nothing is lost or paid twice.
func TestPaidWhileTakenBack(t *testing.T) {
	b := setup(t)
	var sales []string
	for i := range 6 {
		sales = append(sales, b.sell(int64(80+i), 1000, false))
	}
	var approved []payments.OrgPayout
	for range 3 {
		approved = append(approved, b.approve(b.propose(5, payments.OrgCoop, 2000)))
	}
	var wg sync.WaitGroup
	for i, p := range approved {
		wg.Go(func() { b.record(p, fmt.Sprintf("W%d", i)) })
	}
	for i, ref := range sales {
		wg.Go(func() {
			b.command(payments.CmdTakeBack, payments.TakeBack{Ref: ref, Receipt: fmt.Sprintf("TH%d", i), Org: 5, AmountFen: 1000, TakenAt: b.clock.now().Unix()})
		})
	}
	wg.Wait()
	b.wantOrg(5, payments.OrgCoop, 0, 6000, 0, 0, 0, 0)
	if over, owed := b.balanceOf("receivable_coop:org:5"), -b.balanceOf("payable_coop:org:5"); over-owed != 6000 {
		t.Errorf("%d too much, %d owed", over, owed)
	}
}

// An organisation's officers read their own payments once they are approved; to them another's do not exist.
func TestOrganisationReadsItsOwn(t *testing.T) {
	b := setup(t)
	b.raised(1, "order:1", 100000, 80000)
	b.settle("order:1")
	paid := b.payOrg(9, payments.OrgRaiser, 50000, "W1")
	fee := b.payOrg(7, payments.OrgCoop, 10000, "W2")
	waits := b.propose(9, payments.OrgRaiser, 100)
	own := link.WithActor(t.Context(), link.Actor{Account: 41, Login: "raiser", Role: "officer", Org: 9})
	accounts, err := b.svc.OrgAccounts(own, payments.OrgAccountFilter{})
	if err != nil || len(accounts.Items) != 1 || accounts.Items[0].Org != 9 || accounts.Items[0].PaidFen != 50000 {
		t.Errorf("its account: %+v, %v", accounts, err)
	}
	page, err := b.svc.OrgPayouts(own, payments.OrgPayoutFilter{})
	if err != nil || page.Total != 1 || page.Items[0].ID != paid.ID || page.Items[0].ProposedBy+page.Items[0].DecidedBy+page.Items[0].RecordedBy != "" {
		t.Errorf("its payments: %+v, %v", page, err)
	}
	if got, err := b.svc.OrgPayout(own, payments.OrgPayoutRef{ID: paid.ID}); err != nil || got.BankRef != "W1" || got.DecidedBy != "" {
		t.Errorf("its payment: %+v, %v", got, err)
	}
	for name, id := range map[string]int64{"another's": fee.ID, "not approved": waits.ID, "nobody's": 999} {
		if _, err := b.svc.OrgPayout(own, payments.OrgPayoutRef{ID: id}); link.CodeOf(err) != link.NotFound {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := b.svc.OrgAccounts(own, payments.OrgAccountFilter{Org: 7}); link.CodeOf(err) != link.NotFound {
		t.Errorf("another's account: %v", err)
	}
	if _, err := b.svc.OrgPayouts(own, payments.OrgPayoutFilter{Org: 7}); link.CodeOf(err) != link.NotFound {
		t.Errorf("another's payments: %v", err)
	}
	if _, err := b.svc.OrgAccounts(as("officer", 42), payments.OrgAccountFilter{}); link.CodeOf(err) != link.NotFound {
		t.Errorf("an officer of nobody: %v", err)
	}
	_, err = b.svc.OrgAccounts(own, payments.OrgAccountFilter{Account: "bank"})
	wantCode(t, err, link.Invalid, "orgpay.account")
	_, err = b.svc.OrgPayouts(own, payments.OrgPayoutFilter{State: "gone"})
	wantCode(t, err, link.Invalid, "orgpay.state")
	for _, role := range []string{"clerk", "buyer", "household", "helper"} {
		_, err := b.svc.OrgAccounts(as(role, 43), payments.OrgAccountFilter{})
		wantCode(t, err, link.Forbidden, "forbidden")
		_, err = b.svc.OrgPayout(as(role, 43), payments.OrgPayoutRef{ID: paid.ID})
		wantCode(t, err, link.Forbidden, "forbidden")
	}
}

// The bank's statement shows the payment: by its reference and amount. One that came back is shown by a line in.
func TestStatementShowsPaymentsToOrganisations(t *testing.T) {
	b := setup(t)
	b.raised(1, "order:1", 100000, 80000)
	b.settle("order:1")
	first := b.payOrg(9, payments.OrgRaiser, 30000, "W1")
	b.payOrg(9, payments.OrgRaiser, 20000, "W2")
	third := b.approve(b.propose(9, payments.OrgRaiser, 10000))
	table := "交易流水号,交易日期,收入金额,支出金额,对方户名,摘要\n"
	out := func(ref, yuan string) string {
		return fmt.Sprintf("%s,%s,,%s,刘强养鹅场,货款\n", ref, b.today(), yuan)
	}
	got := b.importStatement(table + out("W1", "300.00") + out("W2", "150.00") + out("W3", "100.00"))
	if got.Out != 3 || got.Explained != 1 {
		t.Errorf("imported %+v", got)
	}
	if p, err := b.svc.OrgPayout(operator, payments.OrgPayoutRef{ID: first.ID}); err != nil || !p.OnBank {
		t.Errorf("the statement shows it: %+v, %v", p, err)
	}
	missing := func() (kinds map[string]int) {
		_, kinds = b.reconcile()
		delete(kinds, "bank.by_hand") // the buyers' payments were entered by hand
		return kinds
	}
	if kinds := missing(); kinds["bank.outgoing"] != 2 || kinds["bank.org_missing"] != 1 || len(kinds) != 2 {
		t.Errorf("differences %v", kinds)
	}
	// A line that the statement showed first is found when the payment is recorded.
	b.record(third, "W3")
	if kinds := missing(); kinds["bank.outgoing"] != 1 || kinds["bank.org_missing"] != 1 {
		t.Errorf("differences %v", kinds)
	}
	// On the statement it is no slip of the pen.
	_, err := b.svc.AskReversal(operator, payments.AskReversal{TxnID: b.posting("org.paid").ID, Reason: "录错了，需更正"})
	wantCode(t, err, link.Conflict, "reversal.on_statement")
	// It comes back.
	back := payments.ReturnOrgPayout{ID: first.ID, Why: "账号户名不符", ReturnedOn: b.clock.now()}
	bank := b.balanceOf("bank")
	for range 2 {
		if p, err := b.svc.ReturnOrgPayout(operator, back); err != nil || p.State != payments.OrgPayoutReturned || p.ReturnedOn == nil {
			t.Fatalf("returned: %+v, %v", p, err)
		}
	}
	if b.balanceOf("bank") != bank+30000 {
		t.Errorf("the bank has %d, had %d", b.balanceOf("bank"), bank)
	}
	b.wantOrg(9, payments.OrgRaiser, 80000, 30000, 0, 0, 0, 50000)
	_, err = b.svc.ReturnOrgPayout(operator, payments.ReturnOrgPayout{ID: first.ID, Why: "又退一次", ReturnedOn: b.clock.now()})
	wantCode(t, err, link.Conflict, "orgpay.not_paid")
	if kinds := missing(); kinds["bank.org_return_missing"] != 1 {
		t.Errorf("differences %v", kinds)
	}
	booked, err := b.svc.Booked(operator, payments.None{})
	if err != nil || len(booked.Items) != 1 || booked.Items[0].Kind != payments.BookedOrgReturn || booked.Items[0].AmountFen != 30000 || booked.Items[0].Name != first.No {
		t.Fatalf("booked %+v, %v", booked, err)
	}
	b.importStatement(table + fmt.Sprintf("W9,%s,300.00,,刘强养鹅场,退票\n", b.today()))
	line := b.statement("suspense")[0]
	if _, err := b.svc.ExplainTransfer(operator, payments.ExplainTransfer{LineID: line.ID, Kind: booked.Items[0].Kind, ID: booked.Items[0].ID}); err != nil {
		t.Fatal(err)
	}
	if kinds := missing(); kinds["bank.org_return_missing"] != 0 {
		t.Errorf("differences %v", kinds)
	}
	// A payment that waits for a person too long is named.
	b.approve(b.propose(9, payments.OrgRaiser, 1000))
	b.propose(9, payments.OrgRaiser, 1000)
	b.clock.forward(4 * 24 * time.Hour)
	if kinds := missing(); kinds["org.proposed"] != 1 || kinds["org.approved"] != 1 {
		t.Errorf("differences %v", kinds)
	}
}

// A payment recorded with a wrong reference, or as come back when it was another, is reversed by two and recorded anew.
func TestWrongPaymentToOrganisationIsReversed(t *testing.T) {
	b := setup(t)
	b.raised(1, "order:1", 100000, 80000)
	b.settle("order:1")
	bank := b.balanceOf("bank")
	p := b.approve(b.propose(9, payments.OrgRaiser, 30000))
	for n, ref := range []string{"W1", "W2", "W3"} {
		b.record(p, ref)
		if n < 2 {
			b.reverse("org.paid")
			b.wantOrg(9, payments.OrgRaiser, 80000, 0, 0, 0, 30000, 50000)
			if b.balanceOf("bank") != bank {
				t.Errorf("the bank has %d, had %d", b.balanceOf("bank"), bank)
			}
		}
	}
	for n := range 2 {
		if _, err := b.svc.ReturnOrgPayout(operator, payments.ReturnOrgPayout{ID: p.ID, Why: "退票", ReturnedOn: b.clock.now()}); err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			b.reverse("org.returned")
			b.wantOrg(9, payments.OrgRaiser, 80000, 30000, 0, 0, 0, 50000)
		}
	}
	b.wantOrg(9, payments.OrgRaiser, 80000, 0, 0, 0, 0, 80000)
	// A return that was paid out again stays: the rest builds on it.
	b.payOrg(9, payments.OrgRaiser, 80000, "W4")
	asked, err := b.svc.AskReversal(operator, payments.AskReversal{TxnID: b.posting("org.returned").ID, Reason: "录错了，需更正"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = b.svc.DecideReversal(secondPerson, payments.DecideReversal{ID: asked.ID, Approve: true})
	wantCode(t, err, link.Conflict, "reversal.built_on")
}

// Verify sees books that differ from the organisations' earnings and payments.
func TestVerifyFindsWhatIsWrongWithOrganisations(t *testing.T) {
	for check, harm := range map[string]string{
		"payables.raisers":   `ALTER TABLE org_payout DISABLE TRIGGER USER; UPDATE org_payout SET amount_fen = amount_fen + 1 WHERE account = 'raiser'`,
		"orgs.coops":         `ALTER TABLE org_payout DISABLE TRIGGER USER; UPDATE org_payout SET amount_fen = amount_fen - 1 WHERE account = 'coop'`,
		"orgs.posted":        `ALTER TABLE org_payout DISABLE TRIGGER USER; UPDATE org_payout SET state = 'approved', bank_ref = '', paid_on = NULL`,
		"orgs.second_person": `ALTER TABLE org_payout DISABLE TRIGGER USER; ALTER TABLE org_payout DROP CONSTRAINT org_payout_second_person; UPDATE org_payout SET decided_by = proposed_by`,
		"orgs.on_statement":  `INSERT INTO bank_outgoing_line (bank_ref, amount_fen, payee, memo, paid_on, state, explained_as, actor, created_at) SELECT 'X1', amount_fen, '', '', now(), 'explained', 'org:' || no, 'x', now() FROM org_payout LIMIT 1`,
		"orgs.overpaid":      `INSERT INTO ledger_txn (kind, business_key, input_hash, occurred_at, actor) VALUES ('x', 'x', '', now(), 'x'); INSERT INTO ledger_account (code, kind, class, normal, party_type, party_id, balance_mode) VALUES ('receivable_raiser:org:9', 'receivable_raiser', 'asset', 1, 'org', '9', 'strict'); INSERT INTO ledger_entry (txn_id, line, account_id, amount) SELECT (SELECT id FROM ledger_txn WHERE kind = 'x'), n, (SELECT id FROM ledger_account WHERE code = c), f FROM (VALUES (1, 'receivable_raiser:org:9', 5), (2, 'bank', -5)) AS v (n, c, f)`,
	} {
		t.Run(check, func(t *testing.T) {
			b := setup(t)
			b.raised(1, "order:1", 100000, 80000)
			b.settle("order:1")
			b.payOrg(9, payments.OrgRaiser, 30000, "W1")
			b.payOrg(7, payments.OrgCoop, 5000, "W2")
			b.verify()
			tx := b.db.MustBegin()
			if _, err := tx.Exec(harm); err != nil {
				t.Fatal(err)
			}
			if err := tx.Commit(); err != nil {
				t.Fatal(err)
			}
			b.harmed = true
			found := b.findings()
			hit := false
			for _, f := range found {
				hit = hit || f.Check == check && f.Object != "" && f.Detail != ""
			}
			if !hit {
				t.Errorf("found %+v", found)
			}
		})
	}
}
