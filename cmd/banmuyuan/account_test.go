package main

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
)

var (
	printedPassword = regexp.MustCompile(`one-time password: ([a-z2-9]{4}-[a-z2-9]{4}-[a-z2-9]{4})\n`)
	printedLink     = regexp.MustCompile(`http://127\.0\.0\.1:\d+(/setup/[A-Za-z0-9_-]{43})\n`)
)

// guest is a browser that follows no redirect.
type guest struct {
	t    *testing.T
	url  string
	http http.Client
}

func openGuest(t *testing.T, url string) *guest {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &guest{t: t, url: url, http: http.Client{Jar: jar, Timeout: patience,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// sees asks for a page, or sends a form of names and values, and returns status, address to go on to, and text.
func (v *guest) sees(path string, form ...string) (status int, to, text string) {
	v.t.Helper()
	var res *http.Response
	var err error
	if len(form) == 0 {
		res, err = v.http.Get(v.url + path)
	} else {
		values := url.Values{}
		for i := 0; i < len(form); i += 2 {
			values.Set(form[i], form[i+1])
		}
		res, err = v.http.PostForm(v.url+path, values)
	}
	if err != nil {
		v.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	return res.StatusCode, res.Header.Get("Location"), string(body)
}

// wants asks for a page, or sends a form, and wants a status and an address to go on to that begins with to.
func (v *guest) wants(status int, to, path string, form ...string) string {
	v.t.Helper()
	got, at, text := v.sees(path, form...)
	if got != status || !strings.HasPrefix(at, to) {
		v.t.Fatalf("%s: %d to %q, want %d to %q\n%s", path, got, at, status, to, text)
	}
	return text
}

// serveEmpty starts the product without the demo county. It returns what it prints as well.
func serveEmpty(t *testing.T, data string) (p *product, url string, printed *lockedBuffer) {
	t.Helper()
	p, stdout := startProduct(t, []string{"BANMU_DATA=" + data, "BANMU_ADDR=127.0.0.1:0", "BANMU_DEMO=no", "BANMU_SANDBOX=yes", "BANMU_LOG=json"}, "serve")
	printed = &lockedBuffer{}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		b := make([]byte, 4096)
		for {
			n, err := stdout.Read(b)
			printed.mu.Lock()
			printed.buf.Write(b[:n])
			printed.mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
	url = await(t, "the address", func() (string, bool) {
		select {
		case <-ended:
			t.Fatalf("the product did not start:\n%s", p.stderr.String())
		default:
		}
		url := address.FindString(printed.String())
		return url, url != ""
	})
	return p, url, printed
}

// A county begins with nothing: the command makes its first administrator, who chooses a password before anything else.
func TestFirstAdministratorByCommand(t *testing.T) {
	t.Parallel()
	takeTurns(t)
	data := filepath.Join(t.TempDir(), "data")
	env := []string{"BANMU_DATA=" + data}
	account := func(args ...string) string {
		t.Helper()
		stdout, stderr, code := runProduct(t, env, append([]string{"account"}, args...)...)
		printed := printedPassword.FindStringSubmatch(stdout)
		if code != 0 || printed == nil || strings.Contains(stderr, printed[1]) {
			t.Fatalf("%v: exit %d\n%s\n%s", args, code, stdout, stderr)
		}
		return printed[1]
	}
	create := []string{"create", "wang", "--role", "admin", "--name", "王小明"}
	lost := account(create...)
	if stdout, stderr, code := runProduct(t, env, append([]string{"account"}, create...)...); code != exitFailed || printedPassword.MatchString(stdout) ||
		!strings.Contains(stderr, "banmuyuan account password wang") {
		t.Errorf("the same again: exit %d\n%s\n%s", code, stdout, stderr)
	}

	p, url, printed := serveEmpty(t, data)
	password := account(append(create, "--again")...) // beside the serving product
	v := openGuest(t, url)
	v.wants(http.StatusUnprocessableEntity, "", "/login", "login", "wang", "password", lost)
	v.wants(http.StatusSeeOther, "/county", "/login", "login", "wang", "password", password)
	v.wants(http.StatusSeeOther, "/account/password", "/county")
	v.wants(http.StatusUnprocessableEntity, "", "/account/password", "current", password, "password", password, "again", password)
	const own = "县里第一位管理员"
	v.wants(http.StatusSeeOther, "/county", "/account/password", "current", password, "password", own, "again", own, "next", "/county")
	v.wants(http.StatusOK, "", "/county/accounts")

	if text := v.wants(http.StatusOK, "", "/county/accounts"); !strings.Contains(text, "王小明") {
		t.Errorf("accounts:\n%s", text)
	}
	// A password that was forgotten: the session ends.
	again := account("password", "wang")
	v.wants(http.StatusSeeOther, "/login", "/county")
	v.wants(http.StatusSeeOther, "/county", "/login", "login", "wang", "password", again)
	stops(t, p, syscall.SIGTERM)
	if printedLink.MatchString(printed.String()) || strings.Contains(p.stderr.String(), again) {
		t.Errorf("beside an administrator a link is printed, or the log holds a password:\n%s", printed.String())
	}
}

// A start without an administrator prints a link, the next one another, and the first administrator ends them.
func TestFirstAdministratorByLink(t *testing.T) {
	t.Parallel()
	takeTurns(t)
	data := filepath.Join(t.TempDir(), "data")
	start := func() (*product, *guest, string) {
		t.Helper()
		p, url, printed := serveEmpty(t, data)
		path := await(t, "the link", func() (string, bool) {
			if m := printedLink.FindStringSubmatch(printed.String()); m != nil {
				return m[1], true
			}
			return printed.String(), false
		})
		return p, openGuest(t, url), path
	}
	p, v, old := start()
	v.wants(http.StatusOK, "", old)
	stops(t, p, syscall.SIGTERM)
	p, v, path := start()
	v.wants(http.StatusNotFound, "", old)
	const own = "县里第一位管理员"
	v.wants(http.StatusSeeOther, "/county", path, "login", "wang", "name", "王小明", "password", own, "again", own)
	v.wants(http.StatusOK, "", "/county/accounts")
	v.wants(http.StatusNotFound, "", path)
	stops(t, p, syscall.SIGTERM)
	for _, link := range []string{old, path} {
		if token := strings.TrimPrefix(link, "/setup/"); strings.Contains(p.stderr.String(), token) {
			t.Error("the log holds a link")
		}
	}
	p, _, printed := serveEmpty(t, data)
	stops(t, p, syscall.SIGTERM)
	if printedLink.MatchString(printed.String()) {
		t.Errorf("beside an administrator:\n%s", printed.String())
	}
}

// The command names the flag that is wrong, and looks up what it binds an account to.
func TestAccountCommandRefuses(t *testing.T) {
	t.Parallel()
	takeTurns(t)
	data := filepath.Join(t.TempDir(), "data")
	for _, c := range []struct {
		args []string
		says string
		code int
	}{
		{[]string{"create", "Wang!", "--role", "admin", "--name", "王"}, "3 to 40 small letters", exitFailed},
		{[]string{"create", "wang", "--role", "king", "--name", "王"}, "--role", exitUsage},
		{[]string{"create", "wang", "--role", "buyer", "--name", "王"}, "--role", exitUsage},
		{[]string{"create", "wang", "--role", "admin"}, "--name", exitUsage},
		{[]string{"create", "wang", "--role", "admin", "--name", " "}, "--name", exitFailed},
		{[]string{"create", "wang", "--role", "admin", "--name", "王", "--phone", "12"}, "--phone", exitFailed},
		{[]string{"create", "wang", "--role", "admin", "--name", "王", "--org", "1"}, "--org", exitFailed},
		{[]string{"create", "wang", "--role", "clerk", "--name", "王"}, "--org", exitFailed},
		{[]string{"create", "wang", "--role", "household", "--name", "王"}, "--household", exitFailed},
		{[]string{"create", "wang", "--role", "helper", "--name", "王"}, "--helper", exitFailed},
		{[]string{"create", "wang", "--role", "operator", "--name", "王", "--helper", "1"}, "--helper", exitFailed},
		{[]string{"create", "wang", "--role", "clerk", "--name", "王", "--org", "99"}, "no such organisation", exitFailed},
		{[]string{"create", "wang", "--role", "household", "--name", "王", "--household", "x-1"}, "--household", exitFailed},
		{[]string{"create", "wang", "--role", "helper", "--name", "王", "--helper", "9"}, "no such helper", exitFailed},
		{[]string{"password", "nobody"}, "no account nobody", exitFailed},
	} {
		stdout, stderr, code := runProduct(t, []string{"BANMU_DATA=" + data}, append([]string{"account"}, c.args...)...)
		if code != c.code || !strings.Contains(stderr, c.says) || printedPassword.MatchString(stdout) {
			t.Errorf("%v: exit %d, want %q\n%s\n%s", c.args, code, c.says, stdout, stderr)
		}
	}
}
