package web

import (
	"net/http"

	"banmuyuan/catalog"
)

// householdConsent asks the household whether its helper may act for it. A helper who acts may only end that.
func (s *householdPages) householdConsent(w http.ResponseWriter, r *http.Request) error {
	if s.asksWhose(w, r) {
		return nil
	}
	_, d, err := s.acting(r)
	if err != nil {
		return err
	}
	return s.renderForm(w, r, "household/consent", d, s.newForm(langOf(r)))
}

func (s *householdPages) householdConsentSave(w http.ResponseWriter, r *http.Request) error {
	f, err := s.postedForm(r)
	if err != nil {
		return err
	}
	ctx, d, err := s.acting(r)
	if err != nil {
		return err
	}
	given := f.Text("given") == "1"
	// The household presses the button itself: that is its signature.
	if _, err := s.Catalog.SetConsent(ctx, catalog.ConsentRequest{HouseholdID: d.Household.ID, Given: given, How: "signed"}); err != nil {
		if !f.Fail(err) {
			return err
		}
		return s.renderForm(w, r, "household/consent", d, f)
	}
	if given {
		s.flash(r, good, "household.consent.saved")
	} else {
		s.flash(r, good, "household.consent.ended")
	}
	if d.Helping() && !given {
		s.tellHousehold(ctx, d, "consent", map[string]string{})
		return s.goTo(w, r, "helper.households")
	}
	return s.goTo(w, r, "household.consent", "h", d.H)
}
