package income

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"banmuyuan/catalog"
	"banmuyuan/orders"
	"banmuyuan/orders/postgres/desk"
)

// reports caches the county's totals for a moment: they are read often and change with everything.
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
	return reportOf(ctx, m.DB, avg, season)
}

// reportOf makes a report from averages that q has read.
func reportOf(ctx context.Context, q desk.Queryer, avg *average, season int) (orders.Report, error) {
	rep := orders.Report{Season: season, Persons: avg.persons, ByVillage: []orders.VillageIncome{}, Orders: []orders.StateCount{}}
	rep.Years = orders.CountyYears(avg.countyEarnings(), season)
	rep.CarriedFen = orders.Carried(rep.Years, season)
	for v, persons := range avg.villagePersons {
		rep.ByVillage = append(rep.ByVillage, orders.VillageIncome{VillageID: v, Households: avg.villageHomes[v], Persons: persons,
			IncomeSum: avg.village[villageSeason{v, season}]})
	}
	slices.SortFunc(rep.ByVillage, func(a, b orders.VillageIncome) int { return cmp.Compare(a.VillageID, b.VillageID) })
	if err := reportGroups(ctx, q, &rep); err != nil {
		return rep, err
	}
	if err := reportSpread(ctx, q, &rep); err != nil {
		return rep, err
	}
	var counts []struct {
		State       orders.State    `db:"state"`
		Channel     catalog.Channel `db:"channel"`
		Count       int64           `db:"count"`
		EstimateFen int64           `db:"estimate_fen"`
	}
	err := q.SelectContext(ctx, &counts, `
		SELECT o.state, o.channel, count(*) AS count, sum(o.estimate_fen)::bigint AS estimate_fen
		FROM orders o JOIN order_line l ON l.order_id = o.id AND l.no = 1 JOIN offer f ON f.id = l.offer_id -- all lines are of one season
		WHERE f.season = $1 GROUP BY o.state, o.channel ORDER BY o.state, o.channel`, season)
	if err != nil {
		return rep, fmt.Errorf("count orders: %w", err)
	}
	for _, c := range counts {
		rep.Orders = append(rep.Orders, orders.StateCount(c))
	}
	return rep, nil
}

func reportGroups(ctx context.Context, q desk.Queryer, rep *orders.Report) error {
	var rows []struct {
		Month     int             `db:"month"`
		Programme string          `db:"programme"`
		Channel   catalog.Channel `db:"channel"`
		sums
	}
	err := q.SelectContext(ctx, &rows, `
		SELECT e.month, e.programme, e.channel, `+sumsSQL+` FROM income_entry e WHERE e.season = $1 GROUP BY 1, 2, 3`, rep.Season)
	if err != nil {
		return fmt.Errorf("sum income: %w", err)
	}
	var groups orders.IncomeGroups
	for _, r := range rows {
		groups.Add(r.Month, r.Programme, r.Channel, r.sums.Out())
	}
	rep.ByMonth, rep.ByProgramme, rep.ByChannel = groups.Months(), groups.Programmes(), groups.Channels()
	return nil
}

// reportSpread adds how income per person is spread over households.
func reportSpread(ctx context.Context, q desk.Queryer, rep *orders.Report) error {
	var rows []struct {
		Persons int64 `db:"persons"`
		Fen     int64 `db:"fen"`
		Nothing bool  `db:"nothing"`
	}
	err := q.SelectContext(ctx, &rows, `
		SELECT h.persons, coalesce(e.fen, 0)::bigint AS fen, e.fen IS NULL AS nothing
		FROM household_ref h
		LEFT JOIN (SELECT household_id, sum(amount_fen) AS fen FROM income_entry WHERE season = $1 GROUP BY household_id) e ON e.household_id = h.id
		WHERE NOT h.retired OR e.fen IS NOT NULL`,
		rep.Season)
	if err != nil {
		return fmt.Errorf("read households' income: %w", err)
	}
	earners := make([]orders.Earner, len(rows))
	for i, r := range rows {
		earners[i] = orders.Earner{Persons: r.Persons, Fen: r.Fen}
		if r.Nothing {
			rep.NoIncome++
		}
	}
	rep.Histogram, rep.Gini = orders.Histogram(earners), orders.Gini(earners)
	return nil
}

// drop makes the next caller wait for a new report.
func (r *reports) drop() {
	r.mu.Lock()
	r.bySeason = nil
	r.mu.Unlock()
}
