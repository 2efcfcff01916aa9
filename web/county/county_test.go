package county_test

import (
	"html"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"banmuyuan/internal/link"
	"banmuyuan/payments"
	"banmuyuan/web"
	"banmuyuan/web/auth"
	"banmuyuan/web/page"
	"banmuyuan/web/webtest"
)

// countyDesk is a desk with the county's own modules.
type countyDesk struct {
	*webtest.Desk
	treasury *stubTreasury
	pools    *webtest.StubPools
	books    *stubBooks
}

func newCountyDesk(t *testing.T, with ...func(*webtest.Desk, *web.Deps)) *countyDesk {
	t.Helper()
	d := &countyDesk{treasury: &stubTreasury{}, pools: &webtest.StubPools{Kind: payments.PoolSeedPotato, State: payments.PoolDraft}, books: &stubBooks{}}
	own := func(_ *webtest.Desk, deps *web.Deps) {
		deps.Treasury, deps.Distributions, deps.Books = d.treasury, d.pools, d.books
		nothing := &stubReviews{}
		deps.Care, deps.AccountReviews, deps.OrgPayouts, deps.Reversals = nothing, nothing, &stubOrgPayouts{empty: true}, &stubReversals{}
	}
	d.Desk = webtest.NewDesk(t, append([]func(*webtest.Desk, *web.Deps){own}, with...)...)
	return d
}

func (d *countyDesk) setEmpty() {
	d.Desk.SetEmpty()
	d.treasury.empty, d.books.empty = true, true
}

func TestCountyPages(t *testing.T) {
	t.Parallel()
	d := newCountyDesk(t)
	p := d.Operator(t)
	for path, says := range map[string][]string{
		"/county":                                           {"9,897", "88.5%", "828", "1,177", "哪些村还没有卖出一单？", "永丰村", "¥1,203.45", "4,017", "全县总览", "6,249", "45", "兆瓦", "26,323"},
		"/county/households?q=%E7%8E%8B":                    {"YA-01-001-0007", "11,187", "24,310", "next-household", "可代办"},
		"/county/households/YA-01-001-0007":                 {"2302**********1234", "¥1,050.00", "6210****1234", "由复核人员核对后启用", "中秋大鹅", "/orders/100000013"},
		"/county/presales":                                  {"GOOSE-2026", "880,120", "21"},
		"/county/presales/new":                              {"存为草稿"},
		"/county/presales/GOOSE-2026":                       {`value="20.5"`, `value="8.5"`, "开放预售", "2026-09-23"},
		"/county/presales/OPEN-2026":                        {"截单", "¥14.50"},
		"/county/presales/GOOSE-2026/split?quantity=20":     {"0.2098", "红光村", "¥123,450.00"},
		"/county/presales/GOOSE-2026/split":                 {"填一个数量"},
		"/county/orders?state=confirmed":                    {"100000012", "4,031", "¥9,876,543.21", "/orders/100000012", "next-order"},
		"/county/orders/100000012/split":                    {"¥210.00", "还有余货的农户里最低", "买家点名", "fair/1"},
		"/county/receipts":                                  {"20260918-1", "认领", "100000012", "要由县里转账退还的款"},
		"/county/settlements":                               {"¥8,000,000.00", "¥1,200.50", "DK-0003"},
		"/county/payouts?state=done":                        {"DK-0003", "已完成"},
		"/county/payouts/3":                                 {"复核通过", "账户已销户", "YA-01-001-0007"},
		"/county/payouts/4":                                 {"导入回盘", "沙盒银行"},
		"/county/ledger":                                    {"借贷相等", "应付农户"},
		"/county/ledger/journal?account=payable":            {"delivery:7", "¥60.00", "earlier", "王大山 YA-01-001-0007"},
		"/county/households?township=1&village=11&unsold=1": {"永丰村"},
	} {
		webtest.ReadPage(t, p, path, says...)
	}
	d.setEmpty()
	for path, says := range map[string][]string{
		"/county":                           {"还没有登记的村"},
		"/county/households":                {"还没有农户"},
		"/county/households?q=x":            {"没有符合条件的农户"},
		"/county/households/YA-01-001-0007": {"还没有收款账户", "这个年度还没有收入"},
		"/county/presales":                  {"这里没有预售"},
		"/county/orders":                    {"还没有订单"},
		"/county/receipts":                  {"没有待认领的到账"},
		"/county/settlements":               {"现在没有可以打款的"},
		"/county/payouts":                   {"还没有批次"},
		"/county/ledger":                    {"还没有记账"},
		"/county/ledger/journal":            {"没有符合条件的分录"},
	} {
		webtest.ReadPage(t, p, path, says...)
	}
}

func TestCountyPagesAreForTheCounty(t *testing.T) {
	t.Parallel()
	d := newCountyDesk(t)
	p := d.Login(t, auth.Account{Login: "household", Name: "王大山", Role: auth.Household, HouseholdID: 77})
	for _, path := range []string{"/county", "/county/households/YA-01-001-0007", "/county/payouts/3", "/county/ledger"} {
		if res := p.Get(path); res.StatusCode != http.StatusForbidden {
			t.Errorf("%s: %d", path, res.StatusCode)
		}
	}
}

// Lists of households are read where workbooks are.
func TestImportMoved(t *testing.T) {
	t.Parallel()
	d := newCountyDesk(t)
	if res := d.Operator(t).Get("/county/households/import"); res.StatusCode != http.StatusSeeOther || res.Header.Get("Location") != "/county/setup" {
		t.Errorf("the old page: %d to %s", res.StatusCode, res.Header.Get("Location"))
	}
}

func TestPresaleIsReadFromItsForm(t *testing.T) {
	t.Parallel()
	d := newCountyDesk(t)
	p := d.Operator(t)
	fields := []string{"code", "BEAN-1", "product_id", "3", "season", "2026", "title.zh", "油豆角", "title.en", "Beans", "opens_at", "2026-08-01T08:00", "closes_at", "2026-09-01T20:00",
		"deliver_from", "2026-09-05", "deliver_to", "2026-09-20", "min_qty", "1", "step_qty", "1", "max_qty", "1,000", "collection_min", "2", "jin_per_unit", "8.5", "channels", "private",
		"channels", "market", "policy", "near", "seller_org", "5", "price.extra", "14.50", "price.first", "", "terms.deposit_bp", "20.5", "terms.fee_bp", "5", "terms.village_bp", "20", "terms.forfeit_bp", "50",
		"terms.weight_tolerance_bp", "25", "terms.free_cancel_hours", "24", "terms.inspection_hours", "48"}
	if res := p.Post("/county/presales/new", fields...); res.StatusCode != http.StatusSeeOther {
		t.Fatalf("save: %d\n%s", res.StatusCode, res.Body)
	}
	got := d.Catalog.Saved
	if got.Code != "BEAN-1" || got.MaxQty != 1000 || got.GramsPerUnit != 4250 || got.Terms.DepositBP != 2050 || got.Terms.VillageBP != 2000 || len(got.Grades) != 1 || got.Grades[0].Price.Fen != 1450 ||
		got.Grades[0].Price.Per != 500 || len(got.Channels) != 2 || got.ClosesAt.UTC().Format("15:04") != "12:00" || got.DeliverTo.In(page.China).Format("2006-01-02") != "2026-09-20" {
		t.Errorf("read %+v", got)
	}
	d.Catalog.Refuse = link.E(link.Invalid, "presale.window", "closes_at")
	res := p.Post("/county/presales/GOOSE-2026", fields...)
	if res.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(res.Body, "开始时间要早于截单时间") || !strings.Contains(res.Body, `value="油豆角"`) {
		t.Errorf("refused: %d\n%s", res.StatusCode, res.Body)
	}
	if d.Catalog.Saved.Code != "GOOSE-2026" {
		t.Errorf("a presale's code became %q", d.Catalog.Saved.Code)
	}
}

func TestReceiptsAreReadFromAFile(t *testing.T) {
	t.Parallel()
	d := newCountyDesk(t)
	p := d.Operator(t)
	res := p.Upload("/county/receipts/import", "流水.csv", "交易日期,流水号,金额\n")
	// It is looked at first, and booked on a click.
	if res.StatusCode != http.StatusOK || len(d.treasury.statements) != 1 || !d.treasury.statements[0].DryRun {
		t.Fatalf("look: %d, %+v\n%s", res.StatusCode, d.treasury.statements, res.Body)
	}
	for _, says := range []string{"还没有入账", "2300000000000000001", "期初余额", "交易状态不是“成功”", "存疑，不入账", "原文"} {
		if !strings.Contains(res.Body, says) {
			t.Errorf("the page does not say %s", says)
		}
	}
	content := regexp.MustCompile(`name="content" value="([^"]*)"`).FindStringSubmatch(res.Body)
	if content == nil {
		t.Fatal("the file does not come back")
	}
	d.treasury.statements = nil
	if res = p.Post("/county/receipts/import", "content", html.UnescapeString(content[1]), "name", "流水.csv", "book", "1"); res.StatusCode != http.StatusSeeOther {
		t.Fatalf("book: %d\n%s", res.StatusCode, res.Body)
	}
	if got := d.treasury.statements; len(got) != 1 || got[0].DryRun || got[0].Name != "流水.csv" || !strings.HasPrefix(string(got[0].Data), "交易日期") {
		t.Fatalf("imported %+v", got)
	}
	if page := p.Get("/county/receipts"); !strings.Contains(page.Body, "收入 3 笔、支出 1 笔") {
		t.Error("the page does not say what was imported")
	}
	d.treasury.problems = []payments.FileProblem{{Line: 2, Key: "statement.bad_date", Args: map[string]string{"value": "昨天"}}, {Line: 3, Key: "statement.bad_amount", Args: map[string]string{"value": "abc"}}}
	res = p.Upload("/county/receipts/import", "流水.csv", "日期,流水号,金额\n昨天,A4,10\n2026-09-18,A5,abc\n")
	if res.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(res.Body, "请更正下列 2 处") || !strings.Contains(res.Body, "昨天") {
		t.Errorf("wrong file: %d\n%s", res.StatusCode, res.Body)
	}
	res = p.Post("/county/receipts", "bank_ref", "B1", "amount", "12.345", "paid_on", "2026-09-18")
	if res.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(res.Body, "最多两位小数") || !strings.Contains(res.Body, `value="12.345"`) {
		t.Errorf("wrong amount: %d", res.StatusCode)
	}
	if res = p.Post("/county/receipts/5/match"); res.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("match nothing: %d", res.StatusCode)
	}
	if res = p.Post("/county/receipts/5/match", "payment_code", "100000099"); res.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(res.Body, "没有识别码为“100000099”的付款") {
		t.Errorf("match a code that there is not: %d", res.StatusCode)
	}
	if res = p.Post("/county/receipts/5/match", "payment_code", "100000012"); res.StatusCode != http.StatusSeeOther {
		t.Errorf("match: %d", res.StatusCode)
	}
}

// A doubtful line is booked or left out by one click; one in dollars can only be left out.
func TestDoubtfulLines(t *testing.T) {
	t.Parallel()
	d := newCountyDesk(t)
	p := d.Operator(t)
	if res := p.Get("/county/receipts"); !strings.Contains(res.Body, `href="/county/receipts/doubtful"`) {
		t.Error("nothing leads to the doubtful lines")
	}
	res := p.Get("/county/receipts/doubtful")
	if res.StatusCode != http.StatusOK || !strings.Contains(res.Body, "看不出是收入还是支出") || strings.Count(res.Body, `value="in"`) != 1 || strings.Count(res.Body, `value="skip"`) != 2 {
		t.Errorf("list: %d\n%s", res.StatusCode, res.Body)
	}
	if res := p.Post("/county/receipts/doubtful/7", "as", "out"); res.StatusCode != http.StatusSeeOther || len(d.treasury.decided) != 1 || d.treasury.decided[0] != (payments.DecideDoubtful{LineID: 7, As: "out"}) {
		t.Errorf("decided: %d, %+v", res.StatusCode, d.treasury.decided)
	}
	d.treasury.refuse = link.E(link.Conflict, "statement.decided", "line_id")
	if res := p.Post("/county/receipts/doubtful/7", "as", "in"); res.StatusCode == http.StatusSeeOther || !strings.Contains(res.Body, "已经处理过") {
		t.Errorf("decided before: %d", res.StatusCode)
	}
}

func TestPayoutNeedsASecondPerson(t *testing.T) {
	t.Parallel()
	d := newCountyDesk(t)
	p := d.Operator(t)
	if res := p.Post("/county/settlements", "min", "10"); res.StatusCode != http.StatusSeeOther || res.Header.Get("Location") != "/county/payouts/3" {
		t.Fatalf("create: %d to %q", res.StatusCode, res.Header.Get("Location"))
	}
	d.Payments.Creator = "operator"
	res := p.Get("/county/payouts/3")
	if !strings.Contains(res.Body, "这个批次是您生成的，不能由您自己复核") || strings.Contains(res.Body, `value="approve"`) {
		t.Error("the creator is offered to approve")
	}
	d.Payments.Refuse = link.E(link.Forbidden, "payout.second_person", "")
	if res = p.Post("/county/payouts/3/decide", "decision", "approve"); res.StatusCode != http.StatusForbidden {
		t.Errorf("approve as the creator: %d", res.StatusCode)
	}
	d.Payments.Refuse, d.Payments.Creator = nil, "somebody"
	if res = p.Post("/county/payouts/3/decide", "decision", "reject"); res.StatusCode != http.StatusUnprocessableEntity || len(d.Payments.Decisions) != 1 {
		t.Errorf("reject without a reason: %d", res.StatusCode)
	}
	if res = p.Post("/county/payouts/3/decide", "decision", "approve"); res.StatusCode != http.StatusSeeOther {
		t.Errorf("approve: %d", res.StatusCode)
	}
	res = p.Post("/county/payouts/3/file", "format", "csv")
	if res.StatusCode != http.StatusOK || res.Body != "a,b" || !strings.HasPrefix(res.Header.Get("Content-Disposition"), "attachment") || res.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("file: %d %v", res.StatusCode, res.Header)
	}
	d.Payments.Problems = []payments.FileProblem{{Line: 7, Key: "form.money"}}
	res = p.Upload("/county/payouts/4/result", "回盘.csv", "x")
	if res.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(res.Body, "整个文件没有导入") || !strings.Contains(res.Body, "最多两位小数") {
		t.Errorf("wrong result: %d\n%s", res.StatusCode, res.Body)
	}
	d.Payments.Problems = nil
	if res = p.Upload("/county/payouts/4/result", "回盘.csv", "x"); res.StatusCode != http.StatusSeeOther {
		t.Errorf("result: %d", res.StatusCode)
	}
}

// What the county has not is left out, rather than shown as nothing.
func TestDeskLeavesOutWhatTheCountyHasNot(t *testing.T) {
	t.Parallel()
	d := newCountyDesk(t)
	body := d.Operator(t).Get("/county").Body
	if strings.Contains(body, "托管种植") || !strings.Contains(body, "光伏装机") {
		t.Error("the desk shows entrusted land where there is none, or no stations where there are")
	}
}
