package account_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"banmuyuan/web"
	"banmuyuan/web/auth"
	"banmuyuan/web/webtest"
)

func setupLink(t *testing.T, s *webtest.Site) (path string) {
	t.Helper()
	token, hash := auth.NewSetupToken()
	if made, err := s.Store.NewSetupLink(t.Context(), hash, time.Now().Add(auth.SetupLife)); err != nil || !made {
		t.Fatal(made, err)
	}
	return "/setup/" + token
}

func TestSetupPageMakesTheFirstAdministrator(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	d := webtest.NewDesk(t, func(_ *webtest.Desk, deps *web.Deps) {
		deps.Log = slog.New(slog.NewJSONHandler(&log, nil))
	})
	path := setupLink(t, d.Site)
	p := d.Person(t)
	webtest.ReadPage(t, p, path, "设第一位管理员")
	p.Get("/?lang=zh")
	if res := p.Get("/setup/" + strings.Repeat("x", 43)); res.StatusCode != http.StatusNotFound || !strings.Contains(res.Body, "这个链接用不了") {
		t.Errorf("another token: %d", res.StatusCode)
	}
	// Bad input names the field and keeps what was typed, but for passwords.
	send := func(change ...string) webtest.Answer {
		pairs := map[string]string{"login": "wang", "name": "王小明", "phone": "139 0000 0001", "password": own, "again": own}
		for i := 0; i < len(change); i += 2 {
			pairs[change[i]] = change[i+1]
		}
		var flat []string
		for k, v := range pairs {
			flat = append(flat, k, v)
		}
		return p.Post(path, flat...)
	}
	for name, c := range map[string]struct {
		change []string
		says   string
	}{
		"login": {[]string{"login", "王"}, "3 到 40 个小写字母"}, "name": {[]string{"name", ""}, "请填写这一项"}, "phone": {[]string{"phone", "12"}, "11 位手机号"},
		"password": {[]string{"password", "短", "again", "短"}, "密码至少 8 个字符"}, "again": {[]string{"again", "别的话别的话"}, "两次填写的密码不一致"},
	} {
		res := send(c.change...)
		if res.StatusCode != 422 || !strings.Contains(res.Body, c.says) || strings.Contains(res.Body, own) || name != "phone" && !strings.Contains(res.Body, "139 0000 0001") {
			t.Errorf("%s: %d\n%s", name, res.StatusCode, res.Body)
		}
	}
	d.Account(t, auth.Account{Login: "taken", Name: "买家", Role: auth.Buyer})
	if res := send("login", "taken"); res.StatusCode != 422 || !strings.Contains(res.Body, "已经有人用了") {
		t.Errorf("a login that is taken: %d", res.StatusCode)
	}
	res := send()
	if res.StatusCode != http.StatusSeeOther || res.Header.Get("Location") != "/county/accounts" {
		t.Fatalf("made: %d to %q\n%s", res.StatusCode, res.Header.Get("Location"), res.Body)
	}
	webtest.ReadPage(t, p, "/county/accounts", "王小明，您是县里的管理员了")
	p.Get("/?lang=zh")
	a, err := d.Store.ByLogin(t.Context(), "wang")
	if err != nil || a.Role != auth.Admin || a.Phone != "13900000001" || a.MustChangePassword() {
		t.Errorf("%+v, %v", a, err)
	}
	for _, res := range []webtest.Answer{p.Get(path), send("login", "second")} {
		if res.StatusCode != http.StatusNotFound {
			t.Errorf("used again: %d", res.StatusCode)
		}
	}
	if token := strings.TrimPrefix(path, "/setup/"); strings.Contains(log.String(), token) || !strings.Contains(log.String(), "/setup/…") {
		t.Error("the log has the token in it, or no request")
	}
	if strings.Contains(d.Dump(t, "setup_link"), strings.TrimPrefix(path, "/setup/")) {
		t.Error("the database has the token in it")
	}
}

// Two who send the form at the same moment: one becomes the administrator.
func TestSetupLinkIsUsedTwiceAtOnce(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	path := setupLink(t, s)
	var wg sync.WaitGroup
	var made, refused atomic.Int64
	for _, login := range []string{"first", "second", "third"} {
		p := s.Person(t)
		wg.Go(func() {
			switch res := p.Post(path, "login", login, "name", login, "password", own, "again", own); res.StatusCode {
			case http.StatusSeeOther:
				made.Add(1)
			case http.StatusNotFound:
				refused.Add(1)
			default:
				t.Errorf("%s: %d", login, res.StatusCode)
			}
		})
	}
	wg.Wait()
	if counts, err := s.Store.CountByRole(t.Context()); err != nil || made.Load() != 1 || refused.Load() != 2 || counts[auth.Admin] != 1 {
		t.Errorf("%d made, %d refused, %v, %v", made.Load(), refused.Load(), counts, err)
	}
}

func TestSetupLinkRunsOut(t *testing.T) {
	t.Parallel()
	var offset atomic.Int64
	s := webtest.New(t, func(c *web.Config, _ *web.Deps) {
		c.Now = func() time.Time { return time.Now().Add(time.Duration(offset.Load())) }
	})
	path := setupLink(t, s)
	offset.Add(int64(auth.SetupLife))
	p := s.Person(t)
	for _, res := range []webtest.Answer{p.Get(path), p.Post(path, "login", "wang", "name", "王", "password", own, "again", own)} {
		if res.StatusCode != http.StatusNotFound {
			t.Errorf("a day later: %d", res.StatusCode)
		}
	}
}

func TestSetupPageIsThrottled(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	path := setupLink(t, s)
	p := s.Person(t)
	for range auth.PerSetup.Tries {
		if res := p.Get("/setup/" + strings.Repeat("x", 43)); res.StatusCode != http.StatusNotFound {
			t.Fatalf("guessed: %d", res.StatusCode)
		}
	}
	for _, res := range []webtest.Answer{p.Get(path), p.Post(path, "login", "wang", "name", "王", "password", own, "again", own)} {
		if res.StatusCode != http.StatusTooManyRequests || res.Header.Get("Retry-After") == "" {
			t.Errorf("after many tries: %d", res.StatusCode)
		}
	}
}
