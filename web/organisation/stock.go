package organisation

import (
	"net/http"

	"banmuyuan/orders/shelf"
)

type stockPage struct {
	Shop    shopChoice
	Page    shelf.StockPage
	Filter  shelf.StockFilter
	Items   shelf.Items
	MayTake bool
}

func (s *shopkeeping) stock(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f := s.QueryForm(r)
	d := stockPage{Shop: s.shopChoice(ctx, shopRef(f))}
	d.Filter = shelf.StockFilter{OrgID: d.Shop.Org, ItemID: f.Int("item"), All: f.Text("all") != "", Expired: f.Text("expired") != "",
		Cursor: f.Text("cursor"), Limit: 50}
	var err error
	if d.Page, err = s.Shelf.Stock(ctx, d.Filter); err != nil && !f.Fail(err) {
		return err
	}
	if d.Items, err = s.Shelf.Items(ctx, shelf.ShopRef{OrgID: d.Shop.Org}); err != nil {
		return err
	}
	return s.RenderForm(w, r, "organisation/stock", d, f)
}
