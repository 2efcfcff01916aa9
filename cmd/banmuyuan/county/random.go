package county

import (
	"math/rand/v2"
	"slices"
)

type random struct{ *rand.Rand }

// between is low … high, both included.
func (r random) between(low, high int64) int64 { return low + r.Int64N(high-low+1) }

// chance is true in percent of the cases.
func (r random) chance(percent int) bool { return r.IntN(100) < percent }

func pick[T any](r random, list []T) T { return list[r.IntN(len(list))] }

// weighted is an index, drawn by weight.
func (r random) weighted(weights []int) int {
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

// chosen marks exactly count of n: the highest scores, ties by index.
func chosen(count int, scores []int) []bool {
	order := make([]int, len(scores))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return scores[b] - scores[a] })
	marks := make([]bool, len(scores))
	for _, i := range order[:count] {
		marks[i] = true
	}
	return marks
}

// apportion splits total by weight into whole parts that sum to it exactly:
// largest remainder, ties by index. total × weight must fit an int64.
func apportion(total int64, weights []int64) []int64 {
	var sum int64
	for _, w := range weights {
		sum += w
	}
	parts := make([]int64, len(weights))
	order := make([]int, len(weights))
	rest := total
	for i, w := range weights {
		parts[i] = total * w / sum
		rest -= parts[i]
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		ra, rb := total*weights[a]%sum, total*weights[b]%sum
		switch {
		case ra > rb:
			return -1
		case ra < rb:
			return 1
		}
		return 0
	})
	for _, i := range order[:rest] {
		parts[i]++
	}
	return parts
}

// steer moves random values by step until they sum to total, keeping each within
// low … high. values must be able to reach it.
func (r random) steer(values []int64, total, step, low, high int64) {
	var sum int64
	for _, v := range values {
		sum += v
	}
	for sum != total {
		i := r.IntN(len(values))
		switch {
		case sum < total && values[i]+step <= high:
			values[i] += step
			sum += step
		case sum > total && values[i]-step >= low:
			values[i] -= step
			sum -= step
		}
	}
}
