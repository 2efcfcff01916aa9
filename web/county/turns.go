package county

import (
	"context"
	"net/http"
	"slices"
	"strconv"

	"banmuyuan/catalog"
	"banmuyuan/web/auth"
	"banmuyuan/web/page"
)

// turnRoutes are the pages of objections, and of households that have not sold yet.
func (s *people) turnRoutes() {
	county := auth.County
	s.Guarded("GET", "/county/objections", "county.objections", s.objections, county...)
	s.Guarded("POST", "/county/objections/days", "county.objection.days", s.objectionDays, auth.Operator)
	s.Guarded("POST", "/county/objections/{id:[0-9]+}", "county.objection.answer", s.objectionAnswer, auth.Operator)
	s.Guarded("GET", "/county/unsold", "county.unsold", s.unsold, county...)
}

type objectionsPage struct {
	Words   page.Words
	Page    catalog.ObjectionPage
	All     bool
	Answers bool // may answer
}

func (s *people) objectionsPage(r *http.Request, all bool) (objectionsPage, error) {
	ctx := r.Context()
	d := objectionsPage{Words: s.Words(r), All: all, Answers: auth.FromContext(ctx).Role == auth.Operator}
	var err error
	d.Page, err = s.Turns.Objections(ctx, catalog.ObjectionFilter{Open: !all, Before: s.QueryForm(r).Int("before"), Limit: 100})
	return d, err
}

// objections lists objections, the earliest answer first.
func (s *people) objections(w http.ResponseWriter, r *http.Request) error {
	f := s.QueryForm(r)
	d, err := s.objectionsPage(r, f.Text("all") != "")
	if err != nil {
		return err
	}
	return s.RenderForm(w, r, "county/objections", d, f)
}

func (s *people) objectionAnswer(w http.ResponseWriter, r *http.Request) error {
	return s.changeObjections(w, r, "objection.answered", func(f *page.Form) error {
		_, err := s.Turns.EndObjection(r.Context(), catalog.EndObjection{ID: page.PathInt(r, "id"), Step: catalog.ObjectionStep(f.Text("step")),
			Words: f.Text("words"), IdempotencyKey: f.Key()})
		return err
	})
}

func (s *people) objectionDays(w http.ResponseWriter, r *http.Request) error {
	return s.changeObjections(w, r, "objection.days.saved", func(f *page.Form) error {
		_, err := s.Turns.SetObjectionDays(r.Context(), catalog.ObjectionDays{Days: int(f.Int("days"))})
		return err
	})
}

func (s *people) changeObjections(w http.ResponseWriter, r *http.Request, done string, change func(*page.Form) error) error {
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	if err := change(f); err != nil {
		if !f.Fail(err) {
			return err
		}
		d, err := s.objectionsPage(r, false)
		if err != nil {
			return err
		}
		return s.RenderForm(w, r, "county/objections", d, f)
	}
	s.Flash(r, page.Good, done)
	return s.GoTo(w, r, "county.objections")
}

type unsoldPage struct {
	Words     page.Words
	Choice    page.SeasonChoice
	Filter    catalog.UnsoldFilter
	Townships []page.Option
	Page      catalog.UnsoldPage
	Titles    map[string]string // of presales, by code
	Shown     int               // of the reason that is chosen, or all
}

// unsold lists the households that have sold nothing, with the reason.
func (s *people) unsold(w http.ResponseWriter, r *http.Request) error {
	ctx, l := r.Context(), page.LangOf(r)
	f := s.QueryForm(r)
	d := unsoldPage{Words: s.Words(r)}
	var err error
	if d.Choice, err = s.SeasonChoice(r, int(f.Int("season"))); err != nil {
		return err
	}
	d.Filter = catalog.UnsoldFilter{Season: d.Choice.Season, Township: f.Int("township"), Why: catalog.TurnWhy(f.Text("why")), After: f.Int("after"), Limit: 50}
	if !slices.Contains(catalog.UnsoldReasons, d.Filter.Why) {
		d.Filter.Why = ""
	}
	ref, err := s.Reference(ctx)
	if err != nil {
		return err
	}
	d.Townships = page.Options(l.Pick("全部乡镇", "All townships"), ref.Townships,
		func(t catalog.Township) string { return strconv.FormatInt(t.ID, 10) }, func(t catalog.Township) string { return t.Name })
	if d.Page, err = s.Turns.Unsold(ctx, d.Filter); err != nil && !f.Fail(err) {
		return err
	}
	if d.Titles, err = s.presaleTitles(ctx, d.Words, d.Page.Items); err != nil {
		return err
	}
	for _, c := range d.Page.Counts {
		if d.Filter.Why == "" || c.Why == d.Filter.Why {
			d.Shown += c.Households
		}
	}
	return s.RenderForm(w, r, "county/unsold", d, f)
}

// presaleTitles are the titles of the presales in which households are nearest to their turn.
func (s *people) presaleTitles(ctx context.Context, w page.Words, households []catalog.UnsoldHousehold) (map[string]string, error) {
	titles := map[string]string{}
	for _, h := range households {
		if _, known := titles[h.Presale]; known || h.Presale == "" {
			continue
		}
		p, err := s.Catalog.Presale(ctx, catalog.PresaleRef{Code: h.Presale})
		if err != nil {
			return nil, err
		}
		titles[h.Presale] = w.Text(p.Title)
	}
	return titles, nil
}
