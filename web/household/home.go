package household

import (
	"net/http"

	"banmuyuan/orders"
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

type homePage struct {
	page.HouseholdPage
	Season  int   // 0: the county has none yet
	Carried int64 // owed from earlier seasons
	Sum     orders.IncomeSum
	Person  int64
	Next    *orders.Share // the next goods to hand over
	Open    int           // shares that are still to be handed over
	Last    *payments.PayoutItem
	Account payments.HouseholdAccount
	Aloud   string
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
	income, err := s.Orders.Income(ctx, orders.IncomeRequest{HouseholdID: who.Household.ID})
	if err != nil {
		return err
	}
	d.Season, d.Sum, d.Person, d.Carried = income.Season, income.Sum, income.PerPersonFen, income.CarriedFen
	shares, err := s.Orders.Collection(ctx, orders.CollectionFilter{Household: who.Household.ID, State: orders.ShareExpected, Limit: 100})
	if err != nil {
		return err
	}
	d.Open = shares.Total
	for i, share := range shares.Items {
		if d.Next == nil || share.DeliverFrom.Before(d.Next.DeliverFrom) {
			d.Next = &shares.Items[i]
		}
	}
	if d.Account, err = s.Payments.HouseholdAccount(ctx, payments.HouseholdRef{ID: who.Household.ID}); err != nil {
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
