package account_test

import (
	"net/http"
	"strings"
	"testing"

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
	if res := p.Post("/card", "proof", "9999"); res.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(res.Body, "身份证后四位不对") {
		t.Errorf("a wrong number: %d", res.StatusCode)
	}
	if res := p.Get("/my"); res.StatusCode != http.StatusSeeOther {
		t.Errorf("without a proof: %d", res.StatusCode)
	}
	if res := p.Post("/card", "proof", "１２３４"); res.StatusCode != http.StatusSeeOther || res.Header.Get("Location") != "/my" {
		t.Fatalf("with the card and the number: %d to %q", res.StatusCode, res.Header.Get("Location"))
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
	other := d.Person(t)
	other.Get("/card/" + secret)
	if res := other.Post("/card", "proof", "1234"); res.StatusCode != http.StatusUnprocessableEntity {
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
