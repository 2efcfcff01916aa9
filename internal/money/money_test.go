package money_test

import (
	"errors"
	"math"
	"math/big"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"banmuyuan/internal/money"
)

// anyInt64 draws small and extreme numbers alike: overflow lives at the edges.
func anyInt64() *rapid.Generator[int64] {
	return rapid.OneOf(
		rapid.Int64Range(-1000, 1000),
		rapid.Int64(),
		rapid.SampledFrom([]int64{math.MinInt64, math.MinInt64 + 1, math.MaxInt64, math.MaxInt64 - 1}),
	)
}

// halfUp is a·b/per by big integers, halves away from zero, and whether that fits.
func halfUp(a, b, per int64) (int64, bool) {
	product := new(big.Int).Mul(big.NewInt(a), big.NewInt(b))
	twice := new(big.Int).Abs(product)
	twice.Lsh(twice, 1).Add(twice, big.NewInt(per))
	q := twice.Quo(twice, new(big.Int).Lsh(big.NewInt(per), 1))
	if product.Sign() < 0 {
		q.Neg(q)
	}
	return q.Int64(), q.IsInt64()
}

func TestAmountExamples(t *testing.T) {
	for _, c := range []struct {
		price  money.Price
		qty    int64
		amount int64
	}{
		{money.Price{Fen: 1400, Per: 500}, 4250, 11900},    // 8.5 斤 at ¥14.00/斤
		{money.Price{Fen: 1250, Per: 500}, 3, 8},           // 7.5 fen round up
		{money.Price{Fen: 1250, Per: 500}, -3, -8},         // and a reversal mirrors them
		{money.Price{Fen: 2800, Per: 1000}, 4250, 11900},   // the same by 公斤
		{money.Price{Fen: 8800, Per: 1}, 88120, 775456000}, // geese by the head
		{money.Price{Fen: 0, Per: 1}, 5, 0},
	} {
		got, err := c.price.Amount(c.qty)
		if err != nil || got != c.amount {
			t.Errorf("%+v of %d: got %d, %v; want %d", c.price, c.qty, got, err, c.amount)
		}
	}
	if _, err := (money.Price{Fen: 1, Per: 0}).Amount(1); !errors.Is(err, money.ErrPer) {
		t.Errorf("a price per nothing: %v", err)
	}
	if _, err := (money.Price{Fen: math.MaxInt64, Per: 1}).Amount(2); !errors.Is(err, money.ErrOverflow) {
		t.Errorf("twice the largest price: %v", err)
	}
	if got, err := (money.Price{Fen: math.MinInt64, Per: 1}).Amount(1); err != nil || got != math.MinInt64 {
		t.Errorf("the smallest price: %d, %v", got, err)
	}
}

func TestAmountIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		fen, qty := anyInt64().Draw(t, "fen"), anyInt64().Draw(t, "qty")
		per := rapid.OneOf(rapid.Int64Range(1, 1000), rapid.Int64Range(1, math.MaxInt64)).Draw(t, "per")
		want, fits := halfUp(fen, qty, per)
		got, err := money.Price{Fen: fen, Per: per}.Amount(qty)
		if fits != (err == nil) || (fits && got != want) {
			t.Fatalf("got %d, %v; want %d, fits %v", got, err, want, fits)
		}
		if err != nil && !errors.Is(err, money.ErrOverflow) {
			t.Fatalf("error is %v", err)
		}
	})
}

func TestBasisPointsIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		amount, bp := anyInt64().Draw(t, "amount"), anyInt64().Draw(t, "bp")
		want, fits := halfUp(amount, bp, 10_000)
		got, err := money.BasisPoints(amount, bp)
		if fits != (err == nil) || (fits && got != want) {
			t.Fatalf("got %d, %v; want %d, fits %v", got, err, want, fits)
		}
	})
}

func TestAmountIsMonotone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := money.Price{Fen: rapid.Int64Range(0, 1e9).Draw(t, "fen"), Per: rapid.Int64Range(1, 1000).Draw(t, "per")}
		a := rapid.Int64Range(-1e9, 1e9).Draw(t, "a")
		b := rapid.Int64Range(a, 1e9).Draw(t, "b")
		x, err := p.Amount(a)
		if err != nil {
			t.Fatal(err)
		}
		y, err := p.Amount(b)
		if err != nil {
			t.Fatal(err)
		}
		if x > y {
			t.Fatalf("%d cost %d, but %d cost %d", a, x, b, y)
		}
	})
}

type party struct{ id, weight int64 }

func parties(heaviest int64) *rapid.Generator[[]party] {
	return rapid.Custom(func(t *rapid.T) []party {
		ids := rapid.SliceOfNDistinct(rapid.Int64Range(-1000, 1000), 1, 40, rapid.ID[int64]).Draw(t, "ids")
		all := make([]party, len(ids))
		for i, id := range ids {
			weight := rapid.OneOf(rapid.Int64Range(0, 5), rapid.Int64Range(0, heaviest))
			all[i] = party{id, weight.Draw(t, "weight")}
		}
		return all
	})
}

func split(total int64, all []party) map[int64]int64 {
	weights, ids := make([]int64, len(all)), make([]int64, len(all))
	for i, p := range all {
		weights[i], ids[i] = p.weight, p.id
	}
	parts := make(map[int64]int64, len(all))
	for i, part := range money.Split(total, weights, ids) {
		parts[ids[i]] = part
	}
	return parts
}

func TestSplitExamples(t *testing.T) {
	for _, c := range []struct {
		total        int64
		weights, ids []int64
		want         []int64
	}{
		{100, []int64{1, 1, 1}, []int64{30, 10, 20}, []int64{33, 34, 33}},
		{-100, []int64{1, 1, 1}, []int64{30, 10, 20}, []int64{-33, -34, -33}},
		{10, []int64{0, 3, 0}, nil, []int64{0, 10, 0}},
		{7, []int64{0, 0, 0}, nil, []int64{3, 2, 2}}, // nobody weighs anything: all alike
		{0, nil, nil, []int64{}},
		{math.MinInt64, []int64{1, 1}, nil, []int64{math.MinInt64 / 2, math.MinInt64 / 2}},
		{math.MaxInt64, []int64{math.MaxInt64, math.MaxInt64, math.MaxInt64}, nil, // weights past 64 bits
			[]int64{3074457345618258603, 3074457345618258602, 3074457345618258602}},
	} {
		if got := money.Split(c.total, c.weights, c.ids); !slices.Equal(got, c.want) {
			t.Errorf("%d over %v: got %v, want %v", c.total, c.weights, got, c.want)
		}
	}
}

func TestSplit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		total := anyInt64().Draw(t, "total")
		all := parties(rapid.SampledFrom([]int64{100, 1e12, math.MaxInt64}).Draw(t, "heaviest")).Draw(t, "parties")
		got := split(total, all)

		sum, weight := new(big.Int), new(big.Int)
		for _, p := range all {
			sum.Add(sum, big.NewInt(got[p.id]))
			weight.Add(weight, big.NewInt(p.weight))
		}
		if sum.Cmp(big.NewInt(total)) != 0 {
			t.Fatalf("parts add up to %v, not %d", sum, total)
		}

		for _, p := range all {
			part := new(big.Int).Abs(big.NewInt(got[p.id]))
			switch {
			case weight.Sign() == 0:
			case p.weight == 0 && got[p.id] != 0:
				t.Fatalf("party %d weighs nothing and gets %d", p.id, got[p.id])
			default: // quota-1 < part < quota+1
				quota := new(big.Int).Mul(new(big.Int).Abs(big.NewInt(total)), big.NewInt(p.weight))
				distance := new(big.Int).Sub(new(big.Int).Mul(part, weight), quota)
				if distance.CmpAbs(weight) >= 0 {
					t.Fatalf("party %d gets %v, a unit or more from its quota", p.id, part)
				}
			}
			for _, q := range all {
				a, b := new(big.Int).Abs(big.NewInt(got[p.id])), new(big.Int).Abs(big.NewInt(got[q.id]))
				if p.weight > q.weight && a.Cmp(b) < 0 {
					t.Fatalf("party %d weighs more than %d and gets less", p.id, q.id)
				}
				if p.weight == q.weight && p.id < q.id && a.Cmp(b) < 0 {
					t.Fatalf("of two equal parties %d should come before %d", p.id, q.id)
				}
			}
		}

		for id, part := range split(total, rapid.Permutation(all).Draw(t, "other order")) {
			if part != got[id] {
				t.Fatalf("party %d gets %d or %d, depending on the order", id, got[id], part)
			}
		}
		if total != math.MinInt64 {
			for id, part := range split(-total, all) {
				if part != -got[id] {
					t.Fatalf("party %d gets %d of %d, but %d of its reversal", id, got[id], total, part)
				}
			}
		}
	})
}

func TestSplitPanicsWhereItsCallerIsWrong(t *testing.T) {
	for name, wrong := range map[string]func(){
		"nobody":          func() { money.Split(1, nil, nil) },
		"negative weight": func() { money.Split(1, []int64{2, -1}, nil) },
		"ids missing":     func() { money.Split(1, []int64{1, 1}, []int64{1}) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			wrong()
		})
	}
}

func TestUnits(t *testing.T) {
	for _, u := range money.Units() {
		found, ok := money.UnitByCode(u.Code)
		if !ok || found != u || u.Zh == "" || u.En == "" {
			t.Errorf("%+v is found as %+v, %v", u, found, ok)
		}
	}
	if _, ok := money.UnitByCode("mu"); ok {
		t.Error("goods are not sold by the mu")
	}
	for _, c := range []struct {
		qty      int64
		from, to money.Unit
		want     int64
		err      error
	}{
		{15, money.Kilo, money.Jin, 30, nil},
		{30, money.Jin, money.Kilo, 15, nil},
		{31, money.Jin, money.Kilo, 0, money.ErrUnit},
		{20, money.Head, money.Head, 20, nil},
		{20, money.Head, money.Egg, 0, money.ErrUnit},
		{20, money.Head, money.Jin, 0, money.ErrUnit},
		{20, money.Jin, money.Head, 0, money.ErrUnit},
		{math.MaxInt64, money.Kilo, money.Jin, 0, money.ErrOverflow},
	} {
		got, err := money.Convert(c.qty, c.from, c.to)
		if got != c.want || !errors.Is(err, c.err) {
			t.Errorf("%d %s in %s: got %d, %v; want %d, %v", c.qty, c.from.Code, c.to.Code, got, err, c.want, c.err)
		}
	}
	if p := money.Jin.Price(1400); p != (money.Price{Fen: 1400, Per: 500}) {
		t.Errorf("a price by 斤 is %+v", p)
	}
	if p := money.Head.Price(8800); p != (money.Price{Fen: 8800, Per: 1}) {
		t.Errorf("a price by head is %+v", p)
	}
}

func TestOverflowAtItsEdges(t *testing.T) {
	for _, c := range []struct {
		price money.Price
		qty   int64
	}{
		{money.Price{Fen: 1 << 33, Per: 1}, 1 << 31},        // the product's upper half equals per
		{money.Price{Fen: 145295143558111, Per: 2}, 253921}, // 2^65-1: half of it rounds up to 2^64
	} {
		if got, err := c.price.Amount(c.qty); !errors.Is(err, money.ErrOverflow) {
			t.Errorf("%d at %+v: %d, %v", c.qty, c.price, got, err)
		}
	}
}

func TestSplitAtItsEdges(t *testing.T) {
	if got := money.Split(0, []int64{1, 2}, nil); !slices.Equal(got, []int64{0, 0}) {
		t.Errorf("nothing is split into %v", got)
	}
	// The weights add up to more than 64 bits.
	if got := money.Split(1, []int64{math.MaxInt64 - 1, math.MaxInt64, math.MaxInt64 - 2}, nil); !slices.Equal(got, []int64{0, 1, 0}) {
		t.Errorf("the largest remainder gets %v", got)
	}
	// Of a hundred equal remainders the first fifty get one each.
	var weights, want []int64
	for i := range 100 {
		weights, want = append(weights, 1, 2), append(want, 0, 0)
		if i < 50 {
			want[len(want)-1] = 1
		}
	}
	if got := money.Split(50, weights, nil); !slices.Equal(got, want) {
		t.Errorf("ties go to %v", got)
	}
}

func TestUnitsAtTheirEdges(t *testing.T) {
	all := money.Units()
	if len(all) != 6 || all[0] != money.Head {
		t.Fatalf("units: %v", all)
	}
	all[0] = money.Kilo
	if money.Units()[0] != money.Head {
		t.Error("the list of units can be changed from outside")
	}
	if got, err := money.Head.Weight(1); !errors.Is(err, money.ErrUnit) {
		t.Errorf("a head weighs %d, %v", got, err)
	}
}
