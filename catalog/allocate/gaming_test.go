package allocate_test

import (
	"math/rand/v2"
	"testing"

	"banmuyuan/catalog/allocate"
)

// gamer holds the sales of a household that cheats, beside its sales if it were honest.
type gamer struct{ honest, cheating int64 }

func (g gamer) gain() float64 { return float64(g.cheating) / float64(max(g.honest, 1)) }

// A household's gain by lying is bounded: docs/allocation.md has the figures. Each household of a sample cheats alone,
// in a county of 2,000 whose orders come one after the other until a fifth of all geese are sold.
func TestGainOfGaming(t *testing.T) {
	t.Parallel()
	const households, geese, orders = 2_000, 80, 400
	type world struct {
		hs []allocate.Household
		ls []allocate.Lot
	}
	draw := func() world {
		rnd := rand.New(rand.NewPCG(7, 8))
		var w world
		for i := range int64(households) {
			w.hs = append(w.hs, allocate.Household{ID: i + 1, Village: i % 60, Persons: 1 + rnd.Int32N(5), ExpectedFen: rnd.Int64N(300_000)})
			w.ls = append(w.ls, allocate.Lot{ID: i + 1, Presale: 1, Household: i + 1, Free: geese, UnitFen: 10_640})
		}
		return w
	}
	run := func(t *testing.T, w world) *allocate.Pool {
		t.Helper()
		pool := allocate.NewPool()
		pool.SetCode(1, "GOOSE")
		for _, h := range w.hs {
			must(t, pool.SetHousehold(h))
		}
		for _, l := range w.ls {
			must(t, pool.SetLot(l))
		}
		rnd := rand.New(rand.NewPCG(9, 10))
		for range orders {
			_, err := pool.Take(allocate.Request{Presale: 1, Policy: allocate.PolicyFair, Qty: 1 + rnd.Int64N(159), Step: 5})
			must(t, err)
		}
		return pool
	}
	sold := func(p *allocate.Pool, lots ...int64) (n int64) {
		for _, id := range lots {
			l, _ := p.Lot(id)
			n += l.Sold
		}
		return n
	}
	honest := run(t, draw())
	for name, c := range map[string]struct {
		cheat func(w *world, i int) []int64 // returns the lots of the cheating household
		most  func(h allocate.Household) float64
		alone float64 // the least gain that the sample shows, so that the test sees anything at all
	}{
		// Sales per person are levelled, so that stated persons bring their own share and no more.
		"two more persons": {func(w *world, i int) []int64 {
			w.hs[i].Persons += 2
			return []int64{w.ls[i].ID}
		}, func(h allocate.Household) float64 { return float64(h.Persons+2) / float64(h.Persons) }, 1.2},
		// Halves of a household with half of the persons and the geese each stand at the same level.
		"split in two": {func(w *world, i int) []int64 {
			h, l := w.hs[i], w.ls[i]
			w.hs[i].Persons, w.hs[i].ExpectedFen = (h.Persons+1)/2, h.ExpectedFen/2
			w.ls[i].Free = l.Free / 2
			h.ID, h.Persons, h.ExpectedFen = households+1, max(h.Persons/2, 1), h.ExpectedFen-h.ExpectedFen/2
			l.ID, l.Household, l.Free = households+1, h.ID, l.Free-l.Free/2
			w.hs, w.ls = append(w.hs, h), append(w.ls, l)
			return []int64{w.ls[i].ID, l.ID}
		}, func(h allocate.Household) float64 {
			if h.Persons == 1 { // one person cannot be two: each half claims one
				return 2
			}
			return 1
		}, 0},
		// Hidden income is made up for by sales, once, and not more.
		"hidden income": {func(w *world, i int) []int64 {
			w.hs[i].ExpectedFen = 0
			return []int64{w.ls[i].ID}
		}, nil, 1.2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var worst, sum float64
			for i := 0; i < households; i += 97 {
				w := draw()
				h := w.hs[i]
				lots := c.cheat(&w, i)
				g := gamer{honest: sold(honest, int64(i+1)), cheating: sold(run(t, w), lots...)}
				worst, sum = max(worst, g.gain()), sum+1
				// A yard opens with a step, and the last unit goes as a whole: so much may be more.
				slack := int64(2 * 6)
				var most int64
				if c.most != nil {
					most = int64(c.most(h)*float64(g.honest)+0.999) + slack
					// The stated persons also carry the income that is there already.
					most += int64(float64(h.ExpectedFen) * (c.most(h) - 1) / 10_640)
				} else {
					most = g.honest + h.ExpectedFen/10_640 + slack
				}
				if name == "split in two" { // halves of odd households differ, and the higher one hides its part above the line
					most += h.ExpectedFen / 2 / 10_640
				}
				if g.cheating > most {
					t.Errorf("household %d of %d persons with %d fen sells %d instead of %d, more than %d", i+1, h.Persons, h.ExpectedFen, g.cheating, g.honest, most)
				}
			}
			if worst < c.alone {
				t.Errorf("nobody gains more than %.2f times: the test sees nothing", worst)
			}
			t.Logf("at most %.2f times as many, of %.0f households", worst, sum)
		})
	}
}
