package shop

import (
	"context"
	"net/http"
	"strconv"

	"banmuyuan/internal/link"
	"banmuyuan/orders"
	"banmuyuan/orders/shelf"
	"banmuyuan/payments"
	"banmuyuan/web/auth"
	"banmuyuan/web/page"
)

// shelfRoutes are the shelves of charity supermarkets as everybody sees them, and the public story of goods.
func (s *shelves) shelfRoutes() {
	s.Open("GET", "/shelf", "shelf.home", s.shelfHome)
	s.Open("GET", "/shelf/{org:[0-9]+}", "shelf.shop", s.shelfShop)
	s.Guarded("GET", "/shelf/{org:[0-9]+}/check", "shelf.check", s.shelfCheck, auth.Buyer)
	s.Guarded("POST", "/shelf/{org:[0-9]+}/buy", "shelf.buy", s.shelfBuy, auth.Buyer)
	s.Guarded("GET", "/shelf/purchases", "shelf.purchases", s.shelfPurchases, auth.Buyer)
	s.Guarded("GET", "/shelf/purchases/{id:[0-9]+}", "shelf.purchase", s.shelfPurchase, auth.Buyer)
	s.Guarded("POST", "/shelf/purchases/{id:[0-9]+}/pay", "shelf.purchase.pay", s.shelfPurchasePay, auth.Buyer)
	s.Guarded("POST", "/shelf/purchases/{id:[0-9]+}/cancel", "shelf.purchase.cancel", s.shelfPurchaseCancel, auth.Buyer)
	s.Open("GET", "/trace", "trace.find", s.traceFind)
	s.Open("GET", "/trace/{code}", "trace", s.tracePage)
}

type shelfHomePage struct {
	Shops []shelf.PublicShop
}

// shelfHome is what the supermarkets have right now.
func (s *shelves) shelfHome(w http.ResponseWriter, r *http.Request) error {
	shops, err := s.Shelf.Shops(r.Context(), orders.None{})
	if err != nil {
		return err
	}
	return s.Render(w, r, http.StatusOK, "shop/shelves", shelfHomePage{Shops: shops.Items})
}

type shelfShopPage struct {
	Shop shelf.PublicShop
	Buys bool // a buyer, or nobody yet
}

func (s *shelves) shelfShopPage(ctx context.Context, org int64) (shelfShopPage, error) {
	a := auth.FromContext(ctx)
	d := shelfShopPage{Buys: a == nil || a.Role == auth.Buyer}
	var err error
	d.Shop, err = s.Shelf.Goods(ctx, shelf.ShopRef{OrgID: org})
	return d, err
}

func (s *shelves) shelfShop(w http.ResponseWriter, r *http.Request) error {
	d, err := s.shelfShopPage(r.Context(), page.PathInt(r, "org"))
	if err != nil {
		return err
	}
	return s.RenderForm(w, r, "shop/shelf", d, s.NewForm(page.LangOf(r)))
}

type shelfPick struct {
	Goods   shelf.PublicGoods
	Measure int64
	Fen     int64
}

type shelfCheckPage struct {
	Shop     shelf.PublicShop
	Picks    []shelfPick
	TotalFen int64
}

// picks reads the quantities of a form: whole price units, named qty.{item}.
func picks(f *page.Form, shop shelf.PublicShop) shelfCheckPage {
	d := shelfCheckPage{Shop: shop}
	for _, g := range shop.Goods {
		name := "qty." + page.Num64(g.ItemID)
		n := f.Int(name)
		if n == 0 || !g.Online {
			continue
		}
		if n > g.Left/g.Price.Per {
			f.Add(name, "sale.sold_out")
			continue
		}
		fen, err := g.Price.Amount(n * g.Price.Per)
		if err != nil {
			f.Add(name, "form.too_large")
			continue
		}
		d.Picks = append(d.Picks, shelfPick{Goods: g, Measure: n * g.Price.Per, Fen: fen})
		d.TotalFen += fen
	}
	if len(d.Picks) == 0 && f.OK() {
		f.Add("", "shelf.nothing")
	}
	return d
}

// shelfCheck shows everything once more, and asks who fetches it.
func (s *shelves) shelfCheck(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f := s.QueryForm(r)
	shop, err := s.shelfShopPage(ctx, page.PathInt(r, "org"))
	if err != nil {
		return err
	}
	d := picks(f, shop.Shop)
	if !f.OK() {
		return s.RenderForm(w, r, "shop/shelf", shop, f)
	}
	a := auth.FromContext(ctx)
	f.Values.Set("name", a.Name)
	f.Values.Set("phone", a.Phone)
	return s.RenderForm(w, r, "shop/shelf_check", d, f)
}

func (s *shelves) shelfBuy(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	shop, err := s.shelfShopPage(ctx, page.PathInt(r, "org"))
	if err != nil {
		return err
	}
	// What is left is the module's to say: a second click finds the goods kept by the first one.
	req := shelf.Buy{OrgID: shop.Shop.OrgID, Name: f.Text("name"), Phone: f.Text("phone"), Key: f.Key()}
	d := shelfCheckPage{Shop: shop.Shop}
	for _, name := range f.Values["item"] {
		id, err := strconv.ParseInt(name, 10, 64)
		if err != nil {
			return link.E(link.Invalid, "malformed", "").Because(err)
		}
		measure := f.Int("measure." + name)
		req.Lines = append(req.Lines, shelf.BuyLine{ItemID: id, Measure: measure})
		for _, g := range shop.Shop.Goods {
			if g.ItemID == id {
				fen, _ := g.Price.Amount(measure) // out of range is refused by the module
				d.Picks = append(d.Picks, shelfPick{Goods: g, Measure: measure, Fen: fen})
				d.TotalFen += fen
			}
		}
	}
	sale, err := s.Shelf.Buy(ctx, req)
	if err != nil {
		if !f.Fail(err) {
			return err
		}
		return s.RenderForm(w, r, "shop/shelf_check", d, f)
	}
	s.Flash(r, page.Good, "sale.kept")
	return s.GoTo(w, r, "shelf.purchase", "id", sale.ID)
}

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

type shelfPurchasePage struct {
	Sale    shelf.Sale
	Account payments.Account
	Pending *payments.Payment
	Methods []string
}

func (s *shelves) purchasePage(ctx context.Context, id int64) (shelfPurchasePage, error) {
	sale, err := page.LookAtSale(ctx, s.Shelf, s.Payments, id)
	d := shelfPurchasePage{Sale: sale.Sale, Pending: sale.Pending, Methods: sale.Methods}
	if err != nil {
		return d, err
	}
	d.Account, err = s.Payments.Account(link.System(ctx, "web.sale"), payments.Ref{Ref: shelf.SaleRefOf(id)})
	return d, err
}

func (s *shelves) shelfPurchase(w http.ResponseWriter, r *http.Request) error {
	d, err := s.purchasePage(r.Context(), page.PathInt(r, "id"))
	if err != nil {
		return err
	}
	if r.Header.Get("HX-Request") == "true" {
		return s.RenderPart(w, r, http.StatusOK, "shop/purchase", "status", d)
	}
	return s.RenderForm(w, r, "shop/purchase", d, s.NewForm(page.LangOf(r)))
}

func (s *shelves) shelfPurchasePay(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	id := page.PathInt(r, "id")
	back, err := s.URL("shelf.purchase", "id", id)
	if err != nil {
		return err
	}
	start, err := s.Shelf.PaySale(ctx, shelf.PayRefRequest{ID: id, Method: f.Text("method"), ReturnURL: s.Abs(back), Key: f.Key()})
	if err != nil {
		if !f.Fail(err) {
			return err
		}
		d, err := s.purchasePage(ctx, id)
		if err != nil {
			return err
		}
		return s.RenderForm(w, r, "shop/purchase", d, f)
	}
	if start.URL != "" {
		page.Redirect(w, r, start.URL)
		return nil
	}
	return s.GoTo(w, r, "shelf.purchase", "id", id)
}

func (s *shelves) shelfPurchaseCancel(w http.ResponseWriter, r *http.Request) error {
	sale, err := s.Shelf.CancelSale(r.Context(), shelf.SaleRef{ID: page.PathInt(r, "id")})
	if err != nil {
		return err
	}
	s.Flash(r, page.Good, "sale.cancelled")
	return s.GoTo(w, r, "shelf.purchase", "id", sale.ID)
}
