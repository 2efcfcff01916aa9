package card_test

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
	// Its word is printed once for a key as well, and not by its issuer.
	approver := d.Token(t, auth.Account{Login: "approver", Name: "县复核", Role: auth.Approver, Lang: "zh"})
	var words [2]api.CardWords
	for i := range words {
		if code := d.Asks(t, approver, "POST", "/villages/11/cards/words", one, &words[i], "words-0001"); code != http.StatusCreated || len(words[i].Items) != 1 || words[i].Items[0] != words[0].Items[0] {
			t.Fatalf("word: %d %+v", code, words[i])
		}
	}
	if code := d.Asks(t, operator, "POST", "/villages/11/cards/words", one, nil, "words-0002"); code != http.StatusForbidden {
		t.Errorf("its issuer prints its word: %d", code)
	}
	word := words[0].Items[0].Word
	if all := d.Dump(t, "request_key") + d.Dump(t, "household_card"); strings.Contains(all, strings.ReplaceAll(word, " ", "")) {
		t.Errorf("the word is kept: %s", all)
	}
	if code := d.Asks(t, "", "POST", "/sessions/card", `{"secret":"`+secret+`","proof":"`+word+`"}`, nil); code != http.StatusCreated {
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

// The words of cards are printed by another person than the cards.
func TestWordsArePrintedBySomebodyElse(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t)
	operator := d.Operator(t)
	if res := operator.Post("/county/villages/11/cards"); res.StatusCode != http.StatusOK {
		t.Fatalf("issue: %d", res.StatusCode)
	}
	if res := operator.Post("/county/villages/11/cards/words"); res.StatusCode != http.StatusSeeOther {
		t.Errorf("words of one's own cards: %d", res.StatusCode)
	}
	if res := operator.Post("/county/villages/11/cards/words", "household", "YA-01-001-0007"); res.StatusCode != http.StatusForbidden && !strings.Contains(res.Body, "做卡的人不能打印") {
		t.Errorf("the word of one's own card: %d", res.StatusCode)
	}
	approver := d.Login(t, auth.Account{Login: "approver", Name: "县复核", Role: auth.Approver, Lang: "zh"})
	webtest.ReadPage(t, approver, "/county/villages/11/cards", "还没打印", "张卡打印一次性密码")
	approver.Get("/?lang=zh")
	if res := approver.Post("/county/villages/11/cards/words"); res.StatusCode != http.StatusOK || !strings.Contains(res.Body, "王大山") || !strings.Contains(res.Header.Get("Cache-Control"), "no-store") {
		t.Fatalf("words: %d\n%s", res.StatusCode, res.Body)
	}
	webtest.ReadPage(t, operator, "/county/villages/11/cards", "等待使用")
	// A new card has no word until somebody else prints one.
	operator.Post("/county/villages/11/cards", "household", "YA-01-001-0007")
	cards, err := d.Store.CardsOf(t.Context(), []int64{77})
	if err != nil || len(cards[77].WordHash) != 0 {
		t.Errorf("the new card took the old word: %+v %v", cards, err)
	}
}
