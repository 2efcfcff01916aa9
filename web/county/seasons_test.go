package county_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"banmuyuan/internal/link"
	"banmuyuan/web/webtest"
)

func TestSeasonPages(t *testing.T) {
	t.Parallel()
	d := newCountyDesk(t)
	p := d.Operator(t)
	for path, says := range map[string][]string{
		"/county/seasons":                               {"2027 年度（丰收年）", "当前是 2026 年度。", "筹备中", "收尾中", "已结束", "9,001", `value="2028"`},
		"/county/seasons/2027":                          {"/county/seasons/2027/begin", "建立", "县经办"},
		"/county/seasons/2026":                          {"10,943", "412"},
		"/county/seasons/2025":                          {"/county/seasons/2025/close", "还有 15 类事没有办完"},
		"/county/seasons/2024":                          {"重新打开"},
		"/county/seasons/2027/begin":                    {"开始 2027 年度（丰收年）？", "2026 年度 转为收尾", "确定开始", "没有完成的订单"},
		"/county/seasons/2025/close":                    {"没有完成的订单", "/county/orders?season=2025&amp;state=open", "等第二人复核的过磅单", "没有办完的分红", "/county/presales?season=2025&amp;state=open", "¥100.00"},
		"/county/seasons/2026/close":                    {"没有完成的订单"},
		"/county?season=2025":                           {"2027 年度（丰收年） · 筹备中", "2026 年度 · 当前"},
		"/county/presales/new":                          {"2027 年度（丰收年）", "2026 年度", "2025 年度"},
		"/county/presales/GOOSE-2026/open":              {"9,120", "88,000", "87,000", "三兴镇", "确定开放"},
		"/county/presales/GOOSE-2026":                   {"/county/presales/GOOSE-2026/open", "重新开放", "截错了"},
		"/county/orders?season=2025&state=open":         {"没有完成的", "2025 年度"},
		"/county/households?unsold=1&season=2025":       {"2025 年度还没有卖出"},
		"/county/households/YA-01-001-0007?season=2027": {"2027 年度可卖的份额"},
	} {
		webtest.ReadPage(t, p, path, says...)
	}
	if res := p.Get("/county/seasons/2025/close"); strings.Contains(res.Body, "确定结束") {
		t.Error("a season with open things can be closed")
	}
	if res := p.Get("/county/presales/new"); strings.Contains(res.Body, "2024 年度") {
		t.Error("a closed season is offered for a new presale")
	}
	webtest.ReadPage(t, p, "/county/seasons/2024", "银行又退回了打款", "/county/settlements")
	if res := p.Get("/county/seasons/1999"); res.StatusCode != http.StatusNotFound {
		t.Errorf("a season that does not exist: %d", res.StatusCode)
	}

	post := func(path string, form ...string) webtest.Answer {
		t.Helper()
		p.Get("/county/seasons?lang=zh")
		return p.Post(path, form...)
	}
	if res := post("/county/seasons", "season", "2028", "title.zh", "新年"); res.StatusCode != http.StatusSeeOther || res.Header.Get("Location") != "/county/seasons/2028" {
		t.Errorf("plan: %d %s", res.StatusCode, res.Header.Get("Location"))
	}
	if res := post("/county/seasons", "season", ""); res.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("plan without a year: %d", res.StatusCode)
	}
	if res := post("/county/seasons/2027/begin"); res.StatusCode != http.StatusSeeOther {
		t.Errorf("begin: %d", res.StatusCode)
	}
	d.Seasons.Settled = true
	webtest.ReadPage(t, p, "/county/seasons/2025/close", "确定结束", "都办完了")
	if res := post("/county/seasons/2025/close"); res.StatusCode != http.StatusSeeOther {
		t.Errorf("close: %d", res.StatusCode)
	}
	if res := post("/county/seasons/2024/reopen"); res.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(res.Body, "请写明原因") {
		t.Errorf("reopen without a reason: %d\n%s", res.StatusCode, res.Body)
	}
	if res := post("/county/seasons/2024/reopen", "reason", "漏了一单"); res.StatusCode != http.StatusSeeOther {
		t.Errorf("reopen: %d", res.StatusCode)
	}
	if want := []string{"plan 2028新年", "begin 2027", "close 2025", "reopen 2024 漏了一单"}; !slices.Equal(d.Seasons.Acts, want) {
		t.Errorf("acts %q, want %q", d.Seasons.Acts, want)
	}

	d.Seasons.Refuse = link.E(link.Conflict, "season.not_settled", "season")
	if res := post("/county/seasons/2025/close"); res.StatusCode != http.StatusConflict && res.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(res.Body, "还有没办完的事") {
		t.Errorf("refused: %d", res.StatusCode)
	}
}

func TestPresaleThatReachesNobody(t *testing.T) {
	t.Parallel()
	d := newCountyDesk(t)
	p := d.Operator(t)
	d.Seasons.NoReach = "presale.reach.no_household"
	webtest.ReadPage(t, p, "/county/presales/GOOSE-2026/open", "没有一户登记生产“大鹅”")
	if res := p.Get("/county/presales/GOOSE-2026/open"); strings.Contains(res.Body, "确定开放") {
		t.Error("a presale that reaches nobody can be opened")
	}
	p.Get("/county/seasons?lang=zh")
	d.Catalog.Refuse = link.E(link.Conflict, "presale.reach.no_household", "state", "product", "大鹅")
	if res := p.Post("/county/presales/GOOSE-2026/state", "state", "open"); !strings.Contains(res.Body, "没有一户登记生产“大鹅”") {
		t.Errorf("opened all the same: %d\n%s", res.StatusCode, res.Body)
	}
}

func TestSeasonsAreTheCountys(t *testing.T) {
	t.Parallel()
	d := newCountyDesk(t)
	p := d.Household(t)
	for _, path := range []string{"/county/seasons", "/county/seasons/2027", "/county/seasons/2027/begin", "/county/seasons/2025/close", "/county/presales/GOOSE-2026/open"} {
		if res := p.Get(path); res.StatusCode != http.StatusForbidden && res.StatusCode != http.StatusNotFound {
			t.Errorf("a household reads %s: %d", path, res.StatusCode)
		}
	}
}
