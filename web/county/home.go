package county

import (
	"cmp"
	"net/http"
	"slices"

	"banmuyuan/catalog"
	"banmuyuan/orders"
	"banmuyuan/payments"
	"banmuyuan/web/auth"
	"banmuyuan/web/page"
)

// homeRoutes is the first page of the county's staff.
func (s *overview) homeRoutes() {
	county := auth.County
	s.Guarded("GET", "/county", "county.home", s.home, county...)
}

type homePage struct {
	Words    page.Words
	Choice   page.SeasonChoice
	Coverage catalog.Coverage
	Report   orders.Report
	Reported []catalog.ReportedYear // by the county for years before, to compare with
	Orders   []pipelineRow
	Money    moneyFigures
	Villages []catalog.VillageCoverage // least share of households selling first; none where the season has nothing to sell
	NoSale   int                       // villages without one sale
	Channels []catalog.Channel
	Figures  []countyFigure
	Tasks    []task
	Attack   bool  // too many logins fail
	Late     int   // objections with a late answer
	Received int64 // expected, owed and paid of the season
}

// countyFigure is one figure of the land, stations and members of the county.
type countyFigure struct{ Key, Text string }

// countyFigures are the county's figures; a figure of 0 is left out.
func countyFigures(c catalog.Coverage) []countyFigure {
	var all []countyFigure
	add := func(key string, n int64, text string) {
		if n > 0 {
			all = append(all, countyFigure{key, text})
		}
	}
	add("garden", c.GardenM2, page.Hundredths((c.GardenM2*3+10)/20)) // a mu is 2000/3 m²
	add("entrusted", c.EntrustedMilliMu, page.Hundredths((c.EntrustedMilliMu+5)/10))
	add("plants", c.SolarPlants, page.Hundredths(c.SolarPlants*100))
	add("solar", c.SolarKW, page.Hundredths((c.SolarKW+5)/10)) // megawatts
	add("members", c.CoopMembers, page.Hundredths(c.CoopMembers*100))
	return all
}

type pipelineRow struct {
	State orders.State
	Count map[catalog.Channel]int64
	All   int64
	Fen   int64
}

// moneyFigures is the ledger in three figures.
type moneyFigures struct {
	Pending, Released, InTransit, Balanced int64
	OK                                     bool
}

var channels = []catalog.Channel{catalog.ChannelContract, catalog.ChannelMarket, catalog.ChannelPrivate}

func (s *overview) home(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	d := homePage{Words: s.Words(r), Channels: channels}
	var err error
	if d.Attack, err = auth.UnderAttack(ctx, s.Throttle); err != nil {
		return err
	}
	objections, err := s.Turns.Objections(ctx, catalog.ObjectionFilter{Open: true, Limit: 1})
	if err != nil {
		return err
	}
	d.Late = objections.Overdue
	if d.Tasks, err = s.waiting(ctx); err != nil {
		return err
	}
	ref, err := s.Reference(ctx)
	if err != nil {
		return err
	}
	d.Reported = ref.Reported
	if d.Choice, err = s.SeasonChoice(r, int(s.QueryForm(r).Int("season"))); err != nil {
		return err
	}
	season := d.Choice.Season // of all that follows
	if d.Coverage, err = s.Catalog.Coverage(ctx, catalog.CoverageRequest{Season: season}); err != nil {
		return err
	}
	d.Figures = countyFigures(d.Coverage)
	if d.Report, err = s.Orders.Report(ctx, orders.ReportRequest{Season: season}); err != nil {
		return err
	}
	trial, err := s.Payments.TrialBalance(ctx, payments.None{})
	if err != nil {
		return err
	}
	d.Money = moneyHeadline(trial)
	d.Orders = pipeline(d.Report.Orders)
	for _, y := range d.Report.Years {
		if y.Season == d.Report.Season {
			d.Received = y.Total()
		}
	}
	d.Villages, d.NoSale = bySales(d.Coverage.ByVillage)
	return s.Render(w, r, http.StatusOK, "county/home", d)
}

// bySales returns the villages by the share of households that sold something, the least first, and how many have none. A
// season of before the register has nothing to sell, and so no villages.
func bySales(all []catalog.VillageCoverage) (villages []catalog.VillageCoverage, noSale int) {
	var capacity int64
	for _, v := range all {
		capacity += v.Capacity
		if v.Selling == 0 {
			noSale++
		}
	}
	if capacity == 0 {
		return nil, 0
	}
	villages = slices.Clone(all)
	slices.SortStableFunc(villages, func(a, b catalog.VillageCoverage) int {
		// a.Selling/a.Households against b's, without dividing
		return cmp.Compare(a.Selling*max(b.Households, 1), b.Selling*max(a.Households, 1))
	})
	return villages, noSale
}

func pipeline(counts []orders.StateCount) []pipelineRow {
	var rows []pipelineRow
	for _, state := range orders.States {
		row := pipelineRow{State: state, Count: map[catalog.Channel]int64{}}
		for _, c := range channels {
			row.Count[c] = 0
		}
		for _, c := range counts {
			if c.State == state {
				row.Count[c.Channel] += c.Count
				row.All += c.Count
				row.Fen += c.EstimateFen
			}
		}
		rows = append(rows, row)
	}
	return rows
}

// moneyHeadline reads the amounts owed to households out of the trial balance: their accounts are credits.
func moneyHeadline(t payments.TrialBalance) moneyFigures {
	m := moneyFigures{Balanced: t.SumFen, OK: t.SumFen == 0}
	for _, row := range t.Rows {
		switch row.Kind {
		case "payable_pending":
			m.Pending -= row.BalanceFen
		case "payable":
			m.Released -= row.BalanceFen
		case "payout_transit":
			m.InTransit -= row.BalanceFen
		}
	}
	return m
}
