package county

import (
	"net/http"
	"slices"

	"banmuyuan/catalog"
	"banmuyuan/web/auth"
	"banmuyuan/web/page"
)

// presaleRoutes are the pages of presales.
func (s *goods) presaleRoutes() {
	county := auth.County
	s.Guarded("GET", "/county/presales", "county.presales", s.presales, county...)
	s.Guarded("GET", "/county/presales/new", "county.presale.new", s.presaleNew, county...)
	s.Guarded("POST", "/county/presales/new", "county.presale.create", s.presaleSave, county...)
	s.Guarded("GET", "/county/presales/{code}", "county.presale", s.presale, county...)
	s.Guarded("POST", "/county/presales/{code}", "county.presale.save", s.presaleSave, county...)
	s.Guarded("GET", "/county/presales/{code}/open", "county.presale.open", s.presaleOpen, county...)
	s.Guarded("POST", "/county/presales/{code}/state", "county.presale.state", s.presaleState, county...)
	s.Guarded("GET", "/county/presales/{code}/split", "county.dryrun", s.dryRun, county...)
}

var (
	presaleStates = []catalog.PresaleState{catalog.PresaleOpen, catalog.PresaleDraft, catalog.PresaleClosed}
	grades        = []string{"extra", "first", "second"}
	policies      = []string{"fair", "near", "direct", "contract"}
)

type presalesPage struct {
	Words    page.Words
	Page     catalog.PresalePage
	State    catalog.PresaleState
	States   []catalog.PresaleState
	Filter   catalog.PresaleFilter
	Products []page.Option
	Channels []page.Option
	Seasons  []page.Option
	Filtered bool
}

func (s *goods) presales(w http.ResponseWriter, r *http.Request) error {
	ctx, l := r.Context(), page.LangOf(r)
	f := s.QueryForm(r)
	d := presalesPage{Words: s.Words(r), State: catalog.PresaleState(f.Text("state")), States: presaleStates}
	if !slices.Contains(presaleStates, d.State) {
		d.State = catalog.PresaleOpen
	}
	d.Filter = catalog.PresaleFilter{State: d.State, Query: f.Text("q"), Product: f.Text("product"),
		Channel: catalog.Channel(f.Text("channel")), Season: int(f.Int("season")), Cursor: f.Text("cursor"), Limit: 50}
	d.Filtered = d.Filter.Query != "" || d.Filter.Product != "" || d.Filter.Channel != "" || d.Filter.Season != 0
	ref, err := s.Reference(ctx)
	if err != nil {
		return err
	}
	d.Products = page.Options(l.Pick("全部产品", "All products"), ref.Products,
		func(p catalog.Product) string { return p.Code }, func(p catalog.Product) string { return l.Text(p.Name) })
	d.Channels = s.channelOptions(r, l.Pick("全部渠道", "All channels"))
	choice, err := s.SeasonChoice(r, d.Filter.Season)
	if err != nil {
		return err
	}
	d.Seasons = slices.Insert(choice.Options(catalog.SeasonMachine.States()...), 0, page.Option{Value: "", Label: l.Pick("全部年度", "All seasons"), Selected: d.Filter.Season == 0})
	if d.Page, err = s.Catalog.Presales(ctx, d.Filter); err != nil && !f.Fail(err) {
		return err
	}
	return s.RenderForm(w, r, "county/presales", d, f)
}

func (s *goods) channelOptions(r *http.Request, all string) []page.Option {
	words := s.Words(r)
	return page.Options(all, channels, func(c catalog.Channel) string { return string(c) }, func(c catalog.Channel) string { return words.Say("channel", c) })
}
