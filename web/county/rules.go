package county

import (
	"net/http"

	"banmuyuan/orders"
	"banmuyuan/payments"
	"banmuyuan/payments/cooling"
	"banmuyuan/web/auth"
	"banmuyuan/web/page"
)

// rulePages are the pages of the county's rules: limits of unpaid orders, and the cooling time of payout accounts.
type rulePages struct {
	*page.Site
	Services
}

func (s *rulePages) ruleRoutes() {
	s.Guarded("GET", "/county/rules", "county.rules", s.rulesPage, auth.County...)
	s.Guarded("POST", "/county/rules/unpaid", "county.rules.unpaid", s.saveUnpaid, auth.County...)
	s.Guarded("POST", "/county/rules/cooling", "county.rules.cooling", s.saveCooling, auth.County...)
	s.Guarded("POST", "/county/rules/cooling/{id:[0-9]+}", "county.rules.cooling.decide", s.decideCooling, auth.Approver)
}

type rulesPage struct {
	Unpaid   orders.UnpaidRules
	Cooling  cooling.Overview
	Approves bool
}

func (s *rulePages) rulesPage(w http.ResponseWriter, r *http.Request) error {
	return s.showRules(w, r, s.NewForm(page.LangOf(r)))
}

// showRules shows the rules in force, and wrong input in place of them.
func (s *rulePages) showRules(w http.ResponseWriter, r *http.Request, f *page.Form) error {
	ctx := r.Context()
	d := rulesPage{Approves: auth.FromContext(ctx).Role == auth.Approver}
	var err error
	if d.Unpaid, err = s.UnpaidRules.UnpaidRules(ctx, orders.None{}); err != nil {
		return err
	}
	if d.Cooling, err = s.CoolingRules.CoolingRules(ctx, payments.None{}); err != nil {
		return err
	}
	for name, value := range map[string]int64{"orders": int64(d.Unpaid.Orders), "part_percent": d.Unpaid.Part, "org_orders": int64(d.Unpaid.OrgOrders), "hours": d.Cooling.Hours} {
		if !f.Values.Has(name) {
			f.Values.Set(name, page.Num64(value))
		}
	}
	return s.RenderForm(w, r, "county/rules", d, f)
}

// saveRules carries a posted form out, and shows the page again where it cannot be.
func (s *rulePages) saveRules(w http.ResponseWriter, r *http.Request, need []string, do func(f *page.Form) (said string, err error)) error {
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	f.Need(need...)
	said := ""
	if f.OK() {
		if said, err = do(f); err != nil && !f.Fail(err) {
			return err
		}
	}
	if !f.OK() {
		return s.showRules(w, r, f)
	}
	s.Flash(r, page.Good, said)
	return s.GoTo(w, r, "county.rules")
}

func (s *rulePages) saveUnpaid(w http.ResponseWriter, r *http.Request) error {
	return s.saveRules(w, r, []string{"orders", "part_percent", "org_orders"}, func(f *page.Form) (string, error) {
		want := orders.UnpaidLimits{Orders: int(f.Int("orders")), Part: f.Int("part_percent"), OrgOrders: int(f.Int("org_orders"))}
		if !f.OK() {
			return "", nil
		}
		_, err := s.UnpaidRules.SetUnpaidRules(r.Context(), want)
		return "rules.saved", err
	})
}

func (s *rulePages) saveCooling(w http.ResponseWriter, r *http.Request) error {
	return s.saveRules(w, r, []string{"hours"}, func(f *page.Form) (string, error) {
		hours := f.Int("hours")
		if !f.OK() {
			return "", nil
		}
		rules, err := s.CoolingRules.SetCooling(r.Context(), cooling.Set{Hours: hours})
		if err == nil && rules.Waiting != nil {
			return "rules.cooling.asked", nil
		}
		return "rules.saved", err
	})
}

func (s *rulePages) decideCooling(w http.ResponseWriter, r *http.Request) error {
	return s.saveRules(w, r, nil, func(f *page.Form) (string, error) {
		approve := f.Text("decision") == "approve"
		_, err := s.CoolingRules.DecideCooling(r.Context(), cooling.Decide{ID: page.PathInt(r, "id"), Approve: approve, Why: f.Text("why")})
		if approve {
			return "rules.saved", err
		}
		return "rules.cooling.refused", err
	})
}
