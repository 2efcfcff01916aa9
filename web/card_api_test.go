package web_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"banmuyuan/web/api"
	"banmuyuan/web/auth"
	"banmuyuan/web/webtest"
)

// A program issues cards, a household's program logs in with one, gets itself a PIN, and is out when the card is ended.
func TestCardsOverTheAPI(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t)
	operator := d.Token(t, auth.Account{Login: "operator", Name: "县经办", Role: auth.Operator, Lang: "zh"})
	for i, c := range []struct {
		role         auth.Role
		method, path string
	}{
		{auth.Helper, "GET", "/villages/11/cards"}, {auth.Buyer, "POST", "/villages/11/cards"}, {auth.Approver, "DELETE", "/households/YA-01-001-0007/card"},
		{auth.Helper, "GET", "/reviews"}, {auth.Household, "POST", "/reviews/1/decision"}, {auth.Operator, "POST", "/households/YA-01-001-0007/account/decision"},
		{auth.Buyer, "PUT", "/sessions/current/pin"},
	} {
		token := d.Token(t, auth.Account{Login: fmt.Sprintf("other-%d", i), Name: "某人", Role: c.role, Lang: "zh", HelperID: 9, HouseholdID: 78})
		if code := d.Asks(t, token, c.method, c.path, `{}`, nil); code != http.StatusForbidden {
			t.Errorf("%s %s by a %s: %d", c.method, c.path, c.role, code)
		}
		if code := d.Asks(t, "", c.method, c.path, `{}`, nil); code != http.StatusUnauthorized {
			t.Errorf("%s %s by nobody: %d", c.method, c.path, code)
		}
	}

	var list api.VillageCards
	if code := d.Asks(t, operator, "GET", "/villages/11/cards", "", &list); code != http.StatusOK || list.Without == 0 || list.Items[0].IssuedAt != nil {
		t.Errorf("cards: %d %+v", code, list)
	}
	var issued api.IssuedCards
	if code := d.Asks(t, operator, "POST", "/villages/11/cards", `{"household":"YA-01-001-0007"}`, &issued, "issue-0001"); code != http.StatusCreated || len(issued.Items) != 1 {
		t.Fatalf("issue: %d %+v", code, issued)
	}
	if code := d.Asks(t, operator, "POST", "/villages/11/cards", `{"household":"YA-99-999-9999"}`, nil, "issue-0002"); code != http.StatusNotFound {
		t.Errorf("a card for nobody: %d", code)
	}
	secret := issued.Items[0].Address[strings.LastIndex(issued.Items[0].Address, "/")+1:]

	var words api.CardWords
	approver := d.Token(t, auth.Account{Login: "approver", Name: "县复核", Role: auth.Approver, Lang: "zh"})
	if code := d.Asks(t, approver, "POST", "/villages/11/cards/words", `{"household":"YA-01-001-0007"}`, &words, "words-0001"); code != http.StatusCreated || len(words.Items) != 1 {
		t.Fatalf("word: %d %+v", code, words)
	}
	proof := words.Items[0].Word

	var session struct{ Token string }
	if code := d.Asks(t, "", "POST", "/sessions/card", `{"secret":"`+secret+`","proof":"9999"}`, nil); code != http.StatusUnauthorized {
		t.Errorf("a wrong number: %d", code)
	}
	if code := d.Asks(t, "", "POST", "/sessions/card", `{"secret":"`+secret+`","proof":"`+proof+`"}`, &session); code != http.StatusCreated || session.Token == "" {
		t.Fatalf("with the card: %d", code)
	}
	if code := d.Asks(t, session.Token, "PUT", "/sessions/current/pin", `{"pin":"123456"}`, nil, "pin-0001"); code != http.StatusUnprocessableEntity {
		t.Errorf("a PIN that is too easy: %d", code)
	}
	before := session.Token
	if code := d.Asks(t, before, "PUT", "/sessions/current/pin", `{"pin":"739164"}`, &session, "pin-0002"); code != http.StatusOK || session.Token == before {
		t.Fatalf("PIN: %d", code)
	}
	// Not right after the card any more: the old one is asked for, and tries are counted.
	for i := range auth.PerAccount.Tries + 1 {
		code := d.Asks(t, session.Token, "PUT", "/sessions/current/pin", `{"pin":"739165","old":"000000"}`, nil, fmt.Sprintf("pin-try-%d", i))
		if late := i == auth.PerAccount.Tries; (code == http.StatusTooManyRequests) != late || !late && code != http.StatusUnprocessableEntity {
			t.Errorf("try %d of a wrong PIN: %d", i+1, code)
		}
	}
	if code := d.Asks(t, session.Token, "GET", "/me", "", nil); code != http.StatusOK {
		t.Errorf("logged in: %d", code)
	}

	var revoked struct{ Revoked bool }
	if code := d.Asks(t, operator, "DELETE", "/households/YA-01-001-0007/card", "", &revoked, "end-0001"); code != http.StatusOK || !revoked.Revoked {
		t.Fatalf("revoke: %d", code)
	}
	d.Web.Forget(session.Token) // what is remembered for a moment is over
	if code := d.Asks(t, session.Token, "GET", "/me", "", nil); code != http.StatusUnauthorized {
		t.Errorf("with an ended card one is still logged in: %d", code)
	}
	if code := d.Asks(t, "", "POST", "/sessions/card", `{"secret":"`+secret+`","proof":"`+proof+`"}`, nil); code != http.StatusUnauthorized {
		t.Errorf("an ended card: %d", code)
	}
}
