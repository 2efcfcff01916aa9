package organisation

import (
	"net/http"

	"banmuyuan/orders/shelf"
)

type sheetsPage struct {
	Shop   shopChoice
	Sheets shelf.Sheets
	Held   shelf.HeldBuyIns // that wait for a second person, or were refused
}

func (s *shopkeeping) sheets(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	d := sheetsPage{Shop: s.shopChoice(ctx, shopRef(s.QueryForm(r)))}
	var err error
	if d.Sheets, err = s.Shelf.Sheets(ctx, shelf.ShopRef{OrgID: d.Shop.Org}); err != nil {
		return err
	}
	if d.Held, err = s.Shelf.HeldBuyIns(ctx, shelf.ShopRef{OrgID: d.Shop.Org}); err != nil {
		return err
	}
	return s.Render(w, r, http.StatusOK, "organisation/sheets", d)
}
