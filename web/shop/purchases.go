package shop

import (
	"net/http"

	"banmuyuan/orders/shelf"
)

type shelfPurchasesPage struct {
	Page shelf.SalePage
}

func (s *shelves) shelfPurchases(w http.ResponseWriter, r *http.Request) error {
	f := s.QueryForm(r)
	var d shelfPurchasesPage
	var err error
	if d.Page, err = s.Shelf.Sales(r.Context(), shelf.SaleFilter{Mine: true, Cursor: f.Text("cursor"), Limit: 20}); err != nil && !f.Fail(err) {
		return err
	}
	return s.RenderForm(w, r, "shop/purchases", d, f)
}
