package account_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"banmuyuan/web/auth"
	"banmuyuan/web/webtest"
)

func TestHouseholdLogsInWithItsCard(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t)
	secret := d.Card(t)
	p := d.Person(t)
	if res := p.Get("/card"); res.Header.Get("Location") != "/login" {
		t.Errorf("without a card: %d to %q", res.StatusCode, res.Header.Get("Location"))
	}
	if res := p.Get("/card/" + secret + "?lang=zh"); res.StatusCode != http.StatusSeeOther || res.Header.Get("Location") != "/card" {
		t.Fatalf("scanned: %d to %q", res.StatusCode, res.Header.Get("Location"))
	}
	if res := p.Get("/card"); res.StatusCode != http.StatusOK || strings.Contains(res.Body, secret) || strings.Contains(res.Body, "王大山") {
		t.Errorf("the page before the proof: %d", res.StatusCode)
	}
	if res := p.Post("/card", "proof", "9999"); res.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(res.Body, "卡或密码不对") {
		t.Errorf("a wrong PIN: %d", res.StatusCode)
	}
	if res := p.Post("/card", "proof", "1234"); res.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("the last four of the id number, which staff read: %d", res.StatusCode)
	}
	if res := p.Get("/my"); res.StatusCode != http.StatusSeeOther {
		t.Errorf("without a proof: %d", res.StatusCode)
	}
	if res := p.Post("/card", "proof", "４０７１ ８２６３"); res.StatusCode != http.StatusSeeOther || res.Header.Get("Location") != "/my/pin" {
		t.Fatalf("with the card and its word: %d to %q", res.StatusCode, res.Header.Get("Location"))
	}
	if res := p.Get("/my"); res.StatusCode != http.StatusOK {
		t.Errorf("logged in: %d", res.StatusCode)
	}

	// Right after, a PIN can be chosen, which opens the same account by phone.
	for pin, says := range map[string]string{"12345": "6 到 12 位", "123456": "太好猜", "aaaaaa": "只能用数字"} {
		if res := p.Post("/my/pin", "pin", pin, "again", pin); res.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(res.Body, says) {
			t.Errorf("PIN %s: %d", pin, res.StatusCode)
		}
	}
	if res := p.Post("/my/pin", "pin", "739164", "again", "739164"); res.StatusCode != http.StatusSeeOther {
		t.Fatalf("PIN: %d", res.StatusCode)
	}
	// From now on the card asks for the PIN; its word opens nothing any more.
	byCard := d.Person(t)
	byCard.Get("/card/" + secret)
	if res := byCard.Post("/card", "proof", webtest.CardWord); res.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("the word a second time: %d", res.StatusCode)
	}
	if res := byCard.Post("/card", "proof", "739164"); res.StatusCode != http.StatusSeeOther || res.Header.Get("Location") != "/my" {
		t.Errorf("card and PIN: %d to %q", res.StatusCode, res.Header.Get("Location"))
	}
	byPhone := d.Person(t)
	if res := byPhone.Post("/login", "login", "139 0000 0007", "password", "739164"); res.StatusCode != http.StatusSeeOther || res.Header.Get("Location") != "/my" {
		t.Errorf("by phone and PIN: %d to %q", res.StatusCode, res.Header.Get("Location"))
	}
	if res := byPhone.Post("/my/pin", "pin", "739165", "again", "739165", "old", "000000"); res.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("a new PIN without the old: %d", res.StatusCode)
	}

	// A lost card is ended: it opens nothing, and nobody stays logged in.
	operator := d.Operator(t)
	if res := operator.Post("/county/villages/11/cards/revoke", "household", "YA-01-001-0007"); res.StatusCode != http.StatusSeeOther {
		t.Fatalf("revoke: %d", res.StatusCode)
	}
	if res := p.Get("/my"); res.StatusCode != http.StatusSeeOther {
		t.Errorf("with an ended card one is still logged in: %d", res.StatusCode)
	}
	if res := byPhone.Get("/my"); res.StatusCode != http.StatusSeeOther {
		t.Errorf("by its PIN one is still logged in: %d", res.StatusCode)
	}
	if res := d.Person(t).Post("/login", "login", "139 0000 0007", "password", "739164"); res.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("the PIN that was set through the ended card: %d", res.StatusCode)
	}
	other := d.Person(t)
	other.Get("/card/" + secret)
	if res := other.Post("/card", "proof", webtest.CardWord); res.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("an ended card: %d", res.StatusCode)
	}
}

func TestCardIsThrottled(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t)
	secret := d.Card(t)
	for i := range auth.PerCard.Tries + 1 {
		p := d.Person(t) // a new browser is no new chance
		p.Get("/card/" + secret)
		proof := "0000"
		if i == auth.PerCard.Tries {
			proof = "1234"
		}
		res := p.Post("/card", "proof", proof)
		if late := i == auth.PerCard.Tries; (res.Header.Get("Retry-After") != "") != late || res.StatusCode == http.StatusSeeOther {
			t.Errorf("try %d: %d, retry after %q", i+1, res.StatusCode, res.Header.Get("Retry-After"))
		}
	}
}

// A household's session that began by card or PIN reads; a password of its own enters an account, which waits.
func TestACardEntersNoAccount(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t)
	secret := d.Card(t)
	account := []string{"holder", "王大山", "bank", "农信社", "number", "6210000000001234", "sure", "1"}
	begun := func(p *webtest.Person) string {
		p.Post("/my/account/change", account...)
		return d.Payments.Actors[len(d.Payments.Actors)-1].Begun
	}
	byCard := d.Person(t)
	byCard.Get("/card/" + secret)
	byCard.Post("/card", "proof", webtest.CardWord)
	if got := begun(byCard); got != "card" {
		t.Errorf("by card and word: %q", got)
	}
	webtest.ReadPage(t, byCard, "/my/account", "用卡或密码数字登录只能查看")
	byCard.Post("/my/pin", "pin", "739164", "again", "739164")
	if got := begun(byCard); got != "card" {
		t.Errorf("after choosing a PIN: %q", got)
	}
	byPIN := d.Person(t)
	byPIN.Post("/login", "login", "13900000007", "password", "739164")
	if got := begun(byPIN); got != "pin" {
		t.Errorf("by PIN: %q", got)
	}
	// A password that was set with nothing but the card and its PIN is worth no more.
	if res := byPIN.Post("/account/password", "current", "739164", "password", own); res.StatusCode != http.StatusSeeOther {
		t.Fatalf("password: %d", res.StatusCode)
	}
	byPassword := d.Person(t)
	byPassword.Post("/login", "login", "13900000007", "password", own)
	if got := begun(byPassword); got != "pin" {
		t.Errorf("by a password that came from the card: %q", got)
	}
	if got := begun(d.Household(t)); got != "" {
		t.Errorf("by its own password: %q", got)
	}
	oneTime(t, d.Site, auth.Account{Login: "li", Name: "李", Role: auth.Household, HouseholdID: 77})
	first := d.Person(t)
	first.Post("/login", "login", "li", "password", webtest.Password)
	first.Post("/my/pin", "old", webtest.Password, "pin", "739164", "again", "739164")
	if got := begun(first); got != "pin" {
		t.Errorf("by the one-time password that staff gave: %q", got)
	}
}

// A new card ends the sessions of the old one and the PIN that was set through it, as ending it does.
func TestANewCardEndsTheOldOne(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t)
	secret := d.Card(t)
	p := d.Person(t)
	p.Get("/card/" + secret)
	p.Post("/card", "proof", webtest.CardWord)
	p.Post("/my/pin", "pin", "739164", "again", "739164")
	if res := d.Operator(t).Post("/county/villages/11/cards", "household", "YA-01-001-0007"); res.StatusCode != http.StatusOK {
		t.Fatalf("a new card: %d", res.StatusCode)
	}
	if res := p.Get("/my"); res.StatusCode != http.StatusSeeOther {
		t.Errorf("the old card's session goes on: %d", res.StatusCode)
	}
	if res := d.Person(t).Post("/login", "login", "13900000007", "password", "739164"); res.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("the old card's PIN: %d", res.StatusCode)
	}
}

// A one-time password that staff gave is no PIN, though it be six digits.
func TestACardTakesNoOneTimePassword(t *testing.T) {
	t.Parallel()
	d := webtest.NewDesk(t)
	secret := d.Card(t)
	p := d.Person(t)
	p.Get("/card/" + secret)
	p.Post("/card", "proof", webtest.CardWord)
	p.Post("/my/pin", "pin", "739164", "again", "739164")
	a, err := d.Store.ByPhone(t.Context(), "13900000007")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Store.ResetPassword(t.Context(), auth.Command, a.ID, a.PasswordHash, time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	other := d.Person(t)
	other.Get("/card/" + secret)
	if res := other.Post("/card", "proof", "739164"); res.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("with the one-time password: %d", res.StatusCode)
	}
}
