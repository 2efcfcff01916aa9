package web

import (
	"context"
	"net/http"
	"strings"

	"banmuyuan/web/auth"
)

// navItem is one entry of a menu.
type navItem struct {
	Route, Icon, Text, URL string
	Current                bool
}

// entry is an item before it has a language. It is shown only when its route
// exists and the reader has one of its roles; no roles means everybody.
type entry struct {
	route, icon, zh, en string
	roles               []auth.Role
}

// menus of the audiences. The shop's is short: a phone shows it in one row.
var menus = map[string][]entry{
	"shop": {
		{"shop.home", "house", "首页", "Home", nil},
		{"shop.presales", "sprout", "预售", "Presales", nil},
		{"shelf.home", "store", "现货", "In stock", nil},
		{"shop.adoptions", "heart-handshake", "认养", "Adopt", nil},
		{"shop.basket", "shopping-basket", "购物篮", "Basket", nil},
		{"shop.orders", "receipt-text", "我的订单", "My orders", auth.Buying},
	},
	"household": {
		{"household.home", "wallet", "致富账", "Income", auth.Earning},
		{"household.sales", "list-ordered", "我卖的", "My sales", []auth.Role{auth.Household}},
		{"household.adoptions", "heart-handshake", "认养", "Adoptions", []auth.Role{auth.Household}},
		{"household.contracts", "file-text", "合同", "Contracts", []auth.Role{auth.Household}},
		{"helper.households", "users", "帮扶的农户", "Households", []auth.Role{auth.Helper}},
	},
	"desk": {
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
		{"county.home", "chart-column", "全县总览", "Overview", auth.County},
		{"county.presales", "sprout", "预售", "Presales", auth.County},
		{"county.households", "users", "农户", "Households", auth.County},
		{"county.reviews", "shield-check", "待核对", "Reviews", auth.County},
		{"county.orders", "receipt-text", "订单", "Orders", auth.County},
		{"desk.adoptions", "heart-handshake", "认养", "Adoptions", append(append([]auth.Role{}, auth.County...), auth.Clerk, auth.Officer)},
		{"county.contracts", "file-text", "收购合同", "Contracts", auth.County},
		{"desk.raisers", "hand-coins", "大户代养", "Goose raisers", auth.County},
		{"county.prices", "chart-column", "参考价", "Reference prices", auth.County},
		{"county.receipts", "landmark", "到账核对", "Bank receipts", auth.County},
		{"county.reconciliation", "circle-check", "对账", "Reconciliation", auth.County},
		{"county.settlements", "hand-coins", "结算", "Settlement", auth.County},
		{"county.payouts", "banknote", "打款", "Payouts", auth.County},
		{"county.orgaccounts", "landmark", "对公付款", "Pay organisations", auth.County},
		{"county.distributions", "sprout", "分红", "Distributions", auth.County},
		{"county.documents", "receipt-text", "单据", "Documents", auth.County},
		{"organisation.shelf", "store", "爱心超市", "Supermarkets", auth.County},
		{"county.reports", "file-text", "报表", "Reports", auth.County},
		{"county.accounts", "settings", "账号", "Accounts", []auth.Role{auth.Admin}},
	},
}

// homes is where each role starts; the first route that exists is taken.
var homes = map[auth.Role][]string{
	auth.Buyer:       {"shop.home"},
	auth.Officer:     {"organisation.home", "shop.home"},
	auth.OrgApprover: {"organisation.home", "shop.home"},
	auth.Clerk:       {"organisation.weigh", "organisation.till", "organisation.home"},
	auth.Household:   {"household.home"},
	auth.Helper:      {"helper.households", "household.home"},
	auth.Operator:    {"county.home"},
	auth.Approver:    {"county.home"},
	auth.Admin:       {"county.home"},
}

// home is where somebody starts: a visitor at the shop.
func (s *Server) home(a *auth.Account) string {
	names := []string{"shop.home"}
	if a != nil {
		names = append(homes[a.Role], "account")
	}
	for _, name := range names {
		if s.router.Get(name) != nil && s.keptInMenu(context.Background(), a, name) {
			if u, err := s.url(name); err == nil {
				return u
			}
		}
	}
	return "/login"
}

// Home is the address where the reader of the page starts.
func (v *view) Home() string { return v.server.home(v.Account) }

// nav is the menu of the page's audience, with the entry that the page is under
// marked.
func (s *Server) nav(v *view, r *http.Request) []navItem {
	var items []navItem
	longest, current := 0, -1
	for _, e := range menus[v.Audience] {
		if s.router.Get(e.route) == nil || !s.keptInMenu(r.Context(), v.Account, e.route) || len(e.roles) > 0 && (v.Account == nil || !v.Account.Role.In(e.roles...)) {
			continue
		}
		u, err := s.url(e.route)
		if err != nil {
			continue
		}
		under := r.URL.Path == u || u != "/" && strings.HasPrefix(r.URL.Path, u+"/")
		if under && len(u) > longest {
			longest, current = len(u), len(items)
		}
		items = append(items, navItem{Route: e.route, Icon: e.icon, Text: v.Lang.pick(e.zh, e.en), URL: u})
	}
	if current >= 0 {
		items[current].Current = true
	}
	return items
}
