package county_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"banmuyuan/internal/link"
	"banmuyuan/payments"
	"banmuyuan/web"
	"banmuyuan/web/auth"
	"banmuyuan/web/webtest"
)

// stubReversals answers with one reversal; what it was asked is kept.
type stubReversals struct {
	state   payments.ReversalState // "" is none
	asked   []payments.AskReversal
	decided []payments.DecideReversal
	refuse  error
}

func (v *stubReversals) Reversals(context.Context, payments.ReversalFilter) (payments.ReversalPage, error) {
	if v.state == "" {
		return payments.ReversalPage{}, nil
	}
	r := payments.Reversal{ID: 3, State: v.state, Reason: "金额看错了", AskedAt: webtest.Day, AskedBy: "colleague", Txn: payments.JournalTxn{ID: 41, Kind: "cash.banked", Actor: "cashier",
		BusinessKey: "banking:JK1", OccurredAt: webtest.Day, Lines: []payments.JournalLine{{Account: "bank", AmountFen: 200_00}, {Account: "cash:site", AmountFen: -200_00}}}}
	switch v.state {
	case payments.ReversalPosted:
		r.DecidedAt, r.DecidedBy, r.ReversalID, r.BookedOn = &webtest.Day, "approver", 77, "2026-09-19"
	case payments.ReversalRefused:
		r.DecidedAt, r.DecidedBy, r.WhyRefused = &webtest.Day, "approver", "凭证上就是两百"
	}
	return payments.ReversalPage{Items: []payments.Reversal{r}, Total: 1}, nil
}

func (v *stubReversals) AskReversal(_ context.Context, r payments.AskReversal) (payments.Reversal, error) {
	v.asked = append(v.asked, r)
	return payments.Reversal{}, v.refuse
}

func (v *stubReversals) DecideReversal(_ context.Context, r payments.DecideReversal) (payments.Reversal, error) {
	v.decided = append(v.decided, r)
	return payments.Reversal{}, v.refuse
}

func TestReversalPages(t *testing.T) {
	t.Parallel()
	v := &stubReversals{}
	d := newCountyDesk(t, func(_ *webtest.Desk, deps *web.Deps) { deps.Reversals = v })
	p := d.Operator(t)
	webtest.ReadPage(t, p, "/county/ledger/reversals", "没有等复核的冲销")
	d.Payments.Posting = payments.JournalTxn{ID: 41, Kind: "cash.banked", BusinessKey: "banking:JK1", OccurredAt: webtest.Day, BookedOn: "2026-09-18", Actor: "cashier", LineCount: 60,
		Lines: []payments.JournalLine{{Account: "bank", AmountFen: 200_00}, {Account: "cash:site", AmountFen: -200_00}}}
	webtest.ReadPage(t, p, "/county/ledger/journal/41", "现金缴存银行", "banking:JK1", "¥200.00", "申请冲销", "共 60 行")
	if res := p.Post("/county/ledger/journal/41/reversal"); res.StatusCode != http.StatusUnprocessableEntity || len(v.asked) != 0 {
		t.Errorf("without a reason: %d", res.StatusCode)
	}
	v.refuse = link.E(link.Conflict, "reversal.on_statement", "txn_id")
	if res := p.Post("/county/ledger/journal/41/reversal", "reason", "金额看错了"); res.StatusCode != http.StatusConflict {
		t.Errorf("refused by the module: %d", res.StatusCode)
	}
	v.refuse = nil
	if res := p.Post("/county/ledger/journal/41/reversal", "reason", "金额看错了"); res.StatusCode != http.StatusSeeOther || v.asked[len(v.asked)-1] != (payments.AskReversal{TxnID: 41, Reason: "金额看错了"}) {
		t.Errorf("ask: %d, %+v", res.StatusCode, v.asked)
	}
	v.state = payments.ReversalAsked
	webtest.ReadPage(t, p, "/county/ledger/journal/41", "待复核", "在等县复核")
	if body := p.Get("/county/ledger/journal/41").Body; strings.Contains(body, `name="reason"`) {
		t.Error("it can be asked for twice")
	}
	v.state = payments.ReversalRefused
	webtest.ReadPage(t, p, "/county/ledger/journal/41", "未同意", "凭证上就是两百", "申请冲销")
	v.state, d.Payments.Posting.ReversedBy = payments.ReversalPosted, 77
	webtest.ReadPage(t, p, "/county/ledger/journal/41", "已冲销", "记账日 2026-09-19", "/county/ledger/journal/77")
	d.Payments.Posting = payments.JournalTxn{ID: 42, Kind: "delivery", BusinessKey: "delivery:1", OccurredAt: webtest.Day}
	v.state = ""
	webtest.ReadPage(t, p, "/county/ledger/journal/42", "请在原业务里更正")
	d.Payments.Posting = payments.JournalTxn{}
	if res := p.Get("/county/ledger/journal/43"); res.StatusCode != http.StatusNotFound {
		t.Errorf("no such posting: %d", res.StatusCode)
	}

	// The second person, who is none of the two.
	second := d.Login(t, auth.Account{Login: "approver", Name: "复核", Role: auth.Approver})
	v.state = payments.ReversalAsked
	webtest.ReadPage(t, second, "/county/ledger/reversals", "金额看错了", "同意冲销", "banking:JK1")
	if res := second.Post("/county/ledger/reversals/3", "decision", "refuse"); res.StatusCode != http.StatusUnprocessableEntity || len(v.decided) != 0 {
		t.Errorf("refuse without a reason: %d", res.StatusCode)
	}
	if res := second.Post("/county/ledger/reversals/3", "decision", "approve"); res.StatusCode != http.StatusSeeOther || v.decided[0] != (payments.DecideReversal{ID: 3, Approve: true}) {
		t.Errorf("approve: %d, %+v", res.StatusCode, v.decided)
	}
	poster := d.Login(t, auth.Account{Login: "cashier", Name: "出纳", Role: auth.Approver})
	webtest.ReadPage(t, poster, "/county/ledger/reversals", "要由另一位同事复核")
	if body := poster.Get("/county/ledger/reversals").Body; strings.Contains(body, `value="approve"`) {
		t.Error("who made the posting may approve its reversal")
	}
	buyer := d.Login(t, auth.Account{Login: "13800138000", Name: "买家", Role: auth.Buyer})
	for _, path := range []string{"/county/ledger/reversals", "/county/ledger/journal/41"} {
		if res := buyer.Get(path); res.StatusCode != http.StatusForbidden {
			t.Errorf("a buyer at %s: %d", path, res.StatusCode)
		}
	}
}
