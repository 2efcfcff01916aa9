package web

import (
	"banmuyuan/catalog"
	"banmuyuan/orders"
	"banmuyuan/orders/contract"
	"banmuyuan/orders/document"
	"banmuyuan/payments"
	"banmuyuan/web/auth"
	"banmuyuan/web/report"
	"banmuyuan/web/sheet"
)

// countyWing is what the county's staff brings to the site.
func countyWing() Wing {
	return Wing{Name: "county", Layout: "desk",
		Messages: []map[string][2]string{countyWords, sheet.Messages, bookWords, distributionWords, orgPayoutWords, reversalWords, treasuryWords},
		Tones:    []Tones{countyTones, bookTones, distributionTones, orgPayoutTones, reversalTones, treasuryTones},
		Menu: []Entry{
			{"county.home", "chart-column", "全县总览", "Overview", auth.County},
			{"county.presales", "sprout", "预售", "Presales", auth.County},
			{"county.households", "users", "农户", "Households", auth.County},
			{"county.reviews", "shield-check", "待核对", "Reviews", auth.County},
			{"county.orders", "receipt-text", "订单", "Orders", auth.County},
			{"desk.adoptions", "heart-handshake", "认养", "Adoptions", auth.County},
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
		Homes: map[auth.Role][]string{auth.Operator: {"county.home"}, auth.Approver: {"county.home"}, auth.Admin: {"county.home"}},
	}
}

// countyServices are what the pages of the county ask.
type countyServices struct {
	Catalog         catalog.Service
	Care            catalog.Care
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

	Accounts  auth.Accounts
	Cards     auth.Cards
	Digests   auth.Digests // of this product's own key
	Passwords *auth.Passwords
	Jobs      report.Store
	Wake      func() // has the runner look for jobs
}

// overview is the page of the whole county.
type overview struct {
	*Site
	countyServices
}

// people are the pages of households, their papers and of accounts.
type people struct {
	*Site
	countyServices
}

// Cards are the pages, and the endpoints, of the cards that households log in with.
type Cards struct {
	*Site
	countyServices
}

// goods are the pages of presales, prices and orders.
type goods struct {
	*Site
	countyServices
}

// Reports are the pages, and the endpoints, of reports.
type Reports struct {
	*Site
	countyServices
}

// moneyPages are the pages of what comes in and goes out.
type moneyPages struct {
	*Site
	countyServices
}

// bookPages are the pages of the ledger.
type bookPages struct {
	*Site
	countyServices
}

// pools are the pages of distributions.
type pools struct {
	*Site
	countyServices
}

// County are those of the county's pages that programs use too.
type County struct {
	Cards   *Cards
	Reports *Reports
}

// newCounty registers the pages of the county.
func newCounty(site *Site, services countyServices) County {
	c := County{Cards: &Cards{site, services}, Reports: &Reports{site, services}}
	(&overview{site, services}).homeRoutes()
	p := &people{site, services}
	p.peopleRoutes()
	p.accountRoutes()
	p.privacyRoutes()
	p.documentRoutes()
	c.Cards.cardRoutes()
	g := &goods{site, services}
	g.presaleRoutes()
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
	c.Reports.reportRoutes()
	return c
}
