package account_test

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"banmuyuan/web/auth"
	"banmuyuan/web/webtest"
)

func TestRegisterLoginLogout(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	p := s.Person(t)

	if res := p.Post("/register/code", "contact", "139 0000 0001", "next", "/account"); res.StatusCode != http.StatusSeeOther || res.Header.Get("Location") != "/register/finish?next=%2Faccount" {
		t.Fatalf("code: %d to %q\n%s", res.StatusCode, res.Header.Get("Location"), res.Body)
	}
	if res := p.Get("/register/finish?next=/account"); !strings.Contains(res.Body, `value="13900000001"`) {
		t.Errorf("the second step does not know the number:\n%s", res.Body)
	}
	res := p.Post("/register", "name", "王小明", "contact", "139 0000 0001", "password", webtest.Password, "next", "/account",
		"code", s.Texts.Code(t, "13900000001", 1), "agree", strconv.Itoa(auth.PrivacyVersion))
	if res.StatusCode != http.StatusSeeOther || res.Header.Get("Location") != "/account" {
		t.Fatalf("register: %d to %q\n%s", res.StatusCode, res.Header.Get("Location"), res.Body)
	}
	res = p.Get("/account")
	if res.StatusCode != http.StatusOK || !strings.Contains(res.Body, "注册成功，王小明") || !strings.Contains(res.Body, "13900000001") {
		t.Fatalf("account: %d\n%s", res.StatusCode, res.Body)
	}
	if res = p.Get("/account"); strings.Contains(res.Body, "注册成功") {
		t.Error("the message was shown twice")
	}
	a, err := s.Store.ByLogin(t.Context(), "13900000001")
	if err != nil || a.Role != auth.Buyer || !strings.HasPrefix(a.PasswordHash, "$argon2id$") {
		t.Fatalf("stored account: %+v, %v", a, err)
	}
	if res = p.Post("/logout"); res.StatusCode != http.StatusSeeOther {
		t.Fatalf("logout: %d", res.StatusCode)
	}
	res = p.Get("/account")
	if res.StatusCode != http.StatusSeeOther || res.Header.Get("Location") != "/login?next=%2Faccount" {
		t.Fatalf("account after logout: %d to %q", res.StatusCode, res.Header.Get("Location"))
	}
	if res = p.Get("/login?next=/account"); !strings.Contains(res.Body, "请先登录，登录后会回到您刚才的页面。") {
		t.Errorf("login page does not say why:\n%s", res.Body)
	}
	res = p.Post("/login", "login", "１３９０００００００１", "password", webtest.Password, "next", "/account")
	if res.StatusCode != http.StatusSeeOther || res.Header.Get("Location") != "/account" {
		t.Fatalf("login: %d to %q\n%s", res.StatusCode, res.Header.Get("Location"), res.Body)
	}
}

// The summary stands above the fields and says which of them each sentence is about, in the reader's language, as text.
func TestErrorSummaryNamesTheFields(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	p := s.Person(t)
	const hostile = "<!--label 0--><script>"
	for lang, want := range map[string]string{"zh": `>姓名：请填写这一项。</a>`, "en": `>Name: Please fill this in.</a>`} {
		p.Get("/register?lang=" + lang)
		res := p.Post("/register", "name", "", "contact", hostile, "password", "")
		if res.StatusCode != http.StatusUnprocessableEntity || strings.Contains(res.Body, "<!--label") || strings.Contains(res.Body, hostile) {
			t.Errorf("%s: %d\n%s", lang, res.StatusCode, res.Body)
		}
		if !strings.Contains(res.Body, want) {
			t.Errorf("%s: no %q in\n%s", lang, want, res.Body)
		}
	}
}

// Names of the county and its products are no password, with digits or without.
func TestNamesAreNoPassword(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t)
	p := d.Login(t, auth.Account{Login: "13900000001", Name: "林晓", Phone: "13900000001", Role: auth.Buyer, Lang: "zh"})
	for i, c := range []struct {
		password string
		want     int
	}{{"依安2026大鹅", http.StatusUnprocessableEntity}, {"大鹅大鹅大鹅大鹅!", http.StatusUnprocessableEntity}, {"依安大鹅真好吃", http.StatusUnprocessableEntity}, {"依安的大鹅真好吃", http.StatusSeeOther}} {
		res := p.Post("/account/password", "idempotency_key", fmt.Sprintf("a-key-of-this-test-%d", i), "current", webtest.Password, "password", c.password)
		if res.StatusCode != c.want || i < 2 && !strings.Contains(res.Body, "太常见") {
			t.Errorf("%s: %d, want %d", c.password, res.StatusCode, c.want)
		}
	}
}
