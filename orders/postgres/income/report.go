package income

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sort"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"banmuyuan/catalog"
	"banmuyuan/orders"
	"banmuyuan/orders/postgres/desk"
)

// reports remembers the county's totals for a moment: they are read by many and change with everything.
type reports struct {
	flights  singleflight.Group
	mu       sync.Mutex
	bySeason map[int]*reportAt
}

type reportAt struct {
	at time.Time
	orders.Report
}

const (
	reportFresh = 2 * time.Second
	reportStale = 30 * time.Second
)

// Report is the county's totals of a season, a few seconds old at most when it is read often.
func (m *Room) Report(ctx context.Context, r orders.ReportRequest) (orders.Report, error) {
	if err := desk.NeedCounty(ctx); err != nil {
		return orders.Report{}, err
	}
	ref, err := m.Ref.Get(ctx)
	if err != nil {
		return orders.Report{}, err
	}
	season := cmp.Or(r.Season, ref.Season)
	m.reports.mu.Lock()
	had := m.reports.bySeason[season]
	m.reports.mu.Unlock()
	if had != nil && time.Since(had.at) < reportFresh {
		return had.Report, nil
	}
	ch := m.reports.flights.DoChan(strconv.Itoa(season), func() (any, error) {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		at := time.Now()
		rep, err := m.report(ctx, season)
		if err == nil {
			m.reports.mu.Lock()
			if m.reports.bySeason == nil || len(m.reports.bySeason) > 50 {
				m.reports.bySeason = map[int]*reportAt{}
			}
			m.reports.bySeason[season] = &reportAt{at, rep}
			m.reports.mu.Unlock()
		}
		return rep, err
	})
	if had != nil && time.Since(had.at) < reportStale {
		return had.Report, nil
	}
	select {
	case <-ctx.Done():
		return orders.Report{}, ctx.Err()
	case res := <-ch:
		if res.Err != nil {
			return orders.Report{}, res.Err
		}
		return res.Val.(orders.Report), nil
	}
}

func (m *Room) report(ctx context.Context, season int) (orders.Report, error) {
	avg, err := m.averages.look(ctx, m)
	if err != nil {
		return orders.Report{}, err
	}
	rep := orders.Report{Season: season, Persons: avg.persons, Years: []orders.IncomeYear{}, ByVillage: []orders.VillageIncome{}, Orders: []orders.StateCount{}}
	for s, sum := range avg.county {
		if s <= season {
			rep.Years = append(rep.Years, orders.IncomeYear{Season: s, IncomeSum: sum,
				PerPersonFen: perPerson(sum.Total(), avg.persons), CountyPerPersonFen: perPerson(sum.Total(), avg.persons)})
		}
	}
	slices.SortFunc(rep.Years, func(a, b orders.IncomeYear) int { return cmp.Compare(a.Season, b.Season) })
	for v, persons := range avg.villagePersons {
		rep.ByVillage = append(rep.ByVillage, orders.VillageIncome{VillageID: v, Households: avg.villageHomes[v], Persons: persons,
			IncomeSum: avg.village[villageSeason{v, season}]})
	}
	slices.SortFunc(rep.ByVillage, func(a, b orders.VillageIncome) int { return cmp.Compare(a.VillageID, b.VillageID) })
	if err := m.reportGroups(ctx, &rep); err != nil {
		return rep, err
	}
	if err := m.reportSpread(ctx, &rep); err != nil {
		return rep, err
	}
	var counts []struct {
		State       orders.State    `db:"state"`
		Channel     catalog.Channel `db:"channel"`
		Count       int64           `db:"count"`
		EstimateFen int64           `db:"estimate_fen"`
	}
	err = m.DB.SelectContext(ctx, &counts, `
		SELECT state, channel, count(*) AS count, sum(estimate_fen)::bigint AS estimate_fen FROM orders GROUP BY state, channel ORDER BY state, channel`)
	if err != nil {
		return rep, fmt.Errorf("count orders: %w", err)
	}
	for _, c := range counts {
		rep.Orders = append(rep.Orders, orders.StateCount(c))
	}
	return rep, nil
}

func (m *Room) reportGroups(ctx context.Context, rep *orders.Report) error {
	var rows []struct {
		Month     int    `db:"month"`
		Programme string `db:"programme"`
		Channel   string `db:"channel"`
		sums
	}
	err := m.DB.SelectContext(ctx, &rows, `
		SELECT e.month, e.programme, e.channel, `+sumsSQL+` FROM income_entry e WHERE e.season = $1 GROUP BY 1, 2, 3`, rep.Season)
	if err != nil {
		return fmt.Errorf("sum income: %w", err)
	}
	months, programmes, channels := groups{}, groups{}, groups{}
	for _, r := range rows {
		s := r.sums.Out()
		months.add(strconv.Itoa(r.Month), s)
		programmes.add(r.Programme, s)
		channels.add(cmp.Or(r.Channel, channelless), s)
	}
	rep.ByMonth, rep.ByProgramme, rep.ByChannel = months.byNumber(), programmes.bySize(), channels.bySize()
	return nil
}

// reportSpread tells how income per person is spread over households.
func (m *Room) reportSpread(ctx context.Context, rep *orders.Report) error {
	var rows []earner
	err := m.DB.SelectContext(ctx, &rows, `
		SELECT h.persons, coalesce(e.fen, 0)::bigint AS fen, e.fen IS NULL AS nothing
		FROM household_ref h
		LEFT JOIN (SELECT household_id, sum(amount_fen) AS fen FROM income_entry WHERE season = $1 GROUP BY household_id) e ON e.household_id = h.id`,
		rep.Season)
	if err != nil {
		return fmt.Errorf("read households' income: %w", err)
	}
	for _, r := range rows {
		if r.Nothing {
			rep.NoIncome++
		}
	}
	rep.Histogram, rep.Gini = histogram(rows), gini(rows)
	return nil
}

type earner struct {
	Persons int64 `db:"persons"`
	Fen     int64 `db:"fen"`
	Nothing bool  `db:"nothing"`
}

func (e earner) perPerson() float64 { return float64(e.Fen) / float64(max(e.Persons, 1)) }

// gini is the Gini coefficient of income per person, each household counted by its persons. It is a figure to look at,
// no amount of money.
func gini(rows []earner) float64 {
	rows = slices.Clone(rows)
	sort.Slice(rows, func(i, j int) bool { return rows[i].perPerson() < rows[j].perPerson() })
	var persons, income, area float64
	for _, r := range rows {
		n, x := float64(max(r.Persons, 1)), float64(max(r.Fen, 0))
		area += n * (2*income + x) // twice the trapezium under the Lorenz curve
		persons, income = persons+n, income+x
	}
	if persons == 0 || income == 0 {
		return 0
	}
	return 1 - area/(persons*income)
}

const histogramBins = 12

// histogram counts households by income per person, in bins of a round width that take in all but the highest few.
func histogram(rows []earner) []orders.HistogramBin {
	if len(rows) == 0 {
		return []orders.HistogramBin{}
	}
	fen := make([]int64, len(rows))
	for i, r := range rows {
		fen[i] = perPerson(max(r.Fen, 0), r.Persons)
	}
	slices.Sort(fen)
	width := roundUp(fen[len(fen)*98/100]/histogramBins + 1)
	bins := make([]orders.HistogramBin, histogramBins)
	for i := range bins {
		bins[i].FromFen, bins[i].ToFen = int64(i)*width, int64(i+1)*width
	}
	for _, f := range fen {
		bins[min(f/width, histogramBins-1)].Households++
	}
	bins[histogramBins-1].ToFen = max(bins[histogramBins-1].ToFen, fen[len(fen)-1]+1)
	return bins
}

// roundUp is the next 1, 2 or 5 times a power of ten, in yuan.
func roundUp(fen int64) int64 {
	for p := int64(100); ; p *= 10 {
		for _, k := range []int64{1, 2, 5} {
			if fen <= k*p {
				return k * p
			}
		}
	}
}

// drop has the next one wait for a new report.
func (r *reports) drop() {
	r.mu.Lock()
	r.bySeason = nil
	r.mu.Unlock()
}
