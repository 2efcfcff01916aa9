package county_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"banmuyuan/internal/link"
	"banmuyuan/orders"
	"banmuyuan/payments"
	"banmuyuan/payments/cooling"
	"banmuyuan/web"
	"banmuyuan/web/auth"
	"banmuyuan/web/webtest"
)

type stubUnpaid struct {
	rules orders.UnpaidRules
	fail  error
}

func (s *stubUnpaid) UnpaidRules(context.Context, orders.None) (orders.UnpaidRules, error) {
	return s.rules, nil
}

func (s *stubUnpaid) SetUnpaidRules(_ context.Context, l orders.UnpaidLimits) (orders.UnpaidRules, error) {
	if s.fail == nil {
		s.rules.UnpaidLimits = l
	}
	return s.rules, s.fail
}

type stubCooling struct {
	rules   cooling.Overview
	decided cooling.Decide
}

func (s *stubCooling) CoolingRules(context.Context, payments.None) (cooling.Overview, error) {
	return s.rules, nil
}

func (s *stubCooling) SetCooling(_ context.Context, r cooling.Set) (cooling.Overview, error) {
	s.rules.Waiting = &cooling.Change{ID: 3, Hours: r.Hours, By: "operator", At: webtest.Day, State: cooling.Waiting}
	s.rules.History = []cooling.Change{*s.rules.Waiting, {ID: 1, Hours: 96, By: "operator", At: webtest.Day.Add(-time.Hour), State: cooling.InForce, DecidedBy: "approver"}}
	return s.rules, nil
}

func (s *stubCooling) DecideCooling(_ context.Context, r cooling.Decide) (cooling.Overview, error) {
	s.decided = r
	if !r.Approve && r.Why == "" {
		return s.rules, link.E(link.Invalid, "rules.cooling.why", "why")
	}
	s.rules.Waiting = nil
	return s.rules, nil
}

// The page of the county's rules shows the rules in force, keeps wrong input, and lets an approver decide.
func TestCountyRules(t *testing.T) {
	t.Parallel()
	unpaid := &stubUnpaid{rules: orders.UnpaidRules{UnpaidLimits: orders.UnpaidLimits{Orders: 5, Part: 2, OrgOrders: 100}}}
	stub := &stubCooling{rules: cooling.Overview{Hours: 72}}
	d := webtest.NewDesk(t, func(_ *webtest.Desk, deps *web.Deps) { deps.UnpaidRules, deps.CoolingRules = unpaid, stub })
	operator := d.Login(t, auth.Account{Login: "operator", Name: "经办", Role: auth.Operator, Lang: "zh"})
	approver := d.Login(t, auth.Account{Login: "approver", Name: "复核", Role: auth.Approver, Lang: "zh"})
	has := func(res webtest.Answer, status int, want ...string) {
		t.Helper()
		for _, w := range want {
			if res.StatusCode != status || !strings.Contains(res.Body, w) {
				t.Errorf("%d without %q:\n%s", res.StatusCode, w, res.Body)
			}
		}
	}
	has(operator.Get("/county/rules"), 200, `value="5"`, `value="100"`, `value="72"`)
	if res := operator.Post("/county/rules/unpaid", "orders", "3", "part_percent", "1", "org_orders", "50"); res.StatusCode != http.StatusSeeOther || unpaid.rules.Orders != 3 || unpaid.rules.Part != 1 || unpaid.rules.OrgOrders != 50 {
		t.Errorf("saved %+v: %d", unpaid.rules, res.StatusCode)
	}
	has(operator.Post("/county/rules/unpaid", "orders", "many", "part_percent", "1", "org_orders", "50"), 422, `value="many"`)
	unpaid.fail = link.E(link.Invalid, "rules.unpaid.part", "part_percent")
	has(operator.Post("/county/rules/unpaid", "orders", "3", "part_percent", "200", "org_orders", "50"), 422, `value="200"`, "1 到 100 的百分数")
	if res := operator.Post("/county/rules/cooling", "hours", "24"); res.StatusCode != http.StatusSeeOther {
		t.Errorf("shorter: %d", res.StatusCode)
	}
	has(operator.Get("/county/rules"), 200, "等第二人同意", "由复核人员决定", "现行")
	if res := operator.Post("/county/rules/cooling/3", "decision", "approve"); res.StatusCode != http.StatusForbidden {
		t.Errorf("an operator decides: %d", res.StatusCode)
	}
	has(approver.Post("/county/rules/cooling/3", "decision", "refuse"), 422, "请写明不同意的原因")
	if res := approver.Post("/county/rules/cooling/3", "decision", "approve"); res.StatusCode != http.StatusSeeOther || !stub.decided.Approve || stub.decided.ID != 3 {
		t.Errorf("decided %+v: %d", stub.decided, res.StatusCode)
	}
}
