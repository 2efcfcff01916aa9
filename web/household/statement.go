package household

import (
	"context"
	"math"
	"net/http"
	"slices"
	"strconv"
	"time"

	"banmuyuan/orders"
	"banmuyuan/web/page"
)

type incomePage struct {
	page.HouseholdPage
	Income  orders.Income
	Seasons []int
	Months  []incomeBar
	Most    int64 // the longest bar
	Entries []orders.IncomeEntry
	All     int // entries; Entries are a part of them unless all are asked for
	More    bool
	Years   []yearBar
	Printed time.Time

	// Entries of one figure: the filter.
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
func (s *pages) statement(ctx context.Context, who page.HouseholdPage, season int) (incomePage, error) {
	d := incomePage{HouseholdPage: who, Printed: s.Now(), site: s.Site}
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
	ref, err := s.Reference(ctx)
	if err != nil {
		return d, err
	}
	for _, season := range ref.Seasons { // also the ones to come
		d.Seasons = append(d.Seasons, season.ID)
	}
	slices.Sort(d.Seasons)
	d.Seasons = slices.Compact(d.Seasons)
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
	if s.ChooseHousehold(w, r) {
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
