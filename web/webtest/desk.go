package webtest

import (
	"strings"
	"testing"
	"time"

	"banmuyuan/web"
	"banmuyuan/web/auth"
)

// CardWord is the one-time word of the card that Card stores.
const CardWord = "4071 8263"

// Card stores a card of the stub's household, with CardWord, and returns the content of its code.
func (d *Desk) Card(t *testing.T) string {
	t.Helper()
	hash, err := hasher(t).Hash(t.Context(), "nobody knows this one")
	if err != nil {
		t.Fatal(err)
	}
	secret, digest := auth.NewSecret()
	cards, err := d.Store.IssueCards(t.Context(), auth.Once{}, auth.Author{Account: 9001, Login: "operator"}, []auth.NewCard{{HouseholdID: 77, Hash: digest, Account: auth.Account{Login: "ya-01-001-0007", Name: "王大山",
		Phone: "13900000007", Role: auth.Household, HouseholdID: 77, PasswordHash: hash}}})
	if err != nil {
		t.Fatal(err)
	}
	word := auth.NewWord{CardID: cards[0].ID, Hash: auth.WordHashes(testKey, cards[0].ID, strings.ReplaceAll(CardWord, " ", ""))[0]}
	if _, err := d.Store.IssueWords(t.Context(), auth.Once{}, auth.Author{Account: 9002, Login: "approver"}, []auth.NewWord{word}, time.Now().Add(auth.WordLife)); err != nil {
		t.Fatal(err)
	}
	return secret
}

// Desk is a site with modules that answer with made-up data.
type Desk struct {
	*Site
	Catalog  *StubCatalog
	Orders   *StubOrders
	Payments *StubPayments
	Seasons  *StubSeasons
	Turns    *StubTurns
	Quotas   *StubContracts
}

// NewDesk runs a site with made-up data; with changes the stubs that the site is given.
func NewDesk(t *testing.T, with ...func(*Desk, *web.Deps)) *Desk {
	t.Helper()
	d := &Desk{Catalog: &StubCatalog{}, Orders: &StubOrders{}, Payments: &StubPayments{Creator: "somebody"}, Seasons: &StubSeasons{}, Turns: &StubTurns{}, Quotas: &StubContracts{}}
	d.Site = New(t, func(_ *web.Config, deps *web.Deps) {
		deps.Catalog, deps.Orders, deps.Payments = d.Catalog, d.Orders, d.Payments
		deps.Seasons, deps.SeasonEnds, deps.Turns = d.Seasons, d.Seasons.Ends(), d.Turns
		deps.Contracts = d.Quotas
		for _, f := range with {
			f(d, deps)
		}
	})
	return d
}

// Operator is a browser of the county's operator.
func (d *Desk) Operator(t *testing.T) *Person {
	return d.Login(t, auth.Account{Login: "operator", Name: "县经办", Role: auth.Operator, Lang: "zh"})
}

// Household is a browser of the stub's household.
func (d *Desk) Household(t *testing.T) *Person {
	return d.Login(t, auth.Account{Login: "wang", Name: "王大山", Role: auth.Household, HouseholdID: 77, Lang: "zh"})
}

// Helper is a browser of that household's helper.
func (d *Desk) Helper(t *testing.T) *Person {
	return d.Login(t, auth.Account{Login: "liming", Name: "李明", Role: auth.Helper, HelperID: 4, Lang: "zh"})
}

// SetEmpty makes the modules answer with nothing.
func (d *Desk) SetEmpty() {
	d.Catalog.empty, d.Orders.empty, d.Payments.empty, d.Quotas.empty = true, true, true, true
}
