// Package household owns the pages of households and their helpers: income, sales, lots, contracts, adoptions and papers,
// in large type.
//
// What must always hold: a household sees its own; a helper acts only for a household that consented, and each command
// keeps both names.
package household

import (
	"embed"

	"banmuyuan/catalog"
	"banmuyuan/orders"
	"banmuyuan/orders/adopt"
	"banmuyuan/orders/contract"
	"banmuyuan/orders/document"
	"banmuyuan/payments"
	"banmuyuan/web/auth"
	"banmuyuan/web/notify"
	"banmuyuan/web/page"
)

//go:embed templates
var templateFiles embed.FS

// Wing describes the pages of households and their helpers.
func Wing() page.Wing {
	return page.Wing{Name: "household", Templates: templateFiles, Layout: "household", Messages: []map[string][2]string{words, careWords, turnWords}, Tones: []page.Tones{careTones, turnTones},
		Menu: []page.Entry{
			{Route: "household.home", Icon: "wallet", ZH: "致富账", EN: "Income", Roles: auth.Earning},
			{Route: "household.sales", Icon: "list-ordered", ZH: "我卖的", EN: "My sales", Roles: []auth.Role{auth.Household}},
			{Route: "household.adoptions", Icon: "heart-handshake", ZH: "认养", EN: "Adoptions", Roles: []auth.Role{auth.Household}},
			{Route: "household.contracts", Icon: "file-text", ZH: "合同", EN: "Contracts", Roles: []auth.Role{auth.Household}},
			{Route: "helper.households", Icon: "users", ZH: "帮扶的农户", EN: "Households", Roles: []auth.Role{auth.Helper}},
		},
		Homes: map[auth.Role][]string{auth.Household: {"household.home"}, auth.Helper: {"helper.households", "household.home"}},
	}
}

// Services are the modules behind the pages of households.
type Services struct {
	Catalog        catalog.Service
	Care           catalog.Care
	Turns          catalog.Turns
	Orders         orders.Service
	Contracts      contract.Service
	Adoptions      adopt.Service
	Documents      document.Service
	Payments       payments.Service
	Distributions  payments.Distributions
	AccountReviews payments.AccountReviews
	Notifier       notify.Notifier
}

// pages are the pages of a household's income, sales, contracts and papers.
type pages struct {
	*page.Site
	Services
}

// growing are the pages on which a household grows for its adopters.
type growing struct {
	*page.Site
	Services
}

// New registers the pages of households and helpers.
func New(site *page.Site, services Services) {
	s := &pages{site, services}
	s.routes()
	s.contractRoutes()
	s.documentRoutes()
	(&growing{site, services}).adoptionHouseholdRoutes()
}
