package web

import (
	"banmuyuan/catalog"
	"banmuyuan/orders"
	"banmuyuan/orders/adopt"
	"banmuyuan/orders/contract"
	"banmuyuan/orders/shelf"
	"banmuyuan/payments"
	"banmuyuan/web/auth"
)

// organisationWing is what cooperatives, enterprises and charity supermarkets bring to the site.
func organisationWing() Wing {
	return Wing{Name: "organisation", Layout: "desk", Messages: []map[string][2]string{contractWords, stationWords, shelfWords},
		Tones: []Tones{contractTones, stationTones, shelfTones},
		Menu: []Entry{
			{"organisation.home", "house", "工作台", "Overview", auth.Organisation},
			{"organisation.presales", "sprout", "采购", "Buy", []auth.Role{auth.Officer, auth.OrgApprover}},
			{"organisation.orders", "receipt-text", "订单", "Orders", []auth.Role{auth.Officer, auth.OrgApprover}},
			{"organisation.contracts", "file-text", "收购合同", "Contracts", []auth.Role{auth.Officer, auth.OrgApprover}},
			{"organisation.plan", "truck", "提货计划", "Call-off plan", auth.Organisation},
			{"organisation.collections", "clipboard-list", "收货清单", "Collection", auth.Organisation},
			{"organisation.weigh", "scale", "过秤", "Weigh in", []auth.Role{auth.Clerk, auth.Officer}},
			{"organisation.station", "package", "离线过秤", "Weigh offline", []auth.Role{auth.Clerk, auth.Officer}},
			{"organisation.till", "wallet", "收银", "Till", []auth.Role{auth.Clerk, auth.Officer}},
			{"organisation.shelf", "store", "货架", "Shelf", auth.Organisation},
			{"organisation.buyin", "hand-coins", "收购", "Buy in", []auth.Role{auth.Clerk, auth.Officer}},
			{"organisation.sheets", "banknote", "收购单", "Buy-in sheets", auth.Organisation},
			{"organisation.lists", "list-ordered", "常备清单", "Standing lists", auth.Organisation},
			{"organisation.owed", "hand-coins", "应得货款", "Owed to us", []auth.Role{auth.Officer, auth.OrgApprover}},
			{"desk.adoptions", "heart-handshake", "认养", "Adoptions", []auth.Role{auth.Clerk, auth.Officer}},
		},
		Homes: map[auth.Role][]string{
			auth.Officer:     {"organisation.home", "shop.home"},
			auth.OrgApprover: {"organisation.home", "shop.home"},
			auth.Clerk:       {"organisation.weigh", "organisation.till", "organisation.home"},
		},
		Keeps: keptInMenu,
	}
}

// organisationServices are what the desks of organisations ask.
type organisationServices struct {
	Catalog    catalog.Service
	Orders     orders.Service
	Shelf      shelf.Service
	Adoptions  adopt.Service
	Contracts  contract.Service
	Stations   orders.Stations
	Payments   payments.Service
	OrgPayouts payments.OrgPayouts
}

// deskPages are the pages of buying in quantity, of what is sold and of what is owed.
type deskPages struct {
	*Site
	organisationServices
}

// collectionPages are the pages of collecting and weighing.
type collectionPages struct {
	*Site
	organisationServices
}

// contractPages are the pages of purchase contracts.
type contractPages struct {
	*Site
	organisationServices
}

// shopkeeping are the pages of a charity supermarket: shelf, lists, buying in and till.
type shopkeeping struct {
	*Site
	organisationServices
}

// newOrganisation registers the pages of organisations.
func newOrganisation(site *Site, services organisationServices) {
	d := &deskPages{site, services}
	d.organisationRoutes()
	d.adoptionDeskRoutes()
	(&collectionPages{site, services}).collectionRoutes()
	(&contractPages{site, services}).contractRoutes()
	(&shopkeeping{site, services}).deskShelfRoutes()
}
