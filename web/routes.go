package web

import (
	"net/http"

	"banmuyuan/internal/link"
	"banmuyuan/web/api"
	"banmuyuan/web/auth"
)

// programs are the accounts and cards of the API.
type programs struct {
	Programs
	*Cards
}

var _ api.Accounts = programs{}

// routes lists the site: the API, and the pages of each audience with the services they ask.
func (s *Server) routes(passwords *auth.Passwords) {
	s.router.StrictSlash(true)
	s.router.Use(nameRoute)
	s.router.NotFoundHandler = s.plain(func(w http.ResponseWriter, r *http.Request) error {
		return link.E(link.NotFound, "not_found", "")
	})
	s.router.MethodNotAllowedHandler = s.plain(func(w http.ResponseWriter, r *http.Request) error {
		return link.E(link.Invalid, "method_not_allowed", "")
	})
	d := s.deps
	apiRoutes := s.router.NewRoute().Subrouter() // the API is matched first, and needs what the wings make
	a := newAccount(s.Site, accountServices{Accounts: d.Accounts, Cards: d.Cards, Throttle: d.Throttle, Catalog: d.Catalog,
		Auth: &auth.Authenticator{Accounts: d.Accounts, Throttle: d.Throttle, Passwords: passwords}})
	s.shop = newShop(s.Site, shopServices{Catalog: d.Catalog, Orders: d.Orders, Shelf: d.Shelf, Adoptions: d.Adoptions, Boxes: d.Boxes,
		Documents: d.Documents, Payments: d.Payments, Live: d.Live})
	newHousehold(s.Site, householdServices{Catalog: d.Catalog, Care: d.Care, Orders: d.Orders, Contracts: d.Contracts, Adoptions: d.Adoptions,
		Documents: d.Documents, Payments: d.Payments, Distributions: d.Distributions, AccountReviews: d.AccountReviews, Notifier: d.Notifier})
	newOrganisation(s.Site, organisationServices{Catalog: d.Catalog, Orders: d.Orders, Shelf: d.Shelf, Adoptions: d.Adoptions,
		Contracts: d.Contracts, Stations: d.Stations, Payments: d.Payments, OrgPayouts: d.OrgPayouts})
	c := newCounty(s.Site, countyServices{Catalog: d.Catalog, Care: d.Care, PrivateIDs: d.PrivateIDs, Orders: d.Orders, Contracts: d.Contracts,
		Documents: d.Documents, Payments: d.Payments, Treasury: d.Treasury, Distributions: d.Distributions, Books: d.Books, Reversals: d.Reversals,
		OrgPayouts: d.OrgPayouts, AccountReviews: d.AccountReviews, PrivateAccounts: d.PrivateAccounts,
		Accounts: d.Accounts, Cards: d.Cards, Digests: d.Digests, Passwords: passwords, Jobs: d.Reports, Wake: s.reports.Wake})
	newDocument(s.Site, documentServices{Documents: d.Documents})
	if s.config.Styleguide {
		s.open("GET", "/styleguide", "styleguide", s.styleguide)
	}
	s.api = api.New(s.apiServices(), programs{Programs{a}, c.Cards}, c.Reports, d.Version, s.fail)
	s.api.Routes(apiRoutes)
}

// apiServices are what the endpoints ask.
func (s *Server) apiServices() api.Services {
	d := s.deps
	return api.Services{
		Catalog:   d.Catalog,
		Orders:    d.Orders,
		Shelf:     d.Shelf,
		Adoptions: d.Adoptions,
		Boxes:     d.Boxes,
		Contracts: d.Contracts,
		Payments:  d.Payments,
		Treasury:  d.Treasury,

		Distributions: d.Distributions,
		Books:         d.Books,
		Reversals:     d.Reversals,
		OrgPayouts:    d.OrgPayouts,
		Documents:     d.Documents,

		PrivateIDs:      d.PrivateIDs,
		PrivateAccounts: d.PrivateAccounts,
		Stations:        d.Stations,
		Care:            d.Care,
		AccountReviews:  d.AccountReviews,
		Changes:         d.Changes,
		Say:             s.sayError,
	}
}
