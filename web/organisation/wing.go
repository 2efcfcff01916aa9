// Package organisation owns the desks of cooperatives, enterprises and charity supermarkets: buying in quantity, contracts,
// collecting and weighing, shelf and till.
//
// What must always hold: station and till keep working without a network, and send each entry once.
package organisation

import (
	"embed"

	"banmuyuan/catalog"
	"banmuyuan/orders"
	"banmuyuan/orders/adopt"
	"banmuyuan/orders/contract"
	"banmuyuan/orders/shelf"
	"banmuyuan/payments"
	"banmuyuan/web/audit"
	"banmuyuan/web/auth"
	"banmuyuan/web/page"
)

//go:embed templates
var templateFiles embed.FS

// Wing describes the desks of cooperatives, enterprises and charity supermarkets.
func Wing() page.Wing {
	return page.Wing{Name: "organisation", Templates: templateFiles, Layout: "desk", Messages: []map[string][2]string{contractWords, stationWords, shelfWords},
		Tones: []page.Tones{contractTones, stationTones, shelfTones},
		Menu: []page.Entry{
			{Route: "organisation.home", Icon: "house", ZH: "工作台", EN: "Overview", Roles: auth.Organisation},
			{Route: "organisation.presales", Icon: "sprout", ZH: "采购", EN: "Buy", Roles: []auth.Role{auth.Officer, auth.OrgApprover}},
			{Route: "organisation.orders", Icon: "receipt-text", ZH: "订单", EN: "Orders", Roles: []auth.Role{auth.Officer, auth.OrgApprover}},
			{Route: "organisation.contracts", Icon: "file-text", ZH: "收购合同", EN: "Contracts", Roles: []auth.Role{auth.Officer, auth.OrgApprover}},
			{Route: "organisation.plan", Icon: "truck", ZH: "提货计划", EN: "Call-off plan", Roles: auth.Organisation},
			{Route: "organisation.collections", Icon: "clipboard-list", ZH: "收货清单", EN: "Collection", Roles: auth.Organisation},
			{Route: "organisation.weigh", Icon: "scale", ZH: "过秤", EN: "Weigh in", Roles: []auth.Role{auth.Clerk, auth.Officer}},
			{Route: "organisation.station", Icon: "package", ZH: "离线过秤", EN: "Weigh offline", Roles: []auth.Role{auth.Clerk, auth.Officer}},
			{Route: "organisation.till", Icon: "wallet", ZH: "收银", EN: "Till", Roles: []auth.Role{auth.Clerk, auth.Officer}},
			{Route: "organisation.shelf", Icon: "store", ZH: "货架", EN: "Shelf", Roles: auth.Organisation},
			{Route: "organisation.buyin", Icon: "hand-coins", ZH: "收购", EN: "Buy in", Roles: []auth.Role{auth.Clerk, auth.Officer}},
			{Route: "organisation.sheets", Icon: "banknote", ZH: "收购单", EN: "Buy-in sheets", Roles: auth.Organisation},
			{Route: "organisation.lists", Icon: "list-ordered", ZH: "常备清单", EN: "Standing lists", Roles: auth.Organisation},
			{Route: "organisation.owed", Icon: "hand-coins", ZH: "应得货款", EN: "Owed to us", Roles: []auth.Role{auth.Officer, auth.OrgApprover}},
			{Route: "desk.adoptions", Icon: "heart-handshake", ZH: "认养", EN: "Adoptions", Roles: []auth.Role{auth.Clerk, auth.Officer}},
		},
		Homes: map[auth.Role][]string{
			auth.Officer:     {"organisation.home", "shop.home"},
			auth.OrgApprover: {"organisation.home", "shop.home"},
			auth.Clerk:       {"organisation.weigh", "organisation.till", "organisation.home"},
		},
		Keeps: keptInMenu,
	}
}

// Services are the modules behind the desks of organisations.
type Services struct {
	Catalog    catalog.Service
	Orders     orders.Service
	Shelf      shelf.Service
	Adoptions  adopt.Service
	Contracts  contract.Service
	Stations   orders.Stations
	Payments   payments.Service
	OrgPayouts payments.OrgPayouts
	Trail      audit.Trail
}

// pages are the pages of buying in quantity, of sales and of amounts owed.
type pages struct {
	*page.Site
	Services
}

// collectionPages are the pages of collecting and weighing.
type collectionPages struct {
	*page.Site
	Services
}

// contractPages are the pages of purchase contracts.
type contractPages struct {
	*page.Site
	Services
}

// shopkeeping are the pages of a charity supermarket: shelf, lists, buying in and till.
type shopkeeping struct {
	*page.Site
	Services
}

// New registers the pages of organisations.
func New(site *page.Site, services Services) {
	d := &pages{site, services}
	d.routes()
	d.adoptionDeskRoutes()
	(&collectionPages{site, services}).collectionRoutes()
	(&contractPages{site, services}).contractRoutes()
	(&shopkeeping{site, services}).shelfRoutes()
}
