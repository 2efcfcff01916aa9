package organisation

import (
	"net/http"

	"banmuyuan/orders/shelf"
	"banmuyuan/web/page"
)

type pricesPage struct {
	Shop    shopChoice
	Items   shelf.Items
	Problem int64 // the row whose entries were wrong
}

func (s *shopkeeping) prices(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f := s.QueryForm(r)
	d := pricesPage{Shop: s.shopChoice(ctx, shopRef(f))}
	var err error
	if d.Items, err = s.Shelf.Items(ctx, shelf.ShopRef{OrgID: d.Shop.Org}); err != nil {
		return err
	}
	return s.RenderForm(w, r, "organisation/prices", d, f)
}

func (s *shopkeeping) priceSave(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	id := page.PathInt(r, "id")
	req := shelf.SaveItem{ID: id, PriceFen: f.Fen("price_fen"), Barcode: f.Text("barcode"), Online: f.Text("online") != ""}
	if f.OK() {
		if _, err = s.Shelf.SaveItem(ctx, req); err == nil {
			s.Flash(r, page.Good, "shelf.priced")
			return s.GoTo(w, r, "organisation.shelf.prices")
		}
		if !f.Fail(err) {
			return err
		}
	}
	d := pricesPage{Shop: s.shopChoice(ctx, shelf.ShopRef{}), Problem: id}
	if d.Items, err = s.Shelf.Items(ctx, shelf.ShopRef{}); err != nil {
		return err
	}
	return s.RenderForm(w, r, "organisation/prices", d, f)
}
