package household

import (
	"context"
	"net/http"
	"slices"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/orders/adopt"
	"banmuyuan/web/page"
)

type plotPage struct {
	page.HouseholdPage
	Plot    adopt.HouseholdPlot
	Updates []adopt.Update
}

func (s *growing) plotPage(r *http.Request, is func(adopt.HouseholdPlot) bool) (context.Context, plotPage, error) {
	ctx, who, err := s.Acting(r)
	d := plotPage{HouseholdPage: who}
	if err != nil {
		return ctx, d, err
	}
	plots, err := s.Adoptions.HouseholdPlots(ctx, catalog.HouseholdRef{ID: who.Household.ID})
	if err != nil {
		return ctx, d, err
	}
	i := slices.IndexFunc(plots.Items, is)
	if i < 0 {
		return ctx, d, link.E(link.NotFound, "adoption.plot.unknown", "")
	}
	d.Plot = plots.Items[i]
	return ctx, d, nil
}

func (s *growing) plotOf(r *http.Request) (context.Context, plotPage, error) {
	presale := page.PathInt(r, "presale")
	return s.plotPage(r, func(p adopt.HouseholdPlot) bool { return p.PresaleID == presale })
}

func (s *growing) plot(w http.ResponseWriter, r *http.Request) error {
	if s.ChooseHousehold(w, r) {
		return nil
	}
	_, d, err := s.plotOf(r)
	if err != nil {
		return err
	}
	return s.RenderForm(w, r, "household/plot", d, s.NewForm(page.LangOf(r)))
}

func (s *growing) plotSave(w http.ResponseWriter, r *http.Request) error {
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	ctx, d, err := s.plotOf(r)
	if err != nil {
		return err
	}
	units, every := f.Int("units"), f.Int("every_days")
	if f.Need("units", "every_days", "story.zh") && f.OK() {
		_, err := s.Adoptions.SavePlot(ctx, adopt.SavePlot{HouseholdID: d.Household.ID, PresaleID: d.Plot.PresaleID, Units: units,
			EveryDays: every, Story: catalog.Text{Zh: f.Text("story.zh"), En: d.Plot.Story.En}})
		if err == nil {
			s.Flash(r, page.Good, "adoption.plot.saved")
			return s.GoTo(w, r, "household.adoptions", "h", d.H)
		}
		if !f.Fail(err) {
			return err
		}
	}
	return s.RenderForm(w, r, "household/plot", d, f)
}
