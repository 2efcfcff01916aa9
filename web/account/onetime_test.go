package account_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"banmuyuan/web"
	"banmuyuan/web/auth"
	"banmuyuan/web/webtest"
)

const own = "只有我自己知道的话"

// oneTime stores an account whose password is a one-time password.
func oneTime(t *testing.T, s *webtest.Site, a auth.Account) *auth.Account {
	t.Helper()
	a.OneTimeUntil = time.Now().Add(auth.OneTimeLife)
	return s.Account(t, a)
}

// With a one-time password every page leads to the password page, until it is changed.
func TestOneTimePasswordHasToBeChanged(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t)
	oneTime(t, d.Site, auth.Account{Login: "admin", Name: "王小明", Role: auth.Admin})
	p := d.Person(t)
	if res := p.Post("/login", "login", "admin", "password", webtest.Password); res.StatusCode != http.StatusSeeOther {
		t.Fatalf("log in: %d", res.StatusCode)
	}
	for _, path := range []string{"/county", "/county/accounts?q=a", "/", "/basket", "/account", "/my/income"} {
		res := p.Get(path)
		if want := "/account/password?" + (url.Values{"next": {path}}).Encode(); res.StatusCode != http.StatusSeeOther || res.Header.Get("Location") != want {
			t.Errorf("%s: %d to %q, want %q", path, res.StatusCode, res.Header.Get("Location"), want)
		}
	}
	if res := p.Post("/county/accounts", "login", "other", "name", "另一位", "role", "admin"); res.StatusCode != http.StatusSeeOther || res.Header.Get("Location") != "/account/password" {
		t.Errorf("a form: %d to %q", res.StatusCode, res.Header.Get("Location"))
	}
	if _, err := d.Store.ByLogin(t.Context(), "other"); err == nil {
		t.Error("a form was taken")
	}
	webtest.ReadPage(t, p, "/account/password?next=/county/accounts", "换成自己的密码", `value="/county/accounts"`)
	p.Get("/?lang=zh")
	change := func(current, password, again string) webtest.Answer {
		return p.Post("/account/password", "current", current, "password", password, "again", again, "next", "/county/accounts")
	}
	for name, c := range map[string]struct{ current, password, again, says string }{
		"wrong":    {"wrong wrong", own, own, "当前密码不正确"},
		"short":    {webtest.Password, "短", "短", "密码至少 8 个字符"},
		"differ":   {webtest.Password, own, own + "。", "两次填写的密码不一致"},
		"the same": {webtest.Password, webtest.Password, webtest.Password, "要和一次性密码不同"},
	} {
		if res := change(c.current, c.password, c.again); res.StatusCode != 422 || !strings.Contains(res.Body, c.says) || !strings.Contains(res.Body, "换成自己的密码") {
			t.Errorf("%s: %d\n%s", name, res.StatusCode, res.Body)
		}
	}
	if res := change(webtest.Password, own, own); res.StatusCode != http.StatusSeeOther || res.Header.Get("Location") != "/county/accounts" {
		t.Fatalf("changed: %d to %q\n%s", res.StatusCode, res.Header.Get("Location"), res.Body)
	}
	webtest.ReadPage(t, p, "/county/accounts", "admin")
	p.Get("/?lang=zh")
	if res := p.Get("/account/password"); res.StatusCode != http.StatusSeeOther {
		t.Errorf("the page when there is nothing to change: %d", res.StatusCode)
	}
	q := d.Person(t)
	if res := q.Post("/login", "login", "admin", "password", webtest.Password); res.StatusCode != 422 {
		t.Errorf("the one-time password again: %d", res.StatusCode)
	}
	if res := q.Post("/login", "login", "admin", "password", own); res.StatusCode != http.StatusSeeOther {
		t.Errorf("the own password: %d", res.StatusCode)
	}
}

// A one-time password runs out: it opens nothing any more, and ends the session that it opened.
func TestOneTimePasswordRunsOut(t *testing.T) {
	t.Parallel()
	var offset atomic.Int64
	s := webtest.New(t, func(c *web.Config, _ *web.Deps) {
		c.Now = func() time.Time { return time.Now().Add(time.Duration(offset.Load())) }
	})
	oneTime(t, s, auth.Account{Login: "operator", Name: "县经办", Role: auth.Operator})
	p := s.Person(t)
	p.Post("/login", "login", "operator", "password", webtest.Password)
	offset.Add(int64(auth.OneTimeLife))
	if res := p.Get("/account/password"); res.Header.Get("Location") != "/login?next=%2Faccount%2Fpassword" && res.Header.Get("Location") != "/login" {
		t.Errorf("the session goes on: %d to %q", res.StatusCode, res.Header.Get("Location"))
	}
	wrong := s.Person(t).Post("/login", "login", "operator", "password", "wrong wrong")
	late := s.Person(t).Post("/login", "login", "operator", "password", webtest.Password)
	if late.StatusCode != 422 || late.StatusCode != wrong.StatusCode || !strings.Contains(late.Body, "账号或密码不正确") {
		t.Errorf("log in too late: %d", late.StatusCode)
	}
}

// A household chooses a PIN instead; its card lets it in as before.
func TestHouseholdWithAOneTimePassword(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t)
	oneTime(t, d.Site, auth.Account{Login: "wang", Name: "王大山", Role: auth.Household, HouseholdID: 77})
	p := d.Person(t)
	p.Post("/login", "login", "wang", "password", webtest.Password)
	if res := p.Get("/my"); res.Header.Get("Location") != "/my/pin?next=%2Fmy" {
		t.Errorf("%d to %q", res.StatusCode, res.Header.Get("Location"))
	}
	webtest.ReadPage(t, p, "/my/pin", "您现在用的是一次性密码")
	p.Get("/?lang=zh")
	if res := p.Post("/my/pin", "old", webtest.Password, "pin", "739164", "again", "739164"); res.StatusCode != http.StatusSeeOther {
		t.Fatalf("PIN: %d\n%s", res.StatusCode, res.Body)
	}
	if res := p.Get("/my"); res.StatusCode != http.StatusOK {
		t.Errorf("with a PIN: %d to %q", res.StatusCode, res.Header.Get("Location"))
	}

	a, err := d.Store.ByLogin(t.Context(), "wang")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Store.ResetPassword(t.Context(), auth.Command, a.ID, a.PasswordHash, time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	secret := d.Card(t)
	p.Get("/card/" + secret)
	if res := p.Post("/card", "proof", webtest.CardWord); res.StatusCode != http.StatusSeeOther {
		t.Fatalf("card: %d\n%s", res.StatusCode, res.Body)
	}
	if res := p.Get("/my"); res.StatusCode != http.StatusOK {
		t.Errorf("by card: %d to %q", res.StatusCode, res.Header.Get("Location"))
	}
}

// A program is told why it may do nothing, and can change the password.
func TestProgramWithAOneTimePassword(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t)
	oneTime(t, d.Site, auth.Account{Login: "till", Name: "收银员", Role: auth.Clerk, OrgID: 5})
	var session struct {
		Token   string
		Account struct {
			OneTime bool `json:"one_time_password"`
		}
	}
	if code := d.Asks(t, "", "POST", "/sessions", `{"login":"till","password":"`+webtest.Password+`"}`, &session); code != http.StatusCreated || !session.Account.OneTime {
		t.Fatalf("log in: %d, %+v", code, session)
	}
	for _, path := range []string{"/me", "/orders", "/products"} {
		var p struct{ Key string }
		if code := d.Asks(t, session.Token, "GET", path, "", &p); code != http.StatusForbidden || p.Key != "account.password.one_time" {
			t.Errorf("%s: %d %s", path, code, p.Key)
		}
	}
	set := func(current, password, key string, into any) int {
		body, err := json.Marshal(map[string]string{"current": current, "password": password})
		if err != nil {
			t.Fatal(err)
		}
		return d.Asks(t, session.Token, "PUT", "/sessions/current/password", string(body), into, key)
	}
	for name, c := range map[string]struct{ current, password, key, field string }{
		"short": {webtest.Password, "x", "key-0001", "password"}, "wrong": {"wrong wrong", own, "key-0002", "current"},
		"same": {webtest.Password, webtest.Password, "key-0003", "password"}, "no key": {webtest.Password, own, "", "Idempotency-Key"},
	} {
		var p struct{ Errors []struct{ Field string } }
		if code := set(c.current, c.password, c.key, &p); code != 422 || len(p.Errors) != 1 || p.Errors[0].Field != c.field {
			t.Errorf("%s: %d %+v", name, code, p)
		}
	}
	old := session.Token
	if code := set(webtest.Password, own, "key-0004", &session); code != http.StatusOK || session.Token == old {
		t.Fatalf("changed: %d", code)
	}
	if code := d.Asks(t, session.Token, "GET", "/me", "", nil); code != http.StatusOK {
		t.Errorf("afterwards: %d", code)
	}
	if code := set(webtest.Password, own, "key-0004", &session); code != http.StatusOK {
		t.Errorf("the same request again: %d", code)
	}
	if code := d.Asks(t, old, "GET", "/me", "", nil); code != http.StatusUnauthorized {
		t.Errorf("the old token: %d", code)
	}
}
