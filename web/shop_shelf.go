package web

import (
	"context"
	"net/http"
	"strconv"

	"banmuyuan/internal/link"
	"banmuyuan/orders"
	"banmuyuan/orders/shelf"
	"banmuyuan/payments"
	"banmuyuan/web/auth"
)

// shelfRoutes are the shelves of charity supermarkets as everybody sees them, and the public story of goods.
func (s *shelves) shelfRoutes() {
	s.open("GET", "/shelf", "shelf.home", s.shelfHome)
	s.open("GET", "/shelf/{org:[0-9]+}", "shelf.shop", s.shelfShop)
	s.guarded("GET", "/shelf/{org:[0-9]+}/check", "shelf.check", s.shelfCheck, auth.Buyer)
	s.guarded("POST", "/shelf/{org:[0-9]+}/buy", "shelf.buy", s.shelfBuy, auth.Buyer)
	s.guarded("GET", "/shelf/purchases", "shelf.purchases", s.shelfPurchases, auth.Buyer)
	s.guarded("GET", "/shelf/purchases/{id:[0-9]+}", "shelf.purchase", s.shelfPurchase, auth.Buyer)
	s.guarded("POST", "/shelf/purchases/{id:[0-9]+}/pay", "shelf.purchase.pay", s.shelfPurchasePay, auth.Buyer)
	s.guarded("POST", "/shelf/purchases/{id:[0-9]+}/cancel", "shelf.purchase.cancel", s.shelfPurchaseCancel, auth.Buyer)
	s.open("GET", "/trace", "trace.find", s.traceFind)
	s.open("GET", "/trace/{code}", "trace", s.tracePage)
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
	return s.render(w, r, http.StatusOK, "shop/shelves", shelfHomePage{Shops: shops.Items})
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
	d, err := s.shelfShopPage(r.Context(), pathInt(r, "org"))
	if err != nil {
		return err
	}
	return s.renderForm(w, r, "shop/shelf", d, s.newForm(langOf(r)))
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
func picks(f *Form, shop shelf.PublicShop) shelfCheckPage {
	d := shelfCheckPage{Shop: shop}
	for _, g := range shop.Goods {
		name := "qty." + num64(g.ItemID)
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
	f := s.queryForm(r)
	shop, err := s.shelfShopPage(ctx, pathInt(r, "org"))
	if err != nil {
		return err
	}
	d := picks(f, shop.Shop)
	if !f.OK() {
		return s.renderForm(w, r, "shop/shelf", shop, f)
	}
	a := auth.FromContext(ctx)
	f.Values.Set("name", a.Name)
	f.Values.Set("phone", a.Phone)
	return s.renderForm(w, r, "shop/shelf_check", d, f)
}

func (s *shelves) shelfBuy(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := s.postedForm(r)
	if err != nil {
		return err
	}
	shop, err := s.shelfShopPage(ctx, pathInt(r, "org"))
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
		return s.renderForm(w, r, "shop/shelf_check", d, f)
	}
	s.flash(r, good, "sale.kept")
	return s.goTo(w, r, "shelf.purchase", "id", sale.ID)
}

type shelfPurchasesPage struct {
	Page shelf.SalePage
}

func (s *shelves) shelfPurchases(w http.ResponseWriter, r *http.Request) error {
	f := s.queryForm(r)
	var d shelfPurchasesPage
	var err error
	if d.Page, err = s.Shelf.Sales(r.Context(), shelf.SaleFilter{Mine: true, Cursor: f.Text("cursor"), Limit: 20}); err != nil && !f.Fail(err) {
		return err
	}
	return s.renderForm(w, r, "shop/purchases", d, f)
}

type shelfPurchasePage struct {
	Sale    shelf.Sale
	Account payments.Account
	Pending *payments.Payment
	Methods []string
}

func (s *shelves) purchasePage(ctx context.Context, id int64) (shelfPurchasePage, error) {
	sale, err := lookAtSale(ctx, s.Shelf, s.Payments, id)
	d := shelfPurchasePage{Sale: sale.Sale, Pending: sale.Pending, Methods: sale.Methods}
	if err != nil {
		return d, err
	}
	d.Account, err = s.Payments.Account(link.System(ctx, "web.sale"), payments.Ref{Ref: shelf.SaleRefOf(id)})
	return d, err
}

func (s *shelves) shelfPurchase(w http.ResponseWriter, r *http.Request) error {
	d, err := s.purchasePage(r.Context(), pathInt(r, "id"))
	if err != nil {
		return err
	}
	if r.Header.Get("HX-Request") == "true" {
		return s.renderPart(w, r, http.StatusOK, "shop/purchase", "status", d)
	}
	return s.renderForm(w, r, "shop/purchase", d, s.newForm(langOf(r)))
}

func (s *shelves) shelfPurchasePay(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := s.postedForm(r)
	if err != nil {
		return err
	}
	id := pathInt(r, "id")
	back, err := s.url("shelf.purchase", "id", id)
	if err != nil {
		return err
	}
	start, err := s.Shelf.PaySale(ctx, shelf.PayRefRequest{ID: id, Method: f.Text("method"), ReturnURL: s.abs(back), Key: f.Key()})
	if err != nil {
		if !f.Fail(err) {
			return err
		}
		d, err := s.purchasePage(ctx, id)
		if err != nil {
			return err
		}
		return s.renderForm(w, r, "shop/purchase", d, f)
	}
	if start.URL != "" {
		redirect(w, r, start.URL)
		return nil
	}
	return s.goTo(w, r, "shelf.purchase", "id", id)
}

func (s *shelves) shelfPurchaseCancel(w http.ResponseWriter, r *http.Request) error {
	sale, err := s.Shelf.CancelSale(r.Context(), shelf.SaleRef{ID: pathInt(r, "id")})
	if err != nil {
		return err
	}
	s.flash(r, good, "sale.cancelled")
	return s.goTo(w, r, "shelf.purchase", "id", sale.ID)
}
