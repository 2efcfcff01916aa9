package shelf

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"banmuyuan/internal/link"
	"banmuyuan/orders"
)

// Check cleans a return and returns its problems. A void takes all lines, so that it names none.
func (r *ReturnRequest) Check(now time.Time) link.Problems {
	r.ClientID, r.SaleClientID = strings.ToLower(r.ClientID), strings.ToLower(r.SaleClientID)
	var problems link.Problems
	if !orders.UUIDPattern.MatchString(r.ClientID) {
		problems.Add("weigh.client_id", "client_id")
	}
	reasons := ReturnReasons
	switch r.Kind {
	case ReturnVoid:
		reasons = VoidReasons
		r.Lines = nil
	case ReturnGoods:
		if len(r.Lines) == 0 || len(r.Lines) > linesMax {
			problems.Add("return.lines", "lines")
		}
	default:
		problems.Add("return.kind", "kind")
	}
	if !slices.Contains(reasons, r.Reason) {
		problems.Add("shelf.reason", "reason")
	}
	var ok bool
	if r.Note, ok = orders.Clean(r.Note, 0, orders.ReasonMax); !ok {
		problems.Add("shelf.note", "note", "max", fmt.Sprint(orders.ReasonMax))
	}
	checkClock(r.ReturnedAt, now, "returned_at", &problems)
	seen := map[int]bool{}
	for i, l := range r.Lines {
		if !validMeasure(l.Measure) {
			problems.Add("shelf.measure", fmt.Sprintf("lines[%d].measure", i))
		}
		if seen[l.No] {
			problems.Add("return.line", fmt.Sprintf("lines[%d].no", i))
		}
		seen[l.No] = true
	}
	return problems
}

// Sold is a sale with goods that may come back.
type Sold struct {
	State       SaleState
	Channel     SaleChannel
	AccountID   int64 // of the cashier or the buyer
	SoldAt      time.Time
	TotalFen    int64
	ReturnedFen int64
}

// over reports why nothing of the sale may come back.
func (s Sold) over() error {
	if s.State != SaleDone {
		return link.E(link.Conflict, "return.not_sold", "")
	}
	if s.ReturnedFen == s.TotalFen {
		return link.E(link.Conflict, "return.done", "")
	}
	return nil
}

// CheckReturn lets goods of the sale come back at that time: some of them within ReturnDays; all of them by a void, on the
// day of the sale, at the till, by the cashier. A void is for the latest sale of a cashier, which only the store knows.
func (s Sold) CheckReturn(kind ReturnKind, at time.Time, account int64) error {
	if err := s.over(); err != nil {
		return err
	}
	if kind == ReturnGoods {
		if at.After(s.returnUntil()) {
			return link.E(link.Conflict, "return.too_late", "", "days", fmt.Sprint(ReturnDays))
		}
		return nil
	}
	if s.ReturnedFen > 0 {
		return link.E(link.Conflict, "return.not_whole", "")
	}
	if s.Channel != SaleTill || s.AccountID != account || !orders.DayOf(s.SoldAt).Equal(orders.DayOf(at)) {
		return ErrNotLatest()
	}
	return nil
}

// ErrNotLatest refuses to void a sale that is not the cashier's latest of the day.
func ErrNotLatest() error { return link.E(link.Conflict, "return.not_last", "") }

func (s Sold) returnUntil() time.Time { return s.SoldAt.AddDate(0, 0, ReturnDays) }

// CanReturn reports whether a cashier may be offered to void the sale, or to take goods of it back.
func (s Sold) CanReturn(now time.Time, account int64) (void, goods bool) {
	return s.CheckReturn(ReturnVoid, now, account) == nil, s.CheckReturn(ReturnGoods, now, account) == nil
}

// SoldLine is a line of a sale with goods that may come back.
type SoldLine struct {
	No          int
	Measure     int64
	AmountFen   int64
	Returned    int64
	ReturnedFen int64
}

// Whole is the return of all lines, on the shelf again: a void.
func Whole(sold []SoldLine) []ReturnLine {
	var back []ReturnLine
	for _, l := range sold {
		back = append(back, ReturnLine{No: l.No, Measure: l.Measure, ToShelf: true})
	}
	return back
}

// ReturnAmounts is the money that goes back for each line, and in all: the value of everything that came back of the line so
// far, less the money that went back for it before, so that parts add up to the amount that was paid. Invalid for a line
// that was not sold, Conflict when more comes back than was sold.
func ReturnAmounts(sold []SoldLine, back []ReturnLine) (amounts []int64, total int64, err error) {
	amounts = make([]int64, len(back))
	for i, b := range back {
		at := slices.IndexFunc(sold, func(l SoldLine) bool { return l.No == b.No })
		if at < 0 {
			return nil, 0, link.E(link.Invalid, "return.line", fmt.Sprintf("lines[%d].no", i))
		}
		l := sold[at]
		if b.Measure > l.Measure-l.Returned {
			return nil, 0, link.E(link.Conflict, "return.not_so_much", fmt.Sprintf("lines[%d].measure", i))
		}
		amounts[i] = PartOf(l.AmountFen, l.Returned+b.Measure, l.Measure) - l.ReturnedFen
		total += amounts[i]
	}
	if total <= 0 {
		return nil, 0, link.E(link.Invalid, "shelf.amount", "lines")
	}
	return amounts, total, nil
}

// SoldLot is the part of a line that came out of a lot.
type SoldLot struct {
	No         int
	Lot        int64
	Measure    int64
	CostFen    int64
	Returned   int64
	BestBefore time.Time
}

// Put is a returned line as it goes back into lots.
type Put struct {
	Parts     []Taken
	Uncovered int64 // was sold beyond the books: there is no lot to put it into, a count finds it
}

// PutBack divides returned lines over the lots that they came out of, in the order of lots. Conflict when goods past their
// date would go back on the shelf.
func PutBack(lots []SoldLot, back []ReturnLine, kind ReturnKind, now time.Time) ([]Put, error) {
	lots = slices.Clone(lots)
	puts := make([]Put, len(back))
	for i, b := range back {
		left := b.Measure
		for at := range lots {
			l := &lots[at]
			take := min(left, l.Measure-l.Returned)
			if l.No != b.No || take <= 0 {
				continue
			}
			if b.ToShelf && kind == ReturnGoods && OnDay(l.BestBefore).Before(orders.Midnight(now)) {
				return nil, link.E(link.Conflict, "return.past_date", fmt.Sprintf("lines[%d].to_shelf", i))
			}
			puts[i].Parts = append(puts[i].Parts, Taken{Lot: l.Lot, Measure: take,
				CostFen: PartOf(l.CostFen, l.Returned+take, l.Measure) - PartOf(l.CostFen, l.Returned, l.Measure)})
			l.Returned += take
			left -= take
		}
		puts[i].Uncovered = left
	}
	return puts, nil
}
