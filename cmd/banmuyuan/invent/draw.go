// Package invent draws names and numbers for counties that do not exist. It owns the lists of names and the check digits.
//
// Nobody can have the numbers: the regions of id numbers do not exist, and a generator chooses ranges of phones and
// accounts that no operator and no bank has. The same source of random numbers gives the same results.
package invent

import "math/rand/v2"

// Between draws low … high, both included.
func Between(r *rand.Rand, low, high int64) int64 { return low + r.Int64N(high-low+1) }

// Chance is true in percent of the cases.
func Chance(r *rand.Rand, percent int) bool { return r.IntN(100) < percent }

// Pick draws an item of a list.
func Pick[T any](r *rand.Rand, list []T) T { return list[r.IntN(len(list))] }

// Weighted draws an index by weight.
func Weighted(r *rand.Rand, weights []int) int {
	sum := 0
	for _, w := range weights {
		sum += w
	}
	n := r.IntN(sum)
	for i, w := range weights {
		if n -= w; n < 0 {
			return i
		}
	}
	return len(weights) - 1
}
