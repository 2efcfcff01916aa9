package web

import (
	"net/http"
	"strings"
	"testing"

	"banmuyuan/web/auth"
)

func TestRegisterLoginLogout(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	p := s.person(t)

	res := p.post("/register", "name", "王小明", "phone", "139 0000 0001", "password", password, "next", "/account")
	if res.StatusCode != http.StatusSeeOther || res.Header.Get("Location") != "/account" {
		t.Fatalf("register: %d to %q\n%s", res.StatusCode, res.Header.Get("Location"), res.body)
	}
	res = p.get("/account")
	if res.StatusCode != http.StatusOK || !strings.Contains(res.body, "注册成功，王小明") || !strings.Contains(res.body, "13900000001") {
		t.Fatalf("account: %d\n%s", res.StatusCode, res.body)
	}
	if res = p.get("/account"); strings.Contains(res.body, "注册成功") {
		t.Error("the message was shown twice")
	}
	a, err := s.store.ByLogin(t.Context(), "13900000001")
	if err != nil || a.Role != auth.Buyer || !strings.HasPrefix(a.PasswordHash, "$argon2id$") {
		t.Fatalf("stored account: %+v, %v", a, err)
	}
	if res = p.post("/logout"); res.StatusCode != http.StatusSeeOther {
		t.Fatalf("logout: %d", res.StatusCode)
	}
	res = p.get("/account")
	if res.StatusCode != http.StatusSeeOther || res.Header.Get("Location") != "/login?next=%2Faccount" {
		t.Fatalf("account after logout: %d to %q", res.StatusCode, res.Header.Get("Location"))
	}
	if res = p.get("/login?next=/account"); !strings.Contains(res.body, "请先登录，登录后会回到您刚才的页面。") {
		t.Errorf("login page does not say why:\n%s", res.body)
	}
	res = p.post("/login", "login", "１３９０００００００１", "password", password, "next", "/account")
	if res.StatusCode != http.StatusSeeOther || res.Header.Get("Location") != "/account" {
		t.Fatalf("login: %d to %q\n%s", res.StatusCode, res.Header.Get("Location"), res.body)
	}
}

// The summary stands above the fields and says which of them each sentence is about, in the reader's language, as text.
func TestErrorSummaryNamesTheFields(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	p := s.person(t)
	const hostile = "<!--label 0--><script>"
	for lang, want := range map[string]string{"zh": `>姓名：请填写这一项。</a>`, "en": `>Name: Please fill this in.</a>`} {
		p.get("/register?lang=" + lang)
		res := p.post("/register", "name", "", "phone", hostile, "password", "")
		if res.StatusCode != http.StatusUnprocessableEntity || strings.Contains(res.body, "<!--label") || strings.Contains(res.body, hostile) {
			t.Errorf("%s: %d\n%s", lang, res.StatusCode, res.body)
		}
		if !strings.Contains(res.body, want) {
			t.Errorf("%s: no %q in\n%s", lang, want, res.body)
		}
	}
}
