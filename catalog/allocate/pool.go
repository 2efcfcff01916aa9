package allocate

import (
	"fmt"
	"iter"
)

// Pool is the state of one season: the households with their levels and, per presale, the lots. It is a copy of what the
// database holds, and the database decides: the one writer that owns a pool takes shares, stores them, and releases them
// again if the database refuses; what other processes changed it sets as absolute values. A pool is not safe for
// concurrent use.
//
// Each presale keeps a heap of villages, each village a heap of its lots that have free units, both ordered by level. A
// sale raises a household's level in every presale at once; entries are brought up to date only when they come to the top,
// so a sale costs O(log n) for any number of presales. A release lowers a level, which moves the household's few
// entries up at once. So at all times an entry's level is at most the household's, and a top that is up to date is the
// lowest of all.
//
// A county has tens of thousands of lots, which stay in memory: what the pool keeps of them refers to each other by place
// and holds no pointers.
type Pool struct {
	households  []household
	householdAt map[int64]int32
	lots        []lot
	lotAt       map[int64]int32
	heapAt      []int32 // by lot: where it stands in its village's heap, -1 where it has nothing free or is hidden
	presales    []*presale
	presaleAt   map[int64]int32
	takes       uint64 // how many there have been; marks the lots that the current one has touched
}

type household struct {
	Household
	level level
	first int32 // its lot that was added last, -1 where it has none
}

type lot struct {
	id, free, sold, unitFen int64
	open, told              int64

	take      uint64 // the last take that gave units of this lot,
	share     int32  // and the share it is in
	presale   int32  // places in the pool
	household int32
	next      int32 // the household's next lot, or -1
	village   int32 // index in presale.villages
	tie       int32 // place among the lots of the presale at equal levels; see rank
	begun     bool  // is in presale.begun
	under     bool  // a unit brings less than presale.least: the lot is in presale.under, not in its village's heap
}

type presale struct {
	id        int64
	free      int64 // of all lots that are not hidden
	villages  []village
	villageAt map[int64]int32
	heap      heap    // of villages
	heapAt    []int32 // by village

	code   string  // makes the order of villages at equal levels
	ranked bool    // tie of all lots is right, and with it the heaps
	step   int64   // of the last take by fair or near
	begun  []int32 // lots with less than a step to collect, and lots that were such

	sold, soldFen int64 // units of all lots that are sold, and their sum for households
	bound
}

type village struct {
	free int64 // of lots that are in its heap
	heap heap  // of lots
}

// NewPool returns an empty pool.
func NewPool() *Pool {
	return &Pool{householdAt: map[int64]int32{}, lotAt: map[int64]int32{}, presaleAt: map[int64]int32{}}
}

// SetHousehold adds or replaces a household; its lots stay. It returns ErrRange and then
// changes nothing.
func (p *Pool) SetHousehold(h Household) error {
	at, known := p.householdAt[h.ID]
	var worth int64
	if known {
		worth = p.worth(at, -1)
	}
	if h.Persons < 1 || h.Persons > MaxPersons || h.LastFen < 0 || h.LastFen > MaxFen || h.ExpectedFen < -MaxFen || h.ExpectedFen > MaxFen-worth {
		return fmt.Errorf("set household %d: %w", h.ID, ErrRange)
	}
	if !known {
		p.householdAt[h.ID] = int32(len(p.households))
		p.households = append(p.households, household{Household: h, level: levelOf(h.ExpectedFen, h.Persons), first: -1})
		return nil
	}
	hh := &p.households[at]
	moved := hh.Village != h.Village
	if moved || hh.Persons != h.Persons || hh.LastFen != h.LastFen {
		for i := hh.first; i >= 0; i = p.lots[i].next {
			p.presaleOf(i).ranked = false
		}
	}
	hh.Household = h
	hh.level = levelOf(h.ExpectedFen, h.Persons)
	for i := hh.first; i >= 0; i = p.lots[i].next {
		if moved {
			free := p.lots[i].free
			p.hide(i)
			p.lots[i].village = p.presaleOf(i).village(h.Village)
			p.show(i, free)
		}
		p.settle(i)
	}
	return nil
}

// SetLot adds or replaces a lot. The household's expected income is set apart, by SetHousehold.
// It returns ErrUnknown for a household the pool does not have and for a lot that it has of another household or presale,
// ErrTwoLots for a second lot of a household in the presale, and ErrRange, and then changes nothing.
func (p *Pool) SetLot(l Lot) error {
	hat, known := p.householdAt[l.Household]
	if !known {
		return fmt.Errorf("set lot %d of household %d: %w", l.ID, l.Household, ErrUnknown)
	}
	i, exists := p.lotAt[l.ID]
	if !exists {
		i = -1
	} else if p.lots[i].household != hat || p.presaleOf(i).id != l.Presale {
		return fmt.Errorf("set lot %d of another household or presale: %w", l.ID, ErrUnknown)
	}
	if other := p.lotOf(hat, l.Presale); other >= 0 && other != i {
		return fmt.Errorf("set lot %d beside lot %d: %w", l.ID, p.lots[other].id, ErrTwoLots)
	}
	if l.Free < 0 || l.Free > MaxUnits || l.Sold < 0 || l.Sold > MaxUnits || l.Open < 0 || l.Open > l.Sold || l.Told < 0 || l.Told > MaxUnits ||
		l.UnitFen < 0 || l.UnitFen > 0 && max(l.Free, l.Sold) > MaxFen/l.UnitFen ||
		p.worth(hat, i)+l.Free*l.UnitFen > MaxFen-p.households[hat].ExpectedFen {
		return fmt.Errorf("set lot %d: %w", l.ID, ErrRange)
	}
	if !exists {
		i = p.add(l, hat)
	}
	p.hide(i)
	ps, at := p.presaleOf(i), &p.lots[i]
	if at.unitFen != l.UnitFen {
		ps.ranked = false
	}
	ps.sold += l.Sold - at.sold
	ps.soldFen += l.Sold*l.UnitFen - at.sold*at.unitFen
	at.under = l.UnitFen < ps.least
	at.sold, at.unitFen, at.open, at.told = l.Sold, l.UnitFen, l.Open, l.Told
	p.show(i, l.Free)
	return nil
}

// SetCode gives a presale its code, which makes the order of villages at equal levels: see VillageOrder.
func (p *Pool) SetCode(presale int64, code string) {
	ps := p.presales[p.placeOf(presale)]
	ps.ranked = ps.ranked && ps.code == code
	ps.code = code
}

// Clip gives back the memory that adding households and lots one by one has left over.
func (p *Pool) Clip() {
	p.households, p.lots, p.heapAt = clip(p.households), clip(p.lots), clip(p.heapAt)
	for _, ps := range p.presales {
		for v := range ps.villages {
			ps.villages[v].heap = clip(ps.villages[v].heap)
		}
		ps.under = clip(ps.under)
	}
}

func clip[S ~[]E, E any](s S) S { return append(S(nil), s...) }

// Free is how many units of a presale are left.
func (p *Pool) Free(presale int64) int64 {
	if ps := p.presale(presale); ps != nil {
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
	return p.lot(i), true
}

// LotOf returns a household's lot in a presale.
func (p *Pool) LotOf(household, presale int64) (Lot, bool) {
	if hat, known := p.householdAt[household]; known {
		if i := p.lotOf(hat, presale); i >= 0 {
			return p.lot(i), true
		}
	}
	return Lot{}, false
}

// Households are all households, in the order in which they were added.
func (p *Pool) Households() iter.Seq[Household] {
	return func(yield func(Household) bool) {
		for i := range p.households {
			if !yield(p.households[i].Household) {
				return
			}
		}
	}
}

// Lots are all lots, in the order in which they were added.
func (p *Pool) Lots() iter.Seq[Lot] {
	return func(yield func(Lot) bool) {
		for i := range p.lots {
			if !yield(p.lot(int32(i))) {
				return
			}
		}
	}
}

// Quotas returns the units that the households of a presale still have to offer, in no particular order.
func (p *Pool) Quotas(presale int64) []Quota {
	ps := p.presale(presale)
	if ps == nil {
		return nil
	}
	var all []Quota
	for _, v := range ps.villages {
		for _, e := range v.heap {
			if free := p.lots[e.ref].free; free > 0 {
				all = append(all, Quota{Household: p.households[p.lots[e.ref].household].ID, Left: free})
			}
		}
	}
	return all
}

// UntoldFen returns the income from the open units of a household's lots that nobody has told of yet.
func (p *Pool) UntoldFen(household int64) int64 {
	hat, known := p.householdAt[household]
	if !known {
		return 0
	}
	var sum int64
	for i := p.households[hat].first; i >= 0; i = p.lots[i].next {
		sum += max(p.lots[i].open-p.lots[i].told, 0) * p.lots[i].unitFen
	}
	return sum
}

// Release gives units back to their lots and lowers the households' expected income by the value of the shares: a
// hold that expired or was cancelled, or part of it with Qty and ValueFen in proportion. It returns ErrUnknown or ErrRange
// and then changes nothing.
func (p *Pool) Release(shares []Share) error {
	for n, s := range shares {
		if err := p.release(s); err != nil {
			p.reserve(shares[:n])
			return fmt.Errorf("release %d units to lot %d: %w", s.Qty, s.Lot, err)
		}
	}
	return nil
}

// Undo is Release for shares whose storing failed: together with their Take it changes nothing, exactly, in any order
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
	if !exists || p.lots[i].household != hat {
		return ErrUnknown
	}
	l := &p.lots[i]
	if free := l.free + s.Qty; s.Qty > l.open || free > MaxUnits || l.unitFen > 0 && free > MaxFen/l.unitFen {
		return ErrRange
	}
	l.open -= s.Qty
	p.addSold(i, -s.Qty)
	p.addFree(i, s.Qty)
	p.addExpected(hat, -s.ValueFen)
	return nil
}

// reserve is the reverse of release.
func (p *Pool) reserve(shares []Share) {
	for _, s := range shares {
		i := p.lotAt[s.Lot]
		p.lots[i].open += s.Qty
		p.addSold(i, s.Qty)
		p.addFree(i, -s.Qty)
		p.addExpected(p.lots[i].household, s.ValueFen)
	}
}

func (p *Pool) addFree(i int32, qty int64) {
	l, ps := &p.lots[i], p.presaleOf(i)
	l.free += qty
	ps.free += qty
	if l.under {
		ps.addUnder(ps.least-l.unitFen, qty)
	} else {
		ps.surplus += qty * (l.unitFen - ps.least)
		ps.villages[l.village].free += qty
	}
	if qty > 0 {
		p.settle(i)
	}
	p.watch(i)
}

func (p *Pool) addSold(i int32, qty int64) {
	l, ps := &p.lots[i], p.presaleOf(i)
	l.sold += qty
	ps.sold += qty
	ps.soldFen += qty * l.unitFen
}

func (p *Pool) addExpected(hat int32, fen int64) {
	h := &p.households[hat]
	h.ExpectedFen += fen
	h.level = levelOf(h.ExpectedFen, h.Persons)
	if fen < 0 {
		for i := h.first; i >= 0; i = p.lots[i].next {
			p.settle(i)
		}
	}
}

// worth is the value of a household's free units, without one of its lots.
func (p *Pool) worth(hat, without int32) int64 {
	var sum int64
	for i := p.households[hat].first; i >= 0; i = p.lots[i].next {
		if i != without {
			sum += p.lots[i].free * p.lots[i].unitFen
		}
	}
	return sum
}

// presale is the presale with the given id, or nil.
func (p *Pool) presale(id int64) *presale {
	at, known := p.presaleAt[id]
	if !known {
		return nil
	}
	return p.presales[at]
}

func (p *Pool) presaleOf(lot int32) *presale { return p.presales[p.lots[lot].presale] }

// lotOf is a household's lot in a presale, or -1.
func (p *Pool) lotOf(hat int32, presale int64) int32 {
	at, known := p.presaleAt[presale]
	if !known {
		return -1
	}
	i := p.households[hat].first
	for i >= 0 && p.lots[i].presale != at {
		i = p.lots[i].next
	}
	return i
}

func (p *Pool) lot(i int32) Lot {
	l := &p.lots[i]
	return Lot{
		ID: l.id, Presale: p.presaleOf(i).id, Household: p.households[l.household].ID,
		Free: l.free, Sold: l.sold, Open: l.open, Told: l.told, UnitFen: l.unitFen,
	}
}

// add makes room for a lot without units.
func (p *Pool) add(l Lot, hat int32) int32 {
	at := p.placeOf(l.Presale)
	p.presales[at].ranked = false
	h := &p.households[hat]
	i := int32(len(p.lots))
	p.lots = append(p.lots, lot{
		id: l.ID, presale: at, household: hat, next: h.first, village: p.presales[at].village(h.Village),
	})
	p.heapAt = append(p.heapAt, -1)
	p.lotAt[l.ID] = i
	h.first = i
	return i
}

// placeOf is the index of a presale, which is added if it is new.
func (p *Pool) placeOf(id int64) int32 {
	at, known := p.presaleAt[id]
	if !known {
		at = int32(len(p.presales))
		p.presaleAt[id] = at
		p.presales = append(p.presales, &presale{id: id, villageAt: map[int64]int32{}, step: 1})
	}
	return at
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

// hide takes a lot with its free units out of its presale; show puts it back with so many units.
func (p *Pool) hide(i int32) {
	l, ps := &p.lots[i], p.presaleOf(i)
	h := &ps.villages[l.village].heap
	if l.under {
		h = &ps.under
	}
	if at := p.heapAt[i]; at >= 0 {
		h.remove(int(at), p.heapAt)
	}
	p.addFree(i, -l.free)
}

func (p *Pool) show(i int32, free int64) { p.addFree(i, free) }

func (p *Pool) entry(i int32) entry {
	h := &p.households[p.lots[i].household]
	return entryOf(h.level, i, p.lots[i].tie)
}

// settle restores the order of the heaps after a lot got units or its household's level fell.
func (p *Pool) settle(i int32) {
	l := &p.lots[i]
	if l.free == 0 {
		return
	}
	ps := p.presaleOf(i)
	v := &ps.villages[l.village]
	h := &v.heap
	if l.under {
		h = &ps.under
	}
	e := p.entry(i)
	if at := p.heapAt[i]; at < 0 {
		h.push(e, p.heapAt)
	} else if e.before(&(*h)[at]) {
		(*h)[at] = e
		h.up(int(at), p.heapAt)
	} else {
		return // the entry is low enough; next brings it up to date
	}
	if l.under {
		return
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

// lowest brings a heap of lots up to date and tells whether any lot of it has units; then its lowest is at the top.
func (p *Pool) lowest(h *heap) bool {
	for len(*h) > 0 {
		top := &(*h)[0]
		l := &p.lots[top.ref]
		if l.free == 0 {
			h.remove(0, p.heapAt)
			continue
		}
		if now := p.households[l.household].level; now != top.level() {
			top.fen, top.frac = now.fen, now.frac
			h.down(0, p.heapAt)
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
		if !p.lowest(&v.heap) {
			villages.remove(0, at)
			continue
		}
		if first := &v.heap[0]; first.fen != top.fen || first.frac != top.frac || first.tie != top.tie {
			top.fen, top.frac, top.tie = first.fen, first.frac, first.tie
			villages.down(0, at)
			continue
		}
		return v.heap[0].ref
	}
	return -1
}
