package web

import (
	"context"
	"math"
	"net/http"
	"slices"
	"strconv"
	"time"

	"banmuyuan/orders"
	"banmuyuan/payments"
	"banmuyuan/web/auth"
)

// householdRoutes are the pages of a household, and of the helper who reads them to it. A household sees its own; a
// helper says whose with ?h=CODE, which every link and form of these pages carries on.
func (s *householdPages) householdRoutes() {
	earning := auth.Earning
	s.guarded("GET", "/my", "household.home", s.householdHome, earning...)
	s.guarded("GET", "/my/income", "household.income", s.householdIncome, earning...)
	s.guarded("GET", "/my/income/print", "household.income.print", s.householdIncomePrint, earning...)
	s.guarded("GET", "/my/distributions", "household.distributions", s.householdDistributions, earning...)
	s.guarded("GET", "/my/sales", "household.sales", s.householdSales, earning...)
	s.guarded("GET", "/my/tickets", "household.tickets", s.householdTickets, earning...)
	s.guarded("GET", "/my/tickets/{id:[0-9]+}", "household.ticket", s.householdTicket, earning...)
	s.guarded("GET", "/my/tickets/{id:[0-9]+}/print", "household.ticket.print", s.householdTicketPrint, earning...)
	s.guarded("GET", "/my/lots", "household.lots", s.householdLots, earning...)
	s.guarded("GET", "/my/lots/{presale:[0-9]+}", "household.lot", s.householdLot, earning...)
	s.guarded("POST", "/my/lots/{presale:[0-9]+}", "household.lot.save", s.householdLotSave, earning...)
	s.guarded("GET", "/my/account", "household.account", s.householdAccount, earning...)
	s.guarded("GET", "/my/account/change", "household.account.change", s.householdAccountChange, earning...)
	s.guarded("POST", "/my/account/change", "household.account.save", s.householdAccountSave, earning...)
	s.guarded("GET", "/my/helper", "household.consent", s.householdConsent, earning...)
	s.guarded("POST", "/my/helper", "household.consent.save", s.householdConsentSave, earning...)
	s.guarded("GET", "/my/actions", "household.actions", s.householdActions, earning...)
	s.guarded("GET", "/county/villages/{village:[0-9]+}/income", "county.village.income", s.countyVillageIncome, auth.County...)
	s.guarded("GET", "/helper", "helper.households", s.helperHouseholds, auth.Helper)
	s.guarded("GET", "/helper/income/print", "helper.income", s.helperIncome, auth.Helper)
	s.guarded("GET", "/helper/{code}/consent", "helper.consent", s.helperConsent, auth.Helper)
}

type householdHomePage struct {
	whose
	Season  int
	Sum     orders.IncomeSum
	Person  int64
	Next    *orders.Share // the next goods to hand over
	Open    int           // shares that are still to be handed over
	Last    *payments.PayoutItem
	Account payments.HouseholdAccount
	Aloud   string
}

func (s *householdPages) householdHome(w http.ResponseWriter, r *http.Request) error {
	if s.asksWhose(w, r) {
		return nil
	}
	ctx, who, err := s.acting(r)
	if err != nil {
		return err
	}
	d := householdHomePage{whose: who}
	income, err := s.Orders.Income(ctx, orders.IncomeRequest{HouseholdID: who.Household.ID})
	if err != nil {
		return err
	}
	d.Season, d.Sum, d.Person = income.Season, income.Sum, income.PerPersonFen
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
	return s.render(w, r, http.StatusOK, "household/home", d)
}

type householdIncomePage struct {
	whose
	Income  orders.Income
	Seasons []int
	Months  []incomeBar
	Most    int64 // the longest bar
	Entries []orders.IncomeEntry
	All     int // entries; Entries are a part of them unless all are asked for
	More    bool
	Years   []yearBar
	Printed time.Time

	// Entries of one figure: what it is narrowed to.
	Stage, Month, Programme, Channel string
	Narrowed                         string // in words
	Shown                            int64  // sum of all entries of the figure
	site                             *Site
}

type incomeBar struct {
	Key, Name string
	orders.IncomeSum
}

type yearBar struct {
	orders.IncomeYear
	Most int64
}

const entriesAtFirst = 30

func (s *householdPages) householdIncomePage(r *http.Request) (householdIncomePage, error) {
	ctx, who, err := s.acting(r)
	if err != nil {
		return householdIncomePage{}, err
	}
	f := s.queryForm(r)
	d, err := s.statement(ctx, who, int(f.Int("season")))
	if err != nil {
		return d, err
	}
	d.narrow(f)
	if f.Text("all") == "" && d.All > entriesAtFirst {
		d.Entries, d.More = d.Entries[:entriesAtFirst], true
	}
	return d, nil
}

// statement is a household's ledger of a season, ready for a page or a sheet of paper.
func (s *householdPages) statement(ctx context.Context, who whose, season int) (householdIncomePage, error) {
	d := householdIncomePage{whose: who, Printed: s.now(), site: s.Site}
	var err error
	if d.Income, err = s.Orders.Income(ctx, orders.IncomeRequest{HouseholdID: who.Household.ID, Season: season}); err != nil {
		return d, err
	}
	for _, y := range d.Income.Years {
		d.Seasons = append(d.Seasons, y.Season)
		most := max(y.PerPersonFen, y.VillagePerPersonFen)
		d.Years = append(d.Years, yearBar{IncomeYear: y, Most: most})
	}
	most := int64(0)
	for _, y := range d.Years {
		most = max(most, y.Most)
	}
	for i := range d.Years {
		d.Years[i].Most = most
	}
	slices.Reverse(d.Seasons)
	d.Months = months(d.Words.lang, d.Income.Season, d.Income.ByMonth)
	for _, m := range d.Months {
		d.Most = max(d.Most, m.Total())
	}
	d.Entries, d.All = d.Income.Entries, len(d.Income.Entries)
	return d, nil
}

// months fills the gaps between the first and the last month with income, so that the bars keep their distance.
func months(l Lang, season int, groups []orders.IncomeGroup) []incomeBar {
	sums := map[int]orders.IncomeSum{}
	first, last := math.MaxInt, 0
	for _, g := range groups {
		m, err := strconv.Atoi(g.Key)
		if err != nil || g.Total() == 0 {
			continue
		}
		sums[m] = g.IncomeSum
		first, last = min(first, m), max(last, m)
	}
	var bars []incomeBar
	for m := first; m <= last; m++ {
		bars = append(bars, incomeBar{Key: strconv.Itoa(m), Name: seasonMonth(l, season, m), IncomeSum: sums[m]})
	}
	return bars
}

// seasonMonth names a month of a season, with its year where that is another; see orders.SeasonMonth.
func seasonMonth(l Lang, season, month int) string {
	day := time.Date(season, time.Month(month), 1, 0, 0, 0, 0, china)
	if day.Year() == season {
		return l.pick(day.Format("1\u00a0月"), day.Format("Jan"))
	}
	return l.pick(day.Format("2006 年 1\u00a0月"), day.Format("Jan 2006"))
}

func (s *householdPages) householdIncome(w http.ResponseWriter, r *http.Request) error {
	if s.asksWhose(w, r) {
		return nil
	}
	d, err := s.householdIncomePage(r)
	if err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, "household/income", d)
}

// householdIncomePrint is the statement on one sheet of paper.
func (s *householdPages) householdIncomePrint(w http.ResponseWriter, r *http.Request) error {
	d, err := s.householdIncomePage(r)
	if err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, "household/income_print", d)
}
