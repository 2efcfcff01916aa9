package shop

import (
	"net/http"

	"github.com/gorilla/mux"

	"banmuyuan/orders/adopt"
	"banmuyuan/web/page"
)

func (s *adopting) adoptionCancel(w http.ResponseWriter, r *http.Request) error {
	d, err := s.adoptionPage(r.Context(), mux.Vars(r)["no"])
	if err != nil {
		return err
	}
	return s.RenderForm(w, r, "shop/adoption_cancel", d, s.NewForm(page.LangOf(r)))
}

func (s *adopting) adoptionCancelDo(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	no := mux.Vars(r)["no"]
	if _, err := s.Adoptions.CancelAdoption(ctx, adopt.Cancel{AdoptionNo: no, Reason: f.Text("reason")}); err != nil {
		if !f.Fail(err) {
			return err
		}
		d, err := s.adoptionPage(ctx, no)
		if err != nil {
			return err
		}
		return s.RenderForm(w, r, "shop/adoption_cancel", d, f)
	}
	s.Flash(r, page.Good, "adoption.cancelled")
	return s.GoTo(w, r, "shop.adoption", "no", no)
}
