package allocate

// level is expected income per person as an exact number: whole fen and the fraction in 1/2³². It orders as the true
// fractions do and equal fractions are equal, because two that differ and have at most MaxPersons below the line are at
// least 1/MaxPersons² = 2⁻²⁰ apart.
type level struct {
	fen  int64
	frac uint32
}

func levelOf(fen int64, persons int32) level {
	whole, rest := fen/int64(persons), fen%int64(persons)
	if rest < 0 {
		whole, rest = whole-1, rest+int64(persons)
	}
	return level{whole, uint32(rest << 32 / int64(persons))}
}

// entry is a lot in its village's heap, or a village in its presale's heap under its lowest lot's level and place among
// equals. Its level is spelled out, which saves a quarter of the pool's largest part.
type entry struct {
	fen  int64
	frac uint32
	ref  int32 // index of the lot or village
	tie  int32 // place of the lot among all of its presale when levels are equal
}

func entryOf(l level, ref, tie int32) entry {
	return entry{fen: l.fen, frac: l.frac, ref: ref, tie: tie}
}

func (e *entry) level() level { return level{e.fen, e.frac} }

// before is the order in which households sell. Places among equals are unique within a presale, so that it is total.
func (e *entry) before(o *entry) bool {
	if e.fen != o.fen {
		return e.fen < o.fen
	}
	if e.frac != o.frac {
		return e.frac < o.frac
	}
	return e.tie < o.tie
}

func compareEntries(a, b entry) int {
	switch {
	case a.before(&b):
		return -1
	case b.before(&a):
		return 1
	}
	return 0
}

// heap is an indexed 4-ary heap: at[ref] is where an entry stands, or -1. Four children to a node halve the depth, and lie
// in two cache lines. The slice at belongs to the caller, because all villages of a pool share one.
type heap []entry

func (h *heap) push(e entry, at []int32) {
	*h = append(*h, e)
	h.up(len(*h)-1, at)
}

// remove takes out the entry at i.
func (h *heap) remove(i int, at []int32) {
	s := *h
	last := len(s) - 1
	at[s[i].ref] = -1
	s[i] = s[last]
	*h = s[:last]
	if i < last {
		h.down(i, at)
		h.up(i, at)
	}
}

func (h *heap) up(i int, at []int32) {
	s := *h
	e := s[i]
	for i > 0 {
		parent := (i - 1) / 4
		if !e.before(&s[parent]) {
			break
		}
		s[i] = s[parent]
		at[s[i].ref] = int32(i)
		i = parent
	}
	s[i] = e
	at[e.ref] = int32(i)
}

func (h *heap) down(i int, at []int32) {
	s := *h
	e := s[i]
	for {
		first := 4*i + 1
		if first >= len(s) {
			break
		}
		least := first
		for c := first + 1; c < min(first+4, len(s)); c++ {
			if s[c].before(&s[least]) {
				least = c
			}
		}
		if !s[least].before(&e) {
			break
		}
		s[i] = s[least]
		at[s[i].ref] = int32(i)
		i = least
	}
	s[i] = e
	at[e.ref] = int32(i)
}
