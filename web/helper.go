package web

import (
	"net/http"

	"github.com/gorilla/mux"

	"banmuyuan/catalog"
	"banmuyuan/web/auth"
)

type helperHouseholdsPage struct {
	Words words
	Page  catalog.HouseholdPage
	Query string
}

// helperHouseholds lists the households that the helper looks after.
func (s *householdPages) helperHouseholds(w http.ResponseWriter, r *http.Request) error {
	f := s.queryForm(r)
	d := helperHouseholdsPage{Words: s.words(r), Query: f.Text("q")}
	var err error
	d.Page, err = s.Catalog.Households(r.Context(), catalog.HouseholdFilter{Query: d.Query,
		HelperID: auth.FromContext(r.Context()).HelperID, Cursor: f.Text("cursor"), Limit: 20})
	if err != nil && !f.Fail(err) {
		return err
	}
	return s.renderForm(w, r, "household/helper", d, f)
}

type helperConsentPage struct {
	Words     words
	Household catalog.Household
}

// helperConsent says how a household that has not agreed yet can agree, and is the form that it signs. A helper cannot
// give the consent in its place.
func (s *householdPages) helperConsent(w http.ResponseWriter, r *http.Request) error {
	d := helperConsentPage{Words: s.words(r)}
	var err error
	if d.Household, err = s.Catalog.Household(r.Context(), catalog.HouseholdRef{Code: mux.Vars(r)["code"]}); err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, "household/helper_consent", d)
}
