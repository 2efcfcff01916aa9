package county_test

import (
	"html"
	"net/http"
	"strings"
	"testing"

	"banmuyuan/web/audit"
	"banmuyuan/web/auth"
	"banmuyuan/web/webtest"
)

// The trail is read by approvers and administrators, in words, by person, object and matter; taking it out is in it.
func TestAuditPage(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t)
	one, two := admins(t, d)
	approver := d.Login(t, auth.Account{Login: "approver", Name: "复核", Role: auth.Approver, Lang: "zh"})
	operator := d.Login(t, auth.Account{Login: "operator", Name: "经办", Role: auth.Operator, Lang: "zh"})
	d.Person(t).Post("/login", "login", "operator", "password", "guessed guessed")
	one.Post("/county/accounts", "login", "fuhe", "name", "新复核", "role", "approver")
	two.Post("/county/accounts/requests/1", "decision", "approve")
	if err := d.Store.Append(t.Context(), audit.Entry{Kind: "unmask.account", Account: 4, Login: "operator", On: audit.OnHousehold, Object: "7", Event: "e1"}); err != nil {
		t.Fatal(err)
	}
	if res := operator.Get("/county/audit"); res.StatusCode != http.StatusForbidden {
		t.Errorf("an operator: %d", res.StatusCode)
	}
	for path, want := range map[string][]string{
		"/county/audit":                      {"登录失败", "申请开通账号", "同意开通账号", "开通账号", "看了完整银行账号", "admin + admin2"},
		"/county/audit?who=admin2":           {"同意开通账号"},
		"/county/audit?object=fuhe":          {"开通账号"},
		"/county/audit?area=unmask":          {"看了完整银行账号"},
		"/county/audit?who=operator&lang=en": {"Login failed", "Logged in", "Saw an account number in full"},
	} {
		for _, p := range []*webtest.Person{approver, one} {
			res := p.Get(path)
			for _, w := range want {
				if res.StatusCode != http.StatusOK || !strings.Contains(html.UnescapeString(res.Body), w) {
					t.Errorf("%s: %d, no %q", path, res.StatusCode, w)
				}
			}
		}
		approver.Get("/account?lang=zh")
		one.Get("/account?lang=zh")
	}
	if res := approver.Get("/county/audit?area=unmask"); strings.Contains(res.Body, "登录失败") {
		t.Error("the choice of a matter chooses nothing")
	}
	if res := approver.Get("/county/audit?from=2020-01-01&until=2020-01-02"); !strings.Contains(res.Body, "没有符合条件的记录") {
		t.Error("the choice of a time chooses nothing")
	}
	file := approver.Get("/county/audit.xlsx?area=login")
	if file.StatusCode != http.StatusOK || !strings.HasPrefix(file.Body, "PK") {
		t.Fatalf("file: %d", file.StatusCode)
	}
	if res := approver.Get("/county/audit?area=export"); !strings.Contains(res.Body, "下载操作记录") {
		t.Error("that the trail was taken out is not in it")
	}
}

// The county sets the rules of logins within bounds; only administrators do.
func TestRulesOfLogins(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t)
	one, _ := admins(t, d)
	if res := one.Post("/county/security", "grace", "400", "idle", "2"); res.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(res.Body, "0 到 365 天") {
		t.Errorf("out of bounds: %d", res.StatusCode)
	}
	if res := one.Post("/county/security", "grace", "14", "idle", "30"); res.StatusCode != http.StatusSeeOther {
		t.Errorf("save: %d", res.StatusCode)
	}
	if rules, err := d.Store.Security(t.Context()); err != nil || rules.GraceDays != 14 || rules.IdleMinutes != 30 {
		t.Errorf("%+v, %v", rules, err)
	}
	operator := d.Login(t, auth.Account{Login: "operator", Name: "经办", Role: auth.Operator, Lang: "zh"})
	if res := operator.Post("/county/security", "grace", "14", "idle", "30"); res.StatusCode != http.StatusForbidden {
		t.Errorf("an operator: %d", res.StatusCode)
	}
}

// An approver's lost second factor is reset by two administrators, on the pages.
func TestLostFactorOnThePages(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t)
	one, two := admins(t, d)
	a := d.Account(t, auth.Account{Login: "fuhe", Name: "复核", Role: auth.Approver, Lang: "zh"})
	if err := d.Store.Enrol(t.Context(), a.ID, []byte("sealed"), 1, nil); err != nil {
		t.Fatal(err)
	}
	path := "/county/accounts/3"
	if res := one.Get(path); !strings.Contains(res.Body, "重设两步验证") {
		t.Errorf("the page of the account: %d", res.StatusCode)
	}
	if res := one.Post(path + "/factor"); res.StatusCode != http.StatusSeeOther {
		t.Fatalf("ask: %d", res.StatusCode)
	}
	if _, err := d.Store.Factor(t.Context(), a.ID); err != nil {
		t.Fatal("one administrator reset it alone")
	}
	if res := one.Post("/county/accounts/requests/1", "decision", "approve"); res.StatusCode != http.StatusForbidden {
		t.Errorf("agrees with oneself: %d", res.StatusCode)
	}
	if res := two.Post("/county/accounts/requests/1", "decision", "approve"); res.StatusCode != http.StatusSeeOther {
		t.Errorf("agree: %d", res.StatusCode)
	}
	if _, err := d.Store.Factor(t.Context(), a.ID); err == nil {
		t.Error("it is still there")
	}
}
