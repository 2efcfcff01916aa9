package household

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
	"banmuyuan/web/page"
)

// routes are the pages of a household, and of the helper who reads them to it. A household sees its own; a
// helper says whose with ?h=CODE, which every link and form of these pages carries on.
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
	page.Whose
	Season  int
	Sum     orders.IncomeSum
	Person  int64
	Next    *orders.Share // the next goods to hand over
	Open    int           // shares that are still to be handed over
	Last    *payments.PayoutItem
	Account payments.HouseholdAccount
	Aloud   string
}

func (s *pages) home(w http.ResponseWriter, r *http.Request) error {
	if s.AsksWhose(w, r) {
		return nil
	}
	ctx, who, err := s.Acting(r)
	if err != nil {
		return err
	}
	d := homePage{Whose: who}
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
	return s.Render(w, r, http.StatusOK, "household/home", d)
}

type incomePage struct {
	page.Whose
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
	site                             *page.Site
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

func (s *pages) incomePage(r *http.Request) (incomePage, error) {
	ctx, who, err := s.Acting(r)
	if err != nil {
		return incomePage{}, err
	}
	f := s.QueryForm(r)
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
func (s *pages) statement(ctx context.Context, who page.Whose, season int) (incomePage, error) {
	d := incomePage{Whose: who, Printed: s.Now(), site: s.Site}
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
	d.Months = months(d.Words.Lang, d.Income.Season, d.Income.ByMonth)
	for _, m := range d.Months {
		d.Most = max(d.Most, m.Total())
	}
	d.Entries, d.All = d.Income.Entries, len(d.Income.Entries)
	return d, nil
}

// months fills the gaps between the first and the last month with income, so that the bars keep their distance.
func months(l page.Lang, season int, groups []orders.IncomeGroup) []incomeBar {
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
func seasonMonth(l page.Lang, season, month int) string {
	day := time.Date(season, time.Month(month), 1, 0, 0, 0, 0, page.China)
	if day.Year() == season {
		return l.Pick(day.Format("1\u00a0月"), day.Format("Jan"))
	}
	return l.Pick(day.Format("2006 年 1\u00a0月"), day.Format("Jan 2006"))
}

func (s *pages) income(w http.ResponseWriter, r *http.Request) error {
	if s.AsksWhose(w, r) {
		return nil
	}
	d, err := s.incomePage(r)
	if err != nil {
		return err
	}
	return s.Render(w, r, http.StatusOK, "household/income", d)
}

// incomePrint is the statement on one sheet of paper.
func (s *pages) incomePrint(w http.ResponseWriter, r *http.Request) error {
	d, err := s.incomePage(r)
	if err != nil {
		return err
	}
	return s.Render(w, r, http.StatusOK, "household/income_print", d)
}
