package directory_test

import (
	"net/http"
	"strings"
	"testing"

	"banmuyuan/catalog"
	"banmuyuan/internal/entry"
	"banmuyuan/internal/link"
	"banmuyuan/web"
	"banmuyuan/web/auth"
	"banmuyuan/web/sheet"
	"banmuyuan/web/webtest"
)

func newDirectoryDesk(t *testing.T) (*webtest.Desk, *webtest.StubDirectory) {
	v := &webtest.StubDirectory{State: catalog.BatchChecked}
	return webtest.NewDesk(t, func(_ *webtest.Desk, deps *web.Deps) { deps.Directory, deps.AccountBatches = v, &stubAccountBatches{} }), v
}

func TestDirectoryPages(t *testing.T) {
	t.Parallel()
	d, v := newDirectoryDesk(t)
	p := d.Operator(t)
	for path, says := range map[string][]string{
		"/county/setup":                            {"县里资料", "乡镇", "11,187", "下载空白模板", "读取并检查", "青禾县.xlsx", "待确认"},
		"/county/setup/batches/5":                  {"确认导入，改动 2,836 行", "308", "没有登记“北岗乡”", "只有上传的人能下载", "前 3 处"},
		"/county/directory/village":                {"QH-01-001", "东河村", "青禾镇", "新增", "停用的"},
		"/county/directory/village?retired=1":      {"东河村"},
		"/county/directory/village?q=没有":           {"没有符合条件的"},
		"/county/directory/household":              {"郑大河", "11,187", "下一页"},
		"/county/directory/member":                 {"郑小雨"},
		"/county/directory/village/7":              {"东河屯 → 东河村", "并村", "命令行", "确认停用", `list="names-township"`, `<option value="青禾镇">`},
		"/county/directory/household/7":            {"空着就不变", "readonly", `value="庭院种植"`, "家庭成员", `<option value="周敏（县医院）">`},
		"/county/directory/product/7":              {`<option value="head" selected>`, `value="special"`},
		"/county/directory/county/7":               {"青禾县"},
		"/county/directory/member/7":               {"郑小雨", "确认停用", "分户的人在这里停用"},
		"/county/directory/village/new":            {"新增：行政村"},
		"/county/directory/member/new?household=Q": {`value="Q"`},
		"/county/directory/membership/new":         {"入社日期"},
	} {
		webtest.ReadPage(t, p, path, says...)
	}
	body := strings.Join(strings.Fields(p.Get("/county/directory/household/7").Body), " ")
	for value, chosen := range map[string]bool{"elderly": true, "alone": true, "illness": false, "庭院种植": true} {
		box := webtest.Between(body, `value="`+value+`" id="`, ">")
		if strings.Contains(box, "checked") != chosen {
			t.Errorf("%s is chosen: %q", value, box)
		}
	}
	if body := p.Get("/county/directory/holding/new").Body; strings.Contains(body, "确认停用") {
		t.Error("a holding can be taken out of use")
	}
	if res := p.Get("/county/directory/county"); res.StatusCode != http.StatusSeeOther || res.Header.Get("Location") != "/county/directory/county/7" {
		t.Errorf("the county: %d to %s", res.StatusCode, res.Header.Get("Location"))
	}
	for state, says := range map[catalog.BatchState][]string{
		catalog.BatchChecking: {"正在检查，1,000 / 3,149 行", `http-equiv="refresh"`, "hx-get"},
		catalog.BatchLoading:  {"正在导入"},
		catalog.BatchLoaded:   {"导入完成", "310 行有问题", "/county/directory/household"},
		catalog.BatchDropped:  {"已放弃"},
		catalog.BatchFilling:  {"还没有检查"},
	} {
		v.State = state
		webtest.ReadPage(t, p, "/county/setup/batches/5", says...)
	}
	v.State, v.Fault = catalog.BatchFilling, "batch.failed"
	webtest.ReadPage(t, p, "/county/setup/batches/5", "导入中断了", "可以再检查一次")
	for _, path := range []string{"/county/directory/nothing", "/county/directory/village/8", "/county/setup/batches/6"} {
		if res := p.Get(path); res.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %d", path, res.StatusCode)
		}
	}
	v.Empty = true
	webtest.ReadPage(t, p, "/county/setup", "还没有填")
	webtest.ReadPage(t, p, "/county/directory/village", "还没有登记", "用工作簿导入")
	if res := p.Get("/county/directory/county"); res.Header.Get("Location") != "/county/directory/county/new" {
		t.Errorf("no county: to %s", res.Header.Get("Location"))
	}
	household := d.Login(t, auth.Account{Login: "household", Name: "王大山", Role: auth.Household, HouseholdID: 77})
	for _, path := range []string{"/county/setup", "/county/setup/template", "/county/setup/batches/5/wrong", "/county/directory/household/7"} {
		if res := household.Get(path); res.StatusCode != http.StatusForbidden {
			t.Errorf("a household reads %s: %d", path, res.StatusCode)
		}
	}
}

func TestEntryForms(t *testing.T) {
	t.Parallel()
	d, v := newDirectoryDesk(t)
	p := d.Operator(t)
	res := p.Post("/county/directory/household/7", "code", "QH-01-001-0001", "head", "郑大河", "id_number", "", "persons", "2", "township", "青禾镇", "village", "西河村",
		"programmes", "", "programmes", "庭院种植", "programmes", "养禽", "needs", "", "helper", "", "reason", "搬家")
	if res.StatusCode != http.StatusSeeOther || res.Header.Get("Location") != "/county/directory/household/7" {
		t.Fatalf("save: %d\n%s", res.StatusCode, res.Body)
	}
	saved := v.Saved[0]
	if got := webtest.Cells(saved.Cells, "id_number", "village", "programmes", "needs", "helper", "geese"); got != "(none)|西河村|庭院种植、养禽|||(none)" || saved.Reason != "搬家" || saved.ID != 7 ||
		v.Actors[0].Login != "operator" {
		t.Errorf("saved %s, %+v by %+v", got, saved, v.Actors[0])
	}
	if p.Post("/county/directory/member/new", "household", "QH", "name", "郑", "id_number", ""); webtest.Cells(v.Saved[1].Cells, "id_number") != "" || v.Saved[1].ID != 0 {
		t.Errorf("a new member: %+v", v.Saved[1])
	}
	v.Refuse = catalog.FaultsOf([]entry.Problem{{Field: "township", Key: "directory.unknown", Args: map[string]string{"value": "北岗乡"}}, {Field: "name", Key: "entry.missing"}})
	res = p.Post("/county/directory/village/7", "code", "QH-01-001", "name", "", "township", "北岗乡", "poor", "否")
	if res.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(res.Body, `id="f-township-error"`) || !strings.Contains(res.Body, `value="北岗乡"`) ||
		!strings.Contains(res.Body, "必填") {
		t.Errorf("faults: %d\n%s", res.StatusCode, res.Body)
	}
	webtest.CheckMarkup(t, "faults", res.Body)
	v.Refuse = nil
	if res = p.Post("/county/directory/village/7/retire", "why", " "); res.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(res.Body, `id="f-why-error"`) || strings.Contains(res.Body, `id="f-reason-error"`) {
		t.Errorf("without a reason: %d\n%s", res.StatusCode, res.Body)
	}
	v.Refuse = link.E(link.Conflict, "directory.used", "id", "count", "2", "names", "QH-0001、东河集货点")
	if res = p.Post("/county/directory/village/7/retire", "why", "撤村"); res.StatusCode != http.StatusConflict || !strings.Contains(res.Body, "QH-0001、东河集货点") || strings.Contains(res.Body, `href="#f-id"`) {
		t.Errorf("in use: %d\n%s", res.StatusCode, res.Body)
	}
	v.Refuse = nil
	webtest.ReadPage(t, p, "/county/directory/helper/7", "把帮扶的户交给别人", `list="names-others"`,
		"帮扶的户交给别人", "4 户 → 周敏（县医院）", "接手帮扶的户", "孙梅（县一中） → 6 户")
	if res = p.Post("/county/directory/helper/7/replace", "by", "周敏（县医院）", "because", ""); res.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(res.Body, `id="f-because-error"`) {
		t.Errorf("replace without a reason: %d\n%s", res.StatusCode, res.Body)
	}
	if res = p.Post("/county/directory/helper/7/replace", "by", "周敏（县医院）", "because", "调离"); res.Header.Get("Location") != "/county/directory/helper/7" {
		t.Errorf("replace: %d\n%s", res.StatusCode, res.Body)
	}
	if res = p.Post("/county/directory/village/7/retire", "why", "登记有误", "undo", "1"); res.StatusCode != http.StatusSeeOther || !v.Retired[len(v.Retired)-1].Undo {
		t.Errorf("restore: %d, %+v", res.StatusCode, v.Retired)
	}
}

const villages = "村编号,乡镇,行政村\nQH-01,青禾镇,东河村\nQH-02,青禾镇,西河村\n"

// An unknown heading is asked about, and remembered; what is understood goes into a batch.
func TestWorkbookIsReadAndAskedAbout(t *testing.T) {
	t.Parallel()
	d, v := newDirectoryDesk(t)
	p := d.Operator(t)
	res := p.Upload("/county/setup", "村.csv", villages)
	if res.StatusCode != http.StatusSeeOther || res.Header.Get("Location") != "/county/setup/batches/5" || len(v.Added) != 1 || v.Added[0].Kind != catalog.KindVillage ||
		len(v.Added[0].Rows) != 2 || v.Added[0].Rows[1].Line != 3 || len(v.Runs) != 1 || v.Runs[0].Load {
		t.Fatalf("upload: %d, %+v, %+v\n%s", res.StatusCode, v.Added, v.Runs, res.Body)
	}
	odd := strings.Replace(villages, "行政村\n", "行政村,带头人\n", 1)
	odd = strings.Replace(odd, "东河村", "东河村,孙志远", 1)
	res = p.Upload("/county/setup", "村.csv", odd)
	if res.StatusCode != http.StatusOK || !strings.Contains(res.Body, "“带头人”") || !strings.Contains(res.Body, "孙志远") || !strings.Contains(res.Body, `<option value="secretary"`) ||
		strings.Contains(res.Body, `<option value="township"`) || len(v.Added) != 1 {
		t.Fatalf("an unknown heading: %d, %d\n%s", res.StatusCode, len(v.Added), res.Body)
	}
	webtest.CheckMarkup(t, "findings", res.Body)
	content := strings.NewReplacer("&#43;", "+").Replace(webtest.Between(res.Body, `name="content" value="`, `"`))
	ask := []string{"content", content, "name", "村.csv", "kind-0", "village", "heading-0", "带头人"}
	res = p.Upload("/county/setup", "", "", append(ask, "field-0", "", "go", "on")...)
	if res.StatusCode != http.StatusSeeOther || len(v.Added) != 2 || v.Added[1].Rows[0].Cells["secretary"] != "" {
		t.Fatalf("as it is: %d, %+v", res.StatusCode, v.Added)
	}
	res = p.Upload("/county/setup", "", "", append(ask, "field-0", "secretary", "go", "map")...)
	if res.StatusCode != http.StatusSeeOther || len(v.Added) != 3 || v.Added[2].Rows[0].Cells["secretary"] != "孙志远" {
		t.Fatalf("mapped: %d, %+v\n%s", res.StatusCode, v.Added, res.Body)
	}
	if res = p.Upload("/county/setup", "村.csv", odd); res.StatusCode != http.StatusSeeOther || len(v.Added) != 4 {
		t.Errorf("remembered: %d", res.StatusCode)
	}
	webtest.ReadPage(t, p, "/county/setup", "“带头人”", "村书记", "忘掉")
	p.Post("/county/setup/headings", "kind", "village", "heading", "带头人")
	if res = p.Upload("/county/setup", "村.csv", odd); res.StatusCode != http.StatusOK {
		t.Errorf("forgotten: %d", res.StatusCode)
	}
	for name, content := range map[string]string{"没有行.csv": "村编号,乡镇,行政村\n", "空.csv": "", "别的.csv": "甲,乙\n1,2\n"} {
		res := p.Upload("/county/setup", name, content)
		if res.StatusCode == http.StatusSeeOther || len(v.Added) != 4 {
			t.Errorf("%s: %d", name, res.StatusCode)
		}
	}
	short := "村编号,行政村,备注\nQH-01,东河村,河东\n" // without its township
	res = p.Upload("/county/setup", "村.csv", short, "go", "on")
	if res.StatusCode != http.StatusOK || !strings.Contains(res.Body, "notice-care") || strings.Contains(res.Body, `value="on"`) || len(v.Added) != 4 {
		t.Errorf("half a workbook is taken: %d, %d\n%s", res.StatusCode, len(v.Added), res.Body)
	}
	v.Refuse = link.E(link.TooLarge, "batch.rows", "rows", "max", "200000")
	if res = p.Upload("/county/setup", "村.csv", villages); res.StatusCode != http.StatusRequestEntityTooLarge || len(v.Dropped) != 1 {
		t.Errorf("half a batch: %d, dropped %v", res.StatusCode, v.Dropped)
	}
}

func TestBatchIsConfirmedOrGivenUp(t *testing.T) {
	t.Parallel()
	d, v := newDirectoryDesk(t)
	p := d.Operator(t)
	if res := p.Post("/county/setup/batches/5/load"); res.StatusCode != http.StatusSeeOther || !v.Runs[0].Load {
		t.Errorf("load: %d, %+v", res.StatusCode, v.Runs)
	}
	if res := p.Post("/county/setup/batches/5/check"); res.StatusCode != http.StatusSeeOther || v.Runs[1].Load {
		t.Errorf("check: %d, %+v", res.StatusCode, v.Runs)
	}
	if res := p.Post("/county/setup/batches/5/drop"); res.StatusCode != http.StatusSeeOther || len(v.Dropped) != 1 {
		t.Errorf("drop: %d", res.StatusCode)
	}
	v.Refuse = link.E(link.Conflict, "batch.state", "id")
	if res := p.Post("/county/setup/batches/5/load"); res.StatusCode != http.StatusConflict || !strings.Contains(res.Body, "已经走到下一步") {
		t.Errorf("too late: %d\n%s", res.StatusCode, res.Body)
	}
	res := p.Get("/county/setup/batches/5/wrong")
	if res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != sheet.XLSX {
		t.Fatalf("wrong rows: %d %s", res.StatusCode, res.Header.Get("Content-Type"))
	}
	book, err := sheet.ReadWorkbook([]byte(res.Body), catalog.Kinds(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if table, ok := book.Table(catalog.KindVillage); !ok || len(table.Rows) != 1 || table.Rows[0].Cells["township"] != "北岗乡" {
		t.Errorf("wrong rows read back: %+v", book)
	}
	v.Empty = true
	if res := p.Get("/county/setup/batches/5/wrong"); res.StatusCode != http.StatusNotFound || !strings.Contains(res.Body, "已经清除") {
		t.Errorf("a day later: %d", res.StatusCode)
	}
	if res := p.Get("/county/setup/template"); res.StatusCode != http.StatusOK || !strings.HasPrefix(res.Body, "PK") {
		t.Errorf("template: %d", res.StatusCode)
	}
}
