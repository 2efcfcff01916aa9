package county

import (
	"context"
	"net/http"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/orders"
	"banmuyuan/web/auth"
	"banmuyuan/web/page"
)

// seasonRoutes are the pages of seasons. Beginning and closing one are acts of a person with a page that says what they do.
func (s *goods) seasonRoutes() {
	county := auth.County
	s.Guarded("GET", "/county/seasons", "county.seasons", s.seasons, county...)
	s.Guarded("POST", "/county/seasons", "county.season.plan", s.seasonPlan, county...)
	s.Guarded("GET", "/county/seasons/{season:[0-9]+}", "county.season", s.season, county...)
	s.Guarded("GET", "/county/seasons/{season:[0-9]+}/begin", "county.season.begin", s.seasonBegin, county...)
	s.Guarded("POST", "/county/seasons/{season:[0-9]+}/begin", "county.season.begin.do", s.seasonBeginDo, county...)
	s.Guarded("GET", "/county/seasons/{season:[0-9]+}/close", "county.season.close", s.seasonClose, county...)
	s.Guarded("POST", "/county/seasons/{season:[0-9]+}/close", "county.season.close.do", s.seasonCloseDo, county...)
	s.Guarded("POST", "/county/seasons/{season:[0-9]+}/reopen", "county.season.reopen", s.seasonReopen, county...)
}

type seasonsPage struct {
	Words   page.Words
	Seasons []catalog.SeasonSummary
	Current *catalog.SeasonSummary
	Next    int // the year that is proposed
}

// Name is a season as people call it.
func (d seasonsPage) Name(s catalog.Season) string { return seasonName(d.Words.Lang, s) }

func seasonName(l page.Lang, s catalog.Season) string {
	year := page.Num64(int64(s.ID))
	if title := l.Text(s.Title); title != "" {
		return l.Pick(year+" 年度（"+title+"）", year+" ("+title+")")
	}
	return l.Pick(year+" 年度", year)
}

func (s *goods) seasonsPage(r *http.Request) (seasonsPage, error) {
	d := seasonsPage{Words: s.Words(r)}
	list, err := s.Seasons.Seasons(r.Context(), catalog.None{})
	if err != nil {
		return d, err
	}
	d.Seasons, d.Next = list.Items, s.Now().In(page.China).Year()
	for i, one := range list.Items {
		if one.State == catalog.SeasonCurrent {
			d.Current = &list.Items[i]
		}
		d.Next = max(d.Next, one.ID+1)
	}
	return d, nil
}

// seasons lists the seasons, with a form to plan the next.
func (s *goods) seasons(w http.ResponseWriter, r *http.Request) error {
	d, err := s.seasonsPage(r)
	if err != nil {
		return err
	}
	return s.RenderForm(w, r, "county/seasons", d, s.NewForm(page.LangOf(r)))
}

func (s *goods) seasonPlan(w http.ResponseWriter, r *http.Request) error {
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	season := int(f.Int("season"))
	if f.Need("season") && f.OK() {
		title := catalog.Text{Zh: f.Text("title.zh"), En: f.Text("title.en")}
		_, err := s.Seasons.PlanSeason(r.Context(), catalog.PlanSeason{Season: season, Title: title})
		if err == nil {
			s.ForgetReference()
			s.Flash(r, page.Good, "season.planned")
			return s.GoTo(w, r, "county.season", "season", season)
		}
		if !f.Fail(err) {
			return err
		}
	}
	d, err := s.seasonsPage(r)
	if err != nil {
		return err
	}
	return s.RenderForm(w, r, "county/seasons", d, f)
}

type seasonPage struct {
	Words    page.Words
	Season   catalog.SeasonDetail
	Open     []orders.OpenItem // what keeps it from being closed
	Items    []openItem        // the same of a season that is not planned, with the pages on which they are finished
	MayBegin bool
	MayClose bool
	MayOpen  bool
}

// Name is a season as people call it.
func (d seasonPage) Name(s catalog.Season) string { return seasonName(d.Words.Lang, s) }

// openRoutes are the pages on which open items are finished.
var openRoutes = map[orders.OpenKind]struct {
	route string
	pairs []any
}{
	orders.OpenPresales: {"county.presales", []any{"state", string(catalog.PresaleOpen)}},
	orders.OpenHolds:    {"county.orders", []any{"state", openState}}, orders.OpenOrders: {"county.orders", []any{"state", openState}}, orders.OpenTickets: {"county.orders", []any{"state", string(orders.StateWeighing)}},
	orders.OpenConflicts: {"organisation.conflicts", nil}, orders.OpenContracts: {"county.contracts", nil}, orders.OpenQuotas: {"county.contracts", nil},
	orders.OpenAdoptions: {"desk.adoptions", nil}, orders.OpenBoxes: {"desk.adoptions", nil}, orders.OpenStandings: {"county.orders", nil}, orders.OpenBuyIns: {"organisation.sheets", nil},
	orders.OpenExpected: {"county.orders", []any{"state", openState}}, orders.OpenUnsettled: {"county.settlements", nil}, orders.OpenUnpaid: {"county.settlements", nil},
	orders.OpenPools: {"county.distributions", nil},
}

// openLink is the address of the page on which items of a kind are finished.
func (s *goods) openLink(kind orders.OpenKind, season int) (string, error) {
	to := openRoutes[kind]
	return s.URL(to.route, append([]any{"season", season}, to.pairs...)...)
}

// openItem is an open item with the page on which it is finished.
type openItem struct {
	orders.OpenItem
	Link string
}

func (s *goods) seasonPage(r *http.Request) (seasonPage, error) {
	ctx := r.Context()
	d := seasonPage{Words: s.Words(r)}
	ref := catalog.SeasonRef{Season: int(page.PathInt(r, "season"))}
	var err error
	if d.Season, err = s.Seasons.Season(ctx, ref); err != nil {
		return d, err
	}
	d.MayBegin = catalog.SeasonMachine.Can(d.Season.State, catalog.SeasonStepBegin)
	d.MayClose = catalog.SeasonMachine.Can(d.Season.State, catalog.SeasonStepClose)
	d.MayOpen = catalog.SeasonMachine.Can(d.Season.State, catalog.SeasonStepReopen)
	of := ref
	if d.MayBegin && d.Season.Replaces != nil {
		of.Season = d.Season.Replaces.ID // of the one that this one takes to closing
	}
	if !d.MayBegin || d.Season.Replaces != nil {
		open, err := s.SeasonEnds.SeasonOpenItems(ctx, of)
		if err != nil {
			return d, err
		}
		d.Open = open.Open()
	}
	if d.MayBegin {
		return d, nil
	}
	for _, i := range d.Open {
		to, err := s.openLink(i.Kind, d.Season.ID)
		if err != nil {
			return d, err
		}
		d.Items = append(d.Items, openItem{i, to})
	}
	return d, nil
}

// season shows one season: figures, steps and history.
func (s *goods) season(w http.ResponseWriter, r *http.Request) error {
	d, err := s.seasonPage(r)
	if err != nil {
		return err
	}
	return s.RenderForm(w, r, "county/season", d, s.NewForm(page.LangOf(r)))
}

// seasonBegin asks for confirmation, with what beginning it does.
func (s *goods) seasonBegin(w http.ResponseWriter, r *http.Request) error {
	d, err := s.seasonPage(r)
	if err != nil {
		return err
	}
	return s.RenderForm(w, r, "county/season_begin", d, s.NewForm(page.LangOf(r)))
}

// seasonClose lists what is still open, or asks for confirmation.
func (s *goods) seasonClose(w http.ResponseWriter, r *http.Request) error {
	d, err := s.seasonPage(r)
	if err != nil {
		return err
	}
	return s.RenderForm(w, r, "county/season_close", d, s.NewForm(page.LangOf(r)))
}

// onSeason runs an act on the season of the path, and goes to its page or shows template with the errors.
func (s *goods) onSeason(w http.ResponseWriter, r *http.Request, done string, act func(context.Context, *page.Form, int) error, again func(*page.Form) error) error {
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	season := int(page.PathInt(r, "season"))
	if err := act(r.Context(), f, season); err != nil && !f.Fail(err) {
		return err
	}
	s.ForgetReference()
	if !f.OK() {
		return again(f)
	}
	s.Flash(r, page.Good, done)
	return s.GoTo(w, r, "county.season", "season", season)
}

func (s *goods) seasonBeginDo(w http.ResponseWriter, r *http.Request) error {
	return s.onSeason(w, r, "season.begun", func(ctx context.Context, _ *page.Form, season int) error {
		_, err := s.Seasons.BeginSeason(ctx, catalog.SeasonRef{Season: season})
		return err
	}, func(f *page.Form) error {
		d, err := s.seasonPage(r)
		if err != nil {
			return err
		}
		return s.RenderForm(w, r, "county/season_begin", d, f)
	})
}

func (s *goods) seasonCloseDo(w http.ResponseWriter, r *http.Request) error {
	return s.onSeason(w, r, "season.ended", func(ctx context.Context, _ *page.Form, season int) error {
		_, err := s.SeasonEnds.CloseSeason(ctx, catalog.SeasonRef{Season: season})
		return err
	}, func(f *page.Form) error {
		d, err := s.seasonPage(r)
		if err != nil {
			return err
		}
		return s.RenderForm(w, r, "county/season_close", d, f)
	})
}

func (s *goods) seasonReopen(w http.ResponseWriter, r *http.Request) error {
	return s.onSeason(w, r, "season.reopened", func(ctx context.Context, f *page.Form, season int) error {
		reason := f.Text("reason")
		if reason == "" {
			return link.E(link.Invalid, "act.reason", "reason")
		}
		_, err := s.SeasonEnds.ReopenSeason(ctx, orders.ReopenSeason{Season: season, Reason: reason})
		return err
	}, func(f *page.Form) error {
		d, err := s.seasonPage(r)
		if err != nil {
			return err
		}
		return s.RenderForm(w, r, "county/season", d, f)
	})
}
