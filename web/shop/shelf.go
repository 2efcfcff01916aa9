package shop

import (
	"context"
	"net/http"

	"banmuyuan/orders"
	"banmuyuan/orders/shelf"
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

// shelfHome lists the goods that supermarkets have in stock.
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
