package web

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"banmuyuan/web/auth"
	"banmuyuan/web/notify"
)

// card stores a card of the stub's household and returns what its code holds.
func (d *desk) card(t *testing.T) string {
	t.Helper()
	hash, err := hasher(t).Hash(t.Context(), "nobody knows this one")
	if err != nil {
		t.Fatal(err)
	}
	secret, digest := auth.NewSecret()
	_, err = d.store.IssueCards(t.Context(), auth.Once{}, "operator", []auth.NewCard{{HouseholdID: 77, Hash: digest, Account: auth.Account{Login: "ya-01-001-0007", Name: "王大山",
		Phone: "13900000007", Role: auth.Household, HouseholdID: 77, PasswordHash: hash}}})
	if err != nil {
		t.Fatal(err)
	}
	return secret
}

func TestHouseholdLogsInWithItsCard(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	secret := d.card(t)
	p := d.person(t)
	if res := p.get("/card"); res.Header.Get("Location") != "/login" {
		t.Errorf("without a card: %d to %q", res.StatusCode, res.Header.Get("Location"))
	}
	if res := p.get("/card/" + secret + "?lang=zh"); res.StatusCode != http.StatusSeeOther || res.Header.Get("Location") != "/card" {
		t.Fatalf("scanned: %d to %q", res.StatusCode, res.Header.Get("Location"))
	}
	if res := p.get("/card"); res.StatusCode != http.StatusOK || strings.Contains(res.body, secret) || strings.Contains(res.body, "王大山") {
		t.Errorf("the page before the proof: %d", res.StatusCode)
	}
	if res := p.post("/card", "proof", "9999"); res.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(res.body, "身份证后四位不对") {
		t.Errorf("a wrong number: %d", res.StatusCode)
	}
	if res := p.get("/my"); res.StatusCode != http.StatusSeeOther {
		t.Errorf("without a proof: %d", res.StatusCode)
	}
	if res := p.post("/card", "proof", "１２３４"); res.StatusCode != http.StatusSeeOther || res.Header.Get("Location") != "/my" {
		t.Fatalf("with the card and the number: %d to %q", res.StatusCode, res.Header.Get("Location"))
	}
	if res := p.get("/my"); res.StatusCode != http.StatusOK {
		t.Errorf("logged in: %d", res.StatusCode)
	}

	// Right after, a PIN can be chosen, which opens the same account by phone.
	for pin, says := range map[string]string{"12345": "6 到 12 位", "123456": "太好猜", "aaaaaa": "只能用数字"} {
		if res := p.post("/my/pin", "pin", pin, "again", pin); res.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(res.body, says) {
			t.Errorf("PIN %s: %d", pin, res.StatusCode)
		}
	}
	if res := p.post("/my/pin", "pin", "739164", "again", "739164"); res.StatusCode != http.StatusSeeOther {
		t.Fatalf("PIN: %d", res.StatusCode)
	}
	byPhone := d.person(t)
	if res := byPhone.post("/login", "login", "139 0000 0007", "password", "739164"); res.StatusCode != http.StatusSeeOther || res.Header.Get("Location") != "/my" {
		t.Errorf("by phone and PIN: %d to %q", res.StatusCode, res.Header.Get("Location"))
	}
	if res := byPhone.post("/my/pin", "pin", "739165", "again", "739165", "old", "000000"); res.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("a new PIN without the old: %d", res.StatusCode)
	}

	// A lost card is ended: it opens nothing, and nobody stays logged in.
	operator := d.operator(t)
	if res := operator.post("/county/villages/11/cards/revoke", "household", "YA-01-001-0007"); res.StatusCode != http.StatusSeeOther {
		t.Fatalf("revoke: %d", res.StatusCode)
	}
	if res := p.get("/my"); res.StatusCode != http.StatusSeeOther {
		t.Errorf("with an ended card one is still logged in: %d", res.StatusCode)
	}
	other := d.person(t)
	other.get("/card/" + secret)
	if res := other.post("/card", "proof", "1234"); res.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("an ended card: %d", res.StatusCode)
	}
}

func TestCardIsThrottled(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	secret := d.card(t)
	for i := range auth.PerCard.Tries + 1 {
		p := d.person(t) // a new browser is no new chance
		p.get("/card/" + secret)
		proof := "0000"
		if i == auth.PerCard.Tries {
			proof = "1234"
		}
		res := p.post("/card", "proof", proof)
		if late := i == auth.PerCard.Tries; (res.Header.Get("Retry-After") != "") != late || res.StatusCode == http.StatusSeeOther {
			t.Errorf("try %d: %d, retry after %q", i+1, res.StatusCode, res.Header.Get("Retry-After"))
		}
	}
}

func TestCardsOfAVillage(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	operator := d.operator(t)
	readPage(t, operator, "/county/villages/11/cards", "永丰村", "没有卡")
	res := operator.post("/county/villages/11/cards")
	if res.StatusCode != http.StatusOK || strings.Count(res.body, "data:image/png") < 2 || !strings.Contains(res.body, "王大山") || !strings.Contains(res.Header.Get("Cache-Control"), "no-store") {
		t.Fatalf("issue: %d\n%s", res.StatusCode, res.body)
	}
	cards, err := d.store.CardsOf(t.Context(), []int64{77})
	if err != nil || cards[77].IssuedBy != "operator" {
		t.Errorf("cards: %+v %v", cards, err)
	}
	if res = operator.post("/county/villages/11/cards"); res.StatusCode != http.StatusSeeOther {
		t.Errorf("everybody has one: %d", res.StatusCode)
	}
	first := cards[77]
	if res = operator.post("/county/villages/11/cards", "household", "YA-01-001-0007"); res.StatusCode != http.StatusOK {
		t.Errorf("a new one: %d", res.StatusCode)
	}
	if cards, err = d.store.CardsOf(t.Context(), []int64{77}); err != nil || cards[77].ID == first.ID {
		t.Errorf("the old card still works: %+v %v", cards, err)
	}
	if res = d.helper(t).get("/county/villages/11/cards"); res.StatusCode != http.StatusForbidden {
		t.Errorf("a helper: %d", res.StatusCode)
	}
}

// smsGateway is a provider's gateway that keeps what it is handed.
func smsGateway(t *testing.T) (string, func() []notify.Message) {
	t.Helper()
	var mu sync.Mutex
	var got []notify.Message
	gateway := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var m notify.Message
		if err := json.NewDecoder(r.Body).Decode(&m); err != nil {
			t.Error(err)
		}
		mu.Lock()
		defer mu.Unlock()
		got = append(got, m)
	}))
	t.Cleanup(gateway.Close)
	return gateway.URL, func() []notify.Message {
		mu.Lock()
		defer mu.Unlock()
		return slices.Clone(got)
	}
}

func TestHouseholdIsToldWhatItsHelperDid(t *testing.T) {
	t.Parallel()
	gateway, messages := smsGateway(t)
	d := newDesk(t, func(_ *desk, deps *Deps) { deps.Notifier = notify.HTTP{URL: gateway} })
	p := d.helper(t)
	p.post("/my/lots/1?h=YA-01-001-0007", "capacity", "60")
	p.post("/my/account/change?h=YA-01-001-0007", "holder", "王大山", "bank", "农信社", "number", "6210000000001234")
	got := messages()
	if len(got) != 2 || !strings.Contains(got[0].Text, "李明") || !strings.Contains(got[0].Text, "60") || got[1].Kind != "account" {
		t.Fatalf("messages: %+v", got)
	}
	// What it does itself it knows.
	own := d.household(t)
	own.post("/my/lots/1", "capacity", "61")
	if n := len(messages()); n != 2 {
		t.Errorf("%d messages", n)
	}
}
