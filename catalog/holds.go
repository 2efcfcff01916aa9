package catalog

import (
	"fmt"
	"slices"
	"strconv"

	"banmuyuan/internal/link"
)

// Hold is a line's reservation with its shares as columns: Qty is reserved at first, Held is still reserved, Delivered
// was handed over. The store reads holds, applies the commands of orders to them and writes those that Changed.
type Hold struct {
	OrderID, PresaleID int64
	Line, Season       int
	Key                string
	State              HoldState
	Expired            bool // released because nobody confirmed it in time
	Lots, Qty          []int64
	Held, Delivered    []int64

	changed bool
}

// Changed reports whether a command changed the hold.
func (h *Hold) Changed() bool { return h.changed }

// LotChange is added to the figures of a lot.
type LotChange struct{ Reserved, Delivered, Capacity int64 }

// LotChanges collects by season and lot how commands change lots.
type LotChanges map[int]map[int64]LotChange

func (ch LotChanges) add(season int, lot int64, by LotChange) {
	if ch[season] == nil {
		ch[season] = map[int64]LotChange{}
	}
	sum := ch[season][lot]
	sum.Reserved += by.Reserved
	sum.Delivered += by.Delivered
	sum.Capacity += by.Capacity
	ch[season][lot] = sum
}

// ErrHoldExpired refuses to confirm an expired hold: the command becomes a dead letter, so that a person looks at the
// order.
func ErrHoldExpired(orderID int64) error {
	return link.E(link.Conflict, HoldMachine.Refused(HoldStepConfirm), "order_id", "order", strconv.FormatInt(orderID, 10))
}

// ConfirmHolds confirms the holds of one order. Conflict when all of them expired before.
func ConfirmHolds(holds []*Hold) error {
	late, good := false, false
	for _, h := range holds {
		if next, ok := HoldMachine.Next(h.State, HoldStepConfirm); ok {
			h.State, h.changed = next, true
		}
		late = late || (h.State == HoldReleased && h.Expired)
		good = good || h.State == HoldConfirmed
	}
	if late && !good {
		return ErrHoldExpired(holds[0].OrderID)
	}
	return nil
}

// Release gives the units that are still held back to their lots. It reports whether the step is possible: a second
// release changes nothing.
func (h *Hold) Release(step HoldStep, ch LotChanges) bool {
	next, ok := HoldMachine.Next(h.State, step)
	if !ok {
		return false
	}
	for i, n := range h.Held {
		if n != 0 {
			ch.add(h.Season, h.Lots[i], LotChange{Reserved: -n})
			h.Held[i] = 0
		}
	}
	h.State, h.Expired, h.changed = next, step == HoldStepExpire, true
	return true
}

// Check reports a command whose columns do not fit together.
func (d HoldDeliver) Check() error {
	if len(d.Delivered) != len(d.Lots) || len(d.Returned) != len(d.Lots) {
		return link.E(link.Invalid, "malformed", "lots")
	}
	return nil
}

// DeliverHolds settles shares of a line of an order. A refilled line has several holds, and a lot may have a share in
// more than one of them: the oldest is settled first and undone last, which is why holds are in order of age. Conflict
// when the shares do not hold that many units; the holds and ch are then changed in part, and the caller drops them.
func DeliverHolds(holds []*Hold, d HoldDeliver, ch LotChanges) error {
	var line []*Hold
	for _, h := range holds {
		if h.Line == d.Line {
			line = append(line, h)
		}
	}
	if len(line) == 0 {
		return nil // the order's Reserve has not been seen: orders never delivers an unreserved line
	}
	for i, lot := range d.Lots {
		rest := settle(line, lot, d.Delivered[i], delivered, ch)
		if rest == 0 {
			gone := returned
			if d.Lost {
				gone = lost
			}
			rest = settle(line, lot, d.Returned[i], gone, ch)
		}
		if rest != 0 {
			return link.E(link.Conflict, "hold.exceeded", "lots").Because(
				fmt.Errorf("order %d line %d: more is delivered or returned than lot %d's share holds", d.OrderID, d.Line, lot))
		}
	}
	return nil
}

// way is how units leave a hold.
type way int

const (
	delivered way = iota // to the buyer
	returned             // to the lot, for others
	lost                 // with the lot's capacity
)

// settle moves n units of a lot out of the holds, or back into them where n is negative. It returns the units that could
// not be moved.
func settle(holds []*Hold, lot, n int64, how way, ch LotChanges) int64 {
	if n < 0 {
		holds = slices.Clone(holds)
		slices.Reverse(holds)
	}
	for _, h := range holds {
		if HoldMachine.Final(h.State) {
			continue
		}
		for i, id := range h.Lots {
			if id != lot || n == 0 {
				continue
			}
			m := h.movable(i, n, how)
			if m == 0 {
				continue
			}
			n -= m
			h.Held[i] -= m
			h.changed = true
			switch how {
			case delivered:
				h.Delivered[i] += m
				ch.add(h.Season, lot, LotChange{Reserved: -m, Delivered: m})
			case returned:
				ch.add(h.Season, lot, LotChange{Reserved: -m})
			case lost:
				ch.add(h.Season, lot, LotChange{Reserved: -m, Capacity: -m})
			}
		}
	}
	return n
}

// movable is as much of n units as share i can give or, where n is negative, take back.
func (h *Hold) movable(i int, n int64, how way) int64 {
	switch {
	case n > 0:
		return min(n, h.Held[i])
	case how == delivered:
		return -min(-n, h.Delivered[i])
	default:
		return -min(-n, h.Qty[i]-h.Held[i]-h.Delivered[i])
	}
}
