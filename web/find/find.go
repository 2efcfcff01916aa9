// Package find owns the search of the county's desk: a number leads to its page, anything else to the households, presales,
// organisations and villages of that name.
//
// What must always hold: nothing is found that its own page would not show to the reader.
package find

import (
	"embed"
	"net/http"
	"strings"

	"banmuyuan/catalog"
	"banmuyuan/internal/search"
	"banmuyuan/orders"
	"banmuyuan/orders/adopt"
	"banmuyuan/orders/contract"
	"banmuyuan/web/auth"
	"banmuyuan/web/page"
)

//go:embed templates
var templateFiles embed.FS

// Wing describes the page of results. Its field stands in the frame of the desk.
func Wing() page.Wing {
	return page.Wing{Name: "find", Templates: templateFiles, Layout: "desk"}
}

// Services is the module behind the search.
type Services struct {
	Catalog catalog.Service
}

type pages struct {
	*page.Site
	Services
}

// New registers the search.
func New(site *page.Site, services Services) {
	s := &pages{site, services}
	s.Guarded("GET", "/county/find", "county.find", s.find, auth.County...)
}

const shown = 10 // of each kind

type findPage struct {
	Words      page.Words
	Query      string
	Households catalog.HouseholdPage
	Presales   []catalog.PublicPresale
	Villages   []catalog.Village
	Orgs       []catalog.Organisation
}

// Nothing reports whether nothing was found.
func (d findPage) Nothing() bool {
	return len(d.Households.Items)+len(d.Presales)+len(d.Villages)+len(d.Orgs) == 0
}

func (s *pages) find(w http.ResponseWriter, r *http.Request) error {
	f := s.QueryForm(r)
	d := findPage{Words: s.Words(r), Query: f.Text("q")}
	if route, pairs := numbered(d.Query); route != "" {
		return s.GoTo(w, r, route, pairs...)
	}
	if search.Key(d.Query) != "" {
		if err := s.byName(r, &d); err != nil && !f.Fail(err) {
			return err
		}
	}
	return s.RenderForm(w, r, "find/results", d, f)
}

// numbered is the page of a number. Its check digits tell a number from other words.
func numbered(q string) (route string, pairs []any) {
	if id, ok := orders.ParseNumber(q); ok {
		return "shop.order", []any{"no", orders.Number(id)}
	}
	if id, ok := orders.ParseTicketNumber(q); ok {
		return "organisation.ticket", []any{"id", id}
	}
	if id, ok := contract.ParseNumber(q); ok {
		return "organisation.contract", []any{"no", contract.Number(id)}
	}
	if id, ok := adopt.ParseNumber(q); ok {
		return "desk.adoption", []any{"no", adopt.Number(id)}
	}
	return "", nil
}

func (s *pages) byName(r *http.Request, d *findPage) error {
	ctx, key := r.Context(), search.Key(d.Query)
	var err error
	if d.Households, err = s.Catalog.Households(ctx, catalog.HouseholdFilter{Query: d.Query, Limit: shown}); err != nil {
		return err
	}
	ref, err := s.Reference(ctx)
	if err != nil {
		return err
	}
	for _, v := range ref.Villages {
		if len(d.Villages) < shown && strings.Contains(search.Text(v.Name), key) {
			d.Villages = append(d.Villages, v)
		}
	}
	for _, o := range ref.Organisations {
		if len(d.Orgs) < shown && strings.Contains(search.Text(o.Name), key) {
			d.Orgs = append(d.Orgs, o)
		}
	}
	for _, state := range []catalog.PresaleState{catalog.PresaleOpen, catalog.PresaleDraft, catalog.PresaleClosed} {
		list, err := s.Catalog.Presales(ctx, catalog.PresaleFilter{Query: d.Query, State: state, Limit: shown})
		if err != nil {
			return err
		}
		d.Presales = append(d.Presales, list.Items...)
	}
	d.Presales = d.Presales[:min(len(d.Presales), shown)]
	return nil
}
