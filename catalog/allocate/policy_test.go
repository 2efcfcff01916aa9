package allocate_test

import (
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"banmuyuan/catalog/allocate"
	"banmuyuan/internal/money"
)

func TestNearExamples(t *testing.T) {
	households := []allocate.Household{
		{ID: 1, Village: 1, Persons: 1, ExpectedFen: 100},
		{ID: 2, Village: 2, Persons: 1, ExpectedFen: 200},
		{ID: 3, Village: 2, Persons: 1, ExpectedFen: 5_000},
		{ID: 4, Village: 3, Persons: 1, ExpectedFen: 300},
	}
	lots := []allocate.Lot{
		{ID: 11, Household: 1, Free: 10, UnitFen: 1},
		{ID: 12, Household: 2, Free: 10, UnitFen: 1},
		{ID: 13, Household: 3, Free: 20, UnitFen: 1},
		{ID: 14, Household: 4, Free: 25, UnitFen: 1},
	}
	for _, c := range []struct {
		name string
		qty  int64
		want map[int64]int64 // by household
	}{
		{"the village of the lowest household", 10, map[int64]int64{1: 10}},
		{"the lowest of the villages that have enough", 20, map[int64]int64{2: 10, 3: 10}},
		{"two villages, the lowest among them where possible", 40, map[int64]int64{1: 10, 2: 10, 3: 20}},
		{"two villages, the lowest not among them", 50, map[int64]int64{2: 10, 4: 25, 3: 15}},
		{"all villages", 65, map[int64]int64{1: 10, 2: 10, 3: 20, 4: 25}},
	} {
		t.Run(c.name, func(t *testing.T) {
			shares, err := allocate.Near(households, lots, c.qty, 1)
			must(t, err)
			got := map[int64]int64{}
			for _, s := range shares {
				got[s.Household] = s.Qty
			}
			for id := range int64(5) {
				if got[id] != c.want[id] {
					t.Fatalf("got %v, want %v", got, c.want)
				}
			}
		})
	}
}

func TestDirect(t *testing.T) {
	households := []allocate.Household{{ID: 1, Persons: 1, ExpectedFen: 900}, {ID: 2, Persons: 1}}
	lots := []allocate.Lot{{ID: 11, Household: 1, Free: 5, UnitFen: 10}, {ID: 12, Household: 2, Free: 5}}
	shares, err := allocate.Direct(households, lots, 1, 5)
	must(t, err)
	want := []allocate.Share{{
		Lot: 11, Household: 1, Qty: 5, ValueFen: 50,
		Reason: allocate.Reason{Policy: allocate.PolicyDirect, Version: "direct/1", LevelFen: 900, Rank: 1},
	}}
	if !slices.Equal(shares, want) {
		t.Errorf("got %+v, want %+v", shares, want)
	}
	for household, left := range map[int64]int64{1: 5, 7: 0} {
		_, err := allocate.Direct(households, lots, household, 6)
		if got, ok := leftOf(err); !ok || got != left {
			t.Errorf("six of household %d: %v", household, err)
		}
	}
}

func TestContractExamples(t *testing.T) {
	households := []allocate.Household{{ID: 1, Persons: 1}, {ID: 2, Persons: 1}, {ID: 3, Persons: 1}, {ID: 4, Persons: 1}}
	lots := []allocate.Lot{{ID: 11, Household: 1, Free: 100}, {ID: 12, Household: 2, Free: 100}, {ID: 13, Household: 3, Free: 4}, {ID: 14, Household: 4, Free: 100}}
	quotas := []allocate.Quota{{3, 20}, {1, 60}, {2, 20}} // household 4 has signed nothing
	for _, c := range []struct {
		qty  int64
		want [4]int64
	}{
		{10, [4]int64{6, 2, 2, 0}},
		{11, [4]int64{7, 2, 2, 0}},   // 6.6, 2.2, 2.2
		{13, [4]int64{8, 3, 2, 0}},   // 7.8, 2.6, 2.6: the lower id of the equal remainders
		{20, [4]int64{12, 4, 4, 0}},  // exactly lot 3's units
		{48, [4]int64{33, 11, 4, 0}}, // lot 3 has no more; the rest 3 : 1
		{84, [4]int64{60, 20, 4, 0}},
	} {
		shares, err := allocate.Contract(households, lots, quotas, c.qty)
		must(t, err)
		var got [4]int64
		for _, s := range shares {
			got[s.Household-1] = s.Qty
		}
		if got != c.want {
			t.Errorf("%d units: got %v, want %v", c.qty, got, c.want)
		}
	}
	_, err := allocate.Contract(households, lots, quotas, 85)
	if left, ok := leftOf(err); !ok || left != 84 {
		t.Errorf("one unit too many: %v", err)
	}
	for name, wrong := range map[string][]allocate.Quota{"twice": {{1, 5}, {1, 5}}, "negative": {{1, 5}, {2, -1}}, "too large": {{1, 5}, {2, allocate.MaxUnits + 1}}} {
		if shares, err := allocate.Contract(households, lots, wrong, 5); err == nil {
			t.Errorf("quotas %s: %v", name, shares)
		}
	}
}

// Quotas of households without a lot count for nothing, and shares come in the order of households, though the scarcest
// lot is filled first.
func TestContractOrder(t *testing.T) {
	households := []allocate.Household{{ID: 1, Persons: 1}, {ID: 2, Persons: 1}, {ID: 3, Persons: 1}}
	lots := []allocate.Lot{{ID: 11, Household: 1, Free: 100}, {ID: 12, Household: 2, Free: 1}}
	shares, err := allocate.Contract(households, lots, []allocate.Quota{{9, 10}, {3, 10}, {2, 10}, {1, 100}}, 90)
	if err != nil || len(shares) != 2 || shares[0].Household != 1 || shares[0].Qty != 90-shares[1].Qty || shares[1].Household != 2 {
		t.Errorf("%+v, %v", shares, err)
	}
	_, err = allocate.Contract(households, lots, []allocate.Quota{{9, 10}, {2, 10}}, 2)
	if left, ok := leftOf(err); !ok || left != 1 {
		t.Errorf("an unknown household's quota counts: %v", err)
	}
	shares, err = allocate.Contract(households, lots, []allocate.Quota{{2, 10}, {1, 10}}, 8)
	if err != nil || len(shares) != 2 || shares[0].Household != 1 || shares[0].Qty != 7 || shares[1].Qty != 1 {
		t.Errorf("%+v, %v", shares, err)
	}
}

// Three villages are needed. The second lowest is too small for that, though it would be enough if the first, which is
// chosen already, counted twice.
func TestNearCountsAVillageOnce(t *testing.T) {
	var households []allocate.Household
	var lots []allocate.Lot
	for i, free := range []int64{5, 2, 4, 4} {
		id := int64(i + 1)
		households = append(households, allocate.Household{ID: id, Village: id, Persons: 1, ExpectedFen: id * 1000})
		lots = append(lots, allocate.Lot{ID: id, Household: id, Free: free, UnitFen: 1})
	}
	shares, err := allocate.Near(households, lots, 12, 1)
	must(t, err)
	got := map[int64]int64{}
	for _, s := range shares {
		got[s.Village] = s.Qty
	}
	if len(got) != 3 || got[2] != 0 || got[1]+got[3]+got[4] != 12 {
		t.Errorf("units by village: %v", got)
	}
}

// The rank of a village is that of its lowest household now, though several of them have sold in other presales since.
func TestNearRanksByPresentLevels(t *testing.T) {
	pool := allocate.NewPool()
	for id := int64(1); id <= 3; id++ {
		must(t, pool.SetHousehold(allocate.Household{ID: id, Village: (id + 1) / 2, Persons: 1, ExpectedFen: 2 * id}))
		must(t, pool.SetLot(allocate.Lot{ID: id, Presale: 1, Household: id, Free: 5, UnitFen: 1}))
		must(t, pool.SetLot(allocate.Lot{ID: 10 + id, Presale: 2, Household: id, Free: 5, UnitFen: 100}))
	}
	for id := int64(1); id <= 2; id++ {
		_, err := pool.Take(allocate.Request{Presale: 2, Policy: allocate.PolicyDirect, Qty: 1, Household: id})
		must(t, err)
	}
	shares, err := pool.Take(allocate.Request{Presale: 1, Policy: allocate.PolicyNear, Qty: 5, Step: 1})
	must(t, err)
	if len(shares) != 1 || shares[0].Household != 3 {
		t.Errorf("shares are %+v", shares)
	}
}

func TestContractProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := seasons(15, 30).Draw(t, "season")
		most := rapid.SampledFrom([]int64{3, 50, allocate.MaxUnits}).Draw(t, "quota at most")
		left, room := map[int64]int64{}, map[int64]int64{}
		var quotas []allocate.Quota
		var sum int64
		free := true // no lot has less free than its quota
		for i, h := range s.households {
			q := rapid.Int64Range(0, most).Draw(t, "quota")
			quotas = append(quotas, allocate.Quota{Household: h.ID, Left: q})
			left[h.ID], room[h.ID] = q, min(q, s.lots[i].Free)
			free = free && q <= s.lots[i].Free
			sum += room[h.ID]
		}
		if sum == 0 {
			return
		}
		qty := rapid.Int64Range(1, sum).Draw(t, "qty")
		shares, err := allocate.Contract(s.households, s.lots, quotas, qty)
		must(t, err)

		got := map[int64]int64{}
		var total int64
		for _, share := range shares {
			if share.Qty < 1 {
				t.Fatalf("empty share %+v", share)
			}
			got[share.Household] += share.Qty
			total += share.Qty
		}
		if total != qty {
			t.Fatalf("shares add up to %d, not %d", total, qty)
		}
		for id, x := range got {
			if x > room[id] {
				t.Fatalf("household %d gives %d of %d", id, x, room[id])
			}
			// Each household with room has its part: none is a unit or more above another's.
			for other, y := range room {
				if got[other] < y && float64(x-1)*float64(left[other]) > float64(got[other]+1)*float64(left[id]) {
					t.Fatalf("household %d gives %d of quota %d, %d gives %d of %d", id, x, left[id], other, got[other], left[other])
				}
			}
		}
		if free { // then it is nothing but a split by largest remainder
			weights, ids := make([]int64, len(quotas)), make([]int64, len(quotas))
			for i, q := range quotas {
				weights[i], ids[i] = q.Left, q.Household
			}
			for i, want := range money.Split(qty, weights, ids) {
				if got[ids[i]] != want {
					t.Fatalf("household %d gives %d, its part is %d", ids[i], got[ids[i]], want)
				}
			}
		}
		again, err := allocate.Contract(s.households, s.lots, rapid.Permutation(quotas).Draw(t, "other order"), qty)
		if err != nil || !slices.Equal(again, shares) {
			t.Fatalf("in another order %v, %v; was %v", again, err, shares)
		}
	})
}

func TestRefillMovesOnlyWhatIsMissing(t *testing.T) {
	pool := allocate.NewPool()
	for id := int64(1); id <= 4; id++ {
		must(t, pool.SetHousehold(allocate.Household{ID: id, Village: id, Persons: 1, ExpectedFen: id * 1_000}))
		must(t, pool.SetLot(allocate.Lot{ID: 10 + id, Presale: 1, Household: id, Free: 10, UnitFen: 100}))
	}
	shares, err := pool.Take(allocate.Request{Presale: 1, Policy: allocate.PolicyFair, Qty: 20, Step: 5})
	must(t, err)
	if len(shares) != 2 || shares[0].Household != 1 || shares[1].Household != 2 {
		t.Fatalf("taken %+v", shares)
	}
	lose := func(household, qty int64) {
		h, _ := pool.Household(household)
		l, _ := pool.LotOf(household, 1)
		h.ExpectedFen, l.Sold, l.Open = h.ExpectedFen-qty*l.UnitFen, l.Sold-qty, l.Open-qty
		must(t, pool.SetLot(l))
		must(t, pool.SetHousehold(h))
	}

	lose(1, 7) // household 1 has 3 of its 10
	refill := allocate.Request{Presale: 1, Policy: allocate.PolicyFair, Qty: 7, Step: 5, Exclude: []int64{1}}
	moved, err := pool.Take(refill)
	must(t, err)
	if len(moved) != 1 || moved[0].Household != 3 || moved[0].Qty != 7 || moved[0].Reason.LevelFen != 3_000 {
		t.Errorf("moved %+v", moved)
	}
	if h, _ := pool.Household(1); h.ExpectedFen != 1_300 {
		t.Errorf("household 1 expects %d", h.ExpectedFen)
	}
	if l, _ := pool.Lot(11); l.Free != 0 || l.Sold != 3 {
		t.Errorf("what cannot be delivered is offered again: %+v", l)
	}

	lose(2, 10) // 13 are left for them, but only 3 without household 4
	refill.Qty, refill.Exclude = 10, []int64{2, 4}
	_, err = pool.Take(refill)
	if left, ok := leftOf(err); !ok || left != 3 {
		t.Errorf("refill without household 4: %v", err)
	}
	refill.Policy, refill.Household = allocate.PolicyDirect, 2
	if _, err := pool.Take(refill); err == nil {
		t.Error("a named household's units came from another")
	}
}

func TestIndices(t *testing.T) {
	of := func(incomes ...int64) []allocate.Household {
		var all []allocate.Household
		for i, fen := range incomes {
			all = append(all, allocate.Household{ID: int64(i), Persons: 1, ExpectedFen: fen})
		}
		return all
	}
	for _, c := range []struct {
		households []allocate.Household
		gini, jain float64
	}{
		{nil, 0, 1},
		{of(0, 0), 0, 1},
		{of(5, 5, 5), 0, 1},
		{of(0, 0, 0, 8), 0.75, 0.25},
		{of(3, 1), 0.25, 0.8},
		{[]allocate.Household{{ID: 1, Persons: 3, ExpectedFen: 3}, {ID: 2, Persons: 1, ExpectedFen: 3}}, 0.25, 0.75}, // 1, 1, 1, 3
		{of(1, 1, 1, 3), 0.25, 0.75}, // the same, person by person
	} {
		if g := allocate.Gini(c.households); math.Abs(g-c.gini) > 1e-12 {
			t.Errorf("Gini of %v is %v, want %v", c.households, g, c.gini)
		}
		if j := allocate.Jain(c.households); math.Abs(j-c.jain) > 1e-12 {
			t.Errorf("Jain of %v is %v, want %v", c.households, j, c.jain)
		}
	}
	// Equal levels for which floats alone are beyond the bounds.
	if j := allocate.Jain([]allocate.Household{{ID: 1, Persons: 5, ExpectedFen: 9}, {ID: 2, Persons: 5, ExpectedFen: 9}, {ID: 3, Persons: 5, ExpectedFen: 9}}); j != 1 {
		t.Errorf("Jain of equals is %v", j)
	}
	var equal []allocate.Household
	for i := range int64(303) {
		equal = append(equal, allocate.Household{ID: i, Persons: int32(i%3 + 1), ExpectedFen: 100_000_000_005 * (i%3 + 1)})
	}
	if g := allocate.Gini(equal); g != 0 {
		t.Errorf("Gini of equals is %v", g)
	}
	rapid.Check(t, func(t *rapid.T) {
		s := seasons(20, 1).Draw(t, "season")
		for i := range s.households {
			s.households[i].ExpectedFen = max(0, s.households[i].ExpectedFen)
		}
		if g, j := allocate.Gini(s.households), allocate.Jain(s.households); g < 0 || g >= 1 || j <= 0 || j > 1 {
			t.Fatalf("Gini %v, Jain %v", g, j)
		}
	})
}

func TestPlan(t *testing.T) {
	pool, hs, _ := county(t)
	must(t, pool.SetHousehold(allocate.Household{ID: 1 << 40, Persons: 1, ExpectedFen: 1 << 40})) // has no lot: does not count
	plan, err := pool.Plan(allocate.Request{Presale: 1, Policy: allocate.PolicyFair, Qty: 88_120, Step: 5})
	must(t, err)
	if plan.GiniBefore != allocate.Gini(hs) || plan.JainBefore != allocate.Jain(hs) {
		t.Errorf("before: %v, %v", plan.GiniBefore, plan.JainBefore)
	}
	if plan.GiniAfter >= plan.GiniBefore || plan.JainAfter <= plan.JainBefore {
		t.Errorf("a fair order makes the county less even: %v → %v, %v → %v", plan.GiniBefore, plan.GiniAfter, plan.JainBefore, plan.JainAfter)
	}
	if plan.Stops != len(plan.Shares) || plan.Villages != 149 {
		t.Errorf("%d stops in %d villages for %d shares", plan.Stops, plan.Villages, len(plan.Shares))
	}
	near, err := pool.Plan(allocate.Request{Presale: 1, Policy: allocate.PolicyNear, Qty: 88_120, Step: 5})
	must(t, err)
	if near.Villages >= 20 || near.GiniAfter <= plan.GiniAfter {
		t.Errorf("near: %d villages, Gini %v against %v", near.Villages, near.GiniAfter, plan.GiniAfter)
	}
	if pool.Free(1) != 881_200 {
		t.Errorf("a dry run left %d units", pool.Free(1))
	}
}

func TestPolicies(t *testing.T) {
	for _, p := range []allocate.Policy{allocate.PolicyFair, allocate.PolicyNear, allocate.PolicyDirect, allocate.PolicyContract} {
		if !strings.HasPrefix(p.Version(), string(p)+"/") {
			t.Errorf("%s has version %q", p, p.Version())
		}
		for _, s := range []string{string(p), p.Version()} {
			if got, err := allocate.ParsePolicy(s); err != nil || got != p {
				t.Errorf("%q is read as %q, %v", s, got, err)
			}
		}
		if _, ok := allocate.Messages["allocate.policy."+string(p)]; !ok {
			t.Errorf("%s is not explained", p)
		}
		key, args := allocate.Reason{Policy: p, Version: p.Version(), LevelFen: 31_200, Rank: 3}.Message()
		for lang, text := range allocate.Messages[key] {
			for _, name := range regexp.MustCompile(`\{(\w+)\}`).FindAllStringSubmatch(text, -1) {
				value, ok := args[name[1]]
				if !ok {
					t.Errorf("%s, language %d: no argument %s", key, lang, name[1])
				}
				text = strings.ReplaceAll(text, name[0], value)
			}
			if text == "" || strings.ContainsAny(text, "{}") {
				t.Errorf("%s, language %d: %q", key, lang, text)
			}
		}
	}
	if _, args := (allocate.Reason{Policy: allocate.PolicyFair, LevelFen: 31_200}).Message(); args["level"] != "¥312" {
		t.Errorf("level is written %s", args["level"])
	}
	if p, err := allocate.ParsePolicy("lottery"); err == nil {
		t.Errorf("lottery is read as %q", p)
	}
}
