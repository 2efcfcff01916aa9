package allocate

import (
	"cmp"
	"fmt"
	"math/bits"
	"slices"

	"banmuyuan/internal/money"
)

// Take takes the units of an order out of the pool and says which households sell them, in the order in which they were
// chosen. It returns *SoldOutError, ErrRange, ErrUnknown or ErrTwoLots and then changes nothing.
func (p *Pool) Take(r Request) ([]Share, error) {
	if r.Qty < 1 || r.Qty > MaxUnits || r.Step < 0 {
		return nil, fmt.Errorf("take %d units in steps of %d: %w", r.Qty, r.Step, ErrRange)
	}
	if r.Policy.Version() == "" {
		return nil, fmt.Errorf("take by policy %q: %w", r.Policy, ErrUnknown)
	}
	ps := p.presale(r.Presale)
	if ps == nil {
		return nil, &SoldOutError{Qty: r.Qty}
	}
	if len(r.Exclude) > 0 {
		excluded := p.exclude(ps, r.Exclude)
		defer p.include(excluded)
	}

	p.takes++
	t := take{pool: p, presale: ps, policy: r.Policy, version: ps.version(r.Policy), step: max(r.Step, 1)}
	if r.Policy == PolicyFair || r.Policy == PolicyNear {
		p.rank(ps)
		p.setStep(ps, t.step)
	}
	var err error
	switch r.Policy {
	case PolicyFair:
		err = t.fair(r.Qty)
	case PolicyNear:
		err = t.near(r.Qty)
	case PolicyDirect:
		err = t.direct(r.Household, r.Qty)
	case PolicyContract:
		err = t.contract(r.Quotas, r.Qty)
	}
	return t.shares, err
}

type hidden struct {
	lot  int32
	free int64
}

func (p *Pool) exclude(ps *presale, households []int64) []hidden {
	var all []hidden
	for _, id := range households {
		hat, known := p.householdAt[id]
		if !known {
			continue
		}
		if i := p.lotOf(hat, ps.id); i >= 0 {
			all = append(all, hidden{i, p.lots[i].free})
			p.hide(i)
		}
	}
	return all
}

func (p *Pool) include(excluded []hidden) {
	for _, h := range excluded {
		p.show(h.lot, h.free)
	}
}

// take is one Take under way. Policies check that there is enough before they give the first unit.
type take struct {
	pool    *Pool
	presale *presale
	policy  Policy
	version string // of the policy
	step    int64
	shares  []Share
}

// give moves units of a lot to the order.
func (t *take) give(i int32, qty int64) {
	l := &t.pool.lots[i]
	h := &t.pool.households[l.household]
	if l.take != t.pool.takes {
		l.take, l.share = t.pool.takes, int32(len(t.shares))
		t.shares = append(t.shares, Share{
			Lot: l.id, Household: h.ID, Village: h.Village,
			Reason: Reason{Policy: t.policy, Version: t.version, LevelFen: h.level.fen, Rank: len(t.shares) + 1},
		})
	}
	value := qty * l.unitFen
	s := &t.shares[l.share]
	s.Qty += qty
	s.ValueFen += value
	l.open += qty
	t.pool.addSold(i, qty)
	t.pool.addFree(i, -qty)
	t.pool.addExpected(l.household, value)
}

func (t *take) fair(qty int64) error {
	if left := t.presale.sellable(); left < qty {
		return &SoldOutError{qty, left}
	}
	if t.presale.least > 0 {
		return t.fairBound(qty)
	}
	qty = t.complete(t.pool.begunLots(t.presale), nil, qty)
	t.fill(&t.presale.heap, t.presale.heapAt, qty)
	return nil
}

// complete gives units of begun lots, of the villages that at knows or of all, until each has a step to collect. It returns
// what the order still needs.
func (t *take) complete(begun []entry, at []int32, qty int64) int64 {
	for _, e := range begun {
		l := &t.pool.lots[e.ref]
		if at != nil && at[l.village] < 0 {
			continue
		}
		if part := min(t.step-l.open, l.free, qty); part > 0 {
			t.give(e.ref, part)
			qty -= part
		}
	}
	return qty
}

// ahead is how far below every level a village stands with a begun lot, when near ranks villages.
const ahead = 1 << 60

// near picks villages. With k the fewest villages that can fill the order, it goes through them lowest first and takes a
// village whenever the order can still be filled with k of them in all: that gives the first in rank of all sets of k,
// because the largest villages not yet taken show exactly what the rest can add.
func (t *take) near(qty int64) error {
	if left := t.presale.free - t.presale.freeUnder; left < qty {
		return &SoldOutError{qty, left}
	}
	free := func(e entry) int64 { return t.presale.villages[e.ref].free }
	var ranked []entry
	begun := slices.DeleteFunc(t.pool.begunLots(t.presale), func(e entry) bool { return t.pool.lots[e.ref].under })
	first := map[int32]entry{} // by village, its lowest begun lot
	for _, e := range slices.Backward(begun) {
		first[t.pool.lots[e.ref].village] = e
	}
	for v := range t.presale.villages {
		if vil := &t.presale.villages[v]; t.pool.lowest(&vil.heap) {
			e, has := first[int32(v)]
			if e.fen -= ahead; !has {
				e = vil.heap[0]
			}
			e.ref = int32(v)
			ranked = append(ranked, e)
		}
	}
	give := func(chosen *heap, at []int32) {
		// Entries that are too low come to the top and are brought up to date.
		t.fill(chosen, at, t.complete(begun, at, qty))
	}
	chosen := make(heap, 0, 1)
	at := slices.Repeat([]int32{-1}, len(t.presale.villages))
	enough := func(e entry) bool { return free(e) >= qty }
	if slices.ContainsFunc(ranked, enough) { // most orders fit in one village: no need to sort any
		ranked = slices.DeleteFunc(ranked, func(e entry) bool { return !enough(e) })
		chosen.push(slices.MinFunc(ranked, compareEntries), at)
		give(&chosen, at)
		return nil
	}

	slices.SortFunc(ranked, compareEntries)
	largest := slices.Clone(ranked)
	slices.SortStableFunc(largest, func(a, b entry) int { return cmp.Compare(free(b), free(a)) })
	k, most := 0, int64(0)
	for most < qty {
		most += free(largest[k])
		k++
	}
	var sum int64
	for _, e := range ranked {
		if len(chosen) == k {
			break
		}
		reach, more := sum+free(e), k-len(chosen)-1
		for _, o := range largest {
			if more == 0 {
				break
			}
			if o.ref != e.ref && at[o.ref] < 0 {
				reach += free(o)
				more--
			}
		}
		if reach >= qty {
			sum += free(e)
			chosen.push(e, at)
		}
	}
	give(&chosen, at)
	return nil
}

func (t *take) direct(household, qty int64) error {
	i := int32(-1)
	if hat, known := t.pool.householdAt[household]; known {
		i = t.pool.lotOf(hat, t.presale.id)
	}
	if i < 0 {
		return &SoldOutError{Qty: qty}
	}
	if left := min(t.pool.lots[i].free, t.pool.covered(i)); left < qty {
		return &SoldOutError{qty, left}
	}
	t.give(i, qty)
	return nil
}

// contract gives lots that have less free than their part what they have, those with the least for their quota first; the
// others then have room for their part of the rest, rounded up too, because what they have is whole and above it.
func (t *take) contract(quotas []Quota, qty int64) error {
	type claim struct {
		household  int64
		lot        int32
		left, room int64
	}
	var claims []claim
	var room, left int64
	seen := make(map[int64]bool, len(quotas))
	for _, q := range quotas {
		if q.Left < 0 || q.Left > MaxUnits {
			return fmt.Errorf("take from quota of household %d: %w", q.Household, ErrRange)
		}
		if seen[q.Household] {
			return fmt.Errorf("take from quotas of household %d: %w", q.Household, ErrTwoLots)
		}
		seen[q.Household] = true
		hat, known := t.pool.householdAt[q.Household]
		if !known {
			continue
		}
		i := t.pool.lotOf(hat, t.presale.id)
		if i < 0 {
			continue
		}
		if c := (claim{q.Household, i, q.Left, min(q.Left, t.pool.lots[i].free)}); c.room > 0 && !t.pool.lots[i].under {
			claims = append(claims, c)
			room, left = room+c.room, left+c.left
		}
	}
	if room < qty {
		return &SoldOutError{qty, room}
	}

	slices.SortFunc(claims, func(a, b claim) int {
		return cmp.Or(compareProducts(a.room, b.left, b.room, a.left), cmp.Compare(a.household, b.household))
	})
	parts := make([]int64, len(claims))
	full := 0
	for ; full < len(claims) && compareProducts(claims[full].room, left, qty, claims[full].left) <= 0; full++ {
		parts[full] = claims[full].room
		qty -= claims[full].room
		left -= claims[full].left
	}
	rest := claims[full:]
	weights, ids := make([]int64, len(rest)), make([]int64, len(rest))
	for n, c := range rest {
		weights[n], ids[n] = c.left, c.household
	}
	copy(parts[full:], money.Split(qty, weights, ids))

	order := make([]int, len(claims))
	for n := range order {
		order[n] = n
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(claims[a].household, claims[b].household) })
	for _, n := range order {
		if parts[n] > 0 {
			t.give(claims[n].lot, parts[n])
		}
	}
	return nil
}

// compareProducts compares a·b with c·d, none of them negative.
func compareProducts(a, b, c, d int64) int {
	hi, lo := bits.Mul64(uint64(a), uint64(b))
	hi2, lo2 := bits.Mul64(uint64(c), uint64(d))
	return cmp.Or(cmp.Compare(hi, hi2), cmp.Compare(lo, lo2))
}

// fill hands out qty units over the villages of a heap, lowest level first. There must be as many.
func (t *take) fill(villages *heap, at []int32, qty int64) {
	qty -= t.flood(*villages, qty)
	for qty > 0 {
		i := t.pool.next(t.presale, villages, at)
		l := &t.pool.lots[i]
		part := min(t.together(l), l.free, qty)
		t.give(i, part)
		qty -= part
	}
}

// together is how many units a lot gives at once: a step when it gives its first of the order, then one by one.
func (t *take) together(l *lot) int64 {
	if l.take == t.pool.takes {
		return 1
	}
	return t.step
}

// water is a lot during a flood.
type water struct {
	expected, persons int64
	value             int64 // fen of a unit
	first             int64 // units that are given together, at the lot's level now
	free              int64
	lot               int32
}

// below is how many units the lot gives that start strictly below a level of whole fen per person.
func (w *water) below(level int64) int64 {
	need := level*w.persons - w.expected
	switch {
	case need <= 0:
		return 0
	case w.value == 0 || need > (w.free-1)*w.value:
		return w.free
	}
	return max((need+w.value-1)/w.value, w.first)
}

// flood does the bulk of an order that is many units per lot: it finds, by binary search, the highest level of whole fen
// up to which all units that start below it fit in the order, and gives them. Since a household's units start at levels
// that never fall, these are the very units that fill would give first. It returns how many units it gave: none where fill
// alone is quicker.
func (t *take) flood(villages heap, qty int64) int64 {
	lots := 0
	for _, v := range villages {
		lots += len(t.presale.villages[v.ref].heap)
	}
	if qty <= int64(2*lots) {
		return 0
	}
	pool := t.pool
	all := make([]water, 0, lots)
	var low, high int64
	for _, v := range villages {
		for _, e := range t.presale.villages[v.ref].heap {
			l := &pool.lots[e.ref]
			if l.free == 0 {
				continue
			}
			h := &pool.households[l.household]
			w := water{
				expected: h.ExpectedFen, persons: int64(h.Persons), value: l.unitFen, first: min(t.together(l), l.free),
				free: l.free, lot: e.ref,
			}
			// All units start below the level at which the last one would start by itself, plus one.
			top := levelOf(w.expected+(l.free-1)*l.unitFen, h.Persons).fen + 1
			if len(all) == 0 {
				low, high = h.level.fen, top
			}
			low, high = min(low, h.level.fen), max(high, top)
			all = append(all, w)
		}
	}
	// Nothing starts below low; everything starts below high.
	for high-low > 1 {
		middle := low + (high-low)/2
		var sum int64
		for i := range all {
			if sum += all[i].below(middle); sum > qty {
				break
			}
		}
		if sum > qty {
			high = middle
		} else {
			low = middle
		}
	}

	type dose struct {
		entry
		qty int64
	}
	var doses []dose
	var given int64
	for i := range all {
		if q := all[i].below(low); q > 0 {
			doses = append(doses, dose{pool.entry(all[i].lot), q})
			given += q
		}
	}
	// In the order in which fill would have come to them.
	slices.SortFunc(doses, func(a, b dose) int { return compareEntries(a.entry, b.entry) })
	t.shares = slices.Grow(t.shares, lots)
	for _, d := range doses {
		t.give(d.ref, d.qty)
	}
	return given
}
