// Package sample has rules of which some are tested.
package sample

import (
	"errors"
	"time"
)

var limit = 3 + offset()

func offset() int { return 2 }

// Charge is tested at its edges, but for a price of nothing.
func Charge(paid, cost int64) (int64, error) {
	if cost < 0 {
		return 0, errors.New("negative")
	}
	return min(paid, cost), nil
}

// Within is tested far from its edge only.
func Within(d time.Duration) bool {
	return d <= time.Duration(limit)*time.Hour
}

// Sum has a statement that matters and one that does not.
func Sum[T int | int64](list []T) (total T) {
	seen := 0
	for _, n := range list {
		total += n
		seen++
	}
	_ = seen
	return total
}

// Never is not called.
func Never(a, b bool) bool { return a && !b }

// Endless does not end when its step is removed.
func Endless(n int) int {
	for n > 0 {
		n--
	}
	return n
}
