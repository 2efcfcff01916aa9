package allocate

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"strconv"
)

// VillageOrder is the place of a village at equal levels in the presale with the given code: the first 8 bytes of the
// SHA-256 of "code/village". It differs from presale to presale, and anybody can work it out again.
func VillageOrder(code string, village int64) uint64 {
	sum := sha256.Sum256([]byte(code + "/" + strconv.FormatInt(village, 10)))
	return binary.BigEndian.Uint64(sum[:])
}

// rank gives the lots of a presale their places among equals and makes the heaps anew where anything that counts for them
// has changed: lots, the worth of a unit, persons, last season, villages, the code.
func (p *Pool) rank(ps *presale) {
	if ps.ranked {
		return
	}
	ps.ranked = true
	order := make(map[int64]uint64, len(ps.villages))
	for id := range ps.villageAt {
		order[id] = VillageOrder(ps.code, id)
	}
	place := p.presaleAt[ps.id]
	type key struct {
		unit, last, persons int64
		village             uint64
		household           int64
		lot                 int32
	}
	var keys []key
	for i := range p.lots {
		l := &p.lots[i]
		if l.presale != place {
			continue
		}
		h := &p.households[l.household]
		keys = append(keys, key{l.unitFen, h.LastFen, int64(h.Persons), order[h.Village], h.ID, int32(i)})
	}
	slices.SortFunc(keys, func(a, b key) int {
		return cmp.Or(cmp.Compare(b.unit, a.unit), compareProducts(a.last, b.persons, b.last, a.persons),
			cmp.Compare(a.village, b.village), cmp.Compare(a.household, b.household))
	})
	for tie, k := range keys {
		p.lots[k.lot].tie = int32(tie)
	}
	for v := range ps.villages {
		vil := &ps.villages[v]
		vil.heap = vil.heap[:0]
		ps.heapAt[v] = -1
	}
	ps.heap, ps.under = ps.heap[:0], ps.under[:0]
	for _, k := range keys {
		p.heapAt[k.lot] = -1
		p.settle(k.lot)
	}
}

// watch notes a lot that has something to collect, but less than a step.
func (p *Pool) watch(i int32) {
	l := &p.lots[i]
	if l.begun || l.open == 0 || l.free == 0 {
		return
	}
	if ps := p.presaleOf(i); l.open < ps.step {
		l.begun = true
		ps.begun = append(ps.begun, i)
	}
}

// setStep makes the presale's list of begun lots right for a step.
func (p *Pool) setStep(ps *presale, step int64) {
	if ps.step == step {
		return
	}
	ps.step = step
	place := p.presaleAt[ps.id]
	for i := range p.lots {
		if p.lots[i].presale == place {
			p.watch(int32(i))
		}
	}
}

// begunLots returns the lots that are filled before any other: they have units, and something to collect that is less than a
// step. Lots that are none any more leave the list.
func (p *Pool) begunLots(ps *presale) []entry {
	var all []entry
	ps.begun = slices.DeleteFunc(ps.begun, func(i int32) bool {
		l := &p.lots[i]
		if l.begun = l.open > 0 && l.open < ps.step && l.free > 0; l.begun {
			all = append(all, p.entry(i))
		}
		return !l.begun
	})
	slices.SortFunc(all, compareEntries)
	return all
}
