package account_test

import (
	"context"
	"html"
	"net/http"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"banmuyuan/web"
	"banmuyuan/web/audit"
	"banmuyuan/web/auth"
	"banmuyuan/web/webtest"
)

// clock is a site's clock that a test moves.
type clock struct{ ahead atomic.Int64 }

func (c *clock) now() time.Time          { return time.Now().Add(time.Duration(c.ahead.Load())) }
func (c *clock) forward(d time.Duration) { c.ahead.Add(int64(d)) }

func clockedSite(t *testing.T) (*webtest.Site, *clock) {
	t.Helper()
	c := &clock{}
	return webtest.New(t, func(config *web.Config, _ *web.Deps) { config.Now = c.now }), c
}

var (
	typedSecret = regexp.MustCompile(`<code>([A-Z2-7 ]{32,})</code>`)
	recovery    = regexp.MustCompile(`<code>([a-z2-9]{4}-[a-z2-9]{4}-[a-z2-9]{4}-[a-z2-9]{4})</code>`)
)

// enrol sets up the second factor of the person and returns its secret, the code that did it, and the recovery codes.
func enrol(t *testing.T, p *webtest.Person, c *clock) (secret, used string, codes []string) {
	t.Helper()
	found := typedSecret.FindStringSubmatch(html.UnescapeString(p.Get("/account/factor").Body))
	if found == nil {
		t.Fatal("the page shows no secret")
	}
	secret = strings.ReplaceAll(found[1], " ", "")
	if res := p.Post("/account/factor", "code", "000000", "password", webtest.Password); res.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("a wrong code: %d", res.StatusCode)
	}
	if res := p.Post("/account/factor", "code", code(t, secret, c), "password", "not the password"); res.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("a wrong password: %d", res.StatusCode)
	}
	used = code(t, secret, c)
	res := p.Post("/account/factor", "code", used, "password", webtest.Password)
	for _, m := range recovery.FindAllStringSubmatch(res.Body, -1) {
		codes = append(codes, m[1])
	}
	if res.StatusCode != http.StatusOK || len(codes) != auth.RecoveryCodes {
		t.Fatalf("enrol: %d with %d codes\n%s", res.StatusCode, len(codes), res.Body)
	}
	return secret, used, codes
}

func code(t *testing.T, secret string, c *clock) string {
	t.Helper()
	typed, err := auth.FactorCode(secret, c.now())
	if err != nil {
		t.Fatal(err)
	}
	return typed
}

func goesTo(t *testing.T, what string, res webtest.Answer, to string) {
	t.Helper()
	if got := res.Header.Get("Location"); res.StatusCode != http.StatusSeeOther || got != to {
		t.Fatalf("%s: %d to %q, want %q", what, res.StatusCode, got, to)
	}
}

// With a second factor the password alone opens nothing, on pages and in the API; a code works once, so does a recovery code.
func TestLoginWithASecondFactor(t *testing.T) {
	t.Parallel()
	s, c := clockedSite(t)
	p := s.Login(t, auth.Account{Login: "approver", Name: "复核", Role: auth.Approver, Lang: "zh"})
	other := s.Person(t)
	other.Post("/login", "login", "approver", "password", webtest.Password)
	secret, used, codes := enrol(t, p, c)
	if res := other.Get("/account"); res.StatusCode != http.StatusSeeOther {
		t.Errorf("a session that began before goes on: %d", res.StatusCode)
	}
	if res := p.Get("/account"); res.StatusCode != http.StatusOK {
		t.Errorf("the session that enrolled: %d", res.StatusCode)
	}
	if res := p.Post("/account/factor/off", "password", webtest.Password); res.StatusCode != http.StatusForbidden {
		t.Errorf("an approver turns it off: %d", res.StatusCode)
	}
	all := s.Dump(t, "sessions") + s.Dump(t, "second_factor") + s.Dump(t, "recovery_code")
	if strings.Contains(all, secret) || strings.Contains(all, codes[0]) || strings.Contains(all, auth.CleanCode(codes[0])) {
		t.Error("the secret or a recovery code can be read in the database")
	}

	q := s.Person(t)
	goesTo(t, "the password", q.Post("/login", "login", "approver", "password", webtest.Password, "next", "/account"), "/login/code?next=%2Faccount")
	goesTo(t, "a page after the password alone", q.Get("/account"), "/login?next=%2Faccount")
	if res := q.Get("/login/code?next=%2Faccount"); res.StatusCode != http.StatusOK || !strings.Contains(res.Body, `autocomplete="one-time-code"`) {
		t.Errorf("the page for the code: %d", res.StatusCode)
	}
	if res := q.Post("/login/code", "code", used); res.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("the code that enrolled works again: %d", res.StatusCode)
	}
	c.forward(time.Minute)
	used = code(t, secret, c) // typed again it may be the one before the code of now
	goesTo(t, "the code", q.Post("/login/code", "code", used, "next", "/account"), "/account")
	if res := q.Get("/account"); res.StatusCode != http.StatusOK {
		t.Errorf("logged in: %d", res.StatusCode)
	}
	q = s.Person(t)
	q.Post("/login", "login", "approver", "password", webtest.Password)
	if res := q.Post("/login/code", "code", used); res.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("the same code for a second login: %d", res.StatusCode)
	}
	c.forward(11 * time.Minute)
	goesTo(t, "a code long after the password", q.Post("/login/code", "code", code(t, secret, c)), "/login")

	for _, typed := range []struct {
		code string
		want int
	}{{"", 401}, {"000000", 401}, {codes[1], 201}, {codes[1], 401}, {code(t, secret, c), 201}} {
		res := apiLogin(t, s, typed.code)
		if res.StatusCode != typed.want {
			t.Errorf("API with code %q: %d, want %d", typed.code, res.StatusCode, typed.want)
		}
	}
	entries, err := s.Store.Entries(t.Context(), audit.Filter{Area: "login", Limit: 50})
	if err != nil {
		t.Fatal(err)
	}
	how := map[string]int{}
	for _, e := range entries {
		how[string(e.Kind)+" "+e.Detail]++
		if e.Network == "" {
			t.Errorf("no network: %+v", e)
		}
	}
	if how["login.done password"] != 2 || how["login.done code"] != 2 || how["login.done recovery"] != 1 || how["login.code_failed "] != 4 {
		t.Errorf("the trail has %v", how)
	}
}

func apiLogin(t *testing.T, s *webtest.Site, typed string) *http.Response {
	t.Helper()
	body := `{"login":"approver","password":"` + webtest.Password + `"`
	if typed != "" {
		body += `,"code":"` + typed + `"`
	}
	r, err := http.NewRequestWithContext(context.Background(), http.MethodPost, s.URL+"/api/v1/sessions", strings.NewReader(body+"}"))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	return res
}

// After the grace of the county every page leads to the enrolment, and programs are refused; before it nothing is asked.
func TestSecondFactorIsRequiredAfterAGrace(t *testing.T) {
	t.Parallel()
	s, c := clockedSite(t)
	p := s.Login(t, auth.Account{Login: "operator", Name: "经办", Role: auth.Operator, Lang: "zh"})
	if res := p.Get("/account"); res.StatusCode != http.StatusOK {
		t.Fatalf("within the grace: %d", res.StatusCode)
	}
	buyer := s.Login(t, auth.Account{Login: "13800138000", Name: "买家", Role: auth.Buyer, Lang: "zh"})
	if err := s.Store.SetSecurity(t.Context(), auth.Command, auth.Security{GraceDays: 0, IdleMinutes: 60}); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/account", "/account/sessions", "/county"} {
		goesTo(t, path, p.Get(path), "/account/factor")
	}
	if res := p.Get("/api/v1/me", "Accept", "application/json"); res.StatusCode != http.StatusForbidden {
		t.Errorf("the API: %d", res.StatusCode)
	}
	if res := buyer.Get("/account"); res.StatusCode != http.StatusOK {
		t.Errorf("a buyer: %d", res.StatusCode)
	}
	enrol(t, p, c)
	if res := p.Get("/account/sessions"); res.StatusCode != http.StatusOK {
		t.Errorf("after the enrolment: %d", res.StatusCode)
	}
}

// Everybody sees their sessions and ends one or all others; a session that was ended is nobody's.
func TestSessionsAreSeenAndEnded(t *testing.T) {
	t.Parallel()
	s, _ := clockedSite(t)
	p := s.Login(t, auth.Account{Login: "operator", Name: "经办", Role: auth.Operator, Lang: "zh"})
	var others []*webtest.Person
	for range 3 {
		q := s.Person(t)
		q.Post("/login", "login", "operator", "password", webtest.Password)
		others = append(others, q)
	}
	stranger := s.Login(t, auth.Account{Login: "approver", Name: "复核", Role: auth.Approver, Lang: "zh"})
	list := p.Get("/account/sessions")
	if n := strings.Count(list.Body, "让它退出<span"); n != 3 || !strings.Contains(list.Body, "127.0.0.0/24") || !strings.Contains(list.Body, "本机") {
		t.Fatalf("%d others in the list\n%s", n, list.Body)
	}
	end := regexp.MustCompile(`/account/sessions/[0-9]+`).FindAllString(list.Body, -1)
	if res := stranger.Post(end[0]); res.StatusCode != http.StatusNotFound {
		t.Errorf("somebody else ends it: %d", res.StatusCode)
	}
	goesTo(t, "end one", p.Post(end[0]), "/account/sessions")
	loggedIn := func() (n int) {
		for _, q := range others {
			if q.Get("/account").StatusCode == http.StatusOK {
				n++
			}
		}
		return n
	}
	if n := loggedIn(); n != 2 {
		t.Errorf("%d others are logged in after one was ended", n)
	}
	goesTo(t, "end the others", p.Post("/account/sessions/others"), "/account/sessions")
	if n := loggedIn(); n != 0 {
		t.Errorf("%d others are logged in after all were ended", n)
	}
	if res := p.Get("/account"); res.StatusCode != http.StatusOK {
		t.Errorf("the own session: %d", res.StatusCode)
	}
}

// Sessions of staff end after a time idle, and after a day also when they are used; a buyer's goes on.
func TestSessionsOfStaffEndByThemselves(t *testing.T) {
	t.Parallel()
	s, c := clockedSite(t)
	operator := auth.Account{Login: "operator", Name: "经办", Role: auth.Operator, Lang: "zh"}
	p := s.Login(t, operator)
	buyer := s.Login(t, auth.Account{Login: "13800138000", Name: "买家", Role: auth.Buyer, Lang: "zh"})
	c.forward(59 * time.Minute)
	if res := p.Get("/account"); res.StatusCode != http.StatusOK {
		t.Fatalf("after 59 minutes: %d", res.StatusCode)
	}
	c.forward(61 * time.Minute)
	goesTo(t, "idle", p.Get("/account"), "/login?next=%2Faccount")
	p.Post("/login", "login", "operator", "password", webtest.Password)
	for range 24 {
		if res := p.Get("/account"); res.StatusCode != http.StatusOK {
			t.Fatalf("in use: %d", res.StatusCode)
		}
		c.forward(59 * time.Minute)
	}
	c.forward(30 * time.Minute)
	goesTo(t, "after a day", p.Get("/account"), "/login?next=%2Faccount")
	if res := buyer.Get("/account"); res.StatusCode != http.StatusOK {
		t.Errorf("a buyer: %d", res.StatusCode)
	}
}

// A new password ends the other sessions.
func TestANewPasswordEndsTheOthers(t *testing.T) {
	t.Parallel()
	s, _ := clockedSite(t)
	p := s.Login(t, auth.Account{Login: "13800138000", Name: "买家", Role: auth.Buyer, Lang: "zh"})
	q := s.Person(t)
	q.Post("/login", "login", "13800138000", "password", webtest.Password)
	goesTo(t, "change", p.Post("/account/password", "idempotency_key", "a-key-of-this-test", "current", webtest.Password, "password", "另一句自己记得住的话"), "/account")
	goesTo(t, "the other session", q.Get("/account"), "/login?next=%2Faccount")
	if list := p.Get("/account/sessions"); strings.Contains(list.Body, "让它退出<span") || !strings.Contains(list.Body, "本机") {
		t.Errorf("the list after it:\n%s", list.Body)
	}
}

// A program whose account needs a second factor sets it up by the API, with the password and a code, and goes on then.
func TestSecondFactorByProgram(t *testing.T) {
	t.Parallel()
	s, c := clockedSite(t)
	if err := s.Store.SetSecurity(t.Context(), auth.Command, auth.Security{GraceDays: 0, IdleMinutes: 60}); err != nil {
		t.Fatal(err)
	}
	token := s.Token(t, auth.Account{Login: "operator", Name: "经办", Role: auth.Operator, Lang: "zh"})
	ask := func(want int, method, path, body string, into any) {
		t.Helper()
		if got := s.Asks(t, token, method, path, body, into); got != want {
			t.Errorf("%s %s: %d, want %d", method, path, got, want)
		}
	}
	const at = "/sessions/current/factor"
	ask(403, "GET", "/me", "", nil)
	var state struct {
		On       bool `json:"on"`
		Required bool `json:"required"`
		Left     int  `json:"recovery_codes_left"`
	}
	if ask(200, "GET", at, "", &state); state.On || !state.Required {
		t.Errorf("before: %+v", state)
	}
	var secret, again struct {
		Secret  string `json:"secret"`
		Address string `json:"address"`
	}
	ask(200, "POST", at+"/secret", "{}", &secret)
	ask(200, "POST", at+"/secret", "{}", &again)
	if secret.Secret == "" || secret != again || !strings.HasPrefix(secret.Address, "otpauth://totp/") {
		t.Fatalf("secret %+v, then %+v", secret, again)
	}
	var got struct {
		Codes []string `json:"recovery_codes"`
	}
	typed := code(t, secret.Secret, c)
	ask(422, "PUT", at, `{"code":"000000","password":"`+webtest.Password+`"}`, nil)
	ask(422, "PUT", at, `{"code":"`+typed+`","password":"not the password"}`, nil)
	ask(200, "PUT", at, `{"code":"`+typed+`","password":"`+webtest.Password+`"}`, &got)
	if len(got.Codes) != auth.RecoveryCodes {
		t.Fatalf("%d recovery codes", len(got.Codes))
	}
	ask(409, "PUT", at, `{"code":"`+typed+`","password":"`+webtest.Password+`"}`, nil)
	ask(409, "POST", at+"/secret", "{}", nil)
	c.forward(2 * time.Second) // a program's account is remembered for a second
	ask(200, "GET", "/me", "", nil)
	ask(422, "POST", at+"/codes", `{"password":"not the password"}`, nil)
	var fresh struct {
		Codes []string `json:"recovery_codes"`
	}
	ask(200, "POST", at+"/codes", `{"password":"`+webtest.Password+`"}`, &fresh)
	if len(fresh.Codes) != auth.RecoveryCodes || fresh.Codes[0] == got.Codes[0] {
		t.Errorf("new codes: %v", fresh.Codes)
	}
	ask(403, "POST", at+"/off", `{"password":"`+webtest.Password+`"}`, nil)
}
