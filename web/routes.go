package web

import (
	"net/http"

	"banmuyuan/internal/link"
	"banmuyuan/web/account"
	"banmuyuan/web/api"
	"banmuyuan/web/auth"
	"banmuyuan/web/card"
	"banmuyuan/web/county"
	"banmuyuan/web/directory"
	"banmuyuan/web/document"
	"banmuyuan/web/find"
	"banmuyuan/web/household"
	"banmuyuan/web/notify"
	"banmuyuan/web/organisation"
	"banmuyuan/web/shop"
)

// programs are the accounts and cards of the API.
type programs struct {
	account.Programs
	*card.Pages
}

var _ api.Accounts = programs{}

// routes lists the site: the API, and the pages of each audience with the services they ask.
func (s *Server) routes(passwords *auth.Passwords) {
	s.Router.StrictSlash(true)
	s.Router.Use(nameRoute, s.askOwnPassword, s.askFactor, s.askPrivacy)
	s.Router.NotFoundHandler = s.Plain(func(w http.ResponseWriter, r *http.Request) error {
		return link.E(link.NotFound, "not_found", "")
	})
	s.Router.MethodNotAllowedHandler = s.Plain(func(w http.ResponseWriter, r *http.Request) error {
		return link.E(link.Invalid, "method_not_allowed", "")
	})
	d := s.deps
	apiRoutes := s.Router.NewRoute().Subrouter() // the API is matched first, and is built after the wings
	a := account.New(s.Site, account.Services{Accounts: d.Accounts, Cards: d.Cards, Throttle: d.Throttle, Digests: d.Digests,
		Setup: d.Setup, Auth: &auth.Authenticator{Accounts: d.Accounts, Throttle: d.Throttle, Passwords: passwords,
			Factors: d.Factors, Cipher: d.Cipher, Trail: d.Trail, Now: s.Now}, Factors: d.Factors, Cipher: d.Cipher,
		Codes: auth.Codes{Store: d.ContactCodes, Digests: d.Digests}, Texts: d.Notifier, Mails: d.Mailer,
		Privacy: d.Privacy, Trail: d.Trail, Catalog: d.Catalog, Orders: d.Orders, Adoptions: d.Adoptions, Payments: d.Payments})
	s.shop = shop.New(s.Site, shop.Services{Catalog: d.Catalog, Orders: d.Orders, Shelf: d.Shelf, Adoptions: d.Adoptions, Boxes: d.Boxes,
		Documents: d.Documents, Payments: d.Payments, Live: d.Live, Outbox: d.Outbox})
	s.notices = &shop.Notices{Site: s.Site, Services: s.shop.Services(), Accounts: d.Accounts}
	s.sender = &notify.Sender{Outbox: d.Outbox, Notifier: d.Notifier, Compose: s.notices.Compose, Now: s.Now, Log: s.Log}
	household.New(s.Site, household.Services{Catalog: d.Catalog, Care: d.Care, Turns: d.Turns, Orders: d.Orders, Contracts: d.Contracts, Adoptions: d.Adoptions,
		Documents: d.Documents, Payments: d.Payments, Distributions: d.Distributions, AccountReviews: d.AccountReviews, Notifier: d.Notifier})
	organisation.New(s.Site, organisation.Services{Catalog: d.Catalog, Orders: d.Orders, Shelf: d.Shelf, Adoptions: d.Adoptions,
		Contracts: d.Contracts, Stations: d.Stations, Trail: d.Trail, Payments: d.Payments, OrgPayouts: d.OrgPayouts})
	directory.New(s.Site, directory.Services{Catalog: d.Catalog, Directory: d.Directory, Headings: d.Headings, Accounts: d.AccountBatches, Trail: d.Trail})
	reports := county.New(s.Site, county.Services{Catalog: d.Catalog, Directory: d.Directory, Care: d.Care, Turns: d.Turns, PrivateIDs: d.PrivateIDs, Orders: d.Orders, Contracts: d.Contracts,
		Seasons: d.Seasons, SeasonEnds: d.SeasonEnds,
		Documents: d.Documents, Payments: d.Payments, Treasury: d.Treasury, Distributions: d.Distributions, Books: d.Books, Reversals: d.Reversals,
		OrgPayouts: d.OrgPayouts, AccountReviews: d.AccountReviews, PrivateAccounts: d.PrivateAccounts,
		UnpaidRules: d.UnpaidRules, CoolingRules: d.CoolingRules, Accounts: d.Accounts, Factors: d.Factors, Trail: d.Trail, Throttle: d.Throttle, Digests: d.Digests, Passwords: passwords, Jobs: d.Reports, Wake: s.reports.Wake})
	cards := card.New(s.Site, card.Services{Catalog: d.Catalog, Cards: d.Cards, Digests: d.Digests, Passwords: passwords})
	find.New(s.Site, find.Services{Catalog: d.Catalog})
	document.New(s.Site, document.Services{Documents: d.Documents})
	if s.config.Styleguide {
		s.Open("GET", "/styleguide", "styleguide", s.Styleguide)
	}
	s.api = api.New(s.apiServices(), programs{account.Programs{Pages: a}, cards}, reports, d.Version, s.Fail)
	s.api.Routes(apiRoutes)
}

// apiServices are the modules behind the endpoints.
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
		Turns:           d.Turns,
		Seasons:         d.Seasons,
		SeasonEnds:      d.SeasonEnds,
		Directory:       d.Directory,
		AccountReviews:  d.AccountReviews,
		AccountBatches:  d.AccountBatches,
		UnpaidRules:     d.UnpaidRules,
		CoolingRules:    d.CoolingRules,
		Changes:         d.Changes,
		Trail:           d.Trail,
		Say:             s.SayError,
		TellHelped:      s.tellHelped,
	}
}
