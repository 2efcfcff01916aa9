package household_test

import (
	"net/http"
	"strings"
	"testing"

	"banmuyuan/web/webtest"
)

// The statements of a long list are printed in parts, of which each says which it is, and each sheet its number.
func TestStatementsArePrintedInParts(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t)
	p := d.Operator(t)
	res := p.Get("/county/villages/11/income") // of 11,187 households
	for _, says := range []string{"分 56 部分打印", "第 1 / 56 部分", "1 / 11187", "2 / 11187", `part=56`} {
		if !strings.Contains(res.Body, says) {
			t.Errorf("the first part does not say %q", says)
		}
	}
	if res = p.Get("/county/villages/11/income?part=2"); !strings.Contains(res.Body, "第 201 到 400 户") || strings.Contains(res.Body, "1 / 11187") {
		t.Error("the second part is the first one again")
	}
}

func TestHouseholdPages(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t)
	p := d.Household(t)
	for path, says := range map[string][]string{
		"/my": {"王大山，2026 年", "卖了 3 只，交了 3 只", "¥2,814.86", "一共值 ¥1,419.75，合作社服务费 ¥18.49", "人均 ¥938.28。 2025 年一共 ¥2,400.00",
			"已经到账 ¥1,050.00", "6210****1234", "¥351.26 已经交货，等买家付清", "交 中秋大鹅 12 只，预计得 ¥1,413.60", "“中秋大鹅收购合同”问您家交不交 30 只", "9月25日(周五)前回答", "/my/quotas/14"},
		"/my/more":                {"过磅单", "结算单", "办过的事"},
		"/my/income":              {"3\u00a0月", "8\u00a0月", "种薯分红", "合作社留", "¥18.49", "其中 20.5% 归村集体", "全村平均", "¥850.00", "分红和其他", "¥210.00", "/my/tickets/31"},
		"/my/income/print":        {"YA-01-001-0007", "¥2,814.86"},
		"/my/sales":               {"为什么是您家", "人均预计收入 ¥210.00", "买家点名要您家的货", "¥1,413.60", "¥351.26", "少了 ¥4.13", "/my/sales/100000013/0/9"},
		"/my/sales/100000013/0/9": {"预计您家得 ¥355.39", "GB-000031", "3 只，净重 25.5 斤", "−¥18.49", "您家得", "少了 ¥4.13", "过磅比预计轻 0.3 斤 −¥4.35", "服务费跟着变 +¥0.22", "等买家付清"},
		"/my/sales/100000012/0/9": {"还没有过磅", "¥1,413.60"},
		"/my/tickets":             {"¥351.26"},
		"/my/tickets/31":          {"¥14.50", "25.5", "¥369.75", "¥18.49", "¥351.26", "永丰村收购点"},
		"/my/tickets/31/print":    {"data:image/svg&#43;xml;base64,", "签字"},
		"/my/lots":                {"80", "15", "¥117.80"},
		"/my/lots/1":              {"一共能卖多少只", `value="80"`},
		"/my/account":             {"6210****1234", "待县里复核", "账户已销户"},
		"/my/account/change":      {"钱打到哪个账户"},
		"/my/helper":              {"李明 可以替您办事"},
	} {
		webtest.ReadPage(t, p, path, says...)
	}
	for _, path := range []string{"/my/tickets/99", "/my/lots/5", "/my/sales/100000099/0/9", "/my/sales/100000013/7/9"} {
		if res := p.Get(path); res.StatusCode != http.StatusNotFound {
			t.Errorf("%s of somebody else: %d", path, res.StatusCode)
		}
	}
	if res := p.Get("/my?h=YA-01-001-0008"); strings.Contains(res.Body, "李秀英") {
		t.Error("a household sees another one")
	}
	d.SetEmpty()
	for path, says := range map[string][]string{
		"/my": {"今年还没有卖出", "还没有打过款", "还没有收款账户"}, "/my/income": {"这一年度还没有收入"}, "/my/sales": {"还没有卖出"},
		"/my/tickets": {"还没有过磅单"}, "/my/lots": {"2026 年还没有参加预售"}, "/my/account": {"还没有收款账户"}, "/my/income/print": {"¥0.00"},
	} {
		webtest.ReadPage(t, p, path, says...)
	}
}

func TestHelperActsForAHouseholdThatAgreed(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t)
	p := d.Helper(t)
	webtest.ReadPage(t, p, "/helper", "王大山", "没有同意书 1", "24,310", "合同等着回答 1", "今天要办的", "¥2,814.86", "已到账 ¥1,050.00 等打款 ¥351.26 还没交货 ¥1,413.60", "收购合同等着回答",
		"您帮扶的 4 户交给了周敏（县医院）", "您从孙梅（县一中）接手 6 户")
	webtest.ReadPage(t, p, "/helper?task=consent", "李秀英")
	if body := p.Get("/helper?task=consent").Body; strings.Contains(body, "王大山") {
		t.Error("one task’s list has a household without it")
	}
	webtest.ReadPage(t, p, "/helper/YA-01-001-0008/consent", "代办同意书", "李秀英", "签字")
	p.Get("/helper?lang=zh") // the last page read was in English
	if res := p.Get("/my"); res.StatusCode != http.StatusSeeOther || res.Header.Get("Location") != "/helper" {
		t.Errorf("without a household: %d to %q", res.StatusCode, res.Header.Get("Location"))
	}
	if res := p.Get("/my?h=YA-01-001-0008"); res.StatusCode != http.StatusForbidden || !strings.Contains(res.Body, "还没有同意由帮扶责任人代办") {
		t.Errorf("without consent: %d", res.StatusCode)
	}
	for _, path := range []string{"/my", "/my/income", "/my/sales", "/my/tickets/31", "/my/lots", "/my/lots/1", "/my/account", "/my/account/change", "/my/helper"} {
		webtest.ReadPage(t, p, path+"?h=YA-01-001-0007", "您正在替 王大山 查看和操作", "h=YA-01-001-0007")
	}
	p.Get("/helper?lang=zh")
	res := p.Post("/my/lots/1?h=YA-01-001-0007", "capacity", "60")
	if res.StatusCode != http.StatusSeeOther || res.Header.Get("Location") != "/my/lots?h=YA-01-001-0007&season=2026" {
		t.Fatalf("offer: %d to %q", res.StatusCode, res.Header.Get("Location"))
	}
	if a := d.Catalog.Actors[0]; a.OnBehalfOf != 77 || a.Login != "liming" || d.Catalog.Offers[0].Capacity != 60 || d.Catalog.Offers[0].HouseholdID != 77 {
		t.Errorf("offered %+v by %+v", d.Catalog.Offers[0], a)
	}
	res = p.Post("/my/lots/1?h=YA-01-001-0007", "capacity", "10")
	if res.StatusCode != http.StatusConflict && res.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(res.Body, "已经卖出 15") || !strings.Contains(res.Body, `value="10"`) {
		t.Errorf("offer less than sold: %d\n%s", res.StatusCode, res.Body)
	}
	if res = p.Post("/my/lots/1?h=YA-01-001-0008", "capacity", "60"); res.StatusCode != http.StatusForbidden || len(d.Catalog.Offers) != 2 {
		t.Errorf("offer without consent: %d", res.StatusCode)
	}
	if res = p.Post("/my/account/change?h=YA-01-001-0007", "holder", "王大山", "bank", "农信社", "number", "62"); res.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("a number of two digits: %d", res.StatusCode)
	}
	account := []string{"holder", "王大山", "bank", "农信社", "number", "6210000000001234"}
	if res = p.Post("/my/account/change?h=YA-01-001-0007", account...); res.StatusCode != http.StatusOK || len(d.Payments.SetAccounts) != 0 ||
		!strings.Contains(webtest.Prose(res.Body), "6210 0000 0000 1234") && !strings.Contains(res.Body, "<span>6210</span>") {
		t.Errorf("it is not asked once more: %d\n%s", res.StatusCode, webtest.Prose(res.Body))
	}
	res = p.Post("/my/account/change?h=YA-01-001-0007", append(account, "sure", "1")...)
	if res.StatusCode != http.StatusSeeOther || d.Payments.Actors[0].OnBehalfOf != 77 || d.Payments.SetAccounts[0].Number != "6210000000001234" {
		t.Errorf("account: %d by %+v", res.StatusCode, d.Payments.Actors)
	}
	if page := p.Get(res.Header.Get("Location")); !strings.Contains(page.Body, "县里核对后才会启用新账户") {
		t.Error("the helper is not told that the county checks")
	}
	if res = p.Post("/my/account/change?h=YA-01-001-0007", "holder", "王大山"); res.StatusCode != http.StatusUnprocessableEntity || len(d.Payments.SetAccounts) != 1 {
		t.Errorf("half an account: %d", res.StatusCode)
	}
}

func TestHouseholdGivesAndEndsConsent(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t)
	p := d.Household(t)
	if res := p.Post("/my/helper", "given", "1"); res.StatusCode != http.StatusOK || len(d.Catalog.Consents) != 0 || !strings.Contains(res.Body, "替您办事，确定吗") {
		t.Errorf("it is not asked once more: %d", res.StatusCode)
	}
	for _, given := range []string{"1", "0"} {
		if res := p.Post("/my/helper", "given", given, "sure", "1"); res.StatusCode != http.StatusSeeOther {
			t.Fatalf("given %s: %d", given, res.StatusCode)
		}
	}
	if got := d.Catalog.Consents; len(got) != 2 || !got[0].Given || got[0].How != "signed" || got[1].Given || got[0].HouseholdID != 77 {
		t.Errorf("recorded %+v", got)
	}
}
