package county_test

import (
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"banmuyuan/web/auth"
	"banmuyuan/web/webtest"
)

func admins(t *testing.T, d *webtest.Desk) (one, two *webtest.Person) {
	t.Helper()
	one = d.Login(t, auth.Account{Login: "admin", Name: "管理员", Role: auth.Admin, Lang: "zh"})
	two = d.Login(t, auth.Account{Login: "admin2", Name: "第二位", Role: auth.Admin, Lang: "zh"})
	return one, two
}

var half = regexp.MustCompile(`[a-z2-9]{4}-[a-z2-9]{4}`)

// One administrator asks for an approver's account, another agrees; each knows half of its one-time password.
func TestTwoAdministratorsOpenAnApprover(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t)
	one, two := admins(t, d)
	if res := one.Post("/county/accounts", "login", "fuhe", "name", "新复核", "role", "approver"); res.StatusCode != http.StatusSeeOther {
		t.Fatalf("ask: %d\n%s", res.StatusCode, res.Body)
	}
	if _, err := d.Store.ByLogin(t.Context(), "fuhe"); err == nil {
		t.Fatal("one administrator opened an approver's account")
	}
	asked := one.Get("/county/accounts")
	if strings.Contains(asked.Body, "现在只有一位管理员") || !strings.Contains(asked.Body, "由另一位管理员处理") {
		t.Errorf("the asker's page:\n%s", asked.Body)
	}
	first := half.FindString(after(asked.Body, "前半段"))
	if res := one.Post("/county/accounts/requests/1", "decision", "approve"); res.StatusCode != http.StatusForbidden || !strings.Contains(res.Body, "要由另一位管理员") {
		t.Errorf("agrees with oneself: %d", res.StatusCode)
	}
	if page := two.Get("/county/accounts"); strings.Contains(page.Body, first) || !strings.Contains(page.Body, "新复核") {
		t.Error("the second administrator sees the first half, or nothing")
	}
	agreed := two.Post("/county/accounts/requests/1", "decision", "approve")
	if agreed.StatusCode != http.StatusOK || strings.Contains(agreed.Body, first) {
		t.Fatalf("agree: %d\n%s", agreed.StatusCode, agreed.Body)
	}
	second := half.FindString(after(agreed.Body, "figure-big"))
	for name, c := range map[string]struct {
		password string
		ok       bool
	}{"the first half": {first, false}, "the second half": {second, false}, "both": {first + "-" + second, true}} {
		res := d.Person(t).Post("/login", "login", "fuhe", "password", c.password)
		if (res.StatusCode == http.StatusSeeOther) != c.ok {
			t.Errorf("%s %q: %d", name, c.password, res.StatusCode)
		}
	}
	a, err := d.Store.ByLogin(t.Context(), "fuhe")
	if err != nil {
		t.Fatal(err)
	}
	before := a.PasswordHash
	path := "/county/accounts/" + strconv.FormatInt(a.ID, 10)
	if res := one.Post(path + "/password"); res.StatusCode != http.StatusSeeOther {
		t.Errorf("reset alone: %d", res.StatusCode)
	}
	if a, _ = d.Store.ByID(t.Context(), a.ID); a.PasswordHash != before {
		t.Error("one administrator reset an approver's password")
	}
	if res := two.Post("/county/accounts/requests/2", "decision", "refuse"); res.StatusCode != http.StatusSeeOther {
		t.Errorf("refuse: %d", res.StatusCode)
	}
	h, err := d.Store.History(t.Context(), a.ID, 1)
	if err != nil {
		t.Fatal(err)
	}
	if res := one.Post(path, "name", "新复核", "role", "clerk", "org", "5", "seen", strconv.FormatInt(h[0].ID, 10)); res.StatusCode != http.StatusSeeOther {
		t.Errorf("another role: %d", res.StatusCode)
	}
	if page := two.Get("/county/accounts"); !strings.Contains(page.Body, "修改权限") || !strings.Contains(page.Body, "→") {
		t.Errorf("the change:\n%s", page.Body)
	}
	if res := d.Operator(t).Post("/county/accounts/requests/3", "decision", "approve"); res.StatusCode != http.StatusForbidden {
		t.Errorf("by an operator: %d", res.StatusCode)
	}
	if res := two.Post("/county/accounts/requests/3", "decision", "approve"); res.StatusCode != http.StatusSeeOther {
		t.Errorf("agreed to: %d\n%s", res.StatusCode, res.Body)
	}
	if a, _ = d.Store.ByID(t.Context(), a.ID); a.Role != auth.Clerk {
		t.Errorf("after both: %+v", a)
	}
}

func TestAnAdministratorAloneIsTold(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t)
	admin := d.Login(t, auth.Account{Login: "admin", Name: "管理员", Role: auth.Admin, Lang: "zh"})
	webtest.ReadPage(t, admin, "/county/accounts", "现在只有一位管理员")
}

// An administrator opens accounts, and nothing about money, contracts and people.
func TestAdministratorIsNotInTheMoney(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t)
	admin := d.Login(t, auth.Account{Login: "admin", Name: "管理员", Role: auth.Admin, Lang: "zh"})
	for _, path := range []string{"/county", "/county/households", "/county/households/YA-01-001-0007", "/county/payouts", "/county/reviews", "/county/contracts",
		"/county/receipts", "/county/reports", "/county/orders", "/county/ledger", "/county/villages/11/cards", "/county/unmaskings", "/county/setup"} {
		if res := admin.Get(path); res.StatusCode != http.StatusForbidden {
			t.Errorf("%s: %d", path, res.StatusCode)
		}
	}
	token := d.Token(t, auth.Account{Login: "admin3", Name: "管理员", Role: auth.Admin, Lang: "zh"})
	for _, c := range [][2]string{{"GET", "/account-reviews"}, {"POST", "/households/YA-01-001-0007/account/decision"}, {"POST", "/households/YA-01-001-0007/account/approval"},
		{"GET", "/payouts"}, {"POST", "/payouts"}, {"POST", "/villages/11/cards"}, {"GET", "/reviews"}, {"POST", "/reports"}} {
		if code := d.Asks(t, token, c[0], c[1], `{}`, nil, "admin-0001"); code != http.StatusForbidden {
			t.Errorf("%s %s: %d", c[0], c[1], code)
		}
	}
}

// after is the part of a page behind a text.
func after(page, text string) string {
	_, rest, _ := strings.Cut(page, text)
	return rest
}
