package organisation

import (
	"net/http"
	"slices"

	"github.com/gorilla/mux"

	"banmuyuan/orders/adopt"
	"banmuyuan/web/auth"
	"banmuyuan/web/page"
)

// adoptionDeskRoutes are the list of adoptions: all for the county; for a cooperative, the adoptions that it packs and brings.
func (s *pages) adoptionDeskRoutes() {
	desks := slices.Concat(auth.County, auth.Organisation)
	s.Guarded("GET", "/desk/adoptions", "desk.adoptions", s.adoptions, desks...)
	s.Guarded("GET", "/desk/adoptions/{no}", "desk.adoption", s.adoption, desks...)
	s.Guarded("POST", "/desk/adoptions/{no}/{box:[0-9]+}/decide", "desk.adoption.decide", s.adoptionDecide, auth.Operator)
}

type adoptionsPage struct {
	Words    page.Words
	Page     adopt.Page
	Filter   adopt.Filter
	State    string
	States   []page.Option
	Filtered bool
}

func (s *pages) adoptions(w http.ResponseWriter, r *http.Request) error {
	l := page.LangOf(r)
	f := s.QueryForm(r)
	d := adoptionsPage{Words: s.Words(r), State: f.Text("state"), Filter: adopt.Filter{Query: f.Text("q"), Cursor: f.Text("cursor"), Limit: 50}}
	if d.State != "" {
		d.Filter.State = []adopt.State{adopt.State(d.State)}
	}
	d.Filtered = d.State != "" || d.Filter.Query != ""
	d.States = page.Options(l.Pick("全部状态", "All states"), adopt.States, func(st adopt.State) string { return string(st) },
		func(st adopt.State) string { return d.Words.Say("status.adoption", st) })
	if f.OK() {
		var err error
		if d.Page, err = s.Adoptions.AdoptionList(r.Context(), d.Filter); err != nil && !f.Fail(err) {
			return err
		}
	}
	return s.RenderForm(w, r, "organisation/adoptions", d, f)
}

type adoptionPage struct {
	Words    page.Words
	Adoption adopt.Adoption
}

func (s *pages) adoptionPage(r *http.Request) (adoptionPage, error) {
	d := adoptionPage{Words: s.Words(r)}
	var err error
	d.Adoption, err = s.Adoptions.Adoption(r.Context(), adopt.Ref{No: mux.Vars(r)["no"]})
	return d, err
}

func (s *pages) adoption(w http.ResponseWriter, r *http.Request) error {
	d, err := s.adoptionPage(r)
	if err != nil {
		return err
	}
	return s.RenderForm(w, r, "organisation/adoption", d, s.NewForm(page.LangOf(r)))
}

func (s *pages) adoptionDecide(w http.ResponseWriter, r *http.Request) error {
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	d, err := s.adoptionPage(r)
	if err != nil {
		return err
	}
	_, err = s.Adoptions.DecideBox(r.Context(), adopt.DecideBox{AdoptionNo: d.Adoption.No, No: int(page.PathInt(r, "box")),
		Came: f.Text("came") == "1", Note: f.Text("note")})
	if err != nil {
		if !f.Fail(err) {
			return err
		}
		return s.RenderForm(w, r, "organisation/adoption", d, f)
	}
	s.Flash(r, page.Good, "adoption.decided")
	return s.GoTo(w, r, "desk.adoption", "no", d.Adoption.No)
}
