package allocate_test

import (
	"errors"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"banmuyuan/catalog/allocate"
)

// Everything that can happen to a season, in any order, against the model: several presales share the households'
// levels, so that entries in the heaps go stale in every way they can.
func TestPoolIsTheModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := newModel(nil, nil)
		pool := allocate.NewPool()
		var held [][]allocate.Share

		presale := rapid.SampledFrom([]int64{1, 1, 2, 3})
		householdID := rapid.Int64Range(1, 10)
		drawHousehold := func(t *rapid.T) allocate.Household {
			return allocate.Household{
				ID: householdID.Draw(t, "household"), Village: rapid.Int64Range(1, 4).Draw(t, "village"),
				Persons: rapid.Int32Range(1, 4).Draw(t, "persons"), ExpectedFen: rapid.Int64Range(-20, 100).Draw(t, "expected"),
				LastFen: rapid.Int64Range(0, 3).Draw(t, "last season"),
			}
		}
		check := func(t *rapid.T) {
			for p := range int64(5) {
				if got, want := pool.Free(p), m.free(m.open(p, nil)); got != want {
					t.Fatalf("presale %d has %d free, want %d", p, got, want)
				}
			}
			for id, want := range m.households {
				if got, ok := pool.Household(id); !ok || got != want {
					t.Fatalf("household %+v, %v; want %+v", got, ok, want)
				}
			}
			var inAll int
			for l := range pool.Lots() {
				if inAll++; l != m.lots[l.ID] {
					t.Fatalf("lot %+v; want %+v", l, m.lots[l.ID])
				}
			}
			if inAll != len(m.lots) {
				t.Fatalf("%d lots, want %d", inAll, len(m.lots))
			}
			for p := range int64(5) {
				var sum int64
				for _, q := range pool.Quotas(p) {
					l, ok := pool.LotOf(q.Household, p)
					if sum += q.Left; !ok || q.Left != l.Free || l != m.lots[l.ID] {
						t.Fatalf("quota %+v of presale %d, lot %+v", q, p, l)
					}
				}
				if sum != pool.Free(p) {
					t.Fatalf("quotas of presale %d are %d, free are %d", p, sum, pool.Free(p))
				}
			}
			for id := range m.households {
				var sum int64
				for _, l := range m.lots {
					if l.Household == id {
						sum += max(l.Open-l.Told, 0) * l.UnitFen
					}
				}
				if got := pool.UntoldFen(id); got != sum {
					t.Fatalf("household %d sold for %d that nobody told, want %d", id, got, sum)
				}
			}
			for id, want := range m.lots {
				if got, ok := pool.Lot(id); !ok || got != want {
					t.Fatalf("lot %+v, %v; want %+v", got, ok, want)
				}
			}
		}
		for id := range int64(9) {
			h := drawHousehold(t)
			h.ID = id + 1
			m.households[h.ID] = h
			must(t, pool.SetHousehold(h))
			l := allocate.Lot{ID: id + 1, Presale: 1, Household: h.ID, Free: rapid.Int64Range(0, 20).Draw(t, "free"), UnitFen: rapid.Int64Range(0, 6).Draw(t, "unit fen")}
			m.lots[l.ID] = l
			must(t, pool.SetLot(l))
		}

		request := func(t *rapid.T) allocate.Request {
			return allocate.Request{
				Presale: presale.Draw(t, "presale"),
				Policy: rapid.SampledFrom([]allocate.Policy{
					allocate.PolicyFair, allocate.PolicyNear, allocate.PolicyDirect,
				}).Draw(t, "policy"),
				Qty: rapid.Int64Range(1, 60).Draw(t, "qty"), Step: rapid.Int64Range(0, 5).Draw(t, "step"),
				Household: householdID.Draw(t, "named"), Exclude: rapid.SliceOfN(householdID, 0, 2).Draw(t, "exclude"),
			}
		}
		same := func(t *rapid.T, got []allocate.Share, err error, want []allocate.Share, soldOut *allocate.SoldOutError) bool {
			if soldOut != nil {
				if left, ok := leftOf(err); !ok || left != soldOut.Left || got != nil {
					t.Fatalf("got %v, %v; want %v", got, err, soldOut)
				}
				return false
			}
			if err != nil || !slices.Equal(got, want) {
				t.Fatalf("got %+v, %v\nwant %+v", got, err, want)
			}
			return true
		}

		t.Repeat(map[string]func(*rapid.T){
			"": check,
			"set household": func(t *rapid.T) {
				h := drawHousehold(t)
				m.households[h.ID] = h
				must(t, pool.SetHousehold(h))
			},
			"set lot": func(t *rapid.T) {
				l := allocate.Lot{
					ID: rapid.Int64Range(1, 20).Draw(t, "lot"), Presale: presale.Draw(t, "presale"),
					Household: householdID.Draw(t, "household"), Free: rapid.Int64Range(0, 20).Draw(t, "free"),
					UnitFen: rapid.Int64Range(0, 6).Draw(t, "unit fen"),
				}
				old, exists := m.lots[l.ID]
				l.Sold, l.Open = old.Sold, old.Open // held units may come back
				l.Told = rapid.Int64Range(0, 5).Draw(t, "told")
				if rapid.Bool().Draw(t, "the same place") && exists {
					l.Presale, l.Household = old.Presale, old.Household
				}
				err := pool.SetLot(l)
				_, known := m.households[l.Household]
				if !known || exists && (l.Presale != old.Presale || l.Household != old.Household) {
					if !errors.Is(err, allocate.ErrUnknown) {
						t.Fatalf("lot of an unknown household, or of another than before: %v", err)
					}
					return
				}
				for _, other := range m.lots {
					if other.ID != l.ID && other.Presale == l.Presale && other.Household == l.Household {
						if !errors.Is(err, allocate.ErrTwoLots) {
							t.Fatalf("a second lot: %v", err)
						}
						return
					}
				}
				must(t, err)
				m.lots[l.ID] = l
			},
			"set code": func(t *rapid.T) {
				m.code = rapid.SampledFrom([]string{"", "A", "B"}).Draw(t, "code")
				for p := range int64(4) {
					pool.SetCode(p, m.code)
				}
			},
			"clip": func(*rapid.T) { pool.Clip() },
			"take": func(t *rapid.T) {
				r := request(t)
				want, soldOut := m.take(r)
				got, err := pool.Take(r)
				if same(t, got, err, want, soldOut) {
					held = append(held, got)
				}
			},
			"plan": func(t *rapid.T) {
				r := request(t)
				copied := newModel(nil, nil)
				maps.Copy(copied.households, m.households)
				maps.Copy(copied.lots, m.lots)
				copied.code = m.code
				want, soldOut := copied.take(r)
				plan, err := pool.Plan(r)
				if same(t, plan.Shares, err, want, soldOut) && plan.Stops != len(want) {
					t.Fatalf("%d stops for %d shares", plan.Stops, len(want))
				}
			},
			"undo": func(t *rapid.T) {
				for len(held) > 0 {
					i := rapid.IntRange(0, len(held)-1).Draw(t, "which")
					must(t, pool.Undo(held[i]))
					m.release(held[i])
					held = slices.Delete(held, i, i+1)
					if rapid.Bool().Draw(t, "enough") {
						break
					}
				}
			},
			"release part": func(t *rapid.T) {
				if len(held) == 0 {
					return
				}
				s := &held[0][0]
				part := *s
				part.Qty = rapid.Int64Range(1, s.Qty).Draw(t, "part")
				part.ValueFen = s.ValueFen * part.Qty / s.Qty
				must(t, pool.Release([]allocate.Share{part}))
				m.release([]allocate.Share{part})
				s.Qty, s.ValueFen = s.Qty-part.Qty, s.ValueFen-part.ValueFen
				if s.Qty == 0 {
					if held[0] = held[0][1:]; len(held[0]) == 0 {
						held = held[1:]
					}
				}
			},
		})
	})
}

// A batch that the database refused leaves no trace, not even in the next shares.
func TestUndoOfABatchIsExact(t *testing.T) {
	pool, _, _ := county(t)
	untouched, hs, ls := county(t)
	rnd := rand.New(rand.NewPCG(3, 4))
	var batch [][]allocate.Share
	for range 300 {
		policy := []allocate.Policy{allocate.PolicyFair, allocate.PolicyNear}[rnd.IntN(2)]
		shares, err := pool.Take(allocate.Request{Presale: 1, Policy: policy, Qty: 1 + rnd.Int64N(2_000), Step: 1 + rnd.Int64N(10)})
		must(t, err)
		batch = append(batch, shares)
	}
	rnd.Shuffle(len(batch), func(i, j int) { batch[i], batch[j] = batch[j], batch[i] })
	for _, shares := range batch {
		must(t, pool.Undo(shares))
	}
	for i := range hs {
		if h, _ := pool.Household(hs[i].ID); h != hs[i] {
			t.Fatalf("household %+v was %+v", h, hs[i])
		}
		if l, _ := pool.Lot(ls[i].ID); l != ls[i] {
			t.Fatalf("lot %+v was %+v", l, ls[i])
		}
	}
	for range 50 {
		r := allocate.Request{Presale: 1, Policy: allocate.PolicyFair, Qty: 1 + rnd.Int64N(9_000), Step: 1 + rnd.Int64N(10)}
		got, err := pool.Take(r)
		must(t, err)
		want, err := untouched.Take(r)
		must(t, err)
		if !slices.Equal(got, want) {
			t.Fatalf("%+v is divided otherwise after an undo", r)
		}
	}
}

func TestOneLevelOverAllPresales(t *testing.T) {
	pool := allocate.NewPool()
	for id := int64(1); id <= 2; id++ {
		must(t, pool.SetHousehold(allocate.Household{ID: id, Persons: 1}))
		must(t, pool.SetLot(allocate.Lot{ID: id, Presale: 1, Household: id, Free: 10, UnitFen: 100}))
		must(t, pool.SetLot(allocate.Lot{ID: 10 + id, Presale: 2, Household: id, Free: 10, UnitFen: 100}))
	}
	who := func(presale int64) int64 {
		shares, err := pool.Take(allocate.Request{Presale: presale, Policy: allocate.PolicyFair, Qty: 1})
		must(t, err)
		return shares[0].Household
	}
	if a, b := who(1), who(2); a != 1 || b != 2 {
		t.Errorf("geese went to household %d, beans to %d; want 1 and 2", a, b)
	}
}

func TestWhatAPoolRefuses(t *testing.T) {
	setup := func(t *testing.T) *allocate.Pool {
		pool := allocate.NewPool()
		must(t, pool.SetHousehold(allocate.Household{ID: 1, Persons: 2}))
		must(t, pool.SetLot(allocate.Lot{ID: 1, Presale: 1, Household: 1, Free: 10, Sold: 5, Open: 5, UnitFen: 100}))
		return pool
	}
	share := allocate.Share{Lot: 1, Household: 1, Qty: 1, ValueFen: 100}
	with := func(change func(*allocate.Share)) []allocate.Share {
		s := share
		change(&s)
		return []allocate.Share{share, s} // the good one must not stay released
	}
	for name, c := range map[string]struct {
		do   func(*allocate.Pool) error
		want error
	}{
		"nobody at home":   {func(p *allocate.Pool) error { return p.SetHousehold(allocate.Household{ID: 2}) }, allocate.ErrRange},
		"too many at home": {func(p *allocate.Pool) error { return p.SetHousehold(allocate.Household{ID: 2, Persons: 1025}) }, allocate.ErrRange},
		"too rich": {func(p *allocate.Pool) error {
			return p.SetHousehold(allocate.Household{ID: 2, Persons: 1, ExpectedFen: allocate.MaxFen + 1})
		}, allocate.ErrRange},
		"too rich with its lots": {func(p *allocate.Pool) error {
			return p.SetHousehold(allocate.Household{ID: 1, Persons: 1, ExpectedFen: allocate.MaxFen - 999})
		}, allocate.ErrRange},
		"too much debt": {func(p *allocate.Pool) error {
			return p.SetHousehold(allocate.Household{ID: 2, Persons: 1, ExpectedFen: -allocate.MaxFen - 1})
		}, allocate.ErrRange},
		"a lot of nobody":      {func(p *allocate.Pool) error { return p.SetLot(allocate.Lot{ID: 2, Presale: 1, Household: 9}) }, allocate.ErrUnknown},
		"a second lot":         {func(p *allocate.Pool) error { return p.SetLot(allocate.Lot{ID: 2, Presale: 1, Household: 1}) }, allocate.ErrTwoLots},
		"fewer than no units":  {func(p *allocate.Pool) error { return p.SetLot(allocate.Lot{ID: 1, Presale: 1, Household: 1, Free: -1}) }, allocate.ErrRange},
		"fewer than none open": {func(p *allocate.Pool) error { return p.SetLot(allocate.Lot{ID: 1, Presale: 1, Household: 1, Open: -1}) }, allocate.ErrRange},
		"more open than sold": {func(p *allocate.Pool) error {
			return p.SetLot(allocate.Lot{ID: 1, Presale: 1, Household: 1, Sold: 2, Open: 3})
		}, allocate.ErrRange},
		"fewer than none told": {func(p *allocate.Pool) error { return p.SetLot(allocate.Lot{ID: 1, Presale: 1, Household: 1, Told: -1}) }, allocate.ErrRange},
		"told too many": {func(p *allocate.Pool) error {
			return p.SetLot(allocate.Lot{ID: 1, Presale: 1, Household: 1, Told: allocate.MaxUnits + 1})
		}, allocate.ErrRange},
		"less than nothing last season": {func(p *allocate.Pool) error {
			return p.SetHousehold(allocate.Household{ID: 1, Persons: 2, LastFen: -1})
		}, allocate.ErrRange},
		"too much last season": {func(p *allocate.Pool) error {
			return p.SetHousehold(allocate.Household{ID: 1, Persons: 2, LastFen: allocate.MaxFen + 1})
		}, allocate.ErrRange},
		"fewer than none sold": {func(p *allocate.Pool) error { return p.SetLot(allocate.Lot{ID: 1, Presale: 1, Household: 1, Sold: -1}) }, allocate.ErrRange},
		"sold for too much": {func(p *allocate.Pool) error {
			return p.SetLot(allocate.Lot{ID: 1, Presale: 1, Household: 1, Sold: allocate.MaxUnits, UnitFen: 1 << 62})
		}, allocate.ErrRange},
		"a lot that moves to another presale": {func(p *allocate.Pool) error {
			return p.SetLot(allocate.Lot{ID: 1, Presale: 2, Household: 1})
		}, allocate.ErrUnknown},
		"a price below zero": {func(p *allocate.Pool) error {
			return p.SetLot(allocate.Lot{ID: 1, Presale: 1, Household: 1, UnitFen: -1})
		}, allocate.ErrRange},
		"too many units": {func(p *allocate.Pool) error {
			return p.SetLot(allocate.Lot{ID: 1, Presale: 1, Household: 1, Free: allocate.MaxUnits + 1})
		}, allocate.ErrRange},
		"worth too much": {func(p *allocate.Pool) error {
			return p.SetLot(allocate.Lot{ID: 1, Presale: 1, Household: 1, Free: allocate.MaxUnits, UnitFen: 1 << 62})
		}, allocate.ErrRange},
		"take nothing": {func(p *allocate.Pool) error {
			_, err := p.Take(allocate.Request{Presale: 1, Policy: allocate.PolicyFair})
			return err
		}, allocate.ErrRange},
		"take less than nothing": {func(p *allocate.Pool) error {
			_, err := p.Take(allocate.Request{Presale: 1, Policy: allocate.PolicyFair, Qty: -5})
			return err
		}, allocate.ErrRange},
		"take in negative steps": {func(p *allocate.Pool) error {
			_, err := p.Take(allocate.Request{Presale: 1, Policy: allocate.PolicyFair, Qty: 5, Step: -1})
			return err
		}, allocate.ErrRange},
		"take too much": {func(p *allocate.Pool) error {
			_, err := p.Take(allocate.Request{Presale: 1, Policy: allocate.PolicyFair, Qty: allocate.MaxUnits + 1})
			return err
		}, allocate.ErrRange},
		"take by no policy":  {func(p *allocate.Pool) error { _, err := p.Take(allocate.Request{Presale: 1, Qty: 1}); return err }, allocate.ErrUnknown},
		"release for nobody": {func(p *allocate.Pool) error { return p.Release(with(func(s *allocate.Share) { s.Household = 9 })) }, allocate.ErrUnknown},
		"release another's lot": {func(p *allocate.Pool) error {
			must(t, p.SetHousehold(allocate.Household{ID: 2, Persons: 1}))
			return p.Release(with(func(s *allocate.Share) { s.Household = 2 }))
		}, allocate.ErrUnknown},
		"worth too much with what is earned": {func(p *allocate.Pool) error {
			must(t, p.SetHousehold(allocate.Household{ID: 2, Persons: 1, ExpectedFen: allocate.MaxFen - 10}))
			return p.SetLot(allocate.Lot{ID: 2, Presale: 1, Household: 2, Free: 11, UnitFen: 1})
		}, allocate.ErrRange},
		"sold too many units": {func(p *allocate.Pool) error {
			return p.SetLot(allocate.Lot{ID: 1, Presale: 1, Household: 1, Sold: allocate.MaxUnits + 1})
		}, allocate.ErrRange},
		"sold for a little too much": {func(p *allocate.Pool) error {
			return p.SetLot(allocate.Lot{ID: 1, Presale: 1, Household: 1, Sold: allocate.MaxFen/1024 + 1, UnitFen: 1024})
		}, allocate.ErrRange},
		"release more than any lot has": {func(p *allocate.Pool) error {
			return p.Release(with(func(s *allocate.Share) { s.Qty, s.Lot = allocate.MaxUnits+1, 9 }))
		}, allocate.ErrRange},
		"release a sum beyond all": {func(p *allocate.Pool) error {
			must(t, p.SetHousehold(allocate.Household{ID: 2, Persons: 1, ExpectedFen: allocate.MaxFen}))
			return p.Release(with(func(s *allocate.Share) { s.Household, s.ValueFen, s.Lot = 2, allocate.MaxFen+1, 9 }))
		}, allocate.ErrRange},
		"release what was collected": {func(p *allocate.Pool) error {
			must(t, p.SetHousehold(allocate.Household{ID: 2, Persons: 1}))
			must(t, p.SetLot(allocate.Lot{ID: 2, Presale: 2, Household: 2, Sold: 5, Open: 2}))
			return p.Release(with(func(s *allocate.Share) { s.Household, s.Lot, s.Qty, s.ValueFen = 2, 2, 3, 0 }))
		}, allocate.ErrRange},
		"release more units than a lot may have": {func(p *allocate.Pool) error {
			must(t, p.SetHousehold(allocate.Household{ID: 2, Persons: 1}))
			must(t, p.SetLot(allocate.Lot{ID: 2, Presale: 2, Household: 2, Free: allocate.MaxUnits, Sold: 1, Open: 1}))
			return p.Release(with(func(s *allocate.Share) { s.Household, s.Lot, s.ValueFen = 2, 2, 0 }))
		}, allocate.ErrRange},
		"release more than a lot may be worth": {func(p *allocate.Pool) error {
			must(t, p.SetHousehold(allocate.Household{ID: 2, Persons: 1}))
			must(t, p.SetLot(allocate.Lot{ID: 2, Presale: 2, Household: 2, Free: allocate.MaxFen / 1024, Sold: 1, Open: 1, UnitFen: 1024}))
			return p.Release(with(func(s *allocate.Share) { s.Household, s.Lot, s.ValueFen = 2, 2, 0 }))
		}, allocate.ErrRange},
		"release nothing": {func(p *allocate.Pool) error { return p.Release(with(func(s *allocate.Share) { s.Qty = 0 })) }, allocate.ErrRange},
		"release too much": {func(p *allocate.Pool) error {
			return p.Release(with(func(s *allocate.Share) { s.Qty = allocate.MaxUnits }))
		}, allocate.ErrRange},
		"release a negative sum": {func(p *allocate.Pool) error { return p.Release(with(func(s *allocate.Share) { s.ValueFen = -1 })) }, allocate.ErrRange},
		"release into great debt": {func(p *allocate.Pool) error {
			return p.Release(with(func(s *allocate.Share) { s.ValueFen = allocate.MaxFen }))
		}, allocate.ErrRange},
		"release a lot of nobody": {func(p *allocate.Pool) error { return p.Release(with(func(s *allocate.Share) { s.Lot = 9 })) }, allocate.ErrUnknown},
		"release more than was sold": {func(p *allocate.Pool) error {
			return p.Release(with(func(s *allocate.Share) { s.Qty, s.ValueFen = 5, 0 }))
		}, allocate.ErrRange},
	} {
		t.Run(name, func(t *testing.T) {
			pool := setup(t)
			if err := c.do(pool); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
			h, _ := pool.Household(1)
			l, _ := pool.Lot(1)
			if h != (allocate.Household{ID: 1, Persons: 2}) || l != (allocate.Lot{ID: 1, Presale: 1, Household: 1, Free: 10, Sold: 5, Open: 5, UnitFen: 100}) || pool.Free(1) != 10 {
				t.Errorf("it changed the pool: %+v, %+v, %d free", h, l, pool.Free(1))
			}
		})
	}
}

// The bounds themselves are allowed.
func TestAtTheBounds(t *testing.T) {
	pool := allocate.NewPool()
	must(t, pool.SetHousehold(allocate.Household{ID: 1, Persons: 1}))
	must(t, pool.SetLot(allocate.Lot{ID: 1, Presale: 1, Household: 1, Free: allocate.MaxUnits, Sold: allocate.MaxUnits, Open: allocate.MaxUnits}))
	must(t, pool.SetLot(allocate.Lot{ID: 1, Presale: 1, Household: 1, Sold: allocate.MaxUnits, Open: allocate.MaxUnits}))
	must(t, pool.Release([]allocate.Share{{Lot: 1, Household: 1, Qty: allocate.MaxUnits}}))
	must(t, pool.SetLot(allocate.Lot{ID: 2, Presale: 2, Household: 1, Free: allocate.MaxFen/1024 - 1, Sold: 1, Open: 1, UnitFen: 1024}))
	must(t, pool.Release([]allocate.Share{{Lot: 2, Household: 1, Qty: 1}}))
	must(t, pool.SetHousehold(allocate.Household{ID: 1, Persons: 1}))
	must(t, pool.SetHousehold(allocate.Household{ID: 2, Persons: 1, ExpectedFen: allocate.MaxFen}))
	must(t, pool.SetLot(allocate.Lot{ID: 3, Presale: 1, Household: 2}))
}

func TestUnknownThings(t *testing.T) {
	pool := allocate.NewPool()
	must(t, pool.SetHousehold(allocate.Household{ID: 1, Persons: 1}))
	must(t, pool.SetLot(allocate.Lot{ID: 1, Presale: 1, Household: 1, Free: 1}))
	for _, known := range []bool{false, true} {
		id := map[bool]int64{false: 9, true: 1}[known]
		h, ok := pool.Household(id)
		if l, has := pool.Lot(id); ok != known || has != known || (h != allocate.Household{}) != known || (l != allocate.Lot{}) != known {
			t.Errorf("%d: %+v %t, %+v %t", id, h, ok, l, has)
		}
	}
	for _, c := range []struct {
		household, presale int64
		known              bool
	}{{1, 1, true}, {1, 9, false}, {9, 1, false}} {
		if l, ok := pool.LotOf(c.household, c.presale); ok != c.known || (l != allocate.Lot{}) != c.known {
			t.Errorf("%+v: %+v %t", c, l, ok)
		}
	}
}

// At the bounds everything still adds up.
func TestBounds(t *testing.T) {
	pool := allocate.NewPool()
	must(t, pool.SetHousehold(allocate.Household{ID: 1, Persons: allocate.MaxPersons, ExpectedFen: 0}))
	must(t, pool.SetHousehold(allocate.Household{ID: 2, Persons: 1, ExpectedFen: -allocate.MaxFen}))
	must(t, pool.SetLot(allocate.Lot{ID: 1, Presale: 1, Household: 1, Free: allocate.MaxUnits / 2, UnitFen: 2 * allocate.MaxFen / allocate.MaxUnits}))
	must(t, pool.SetLot(allocate.Lot{ID: 2, Presale: 1, Household: 2, Free: allocate.MaxUnits / 2, UnitFen: 2 * allocate.MaxFen / allocate.MaxUnits}))
	shares, err := pool.Take(allocate.Request{Presale: 1, Policy: allocate.PolicyFair, Qty: allocate.MaxUnits, Step: 1})
	must(t, err)
	for _, s := range shares {
		if s.Qty != allocate.MaxUnits/2 || s.ValueFen != allocate.MaxFen {
			t.Errorf("share %+v", s)
		}
	}
	must(t, pool.Undo(shares))
	if pool.Free(1) != allocate.MaxUnits {
		t.Errorf("%d units after the undo", pool.Free(1))
	}
}
