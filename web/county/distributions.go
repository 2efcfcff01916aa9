package county

import (
	"net/http"

	"banmuyuan/payments"
	"banmuyuan/web/auth"
	"banmuyuan/web/page"
)

// distributionRoutes are the county's pages of dividends. The payment module checks the right to decide.
func (s *pools) distributionRoutes() {
	county := auth.County
	s.Guarded("GET", "/county/distributions", "county.distributions", s.distributions, county...)
	s.Guarded("GET", "/county/distributions/new", "county.distribution.new", s.distributionNew, county...)
	s.Guarded("POST", "/county/distributions/new", "county.distribution.create", s.distributionSave, county...)
	s.Guarded("GET", "/county/distributions/{id:[0-9]+}", "county.distribution", s.distribution, county...)
	s.Guarded("GET", "/county/distributions/{id:[0-9]+}/edit", "county.distribution.edit", s.distributionEdit, county...)
	s.Guarded("POST", "/county/distributions/{id:[0-9]+}/edit", "county.distribution.save", s.distributionSave, county...)
	s.Guarded("GET", "/county/distributions/{id:[0-9]+}/list", "county.distribution.file", s.distributionFile, county...)
	s.Guarded("POST", "/county/distributions/{id:[0-9]+}/list", "county.distribution.upload", s.distributionUpload, county...)
	s.Guarded("POST", "/county/distributions/{id:[0-9]+}/members", "county.distribution.members", s.distributionMembers, county...)
	s.Guarded("POST", "/county/distributions/{id:[0-9]+}/submit", "county.distribution.submit", s.distributionSubmit, county...)
	s.Guarded("POST", "/county/distributions/{id:[0-9]+}/decide", "county.distribution.decide", s.distributionDecide, county...)
	s.Guarded("GET", "/county/villages/{id:[0-9]+}/money", "county.village.money", s.villageMoney, county...)
	s.AllowBody("/county/distributions/", 2*page.UploadMostBytes)
}

type distributionsPage struct {
	Words page.Words
	Pools []payments.Pool
	Kind  string
	Kinds []payments.PoolKind
	Orgs  map[int64]string
	Paid  int64 // part of the posted amount
}

func (s *pools) distributions(w http.ResponseWriter, r *http.Request) error {
	d := distributionsPage{Words: s.Words(r), Kind: r.URL.Query().Get("kind"), Kinds: payments.PoolKinds}
	pools, err := s.Distributions.Pools(r.Context(), payments.PoolFilter{Kind: payments.PoolKind(d.Kind)})
	if err != nil {
		return err
	}
	d.Pools = pools.Items
	for _, p := range d.Pools {
		if p.State == payments.PoolPosted {
			d.Paid += p.SurplusFen
		}
	}
	if d.Orgs, err = s.OrgNames(r.Context()); err != nil {
		return err
	}
	return s.Render(w, r, http.StatusOK, "county/distributions", d)
}
