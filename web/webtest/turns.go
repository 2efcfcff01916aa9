package webtest

import (
	"context"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
)

// StubTurns answers with the turns of the stub's household, and keeps its requests.
type StubTurns struct {
	Raised []catalog.RaiseObjection
	Ended  []catalog.EndObjection
	Days   int
	Actors []link.Actor
	Empty  bool
	Why    catalog.TurnWhy // of the lot; lower if empty
	Refuse error
}

// Turn has one lot.
func (s *StubTurns) Turn(_ context.Context, q catalog.HouseholdSeason) (catalog.HouseholdTurn, error) {
	t := catalog.HouseholdTurn{Season: 2026, Persons: 3, LevelFen: 351_00, At: Day}
	if s.Empty {
		return t, nil
	}
	why := s.Why
	if why == "" {
		why = catalog.TurnLower
	}
	t.Reviews = 1
	t.Lots = []catalog.Turn{{
		HouseholdLot: catalog.HouseholdLot{Lot: catalog.Lot{ID: 9, PresaleID: 1, HouseholdID: q.ID, Capacity: 80, Reserved: 12, Delivered: 3, AgentOrg: 5, AgentBP: 9000},
			Presale: "GOOSE-2026", Title: catalog.Text{Zh: "中秋大鹅", En: "Mid-autumn geese"}, Product: "goose", Unit: "head", UnitFen: 11_78},
		Why:    why,
		Place:  catalog.Place{Before: 27, Of: 9_000, BegunBefore: 1, Lower: 20, Worth: 3, Last: 1, Village: 1, Register: 1, LevelFen: 351_00, LineFen: 120_00},
		Policy: "fair", CollectionMin: 20, FullFen: 117_80, LeastBP: 8_000, OpensAt: Day, ClosesAt: Day.AddDate(0, 1, 0), AgentName: "赵强养鹅场",
	}}
	return t, nil
}

// Unsold has one household.
func (s *StubTurns) Unsold(context.Context, catalog.UnsoldFilter) (catalog.UnsoldPage, error) {
	return catalog.UnsoldPage{Season: 2026, Households: 7_802, Next: 78, Counts: []catalog.UnsoldCount{{Why: catalog.UnsoldNoLot, Households: 120}, {Why: catalog.TurnLower, Households: 7_682}},
		Items: []catalog.UnsoldHousehold{{ID: 78, Code: "YA-01-001-0008", Head: "李秀英", Village: "永丰村", Township: "城关镇", Persons: 2, Why: catalog.TurnLower, Presale: "GOOSE-2026", Before: 4_100, LevelFen: 12_00}}}, nil
}

// PresaleMoney has a least part for households.
func (s *StubTurns) PresaleMoney(context.Context, catalog.PresaleRef) (catalog.PresaleMoney, error) {
	return catalog.PresaleMoney{PresaleID: 1, HouseholdsBP: 8_000, Sellable: 900, Kept: 77,
		Sold: catalog.MoneyParts{Units: 100, RaisedUnits: 10, AmountFen: 12_400_00, HouseholdsFen: 10_700_00, RaisersFen: 1_080_00, FeeFen: 620_00},
		All:  catalog.MoneyParts{Units: 1_077, RaisedUnits: 500, AmountFen: 133_548_00, HouseholdsFen: 71_000_00, RaisersFen: 55_870_60, FeeFen: 6_677_40}}, nil
}

func stubObjection() catalog.Objection {
	return catalog.Objection{ID: 41, HouseholdID: 77, Code: "YA-01-001-0007", Head: "王大山", Village: "永丰村", PresaleID: 1, Presale: "GOOSE-2026", Title: catalog.Text{Zh: "中秋大鹅", En: "Mid-autumn geese"},
		Words: "隔壁卖了，我家没卖", Told: catalog.Told{Why: catalog.TurnLower, LevelFen: 351_00, LineFen: 120_00, Before: 27, Of: 9_000, Persons: 3}, State: catalog.ObjectionOpen,
		RaisedAt: Day, RaisedBy: "liming", RaisedRole: "helper", OnBehalf: true, DueAt: Day.AddDate(0, 0, 7), Overdue: true}
}

// Objections has one that is late and one that is answered.
func (s *StubTurns) Objections(context.Context, catalog.ObjectionFilter) (catalog.ObjectionPage, error) {
	if s.Empty {
		return catalog.ObjectionPage{Days: 7}, nil
	}
	answered, at := stubObjection(), Day
	answered.ID, answered.State, answered.Overdue, answered.PresaleID, answered.Presale = 40, catalog.ObjectionUpheld, false, 0, ""
	answered.Answer, answered.EndedAt, answered.EndedBy, answered.EndedRole = "已把人口改成四口", &at, "operator", "operator"
	return catalog.ObjectionPage{Items: []catalog.Objection{stubObjection(), answered}, Open: 1, Overdue: 1, Days: 7, Next: 40}, nil
}

// RaiseObjection keeps the request.
func (s *StubTurns) RaiseObjection(ctx context.Context, r catalog.RaiseObjection) (catalog.Objection, error) {
	s.Raised, s.Actors = append(s.Raised, r), append(s.Actors, link.ActorFrom(ctx))
	o := stubObjection()
	o.Words = r.Words
	return o, s.Refuse
}

// EndObjection keeps the request.
func (s *StubTurns) EndObjection(ctx context.Context, r catalog.EndObjection) (catalog.Objection, error) {
	s.Ended, s.Actors = append(s.Ended, r), append(s.Actors, link.ActorFrom(ctx))
	return stubObjection(), s.Refuse
}

// SetObjectionDays keeps the days.
func (s *StubTurns) SetObjectionDays(_ context.Context, d catalog.ObjectionDays) (catalog.ObjectionDays, error) {
	s.Days = d.Days
	return d, s.Refuse
}
