package web

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"banmuyuan/web/auth"
)

// program logs in over the API and sends its token from then on.
func (s *site) program(t *testing.T, login string) (send func(method, path string) int) {
	t.Helper()
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	call := func(method, path, token, body string) (*http.Response, error) {
		r, err := http.NewRequestWithContext(t.Context(), method, s.URL+path, strings.NewReader(body))
		if err != nil {
			return nil, err
		}
		r.Header.Set("Content-Type", "application/json")
		if token != "" {
			r.Header.Set("Authorization", "Bearer "+token)
		}
		return client.Do(r)
	}
	res, err := call("POST", "/api/v1/sessions", "", `{"login":"`+login+`","password":"`+password+`"}`)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var in struct{ Token string }
	if err := json.NewDecoder(res.Body).Decode(&in); err != nil || in.Token == "" {
		t.Fatalf("log in: %s, %v", res.Status, err)
	}
	return func(method, path string) int {
		res, err := call(method, path, in.Token, "")
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		return res.StatusCode
	}
}

// Whose a token is, is remembered for a second and no longer: who is switched off or logs out elsewhere is out within
// it, and who logs out here at once.
func TestTokensAreRememberedForAMoment(t *testing.T) {
	t.Parallel()
	var offset atomic.Int64
	s := newSite(t, func(c *Config, _ *Deps) {
		c.Now = func() time.Time { return time.Now().Add(time.Duration(offset.Load())) }
	})
	a := s.account(t, auth.Account{Login: "13900000001", Name: "林晓", Phone: "13900000001", Role: auth.Buyer})
	const asks = "/api/v1/orders" // needs a login, and modules that do not answer here: 503 is being let through
	through := http.StatusServiceUnavailable
	send := s.program(t, a.Login)
	if got := send("GET", asks); got != through {
		t.Fatalf("logged in: %d", got)
	}
	if err := s.store.SetDisabled(t.Context(), a.ID, true); err != nil {
		t.Fatal(err)
	}
	offset.Add(int64(tokenFor))
	if got := send("GET", asks); got != http.StatusUnauthorized {
		t.Errorf("switched off a second ago: %d", got)
	}
	if err := s.store.SetDisabled(t.Context(), a.ID, false); err != nil {
		t.Fatal(err)
	}
	if got := send("GET", asks); got != through {
		t.Errorf("switched on again: %d", got)
	}
	if got := send("DELETE", "/api/v1/sessions/current"); got != http.StatusOK {
		t.Errorf("log out: %d", got)
	}
	if got := send("GET", asks); got != http.StatusUnauthorized {
		t.Errorf("logged out: %d", got)
	}
	// What was remembered needs no session; a page is not reached by a token at all.
	send = s.program(t, a.Login)
	send("GET", asks)
	if got := send("GET", "/account"); got == http.StatusOK {
		t.Errorf("a token opened a page")
	}
	if len(s.web.tokens.known) == 0 {
		t.Error("nothing is remembered")
	}
}
