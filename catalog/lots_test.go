package catalog

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"banmuyuan/catalog/allocate"
	"banmuyuan/internal/link"
)

func TestOffers(t *testing.T) {
	t.Parallel()
	for capacity, fine := range map[int64]bool{-1: false, 0: true, MostUnits: true, MostUnits + 1: false} {
		if err := (OfferRequest{Capacity: capacity}).Check(); (err == nil) != fine {
			t.Errorf("capacity %d: %v", capacity, err)
		}
	}
	lot := Lot{Capacity: 10, Reserved: 3, Delivered: 2}
	if err := lot.CheckOffer(5); err != nil {
		t.Errorf("five of which all are sold: %v", err)
	}
	if err := lot.CheckOffer(4); link.CodeOf(err) != link.Conflict || link.AsError(err).Args["sold"] != "5" {
		t.Errorf("four where five are sold: %v", err)
	}
}

func TestPlausible(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		registered, sold, had, capacity int64
		want                            bool
	}{
		{100, 0, 100, 150, true}, {100, 0, 100, 151, false}, // one and a half
		{100, 10, 100, 140, true}, {100, 10, 100, 141, false}, // sales elsewhere count
		{100, 0, 200, 200, true}, {100, 60, 120, 110, true}, {100, 0, 200, 201, false}, // the present capacity may stay
		{0, 0, 0, 5, true}, // not registered: the offer is refused elsewhere
	} {
		if got, err := Plausible(test.registered, test.sold, test.had, test.capacity); err != nil || got != test.want {
			t.Errorf("%+v: %v, %v", test, got, err)
		}
	}
	if _, err := Plausible(math.MaxInt64, 0, 0, 1); err == nil {
		t.Error("an overflow is plausible")
	}
}

func TestNewLot(t *testing.T) {
	t.Parallel()
	geese := Product{Code: "goose", YieldOf: YieldGeese, Yield: 1, MayRaise: true}
	h := Household{ID: 4, Geese: 80, RaiserOrg: 9, RaiserBP: 8_500}
	if l, ok := geese.NewLot(h, 30); !ok || l != (Lot{HouseholdID: 4, Capacity: 50, AgentOrg: 9, AgentBP: 8_500}) {
		t.Errorf("%+v, %v", l, ok)
	}
	for _, promised := range []int64{80, 90} {
		if _, ok := geese.NewLot(h, promised); ok {
			t.Errorf("a lot beside %d promised", promised)
		}
	}
}

func TestSpareUnits(t *testing.T) {
	t.Parallel()
	presale, contract := SupplyLot{ID: 1, PresaleID: 1, Capacity: 50, Sold: 20}, SupplyLot{ID: 2, PresaleID: 2, ContractID: 7, Capacity: 30, Sold: 5}
	for _, test := range []struct {
		supply      int64
		lots        []SupplyLot
		spare, idle int64
	}{
		{100, nil, 100, 100},
		{100, []SupplyLot{presale}, 80, 50},
		{100, []SupplyLot{presale, contract}, 50, 20},
		{60, []SupplyLot{presale, contract}, 30, 0}, // it offers more than is registered
		{0, []SupplyLot{{Capacity: 5, Sold: 9}}, 0, 0},
	} {
		if s, i := SpareUnits(test.supply, test.lots), IdleUnits(test.supply, test.lots); s != test.spare || i != test.idle {
			t.Errorf("%+v: spare %d, idle %d", test, s, i)
		}
	}
}

func TestPlanQuota(t *testing.T) {
	t.Parallel()
	lots := []SupplyLot{{ID: 1, PresaleID: 1, Capacity: 70, Sold: 20}, {ID: 2, PresaleID: 2, ContractID: 7, Capacity: 10, Sold: 4}}
	for _, test := range []struct {
		qty, capacity, more, moved int64
		key                        string
	}{
		{10, 10, 0, 0, ""},                                             // unchanged
		{30, 30, 20, 0, ""}, {35, 35, 25, 5, ""}, {80, 80, 70, 50, ""}, // 20 are idle, 50 offered and not sold
		{81, 0, 0, 0, "quota.supply"},
		{4, 4, -6, 0, ""}, {0, 4, -6, 0, ""}, {3, 0, 0, 0, "quota.called_off"},
	} {
		c, err := PlanQuota(100, lots, 2, test.qty)
		if test.key != "" {
			if err == nil || link.AsError(err).Key != test.key {
				t.Errorf("%d: %v", test.qty, err)
			}
			continue
		}
		if err != nil || c != (QuotaChange{lots[1], test.capacity, test.more, test.moved}) {
			t.Errorf("%d: %+v, %v", test.qty, c, err)
		}
	}
	if _, err := PlanQuota(100, lots, 2, 81); link.CodeOf(err) != link.SoldOut || link.AsError(err).Args["left"] != "80" {
		t.Errorf("81: %v", err)
	}
	if c, err := PlanQuota(100, lots, 3, 5); err != nil || c.Lot.ID != 0 || c.More != 5 {
		t.Errorf("a first quota: %+v, %v", c, err)
	}
}

// Units of a quota come from lots that have them, all of them are found, and they fit back.
func TestTakeAndGiveUnits(t *testing.T) {
	t.Parallel()
	lots := []SupplyLot{{ID: 1, Capacity: 9, Sold: 5}, {ID: 2, Capacity: 9, Sold: 2}, {ID: 3, Capacity: 9, Sold: 2}, {ID: 4, ContractID: 1, Capacity: 99}, {ID: 5, Capacity: 2, Sold: 2}}
	if got := TakeUnits(lots, 10); !slices.Equal(got, []LotUnits{{2, 7}, {3, 3}}) {
		t.Errorf("largest rest first: %v", got)
	}
	if got := TakeUnits(lots, -3); got != nil {
		t.Errorf("less than nothing: %v", got)
	}
	rapid.Check(t, func(t *rapid.T) {
		var lots []SupplyLot
		rest := map[int64]int64{}
		for id := range rapid.Int64Range(0, 5).Draw(t, "lots") {
			l := SupplyLot{ID: id + 1, ContractID: rapid.Int64Range(0, 1).Draw(t, "contract"), Capacity: rapid.Int64Range(0, 9).Draw(t, "capacity")}
			l.PresaleID, l.Sold = l.ID, rapid.Int64Range(0, l.Capacity).Draw(t, "sold")
			lots = append(lots, l)
			if l.ContractID == 0 {
				rest[l.ID] = l.Capacity - l.Sold
			}
		}
		supply := rapid.Int64Range(0, 30).Draw(t, "supply")
		c, err := PlanQuota(supply, lots, 99, rapid.Int64Range(0, 40).Draw(t, "qty"))
		if err != nil {
			t.Skip("more than it has")
		}
		parts := TakeUnits(lots, c.Moved)
		var sum int64
		for _, p := range parts {
			if p.Units <= 0 || p.Units > rest[p.Lot] {
				t.Fatalf("%d units of lot %d, which has %d", p.Units, p.Lot, rest[p.Lot])
			}
			sum += p.Units
		}
		if sum != c.Moved {
			t.Fatalf("%d of %d units were found", sum, c.Moved)
		}
		if back := GiveUnits(parts, sum); !slices.Equal(back, parts) {
			t.Fatalf("%v became %v", parts, back)
		}
	})
}

func TestCheckOversold(t *testing.T) {
	t.Parallel()
	p := Product{Code: "goose", Name: Text{Zh: "鹅"}, YieldOf: YieldGeese, Yield: 1}
	lots := []SupplyLot{{Capacity: 50, Sold: 20}, {Capacity: 5, Sold: 5}, {ContractID: 1, Capacity: 15, Sold: 2}}
	for after, oversold := range map[int64]bool{41: false, 40: false, 39: true} {
		o, found := CheckOversold(p, Household{Geese: 100}, Household{Geese: after}, lots)
		if found != oversold || o != (Oversold{Before: 100, Registered: after, Sold: 40, Free: 30}) {
			t.Errorf("%d registered: %+v, %v", after, o, found)
		}
	}
	args := (Oversold{100, 39, 40, 30}).Args(p)
	for name, want := range map[string]string{"product": "鹅", "before": "100", "registered": "39", "sold": "40", "free": "30"} {
		if args[name] != want {
			t.Errorf("%s is %q", name, args[name])
		}
	}
}

func TestPropose(t *testing.T) {
	t.Parallel()
	candidate := func(id, fen, spare int64) Candidate {
		return Candidate{Household: allocate.Household{ID: id, Village: id, Persons: 1, ExpectedFen: fen}, Spare: spare}
	}
	all := []Candidate{candidate(1, 300, 50), candidate(2, 100, 50), candidate(3, 200, 4)}
	for name, test := range map[string]struct {
		r          ProposeRequest
		households []int64
		qty        []int64
	}{
		"the lowest first":        {ProposeRequest{Qty: 10, Min: 10, UnitFen: 1}, []int64{2}, []int64{10}},
		"no larger than Max":      {ProposeRequest{Qty: 20, Min: 5, Max: 10, UnitFen: 1000}, []int64{2, 1}, []int64{10, 10}},
		"a rest goes with others": {ProposeRequest{Qty: 14, Min: 10, UnitFen: 1000}, []int64{2}, []int64{14}},
		"not to the excluded":     {ProposeRequest{Qty: 10, Min: 10, UnitFen: 1, Exclude: []int64{2}}, []int64{1}, []int64{10}},
		"as much as there is":     {ProposeRequest{Qty: 1000, Min: 5, UnitFen: 1}, []int64{2, 1}, []int64{50, 50}},
		"none has enough for Min": {ProposeRequest{Qty: 1000, Min: 51, UnitFen: 1}, nil, nil},
		"less than Min":           {ProposeRequest{Qty: 4, Min: 5, UnitFen: 1}, nil, nil},
	} {
		got, err := test.r.Propose(all)
		if err != nil || got.Policy != "fair/2" || !slices.Equal(got.Households, test.households) || !slices.Equal(got.Qty, test.qty) || len(got.Villages) != len(got.Qty) || len(got.LevelFen) != len(got.Qty) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	for qty, fine := range map[int64]bool{0: false, 1: true, MostUnits: true, MostUnits + 1: false} {
		if err := (ProposeRequest{Qty: qty}).Check(); (err == nil) != fine {
			t.Errorf("%d: %v", qty, err)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		r := ProposeRequest{Qty: rapid.Int64Range(1, 60).Draw(t, "qty"), Min: rapid.Int64Range(0, 9).Draw(t, "min"), UnitFen: 100}
		if rapid.Bool().Draw(t, "bounded") {
			r.Max = r.Min + rapid.Int64Range(1, 9).Draw(t, "max")
		}
		var all []Candidate
		spare := map[int64]int64{}
		for id := range rapid.Int64Range(0, 6).Draw(t, "candidates") {
			spare[id+1] = rapid.Int64Range(0, 20).Draw(t, "spare")
			all = append(all, candidate(id+1, rapid.Int64Range(0, 999).Draw(t, "fen"), spare[id+1]))
		}
		got, err := r.Propose(all)
		if err != nil {
			t.Fatal(err)
		}
		var sum int64
		for i, q := range got.Qty {
			sum += q
			if q < r.Min || r.Max > 0 && q > r.Max || q > spare[got.Households[i]] {
				t.Fatalf("%d units for household %d of %+v", q, got.Households[i], r)
			}
		}
		if sum > r.Qty {
			t.Fatalf("%d proposed of %d", sum, r.Qty)
		}
		for i, q := range got.Qty {
			most := spare[got.Households[i]]
			if r.Max > 0 {
				most = min(most, r.Max)
			}
			if sum < r.Qty && q < most {
				t.Fatalf("%d are left, and household %d has room", r.Qty-sum, got.Households[i])
			}
		}
	})
}
