package county_test

import (
	"bytes"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"banmuyuan/internal/link"
	"banmuyuan/payments"
	"banmuyuan/web/auth"
	"banmuyuan/web/webtest"
)

func TestBooksPages(t *testing.T) {
	t.Parallel()
	d := newCountyDesk(t)
	p := d.Operator(t)
	webtest.ReadPage(t, p, "/county/ledger", "借贷相等", "应付农户", "已结账到 2019-12-31", "上月")
	webtest.ReadPage(t, p, "/county/ledger?from=2026-09-01&to=2026-09-30", "期初余额", "¥100.00")
	webtest.ReadPage(t, p, "/county/ledger/account?code=bank", "分红收入", "pool:4:income", "¥150.00")
	webtest.ReadPage(t, p, "/county/ledger/periods", "已结账到 2019-12-31", "2020-01", "4,017", "申请结账")
	d.books.state = payments.ClosingAsked
	webtest.ReadPage(t, p, "/county/ledger/periods", "申请结账到 2020-01-31", "在等县复核")
	if res := p.Get("/county/ledger/account?code=nobody"); res.StatusCode != http.StatusNotFound {
		t.Errorf("an account that is not there: %d", res.StatusCode)
	}
	d.books.state = ""
	if res := p.Post("/county/ledger/periods", "month", "2020-01"); res.StatusCode != http.StatusSeeOther || len(d.books.asked) != 1 || d.books.asked[0].Month != "2020-01" {
		t.Errorf("ask: %d, %+v", res.StatusCode, d.books.asked)
	}
	if res := p.Post("/county/ledger/periods/5", "decision", "refuse"); res.StatusCode != http.StatusUnprocessableEntity || len(d.books.decided) != 0 {
		t.Errorf("refuse without a reason: %d", res.StatusCode)
	}
	d.books.refuse = link.E(link.Conflict, "books.month_runs", "month")
	if res := p.Post("/county/ledger/periods", "month", "2030-01"); res.StatusCode != http.StatusConflict || !strings.Contains(res.Body, "This month is not over") {
		t.Errorf("a month that runs: %d", res.StatusCode)
	}
	d.books.empty = true
	webtest.ReadPage(t, p, "/county/ledger", "还没有记账")
	webtest.ReadPage(t, p, "/county/ledger/periods", "还没有结过账")
}

func TestBooksAreTablesToo(t *testing.T) {
	t.Parallel()
	d := newCountyDesk(t)
	p := d.Operator(t)
	for path, cell := range map[string]struct{ at, want string }{
		"/county/ledger/file":                   {"H3", "150"},
		"/county/ledger/account/file?code=bank": {"G4", "150"},
		"/county/ledger/journal/file":           {"I3", "50"},
		"/county/distributions/4/list":          {"A3", "YA-01-001-0007"},
	} {
		res := p.Get(path)
		f, err := excelize.OpenReader(bytes.NewReader([]byte(res.Body)))
		if err != nil {
			t.Errorf("%s: %d, %v", path, res.StatusCode, err)
			continue
		}
		got, err := f.GetCellValue(f.GetSheetName(0), cell.at, excelize.Options{RawCellValue: true})
		if err != nil || got != cell.want {
			t.Errorf("%s: %s is %q, want %q; %v", path, cell.at, got, cell.want, err)
		}
	}
}

func TestDistributionPages(t *testing.T) {
	t.Parallel()
	d := newCountyDesk(t)
	p := d.Operator(t)
	webtest.ReadPage(t, p, "/county/distributions", "2026 年种薯分红", "¥1,000.00", "填写中")
	webtest.ReadPage(t, p, "/county/distributions/4", "种薯销售款", "60%", "试算", "王大山", "提交复核", "取登记名单", "1 亩", "¥1,500.00")
	webtest.ReadPage(t, p, "/county/distributions/4/edit", "修改分红", `value="种薯销售款"`, `value="1,500"`, `value="60"`)
	webtest.ReadPage(t, p, "/county/distributions/new", "新建分红", "按交易量返还")
	d.pools.Problem = link.E(link.Invalid, "pool.no_surplus", "income", "surplus", "-100")
	webtest.ReadPage(t, p, "/county/distributions/4", "没有可分的钱（−¥1.00）")
	d.pools.Problem, d.pools.State = nil, payments.PoolWaiting
	webtest.ReadPage(t, p, "/county/distributions/4", "在等县复核")
	second := d.Login(t, auth.Account{Login: "approver", Name: "县复核", Role: auth.Approver, Lang: "zh"})
	webtest.ReadPage(t, second, "/county/distributions/4", "复核通过并入账")
	if res := second.Post("/county/distributions/4/decide", "decision", "reject"); res.StatusCode != http.StatusUnprocessableEntity || len(d.pools.Decided) != 0 {
		t.Errorf("send back without a reason: %d", res.StatusCode)
	}
	if res := second.Post("/county/distributions/4/decide", "decision", "approve", "version", "3"); res.StatusCode != http.StatusSeeOther || !d.pools.Decided[0].Approve || d.pools.Decided[0].Version != 3 {
		t.Errorf("approve: %d, %+v", res.StatusCode, d.pools.Decided)
	}
	d.pools.Empty = true
	webtest.ReadPage(t, p, "/county/distributions", "还没有分红")
}

func TestVillageCollectivePages(t *testing.T) {
	t.Parallel()
	d := newCountyDesk(t)
	d.pools.Kind = payments.PoolSolar
	p := d.Operator(t)
	webtest.ReadPage(t, p, "/county/villages/11/money", "永丰村村集体", "/county/distributions/4", "/county/org-payouts/3", "¥100.00", "¥40.00", "¥60.00", "服务费分成", "服务费冲回", "/orders/", "data-print")
	webtest.ReadPage(t, p, "/county/villages/12/money", "还没有记过账")
	webtest.ReadPage(t, p, "/county/distributions/4", "/county/villages/11/money", "红光村", "3.6")
	webtest.ReadPage(t, p, "/county/distributions/4/edit", "永丰村 60\n红光村 3.64%")
	if res := p.Get("/county/villages/99/money"); res.StatusCode != http.StatusNotFound {
		t.Errorf("an unknown village: %d", res.StatusCode)
	}
	if res := d.Login(t, auth.Account{Login: "coop", Name: "社员", Role: auth.Officer, OrgID: 5, Lang: "zh"}).Get("/county/villages/11/money"); res.StatusCode != http.StatusForbidden {
		t.Errorf("a cooperative’s officer: %d", res.StatusCode)
	}
}

func TestDistributionIsReadFromItsForm(t *testing.T) {
	t.Parallel()
	d := newCountyDesk(t)
	p := d.Operator(t)
	fields := []string{"kind", "mushroom", "title", "菌棒分红", "season", "2026", "month", "11", "org", "5", "record_date", "2026-10-31", "reserve", "1,000", "trade", "62.5",
		"income-0-label", "卖菌", "income-0-fen", "20000.50", "costs-1-label", "水电", "costs-1-fen", "300"}
	if res := p.Post("/county/distributions/new", fields...); res.StatusCode != http.StatusSeeOther {
		t.Fatalf("save: %d\n%s", res.StatusCode, res.Body)
	}
	got := d.pools.Saved
	if got.Kind != payments.PoolMushroom || got.TradeBP != 6250 || got.ReserveFen != 1000_00 || len(got.Income) != 1 || got.Income[0].AmountFen != 20000_50 || len(got.Costs) != 1 ||
		got.IdempotencyKey == "" || got.ID != 0 {
		t.Errorf("read %+v", got)
	}
	solar := []string{"kind", "solar", "title", "光伏分配", "season", "2026", "month", "6", "record_date", "2026-06-30", "income-0-label", "电费", "income-0-fen", "1000"}
	if res := p.Post("/county/distributions/new", append(solar, "villages", "永丰村 12,000.50\n\n红光村：26.5%\n")...); res.StatusCode != http.StatusSeeOther ||
		!slices.Equal(d.pools.Saved.Villages, []payments.VillagePart{{Village: 11, AmountFen: 12_000_50}, {Village: 12, BP: 2650}}) {
		t.Errorf("villages: %d, %+v", res.StatusCode, d.pools.Saved.Villages)
	}
	for lines, says := range map[string]string{"永丰村": "第 1 行没看懂", "永丰村 12\n红光村 许多": "第 2 行没看懂", "东河村 12": "没有找到“东河村”"} {
		if res := p.Post("/county/distributions/new", append(solar, "villages", lines)...); res.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(res.Body, says) {
			t.Errorf("%q: %d", lines, res.StatusCode)
		}
	}
	d.pools.Refuse = link.E(link.Invalid, "pool.trade_part", "trade_bp")
	if res := p.Post("/county/distributions/4/edit", fields...); res.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(res.Body, "不能低于可分配盈余的 60%") || d.pools.Saved.ID != 4 {
		t.Errorf("refused: %d", res.StatusCode)
	}
	if res := p.Post("/county/distributions/new", "kind", "solar", "title", "x", "record_date", "2026-01-01", "income-0-label", "电费"); res.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("an amount without a number: %d", res.StatusCode)
	}
}

func TestSolarListIsTakenWholeOrNot(t *testing.T) {
	t.Parallel()
	d := newCountyDesk(t)
	d.pools.Kind = payments.PoolSolar
	p := d.Operator(t)
	res := p.Upload("/county/distributions/4/list", "名单.csv", "户编号,户主,金额(元)\nYA-01-001-0007,王大山,540.00\nYA-99,某人,1\nYA-01-001-0007,王大山,3\n")
	if res.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(res.Body, "没有户编号“YA-99”") || !strings.Contains(res.Body, "与第 2 行重复") || d.pools.Members.Members != nil {
		t.Errorf("wrong list: %d\n%s", res.StatusCode, res.Body)
	}
	res = p.Upload("/county/distributions/4/list", "名单.csv", "户编号,金额\nYA-01-001-0007,一百\n")
	if res.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(res.Body, "“一百”不是有效的数字") {
		t.Errorf("no number: %d", res.StatusCode)
	}
	res = p.Upload("/county/distributions/4/list", "名单.csv", "户编号,户主,金额(元)\nYA-01-001-0007,王大山,540.00\n", "version", "3")
	if res.StatusCode != http.StatusSeeOther || len(d.pools.Members.Members) != 1 || d.pools.Members.Members[0].ListedFen != 540_00 || d.pools.Members.Version != 3 {
		t.Errorf("list: %d, %+v", res.StatusCode, d.pools.Members)
	}
}
