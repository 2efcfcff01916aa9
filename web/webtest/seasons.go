package webtest

import (
	"context"
	"time"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/orders"
)

// StubSeasons answers with four seasons, one in each state, and keeps the acts that it was asked for.
type StubSeasons struct {
	Acts    []string
	Settled bool // nothing of any season is open
	NoReach string
	Refuse  error
}

func (s *StubSeasons) all() []catalog.SeasonSummary {
	at := Day.AddDate(-1, 0, 0)
	f := catalog.SeasonFigures{Drafts: 2, Open: 3, Ended: 5, Contracts: 1, Lots: 31_000, Households: 10_943, Selling: 9_001, Holds: 412}
	return []catalog.SeasonSummary{
		{Season: catalog.Season{ID: 2027, State: catalog.SeasonPlanned, Title: catalog.Text{Zh: "丰收年", En: "Plenty"}}, PlannedAt: &at, Figures: catalog.SeasonFigures{Drafts: 4, Open: 1, Households: 120}},
		{Season: catalog.Season{ID: 2026, State: catalog.SeasonCurrent}, BegunAt: &at, Figures: f},
		{Season: catalog.Season{ID: 2025, State: catalog.SeasonClosing}, BegunAt: &at, Figures: f},
		{Season: catalog.Season{ID: 2024, State: catalog.SeasonClosed}, BegunAt: &at, ClosedAt: &at},
	}
}

func (s *StubSeasons) Seasons(context.Context, catalog.None) (catalog.SeasonList, error) {
	return catalog.SeasonList{Items: s.all(), Default: 2026}, nil
}

func (s *StubSeasons) Season(_ context.Context, r catalog.SeasonRef) (catalog.SeasonDetail, error) {
	all := s.all()
	for _, one := range all {
		if one.ID != r.Season {
			continue
		}
		d := catalog.SeasonDetail{SeasonSummary: one, Acts: []catalog.Act{{Step: string(catalog.SeasonStepPlan), Actor: "operator", Role: "operator", At: Day}}}
		if one.State == catalog.SeasonPlanned {
			d.Replaces = &all[1]
		}
		return d, nil
	}
	return catalog.SeasonDetail{}, link.E(link.NotFound, "season.unknown", "season", "season", "1")
}

func (s *StubSeasons) did(what string) (catalog.SeasonSummary, error) {
	if s.Refuse == nil {
		s.Acts = append(s.Acts, what)
	}
	return catalog.SeasonSummary{}, s.Refuse
}

func (s *StubSeasons) PlanSeason(_ context.Context, r catalog.PlanSeason) (catalog.SeasonSummary, error) {
	return s.did("plan " + time.Date(r.Season, 1, 1, 0, 0, 0, 0, time.UTC).Format("2006") + r.Title.Zh)
}

func (s *StubSeasons) BeginSeason(_ context.Context, r catalog.SeasonRef) (catalog.SeasonSummary, error) {
	return s.did("begin " + time.Date(r.Season, 1, 1, 0, 0, 0, 0, time.UTC).Format("2006"))
}

func (s *StubSeasons) PresaleReach(_ context.Context, r catalog.PresaleRef) (catalog.PresaleReach, error) {
	if s.NoReach != "" {
		return catalog.PresaleReach{PresaleID: r.ID, Reason: s.NoReach}, nil
	}
	return catalog.PresaleReach{PresaleID: r.ID, Season: 2026, Registered: 10_943, Households: 9_120, Units: 88_000,
		ByTownship: []catalog.TownshipReach{{TownshipID: 1, Township: "依安镇", Households: 9_000, Units: 87_000}, {TownshipID: 2, Township: "三兴镇", Households: 120, Units: 1_000}}}, nil
}

func (s *StubSeasons) PresaleHistory(context.Context, catalog.PresaleRef) (catalog.PresaleHistory, error) {
	return catalog.PresaleHistory{Acts: []catalog.Act{{Step: string(catalog.PresaleStepReopen), Actor: "operator", Role: "operator", At: Day, Reason: "截错了"}}}, nil
}

// CloseSeason is for orders only.
func (s *StubSeasons) CloseSeason(context.Context, catalog.CloseSeason) (catalog.SeasonSummary, error) {
	return catalog.SeasonSummary{}, link.E(link.Forbidden, "forbidden", "")
}

// ReopenSeason is for orders only.
func (s *StubSeasons) ReopenSeason(context.Context, catalog.ReopenSeason) (catalog.SeasonSummary, error) {
	return catalog.SeasonSummary{}, link.E(link.Forbidden, "forbidden", "")
}

// Ends is the part of orders.
func (s *StubSeasons) Ends() orders.Seasons { return stubEnds{s} }

type stubEnds struct{ *StubSeasons }

func (s stubEnds) SeasonOpenItems(_ context.Context, r catalog.SeasonRef) (orders.SeasonOpenItems, error) {
	if s.Settled {
		return orders.OpenItemsOf(r.Season, nil), nil
	}
	var all []orders.OpenItem
	for i, kind := range orders.OpenKinds {
		all = append(all, orders.OpenItem{Kind: kind, Count: int64(i + 1), AmountFen: 100_00})
	}
	return orders.OpenItemsOf(r.Season, all), nil
}

func (s stubEnds) CloseSeason(_ context.Context, r catalog.SeasonRef) (catalog.SeasonSummary, error) {
	return s.did("close " + time.Date(r.Season, 1, 1, 0, 0, 0, 0, time.UTC).Format("2006"))
}

func (s stubEnds) ReopenSeason(_ context.Context, r orders.ReopenSeason) (catalog.SeasonSummary, error) {
	return s.did("reopen " + time.Date(r.Season, 1, 1, 0, 0, 0, 0, time.UTC).Format("2006") + " " + r.Reason)
}
