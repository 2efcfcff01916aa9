package county_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"banmuyuan/catalog"
	"banmuyuan/orders"
	"banmuyuan/web"
	"banmuyuan/web/auth"
	"banmuyuan/web/report"
	"banmuyuan/web/webtest"
)

// lister has 1,201 households, more than are read at a time.
type lister struct{ *webtest.StubOrders }

const listed = 1201

func (lister) Incomes(_ context.Context, r orders.IncomesRequest) (orders.HouseholdIncomes, error) {
	page := orders.HouseholdIncomes{Season: 2026, Total: listed}
	for id := r.After + 1; id <= listed && len(page.Items) < r.Limit; id++ {
		page.Items = append(page.Items, orders.HouseholdIncome{HouseholdID: id, Persons: 3, IncomeSum: orders.IncomeSum{ExpectedFen: 3, PaidFen: id * 100}})
	}
	return page, nil
}

type homesOf struct{ *webtest.StubCatalog }

func (homesOf) Households(_ context.Context, f catalog.HouseholdFilter) (catalog.HouseholdPage, error) {
	var page catalog.HouseholdPage
	for _, id := range f.IDs {
		page.Items = append(page.Items, catalog.Household{ID: id, Code: fmt.Sprintf("YA-%04d", id), Head: "=2+2", Village: "永丰村", Programmes: []string{"geese", "garden"}})
	}
	return page, nil
}

func newReportDesk(t *testing.T) *countyDesk {
	return newCountyDesk(t, func(d *webtest.Desk, deps *web.Deps) {
		deps.Catalog, deps.Orders = homesOf{d.Catalog}, lister{d.Orders}
	})
}

func (d *countyDesk) runReports(t *testing.T) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { d.Web.Run(ctx); close(ended) }()
	t.Cleanup(func() { stop(); <-ended })
}

func (d *countyDesk) reported(t *testing.T, id int64) report.Job {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		j, err := d.Store.Reports().Job(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		if j.State == report.Done || j.State == report.Failed {
			return j
		}
	}
	t.Fatal("the report was not made")
	return report.Job{}
}

func TestReportOfAllHouseholds(t *testing.T) {
	t.Parallel()
	d := newReportDesk(t)
	p := d.Operator(t)
	for range 2 { // a double click
		if res := p.Post("/county/reports", "kind", "incomes", "season", "2026"); res.StatusCode != http.StatusSeeOther {
			t.Fatalf("ask: %d\n%s", res.StatusCode, res.Body)
		}
	}
	jobs, err := d.Store.Reports().Jobs(t.Context(), 10)
	if err != nil || len(jobs) != 1 || jobs[0].State != report.Queued {
		t.Fatalf("asked twice: %+v, %v", jobs, err)
	}
	webtest.ReadPage(t, p, "/county/reports", "农户收入明细", "排队中", `hx-trigger="every 2s"`)
	d.runReports(t)
	j := d.reported(t, jobs[0].ID)
	if j.State != report.Done || j.Rows != listed || j.Total != listed || j.EndedAt == nil {
		t.Fatalf("made: %+v", j)
	}
	webtest.ReadPage(t, p, "/county/reports", "已做好", "1,201 行", fmt.Sprintf("/county/reports/%d/file", j.ID))
	res := p.Get(fmt.Sprintf("/county/reports/%d/file", j.ID))
	if res.StatusCode != http.StatusOK || res.Header.Get("Cache-Control") != "no-store" || !strings.Contains(res.Header.Get("Content-Disposition"), ".xlsx") {
		t.Fatalf("file: %d %v", res.StatusCode, res.Header)
	}
	book, err := excelize.OpenReader(bytes.NewReader([]byte(res.Body)))
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	rows, err := book.GetRows(book.GetSheetName(0), excelize.Options{RawCellValue: true})
	if err != nil || len(rows) != listed+3 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	if last := rows[len(rows)-2]; last[0] != "YA-1201" || last[1] != "=2+2" || last[5] != "百只鹅、半亩园" || last[9] != "1201" || last[10] != "1201.03" || last[11] != "400.34" {
		t.Errorf("last row %q", last)
	}
	if formula, err := book.GetCellFormula(book.GetSheetName(0), "B3"); err != nil || formula != "" {
		t.Errorf("a name became the formula %q, %v", formula, err)
	}
	for path, status := range map[string]int{"/county/reports/999/file": 404, "/county/reports/99999999999999999999/file": 404} {
		if res := p.Get(path); res.StatusCode != status {
			t.Errorf("%s: %d", path, res.StatusCode)
		}
	}
	if res := p.Post("/county/reports", "kind", "passwords"); res.StatusCode != 422 || !strings.Contains(res.Body, "Choose which list to make") {
		t.Errorf("an unknown kind: %d\n%s", res.StatusCode, res.Body)
	}
	buyer := d.Login(t, auth.Account{Login: "buyer", Name: "买家", Role: auth.Buyer, Lang: "zh"})
	for _, path := range []string{"/county/reports", fmt.Sprintf("/county/reports/%d/file", j.ID)} {
		if res := buyer.Get(path); res.StatusCode != http.StatusForbidden {
			t.Errorf("a buyer at %s: %d", path, res.StatusCode)
		}
	}
}

// A report is made as who asked for it: whose account no longer works gets nothing.
func TestReportOfSomebodySwitchedOff(t *testing.T) {
	t.Parallel()
	d := newReportDesk(t)
	p := d.Operator(t)
	p.Post("/county/reports", "kind", "incomes")
	a, err := d.Store.ByLogin(t.Context(), "operator")
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Store.SetDisabled(t.Context(), auth.Command, a.ID, true); err != nil {
		t.Fatal(err)
	}
	jobs, err := d.Store.Reports().Jobs(t.Context(), 1)
	if err != nil || len(jobs) != 1 {
		t.Fatal(jobs, err)
	}
	d.runReports(t)
	if j := d.reported(t, jobs[0].ID); j.State != report.Failed || j.FailureKey != "forbidden" {
		t.Errorf("made all the same: %+v", j)
	}
}

var passwordShown = regexp.MustCompile(`<p class="figure-big">[^/]*?([a-z2-9]{4}-[a-z2-9]{4}-[a-z2-9]{4})`)

// shownPassword is the first password that a page shows, or "".
func shownPassword(page string) string {
	if m := passwordShown.FindStringSubmatch(page); m != nil {
		return m[1]
	}
	return ""
}

func TestAccountsOfTheCounty(t *testing.T) {
	t.Parallel()
	d := newCountyDesk(t)
	admin := d.Login(t, auth.Account{Login: "admin", Name: "管理员", Role: auth.Admin, Lang: "zh"})
	open := func(pairs ...string) webtest.Answer {
		return admin.Post("/county/accounts", append([]string{"name", "新来的"}, pairs...)...)
	}
	for _, c := range []struct {
		pairs []string
		says  string
	}{
		{[]string{"login", "ab", "role", "operator"}, "3 到 40 个小写字母"},
		{[]string{"login", "clerk1", "role", "clerk"}, "请选择这个人所在的单位"},
		{[]string{"login", "x-buyer", "role", "buyer"}, "请选择角色"},
		{[]string{"login", "x-king", "role", "king"}, "请选择角色"},
		{[]string{"login", "operator1", "role", "operator", "phone", "12"}, "11 位手机号"},
		{[]string{"login", "admin", "role", "operator"}, "已经有人用了"},
	} {
		if res := open(c.pairs...); res.StatusCode != 422 || !strings.Contains(res.Body, c.says) || shownPassword(res.Body) != "" {
			t.Errorf("%v: %d, want %q\n%s", c.pairs, res.StatusCode, c.says, res.Body)
		}
	}
	res := open("login", "Clerk1", "role", "clerk", "org", "5", "phone", "138 0013 8000")
	first := shownPassword(res.Body)
	if res.StatusCode != http.StatusOK || first == "" {
		t.Fatalf("opened: %d\n%s", res.StatusCode, res.Body)
	}
	a, err := d.Store.ByLogin(t.Context(), "clerk1")
	if err != nil || a.Role != auth.Clerk || a.OrgID != 5 || a.Phone != "13800138000" {
		t.Fatalf("%+v, %v", a, err)
	}
	if !a.MustChangePassword() {
		t.Error("the first password is no one-time password")
	}
	clerk := d.Person(t)
	enter := func(password string) int {
		return clerk.Post("/login", "login", "clerk1", "password", password).StatusCode
	}
	if got := enter(first); got != http.StatusSeeOther {
		t.Fatalf("the first password: %d", got)
	}
	if res := clerk.Get("/account"); !strings.HasPrefix(res.Header.Get("Location"), "/account/password") {
		t.Errorf("with the first password: %d to %q", res.StatusCode, res.Header.Get("Location"))
	}
	webtest.ReadPage(t, admin, "/county/accounts?q=cler", "clerk1", "收购站司磅员", "富民鹅业", "待改密码")

	// A new password ends what was open; switching off ends everything.
	second := shownPassword(admin.Post(fmt.Sprintf("/county/accounts/%d/password", a.ID)).Body)
	if second == "" || second == first {
		t.Fatalf("the new password is %q", second)
	}
	if res := clerk.Get("/account"); !strings.HasPrefix(res.Header.Get("Location"), "/login") {
		t.Errorf("the old session still works: %d", res.StatusCode)
	}
	if got := enter(first); got != 422 {
		t.Errorf("the old password: %d", got)
	}
	if got := enter(second); got != http.StatusSeeOther {
		t.Errorf("the new password: %d", got)
	}
	admin.Post(fmt.Sprintf("/county/accounts/%d/switch", a.ID), "off", "1")
	if res := clerk.Get("/account"); !strings.HasPrefix(res.Header.Get("Location"), "/login") {
		t.Errorf("switched off, the session still works: %d", res.StatusCode)
	}
	if got := enter(second); got != 422 {
		t.Errorf("switched off, the password works: %d", got)
	}
	admin.Post(fmt.Sprintf("/county/accounts/%d/switch", a.ID))
	if got := enter(second); got != http.StatusSeeOther {
		t.Errorf("switched on again: %d", got)
	}
	me, _ := d.Store.ByLogin(t.Context(), "admin")
	if res := admin.Post(fmt.Sprintf("/county/accounts/%d/switch", me.ID), "off", "1"); res.StatusCode != http.StatusConflict {
		t.Errorf("switched off oneself: %d", res.StatusCode)
	}
	if res := admin.Post("/county/accounts/999999/password"); res.StatusCode != http.StatusNotFound {
		t.Errorf("nobody's password: %d", res.StatusCode)
	}
	operator := d.Operator(t)
	for _, path := range []string{"/county/accounts", fmt.Sprintf("/county/accounts/%d/password", a.ID)} {
		if res := operator.Post(path); res.StatusCode != http.StatusForbidden {
			t.Errorf("an operator at %s: %d", path, res.StatusCode)
		}
	}
}
