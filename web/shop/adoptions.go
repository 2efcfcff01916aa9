package shop

import (
	"net/http"

	"banmuyuan/orders/adopt"
)

type adoptionsPage struct {
	Page adopt.Page
}

func (s *adopting) adoptions(w http.ResponseWriter, r *http.Request) error {
	f := s.QueryForm(r)
	var d adoptionsPage
	var err error
	if d.Page, err = s.Adoptions.AdoptionList(r.Context(), adopt.Filter{Cursor: f.Text("cursor"), Limit: 20}); err != nil && !f.Fail(err) {
		return err
	}
	return s.RenderForm(w, r, "shop/adoptions", d, f)
}
