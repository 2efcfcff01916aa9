package allocate

import (
	"maps"
	"math"
	"slices"
)

// bound keeps a least part of the buyers' money for households. Lots of which a unit brings its household less than that
// part (raised ones) are under it; the surplus of other lots covers them.
type bound struct {
	least     int64           // fen a unit that all sold units bring households on average, at least; 0: no bound
	surplus   int64           // of the free units of the other lots, above the part
	freeUnder int64           // free units of lots under the part,
	deficits  map[int64]int64 // and by how much a unit is under it
	under     heap            // lots under the part
}

// SetLeast keeps a least part of a presale's money for households: all units that are sold bring them at least so many fen
// a unit on average, from then on. An order is never divided so that they would bring less; earlier sales may,
// and then nothing under the part sells until it is made good. 0 sets no bound.
func (p *Pool) SetLeast(presale, fen int64) {
	place := p.placeOf(presale)
	ps := p.presales[place]
	if ps.least == fen {
		return
	}
	free := map[int32]int64{}
	for i := range p.lots {
		if l := &p.lots[i]; l.presale == place {
			free[int32(i)] = l.free
			p.hide(int32(i))
		}
	}
	ps.least, ps.surplus, ps.freeUnder, ps.deficits = fen, 0, 0, nil
	for i := range free {
		p.lots[i].under = p.lots[i].unitFen < fen
	}
	for i, units := range free {
		p.show(i, units)
	}
	ps.ranked = false
}

// version is the version of a policy under the presale's bound.
func (ps *presale) version(policy Policy) string {
	switch {
	case ps.least > 0 && policy == PolicyFair:
		return FairLeastVersion
	case ps.least > 0 && policy == PolicyNear:
		return NearLeastVersion
	}
	return policy.Version()
}

// Version returns the version by which a presale's orders are divided.
func (p *Pool) Version(presale int64, policy Policy) string {
	if ps := p.presale(presale); ps != nil {
		return ps.version(policy)
	}
	return policy.Version()
}

func (ps *presale) addUnder(deficit, qty int64) {
	if ps.deficits == nil {
		ps.deficits = map[int64]int64{}
	}
	ps.freeUnder += qty
	ps.deficits[deficit] += qty
}

// balance is the surplus of the sold units above the least part.
func (ps *presale) balance() int64 { return ps.soldFen - ps.least*ps.sold }

// sellable is how many units one order may have at most. Where all lots under the part are as far under it, an order of so
// many is never refused.
func (ps *presale) sellable() int64 {
	if ps.least == 0 {
		return ps.free
	}
	return ps.free - ps.freeUnder + coveredUnits(ps.balance()+ps.surplus, ps.deficits)
}

// coveredUnits is how many units under the part a sum covers, the least under it first.
func coveredUnits(rest int64, deficits map[int64]int64) (units int64) {
	for _, deficit := range slices.Sorted(maps.Keys(deficits)) {
		part := min(deficits[deficit], max(rest, 0)/deficit)
		units += part
		rest -= part * deficit
	}
	return units
}

// Sellable is how many units of lots can still be sold under a least part for households; see Pool.SetLeast.
func Sellable(least int64, lots []Lot) (units int64) {
	var rest int64
	deficits := map[int64]int64{}
	for _, l := range lots {
		rest += l.Sold * (l.UnitFen - least)
		if least > 0 && l.UnitFen < least {
			deficits[least-l.UnitFen] += l.Free
			continue
		}
		units += l.Free
		rest += l.Free * (l.UnitFen - least)
	}
	return units + coveredUnits(rest, deficits)
}

// Sellable is how many units of a presale can still be sold: all that are left, but for units under the least part for
// households that nothing covers.
func (p *Pool) Sellable(presale int64) int64 {
	if ps := p.presale(presale); ps != nil {
		return ps.sellable()
	}
	return 0
}

// covered is how many units of a lot the least part allows to be sold now.
func (p *Pool) covered(i int32) int64 {
	l, ps := &p.lots[i], p.presaleOf(i)
	if !l.under {
		return math.MaxInt64
	}
	return max(ps.balance(), 0) / (ps.least - l.unitFen)
}

// fairBound is fair in a presale with a least part: in the order of fair, but a lot under the part sells only as far as the
// sold units cover it. Lots under the part wait for the first of them in line, so that none of them overtakes another.
func (t *take) fairBound(qty int64) error {
	want := qty
	for _, e := range t.pool.begunLots(t.presale) {
		l := &t.pool.lots[e.ref]
		if part := min(t.step-l.open, l.free, qty, t.pool.covered(e.ref)); part > 0 {
			t.give(e.ref, part)
			qty -= part
		}
	}
	for qty > 0 {
		i, part := t.nextCovered(qty)
		if i < 0 {
			break
		}
		t.give(i, part)
		qty -= part
	}
	if qty == 0 {
		return nil
	}
	// Lots that are further under the part than others stood in the way.
	err := t.pool.Release(t.shares)
	t.shares = nil
	if err != nil {
		return err
	}
	return &SoldOutError{want, want - qty}
}

// nextCovered is the lot that sells next under the least part and how many units it gives at once, or -1.
func (t *take) nextCovered(qty int64) (lot int32, units int64) {
	ps, pool := t.presale, t.pool
	lot = pool.next(ps, &ps.heap, ps.heapAt)
	if pool.lowest(&ps.under) {
		first := &ps.under[0]
		l := &pool.lots[first.ref]
		part, covered := min(t.together(l), l.free, qty), pool.covered(first.ref)
		if lot < 0 && covered > 0 {
			return first.ref, min(part, covered)
		}
		if e := pool.entry(max(lot, 0)); lot >= 0 && part <= covered && first.before(&e) {
			return first.ref, part
		}
	}
	if lot < 0 {
		return -1, 0
	}
	l := &pool.lots[lot]
	return lot, min(t.together(l), l.free, qty)
}
