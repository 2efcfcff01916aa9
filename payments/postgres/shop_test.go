package postgres_test

import (
	"testing"

	"banmuyuan/internal/link"
	"banmuyuan/payments"
)

// A shop's own goods are billed without a household, and cash that it keeps pays for them, in any order of the commands.
func TestShopSale(t *testing.T) {
	bill := payments.AcceptDelivery{DeliveryID: 71, Ref: "sale:1", Coop: 5, OwnFen: 1320, Shares: []payments.DeliveryShare{}, OccurredAt: 1_790_000_000}
	cash := payments.TakeCash{Ref: "sale:1", Receipt: "XS1", Org: 5, AmountFen: 1320, TakenAt: 1_790_000_000}
	billed := int64(1320)
	end := payments.CloseRef{Ref: "sale:1", Seq: 1, BilledFen: &billed}
	for name, order := range map[string][]struct {
		subject string
		data    any
	}{
		"cash first": {{payments.CmdTakeCash, cash}, {payments.CmdAcceptDelivery, bill}, {payments.CmdCloseRef, end}},
		"bill first": {{payments.CmdAcceptDelivery, bill}, {payments.CmdTakeCash, cash}, {payments.CmdCloseRef, end}},
		"cash last":  {{payments.CmdAcceptDelivery, bill}, {payments.CmdCloseRef, end}, {payments.CmdTakeCash, cash}},
	} {
		t.Run(name, func(t *testing.T) {
			b := setup(t)
			for range 2 { // every command twice
				for _, c := range order {
					b.command(c.subject, c.data)
				}
			}
			a, err := b.svc.Account(system(), payments.Ref{Ref: "sale:1"})
			if err != nil {
				t.Fatal(err)
			}
			if !a.Closed || a.PaidFen != 1320 || a.BilledFen != 1320 || a.ReceivableFen != 0 || a.DepositFen != 0 || a.RefundDueFen != 0 {
				t.Errorf("account %+v", a)
			}
			other := cash
			other.Ref = "sale:2"
			if err := b.tryCommand(payments.CmdTakeCash, other); link.CodeOf(err) != link.Conflict {
				t.Errorf("the receipt again for another sale: %v", err)
			}
		})
	}
}

func TestOriginComesBackWithTheFact(t *testing.T) {
	b := setup(t)
	from := payments.Origin{Season: 2026, Month: 9, Programme: "garden", Channel: "market", Product: "potato", Qty: 30, NetGrams: 15_000}
	d := payments.AcceptDelivery{DeliveryID: 72, Ref: "buyin:1", Coop: 5, OccurredAt: 1_790_000_000,
		Shares: []payments.DeliveryShare{{SourceKey: "buyin:1", Household: 9, GrossFen: 4200, Origin: &from}, {SourceKey: "ticket:9", Household: 9, GrossFen: 100}}}
	b.command(payments.CmdAcceptDelivery, d)
	facts, err := b.svc.IncomeFacts(system(), payments.SourcesRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if len(facts.Items) != 2 {
		t.Fatalf("facts %+v", facts.Items)
	}
	got := map[string]payments.Origin{}
	for _, f := range facts.Items {
		got[f.SourceKey] = f.Origin
	}
	if got["buyin:1"] != from || got["ticket:9"] != (payments.Origin{}) {
		t.Errorf("origins %+v", got)
	}
	for _, bad := range []payments.AcceptDelivery{{DeliveryID: 73, Ref: "sale:3", Coop: 5}, {DeliveryID: 73, Ref: "sale:3", Coop: 5, OwnFen: -1}, {DeliveryID: 73, Ref: "sale:3", OwnFen: 5}} {
		if err := b.tryCommand(payments.CmdAcceptDelivery, bad); link.CodeOf(err) != link.Invalid {
			t.Errorf("%+v: %v", bad, err)
		}
	}
}

// Goods that a shop takes back reduce its claim. Cash has gone back out of its own drawer, which is not the county's
// cashbox; it goes back once, never before it was taken, and never more than was sold.
func TestShopTakesGoodsBack(t *testing.T) {
	b := setup(t)
	billed := int64(1320)
	back := payments.TakeBack{Ref: "sale:1", Receipt: "TH1", Org: 5, AmountFen: 500, TakenAt: 1_790_000_100}
	if err := b.tryCommand(payments.CmdTakeBack, back); err == nil {
		t.Error("goods came back that were not sold yet")
	}
	b.command(payments.CmdTakeCash, payments.TakeCash{Ref: "sale:1", Receipt: "XS1", Org: 5, AmountFen: 1320, TakenAt: 1_790_000_000})
	b.command(payments.CmdAcceptDelivery, payments.AcceptDelivery{DeliveryID: 71, Ref: "sale:1", Coop: 5, OwnFen: 1320, Shares: []payments.DeliveryShare{}, OccurredAt: 1_790_000_000})
	if err := b.tryCommand(payments.CmdTakeBack, back); err == nil {
		t.Error("goods came back before they were billed")
	}
	b.command(payments.CmdCloseRef, payments.CloseRef{Ref: "sale:1", Seq: 1, BilledFen: &billed})
	rest := payments.TakeBack{Ref: "sale:1", Receipt: "TH2", Org: 5, AmountFen: 820, TakenAt: 1_790_000_200}
	for range 3 {
		b.command(payments.CmdTakeBack, back)
		b.command(payments.CmdTakeBack, rest)
	}
	a, err := b.svc.Account(system(), payments.Ref{Ref: "sale:1"})
	if err != nil {
		t.Fatal(err)
	}
	if a.RefundedFen != 1320 || a.RefundDueFen != 0 || a.BilledFen != 1320 || len(a.Refunds) != 2 || a.Refunds[0].State != payments.RefundSucceeded || a.Refunds[0].BankRef != "TH1" {
		t.Errorf("account %+v", a)
	}
	for name, bad := range map[string]payments.TakeBack{
		"more than was sold":         {Ref: "sale:1", Receipt: "TH3", Org: 5, AmountFen: 1},
		"the receipt for another":    {Ref: "sale:2", Receipt: "TH1", Org: 5, AmountFen: 500},
		"the receipt of another sum": {Ref: "sale:1", Receipt: "TH1", Org: 5, AmountFen: 501},
	} {
		if err := b.tryCommand(payments.CmdTakeBack, bad); link.CodeOf(err) != link.Conflict {
			t.Errorf("%s: %v", name, err)
		}
	}
	found, err := b.svc.Verify(system(), payments.None{})
	if err != nil {
		t.Fatal(err)
	}
	if len(found.Items) > 0 {
		t.Errorf("found %+v", found.Items)
	}
}

// Cash that a buyer gets back comes out of the till it went into: an organisation's own, or the county's box.
func TestCashGoesBackOutOfTheTillItIsIn(t *testing.T) {
	b := setup(t)
	b.command(payments.CmdTakeCash, payments.TakeCash{Ref: "sale:1", Receipt: "XS1", Org: 5, AmountFen: 2000, TakenAt: 1_790_000_000})
	b.command(payments.CmdTakeCash, payments.TakeCash{Ref: "sale:2", Receipt: "XS2", Org: 6, AmountFen: 500, TakenAt: 1_790_000_000})
	site := b.create("order:1", "deposit", payments.Cash, 3000)
	if _, err := b.svc.RecordCash(operator, payments.RecordCash{PaymentID: site.ID, Receipt: "SJ1", AmountFen: 3000}); err != nil {
		t.Fatal(err)
	}
	// The first sale was of less than was paid, the second is given up, and so is the order.
	billed := int64(1320)
	b.command(payments.CmdAcceptDelivery, payments.AcceptDelivery{DeliveryID: 71, Ref: "sale:1", Coop: 5, OwnFen: billed, Shares: []payments.DeliveryShare{}, OccurredAt: 1_790_000_000})
	b.command(payments.CmdCloseRef, payments.CloseRef{Ref: "sale:1", Seq: 1, BilledFen: &billed})
	b.command(payments.CmdCancelRef, payments.CancelRef{Ref: "sale:2", Reason: "refund.sale_cancelled"})
	b.command(payments.CmdCancelRef, payments.CancelRef{Ref: "order:1"})
	for i, ref := range []string{"sale:1", "sale:2", "order:1"} {
		refunds := b.account(ref).Refunds
		if len(refunds) != 1 || refunds[0].State != payments.RefundByBank {
			t.Fatalf("%s: refunds %+v", ref, refunds)
		}
		for range 2 {
			if _, err := b.svc.RecordRefund(operator, payments.RecordRefund{RefundID: refunds[0].ID, BankRef: "TK" + string(rune('1'+i))}); err != nil {
				t.Fatal(err)
			}
		}
	}
	for account, want := range map[string]int64{"cash:till:org:5": 1320, "cash:till:org:6": 0, "cash:site": 0} {
		st, err := b.svc.AccountStatement(operator, payments.AccountRequest{Account: account})
		if err != nil || st.ClosingFen != want {
			t.Errorf("%s is %d, want %d; %v", account, st.ClosingFen, want, err)
		}
	}
	box, err := b.svc.Cashbox(operator, payments.CashboxRequest{})
	if err != nil || box.OnHandFen != 0 || len(box.Receipts) != 1 || box.Receipts[0].Receipt != "SJ1" {
		t.Errorf("the county's box: %+v, %v", box, err)
	}
	// Verify sees a till that differs from its receipts.
	b.verify()
	b.harmed = true
	if _, err := b.db.Exec(`UPDATE refund SET till = 0 WHERE till = 5`); err != nil {
		t.Fatal(err)
	}
	checks := map[string]bool{}
	for _, f := range b.findings() {
		checks[f.Check] = true
	}
	if !checks["cash.till"] || !checks["cash.box"] {
		t.Errorf("verify found %v", checks)
	}
}
