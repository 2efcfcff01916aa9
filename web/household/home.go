package household

import (
	"net/http"
	"slices"

	"banmuyuan/orders"
	"banmuyuan/orders/contract"
	"banmuyuan/payments"
	"banmuyuan/web/auth"
	"banmuyuan/web/page"
)

// routes are the pages of a household and of its helper. A household sees its own; a
// helper names the household with ?h=CODE, which every link and form of these pages carries on.
func (s *pages) routes() {
	earning := auth.Earning
	s.Guarded("GET", "/my", "household.home", s.home, earning...)
	s.Guarded("GET", "/my/income", "household.income", s.income, earning...)
	s.Guarded("GET", "/my/income/print", "household.income.print", s.incomePrint, earning...)
	s.Guarded("GET", "/my/distributions", "household.distributions", s.distributions, earning...)
	s.Guarded("GET", "/my/sales", "household.sales", s.sales, earning...)
	s.Guarded("GET", "/my/sales/{no}/{line:[0-9]+}/{lot:[0-9]+}", "household.sale", s.sale, earning...)
	s.Guarded("GET", "/my/more", "household.more", s.more, earning...)
	s.Guarded("GET", "/my/tickets", "household.tickets", s.tickets, earning...)
	s.Guarded("GET", "/my/tickets/{id:[0-9]+}", "household.ticket", s.ticket, earning...)
	s.Guarded("GET", "/my/tickets/{id:[0-9]+}/print", "household.ticket.print", s.ticketPrint, earning...)
	s.Guarded("GET", "/my/lots", "household.lots", s.lots, earning...)
	s.Guarded("GET", "/my/lots/{presale:[0-9]+}", "household.lot", s.lot, earning...)
	s.Guarded("POST", "/my/lots/{presale:[0-9]+}", "household.lot.save", s.lotSave, earning...)
	s.turnRoutes()
	s.Guarded("GET", "/my/account", "household.account", s.account, earning...)
	s.Guarded("GET", "/my/account/change", "household.account.change", s.accountChange, earning...)
	s.Guarded("POST", "/my/account/change", "household.account.save", s.accountSave, earning...)
	s.Guarded("GET", "/my/helper", "household.consent", s.consent, earning...)
	s.Guarded("POST", "/my/helper", "household.consent.save", s.consentSave, earning...)
	s.Guarded("GET", "/my/actions", "household.actions", s.actions, earning...)
	s.Guarded("GET", "/county/villages/{village:[0-9]+}/income", "county.village.income", s.countyVillageIncome, auth.County...)
	s.Guarded("GET", "/helper", "helper.households", s.helperHouseholds, auth.Helper)
	s.Guarded("GET", "/helper/income/print", "helper.income", s.helperIncome, auth.Helper)
	s.Guarded("GET", "/helper/{code}/consent", "helper.consent", s.helperConsent, auth.Helper)
}

// homePage answers four questions: goods sold and handed over, their amount, the day of the money, the next steps.
type homePage struct {
	page.HouseholdPage
	Season  int // 0: the county has none yet
	Sold    []soldGoods
	Income  orders.Income
	Parts   orders.Parts // of all income of the season
	Before  *orders.IncomeYear
	Last    *payments.PayoutItem
	Account payments.HouseholdAccount
	Asked   []contract.Quota // that wait for the household's answer
	Next    *orders.Share    // the next goods to hand over
	Open    int              // shares that are still to be handed over
}

// SoldByOrder reports whether something was sold by an order, which has an account of its own.
func (d homePage) SoldByOrder() bool {
	return slices.ContainsFunc(d.Sold, func(g soldGoods) bool { return g.Page == "household.sales" })
}

func (s *pages) home(w http.ResponseWriter, r *http.Request) error {
	if s.ChooseHousehold(w, r) {
		return nil
	}
	ctx, who, err := s.Acting(r)
	if err != nil {
		return err
	}
	d := homePage{HouseholdPage: who}
	id := who.Household.ID
	if d.Income, err = s.Orders.Income(ctx, orders.IncomeRequest{HouseholdID: id}); err != nil {
		return err
	}
	d.Season = d.Income.Season
	d.Sold, d.Parts = soldOf(d.Income.Entries), partsOf(d.Income.Entries)
	for i, y := range d.Income.Years {
		if y.Season == d.Season-1 && y.Total() > 0 {
			d.Before = &d.Income.Years[i]
		}
	}
	shares, err := s.Orders.Collection(ctx, orders.CollectionFilter{Household: id, State: orders.ShareExpected, Limit: 100})
	if err != nil {
		return err
	}
	d.Open = shares.Total
	for i, share := range shares.Items {
		if d.Next == nil || share.DeliverFrom.Before(d.Next.DeliverFrom) {
			d.Next = &shares.Items[i]
		}
	}
	quotas, err := s.Contracts.Quotas(ctx, contract.QuotaFilter{Household: id, State: contract.QuotaProposed, Limit: 50})
	if err != nil {
		return err
	}
	d.Asked = quotas.Items
	if d.Account, err = s.Payments.HouseholdAccount(ctx, payments.HouseholdRef{ID: id}); err != nil {
		return err
	}
	for i, p := range d.Account.Payouts { // newest first
		if p.State == payments.ItemPaid {
			d.Last = &d.Account.Payouts[i]
			break
		}
	}
	return s.Render(w, r, http.StatusOK, "household/home", d)
}

type morePage struct{ page.HouseholdPage }

// more lists the household's other pages.
func (s *pages) more(w http.ResponseWriter, r *http.Request) error {
	if s.ChooseHousehold(w, r) {
		return nil
	}
	_, who, err := s.Acting(r)
	if err != nil {
		return err
	}
	return s.Render(w, r, http.StatusOK, "household/more", morePage{who})
}
