package organisation

import (
	"net/http"
	"strings"

	"banmuyuan/orders/shelf"
)

type shelfSalesPage struct {
	Shop   shopChoice
	Page   shelf.SalePage
	Filter shelf.SaleFilter
}

func (s *shopkeeping) shelfSales(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f := s.QueryForm(r)
	d := shelfSalesPage{Shop: s.shopChoice(ctx, shopRef(f))}
	d.Filter = shelf.SaleFilter{OrgID: d.Shop.Org, State: shelf.SaleState(f.Text("state")), Channel: shelf.SaleChannel(f.Text("channel")),
		On: strings.TrimSpace(f.Text("on")), Cursor: f.Text("cursor"), Limit: 50}
	var err error
	if d.Page, err = s.Shelf.Sales(ctx, d.Filter); err != nil && !f.Fail(err) {
		return err
	}
	return s.RenderForm(w, r, "organisation/shelf_sales", d, f)
}
