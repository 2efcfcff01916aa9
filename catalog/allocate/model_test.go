package allocate_test

import (
	"cmp"
	"crypto/sha256"
	"errors"
	"fmt"
	"math/big"
	"slices"

	"pgregory.net/rapid"

	"banmuyuan/catalog/allocate"
)

// model divides as the documentation says, word for word and as slowly as it likes: levels are big rationals, and the
// lowest household is looked up anew for every chunk.
type model struct {
	households map[int64]allocate.Household
	lots       map[int64]allocate.Lot
	code       string // of every presale
}

func newModel(households []allocate.Household, lots []allocate.Lot) *model {
	m := &model{map[int64]allocate.Household{}, map[int64]allocate.Lot{}, ""}
	for _, h := range households {
		m.households[h.ID] = h
	}
	for _, l := range lots {
		m.lots[l.ID] = l
	}
	return m
}

func level(h allocate.Household) *big.Rat { return big.NewRat(h.ExpectedFen, int64(h.Persons)) }

func floor(r *big.Rat) int64 {
	q, m := new(big.Int), new(big.Int)
	q.DivMod(r.Num(), r.Denom(), m) // Euclidean: rounds down, as the denominator is positive
	return q.Int64()
}

// before reports whether lot a sells before lot b: a begun one, the lower level, and of equals the one of which a unit is
// worth most to its household, the household that last season brought least, the village's place, the id.
func (m *model) before(a, b int64, step int64) bool {
	la, lb := m.lots[a], m.lots[b]
	ha, hb := m.households[la.Household], m.households[lb.Household]
	begun := func(l allocate.Lot) int {
		if 0 < l.Open && l.Open < max(step, 1) {
			return 0
		}
		return 1
	}
	return cmp.Or(
		cmp.Compare(begun(la), begun(lb)),
		level(ha).Cmp(level(hb)),
		cmp.Compare(lb.UnitFen, la.UnitFen),
		big.NewRat(ha.LastFen, int64(ha.Persons)).Cmp(big.NewRat(hb.LastFen, int64(hb.Persons))),
		cmp.Compare(place(m.code, ha.Village), place(m.code, hb.Village)),
		cmp.Compare(ha.ID, hb.ID)) < 0
}

// place is a village's place among equals, as docs/allocation.md has it for everybody to work out.
func place(code string, village int64) string {
	return fmt.Sprintf("%x", sha256.Sum256(fmt.Appendf(nil, "%s/%d", code, village)))[:16]
}

// open are the lots of a presale that have units of households that are not excluded, by lot id.
func (m *model) open(presale int64, exclude []int64) []int64 {
	var ids []int64
	for id, l := range m.lots {
		if l.Presale == presale && l.Free > 0 && !slices.Contains(exclude, l.Household) {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

func (m *model) free(lots []int64) int64 {
	var sum int64
	for _, id := range lots {
		sum += m.lots[id].Free
	}
	return sum
}

func (m *model) give(shares []allocate.Share, policy allocate.Policy, lot, qty int64) []allocate.Share {
	l := m.lots[lot]
	h := m.households[l.Household]
	i := slices.IndexFunc(shares, func(s allocate.Share) bool { return s.Lot == lot })
	if i < 0 {
		i = len(shares)
		shares = append(shares, allocate.Share{
			Lot: lot, Household: h.ID, Village: h.Village,
			Reason: allocate.Reason{Policy: policy, Version: policy.Version(), LevelFen: floor(level(h)), Rank: i + 1},
		})
	}
	shares[i].Qty += qty
	shares[i].ValueFen += qty * l.UnitFen
	l.Free, l.Sold, l.Open = l.Free-qty, l.Sold+qty, l.Open+qty
	h.ExpectedFen += qty * l.UnitFen
	m.lots[lot], m.households[h.ID] = l, h
	return shares
}

func (m *model) fill(policy allocate.Policy, lots []int64, qty, step int64) []allocate.Share {
	var shares []allocate.Share
	step = max(step, 1)
	for qty > 0 {
		best := int64(-1)
		for _, id := range lots {
			if m.lots[id].Free > 0 && (best < 0 || m.before(id, best, step)) {
				best = id
			}
		}
		part := int64(1)
		open := m.lots[best].Open
		switch {
		case 0 < open && open < step:
			part = min(step-open, m.lots[best].Free, qty)
		case !slices.ContainsFunc(shares, func(s allocate.Share) bool { return s.Lot == best }):
			part = min(step, m.lots[best].Free, qty)
		}
		shares = m.give(shares, policy, best, part)
		qty -= part
	}
	return shares
}

// near tries all sets of villages.
func (m *model) near(lots []int64, qty, step int64) []int64 {
	villages := map[int64][]int64{}
	for _, id := range lots {
		v := m.households[m.lots[id].Household].Village
		villages[v] = append(villages[v], id)
	}
	lowest := func(v int64) int64 {
		best := villages[v][0]
		for _, id := range villages[v] {
			if m.before(id, best, step) {
				best = id
			}
		}
		return best
	}
	var ranked []int64
	for v := range villages {
		ranked = append(ranked, v)
	}
	slices.SortFunc(ranked, func(a, b int64) int {
		if m.before(lowest(a), lowest(b), step) {
			return -1
		}
		return 1
	})
	var best []int // ranks
	for set := 1; set < 1<<len(ranked); set++ {
		var ranks []int
		var all []int64
		for r, v := range ranked {
			if set>>r&1 == 1 {
				ranks = append(ranks, r)
				all = append(all, villages[v]...)
			}
		}
		if m.free(all) < qty {
			continue
		}
		if best == nil || len(ranks) < len(best) || len(ranks) == len(best) && slices.Compare(ranks, best) < 0 {
			best = ranks
		}
	}
	var chosen []int64
	for _, r := range best {
		chosen = append(chosen, villages[ranked[r]]...)
	}
	return chosen
}

// take returns the shares expected of the pool, and the units left if they are too few. Contracts are not modelled.
func (m *model) take(r allocate.Request) ([]allocate.Share, *allocate.SoldOutError) {
	lots := m.open(r.Presale, r.Exclude)
	if r.Policy == allocate.PolicyDirect {
		lots = slices.DeleteFunc(lots, func(id int64) bool { return m.lots[id].Household != r.Household })
	}
	if left := m.free(lots); left < r.Qty {
		return nil, &allocate.SoldOutError{Qty: r.Qty, Left: left}
	}
	switch r.Policy {
	case allocate.PolicyNear:
		return m.fill(r.Policy, m.near(lots, r.Qty, r.Step), r.Qty, r.Step), nil
	case allocate.PolicyDirect:
		return m.give(nil, r.Policy, lots[0], r.Qty), nil
	}
	return m.fill(r.Policy, lots, r.Qty, r.Step), nil
}

func (m *model) release(shares []allocate.Share) {
	for _, s := range shares {
		l := m.lots[s.Lot]
		l.Free, l.Sold, l.Open = l.Free+s.Qty, l.Sold-s.Qty, l.Open-s.Qty
		m.lots[s.Lot] = l
		h := m.households[s.Household]
		h.ExpectedFen -= s.ValueFen
		m.households[s.Household] = h
	}
}

// season draws households and one presale's lots. Values are small beside persons now and then, and zero, so that many
// chunks start at nearly or exactly the same level.
type season struct {
	households []allocate.Household
	lots       []allocate.Lot
}

func (s season) free() int64 {
	var sum int64
	for _, l := range s.lots {
		sum += l.Free
	}
	return sum
}

func seasons(households int, free int64) *rapid.Generator[season] {
	return rapid.Custom(func(t *rapid.T) season {
		n := rapid.IntRange(1, households).Draw(t, "households")
		persons := rapid.SampledFrom([]int32{1, 3, 8, allocate.MaxPersons}).Draw(t, "persons at most")
		expected := rapid.SampledFrom([]int64{0, 5, 100, 100_000}).Draw(t, "expected at most")
		unit := rapid.SampledFrom([]int64{0, 1, 10, 10_000}).Draw(t, "unit fen at most")
		var s season
		for i := range int64(n) {
			h := allocate.Household{
				ID:          i*7%int64(n)*10 + i, // ids in another order than the lots'
				Village:     rapid.Int64Range(1, 6).Draw(t, "village"),
				Persons:     rapid.Int32Range(1, persons).Draw(t, "persons"),
				ExpectedFen: rapid.Int64Range(-expected/4, expected).Draw(t, "expected"),
				LastFen:     rapid.Int64Range(0, 3).Draw(t, "last season"),
			}
			s.households = append(s.households, h)
			open := max(rapid.Int64Range(-6, 6).Draw(t, "open"), 0)
			s.lots = append(s.lots, allocate.Lot{
				ID: 1000 + i, Household: h.ID,
				Free:    rapid.Int64Range(0, free).Draw(t, "free"),
				UnitFen: rapid.Int64Range(0, unit).Draw(t, "unit fen"),
				Open:    open, Sold: open + rapid.Int64Range(0, 2).Draw(t, "collected"),
			})
		}
		return s
	})
}

func leftOf(err error) (int64, bool) {
	if soldOut, ok := errors.AsType[*allocate.SoldOutError](err); ok {
		return soldOut.Left, true
	}
	return 0, false
}
