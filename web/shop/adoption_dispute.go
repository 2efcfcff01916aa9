package shop

import (
	"net/http"

	"github.com/gorilla/mux"

	"banmuyuan/internal/link"
	"banmuyuan/orders/adopt"
	"banmuyuan/web/page"
)

func (s *adopting) disputePage(r *http.Request) (adoptionPage, error) {
	d, err := s.adoptionPage(r.Context(), mux.Vars(r)["no"])
	if err != nil {
		return d, err
	}
	no := int(page.PathInt(r, "box"))
	for i, b := range d.Adoption.Boxes {
		if b.No == no {
			d.Box = &d.Adoption.Boxes[i]
			return d, nil
		}
	}
	return d, link.E(link.NotFound, "adoption.box.unknown", "")
}

func (s *adopting) dispute(w http.ResponseWriter, r *http.Request) error {
	d, err := s.disputePage(r)
	if err != nil {
		return err
	}
	return s.RenderForm(w, r, "shop/adoption_dispute", d, s.NewForm(page.LangOf(r)))
}

func (s *adopting) disputeDo(w http.ResponseWriter, r *http.Request) error {
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	d, err := s.disputePage(r)
	if err != nil {
		return err
	}
	if f.Need("note") {
		_, err := s.Adoptions.DisputeBox(r.Context(), adopt.DisputeBox{AdoptionNo: d.Adoption.No, No: d.Box.No, Note: f.Text("note")})
		if err == nil {
			s.Flash(r, page.Good, "adoption.disputed")
			return s.GoTo(w, r, "shop.adoption", "no", d.Adoption.No)
		}
		if !f.Fail(err) {
			return err
		}
	}
	return s.RenderForm(w, r, "shop/adoption_dispute", d, f)
}
