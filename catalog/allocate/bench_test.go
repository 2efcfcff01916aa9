package allocate_test

import (
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"banmuyuan/catalog/allocate"
)

// county is as large as the real one: 10,943 households in 149 villages raise 881,200 geese.
func county(tb testing.TB) (*allocate.Pool, []allocate.Household, []allocate.Lot) {
	tb.Helper()
	const households, geese = 10_943, 881_200
	rnd := rand.New(rand.NewPCG(1, 2))
	pool := allocate.NewPool()
	var hs []allocate.Household
	var ls []allocate.Lot
	for i := range int64(households) {
		free := int64(geese / households)
		if i < geese%households {
			free++
		}
		hs = append(hs, allocate.Household{ID: i + 1, Village: i % 149, Persons: 1 + rnd.Int32N(6), ExpectedFen: rnd.Int64N(2_000_000)})
		ls = append(ls, allocate.Lot{ID: 100_000 + i, Presale: 1, Household: i + 1, Free: free, UnitFen: 6_000 + rnd.Int64N(4_000)})
	}
	for i := range hs {
		must(tb, pool.SetHousehold(hs[i]))
		must(tb, pool.SetLot(ls[i]))
	}
	return pool, hs, ls
}

func must(tb rapid.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

func BenchmarkTake(b *testing.B) {
	for _, c := range []struct {
		name      string
		policy    allocate.Policy
		qty, step int64
	}{
		{"fair/1", allocate.PolicyFair, 1, 1},
		{"fair/20", allocate.PolicyFair, 20, 5},
		{"fair/20by1", allocate.PolicyFair, 20, 1},
		{"fair/2000", allocate.PolicyFair, 2_000, 5},
		{"fair/88120", allocate.PolicyFair, 88_120, 5},
		{"fair/88120by1", allocate.PolicyFair, 88_120, 1},
		{"fair/881200", allocate.PolicyFair, 881_200, 5},
		{"fair/881200by1", allocate.PolicyFair, 881_200, 1},
		{"near/20", allocate.PolicyNear, 20, 5},
		{"near/88120", allocate.PolicyNear, 88_120, 5},
	} {
		b.Run(c.name, func(b *testing.B) {
			pool, _, _ := county(b)
			var held [][]allocate.Share
			b.ReportAllocs()
			for b.Loop() {
				shares, err := pool.Take(allocate.Request{Presale: 1, Policy: c.policy, Qty: c.qty, Step: c.step})
				must(b, err)
				held = append(held, shares)
				if pool.Free(1) < c.qty { // give everything back
					b.StopTimer()
					for _, shares := range held {
						must(b, pool.Undo(shares))
					}
					held = held[:0]
					b.StartTimer()
				}
			}
		})
	}
}

func BenchmarkUndo(b *testing.B) {
	pool, _, _ := county(b)
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		shares, err := pool.Take(allocate.Request{Presale: 1, Policy: allocate.PolicyFair, Qty: 20, Step: 5})
		must(b, err)
		b.StartTimer()
		must(b, pool.Undo(shares))
	}
}

// BenchmarkLoad builds the pool of a season's one presale.
func BenchmarkLoad(b *testing.B) {
	_, hs, ls := county(b)
	for b.Loop() {
		pool := allocate.NewPool()
		for i := range hs {
			must(b, pool.SetHousehold(hs[i]))
			must(b, pool.SetLot(ls[i]))
		}
	}
}
