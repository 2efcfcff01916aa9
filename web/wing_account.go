package web

import (
	"banmuyuan/catalog"
	"banmuyuan/web/auth"
)

// accountWing is what accounts bring to the site.
func accountWing() Wing {
	return Wing{Name: "account", Layout: "shop", Layouts: map[string]string{"account/pin": "household"},
		Messages: []map[string][2]string{accountWords}}
}

// accountServices are what the pages of accounts ask.
type accountServices struct {
	Accounts auth.Accounts
	Cards    auth.Cards
	Throttle auth.Throttle
	Auth     *auth.Authenticator
	Catalog  catalog.Service
}

// accountPages are the pages on which people log in, register and look after their account.
type accountPages struct {
	*Site
	accountServices
}

// newAccount registers the pages of accounts.
func newAccount(site *Site, services accountServices) *accountPages {
	s := &accountPages{site, services}
	s.accountRoutes()
	s.cardRoutes()
	return s
}
