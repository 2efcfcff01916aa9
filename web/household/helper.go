package household

import (
	"net/http"
	"slices"

	"github.com/gorilla/mux"

	"banmuyuan/catalog"
	"banmuyuan/web/auth"
	"banmuyuan/web/page"
)

type helperHouseholdsPage struct {
	Words page.Words
	Page  catalog.HouseholdPage
	Query string
	Task  string // "": all
	Tasks []taskCount
	Shown []lookedAfter
}

type taskCount struct {
	Task       string
	Households int
}

// helperHouseholds lists the households that the helper looks after, with the tasks of each.
func (s *pages) helperHouseholds(w http.ResponseWriter, r *http.Request) error {
	f := s.QueryForm(r)
	d := helperHouseholdsPage{Words: s.Words(r), Query: f.Text("q"), Task: f.Text("task")}
	var err error
	d.Page, err = s.Catalog.Households(r.Context(), catalog.HouseholdFilter{Query: d.Query,
		HelperID: auth.FromContext(r.Context()).HelperID, Cursor: f.Text("cursor"), Limit: 50})
	if err != nil && !f.Fail(err) {
		return err
	}
	all, err := s.lookAfter(r.Context(), d.Page.Items)
	if err != nil {
		return err
	}
	for _, task := range helperTasks {
		n := 0
		for _, h := range all {
			if slices.Contains(h.Tasks, task) {
				n++
			}
		}
		if n > 0 {
			d.Tasks = append(d.Tasks, taskCount{task, n})
		}
	}
	for _, h := range all {
		if d.Task == "" || slices.Contains(h.Tasks, d.Task) {
			d.Shown = append(d.Shown, h)
		}
	}
	return s.RenderForm(w, r, "household/helper", d, f)
}

type helperConsentPage struct {
	Words     page.Words
	Household catalog.Household
}

// helperConsent says how a household that has not agreed yet can agree, and is the form that it signs. A helper cannot
// give the consent in its place.
func (s *pages) helperConsent(w http.ResponseWriter, r *http.Request) error {
	d := helperConsentPage{Words: s.Words(r)}
	var err error
	if d.Household, err = s.Catalog.Household(r.Context(), catalog.HouseholdRef{Code: mux.Vars(r)["code"]}); err != nil {
		return err
	}
	return s.Render(w, r, http.StatusOK, "household/helper_consent", d)
}
