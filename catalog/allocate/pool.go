package allocate

import (
	"fmt"
	"slices"
)

// Pool is the state of one season: the households with their levels and, per presale, the lots. It is a copy of what the
// database holds, and the database decides: the one writer that owns a pool takes shares, stores them, and releases them
// again if the database refuses; what other processes changed it sets as absolute values. A pool is not safe for
// concurrent use.
//
// Each presale keeps a heap of villages, each village a heap of its lots that have free units, both ordered by level. A
// sale raises a household's level in every presale at once; entries are brought up to date only when they come to the top,
// so a sale costs O(log n) whatever the number of presales. A release lowers a level, which moves the household's few
// entries up at once. So at all times an entry's level is at most the household's, and a top that is up to date is the
// lowest of all.
type Pool struct {
	households  []household
	householdAt map[int64]int32
	lots        []lot
	lotAt       map[int64]int32
	spare       []int32 // places in lots left by dropped presales
	heapAt      []int32 // by lot: where it stands in its village's heap, -1 where it has nothing free or is hidden
	presales    map[int64]*presale
	takes       uint64 // how many there have been; marks the lots that the current one has touched
}

type household struct {
	Household
	level level
	lots  []int32
}

type lot struct {
	Lot
	presale   *presale // nil in a spare place
	household int32
	village   int32  // index in presale.villages
	take      uint64 // the last take that gave units of this lot,
	share     int32  // and the share it is in
}

type presale struct {
	id        int64
	free      int64 // of all lots that are not hidden
	villages  []village
	villageAt map[int64]int32
	heap      heap    // of villages
	heapAt    []int32 // by village
}

type village struct {
	free int64
	heap heap // of lots
}

// NewPool returns an empty pool.
func NewPool() *Pool {
	return &Pool{householdAt: map[int64]int32{}, lotAt: map[int64]int32{}, presales: map[int64]*presale{}}
}

// SetHousehold adds a household or replaces what the pool knows of it; its lots stay. It returns ErrRange and then
// changes nothing.
func (p *Pool) SetHousehold(h Household) error {
	at, known := p.householdAt[h.ID]
	var worth int64
	if known {
		worth = p.worth(at, -1)
	}
	if h.Persons < 1 || h.Persons > MaxPersons || h.ExpectedFen < -MaxFen || h.ExpectedFen > MaxFen-worth {
		return fmt.Errorf("set household %d: %w", h.ID, ErrRange)
	}
	if !known {
		p.householdAt[h.ID] = int32(len(p.households))
		p.households = append(p.households, household{Household: h, level: levelOf(h.ExpectedFen, h.Persons)})
		return nil
	}
	hh := &p.households[at]
	moved := hh.Village != h.Village
	hh.Household = h
	hh.level = levelOf(h.ExpectedFen, h.Persons)
	for _, i := range hh.lots {
		if moved {
			free := p.lots[i].Free
			p.hide(i)
			p.lots[i].village = p.lots[i].presale.village(h.Village)
			p.show(i, free)
		}
		p.settle(i)
	}
	return nil
}

// SetLot adds a lot or replaces what the pool knows of it. The household's expected income is set apart, by SetHousehold.
// It returns ErrUnknown for a household the pool does not have, ErrTwoLots for a second lot of a household in the presale,
// and ErrRange, and then changes nothing.
func (p *Pool) SetLot(l Lot) error {
	hat, known := p.householdAt[l.Household]
	if !known {
		return fmt.Errorf("set lot %d of household %d: %w", l.ID, l.Household, ErrUnknown)
	}
	i, exists := p.lotAt[l.ID]
	if !exists {
		i = -1
	}
	if other := p.lotOf(hat, l.Presale); other >= 0 && other != i {
		return fmt.Errorf("set lot %d beside lot %d: %w", l.ID, p.lots[other].ID, ErrTwoLots)
	}
	if l.Free < 0 || l.Free > MaxUnits || l.UnitFen < 0 || l.UnitFen > 0 && l.Free > MaxFen/l.UnitFen ||
		p.worth(hat, i)+l.Free*l.UnitFen > MaxFen-p.households[hat].ExpectedFen {
		return fmt.Errorf("set lot %d: %w", l.ID, ErrRange)
	}
	if exists && (p.lots[i].Presale != l.Presale || p.lots[i].Household != l.Household) {
		p.drop(i)
		exists = false
	}
	if !exists {
		i = p.add(l, hat)
	}
	p.hide(i)
	p.lots[i].UnitFen = l.UnitFen
	p.show(i, l.Free)
	return nil
}

// Drop forgets a presale and its lots, as when it is closed. Households keep their levels.
func (p *Pool) Drop(presale int64) {
	ps := p.presales[presale]
	if ps == nil {
		return
	}
	for i := range p.lots {
		if p.lots[i].presale == ps {
			p.drop(int32(i))
		}
	}
	delete(p.presales, presale)
}

// Free is how many units of a presale are left.
func (p *Pool) Free(presale int64) int64 {
	if ps := p.presales[presale]; ps != nil {
		return ps.free
	}
	return 0
}

// Household returns a household as the pool knows it, shares taken included.
func (p *Pool) Household(id int64) (Household, bool) {
	at, ok := p.householdAt[id]
	if !ok {
		return Household{}, false
	}
	return p.households[at].Household, true
}

// Lot returns a lot as the pool knows it, shares taken included.
func (p *Pool) Lot(id int64) (Lot, bool) {
	i, ok := p.lotAt[id]
	if !ok {
		return Lot{}, false
	}
	return p.lots[i].Lot, true
}

// Release gives units back to their lots and lowers the households' expected income by what the shares had raised it: a
// hold that expired or was cancelled, or part of it with Qty and ValueFen in proportion. Of a lot whose presale was
// dropped only the income remains to be lowered. It returns ErrUnknown or ErrRange and then changes nothing.
func (p *Pool) Release(shares []Share) error {
	for n, s := range shares {
		if err := p.release(s); err != nil {
			p.reserve(shares[:n])
			return fmt.Errorf("release %d units to lot %d: %w", s.Qty, s.Lot, err)
		}
	}
	return nil
}

// Undo is Release for shares whose storing failed: together with their Take it changes nothing, exactly, in whatever order
// several takes are undone.
func (p *Pool) Undo(shares []Share) error { return p.Release(shares) }

func (p *Pool) release(s Share) error {
	hat, known := p.householdAt[s.Household]
	if !known {
		return ErrUnknown
	}
	h := &p.households[hat]
	if s.Qty <= 0 || s.Qty > MaxUnits || s.ValueFen < 0 || s.ValueFen > MaxFen || h.ExpectedFen-s.ValueFen < -MaxFen {
		return ErrRange
	}
	i, exists := p.lotAt[s.Lot]
	if exists {
		l := &p.lots[i]
		if l.household != hat {
			return ErrUnknown
		}
		if free := l.Free + s.Qty; free > MaxUnits || l.UnitFen > 0 && free > MaxFen/l.UnitFen {
			return ErrRange
		}
		p.addFree(i, s.Qty)
	}
	p.addExpected(hat, -s.ValueFen)
	return nil
}

// reserve is the reverse of release.
func (p *Pool) reserve(shares []Share) {
	for _, s := range shares {
		if i, exists := p.lotAt[s.Lot]; exists {
			p.addFree(i, -s.Qty)
		}
		p.addExpected(p.householdAt[s.Household], s.ValueFen)
	}
}

func (p *Pool) addFree(i int32, qty int64) {
	l := &p.lots[i]
	l.Free += qty
	l.presale.free += qty
	l.presale.villages[l.village].free += qty
	if qty > 0 {
		p.settle(i)
	}
}

func (p *Pool) addExpected(hat int32, fen int64) {
	h := &p.households[hat]
	h.ExpectedFen += fen
	h.level = levelOf(h.ExpectedFen, h.Persons)
	if fen < 0 {
		for _, i := range h.lots {
			p.settle(i)
		}
	}
}

// worth is the value of a household's free units, without those of one lot.
func (p *Pool) worth(hat, without int32) int64 {
	var sum int64
	for _, i := range p.households[hat].lots {
		if i != without {
			sum += p.lots[i].Free * p.lots[i].UnitFen
		}
	}
	return sum
}

// lotOf is a household's lot in a presale, or -1.
func (p *Pool) lotOf(hat int32, presale int64) int32 {
	for _, i := range p.households[hat].lots {
		if p.lots[i].Presale == presale {
			return i
		}
	}
	return -1
}

// add makes room for a lot without free units.
func (p *Pool) add(l Lot, hat int32) int32 {
	ps := p.presales[l.Presale]
	if ps == nil {
		ps = &presale{id: l.Presale, villageAt: map[int64]int32{}}
		p.presales[l.Presale] = ps
	}
	l.Free = 0
	made := lot{Lot: l, presale: ps, household: hat, village: ps.village(p.households[hat].Village)}
	var i int32
	if n := len(p.spare); n > 0 {
		i, p.spare = p.spare[n-1], p.spare[:n-1]
		p.lots[i], p.heapAt[i] = made, -1
	} else {
		i = int32(len(p.lots))
		p.lots, p.heapAt = append(p.lots, made), append(p.heapAt, -1)
	}
	p.lotAt[l.ID] = i
	p.households[hat].lots = append(p.households[hat].lots, i)
	return i
}

func (p *Pool) drop(i int32) {
	p.hide(i)
	l := &p.lots[i]
	h := &p.households[l.household]
	h.lots = slices.DeleteFunc(h.lots, func(other int32) bool { return other == i })
	delete(p.lotAt, l.ID)
	*l = lot{}
	p.spare = append(p.spare, i)
}

// village is the index of a village, which is added if it is new.
func (ps *presale) village(id int64) int32 {
	v, known := ps.villageAt[id]
	if !known {
		v = int32(len(ps.villages))
		ps.villageAt[id] = v
		ps.villages = append(ps.villages, village{})
		ps.heapAt = append(ps.heapAt, -1)
	}
	return v
}

// hide takes a lot with what it has free out of its presale; show puts it back with so many units.
func (p *Pool) hide(i int32) {
	l := &p.lots[i]
	v := &l.presale.villages[l.village]
	if at := p.heapAt[i]; at >= 0 {
		v.heap.remove(int(at), p.heapAt)
	}
	v.free -= l.Free
	l.presale.free -= l.Free
	l.Free = 0
}

func (p *Pool) show(i int32, free int64) { p.addFree(i, free) }

func (p *Pool) entry(i int32) entry {
	l := &p.lots[i]
	h := &p.households[l.household]
	return entry{level: h.level, ref: i, household: h.ID}
}

// settle restores the order of the heaps after a lot got units or its household's level fell.
func (p *Pool) settle(i int32) {
	l := &p.lots[i]
	if l.Free == 0 {
		return
	}
	ps := l.presale
	v := &ps.villages[l.village]
	e := p.entry(i)
	if at := p.heapAt[i]; at < 0 {
		v.heap.push(e, p.heapAt)
	} else if e.before(&v.heap[at]) {
		v.heap[at] = e
		v.heap.up(int(at), p.heapAt)
	} else {
		return // the entry is low enough; next brings it up to date
	}
	e = v.heap[0]
	e.ref = l.village
	if at := ps.heapAt[l.village]; at < 0 {
		ps.heap.push(e, ps.heapAt)
	} else if e.before(&ps.heap[at]) {
		ps.heap[at] = e
		ps.heap.up(int(at), ps.heapAt)
	}
}

// lowest brings a village's heap up to date and tells whether any lot of it has units; then its lowest is at the top.
func (p *Pool) lowest(v *village) bool {
	for len(v.heap) > 0 {
		top := &v.heap[0]
		l := &p.lots[top.ref]
		if l.Free == 0 {
			v.heap.remove(0, p.heapAt)
			continue
		}
		if now := p.households[l.household].level; now != top.level {
			top.level = now
			v.heap.down(0, p.heapAt)
			continue
		}
		return true
	}
	return false
}

// next is the lot that sells next in the given heap of villages, or -1 where no lot has units.
func (p *Pool) next(ps *presale, villages *heap, at []int32) int32 {
	for len(*villages) > 0 {
		top := &(*villages)[0]
		v := &ps.villages[top.ref]
		if !p.lowest(v) {
			villages.remove(0, at)
			continue
		}
		if first := &v.heap[0]; first.level != top.level || first.household != top.household {
			top.level, top.household = first.level, first.household
			villages.down(0, at)
			continue
		}
		return v.heap[0].ref
	}
	return -1
}
