// Package county owns the pages of the county's staff: people, goods, money, books and reports.
//
// What must always hold: the modules decide what each of the staff may do; a file is checked whole before it is taken.
package county

import (
	"embed"

	"banmuyuan/catalog"
	"banmuyuan/orders"
	"banmuyuan/orders/contract"
	"banmuyuan/orders/document"
	"banmuyuan/payments"
	"banmuyuan/payments/cooling"
	"banmuyuan/web/audit"
	"banmuyuan/web/auth"
	"banmuyuan/web/county/words"
	"banmuyuan/web/page"
	"banmuyuan/web/report"
	"banmuyuan/web/sheet"
)

//go:embed templates
var templateFiles embed.FS

// Headings of the menu.
var (
	underHouseholds = page.Group{ZH: "农户", EN: "Households"}
	underTrade      = page.Group{ZH: "买卖", EN: "Trade"}
	underMoney      = page.Group{ZH: "资金", EN: "Money"}
	underOffice     = page.Group{ZH: "县里事务", EN: "County office"}
)

// Wing describes the pages of the county's staff.
func Wing() page.Wing {
	return page.Wing{Name: "county", Templates: templateFiles, Layout: "desk",
		Messages: append(words.Messages(), sheet.Messages, audit.Messages),
		Tones:    words.Tones(),
		Menu: []page.Entry{
			{Route: "county.home", Icon: "chart-column", ZH: "全县总览", EN: "Overview", Roles: auth.County},
			{Route: "county.households", Icon: "users", ZH: "农户", EN: "Households", Group: underHouseholds, Roles: auth.County,
				Beside: []string{"/county/villages", "/county/unmaskings", "/county/unsold"}},
			{Route: "county.reviews", Icon: "shield-check", ZH: "待核对", EN: "Reviews", Group: underHouseholds, Roles: auth.County},
			{Route: "county.objections", Icon: "circle-alert", ZH: "异议", EN: "Objections", Group: underHouseholds, Roles: auth.County},
			{Route: "county.corrections", Icon: "users", ZH: "更正申请", EN: "Corrections", Group: underHouseholds, Roles: auth.County},
			{Route: "county.presales", Icon: "sprout", ZH: "预售", EN: "Presales", Group: underTrade, Roles: auth.County},
			{Route: "county.orders", Icon: "receipt-text", ZH: "订单", EN: "Orders", Group: underTrade, Roles: auth.County},
			{Route: "desk.adoptions", Icon: "heart-handshake", ZH: "认养", EN: "Adoptions", Group: underTrade, Roles: auth.County},
			{Route: "county.contracts", Icon: "file-text", ZH: "收购合同", EN: "Contracts", Group: underTrade, Roles: auth.County},
			{Route: "desk.raisers", Icon: "hand-coins", ZH: "大户代养", EN: "Goose raisers", Group: underTrade, Roles: auth.County},
			{Route: "county.prices", Icon: "chart-column", ZH: "参考价", EN: "Reference prices", Group: underTrade, Roles: auth.County},
			{Route: "organisation.shelf", Icon: "store", ZH: "爱心超市", EN: "Supermarkets", Group: underTrade, Roles: auth.County},
			{Route: "county.receipts", Icon: "landmark", ZH: "到账核对", EN: "Bank receipts", Group: underMoney, Roles: auth.County,
				Beside: []string{"/county/cash", "/county/outgoing", "/county/refunds", "/county/disputes"}},
			{Route: "county.reconciliation", Icon: "circle-check", ZH: "对账", EN: "Reconciliation", Group: underMoney, Roles: auth.County},
			{Route: "county.settlements", Icon: "hand-coins", ZH: "结算", EN: "Settlement", Group: underMoney, Roles: auth.County},
			{Route: "county.payouts", Icon: "banknote", ZH: "打款", EN: "Payouts", Group: underMoney, Roles: auth.County},
			{Route: "county.orgaccounts", Icon: "landmark", ZH: "对公付款", EN: "Pay organisations", Group: underMoney, Roles: auth.County},
			{Route: "county.distributions", Icon: "sprout", ZH: "分红", EN: "Distributions", Group: underMoney, Roles: auth.County},
			{Route: "county.ledger", Icon: "landmark", ZH: "总账", EN: "Ledger", Group: underMoney, Roles: auth.County},
			{Route: "county.documents", Icon: "receipt-text", ZH: "单据", EN: "Documents", Group: underMoney, Roles: auth.County},
			{Route: "county.seasons", Icon: "calendar", ZH: "年度", EN: "Seasons", Group: underOffice, Roles: auth.County},
			{Route: "county.setup", Icon: "clipboard-list", ZH: "县里资料", EN: "County data", Group: underOffice, Roles: auth.County, Beside: []string{"/county/directory"}},
			{Route: "county.reports", Icon: "file-text", ZH: "报表", EN: "Reports", Group: underOffice, Roles: auth.County},
			{Route: "county.rules", Icon: "settings", ZH: "县里规则", EN: "Rules", Group: underOffice, Roles: auth.County},
			{Route: "county.audit", Icon: "clipboard-list", ZH: "操作记录", EN: "Audit trail", Group: underOffice, Roles: []auth.Role{auth.Approver, auth.Admin}},
			{Route: "county.accounts", Icon: "settings", ZH: "账号", EN: "Accounts", Group: underOffice, Roles: []auth.Role{auth.Admin},
				Beside: []string{"/county/security"}},
		},
		Homes: map[auth.Role][]string{auth.Operator: {"county.home"}, auth.Approver: {"county.home"}, auth.Admin: {"county.accounts"}},
	}
}

// Services are the stores and modules behind the pages of the county.
type Services struct {
	Catalog         catalog.Service
	Directory       catalog.Directory
	Care            catalog.Care
	Turns           catalog.Turns
	Seasons         catalog.Seasons
	SeasonEnds      orders.Seasons  // closes and reopens them
	PrivateIDs      catalog.Privacy // numbers in full; each look is written down
	Orders          orders.Service
	Contracts       contract.Service
	Documents       document.Service
	Payments        payments.Service
	Treasury        payments.Treasury
	Distributions   payments.Distributions
	Books           payments.Books
	Reversals       payments.Reversals
	OrgPayouts      payments.OrgPayouts
	AccountReviews  payments.AccountReviews
	PrivateAccounts payments.Privacy
	UnpaidRules     orders.Rules
	CoolingRules    cooling.Rules

	Accounts  auth.Accounts
	Factors   auth.Factors
	Trail     audit.Trail
	Throttle  auth.Throttle
	Digests   auth.Digests // of this product's own key
	Passwords *auth.Passwords
	Jobs      report.Store
	Wake      func() // has the runner look for jobs
}

// overview is the page of the whole county.
type overview struct {
	*page.Site
	Services
}

// people are the pages of households, their papers and of accounts.
type people struct {
	*page.Site
	Services
}

// goods are the pages of presales, prices and orders.
type goods struct {
	*page.Site
	Services
}

// Reports are the pages, and the endpoints, of reports.
type Reports struct {
	*page.Site
	Services
}

// moneyPages are the pages of incoming and outgoing money.
type moneyPages struct {
	*page.Site
	Services
}

// bookPages are the pages of the ledger.
type bookPages struct {
	*page.Site
	Services
}

// pools are the pages of distributions.
type pools struct {
	*page.Site
	Services
}

// New registers the pages of the county. It returns the pages of reports, which the API uses too.
func New(site *page.Site, services Services) *Reports {
	(&overview{site, services}).homeRoutes()
	p := &people{site, services}
	p.peopleRoutes()
	p.accountRoutes()
	p.auditRoutes()
	p.privacyRoutes()
	(&rulePages{site, services}).ruleRoutes()
	p.documentRoutes()
	p.turnRoutes()
	g := &goods{site, services}
	g.presaleRoutes()
	g.seasonRoutes()
	g.orderRoutes()
	g.priceRoutes()
	m := &moneyPages{site, services}
	m.receiptRoutes()
	m.payoutRoutes()
	m.treasuryRoutes()
	m.orgPayoutRoutes()
	(&pools{site, services}).distributionRoutes()
	b := &bookPages{site, services}
	b.booksRoutes()
	b.reversalRoutes()
	reports := &Reports{site, services}
	reports.reportRoutes()
	return reports
}
