package web

import (
	"banmuyuan/catalog"
	"banmuyuan/orders"
	"banmuyuan/orders/adopt"
	"banmuyuan/orders/contract"
	"banmuyuan/orders/document"
	"banmuyuan/payments"
	"banmuyuan/web/auth"
	"banmuyuan/web/notify"
)

// householdWing is what households and their helpers bring to the site.
func householdWing() Wing {
	return Wing{Name: "household", Layout: "household", Messages: []map[string][2]string{householdWords, careWords}, Tones: []Tones{careTones},
		Menu: []Entry{
			{"household.home", "wallet", "致富账", "Income", auth.Earning},
			{"household.sales", "list-ordered", "我卖的", "My sales", []auth.Role{auth.Household}},
			{"household.adoptions", "heart-handshake", "认养", "Adoptions", []auth.Role{auth.Household}},
			{"household.contracts", "file-text", "合同", "Contracts", []auth.Role{auth.Household}},
			{"helper.households", "users", "帮扶的农户", "Households", []auth.Role{auth.Helper}},
		},
		Homes: map[auth.Role][]string{auth.Household: {"household.home"}, auth.Helper: {"helper.households", "household.home"}},
	}
}

// householdServices are what the pages of households ask.
type householdServices struct {
	Catalog        catalog.Service
	Care           catalog.Care
	Orders         orders.Service
	Contracts      contract.Service
	Adoptions      adopt.Service
	Documents      document.Service
	Payments       payments.Service
	Distributions  payments.Distributions
	AccountReviews payments.AccountReviews
	Notifier       notify.Notifier
}

// householdPages are the pages of a household's income, sales, contracts and papers.
type householdPages struct {
	*Site
	householdServices
}

// growing are the pages on which a household grows for its adopters.
type growing struct {
	*Site
	householdServices
}

// newHousehold registers the pages of households and helpers.
func newHousehold(site *Site, services householdServices) {
	s := &householdPages{site, services}
	s.householdRoutes()
	s.householdContractRoutes()
	s.householdDocumentRoutes()
	(&growing{site, services}).adoptionHouseholdRoutes()
}
