package postgres_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"banmuyuan/internal/link"
	"banmuyuan/payments"
)

func (b *bundle) split(line int64, parts ...payments.TransferPart) ([]payments.StatementLine, error) {
	out, err := b.svc.SplitTransfer(operator, payments.SplitTransfer{LineID: line, Parts: parts})
	return out.Items, err
}

// One transfer pays two orders, and its rest stays open until it is returned.
// wantTransferActs wants exactly these acts with transfers in the audit trail, each once.
func (b *bundle) wantTransferActs(want ...string) {
	b.t.Helper()
	var acts []string
	for _, act := range events[link.Act](b, payments.EvtAct) {
		if kind, found := strings.CutPrefix(act.Kind, "transfer."); found && act.On == "statement_line" && act.Object != "0" {
			acts = append(acts, strings.TrimSpace(kind+" "+act.Detail))
		}
	}
	if !slices.Equal(acts, want) {
		b.t.Errorf("acts %q, want %q", acts, want)
	}
}

func TestTransferIsSplit(t *testing.T) {
	b := setup(t)
	one, two := b.coded(order, "260114AB", 500000), b.coded("order:2", "260115CD", 300000)
	l := b.transfer("T1", 810000, "260114AB 260115CD")
	if l.State != "suspense" {
		t.Fatalf("two codes: %+v", l)
	}
	advice, err := b.svc.SuggestTransfers(operator, payments.SuggestTransfers{LineIDs: []int64{l.ID}})
	if err != nil || len(advice.Items) != 1 || advice.Items[0].Why != payments.SuggestCodes || advice.Items[0].RestFen != 10000 || len(advice.Items[0].Parts) != 2 {
		t.Fatalf("suggested: %+v, %v", advice, err)
	}
	whole := []payments.TransferPart{{PaymentID: one.ID, AmountFen: 500000}, {PaymentID: two.ID, AmountFen: 300000}}
	for name, c := range map[string]struct {
		parts []payments.TransferPart
		code  link.Code
		key   string
	}{
		"nothing":         {nil, link.Invalid, "transfer.parts"},
		"more than came":  {[]payments.TransferPart{{PaymentID: one.ID, AmountFen: 500000}, {PaymentID: two.ID, AmountFen: 310001}}, link.Invalid, "transfer.parts_more"},
		"one twice":       {[]payments.TransferPart{{PaymentID: one.ID, AmountFen: 100}, {PaymentID: one.ID, AmountFen: 200}}, link.Invalid, "transfer.part_twice"},
		"nobody's":        {[]payments.TransferPart{{PaymentID: one.ID, AmountFen: 100}, {PaymentID: 9999, AmountFen: 200}}, link.Invalid, "payment.unknown"},
		"part of nothing": {[]payments.TransferPart{{PaymentID: one.ID, AmountFen: 0}}, link.Invalid, "payment.amount"},
	} {
		if _, err := b.split(l.ID, c.parts...); link.CodeOf(err) != c.code || link.AsError(err).Key != c.key {
			t.Errorf("%s: %v", name, err)
		}
	}
	for range 2 { // sent twice
		parts, err := b.split(l.ID, whole...)
		if err != nil || len(parts) != 3 || parts[0].State != "matched" || parts[1].Ref != "order:2" || parts[2].State != "suspense" || parts[2].AmountFen != 10000 || parts[2].PartOf != l.ID {
			t.Fatalf("split: %+v, %v", parts, err)
		}
	}
	b.wantAccount(order, 500000, 0, 0, 500000, 0)
	b.wantAccount("order:2", 300000, 0, 0, 300000, 0)
	if _, err := b.split(l.ID, payments.TransferPart{PaymentID: one.ID, AmountFen: 1}); link.CodeOf(err) != link.Conflict {
		t.Errorf("split in another way: %v", err)
	}
	if got := events[payments.PaymentEvent](b, payments.EvtPaymentSucceeded); len(got) != 2 {
		t.Errorf("events: %+v", got)
	}
	b.wantTransferActs("typed", "split 3", fmt.Sprint("matched ", one.ID), fmt.Sprint("matched ", two.ID))
	// The statement that shows the line again is no news.
	again, err := b.svc.RecordTransfers(operator, payments.RecordTransfers{Lines: []payments.Transfer{
		{BankRef: "T1", AmountFen: 810000, Payer: "某单位", Memo: "260114AB 260115CD", PaidOn: b.clock.now()}}})
	if err != nil || again.Duplicate != 1 {
		t.Errorf("again: %+v, %v", again, err)
	}
	// Another line of its reference is not taken for one of its parts.
	_, err = b.svc.RecordTransfers(operator, payments.RecordTransfers{Lines: []payments.Transfer{
		{BankRef: "T1", AmountFen: 500000, Payer: "某单位", Memo: "260114AB", PaidOn: b.clock.now()}}})
	wantCode(t, err, link.Conflict, "transfer.bank_ref_reused")
	parts, err := b.split(l.ID, whole...)
	if err != nil {
		t.Fatal(err)
	}
	rest, err := b.svc.ReturnTransfer(operator, payments.ReturnTransfer{LineID: parts[2].ID, BankRef: "B1", PaidOn: b.clock.now()})
	if err != nil || rest.State != "returned" {
		t.Errorf("returned: %+v, %v", rest, err)
	}
	b.verify()
	b.db.MustExec(`UPDATE bank_statement_line SET amount_fen = amount_fen - 1 WHERE id = $1`, parts[0].ID)
	if !slices.ContainsFunc(b.findings(), func(f payments.Finding) bool { return f.Check == "bank.parts" }) {
		t.Error("verify does not find parts that are not the line")
	}
	b.harmed = true
}

// A part that is too little waits with its payment, as a whole line does, and one of two orders of a payer is found by its sum.
func TestSplitInPart(t *testing.T) {
	b := setup(t)
	one := b.coded(order, "260114AB", 500000)
	b.coded("order:2", "260115CD", 300000)
	l := b.transfer("T1", 400000, "货款")
	if parts, err := b.split(l.ID, payments.TransferPart{PaymentID: one.ID, AmountFen: 400000}); err != nil || len(parts) != 1 || parts[0].State != "suspense" || parts[0].PaymentID != one.ID {
		t.Fatalf("part: %+v, %v", parts, err)
	}
	if p := b.account(order).Payments[0]; p.PartFen != 400000 {
		t.Errorf("the payment is %+v", p)
	}
	b.db.MustExec(`UPDATE payment SET party_name = '某单位'`)
	l2 := b.transfer("T2", 400000, "余款")
	advice, err := b.svc.SuggestTransfers(operator, payments.SuggestTransfers{LineIDs: []int64{l2.ID}})
	if err != nil || len(advice.Items) != 1 || advice.Items[0].Why != payments.SuggestPayer || len(advice.Items[0].Parts) != 2 {
		t.Fatalf("suggested: %+v, %v", advice, err)
	}
	var parts []payments.TransferPart
	for _, p := range advice.Items[0].Parts {
		parts = append(parts, payments.TransferPart{PaymentID: p.PaymentID, AmountFen: p.AmountFen})
	}
	if got, err := b.split(l2.ID, parts...); err != nil || len(got) != 2 || got[0].State != "matched" || got[1].State != "matched" {
		t.Fatalf("split: %+v, %v", got, err)
	}
	b.wantAccount(order, 500000, 0, 0, 500000, 0)
	b.wantAccount("order:2", 300000, 0, 0, 300000, 0)
	b.verify()
}

// What was paid too much for one order pays another one of the same buyer instead of going back.
func TestRefundIsUsed(t *testing.T) {
	b := setup(t)
	one := b.coded(order, "260114AB", 500000)
	two, three := b.coded("order:2", "260115CD", 50000), b.coded("order:3", "260116EF", 50000)
	b.db.MustExec(`UPDATE payment SET party_id = party_id + 1 WHERE id = $1`, three.ID)
	b.transfer("T1", 550000, "260114AB")
	b.work()
	r := b.account(order).Refunds[0]
	for payment, key := range map[int64]string{three.ID: "refund.other_buyer", 9999: "payment.unknown", one.ID: "refund.use_paid"} {
		if _, err := b.svc.UseRefund(operator, payments.UseRefund{RefundID: r.ID, PaymentID: payment}); err == nil || link.AsError(err).Key != key {
			t.Errorf("payment %d: %v", payment, err)
		}
	}
	for range 2 { // sent twice
		got, err := b.svc.UseRefund(operator, payments.UseRefund{RefundID: r.ID, PaymentID: two.ID})
		if err != nil || got.State != payments.RefundSucceeded {
			t.Fatalf("used: %+v, %v", got, err)
		}
	}
	b.wantAccount(order, 500000, 0, 0, 550000, 50000)
	b.wantAccount("order:2", 50000, 0, 0, 50000, 0)
	if _, err := b.svc.RecordRefund(operator, payments.RecordRefund{RefundID: r.ID, BankRef: "B1"}); link.CodeOf(err) != link.Conflict {
		t.Errorf("sent back as well: %v", err)
	}
	b.verify()
}
