package api

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gorilla/mux"

	"banmuyuan/internal/link"
	"banmuyuan/payments"
	"banmuyuan/web/auth"
)

type orgPayouts struct {
	refuse   error
	proposed []payments.ProposeOrgPayout
	done     []string
}

func (o *orgPayouts) OrgAccounts(context.Context, payments.OrgAccountFilter) (payments.OrgAccounts, error) {
	return payments.OrgAccounts{Items: []payments.OrgAccount{{Org: 5, Account: payments.OrgCoop, PayableFen: 376600}}}, nil
}

func (o *orgPayouts) OrgPayouts(_ context.Context, f payments.OrgPayoutFilter) (payments.OrgPayoutPage, error) {
	return payments.OrgPayoutPage{Items: []payments.OrgPayout{{ID: 3, No: "DG20260918-01", State: f.State}}, Total: 1}, nil
}

func (o *orgPayouts) OrgPayout(_ context.Context, r payments.OrgPayoutRef) (payments.OrgPayout, error) {
	if r.ID != 3 {
		return payments.OrgPayout{}, link.E(link.NotFound, "orgpay.unknown", "")
	}
	return payments.OrgPayout{ID: 3}, nil
}

func (o *orgPayouts) ProposeOrgPayout(_ context.Context, r payments.ProposeOrgPayout) (payments.OrgPayout, error) {
	o.proposed = append(o.proposed, r)
	return payments.OrgPayout{ID: 3, State: payments.OrgPayoutProposed}, o.refuse
}

func (o *orgPayouts) DecideOrgPayout(_ context.Context, r payments.DecideOrgPayout) (payments.OrgPayout, error) {
	o.done = append(o.done, "decided "+r.Why)
	return payments.OrgPayout{}, o.refuse
}

func (o *orgPayouts) RecordOrgPayout(_ context.Context, r payments.RecordOrgPayout) (payments.OrgPayout, error) {
	o.done = append(o.done, "paid "+r.BankRef+r.PaidOn.Format(" 2006-01-02"))
	return payments.OrgPayout{}, o.refuse
}

func (o *orgPayouts) FailOrgPayout(_ context.Context, r payments.FailOrgPayout) (payments.OrgPayout, error) {
	o.done = append(o.done, "failed "+r.Why)
	return payments.OrgPayout{}, o.refuse
}

func (o *orgPayouts) ReturnOrgPayout(_ context.Context, r payments.ReturnOrgPayout) (payments.OrgPayout, error) {
	o.done = append(o.done, "returned "+r.Why+r.ReturnedOn.Format(" 2006-01-02"))
	return payments.OrgPayout{}, o.refuse
}

// The county pays organisations, their officers read, nobody else does either; an error names its field.
func TestOrgPayoutsAreForThoseWhoMay(t *testing.T) {
	o := &orgPayouts{}
	a := New(Services{OrgPayouts: o}, nil, nil, "test", func(w http.ResponseWriter, r *http.Request, err error) {
		e := link.AsError(err)
		NewProblem(e, func(e *link.Error) string { return e.Key }, r.URL.Path, "").Write(w)
	})
	r := mux.NewRouter()
	a.Routes(r)
	want := func(role auth.Role, method, path, body, key string, status int, says ...string) {
		t.Helper()
		req := httptest.NewRequest(method, Prefix+path, strings.NewReader(body))
		req.Header.Set("Content-Type", "application/json")
		if key != "" {
			req.Header.Set("Idempotency-Key", key)
		}
		w := httptest.NewRecorder()
		r.ServeHTTP(w, req.WithContext(auth.WithAccount(req.Context(), &auth.Account{ID: 3, Login: "li", Role: role})))
		if w.Code != status {
			t.Errorf("%s %s as %s: %d, want %d: %s", method, path, role, w.Code, status, w.Body)
		}
		for _, text := range says {
			if !strings.Contains(w.Body.String(), text) {
				t.Errorf("%s %s does not say %s: %s", method, path, text, w.Body)
			}
		}
	}
	const propose = `{"org":5,"account":"coop","amount_fen":150000}`
	for _, role := range []auth.Role{auth.Operator, auth.Approver, auth.Officer, auth.OrgApprover} {
		want(role, "GET", "/org-accounts?account=coop", "", "", 200, `"payable_fen":376600`)
		want(role, "GET", "/org-payouts?state=paid", "", "", 200, `"no":"DG20260918-01"`, `"state":"paid"`)
		want(role, "GET", "/org-payouts/3", "", "", 200)
	}
	want(auth.Operator, "GET", "/org-payouts/4", "", "", 404, "orgpay.unknown")
	want(auth.Operator, "POST", "/org-payouts", propose, "", 422, "api.idempotency_key")
	want(auth.Operator, "POST", "/org-payouts", propose, "0123456789", 201, `"state":"proposed"`)
	if len(o.proposed) != 1 || o.proposed[0] != (payments.ProposeOrgPayout{IdempotencyKey: "0123456789", Org: 5, Account: payments.OrgCoop, AmountFen: 150000}) {
		t.Errorf("proposed %+v", o.proposed)
	}
	o.refuse = link.E(link.Conflict, "orgpay.too_much", "amount_fen", "have", "¥1.00")
	want(auth.Operator, "POST", "/org-payouts", propose, "0123456789", 409, `"field":"amount_fen"`, "orgpay.too_much")
	o.refuse = nil
	want(auth.Operator, "POST", "/org-payouts/3/paid", `{"bank_ref":"W1","paid_on":"18.9.2026"}`, "", 422, `"field":"paid_on"`)
	want(auth.Operator, "POST", "/org-payouts/3/returned", `{"why":"x","returned_on":""}`, "", 422, `"field":"returned_on"`)
	for path, body := range map[string]string{"decision": `{"why":"不对"}`, "paid": `{"bank_ref":"W1","paid_on":"2026-09-18"}`, "failed": `{"why":"账号有误"}`,
		"returned": `{"why":"退票","returned_on":"2026-09-19"}`} {
		want(auth.Approver, "POST", "/org-payouts/3/"+path, body, "", 200)
		for _, role := range []auth.Role{auth.Officer, auth.OrgApprover, auth.Clerk, auth.Household, auth.Buyer} {
			want(role, "POST", "/org-payouts/3/"+path, body, "", 403)
		}
	}
	if len(o.done) != 4 {
		t.Errorf("done %q", o.done)
	}
	for _, says := range []string{"decided 不对", "paid W1 2026-09-18", "failed 账号有误", "returned 退票 2026-09-19"} {
		if !strings.Contains(strings.Join(o.done, ";"), says) {
			t.Errorf("%q was not done: %q", says, o.done)
		}
	}
	for _, role := range []auth.Role{auth.Clerk, auth.Household, auth.Helper, auth.Buyer} {
		want(role, "GET", "/org-accounts", "", "", 403)
		want(role, "GET", "/org-payouts/3", "", "", 403)
	}
	want(auth.Officer, "POST", "/org-payouts", propose, "0123456789", 403)
}
