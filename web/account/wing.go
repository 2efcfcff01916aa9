// Package account owns the pages on which people log in, register and look after their account: by password, by the card
// of a household, by PIN; and the page that makes the first administrator.
//
// What must always hold: tries are counted before anything is looked at, and a session starts under a new token.
package account

import (
	"embed"

	"banmuyuan/catalog"
	"banmuyuan/orders"
	"banmuyuan/orders/adopt"
	"banmuyuan/payments"
	"banmuyuan/web/audit"
	"banmuyuan/web/auth"
	"banmuyuan/web/notify"
	"banmuyuan/web/page"
)

//go:embed templates
var templateFiles embed.FS

// Wing describes the pages of accounts.
func Wing() page.Wing {
	return page.Wing{Name: "account", Templates: templateFiles, Layout: "shop", Layouts: map[string]string{"account/pin": "household", "account/corrections": "desk"},
		Messages: []map[string][2]string{accountWords}}
}

// Services are the stores and modules behind the pages of accounts.
type Services struct {
	Accounts auth.Accounts
	Cards    auth.Cards
	Throttle auth.Throttle
	Setup    auth.Setup
	Auth     *auth.Authenticator
	Digests  auth.Digests
	Factors  auth.Factors
	Cipher   auth.Cipher
	Codes    auth.Codes
	Privacy  auth.Privacy
	Trail    audit.Trail

	// The modules that hold data of people, for their own copy of it.
	Catalog   catalog.Service
	Orders    orders.Service
	Adoptions adopt.Service
	Payments  payments.Service

	Texts notify.Notifier // to phones
	Mails notify.Notifier // to e-mail addresses; nil: codes by e-mail are off
}

// Pages are the pages on which people log in, register and look after their account.
type Pages struct {
	*page.Site
	Services
}

// New registers the pages of accounts.
func New(site *page.Site, services Services) *Pages {
	s := &Pages{site, services}
	s.accountRoutes()
	s.cardRoutes()
	s.setupRoutes()
	factorPages{s}.factorRoutes()
	s.sessionRoutes()
	s.contactRoutes()
	s.privacyRoutes()
	(&corrections{s}).routes()
	return s
}
