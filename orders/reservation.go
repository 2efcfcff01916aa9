package orders

import (
	"fmt"
	"time"

	"banmuyuan/catalog"
)

// Split returns the shares of each line of an order from the catalogue's reservation. It is an error when the reservation
// is not that of lines with these quantities: a line too many, columns of different length, units that do not add up.
func Split(res catalog.Reservation, ordered []int64) ([]catalog.Shares, error) {
	split := make([]catalog.Shares, len(ordered))
	for _, s := range res.Lines {
		if s.Line < 1 || s.Line > len(ordered) {
			return nil, fmt.Errorf("reservation of order %d has a line %d", res.OrderID, s.Line)
		}
		n := len(s.Lots)
		if n == 0 || len(s.Households) != n || len(s.Villages) != n || len(s.Qty) != n || len(s.LevelFen) != n {
			return nil, fmt.Errorf("reservation of order %d has columns of different length", res.OrderID)
		}
		split[s.Line-1] = s
	}
	for i, s := range split {
		var sum int64
		for _, q := range s.Qty {
			sum += q
		}
		if sum != ordered[i] {
			return nil, fmt.Errorf("reservation of order %d line %d has %d of %d units", res.OrderID, i+1, sum, ordered[i])
		}
	}
	return split, nil
}

// Outlives reports whether a reservation is fit for an order that waits for its deposit until expires: it is not released,
// and at least half of the slack is left of it then.
func Outlives(res catalog.Reservation, expires time.Time, slack time.Duration) bool {
	return res.State != catalog.HoldReleased && !res.ExpiresAt.Add(-slack/2).Before(expires)
}
