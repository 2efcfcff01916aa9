package allocate

import (
	"cmp"
	"slices"
	"sort"
)

// Line is the order in which the households of a presale sell by fair and near, as it is at one moment: the next unit that is
// ordered comes from the first of them. It is a copy, which any number of readers may share.
type Line struct {
	all   []waiting // lots that wait for others to cover them stand at the end
	begun int       // the first so many are begun yards
	waits int       // the last so many wait
	at    map[int64]int32
}

// waiting is a lot in line.
type waiting struct {
	entry
	household     int64
	group         group
	unitFen       int64
	last, persons int64
	village       uint64
}

// group is a part of a line; every lot of one stands before every lot of the next.
type group int8

const (
	groupBegun group = iota // less than a step to collect: filled up first
	groupTurn               // by level
	groupWaits              // under the least part for households, and not covered now
)

// Place is the place of a household in line, with the households before it.
type Place struct {
	Begun  bool `json:"begun,omitempty"` // something of it is to be collected, less than a step: the next orders fill it up
	Waits  bool `json:"waits,omitempty"` // a unit brings it less than the least part for households, and nothing covers that now
	Before int  `json:"before"`          // households that sell before it
	Of     int  `json:"of"`              // households in line

	// The households before it, by the rule that puts them there.
	BegunBefore int `json:"begun_before"` // yards that are filled up first; of a begun yard 0
	Covering    int `json:"covering"`     // of a household that waits: the households that sell without waiting, begun yards left out
	Lower       int `json:"lower"`        // their level is lower
	Worth       int `json:"by_worth"`     // of equal level: a unit is worth more to them,
	Last        int `json:"by_last"`      // the season before brought them less per person,
	Village     int `json:"by_village"`   // their village comes earlier in this presale,
	Register    int `json:"by_register"`  // or only the order of the register decides

	LevelFen int64 `json:"level_fen"` // its level, rounded down
	LineFen  int64 `json:"line_fen"`  // the level at which a yard sells next that is not begun; where there is none, that of the first in line
}

// Line copies the line of a presale in which orders are collected by the given minimum.
func (p *Pool) Line(presale, step int64) *Line {
	l := &Line{at: map[int64]int32{}}
	ps := p.presale(presale)
	if ps == nil {
		return l
	}
	p.rank(ps)
	place, step := p.presaleAt[presale], max(step, 1)
	villages := make([]uint64, len(ps.villages))
	for id, v := range ps.villageAt {
		villages[v] = VillageOrder(ps.code, id)
	}
	stopped := p.lowest(&ps.under) && p.covered(ps.under[0].ref) == 0
	for i := range p.lots {
		lot := &p.lots[i]
		if lot.presale != place || lot.free == 0 {
			continue
		}
		h := &p.households[lot.household]
		w := waiting{entry: p.entry(int32(i)), household: h.ID, group: groupTurn, unitFen: lot.unitFen, last: h.LastFen,
			persons: int64(h.Persons), village: villages[lot.village]}
		covered := p.covered(int32(i)) > 0
		switch {
		case 0 < lot.open && lot.open < step && covered:
			w.group = groupBegun
			l.begun++
		case lot.under && (stopped || !covered):
			w.group = groupWaits
			l.waits++
		}
		l.all = append(l.all, w)
	}
	return l
}

// Sort puts the copy in order. It is apart from Pool.Line, because it takes longer and needs no pool.
func (l *Line) Sort() {
	slices.SortFunc(l.all, func(a, b waiting) int {
		return cmp.Or(cmp.Compare(a.group, b.group), compareEntries(a.entry, b.entry))
	})
	for i := range l.all {
		l.at[l.all[i].household] = int32(i)
	}
}

// Len is the number of households in line.
func (l *Line) Len() int { return len(l.all) }

// Households are the households in the order of the line, but for the ones that wait for others to cover them.
func (l *Line) Households() []int64 {
	ids := make([]int64, 0, len(l.all)-l.waits)
	for _, w := range l.all[:len(l.all)-l.waits] {
		ids = append(ids, w.household)
	}
	return ids
}

// LevelFen is the level at which the line sells now: of the first that is not a begun yard, or else of the first.
func (l *Line) LevelFen() int64 {
	switch {
	case len(l.all) == 0:
		return 0
	case l.begun < len(l.all)-l.waits:
		return l.all[l.begun].fen
	}
	return l.all[0].fen
}

// Place returns where a household stands, and whether it stands in line at all.
func (l *Line) Place(household int64) (Place, bool) {
	at, ok := l.at[household]
	if !ok {
		return Place{}, false
	}
	w := &l.all[at]
	p := Place{Begun: w.group == groupBegun, Waits: w.group == groupWaits, Before: int(at), Of: len(l.all), LevelFen: w.fen, LineFen: l.LevelFen()}
	// Within a group the lots are sorted by the rules one after the other, so that each rule's part is a run.
	first := 0
	switch w.group {
	case groupTurn:
		first = l.begun
	case groupWaits:
		first = len(l.all) - l.waits
		p.Covering = first - l.begun
	}
	if w.group != groupBegun {
		p.BegunBefore = l.begun
	}
	run := l.all[first:at]
	part := func(before func(*waiting) bool) int {
		n := sort.Search(len(run), func(i int) bool { return !before(&run[i]) })
		run = run[n:]
		return n
	}
	p.Lower = part(func(o *waiting) bool { return o.fen < w.fen || o.fen == w.fen && o.frac < w.frac })
	p.Worth = part(func(o *waiting) bool { return o.unitFen > w.unitFen })
	p.Last = part(func(o *waiting) bool { return compareProducts(o.last, w.persons, w.last, o.persons) < 0 })
	p.Village = part(func(o *waiting) bool { return o.village < w.village })
	p.Register = len(run)
	return p, true
}

// LevelFen is the household's level, rounded down to whole fen.
func (h Household) LevelFen() int64 { return levelOf(h.ExpectedFen, h.Persons).fen }
