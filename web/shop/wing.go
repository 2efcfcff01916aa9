// Package shop owns the pages of visitors and buyers: presales, basket and orders, adoptions and boxes, and the shelves of
// charity supermarkets.
//
// What must always hold: a public page shows the public types of the modules and no others; prices are asked for again
// each time; a form that is sent twice orders once.
package shop

import (
	"context"
	"embed"

	"banmuyuan/catalog"
	"banmuyuan/orders"
	"banmuyuan/orders/adopt"
	"banmuyuan/orders/document"
	"banmuyuan/orders/shelf"
	"banmuyuan/payments"
	"banmuyuan/web/auth"
	"banmuyuan/web/live"
	"banmuyuan/web/notify"
	"banmuyuan/web/page"
)

//go:embed templates
var templateFiles embed.FS

// Wing describes the pages of the shop. Its menu is short: a phone shows it in one row.
func Wing() page.Wing {
	return page.Wing{Name: "shop", Templates: templateFiles, Layout: "shop", Messages: []map[string][2]string{words, adoptionWords, noticeWords}, Tones: []page.Tones{tones, adoptionTones, noticeTones},
		Menu: []page.Entry{
			{Route: "shop.home", Icon: "house", ZH: "首页", EN: "Home"},
			{Route: "shop.presales", Icon: "sprout", ZH: "预售", EN: "Presales"},
			{Route: "shelf.home", Icon: "store", ZH: "现货", EN: "In stock"},
			{Route: "shop.adoptions", Icon: "heart-handshake", ZH: "认养", EN: "Adopt"},
			{Route: "shop.basket", Icon: "shopping-basket", ZH: "购物篮", EN: "Basket"},
			{Route: "shop.orders", Icon: "receipt-text", ZH: "我的订单", EN: "My orders", Roles: auth.Buying},
		},
		Homes: map[auth.Role][]string{auth.Buyer: {"shop.home"}},
	}
}

// Services are the modules behind the shop.
type Services struct {
	Catalog   catalog.Service
	Orders    orders.Service
	Shelf     shelf.Service
	Adoptions adopt.Service
	Boxes     adopt.Boxes
	Documents document.Service
	Payments  payments.Service
	Live      *live.Hub
	Outbox    notify.Outbox // messages to buyers
}

// ordering are the pages of presales, the basket and orders.
type ordering struct {
	*page.Site
	Services
}

// shelves are the pages of goods that a supermarket has in stock.
type shelves struct {
	*page.Site
	Services
}

// adopting are the pages of adoptions and of boxes that come again and again.
type adopting struct {
	*page.Site
	Services
}

// Pages are the pages of visitors and buyers.
type Pages struct{ ordering ordering }

// New registers the pages of the shop.
func New(site *page.Site, services Services) *Pages {
	s := &Pages{ordering{site, services}}
	s.ordering.routes()
	(&shelves{site, services}).shelfRoutes()
	a := &adopting{site, services}
	a.adoptionRoutes()
	a.boxRoutes()
	return s
}

// Services are the modules behind the shop.
func (s *Pages) Services() Services { return s.ordering.Services }

// Run keeps the stock on open pages up to date, until ctx ends.
func (s *Pages) Run(ctx context.Context) { s.ordering.publishStock(ctx) }
