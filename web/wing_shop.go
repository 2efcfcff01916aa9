package web

import (
	"context"

	"banmuyuan/catalog"
	"banmuyuan/orders"
	"banmuyuan/orders/adopt"
	"banmuyuan/orders/document"
	"banmuyuan/orders/shelf"
	"banmuyuan/payments"
	"banmuyuan/web/auth"
	"banmuyuan/web/live"
)

// shopWing is what the shop brings to the site. Its menu is short: a phone shows it in one row.
func shopWing() Wing {
	return Wing{Name: "shop", Layout: "shop", Messages: []map[string][2]string{shopWords, adoptionWords}, Tones: []Tones{shopTones, adoptionTones},
		Menu: []Entry{
			{"shop.home", "house", "首页", "Home", nil},
			{"shop.presales", "sprout", "预售", "Presales", nil},
			{"shelf.home", "store", "现货", "In stock", nil},
			{"shop.adoptions", "heart-handshake", "认养", "Adopt", nil},
			{"shop.basket", "shopping-basket", "购物篮", "Basket", nil},
			{"shop.orders", "receipt-text", "我的订单", "My orders", auth.Buying},
		},
		Homes: map[auth.Role][]string{auth.Buyer: {"shop.home"}},
	}
}

// shopServices are what the shop asks.
type shopServices struct {
	Catalog   catalog.Service
	Orders    orders.Service
	Shelf     shelf.Service
	Adoptions adopt.Service
	Boxes     adopt.Boxes
	Documents document.Service
	Payments  payments.Service
	Live      *live.Hub
}

// ordering are the pages of presales, the basket and orders.
type ordering struct {
	*Site
	shopServices
}

// shelves are the pages of goods that a supermarket has in stock.
type shelves struct {
	*Site
	shopServices
}

// adopting are the pages of adoptions and of boxes that come again and again.
type adopting struct {
	*Site
	shopServices
}

// Shop are the pages of visitors and buyers.
type Shop struct{ ordering ordering }

// newShop registers the pages of the shop.
func newShop(site *Site, services shopServices) *Shop {
	s := &Shop{ordering{site, services}}
	s.ordering.shopRoutes()
	(&shelves{site, services}).shelfRoutes()
	a := &adopting{site, services}
	a.adoptionRoutes()
	a.boxRoutes()
	return s
}

// Run tells the pages that are open what is left, until ctx ends.
func (s *Shop) Run(ctx context.Context) { s.ordering.publishStock(ctx) }
