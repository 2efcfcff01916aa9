package county_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"banmuyuan/internal/link"
	"banmuyuan/payments"
	"banmuyuan/web"
	"banmuyuan/web/auth"
	"banmuyuan/web/page"
	"banmuyuan/web/webtest"
)

// stubOrgPayouts answers with one organisation and one payment in a state; what it was asked is kept.
type stubOrgPayouts struct {
	state    payments.OrgPayoutState
	empty    bool
	refuse   error
	actors   []link.Actor
	proposed []payments.ProposeOrgPayout
	decided  []payments.DecideOrgPayout
	paid     []payments.RecordOrgPayout
	failed   []payments.FailOrgPayout
	returned []payments.ReturnOrgPayout
}

func (v *stubOrgPayouts) payout() payments.OrgPayout {
	p := payments.OrgPayout{ID: 3, No: "DG20260918-01", Org: 5, Account: payments.OrgCoop, AmountFen: 1_500_00, Note: "八月服务费", State: v.state, ProposedAt: webtest.Day, ProposedBy: "colleague"}
	if v.state != payments.OrgPayoutProposed {
		p.DecidedAt, p.DecidedBy = &webtest.Day, "approver"
	}
	switch v.state {
	case payments.OrgPayoutPaid, payments.OrgPayoutReturned:
		p.BankRef, p.PaidOn, p.RecordedAt, p.RecordedBy = "W-0001", &webtest.Day, &webtest.Day, "operator"
	case payments.OrgPayoutFailed, payments.OrgPayoutRejected:
		p.Why = "账号户名不符"
	}
	if v.state == payments.OrgPayoutReturned {
		p.ReturnedOn, p.Why = &webtest.Day, "账号户名不符"
	}
	return p
}

func (v *stubOrgPayouts) OrgAccounts(ctx context.Context, f payments.OrgAccountFilter) (payments.OrgAccounts, error) {
	v.actors = append(v.actors, link.ActorFrom(ctx))
	if v.empty || f.Org == 404 {
		return payments.OrgAccounts{}, nil
	}
	coop := payments.OrgAccount{Org: 5, Account: payments.OrgCoop, EarnedFen: 9_000_00, PaidFen: 2_000_00, OwedFen: 7_000_00, WaitingFen: 1_234_00, TillFen: 500_00, OpenFen: 1_500_00, PayableFen: 3_766_00}
	raiser := payments.OrgAccount{Org: 6, Account: payments.OrgRaiser, EarnedFen: 100_00, PaidFen: 180_00, OwedFen: -80_00}
	if f.Account == payments.OrgRaiser {
		return payments.OrgAccounts{Items: []payments.OrgAccount{raiser}}, nil
	}
	return payments.OrgAccounts{Items: []payments.OrgAccount{coop, raiser}}, nil
}

func (v *stubOrgPayouts) OrgPayouts(context.Context, payments.OrgPayoutFilter) (payments.OrgPayoutPage, error) {
	if v.empty {
		return payments.OrgPayoutPage{}, nil
	}
	return payments.OrgPayoutPage{Items: []payments.OrgPayout{v.payout()}, Total: 70, SumFen: 90_000_00, Cursor: "more"}, nil
}

func (v *stubOrgPayouts) OrgPayout(_ context.Context, r payments.OrgPayoutRef) (payments.OrgPayout, error) {
	if r.ID != 3 {
		return payments.OrgPayout{}, link.E(link.NotFound, "orgpay.unknown", "")
	}
	return v.payout(), nil
}

func (v *stubOrgPayouts) ProposeOrgPayout(_ context.Context, r payments.ProposeOrgPayout) (payments.OrgPayout, error) {
	v.proposed = append(v.proposed, r)
	return v.payout(), v.refuse
}

func (v *stubOrgPayouts) DecideOrgPayout(_ context.Context, r payments.DecideOrgPayout) (payments.OrgPayout, error) {
	v.decided = append(v.decided, r)
	return v.payout(), v.refuse
}

func (v *stubOrgPayouts) RecordOrgPayout(_ context.Context, r payments.RecordOrgPayout) (payments.OrgPayout, error) {
	v.paid = append(v.paid, r)
	return v.payout(), v.refuse
}

func (v *stubOrgPayouts) FailOrgPayout(_ context.Context, r payments.FailOrgPayout) (payments.OrgPayout, error) {
	v.failed = append(v.failed, r)
	return v.payout(), v.refuse
}

func (v *stubOrgPayouts) ReturnOrgPayout(_ context.Context, r payments.ReturnOrgPayout) (payments.OrgPayout, error) {
	v.returned = append(v.returned, r)
	return v.payout(), v.refuse
}

func newOrgDesk(t *testing.T) (*countyDesk, *stubOrgPayouts) {
	v := &stubOrgPayouts{state: payments.OrgPayoutProposed}
	return newCountyDesk(t, func(_ *webtest.Desk, deps *web.Deps) { deps.OrgPayouts = v }), v
}

func TestOrgPayoutPages(t *testing.T) {
	t.Parallel()
	d, v := newOrgDesk(t)
	p := d.Operator(t)
	webtest.ReadPage(t, p, "/county/org-payouts", "依安县富民鹅业合作社", "¥3,766.00", "70 笔等复核", "70 笔等付款", "服务费和自有货款")
	if body := p.Get("/county/org-payouts").Body; strings.Contains(body, "/county/org-payouts/raiser/6") {
		t.Error("who can be paid nothing is listed among those who can")
	}
	webtest.ReadPage(t, p, "/county/org-payouts?which=all", "−¥80.00", "代养分成")
	webtest.ReadPage(t, p, "/county/org-payouts?which=all&q=没有这个单位", "没有符合条件的单位")
	webtest.ReadPage(t, p, "/county/org-payouts/list", "DG20260918-01", "待复核", "共 70 条", "下一页")
	webtest.ReadPage(t, p, "/county/org-payouts/coop/5", "现在可付", "¥3,766.00", "本单位柜台已收的现金", "¥1,234.00", `value="3,766.00"`, "提交复核", "DG20260918-01")
	webtest.ReadPage(t, p, "/county/org-payouts/raiser/6", "已多付", "现在没有可以付的款", "代养明细")
	for _, path := range []string{"/county/org-payouts/coop/404", "/county/org-payouts/bank/5", "/county/org-payouts/99"} {
		if res := p.Get(path); res.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %d", path, res.StatusCode)
		}
	}

	// Propose.
	if res := p.Post("/county/org-payouts/coop/5", "amount_fen", ""); res.StatusCode != http.StatusUnprocessableEntity || len(v.proposed) != 0 {
		t.Errorf("no amount: %d", res.StatusCode)
	}
	v.refuse = link.E(link.Conflict, "orgpay.too_much", "amount_fen", "have", "¥3,766.00")
	if res := p.Post("/county/org-payouts/coop/5", "amount_fen", "9,000", "note", "八月"); res.StatusCode != http.StatusConflict || !strings.Contains(res.Body, "At most ¥3,766.00 can be paid now") || !strings.Contains(res.Body, `value="9,000"`) {
		t.Errorf("too much: %d", res.StatusCode)
	}
	v.refuse = nil
	res := p.Post("/county/org-payouts/coop/5", "amount_fen", "1500.00", "note", "八月服务费", "idempotency_key", "0123456789abcdef")
	want := payments.ProposeOrgPayout{IdempotencyKey: "0123456789abcdef", Org: 5, Account: payments.OrgCoop, AmountFen: 1_500_00, Note: "八月服务费"}
	if res.StatusCode != http.StatusSeeOther || v.proposed[len(v.proposed)-1] != want {
		t.Errorf("propose: %d, %+v", res.StatusCode, v.proposed)
	}
	webtest.ReadPage(t, p, "/county/org-payouts/3", "待复核", "¥1,500.00", "八月服务费", "colleague", "在等县复核")
	if body := p.Get("/county/org-payouts/3").Body; strings.Contains(body, `value="approve"`) {
		t.Error("an operator may approve")
	}

	// Decide.
	second := d.Login(t, auth.Account{Login: "approver", Name: "县复核", Role: auth.Approver, Lang: "zh"})
	webtest.ReadPage(t, second, "/county/org-payouts/3", "复核通过", "退回时写明原因")
	if res := second.Post("/county/org-payouts/3/decide", "decision", "reject"); res.StatusCode != http.StatusUnprocessableEntity || len(v.decided) != 0 {
		t.Errorf("rejected without a reason: %d", res.StatusCode)
	}
	if res := second.Post("/county/org-payouts/3/decide", "decision", "approve"); res.StatusCode != http.StatusSeeOther || v.decided[0] != (payments.DecideOrgPayout{ID: 3, Approve: true}) {
		t.Errorf("approve: %d, %+v", res.StatusCode, v.decided)
	}
	if res := second.Post("/county/org-payouts/3/decide", "decision", "reject", "why", "金额不对"); res.StatusCode != http.StatusSeeOther || v.decided[1] != (payments.DecideOrgPayout{ID: 3, Why: "金额不对"}) {
		t.Errorf("reject: %d, %+v", res.StatusCode, v.decided)
	}
	proposer := d.Login(t, auth.Account{Login: "colleague", Name: "另一位复核", Role: auth.Approver, Lang: "zh"})
	webtest.ReadPage(t, proposer, "/county/org-payouts/3", "要由另一位同事复核")

	// Record.
	v.state = payments.OrgPayoutApproved
	webtest.ReadPage(t, p, "/county/org-payouts/3", "待付款", "登记已付款", "银行没有付成？", `value="`+time.Now().In(page.China).Format(time.DateOnly))
	webtest.ReadPage(t, second, "/county/org-payouts/3", "要由另一位同事登记付款")
	if res := p.Post("/county/org-payouts/3/paid", "paid_on", "2026-02-30"); res.StatusCode != http.StatusUnprocessableEntity || len(v.paid) != 0 {
		t.Errorf("no reference: %d", res.StatusCode)
	}
	if res := p.Post("/county/org-payouts/3/paid", "bank_ref", "W-0001", "paid_on", "2026-09-18"); res.StatusCode != http.StatusSeeOther || v.paid[0].BankRef != "W-0001" ||
		!v.paid[0].PaidOn.Equal(time.Date(2026, 9, 18, 0, 0, 0, 0, page.China)) {
		t.Errorf("paid: %d, %+v", res.StatusCode, v.paid)
	}
	if res := p.Post("/county/org-payouts/3/failed", "why", "账号有误"); res.StatusCode != http.StatusSeeOther || v.failed[0] != (payments.FailOrgPayout{ID: 3, Why: "账号有误"}) {
		t.Errorf("failed: %d, %+v", res.StatusCode, v.failed)
	}
	v.state = payments.OrgPayoutPaid
	webtest.ReadPage(t, p, "/county/org-payouts/3", "已付款", "W-0001", "流水还没有出现", "银行退票了？", "kind=org.paid")
	if res := p.Post("/county/org-payouts/3/returned", "why", "户名不符"); res.StatusCode != http.StatusUnprocessableEntity || len(v.returned) != 0 {
		t.Errorf("returned without a day: %d", res.StatusCode)
	}
	if res := p.Post("/county/org-payouts/3/returned", "why", "户名不符", "returned_on", "2026-09-19"); res.StatusCode != http.StatusSeeOther || v.returned[0].Why != "户名不符" {
		t.Errorf("returned: %d, %+v", res.StatusCode, v.returned)
	}
	for state, says := range map[payments.OrgPayoutState]string{payments.OrgPayoutReturned: "已退票", payments.OrgPayoutFailed: "没有付成", payments.OrgPayoutRejected: "已退回"} {
		v.state = state
		webtest.ReadPage(t, p, "/county/org-payouts/3", says, "账号户名不符")
	}
	v.empty = true
	webtest.ReadPage(t, p, "/county/org-payouts", "现在没有可以付的款")
	webtest.ReadPage(t, p, "/county/org-payouts/list?state=failed", "这里没有付款单")
}

func TestOrganisationReadsWhatItIsOwed(t *testing.T) {
	t.Parallel()
	d, v := newOrgDesk(t)
	v.state = payments.OrgPayoutPaid
	officer := d.Login(t, auth.Account{Login: "coop", Name: "采购员", Role: auth.Officer, OrgID: 5, Lang: "zh"})
	webtest.ReadPage(t, officer, "/desk/owed", "应得货款", "¥3,766.00", "服务费和自有货款", "DG20260918-01", "W-0001", "已付款")
	if a := v.actors[len(v.actors)-1]; a.Org != 5 || a.Role != "officer" {
		t.Errorf("the module is asked for %+v", a)
	}
	if body := officer.Get("/desk/owed").Body; strings.Contains(body, "/county/") {
		t.Error("an officer is led to the county's pages")
	}
	v.empty = true
	webtest.ReadPage(t, officer, "/desk/owed", "县里没有应付给本单位的款")
	for path, who := range map[string]*webtest.Person{
		"/county/org-payouts": officer, "/county/org-payouts/3": officer, "/county/org-payouts/coop/5": officer,
		"/desk/owed": d.Login(t, auth.Account{Login: "clerk", Name: "司磅员", Role: auth.Clerk, OrgID: 5}),
	} {
		if res := who.Get(path); res.StatusCode != http.StatusForbidden {
			t.Errorf("%s: %d", path, res.StatusCode)
		}
	}
	if res := officer.Post("/county/org-payouts/coop/5", "amount_fen", "1"); res.StatusCode != http.StatusForbidden || len(v.proposed) != 0 {
		t.Errorf("an officer proposes: %d", res.StatusCode)
	}
}
