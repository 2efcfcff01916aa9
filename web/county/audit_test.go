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

// Details are words of the reader's language, also for entries of before.
func TestAuditDetails(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t)
	for i, e := range []audit.Entry{
		{Kind: audit.RulesChanged, Detail: "365 d, 480 min"}, {Kind: audit.RulesChanged, Detail: "14 30"},
		{Kind: "rules.unpaid", Detail: "5 2 100"}, {Kind: "rules.cooling_asked", On: "cooling", Object: "4", Detail: "96 24"},
		{Kind: "decision.doubtful", On: "statement_line", Object: "9", Detail: "skip"}, {Kind: "load.statement", Detail: "12"},
		{Kind: audit.ReadByProgram, Object: "households.list"}, {Kind: "account.role", On: audit.OnAccount, Object: "1", Detail: "clerk → officer"},
		{Kind: "request.open", On: audit.OnAccount, Detail: "no. 7, approver"}, {Kind: "presale.end", On: "presale", Object: "5", Login: "catalog", Event: "e9"},
	} {
		if e.Event == "" {
			e.Account, e.Login = int64(i+1), "operator"
		}
		if err := d.Store.Append(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	p := d.Login(t, auth.Account{Login: "approver", Name: "复核", Role: auth.Approver, Lang: "zh"})
	for lang, want := range map[string][]string{
		"zh": {"两步验证宽限 365 天，480 分钟不用就退出", "两步验证宽限 14 天", "个人 5 张，占预售 2%，单位 100 张", "96 小时改为 24 小时", "流水 9", "不记账", "12 行", "农户名单",
			"收购站司磅员 → 采购员", "第 7 号申请，县复核", "预售 5", "系统自动"},
		"en": {"365 days for the second factor, logged out after 480 minutes", "private 5 orders, 2 % of a presale", "96 to 24 hours", "Line 9", "left out", "12 lines",
			"Collection clerk → Procurement officer", "request 7, County approver", "Presale 5", "By itself"},
	} {
		body := html.UnescapeString(p.Get("/county/audit?lang=" + lang).Body)
		for _, w := range want {
			if !strings.Contains(body, w) {
				t.Errorf("%s: no %q in\n%s", lang, w, body)
			}
		}
		if strings.Contains(body, "365 d,") || lang == "zh" && strings.Contains(body, "no. 7") {
			t.Errorf("%s: a raw detail", lang)
		}
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
