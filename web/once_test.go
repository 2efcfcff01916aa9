package web

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"banmuyuan/web/api"
	"banmuyuan/web/auth"
)

// dump is everything that the accounts' schema holds, as text.
func (d *desk) dump(t *testing.T, table string) string {
	t.Helper()
	var all string
	if err := d.db.Get(&all, `SELECT coalesce(string_agg(x::text, E'\n'), '') FROM `+table+` x`); err != nil {
		t.Fatal(err)
	}
	return all
}

// A request to make cards that is sent again gets the same cards, and nothing that is kept opens one.
func TestCardsAreMadeOnceForAKey(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	operator := d.token(t, auth.Account{Login: "operator", Name: "县经办", Role: auth.Operator, Lang: "zh"})
	other := d.token(t, auth.Account{Login: "operator2", Name: "另一位经办", Role: auth.Operator, Lang: "zh"})
	issue := func(token, body, key string) (api.IssuedCards, int) {
		var out api.IssuedCards
		code := d.asks(t, token, "POST", "/villages/11/cards", body, &out, key)
		return out, code
	}
	const one = `{"household":"YA-01-001-0007"}`
	if _, code := issue(operator, one, ""); code != http.StatusUnprocessableEntity {
		t.Errorf("without a key: %d", code)
	}
	if _, code := issue(operator, one, "no spaces in it"); code != http.StatusUnprocessableEntity {
		t.Errorf("with a key that is none: %d", code)
	}
	answers := make([]string, 6)
	var wg sync.WaitGroup
	for i := range answers { // at once
		wg.Go(func() {
			out, code := issue(operator, one, "cards-0001")
			if code != http.StatusCreated || len(out.Items) != 1 {
				t.Errorf("issue: %d %+v", code, out)
				return
			}
			answers[i] = out.Items[0].Address
		})
	}
	wg.Wait()
	for _, a := range answers {
		if a == "" || a != answers[0] {
			t.Fatalf("several answers: %q", answers)
		}
	}
	if n := strings.Count(d.dump(t, "household_card"), "\n"); n != 0 {
		t.Errorf("%d cards too many were made", n)
	}
	secret := answers[0][strings.LastIndex(answers[0], "/")+1:]
	if all := d.dump(t, "request_key") + d.dump(t, "household_card"); strings.Contains(all, secret) {
		t.Errorf("what opens the card is kept: %s", all)
	}
	if code := d.asks(t, "", "POST", "/sessions/card", `{"secret":"`+secret+`","proof":"1234"}`, nil); code != http.StatusCreated {
		t.Errorf("the card does not open: %d", code)
	}
	// Another request under the key, and the same of somebody else.
	if _, code := issue(operator, `{}`, "cards-0001"); code != http.StatusConflict {
		t.Errorf("another request: %d", code)
	}
	if code := d.asks(t, operator, "DELETE", "/households/YA-01-001-0007/card", "", nil, "cards-0001"); code != http.StatusConflict {
		t.Errorf("another write: %d", code)
	}
	if out, code := issue(other, one, "cards-0001"); code != http.StatusCreated || out.Items[0].Address == answers[0] {
		t.Errorf("somebody else's key: %d %+v", code, out)
	}
	// Ended once: the answer stays, a card made meanwhile is not touched.
	for range 2 {
		var revoked struct{ Revoked bool }
		if code := d.asks(t, operator, "DELETE", "/households/YA-01-001-0007/card", "", &revoked, "end-0001"); code != http.StatusOK || !revoked.Revoked {
			t.Errorf("revoke: %d %+v", code, revoked)
		}
		if _, code := issue(operator, one, "cards-0002"); code != http.StatusCreated {
			t.Errorf("a new card: %d", code)
		}
	}
	cards, err := d.store.CardsOf(t.Context(), []int64{77})
	if err != nil || cards[77].ID == 0 {
		t.Errorf("the new card was ended by the old request: %+v, %v", cards, err)
	}
	// Answers of before stay the same, though the card is ended long since.
	if out, code := issue(operator, one, "cards-0001"); code != http.StatusCreated || out.Items[0].Address != answers[0] {
		t.Errorf("asked again: %d %+v", code, out)
	}
}

// The page's button pressed twice prints the same cards.
func TestCardsPageIsSentTwice(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	operator := d.operator(t)
	codes := func() string {
		res := operator.post("/county/villages/11/cards", "idempotency_key", "page-0001-all")
		if res.StatusCode != http.StatusOK {
			t.Fatalf("issue: %d", res.StatusCode)
		}
		i := strings.Index(res.body, "data:image/png")
		return res.body[i : i+400]
	}
	if codes() != codes() {
		t.Error("sent twice, other cards were printed")
	}
	if page := operator.get("/county/villages/11/cards").body; strings.Count(page, "-new77\"") != 1 || strings.Count(page, "-end77\"") != 1 {
		t.Error("forms share a key")
	}
}

// A new PIN is set once for a key, of which alone something is kept; and the key is no way to try PINs.
func TestPINIsSetOnceForAKey(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	secret := d.card(t)
	var session struct{ Token string }
	if code := d.asks(t, "", "POST", "/sessions/card", `{"secret":"`+secret+`","proof":"1234"}`, &session); code != http.StatusCreated {
		t.Fatalf("log in: %d", code)
	}
	set := func(token, pin, key string) (string, int) {
		var out struct{ Token string }
		code := d.asks(t, token, "PUT", "/sessions/current/pin", `{"pin":"`+pin+`"}`, &out, key)
		return out.Token, code
	}
	if _, code := set(session.Token, "739164", ""); code != http.StatusUnprocessableEntity {
		t.Errorf("without a key: %d", code)
	}
	token, code := set(session.Token, "739164", "pin-0001")
	if code != http.StatusOK || token == session.Token {
		t.Fatalf("PIN: %d", code)
	}
	before := d.dump(t, "account")
	if again, code := set(token, "739164", "pin-0001"); code != http.StatusOK || again != token {
		t.Errorf("the same again: %d, another token: %t", code, again != token)
	}
	if after := d.dump(t, "account"); after != before {
		t.Error("it was set again")
	}
	if all := d.dump(t, "request_key") + before; strings.Contains(all, "739164") {
		t.Errorf("the PIN is kept: %s", all)
	}
	if all := d.dump(t, "request_key"); strings.Contains(all, "argon2") || strings.Count(all, "\n") != 0 {
		t.Errorf("of the request is kept: %s", all)
	}
	// Another PIN under the key is refused, and who tries them has no more tries than anywhere.
	for i := range auth.PerAccount.Tries + 1 {
		_, code := set(token, fmt.Sprintf("73916%d", 5+i%5), "pin-0001")
		if late := i >= auth.PerAccount.Tries-1; late != (code == http.StatusTooManyRequests) || !late && code != http.StatusConflict {
			t.Errorf("try %d of another PIN: %d", i+1, code)
		}
	}
	if code := d.asks(t, token, "GET", "/me", "", nil); code != http.StatusOK {
		t.Errorf("logged in: %d", code)
	}
}

// The form sent twice at once leaves whoever sent it logged in, with the PIN of the form.
func TestPINFormIsSentTwice(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	secret := d.card(t)
	var session struct{ Token string }
	if code := d.asks(t, "", "POST", "/sessions/card", `{"secret":"`+secret+`","proof":"1234"}`, &session); code != http.StatusCreated {
		t.Fatalf("log in: %d", code)
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	held := 0
	for range 3 {
		wg.Go(func() {
			var out struct{ Token string }
			code := d.asks(t, session.Token, "PUT", "/sessions/current/pin", `{"pin":"739164"}`, &out, "pin-0001")
			// Who comes after the end of the session that it was sent with is nobody any more.
			if code != http.StatusOK && code != http.StatusUnauthorized {
				t.Errorf("PIN: %d", code)
			}
			if code == http.StatusOK && d.asks(t, out.Token, "GET", "/me", "", nil) == http.StatusOK {
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
	p := d.person(t)
	if res := p.post("/login", "login", "13900000007", "password", "739164"); res.StatusCode != http.StatusSeeOther {
		t.Errorf("with the PIN: %d", res.StatusCode)
	}
}
