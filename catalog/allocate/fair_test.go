package allocate_test

import (
	"cmp"
	"errors"
	"math/big"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"banmuyuan/catalog/allocate"
)

func TestFairExamples(t *testing.T) {
	households := []allocate.Household{
		{ID: 1, Village: 1, Persons: 2, ExpectedFen: 60_000}, // ¥300 a person
		{ID: 2, Village: 1, Persons: 4, ExpectedFen: 40_000}, // ¥100
		{ID: 3, Village: 2, Persons: 1, ExpectedFen: 20_000}, // ¥200
	}
	lots := []allocate.Lot{
		{ID: 11, Household: 1, Free: 100, UnitFen: 8_000},
		{ID: 12, Household: 2, Free: 100, UnitFen: 8_000},
		{ID: 13, Household: 3, Free: 6, UnitFen: 8_000},
	}
	for _, c := range []struct {
		name      string
		qty, step int64
		want      map[int64]int64 // by household
	}{
		{"one unit goes to the lowest", 1, 1, map[int64]int64{2: 1}},
		{"unit by unit until ¥200 is reached, then ids decide", 6, 1, map[int64]int64{2: 6}}, // 40,000 → 88,000: ¥220 after 6
		{"the next is household 3", 7, 1, map[int64]int64{2: 6, 3: 1}},
		{"a remainder goes with the last chunk", 7, 5, map[int64]int64{2: 7}},
		{"steps are whole", 10, 5, map[int64]int64{2: 10}}, // after 5 household 2 has exactly ¥200 a person and the lower id
		{"a small order is one stop", 3, 5, map[int64]int64{2: 3}},
		{"the last chunk of many takes the remainder", 26, 5, map[int64]int64{2: 16, 3: 5, 1: 5}},
		{"everything", 206, 5, map[int64]int64{1: 100, 2: 100, 3: 6}},
	} {
		t.Run(c.name, func(t *testing.T) {
			shares, err := allocate.Fair(households, lots, c.qty, c.step)
			if err != nil {
				t.Fatal(err)
			}
			got := map[int64]int64{}
			for _, s := range shares {
				got[s.Household] += s.Qty
			}
			for id := range int64(4) {
				if got[id] != c.want[id] {
					t.Fatalf("got %v, want %v", got, c.want)
				}
			}
		})
	}
	_, err := allocate.Fair(households, lots, 207, 5)
	if left, ok := leftOf(err); !ok || left != 206 {
		t.Errorf("one unit too many: %v", err)
	}
}

// The pool works with heaps, water-filling and levels in 96 bits; the model with none of them.
func TestFairAndNearAreWhatTheDocumentationSays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		// Small and many lots, or few and deep: the latter are flooded.
		shape := rapid.SampledFrom([]struct {
			households int
			free       int64
		}{{4, 8}, {3, 60}, {5, 400}, {25, 40}}).Draw(t, "shape")
		s := seasons(shape.households, shape.free).Draw(t, "season")
		step := rapid.Int64Range(0, 12).Draw(t, "step")
		qty := rapid.Int64Range(1, s.free()+2).Draw(t, "qty")
		policy := rapid.SampledFrom([]allocate.Policy{allocate.PolicyFair, allocate.PolicyNear}).Draw(t, "policy")

		divide := allocate.Fair
		if policy == allocate.PolicyNear {
			divide = allocate.Near
		}
		got, err := divide(s.households, s.lots, qty, step)
		want, soldOut := newModel(s.households, s.lots).take(allocate.Request{Policy: policy, Qty: qty, Step: step})
		if soldOut != nil {
			if left, ok := leftOf(err); !ok || left != soldOut.Left || got != nil {
				t.Fatalf("got %v, %v; want %v", got, err, soldOut)
			}
			return
		}
		if err != nil || !slices.Equal(got, want) {
			t.Fatalf("got %+v, %v\nwant %+v", got, err, want)
		}
	})
}

// The end of an order that is flooded: the last chunk takes the remainder, although another household is lower by then.
func TestFloodLeavesTheRemainderToTheLastChunk(t *testing.T) {
	households := []allocate.Household{{ID: 1, Persons: 1}, {ID: 2, Persons: 1, ExpectedFen: 9_400}}
	lots := []allocate.Lot{{ID: 11, Household: 1, Free: 100, UnitFen: 100}, {ID: 12, Household: 2, Free: 100, UnitFen: 100}}
	shares, err := allocate.Fair(households, lots, 97, 5)
	must(t, err)
	if len(shares) != 1 || shares[0].Household != 1 || shares[0].Qty != 97 {
		t.Errorf("got %+v, want 97 units of household 1", shares)
	}
}

// Of chunks that start at one level the ids decide, also where a flood ends at it: 78 units are 9 for each of eight
// households, and one more for the first six.
func TestFloodStopsBelowItsLevel(t *testing.T) {
	var households []allocate.Household
	var lots []allocate.Lot
	for id := int64(1); id <= 8; id++ {
		households = append(households, allocate.Household{ID: id, Persons: 1})
		lots = append(lots, allocate.Lot{ID: id, Household: id, Free: map[bool]int64{true: 100, false: 10}[id <= 4], UnitFen: 1})
	}
	shares, err := allocate.Fair(households, lots, 78, 1)
	must(t, err)
	for _, s := range shares {
		if want := map[bool]int64{true: 10, false: 9}[s.Household <= 6]; s.Qty != want {
			t.Errorf("household %d gives %d, want %d", s.Household, s.Qty, want)
		}
	}
}

// A lot that was emptied may still stand in its heap when a flood comes.
func TestFloodPassesEmptyLots(t *testing.T) {
	pool := allocate.NewPool()
	for id := int64(1); id <= 2; id++ {
		must(t, pool.SetHousehold(allocate.Household{ID: id, Persons: 1}))
		must(t, pool.SetLot(allocate.Lot{ID: id, Presale: 1, Household: id, Free: 100, UnitFen: 1}))
	}
	_, err := pool.Take(allocate.Request{Presale: 1, Policy: allocate.PolicyDirect, Qty: 100, Household: 1})
	must(t, err)
	if quotas := pool.Quotas(1); len(quotas) != 1 || quotas[0] != (allocate.Quota{Household: 2, Left: 100}) {
		t.Errorf("left are %+v", quotas)
	}
	shares, err := pool.Take(allocate.Request{Presale: 1, Policy: allocate.PolicyFair, Qty: 90, Step: 1})
	must(t, err)
	if len(shares) != 1 || shares[0].Household != 2 || shares[0].Qty != 90 {
		t.Errorf("shares are %+v", shares)
	}
}

// The one-shot functions take lots of one presale, whichever it is, and refuse what a pool refuses.
func TestFairOfALoadedPresale(t *testing.T) {
	households := []allocate.Household{{ID: 1, Persons: 1}}
	shares, err := allocate.Fair(households, []allocate.Lot{{ID: 1, Presale: 7, Household: 1, Free: 3}}, 3, 1)
	if err != nil || len(shares) != 1 || shares[0].Qty != 3 {
		t.Errorf("%+v, %v", shares, err)
	}
	if shares, err := allocate.Fair([]allocate.Household{{ID: 1}}, nil, 1, 1); !errors.Is(err, allocate.ErrRange) || shares != nil {
		t.Errorf("a household of nobody: %v, %v", shares, err)
	}
	if shares, err := allocate.Fair(households, []allocate.Lot{{ID: 1, Household: 2, Free: 3}}, 1, 1); !errors.Is(err, allocate.ErrUnknown) || shares != nil {
		t.Errorf("a lot of nobody: %v, %v", shares, err)
	}
	_, err = allocate.Fair(households, []allocate.Lot{{ID: 1, Household: 1, Free: 3}}, 4, 1)
	if err == nil || err.Error() != "allocate: 4 units asked for, 3 left" {
		t.Errorf("one too many: %v", err)
	}
}

// Properties that a household can check without knowing how the division was made.
func TestFairProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := seasons(30, 60).Filter(func(s season) bool { return s.free() > 0 }).Draw(t, "season")
		step := rapid.Int64Range(1, 10).Draw(t, "step")
		qty := rapid.Int64Range(1, s.free()).Draw(t, "qty")
		shares, err := allocate.Fair(s.households, s.lots, qty, step)
		if err != nil {
			t.Fatal(err)
		}

		m := newModel(s.households, s.lots)
		var sum int64
		small := 0
		for rank, share := range shares {
			l, h := m.lots[share.Lot], m.households[share.Household]
			if share.Qty < 1 || share.Qty > l.Free {
				t.Fatalf("lot %d has %d units and gives %d", l.ID, l.Free, share.Qty)
			}
			if share.Household != l.Household || share.Village != h.Village || share.ValueFen != share.Qty*l.UnitFen ||
				share.Reason.Rank != rank+1 || share.Reason.LevelFen != floor(level(h)) {
				t.Fatalf("share %+v of %+v, %+v", share, l, h)
			}
			if share.Qty < step && share.Qty < l.Free {
				small++
			}
			sum += share.Qty
		}
		if sum != qty {
			t.Fatalf("shares add up to %d, not %d", sum, qty)
		}
		if small > 1 {
			t.Fatalf("%d shares are below the step of %d although their lots have more: %+v", small, step, shares)
		}

		given := map[int64]int64{}
		for _, share := range shares {
			given[share.Lot] = share.Qty
		}
		for _, rich := range s.lots {
			if given[rich.ID] == 0 {
				continue
			}
			// The last chunk of this household started at least here: a chunk, and less than one of remainder.
			start := m.households[rich.Household]
			start.ExpectedFen += max(0, given[rich.ID]-2*step+1) * rich.UnitFen
			for _, poor := range s.lots {
				if given[poor.ID] == poor.Free || poor.ID == rich.ID {
					continue
				}
				end := m.households[poor.Household]
				end.ExpectedFen += given[poor.ID] * poor.UnitFen
				if level(end).Cmp(level(start)) < 0 {
					t.Fatalf("household %d has units left at %v, while %d sold from %v up", poor.Household, level(end), rich.Household, level(start))
				}
			}
		}
	})
}

func TestOrderOfLoadingDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := seasons(20, 60).Filter(func(s season) bool { return s.free() > 0 }).Draw(t, "season")
		step := rapid.Int64Range(1, 6).Draw(t, "step")
		qty := rapid.Int64Range(1, s.free()).Draw(t, "qty")
		for _, divide := range []func([]allocate.Household, []allocate.Lot, int64, int64) ([]allocate.Share, error){allocate.Fair, allocate.Near} {
			want, err := divide(s.households, s.lots, qty, step)
			if err != nil {
				t.Fatal(err)
			}
			got, err := divide(rapid.Permutation(s.households).Draw(t, "households"), rapid.Permutation(s.lots).Draw(t, "lots"), qty, step)
			if err != nil || !slices.Equal(got, want) {
				t.Fatalf("got %+v, %v\nwant %+v", got, err, want)
			}
		}
	})
}

// quantities takes orders one after another and adds up the units of each household.
func quantities(t *rapid.T, s season, step int64, orders ...int64) map[int64]int64 {
	pool := allocate.NewPool()
	for _, h := range s.households {
		must(t, pool.SetHousehold(h))
	}
	for _, l := range s.lots {
		must(t, pool.SetLot(l))
	}
	sold := map[int64]int64{}
	for _, qty := range orders {
		shares, err := pool.Take(allocate.Request{Policy: allocate.PolicyFair, Qty: qty, Step: step})
		must(t, err)
		for _, share := range shares {
			sold[share.Household] += share.Qty
		}
	}
	return sold
}

// In whole steps it makes no difference whether orders come one by one or together.
func TestStepByStepIsTogether(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := seasons(12, 8).Draw(t, "season")
		step := rapid.Int64Range(1, 6).Draw(t, "step")
		for i := range s.lots {
			s.lots[i].Free *= step
		}
		steps := s.free() / step
		if steps == 0 {
			return
		}
		n := rapid.Int64Range(1, steps).Draw(t, "steps")
		var orders []int64
		for left := n; left > 0; {
			k := rapid.Int64Range(1, left).Draw(t, "of which in one order")
			orders = append(orders, k*step)
			left -= k
		}
		together, apart := quantities(t, s, step, n*step), quantities(t, s, step, orders...)
		for _, h := range s.households {
			if together[h.ID] != apart[h.ID] {
				t.Fatalf("household %d sells %d of one order, %d of the orders %v", h.ID, together[h.ID], apart[h.ID], orders)
			}
		}
	})
}

// Splitting an order shifts the bounds of one household's chunks by less than a step, and the last chunk may carry a
// remainder of less than a step: together they move nobody further. At a step of 1 they move nobody at all.
func TestSplittingAnOrderMovesNobodyByTwoSteps(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := seasons(12, 40).Draw(t, "season")
		if s.free() < 2 {
			return
		}
		step := rapid.Int64Range(1, 8).Draw(t, "step")
		qty := rapid.Int64Range(2, s.free()).Draw(t, "qty")
		first := rapid.Int64Range(1, qty-1).Draw(t, "first")
		together, apart := quantities(t, s, step, qty), quantities(t, s, step, first, qty-first)
		for _, h := range s.households {
			if d := together[h.ID] - apart[h.ID]; max(d, -d) > 2*(step-1) {
				t.Fatalf("household %d sells %d of one order, %d of two", h.ID, together[h.ID], apart[h.ID])
			}
		}
	})
}

// divisions calls yield with every division of qty over the lots in whole steps, as units by lot.
func divisions(lots []allocate.Lot, qty, step int64, yield func([]int64)) {
	units := make([]int64, len(lots))
	var walk func(i int, left int64)
	walk = func(i int, left int64) {
		if i == len(lots) {
			if left == 0 {
				yield(units)
			}
			return
		}
		for units[i] = 0; units[i] <= min(left, lots[i].Free); units[i] += step {
			walk(i+1, left-units[i])
		}
		units[i] = 0
	}
	walk(0, qty)
}

func after(s season, units []int64) []allocate.Household {
	out := slices.Clone(s.households)
	for i := range out {
		out[i].ExpectedFen += units[i] * s.lots[i].UnitFen // household i has lot i
	}
	return out
}

func sortedLevels(households []allocate.Household) []*big.Rat {
	var all []*big.Rat
	for _, h := range households {
		all = append(all, level(h))
	}
	slices.SortFunc(all, (*big.Rat).Cmp)
	return all
}

func fairUnits(t *rapid.T, s season, qty, step int64) []int64 {
	shares, err := allocate.Fair(s.households, s.lots, qty, step)
	must(t, err)
	units := make([]int64, len(s.lots))
	for _, share := range shares {
		units[slices.IndexFunc(s.lots, func(l allocate.Lot) bool { return l.ID == share.Lot })] = share.Qty
	}
	return units
}

// small draws a season of whole steps that is small enough for trying every division.
func small(t *rapid.T, step int64) (season, int64) {
	s := seasons(5, 4).Filter(func(s season) bool { return s.free() > 0 }).Draw(t, "season")
	for i := range s.lots {
		s.lots[i].Free *= step
	}
	return s, step * rapid.Int64Range(1, s.free()/step).Draw(t, "steps")
}

func TestFairIsTheOptimumWhereChunksAreWorthTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		step := rapid.Int64Range(1, 3).Draw(t, "step")
		s, qty := small(t, step)
		perPerson := rapid.Int64Range(0, 50).Draw(t, "fen per person and unit")
		for i := range s.lots {
			s.lots[i].UnitFen = perPerson * int64(s.households[i].Persons)
		}
		fair := after(s, fairUnits(t, s, qty, step))
		levels := sortedLevels(fair)
		samePersons := !slices.ContainsFunc(fair, func(h allocate.Household) bool { return h.Persons != fair[0].Persons })
		divisions(s.lots, qty, step, func(units []int64) {
			other := after(s, units)
			if slices.CompareFunc(sortedLevels(other), levels, (*big.Rat).Cmp) > 0 {
				t.Fatalf("%v is fairer than %+v", units, fair)
			}
			// Majorisation: the k lowest together never have more elsewhere.
			a, b := new(big.Rat), new(big.Rat)
			for k, l := range sortedLevels(other) {
				if a.Add(a, levels[k]).Cmp(b.Add(b, l)) < 0 {
					t.Fatalf("the %d lowest have more with %v than with %+v", k+1, units, fair)
				}
			}
			if samePersons && fair[0].ExpectedFen >= 0 && allocate.Gini(other) < allocate.Gini(fair)-1e-9 && lowestIncome(s) >= 0 {
				t.Fatalf("%v has a smaller Gini than %+v", units, fair)
			}
		})
	})
}

func lowestIncome(s season) int64 {
	return slices.MinFunc(s.households, func(a, b allocate.Household) int { return cmp.Compare(a.ExpectedFen, b.ExpectedFen) }).ExpectedFen
}

func TestFairBelowTheLastChunkIsTheOptimumWhateverChunksAreWorth(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		step := rapid.Int64Range(1, 3).Draw(t, "step")
		s, qty := small(t, step)
		units := fairUnits(t, s, qty, step)
		fair := after(s, units)

		// T: the highest level at which a chunk started.
		var top *big.Rat
		for i, h := range s.households {
			if units[i] == 0 {
				continue
			}
			h.ExpectedFen += (units[i] - step) * s.lots[i].UnitFen
			if top == nil || level(h).Cmp(top) > 0 {
				top = level(h)
			}
		}
		for i, h := range fair {
			if level(h).Cmp(top) < 0 && units[i] < s.lots[i].Free {
				t.Fatalf("household %d ends at %v, below %v, with units left", h.ID, level(h), top)
			}
		}
		lowest := sortedLevels(fair)[0]
		divisions(s.lots, qty, step, func(units []int64) {
			other := after(s, units)
			if sortedLevels(other)[0].Cmp(lowest) > 0 {
				t.Fatalf("%v leaves the lowest at %v, fair at %v", units, sortedLevels(other)[0], lowest)
			}
			for i, h := range other {
				if l := level(fair[i]); l.Cmp(top) < 0 && level(h).Cmp(l) > 0 {
					t.Fatalf("%v lifts household %d higher than %v", units, h.ID, l)
				}
			}
		})
	})
}

// The whole county at once, against the plain greedy in 64-bit integers.
func TestCountyIsThePlainGreedy(t *testing.T) {
	pool, hs, ls := county(t)
	const qty, step = 88_120, 8
	shares, err := pool.Take(allocate.Request{Presale: 1, Policy: allocate.PolicyFair, Qty: qty, Step: step})
	must(t, err)

	want := map[int64]int64{}
	for left := int64(qty); left > 0; {
		best := -1
		for i := range ls {
			if ls[i].Free == 0 {
				continue
			}
			if best < 0 || hs[i].ExpectedFen*int64(hs[best].Persons) < hs[best].ExpectedFen*int64(hs[i].Persons) {
				best = i // ids rise with i, so that the first of equals stays
			}
		}
		chunk := min(step, ls[best].Free, left)
		if left < 2*step && ls[best].Free >= left {
			chunk = left
		}
		want[ls[best].ID] += chunk
		ls[best].Free -= chunk
		hs[best].ExpectedFen += chunk * ls[best].UnitFen
		left -= chunk
	}
	if len(shares) != len(want) {
		t.Errorf("%d shares, want %d", len(shares), len(want))
	}
	for _, s := range shares {
		if s.Qty != want[s.Lot] {
			t.Fatalf("lot %d gives %d, want %d", s.Lot, s.Qty, want[s.Lot])
		}
	}
	if pool.Free(1) != 881_200-qty {
		t.Errorf("%d units left", pool.Free(1))
	}

	rest, err := pool.Take(allocate.Request{Presale: 1, Policy: allocate.PolicyFair, Qty: pool.Free(1), Step: step})
	must(t, err)
	var sum int64
	for _, s := range append(shares, rest...) {
		sum += s.Qty
	}
	if sum != 881_200 || pool.Free(1) != 0 {
		t.Errorf("%d units sold of all, %d left", sum, pool.Free(1))
	}
}
