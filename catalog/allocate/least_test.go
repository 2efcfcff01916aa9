package allocate_test

import (
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"banmuyuan/catalog/allocate"
)

// takeLeast divides under a least part as the documentation says: lots are gone through one by one, and the balance is summed
// anew each time.
func (m *model) takeLeast(qty, step, least int64) ([]allocate.Share, bool) {
	step = max(step, 1)
	covered := func(id int64) int64 {
		l := m.lots[id]
		if l.UnitFen >= least {
			return allocate.MaxUnits
		}
		var balance int64
		for _, o := range m.lots {
			balance += o.Sold * (o.UnitFen - least)
		}
		return max(balance, 0) / (least - l.UnitFen)
	}
	first := func(step int64, which func(id int64) bool) int64 {
		best := int64(-1)
		for _, id := range m.open(0, nil) {
			if which(id) && (best < 0 || m.before(id, best, step)) {
				best = id
			}
		}
		return best
	}
	var shares []allocate.Share
	give := func(id, units int64) {
		shares = m.give(shares, allocate.PolicyFair, id, units)
		qty -= units
	}
	var begun []int64
	for {
		id := first(step, func(id int64) bool {
			return 0 < m.lots[id].Open && m.lots[id].Open < step && !slices.Contains(begun, id)
		})
		if id < 0 {
			break
		}
		begun = append(begun, id)
	}
	for _, id := range begun {
		l := m.lots[id]
		if units := min(step-l.Open, l.Free, qty, covered(id)); units > 0 {
			give(id, units)
		}
	}
	together := func(id int64) int64 {
		if slices.ContainsFunc(shares, func(s allocate.Share) bool { return s.Lot == id }) {
			return 1
		}
		return min(step, m.lots[id].Free, qty)
	}
	for qty > 0 {
		over := first(1, func(id int64) bool { return m.lots[id].UnitFen >= least })
		under := first(1, func(id int64) bool { return m.lots[id].UnitFen < least })
		switch {
		case under >= 0 && over < 0 && covered(under) > 0:
			give(under, min(together(under), covered(under)))
		case under >= 0 && over >= 0 && together(under) <= covered(under) && m.before(under, over, 1):
			give(under, together(under))
		case over >= 0:
			give(over, together(over))
		default:
			return nil, false
		}
	}
	for i := range shares {
		shares[i].Reason.Version = allocate.FairLeastVersion
	}
	return shares, true
}

func TestLeastPartIsWhatTheDocumentationSays(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := seasons(rapid.SampledFrom([]int{3, 12}).Draw(t, "households"), 12).Draw(t, "season")
		step := rapid.Int64Range(0, 5).Draw(t, "step")
		least := rapid.SampledFrom([]int64{1, 4, 9, 5_000}).Draw(t, "least")
		pool, m := poolOf(t, s, "A")
		pool.SetLeast(0, least)
		part := func() (sum int64) {
			for l := range pool.Lots() {
				sum += l.Sold * (l.UnitFen - least)
			}
			return sum
		}
		for range rapid.IntRange(1, 6).Draw(t, "orders") {
			sellable, before := pool.Sellable(0), part()
			qty := rapid.Int64Range(1, max(sellable, 1)+1).Draw(t, "qty")
			got, err := pool.Take(allocate.Request{Policy: allocate.PolicyFair, Qty: qty, Step: step})
			copied := newModel(s.households, nil)
			maps.Copy(copied.households, m.households)
			maps.Copy(copied.lots, m.lots)
			copied.code = m.code
			want, ok := copied.takeLeast(qty, step, least)
			if !ok {
				left, soldOut := leftOf(err)
				if !soldOut || got != nil || left >= qty || left > sellable {
					t.Fatalf("got %v, %v of %d that were sellable", got, err, sellable)
				}
				continue
			}
			if err != nil || !slices.Equal(got, want) {
				t.Fatalf("got %+v, %v\nwant %+v", got, err, want)
			}
			m.households, m.lots = copied.households, copied.lots
			if after := part(); after < min(before, 0) {
				t.Fatalf("households are %d fen under their part, %d before", after, before)
			}
			if rapid.Bool().Draw(t, "cancelled") {
				must(t, pool.Release(got))
				m.release(got)
			}
		}
	})
}

// Of lots that are equally far under the part, an order of all that is sellable is never refused, and nothing is sellable then.
func TestSellableSells(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := seasons(12, 30).Draw(t, "season")
		for i := range s.lots {
			s.lots[i].UnitFen = rapid.SampledFrom([]int64{95, 95, 9}).Draw(t, "worth")
		}
		pool, _ := poolOf(t, s, "A")
		least := rapid.Int64Range(0, 100).Draw(t, "least")
		pool.SetLeast(0, least)
		step := rapid.Int64Range(0, 8).Draw(t, "step")
		for pool.Sellable(0) > 0 {
			all := pool.Sellable(0)
			if got := allocate.Sellable(least, slices.Collect(pool.Lots())); got != all {
				t.Fatalf("the pool can sell %d, its lots %d", all, got)
			}
			qty := rapid.Int64Range(1, all).Draw(t, "qty")
			_, err := pool.Take(allocate.Request{Policy: allocate.PolicyFair, Qty: qty, Step: step})
			must(t, err)
			if left := pool.Sellable(0); left != all-qty {
				t.Fatalf("%d of %d were sold, and %d are left", qty, all, left)
			}
		}
	})
}

// At a step of 1 the rate of ordering makes no difference under a least part either.
func TestLeastPartDoesNotDependOnHowOrdersArrive(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := seasons(10, 12).Draw(t, "season")
		least := rapid.SampledFrom([]int64{1, 4, 9}).Draw(t, "least")
		together, _ := poolOf(t, s, "A")
		together.SetLeast(0, least)
		one, _ := poolOf(t, s, "A")
		one.SetLeast(0, least)
		qty := rapid.Int64Range(1, max(together.Sellable(0), 1)).Draw(t, "qty")
		if _, err := together.Take(allocate.Request{Policy: allocate.PolicyFair, Qty: qty}); err != nil {
			return
		}
		for range qty {
			_, err := one.Take(allocate.Request{Policy: allocate.PolicyFair, Qty: 1})
			must(t, err)
		}
		for l := range together.Lots() {
			if o, _ := one.Lot(l.ID); o != l {
				t.Fatalf("%d at once: %+v, one by one: %+v", qty, l, o)
			}
		}
	})
}

// A bound that is set and taken away leaves no trace, and other policies keep to it.
func TestLeastPartOfOtherPolicies(t *testing.T) {
	t.Parallel()
	pool := allocate.NewPool()
	for id, unit := range map[int64]int64{1: 95, 2: 9, 3: 9} {
		must(t, pool.SetHousehold(allocate.Household{ID: id, Village: id, Persons: 1}))
		must(t, pool.SetLot(allocate.Lot{ID: id, Presale: 1, Household: id, Free: 10, UnitFen: unit}))
	}
	pool.SetLeast(1, 50)
	if got := pool.Sellable(1); got != 20 { // 10 × 45 above cover 450/41 = 10 units
		t.Errorf("%d are sellable", got)
	}
	for policy, household := range map[allocate.Policy]int64{allocate.PolicyDirect: 2, allocate.PolicyNear: 0} {
		_, err := pool.Take(allocate.Request{Presale: 1, Policy: policy, Household: household, Qty: 11})
		if left, ok := leftOf(err); !ok || left != map[allocate.Policy]int64{allocate.PolicyDirect: 0, allocate.PolicyNear: 10}[policy] {
			t.Errorf("%s: %v", policy, err)
		}
	}
	shares, err := pool.Take(allocate.Request{Presale: 1, Policy: allocate.PolicyNear, Qty: 10})
	must(t, err)
	if len(shares) != 1 || shares[0].Household != 1 || shares[0].Reason.Version != allocate.NearLeastVersion {
		t.Errorf("near takes %+v", shares)
	}
	if _, err := pool.Take(allocate.Request{Presale: 1, Policy: allocate.PolicyDirect, Household: 2, Qty: 10}); err != nil {
		t.Errorf("a named household that is covered: %v", err)
	}
	pool.SetLeast(1, 0)
	shares, err = pool.Take(allocate.Request{Presale: 1, Policy: allocate.PolicyFair, Qty: 10})
	must(t, err)
	if len(shares) != 1 || shares[0].Household != 3 || shares[0].Reason.Version != allocate.FairVersion {
		t.Errorf("without a bound %+v sell", shares)
	}
}

func BenchmarkLeast(b *testing.B) {
	for name, qty := range map[string]int64{"20": 20, "2000": 2_000, "88120": 88_120} {
		b.Run(name, func(b *testing.B) {
			pool, _, ls := county(b)
			rnd := rand.New(rand.NewPCG(5, 6))
			for _, l := range ls {
				if rnd.IntN(2) == 0 { // every second lot is raised
					l.UnitFen /= 10
					must(b, pool.SetLot(l))
				}
			}
			pool.SetLeast(1, 4_000)
			b.ReportAllocs()
			for b.Loop() {
				shares, err := pool.Take(allocate.Request{Presale: 1, Policy: allocate.PolicyFair, Qty: qty, Step: 5})
				must(b, err)
				b.StopTimer()
				must(b, pool.Undo(shares))
				b.StartTimer()
			}
		})
	}
}

// A lot far below the part that stands first uses up what others could have covered: such an order is refused with what it
// could have had, and nothing stays taken.
func TestRefusedUnderALeastPart(t *testing.T) {
	t.Parallel()
	pool := allocate.NewPool()
	lots := []allocate.Lot{{ID: 1, Household: 1, Free: 1, UnitFen: 95}, {ID: 2, Household: 2, Free: 1, UnitFen: 9}, {ID: 3, Household: 3, Free: 100, UnitFen: 49}}
	for i, l := range lots {
		must(t, pool.SetHousehold(allocate.Household{ID: l.Household, Persons: 1, ExpectedFen: int64(i) * 1_000}))
		must(t, pool.SetLot(l))
	}
	pool.SetLeast(0, 50)
	if got := pool.Sellable(0); got != 46 {
		t.Fatalf("%d are sellable", got)
	}
	shares, err := pool.Take(allocate.Request{Policy: allocate.PolicyFair, Qty: 46})
	if left, ok := leftOf(err); !ok || left != 6 || shares != nil {
		t.Fatalf("%v, %v", shares, err)
	}
	for _, want := range lots {
		if l, _ := pool.Lot(want.ID); l != want {
			t.Errorf("%+v stays of %+v", l, want)
		}
	}
}
