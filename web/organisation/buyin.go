package organisation

import (
	"context"
	"net/http"
	"slices"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/orders/shelf"
	"banmuyuan/web/page"
)

func errNoPage() error { return link.E(link.NotFound, "not_found", "") }

type buyInPage struct {
	Query    string
	Searched bool
	Sellers  shelf.Sellers
	Seller   *shelf.Seller
	Products []page.Option
	Product  catalog.Product // the chosen one; its unit stands behind the fields
	Grades   []page.Option
	Recent   shelf.BuyInPage
	Held     shelf.HeldBuyIns // that wait for a second person, or were refused
}

func (s *shopkeeping) buyInPage(ctx context.Context, f *page.Form) (buyInPage, error) {
	d := buyInPage{Query: f.Text("q"), Grades: s.gradeOptions(f.Lang)}
	var err error
	if code := f.Text("code"); code != "" {
		found, err := s.Shelf.Sellers(ctx, shelf.SellerQuery{Query: code})
		if err != nil {
			return d, err
		}
		if i := slices.IndexFunc(found.Items, func(h shelf.Seller) bool { return h.Code == code }); i >= 0 {
			d.Seller = &found.Items[i]
		}
	} else if d.Query != "" {
		d.Searched = true
		if d.Sellers, err = s.Shelf.Sellers(ctx, shelf.SellerQuery{Query: d.Query}); err != nil {
			return d, err
		}
	}
	ref, err := s.Reference(ctx)
	if err != nil {
		return d, err
	}
	code := f.Text("product")
	for _, p := range ref.Products {
		d.Products = append(d.Products, page.Option{Value: p.Code, Label: f.Lang.Text(p.Name)})
		if p.Code == code {
			d.Product = p
		}
	}
	if d.Recent, err = s.Shelf.BuyIns(ctx, shelf.BuyInFilter{Limit: 8}); err != nil {
		return d, err
	}
	d.Held, err = s.Shelf.HeldBuyIns(ctx, shelf.ShopRef{})
	return d, err
}

// buyIn asks step by step for seller, goods, quantity and price.
func (s *shopkeeping) buyIn(w http.ResponseWriter, r *http.Request) error {
	f := s.QueryForm(r)
	d, err := s.buyInPage(r.Context(), f)
	if err != nil && !f.Fail(err) {
		return err
	}
	if f.Text("best_before") == "" {
		f.Values.Set("best_before", s.Now().In(page.China).AddDate(0, 0, usualDays).Format("2006-01-02"))
	}
	return s.RenderForm(w, r, "organisation/buyin", d, f)
}

func (s *shopkeeping) buyInSave(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	d, err := s.buyInPage(ctx, f)
	if err != nil {
		return err
	}
	req := shelf.BuyInRequest{Product: f.Text("product"), Grade: f.Text("grade"), PriceFen: f.Fen("price_fen"), BestBefore: f.Text("best_before"), Key: f.Key()}
	if d.Seller != nil {
		req.HouseholdID = d.Seller.HouseholdID
	}
	if d.Product.Code != "" {
		req.Measure = measureOf(f, "measure", d.Product.PriceUnit)
	}
	if f.OK() {
		var b shelf.BuyIn
		if b, err = s.Shelf.BuyIn(ctx, req); err == nil {
			if b.State == shelf.BuyInPosted {
				s.Flash(r, page.Good, "buyin.saved")
			} else {
				s.Flash(r, page.Care, "buyin.waits")
			}
			return s.GoTo(w, r, "organisation.buyin.slip", "id", b.ID)
		}
		if !f.Fail(err) {
			return err
		}
	}
	return s.RenderForm(w, r, "organisation/buyin", d, f)
}
