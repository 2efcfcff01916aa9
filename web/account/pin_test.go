package account_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"banmuyuan/web/auth"
	"banmuyuan/web/webtest"
)

// A new PIN is set once for a key, of which alone something is kept; and the key is no way to try PINs.
func TestPINIsSetOnceForAKey(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t)
	secret := d.Card(t)
	var session struct{ Token string }
	if code := d.Asks(t, "", "POST", "/sessions/card", `{"secret":"`+secret+`","proof":"`+webtest.CardWord+`"}`, &session); code != http.StatusCreated {
		t.Fatalf("log in: %d", code)
	}
	set := func(token, pin, key string) (string, int) {
		var out struct{ Token string }
		code := d.Asks(t, token, "PUT", "/sessions/current/pin", `{"pin":"`+pin+`"}`, &out, key)
		return out.Token, code
	}
	if _, code := set(session.Token, "739164", ""); code != http.StatusUnprocessableEntity {
		t.Errorf("without a key: %d", code)
	}
	token, code := set(session.Token, "739164", "pin-0001")
	if code != http.StatusOK || token == session.Token {
		t.Fatalf("PIN: %d", code)
	}
	before := d.Dump(t, "account")
	if again, code := set(token, "739164", "pin-0001"); code != http.StatusOK || again != token {
		t.Errorf("the same again: %d, another token: %t", code, again != token)
	}
	if after := d.Dump(t, "account"); after != before {
		t.Error("it was set again")
	}
	if all := d.Dump(t, "request_key") + before; strings.Contains(all, "739164") {
		t.Errorf("the PIN is kept: %s", all)
	}
	if all := d.Dump(t, "request_key"); strings.Contains(all, "argon2") || strings.Count(all, "\n") != 0 {
		t.Errorf("of the request is kept: %s", all)
	}
	// Another PIN under the key is refused, and who tries them has no more tries than anywhere.
	for i := range auth.PerAccount.Tries + 1 {
		_, code := set(token, fmt.Sprintf("73916%d", 5+i%5), "pin-0001")
		if late := i >= auth.PerAccount.Tries-1; late != (code == http.StatusTooManyRequests) || !late && code != http.StatusConflict {
			t.Errorf("try %d of another PIN: %d", i+1, code)
		}
	}
	if code := d.Asks(t, token, "GET", "/me", "", nil); code != http.StatusOK {
		t.Errorf("logged in: %d", code)
	}
}

// The form sent twice at once leaves whoever sent it logged in, with the PIN of the form.
func TestPINFormIsSentTwice(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t)
	secret := d.Card(t)
	var session struct{ Token string }
	if code := d.Asks(t, "", "POST", "/sessions/card", `{"secret":"`+secret+`","proof":"`+webtest.CardWord+`"}`, &session); code != http.StatusCreated {
		t.Fatalf("log in: %d", code)
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	held := 0
	for range 3 {
		wg.Go(func() {
			var out struct{ Token string }
			code := d.Asks(t, session.Token, "PUT", "/sessions/current/pin", `{"pin":"739164"}`, &out, "pin-0001")
			// Who comes after the end of the session that it was sent with is nobody any more.
			if code != http.StatusOK && code != http.StatusUnauthorized {
				t.Errorf("PIN: %d", code)
			}
			if code == http.StatusOK && d.Asks(t, out.Token, "GET", "/me", "", nil) == http.StatusOK {
				mu.Lock()
				held++
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if held == 0 {
		t.Error("nobody is logged in")
	}
	p := d.Person(t)
	if res := p.Post("/login", "login", "13900000007", "password", "739164"); res.StatusCode != http.StatusSeeOther {
		t.Errorf("with the PIN: %d", res.StatusCode)
	}
}
