package household

import (
	"net/http"
	"slices"

	"banmuyuan/catalog"
	"banmuyuan/orders/adopt"
	"banmuyuan/web/auth"
	"banmuyuan/web/page"
	"banmuyuan/web/photo"
)

// adoptionHouseholdRoutes are the pages on which a household, or its helper, offers, tells and hands over.
func (s *growing) adoptionHouseholdRoutes() {
	earning := auth.Earning
	s.Guarded("GET", "/my/adoptions", "household.adoptions", s.adoptions, earning...)
	s.Guarded("GET", "/my/adoptions/{no}", "household.adoption", s.adoption, earning...)
	s.Guarded("GET", "/my/adoptions/{no}/{box:[0-9]+}", "household.box", s.box, earning...)
	s.Guarded("POST", "/my/adoptions/{no}/{box:[0-9]+}", "household.box.deliver", s.boxDeliver, earning...)
	s.Guarded("GET", "/my/adoptions/{no}/{box:[0-9]+}/fail", "household.box.fail", s.boxFail, earning...)
	s.Guarded("POST", "/my/adoptions/{no}/{box:[0-9]+}/fail", "household.box.fail.do", s.boxFailDo, earning...)
	s.Guarded("GET", "/my/plots/{presale:[0-9]+}", "household.plot", s.plot, earning...)
	s.Guarded("POST", "/my/plots/{presale:[0-9]+}", "household.plot.save", s.plotSave, earning...)
	s.Guarded("GET", "/my/updates/{plot:[0-9]+}", "household.update", s.update, earning...)
	s.Guarded("POST", "/my/updates/{plot:[0-9]+}", "household.update.post", s.updatePost, earning...)
	s.Guarded("GET", "/my/photos/{photo:[0-9]+}", "household.photo", s.photo, earning...)
	s.AllowBody("/my/updates/", adopt.UpdateMostPhoto*photo.MostBytes+1<<20)
}

// dueBox is a box that a household has to hand over.
type dueBox struct {
	Adoption adopt.Adoption
	Box      adopt.Box
}

type adoptionsPage struct {
	page.HouseholdPage
	Plots []adopt.HouseholdPlot
	Due   []dueBox // soonest first
	Done  []dueBox // latest first
	More  bool
}

// adoptions shows the next boxes to hand over, and the household's offers.
func (s *growing) adoptions(w http.ResponseWriter, r *http.Request) error {
	if s.ChooseHousehold(w, r) {
		return nil
	}
	ctx, who, err := s.Acting(r)
	if err != nil {
		return err
	}
	d := adoptionsPage{HouseholdPage: who}
	plots, err := s.Adoptions.HouseholdPlots(ctx, catalog.HouseholdRef{ID: who.Household.ID})
	if err != nil {
		return err
	}
	d.Plots = plots.Items
	list, err := s.Adoptions.AdoptionList(ctx, adopt.Filter{Household: who.Household.ID, Limit: 100})
	if err != nil {
		return err
	}
	d.More = list.Cursor != ""
	for _, a := range list.Items {
		for _, b := range a.Boxes {
			switch {
			case b.HouseholdID != who.Household.ID:
			case b.State == adopt.BoxPlanned:
				d.Due = append(d.Due, dueBox{a, b})
			case b.State == adopt.BoxDelivered || b.State == adopt.BoxSettled || b.State == adopt.BoxDisputed:
				d.Done = append(d.Done, dueBox{a, b})
			}
		}
	}
	slices.SortStableFunc(d.Due, func(a, b dueBox) int { return compareText(a.Box.DueOn, b.Box.DueOn) })
	slices.SortStableFunc(d.Done, func(a, b dueBox) int { return compareText(b.Box.DueOn, a.Box.DueOn) })
	d.Done = d.Done[:min(len(d.Done), 10)]
	return s.Render(w, r, http.StatusOK, "household/adoptions", d)
}

func compareText(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}
