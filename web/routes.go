package web

import (
	"net/http"

	"banmuyuan/internal/link"
)

// routes lists the site. Each audience keeps its own list beside its pages.
func (s *Server) routes() {
	s.router.StrictSlash(true)
	s.router.Use(nameRoute)
	s.router.NotFoundHandler = s.plain(func(w http.ResponseWriter, r *http.Request) error {
		return link.E(link.NotFound, "not_found", "")
	})
	s.router.MethodNotAllowedHandler = s.plain(func(w http.ResponseWriter, r *http.Request) error {
		return link.E(link.Invalid, "method_not_allowed", "")
	})
	s.api.Routes(s.router)
	s.accountRoutes()
	s.cardRoutes()
	s.shopRoutes()
	s.shelfRoutes()
	s.adoptionRoutes()
	s.boxRoutes()
	s.householdRoutes()
	s.householdContractRoutes()
	s.adoptionHouseholdRoutes()
	s.householdDocumentRoutes()
	s.organisationRoutes()
	s.collectionRoutes()
	s.contractRoutes()
	s.deskShelfRoutes()
	s.adoptionDeskRoutes()
	s.countyRoutes()
	s.treasuryRoutes()
	s.orgPayoutRoutes()
	s.distributionRoutes()
	s.booksRoutes()
	s.reversalRoutes()
	s.privacyRoutes()
	s.priceRoutes()
	s.countyDocumentRoutes()
	s.documentRoutes()
	if s.config.Styleguide {
		s.open("GET", "/styleguide", "styleguide", s.styleguide)
	}
}
