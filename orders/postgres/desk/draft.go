package desk

import (
	"banmuyuan/catalog"
	"banmuyuan/orders"
)

// PricedLine is a checked line with its expected cost.
type PricedLine struct {
	LineRow
	Left  int64
	Whole int64  // quantity of the presale
	Asked string // the policy asked of the catalogue
}

// Draft is an order that was checked and not yet written.
type Draft struct {
	OrderRow
	Key   string
	Lines []PricedLine
	Split []catalog.Shares

	Limit  orders.UnpaidLimit
	Person string // see link.Actor

	EarlierHash func() ([]byte, error) // see BodyHash

	Subject, Event, Headers string
}

// Take fills the split of a reservation into the draft's lines.
func (d *Draft) Take(res catalog.Reservation) error {
	ordered := make([]int64, len(d.Lines))
	for i := range d.Lines {
		ordered[i] = d.Lines[i].Ordered
	}
	split, err := orders.Split(res, ordered)
	if err != nil {
		return err
	}
	d.ID, d.Split = res.OrderID, split
	for i := range split {
		d.Lines[i].Policy = split[i].Policy
	}
	return nil
}

// Asks returns the stock that the lines ask for.
func (d *Draft) Asks() []orders.UnpaidLine {
	lines := make([]orders.UnpaidLine, len(d.Lines))
	for i, l := range d.Lines {
		lines[i] = orders.UnpaidLine{PresaleID: l.PresaleID, Qty: l.Ordered, Capacity: l.Whole}
	}
	return lines
}
