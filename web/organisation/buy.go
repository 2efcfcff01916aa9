package organisation

import (
	"net/http"

	"banmuyuan/catalog"
	"banmuyuan/web/auth"
	"banmuyuan/web/basket"
	"banmuyuan/web/page"
)

// organisationBuy is a dense list with a quantity for each presale: one form fills the basket.
type buyPage struct {
	Page    catalog.PresalePage
	Channel catalog.Channel
	Basket  map[string]int64
}

func (s *pages) buyPage(r *http.Request) (buyPage, error) {
	ctx := r.Context()
	d := buyPage{Channel: s.BuyersChannel(ctx, auth.FromContext(ctx)), Basket: map[string]int64{}}
	var err error
	d.Page, err = s.Catalog.Presales(ctx, catalog.PresaleFilter{Channel: d.Channel, State: catalog.PresaleOpen, Limit: 100})
	if err != nil {
		return d, err
	}
	items, err := s.Basket(r)
	for _, item := range items {
		d.Basket[item.Code] = item.Qty
	}
	return d, err
}

func (s *pages) buy(w http.ResponseWriter, r *http.Request) error {
	d, err := s.buyPage(r)
	if err != nil {
		return err
	}
	return s.RenderForm(w, r, "organisation/buy", d, s.NewForm(page.LangOf(r)))
}

func (s *pages) buyAdd(w http.ResponseWriter, r *http.Request) error {
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	d, err := s.buyPage(r)
	if err != nil {
		return err
	}
	var items []page.BasketItem
	for _, p := range d.Page.Items {
		qty := f.Int("qty." + p.Code)
		if qty == 0 {
			continue
		}
		item := page.BasketItem{PresaleID: p.ID, Code: p.Code, Grade: f.Text("grade." + p.Code), Qty: qty}
		if text := s.BasketProblem(page.LangOf(r), p, item, 0, d.Channel); text != "" {
			f.AddText("qty."+p.Code, text)
		}
		items = append(items, item)
	}
	if len(items) == 0 && f.OK() {
		f.Add("", "basket.nothing")
	}
	if len(items) > basket.Most {
		f.Add("", "basket.full")
	}
	if !f.OK() {
		return s.RenderForm(w, r, "organisation/buy", d, f)
	}
	if err := s.ChangeBasket(r, "", func([]page.BasketItem) []page.BasketItem { return items }); err != nil {
		return err
	}
	return s.GoTo(w, r, "shop.checkout")
}
