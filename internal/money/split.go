package money

import (
	"cmp"
	"math/big"
	"math/bits"
	"slices"
)

// Split divides total in proportion to weights by the method of largest remainders (Hamilton): every part is the exact
// quota rounded down or up, and the parts add up to total. The units left after rounding down go to the largest
// remainders, ties to the lowest id; with nil ids, to the first. The result does not depend on the order of the parties.
// A negative total, as in a refund, is the mirror image of the positive one. A party of weight zero gets nothing, unless
// all weights are zero: then all count alike.
//
// Like every method of largest remainders it is not monotone in total: one more fen to split may take a fen from
// somebody. Split the sum once; do not add up splits of its pieces.
//
// Split panics where its caller is wrong: ids of another length, a negative weight, or something to split among nobody.
func Split(total int64, weights []int64, ids []int64) []int64 {
	if ids != nil && len(ids) != len(weights) {
		panic("money: split with as many ids as weights")
	}
	parts := make([]int64, len(weights))
	if total == 0 {
		return parts
	}
	if len(weights) == 0 {
		panic("money: split among nobody")
	}

	m := magnitude(total)
	quotas, remainders := shares(m, weights)
	left := m
	for _, q := range quotas {
		left -= q
	}
	order := make([]int, len(weights))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		if c := remainders.compare(b, a); c != 0 {
			return c
		}
		if ids != nil {
			if c := cmp.Compare(ids[a], ids[b]); c != 0 {
				return c
			}
		}
		return cmp.Compare(a, b)
	})
	for _, i := range order[:left] {
		quotas[i]++
	}
	for i, q := range quotas {
		parts[i] = int64(q)
		if total < 0 {
			parts[i] = int64(-q)
		}
	}
	return parts
}

// remainders are the fractions that rounding down left of each quota: small, or big where the weights add up to more than 64 bits.
type remainders struct {
	small []uint64
	big   []*big.Int
}

func (r remainders) compare(a, b int) int {
	if r.big != nil {
		return r.big[a].Cmp(r.big[b])
	}
	return cmp.Compare(r.small[a], r.small[b])
}

// shares rounds every m·weight/Σweights down and keeps the remainders.
func shares(m uint64, weights []int64) ([]uint64, remainders) {
	var sum, carry, carries uint64
	for _, w := range weights {
		if w < 0 {
			panic("money: split with a negative weight")
		}
		sum, carry = bits.Add64(sum, uint64(w), 0)
		carries += carry
	}
	if carries > 0 {
		return bigShares(m, weights)
	}
	weigh := func(i int) uint64 { return uint64(weights[i]) }
	if sum == 0 {
		sum, weigh = uint64(len(weights)), func(int) uint64 { return 1 }
	}
	quotas, rest := make([]uint64, len(weights)), make([]uint64, len(weights))
	for i := range weights {
		hi, lo := bits.Mul64(m, weigh(i))
		quotas[i], rest[i] = bits.Div64(hi, lo, sum) // hi < sum, because m·w/sum <= m fits
	}
	return quotas, remainders{small: rest}
}

func bigShares(m uint64, weights []int64) ([]uint64, remainders) {
	sum := new(big.Int)
	for _, w := range weights {
		sum.Add(sum, big.NewInt(w))
	}
	quotas, rest := make([]uint64, len(weights)), make([]*big.Int, len(weights))
	for i, w := range weights {
		q, product := new(big.Int), new(big.Int).SetUint64(m)
		product.Mul(product, big.NewInt(w))
		q, rest[i] = q.QuoRem(product, sum, new(big.Int))
		quotas[i] = q.Uint64()
	}
	return quotas, remainders{big: rest}
}
