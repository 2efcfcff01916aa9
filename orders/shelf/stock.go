package shelf

import (
	"cmp"
	"slices"
	"time"

	"banmuyuan/orders"
)

// Quantities are the measures of a lot.
type Quantities struct {
	Received, Sold, Kept, Held, Lost, Donated, Found int64
}

// Left is the measure that is on the shelf and free to sell.
func (q Quantities) Left() int64 {
	return q.Received + q.Found - q.Sold - q.Kept - q.Held - q.Lost - q.Donated
}

// Shelved is a lot that goods can be taken out of.
type Shelved struct {
	ID         int64
	Code       string // on its label
	BestBefore time.Time
	CostFen    int64
	Quantities
}

// Taken is a part of a line that comes out of one lot.
type Taken struct{ Lot, Measure, CostFen int64 }

// Take takes a measure out of lots: first out of the one with the scanned label, then out of the ones that expire first;
// out of lots past their date last, or with fresh not at all. uncovered is the measure that no lot has.
func Take(lots []Shelved, measure int64, scanned string, fresh bool, now time.Time) (parts []Taken, uncovered int64) {
	today := orders.Midnight(now)
	past := func(l Shelved) bool { return OnDay(l.BestBefore).Before(today) }
	other := func(l Shelved) bool { return scanned == "" || l.Code != scanned }
	order := slices.SortedFunc(slices.Values(lots), func(a, b Shelved) int {
		return cmp.Or(trueLast(other(a), other(b)), trueLast(past(a), past(b)), a.BestBefore.Compare(b.BestBefore), cmp.Compare(a.ID, b.ID))
	})
	uncovered = measure
	for _, l := range order {
		take := min(uncovered, l.Left())
		if take <= 0 || fresh && past(l) {
			continue
		}
		parts = append(parts, Taken{Lot: l.ID, Measure: take, CostFen: PartOf(l.CostFen, take, l.Received)})
		uncovered -= take
	}
	return parts, uncovered
}

func trueLast(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}
