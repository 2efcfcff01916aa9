package county_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"

	"banmuyuan/web/api"
	"banmuyuan/web/auth"
	"banmuyuan/web/webtest"
)

func TestCardsOfAVillage(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t)
	operator := d.Operator(t)
	webtest.ReadPage(t, operator, "/county/villages/11/cards", "永丰村", "没有卡")
	res := operator.Post("/county/villages/11/cards")
	if res.StatusCode != http.StatusOK || strings.Count(res.Body, "data:image/png") < 2 || !strings.Contains(res.Body, "王大山") || !strings.Contains(res.Header.Get("Cache-Control"), "no-store") {
		t.Fatalf("issue: %d\n%s", res.StatusCode, res.Body)
	}
	cards, err := d.Store.CardsOf(t.Context(), []int64{77})
	if err != nil || cards[77].IssuedBy != "operator" {
		t.Errorf("cards: %+v %v", cards, err)
	}
	if res = operator.Post("/county/villages/11/cards"); res.StatusCode != http.StatusSeeOther {
		t.Errorf("everybody has one: %d", res.StatusCode)
	}
	first := cards[77]
	if res = operator.Post("/county/villages/11/cards", "household", "YA-01-001-0007"); res.StatusCode != http.StatusOK {
		t.Errorf("a new one: %d", res.StatusCode)
	}
	if cards, err = d.Store.CardsOf(t.Context(), []int64{77}); err != nil || cards[77].ID == first.ID {
		t.Errorf("the old card still works: %+v %v", cards, err)
	}
	if res = d.Helper(t).Get("/county/villages/11/cards"); res.StatusCode != http.StatusForbidden {
		t.Errorf("a helper: %d", res.StatusCode)
	}
}

// A request to make cards that is sent again gets the same cards, and nothing that is kept opens one.
func TestCardsAreMadeOnceForAKey(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t)
	operator := d.Token(t, auth.Account{Login: "operator", Name: "县经办", Role: auth.Operator, Lang: "zh"})
	other := d.Token(t, auth.Account{Login: "operator2", Name: "另一位经办", Role: auth.Operator, Lang: "zh"})
	issue := func(token, body, key string) (api.IssuedCards, int) {
		var out api.IssuedCards
		code := d.Asks(t, token, "POST", "/villages/11/cards", body, &out, key)
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
	if n := strings.Count(d.Dump(t, "household_card"), "\n"); n != 0 {
		t.Errorf("%d cards too many were made", n)
	}
	secret := answers[0][strings.LastIndex(answers[0], "/")+1:]
	if all := d.Dump(t, "request_key") + d.Dump(t, "household_card"); strings.Contains(all, secret) {
		t.Errorf("what opens the card is kept: %s", all)
	}
	if code := d.Asks(t, "", "POST", "/sessions/card", `{"secret":"`+secret+`","proof":"1234"}`, nil); code != http.StatusCreated {
		t.Errorf("the card does not open: %d", code)
	}
	// Another request under the key, and the same of somebody else.
	if _, code := issue(operator, `{}`, "cards-0001"); code != http.StatusConflict {
		t.Errorf("another request: %d", code)
	}
	if code := d.Asks(t, operator, "DELETE", "/households/YA-01-001-0007/card", "", nil, "cards-0001"); code != http.StatusConflict {
		t.Errorf("another write: %d", code)
	}
	if out, code := issue(other, one, "cards-0001"); code != http.StatusCreated || out.Items[0].Address == answers[0] {
		t.Errorf("somebody else's key: %d %+v", code, out)
	}
	// Ended once: the answer stays, a card made meanwhile is not touched.
	for range 2 {
		var revoked struct{ Revoked bool }
		if code := d.Asks(t, operator, "DELETE", "/households/YA-01-001-0007/card", "", &revoked, "end-0001"); code != http.StatusOK || !revoked.Revoked {
			t.Errorf("revoke: %d %+v", code, revoked)
		}
		if _, code := issue(operator, one, "cards-0002"); code != http.StatusCreated {
			t.Errorf("a new card: %d", code)
		}
	}
	cards, err := d.Store.CardsOf(t.Context(), []int64{77})
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
	d := webtest.NewDesk(t)
	operator := d.Operator(t)
	codes := func() string {
		res := operator.Post("/county/villages/11/cards", "idempotency_key", "page-0001-all")
		if res.StatusCode != http.StatusOK {
			t.Fatalf("issue: %d", res.StatusCode)
		}
		i := strings.Index(res.Body, "data:image/png")
		return res.Body[i : i+400]
	}
	if codes() != codes() {
		t.Error("sent twice, other cards were printed")
	}
	if page := operator.Get("/county/villages/11/cards").Body; strings.Count(page, "-new77\"") != 1 || strings.Count(page, "-end77\"") != 1 {
		t.Error("forms share a key")
	}
}
