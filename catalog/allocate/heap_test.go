package allocate

import (
	"cmp"
	"math/big"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestLevelsOrderAsFractions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		// Close fractions are the hard ones: numerators near k·persons for the same k.
		k := rapid.OneOf(rapid.Int64Range(-5, 5), rapid.Int64Range(-MaxFen/MaxPersons, MaxFen/MaxPersons)).Draw(t, "k")
		draw := func(name string) (int64, int32) {
			persons := rapid.OneOf(rapid.Int32Range(1, MaxPersons), rapid.Int32Range(MaxPersons-3, MaxPersons)).Draw(t, name+" persons")
			return k*int64(persons) + rapid.Int64Range(-3, 3).Draw(t, name+" fen"), persons
		}
		a, p := draw("a")
		b, q := draw("b")
		la, lb := levelOf(a, p), levelOf(b, q)
		got := cmp.Or(cmp.Compare(la.fen, lb.fen), cmp.Compare(la.frac, lb.frac))
		ra, rb := big.NewRat(a, int64(p)), big.NewRat(b, int64(q))
		if want := ra.Cmp(rb); got != want {
			t.Fatalf("%v and %v compare as %d", ra, rb, got)
		}
		if floor := new(big.Int).Div(ra.Num(), ra.Denom()); floor.Cmp(big.NewInt(la.fen)) != 0 {
			t.Fatalf("%v has whole part %d", ra, la.fen)
		}
	})
}

func TestHeap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const refs = 60
		at := slices.Repeat([]int32{-1}, refs)
		var h heap
		in := map[int32]entry{}
		check := func() {
			if len(h) != len(in) {
				t.Fatalf("%d entries, want %d", len(h), len(in))
			}
			for i := range h {
				if at[h[i].ref] != int32(i) || h[i] != in[h[i].ref] {
					t.Fatalf("%+v stands at %d, at says %d", h[i], i, at[h[i].ref])
				}
				if i > 0 && h[i].before(&h[(i-1)/4]) {
					t.Fatalf("%+v is below %+v", h[i], h[(i-1)/4])
				}
			}
		}
		for range rapid.IntRange(1, 200).Draw(t, "steps") {
			ref := rapid.Int32Range(0, refs-1).Draw(t, "ref")
			e := entry{fen: rapid.Int64Range(0, 1000).Draw(t, "fen"), ref: ref, tie: ref}
			switch i := at[ref]; {
			case i < 0:
				in[ref] = e
				h.push(e, at)
			case rapid.Bool().Draw(t, "remove"):
				delete(in, ref)
				h.remove(int(i), at)
				if at[ref] != -1 {
					t.Fatalf("removed, but at says %d", at[ref])
				}
			default:
				fell := e.before(&h[i])
				h[i], in[ref] = e, e
				if fell {
					h.up(int(i), at)
				} else {
					h.down(int(i), at)
				}
			}
			check()
		}
	})
}

// Only an entry's own children may rise in its place: in a large heap a lower entry of another branch does not.
func TestHeapDownStaysInItsBranch(t *testing.T) {
	h, at := make(heap, 60), make([]int32, 60)
	for i := range h {
		h[i] = entry{fen: int64(i), ref: int32(i), tie: int32(i)}
		top := i
		for top > 4 {
			top = (top - 1) / 4
		}
		if top == 1 {
			h[i].fen += 1000 // the first branch is above the others
		}
		at[i] = int32(i)
	}
	h[5].fen = 9000
	h.down(5, at)
	for i := range h {
		if at[h[i].ref] != int32(i) || i > 0 && h[i].before(&h[(i-1)/4]) {
			t.Errorf("%+v stands at %d below %+v, at says %d", h[i], i, h[(i-1)/4], at[h[i].ref])
		}
	}
}

func TestNextOfAnEmptyPresale(t *testing.T) {
	p := NewPool()
	for _, err := range []error{p.SetHousehold(Household{ID: 1, Persons: 1}), p.SetLot(Lot{ID: 1, Presale: 1, Household: 1, Free: 2})} {
		if err != nil {
			t.Fatal(err)
		}
	}
	ps := p.presale(1)
	if i := p.next(ps, &ps.heap, ps.heapAt); i != 0 {
		t.Errorf("next is %d", i)
	}
	if _, err := p.Take(Request{Presale: 1, Policy: PolicyDirect, Qty: 2, Household: 1}); err != nil {
		t.Fatal(err)
	}
	if i := p.next(ps, &ps.heap, ps.heapAt); i != -1 {
		t.Errorf("next of nothing is %d", i)
	}
}
