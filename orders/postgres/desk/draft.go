package desk

import (
	"fmt"

	"banmuyuan/catalog"
)

// PricedLine is a line that was checked, with what it is expected to cost.
type PricedLine struct {
	LineRow
	Left  int64
	Asked string // the policy asked of the catalogue
}

// Draft is an order that was checked and not yet written.
type Draft struct {
	OrderRow
	Key   string
	Lines []PricedLine
	Split []catalog.Shares

	EarlierHash func() ([]byte, error) // see BodyHash

	Subject, Event, Headers string
}

// Take fills the split of a reservation into the draft's lines.
func (d *Draft) Take(res catalog.Reservation) error {
	d.ID = res.OrderID
	d.Split = make([]catalog.Shares, len(d.Lines))
	for _, s := range res.Lines {
		if s.Line < 1 || s.Line > len(d.Lines) {
			return fmt.Errorf("reservation of order %d has a line %d", d.ID, s.Line)
		}
		n := len(s.Lots)
		if n == 0 || len(s.Households) != n || len(s.Villages) != n || len(s.Qty) != n || len(s.LevelFen) != n {
			return fmt.Errorf("reservation of order %d has columns of different length", d.ID)
		}
		d.Split[s.Line-1] = s
		d.Lines[s.Line-1].Policy = s.Policy
	}
	for i, s := range d.Split {
		var sum int64
		for _, q := range s.Qty {
			sum += q
		}
		if sum != d.Lines[i].Ordered {
			return fmt.Errorf("reservation of order %d line %d has %d of %d units", d.ID, i+1, sum, d.Lines[i].Ordered)
		}
	}
	return nil
}
