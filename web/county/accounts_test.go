package county_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"banmuyuan/web/auth"
	"banmuyuan/web/webtest"
)

// An administrator changes an account; its page says who changed what, and a session of another role ends.
func TestAccountIsChanged(t *testing.T) {
	t.Parallel()
	d := newCountyDesk(t)
	admin := d.Login(t, auth.Account{Login: "admin", Name: "管理员", Role: auth.Admin, Lang: "zh"})
	clerk := d.Login(t, auth.Account{Login: "clerk1", Name: "赵司磅", Role: auth.Clerk, OrgID: 5, Phone: "13800138000", Lang: "zh"})
	a, err := d.Store.ByLogin(t.Context(), "clerk1")
	if err != nil {
		t.Fatal(err)
	}
	path := fmt.Sprintf("/county/accounts/%d", a.ID)
	webtest.ReadPage(t, admin, path, "赵司磅", "13800138000", "富民鹅业", "开通以来没有变更")
	admin.Get("/?lang=zh")
	seen := int64(0)
	change := func(pairs ...string) webtest.Answer {
		t.Helper()
		res := admin.Post(path, append(pairs, "seen", fmt.Sprint(seen))...)
		if h, err := d.Store.History(t.Context(), a.ID, 1); err == nil && len(h) > 0 {
			seen = h[0].ID
		}
		return res
	}
	for _, c := range []struct {
		pairs []string
		says  string
	}{
		{[]string{"name", "", "role", "clerk", "org", "5"}, "请填写这一项"},
		{[]string{"name", "赵", "role", "clerk", "org", ""}, "请选择这个人所在的单位"},
		{[]string{"name", "赵", "role", "king"}, "请选择角色"},
		{[]string{"name", "赵", "role", "buyer"}, "请选择角色"},
		{[]string{"name", "赵", "role", "household"}, "请填写户编号"},
		{[]string{"name", "赵", "role", "clerk", "org", "5", "phone", "12"}, "11 位手机号"},
	} {
		if res := change(c.pairs...); res.StatusCode != 422 || !strings.Contains(res.Body, c.says) {
			t.Errorf("%v: %d, want %q\n%s", c.pairs, res.StatusCode, c.says, res.Body)
		}
	}
	// Name and phone leave the session alone.
	if res := change("name", "赵大磅", "role", "clerk", "org", "5", "phone", "13900139000"); res.StatusCode != http.StatusSeeOther {
		t.Fatalf("changed: %d\n%s", res.StatusCode, res.Body)
	}
	if res := clerk.Get("/account"); res.StatusCode != http.StatusOK || !strings.Contains(res.Body, "赵大磅") {
		t.Errorf("another name: %d", res.StatusCode)
	}
	webtest.ReadPage(t, admin, path, "赵司磅 → 赵大磅", "13800138000 → 13900139000", "clerk1 已修改")
	admin.Get("/?lang=zh")
	// Another role ends it.
	if res := change("name", "赵大磅", "role", "operator", "phone", "13900139000"); res.StatusCode != http.StatusSeeOther {
		t.Fatalf("another role: %d\n%s", res.StatusCode, res.Body)
	}
	if res := clerk.Get("/account"); res.StatusCode != http.StatusSeeOther {
		t.Errorf("the session of another role goes on: %d", res.StatusCode)
	}
	if res := clerk.Post("/login", "login", "clerk1", "password", webtest.Password); res.Header.Get("Location") != "/county" {
		t.Errorf("logged in again: %d to %q", res.StatusCode, res.Header.Get("Location"))
	}
	webtest.ReadPage(t, admin, path, "收购站司磅员 → 县经办", " → （无）")
	admin.Get("/?lang=zh")
	if h, err := d.Store.History(t.Context(), a.ID, 10); err != nil || len(h) != 4 || h[0].By.Login != "admin" {
		t.Errorf("history %+v, %v", h, err)
	}
	// The same form again changes nothing; one that was filled in before somebody else's change is refused once.
	if res := change("name", "赵大磅", "role", "operator", "phone", "13900139000"); res.StatusCode != http.StatusSeeOther {
		t.Errorf("the same again: %d", res.StatusCode)
	}
	if res := admin.Post(path, "name", "别人", "role", "operator", "seen", "1"); res.StatusCode != http.StatusConflict || !strings.Contains(res.Body, "有人改过这个账号") {
		t.Errorf("changed meanwhile: %d", res.StatusCode)
	}
	if res := d.Operator(t).Post(path, "name", "x", "role", "admin"); res.StatusCode != http.StatusForbidden {
		t.Errorf("an operator: %d", res.StatusCode)
	}
	if res := admin.Get("/county/accounts/999999"); res.StatusCode != http.StatusNotFound {
		t.Errorf("nobody: %d", res.StatusCode)
	}
}

// Nobody gives oneself other rights, and of administrators one stays.
func TestOwnAccountKeepsItsRights(t *testing.T) {
	t.Parallel()
	d := newCountyDesk(t)
	admin := d.Login(t, auth.Account{Login: "admin", Name: "管理员", Role: auth.Admin, Lang: "zh"})
	me, err := d.Store.ByLogin(t.Context(), "admin")
	if err != nil {
		t.Fatal(err)
	}
	path := fmt.Sprintf("/county/accounts/%d", me.ID)
	if res := admin.Post(path, "name", "管理员", "role", "approver", "seen", "0"); res.StatusCode != http.StatusConflict || !strings.Contains(res.Body, "另一位管理员") {
		t.Errorf("another role for oneself: %d\n%s", res.StatusCode, res.Body)
	}
	if res := admin.Post(path, "name", "管大员", "role", "admin", "seen", "0"); res.StatusCode != http.StatusSeeOther {
		t.Errorf("another name for oneself: %d", res.StatusCode)
	}
	if res := admin.Post(path + "/password"); res.StatusCode != http.StatusConflict {
		t.Errorf("a one-time password for oneself: %d", res.StatusCode)
	}
	if res := admin.Get(path); !strings.Contains(res.Body, "管理员 → 管大员") || strings.Contains(res.Body, path+"/switch") || strings.Contains(res.Body, "重置密码") {
		t.Error("the own page offers to switch oneself off")
	}
}
