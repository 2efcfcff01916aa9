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
			e := entry{fen: rapid.Int64Range(0, 1000).Draw(t, "fen"), ref: ref, household: int64(ref)}
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
