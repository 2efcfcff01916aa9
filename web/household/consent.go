package household

import (
	"net/http"

	"banmuyuan/catalog"
	"banmuyuan/web/page"
)

// consentPage asks in two steps: the text is read, and then it is asked once more.
type consentPage struct {
	page.HouseholdPage
	Sure bool
}

// consent asks the household whether its helper may act for it. A helper may only end consent.
func (s *pages) consent(w http.ResponseWriter, r *http.Request) error {
	if s.ChooseHousehold(w, r) {
		return nil
	}
	_, d, err := s.Acting(r)
	if err != nil {
		return err
	}
	return s.RenderForm(w, r, "household/consent", consentPage{HouseholdPage: d}, s.NewForm(page.LangOf(r)))
}

func (s *pages) consentSave(w http.ResponseWriter, r *http.Request) error {
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	ctx, d, err := s.Acting(r)
	if err != nil {
		return err
	}
	given := f.Text("given") == "1"
	if given && f.Text("sure") == "" {
		return s.RenderForm(w, r, "household/consent", consentPage{d, true}, f)
	}
	// The household presses the button itself: that is its signature.
	if _, err := s.Catalog.SetConsent(ctx, catalog.ConsentRequest{HouseholdID: d.Household.ID, Given: given, How: "signed"}); err != nil {
		if !f.Fail(err) {
			return err
		}
		return s.RenderForm(w, r, "household/consent", consentPage{HouseholdPage: d}, f)
	}
	if given {
		s.Flash(r, page.Good, "household.consent.saved")
	} else {
		s.Flash(r, page.Good, "household.consent.ended")
	}
	if d.Helping() && !given {
		s.tellHousehold(ctx, d, "consent", map[string]string{})
		return s.GoTo(w, r, "helper.households")
	}
	return s.GoTo(w, r, "household.consent", "h", d.H)
}
