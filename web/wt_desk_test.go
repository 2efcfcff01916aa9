package web

import (
	"testing"

	"banmuyuan/web/auth"
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

// desk is a site whose modules answer with made-up data.
type desk struct {
	*site
	catalog  *stubCatalog
	orders   *stubOrders
	payments *stubPayments
}

// newDesk runs a site with made-up data; with changes what the site is given.
func newDesk(t *testing.T, with ...func(*desk, *Deps)) *desk {
	t.Helper()
	d := &desk{catalog: &stubCatalog{}, orders: &stubOrders{}, payments: &stubPayments{creator: "somebody"}}
	d.site = newSite(t, func(_ *Config, deps *Deps) {
		deps.Catalog, deps.Orders, deps.Payments = d.catalog, d.orders, d.payments
		for _, f := range with {
			f(d, deps)
		}
	})
	return d
}

func (d *desk) operator(t *testing.T) *person {
	return d.login(t, auth.Account{Login: "operator", Name: "县经办", Role: auth.Operator, Lang: "zh"})
}

func (d *desk) household(t *testing.T) *person {
	return d.login(t, auth.Account{Login: "wang", Name: "王大山", Role: auth.Household, HouseholdID: 77, Lang: "zh"})
}

func (d *desk) helper(t *testing.T) *person {
	return d.login(t, auth.Account{Login: "liming", Name: "李明", Role: auth.Helper, HelperID: 4, Lang: "zh"})
}

func (d *desk) setEmpty() { d.catalog.empty, d.orders.empty, d.payments.empty = true, true, true }
