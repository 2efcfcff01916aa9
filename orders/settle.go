package orders

import (
	"cmp"
	"slices"

	"banmuyuan/internal/money"
)

// Weighing is one accepted ticket of a delivery, with its money.
type Weighing struct {
	TicketID  int64
	Household int64
	Grade     string
	Price     money.Price
	Measure   int64 // grams, or units where goods are counted

	Agent   int64 // organisation that raised it on the household's behalf, 0: nobody
	AgentBP int64 // and its part of the sum after the fee

	AmountFen int64 // out
	FeeFen    int64 // out
	AgentFen  int64 // out
}

// Settle divides the price of a delivery among its tickets and returns the delivery's amount and fee. Each grade is priced
// once for each price (a contract's prices change from day to day), rounded half up; the amount is then split by weight and
// the fee by amount, by largest remainder with ties to the lowest household. No fee exceeds its amount. The rest of one
// raiser's goods is divided once between raiser and households, and the raiser's part is split in the same way.
func Settle(ws []Weighing, feeBP int64) (amount, fee int64, err error) {
	slices.SortFunc(ws, func(a, b Weighing) int {
		return cmp.Or(cmp.Compare(a.Grade, b.Grade), cmp.Compare(a.Price.Fen, b.Price.Fen), cmp.Compare(a.Household, b.Household), cmp.Compare(a.TicketID, b.TicketID))
	})
	for from := 0; from < len(ws); {
		to := from + 1
		for to < len(ws) && ws[to].Grade == ws[from].Grade && ws[to].Price == ws[from].Price {
			to++
		}
		a, f, err := settleGrade(ws[from:to], feeBP)
		if err != nil {
			return 0, 0, err
		}
		amount, fee = amount+a, fee+f
		from = to
	}
	return amount, fee, settleRaised(ws)
}

// settleRaised sets the raisers' parts.
func settleRaised(ws []Weighing) error {
	type terms struct{ agent, bp int64 }
	of := map[terms][]int{}
	for i, w := range ws {
		if w.Agent != 0 {
			t := terms{w.Agent, w.AgentBP}
			of[t] = append(of[t], i)
		}
	}
	for t, at := range of {
		left, ids := make([]int64, len(at)), make([]int64, len(at))
		var total int64
		for n, i := range at {
			left[n], ids[n] = ws[i].AmountFen-ws[i].FeeFen, ws[i].Household
			total += left[n]
		}
		part, err := money.BasisPoints(total, t.bp)
		if err != nil {
			return err
		}
		for n, fen := range money.Split(part, left, ids) {
			ws[at[n]].AgentFen = fen
		}
	}
	return nil
}

func settleGrade(ws []Weighing, feeBP int64) (amount, fee int64, err error) {
	measures, ids := make([]int64, len(ws)), make([]int64, len(ws))
	var total int64
	for i, w := range ws {
		measures[i], ids[i] = w.Measure, w.Household
		total += w.Measure
	}
	if amount, err = ws[0].Price.Amount(total); err != nil {
		return 0, 0, err
	}
	if fee, err = money.BasisPoints(amount, feeBP); err != nil {
		return 0, 0, err
	}
	amounts := money.Split(amount, measures, ids)
	fees := money.Split(fee, amounts, ids)
	for i := range ws {
		ws[i].AmountFen, ws[i].FeeFen = amounts[i], fees[i]
	}
	return amount, fee, nil
}

// RaisedFen is the raisers' part of all tickets.
func RaisedFen(ws []Weighing) int64 {
	var sum int64
	for _, w := range ws {
		sum += w.AgentFen
	}
	return sum
}
