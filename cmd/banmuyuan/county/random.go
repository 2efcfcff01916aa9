package county

import (
	"math/rand/v2"
	"slices"

	"banmuyuan/cmd/banmuyuan/invent"
)

type random struct{ *rand.Rand }

func (r random) between(low, high int64) int64 { return invent.Between(r.Rand, low, high) }

func (r random) chance(percent int) bool { return invent.Chance(r.Rand, percent) }

func pick[T any](r random, list []T) T { return invent.Pick(r.Rand, list) }

func (r random) weighted(weights []int) int { return invent.Weighted(r.Rand, weights) }

func (r random) surname() string { return invent.Surname(r.Rand) }

func (r random) given(sex Sex, born int) string { return invent.Given(r.Rand, sex == Female, born) }

func (r random) worker(year int) string { return invent.Worker(r.Rand, year) }

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
