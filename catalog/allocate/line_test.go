package allocate_test

import (
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"banmuyuan/catalog/allocate"
)

// The line agrees with the policy: the next unit comes from its first household, at the stated level; without the first k
// the next comes from the one that stands after them; and what stands before a household is counted by the rules of the
// documentation.
func TestLineIsWhatThePolicyDoes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := seasons(20, 9).Draw(t, "season")
		step := rapid.Int64Range(0, 8).Draw(t, "step")
		pool, m := poolOf(t, s, rapid.SampledFrom([]string{"", "A", "B"}).Draw(t, "code"))
		for range rapid.IntRange(0, 4).Draw(t, "orders before") { // so that heaps hold levels of before
			if free := pool.Free(0); free > 1 {
				r := allocate.Request{Policy: allocate.PolicyFair, Qty: rapid.Int64Range(1, free-1).Draw(t, "qty"), Step: step}
				_, err := pool.Take(r)
				must(t, err)
				m.take(r)
			}
		}
		line := pool.Line(0, step)
		line.Sort()
		order := line.Households()
		if open := m.open(0, nil); len(order) != len(open) || line.Len() != len(open) {
			t.Fatalf("%d of %d in line", len(order), len(open))
		}
		for k, want := range order {
			for _, policy := range []allocate.Policy{allocate.PolicyFair, allocate.PolicyNear} {
				plan, err := pool.Plan(allocate.Request{Policy: policy, Qty: 1, Step: step, Exclude: order[:k]})
				must(t, err)
				place, ok := line.Place(want)
				if got := plan.Shares[0]; !ok || got.Household != want || got.Reason.LevelFen != place.LevelFen || place.Before != k {
					t.Fatalf("%s without the first %d: %+v, want household %d at %+v", policy, k, got, want, place)
				}
			}
		}
		for _, l := range m.lots {
			if l.Free == 0 {
				if place, ok := line.Place(l.Household); ok {
					t.Fatalf("household %d has nothing left and stands at %+v", l.Household, place)
				}
				continue
			}
			got, _ := line.Place(l.Household)
			if want := m.placeOf(l, step); got != want {
				t.Fatalf("household %d stands at %+v, want %+v", l.Household, got, want)
			}
		}
	})
}

// placeOf counts, one by one, the lots that sell before a lot.
func (m *model) placeOf(l allocate.Lot, step int64) allocate.Place {
	begun := func(l allocate.Lot) bool { return 0 < l.Open && l.Open < max(step, 1) }
	h := m.households[l.Household]
	p := allocate.Place{Begun: begun(l), LevelFen: floor(level(h))}
	var line, first int64 = -1, -1
	for _, id := range m.open(0, nil) {
		o := m.lots[id]
		p.Of++
		if first < 0 || m.before(id, first, step) {
			first = id
		}
		if !begun(o) && (line < 0 || m.before(id, line, step)) {
			line = id
		}
		if id == l.ID || !m.before(id, l.ID, step) {
			continue
		}
		p.Before++
		oh := m.households[o.Household]
		last := func(h allocate.Household) *big.Rat { return big.NewRat(h.LastFen, int64(h.Persons)) }
		switch {
		case begun(o) && !p.Begun:
			p.BegunBefore++
		case level(oh).Cmp(level(h)) != 0:
			p.Lower++
		case o.UnitFen != l.UnitFen:
			p.Worth++
		case last(oh).Cmp(last(h)) != 0:
			p.Last++
		case place(m.code, oh.Village) != place(m.code, h.Village):
			p.Village++
		default:
			p.Register++
		}
	}
	if line < 0 {
		line = first
	}
	p.LineFen = floor(level(m.households[m.lots[line].Household]))
	return p
}

func poolOf(t rapid.TB, s season, code string) (*allocate.Pool, *model) {
	pool, m := allocate.NewPool(), newModel(s.households, s.lots)
	m.code = code
	pool.SetCode(0, code)
	for _, h := range s.households {
		must(t, pool.SetHousehold(h))
	}
	for _, l := range s.lots {
		must(t, pool.SetLot(l))
	}
	return pool, m
}

// Under a least part the first of the line sells next as well, and a lot that waits does not.
func TestLineUnderALeastPart(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := seasons(12, 9).Draw(t, "season")
		step := rapid.Int64Range(0, 5).Draw(t, "step")
		pool, _ := poolOf(t, s, "A")
		pool.SetLeast(0, rapid.SampledFrom([]int64{1, 5, 9, 5_000}).Draw(t, "least"))
		for range rapid.IntRange(0, 4).Draw(t, "orders before") {
			if free := pool.Sellable(0); free > 1 {
				_, err := pool.Take(allocate.Request{Policy: allocate.PolicyFair, Qty: rapid.Int64Range(1, free-1).Draw(t, "qty"), Step: step})
				if _, ok := leftOf(err); err != nil && !ok {
					t.Fatal(err)
				}
			}
		}
		line := pool.Line(0, step)
		line.Sort()
		plan, err := pool.Plan(allocate.Request{Policy: allocate.PolicyFair, Qty: 1, Step: step})
		order := line.Households()
		if left, ok := leftOf(err); ok {
			if left != 0 || len(order) != 0 {
				t.Fatalf("nothing sells (%d left), and %v stand in line", left, order)
			}
			return
		}
		must(t, err)
		if len(order) == 0 || plan.Shares[0].Household != order[0] {
			t.Fatalf("sold by %d, the line is %v", plan.Shares[0].Household, order)
		}
		for _, l := range s.lots {
			if place, ok := line.Place(l.Household); ok && place.Waits != (place.Before >= len(order)) {
				t.Fatalf("household %d: %+v of %d that sell", l.Household, place, len(order))
			}
		}
	})
}

func BenchmarkLine(b *testing.B) {
	pool, hs, _ := county(b)
	b.Run("copy", func(b *testing.B) {
		for b.Loop() {
			pool.Line(1, 5)
		}
	})
	b.Run("copy and sort", func(b *testing.B) {
		for b.Loop() {
			pool.Line(1, 5).Sort()
		}
	})
	line := pool.Line(1, 5)
	line.Sort()
	b.Run("place", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			line.Place(hs[i%len(hs)].ID)
		}
	})
}
