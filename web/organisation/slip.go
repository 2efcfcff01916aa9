package organisation

import (
	"net/http"

	"banmuyuan/orders/shelf"
	"banmuyuan/web/page"
)

type slipPage struct {
	BuyIn shelf.BuyIn
	Link  string
}

func (s *shopkeeping) slipPage(r *http.Request) (slipPage, error) {
	var d slipPage
	var err error
	if d.BuyIn, err = s.Shelf.BuyInSlip(r.Context(), shelf.IDRef{ID: page.PathInt(r, "id")}); err != nil || d.BuyIn.Trace == "" {
		return d, err
	}
	d.Link, err = s.traceLink(d.BuyIn.Trace)
	return d, err
}

// buyInSlip is the slip that the household takes home, or the page on which a second person decides about its goods.
func (s *shopkeeping) buyInSlip(w http.ResponseWriter, r *http.Request) error {
	d, err := s.slipPage(r)
	if err != nil {
		return err
	}
	return s.RenderForm(w, r, "organisation/buyin_slip", d, s.NewForm(page.LangOf(r)))
}

func (s *shopkeeping) buyInDecide(w http.ResponseWriter, r *http.Request) error {
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	agree := f.Text("decision") == "agree"
	b, err := s.Shelf.DecideBuyIn(r.Context(), shelf.DecideBuyIn{ID: page.PathInt(r, "id"), Agree: agree, Reason: f.Text("reason")})
	if err != nil {
		if !f.Fail(err) {
			return err
		}
		d, err := s.slipPage(r)
		if err != nil {
			return err
		}
		return s.RenderForm(w, r, "organisation/buyin_slip", d, f)
	}
	s.Flash(r, page.Good, map[bool]string{true: "buyin.agreed", false: "buyin.refused"}[agree])
	return s.GoTo(w, r, "organisation.buyin.slip", "id", b.ID)
}
