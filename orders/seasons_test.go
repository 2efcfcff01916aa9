package orders

import (
	"slices"
	"testing"

	"banmuyuan/internal/link"
)

func TestOpenItemsNameEachKindOnce(t *testing.T) {
	t.Parallel()
	s := OpenItemsOf(2026, []OpenItem{{OpenUnpaid, 2, 300}, {OpenOrders, 1, 0}, {OpenUnpaid, 3, 50}, {OpenTickets, 0, 0}})
	if s.Season != 2026 || len(s.Items) != len(OpenKinds) {
		t.Fatalf("%+v", s)
	}
	for i, item := range s.Items {
		if item.Kind != OpenKinds[i] {
			t.Errorf("item %d is %s, want %s", i, item.Kind, OpenKinds[i])
		}
	}
	open := s.Open()
	if len(open) != 2 || open[0] != (OpenItem{OpenOrders, 1, 0}) || open[1] != (OpenItem{OpenUnpaid, 5, 350}) {
		t.Errorf("open: %+v", open)
	}
	if e := link.AsError(s.CheckClose()); e == nil || e.Code != link.Conflict || e.Key != "season.not_settled" || e.Args["kind"] != "orders" {
		t.Errorf("closing it: %v", e)
	}
	for _, kind := range OpenKinds {
		if err := OpenItemsOf(2026, []OpenItem{{Kind: kind, Count: 1}}).CheckClose(); err == nil {
			t.Errorf("%s keeps nothing open", kind)
		}
	}
	if err := OpenItemsOf(2026, nil).CheckClose(); err != nil {
		t.Errorf("nothing open: %v", err)
	}
}

func TestCarriedIsOwedFromEarlierSeasons(t *testing.T) {
	t.Parallel()
	years := []IncomeYear{
		{Season: 2024, IncomeSum: IncomeSum{OwedFen: 3, PaidFen: 900}}, {Season: 2025, IncomeSum: IncomeSum{OwedFen: 40, ExpectedFen: 5_000}},
		{Season: 2026, IncomeSum: IncomeSum{OwedFen: 600}}, {Season: 2027, IncomeSum: IncomeSum{OwedFen: 7_000}},
	}
	for season, want := range map[int]int64{2024: 0, 2025: 3, 2026: 43, 2027: 643, 2030: 7_643} {
		if got := Carried(years, season); got != want {
			t.Errorf("into %d: %d, want %d", season, got, want)
		}
	}
}

func TestUnfinishedOrdersAreNotOver(t *testing.T) {
	t.Parallel()
	want := []State{StatePlaced, StateExpiring, StateConfirmed, StateWeighing, StateBilled, StatePaid}
	if got := Unfinished(); !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}
