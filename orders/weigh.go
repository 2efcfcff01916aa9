package orders

import (
	"cmp"
	"slices"
	"strconv"

	"banmuyuan/internal/link"
	"banmuyuan/internal/money"
)

// Bounds of one weighing: what a lorry scale can show.
const (
	maxGrossGrams = 120_000_000
	maxUnits      = 10_000_000
)

// CheckWeighing notes in problems what cannot be right about a weighing, whatever was ordered: room is how many units
// may still come from the household, weighed whether the goods go over a scale.
func CheckWeighing(problems *link.Problems, r WeighRequest, weighed bool, room int64) {
	if r.Units < 0 || r.Units > maxUnits {
		problems.Add("weigh.units.range", "units")
	} else if r.Units > room {
		problems.Add("weigh.units.above_share", "units", "room", strconv.FormatInt(room, 10))
	}
	if r.Rejected < 0 || r.Rejected > maxUnits {
		problems.Add("weigh.units.range", "rejected")
	}
	if r.Rejected > 0 && r.Reason == "" {
		problems.Add("weigh.reason.missing", "reason")
	}
	if r.Units == 0 && r.Rejected == 0 && !r.Final {
		problems.Add("weigh.units.nothing", "units")
	}
	switch {
	case !weighed:
		if r.GrossGrams != 0 {
			problems.Add("weigh.weight.counted", "gross_grams")
		}
		if r.TareGrams != 0 {
			problems.Add("weigh.weight.counted", "tare_grams")
		}
	case r.GrossGrams < 0 || r.GrossGrams > maxGrossGrams:
		problems.Add("weigh.weight.range", "gross_grams")
	case r.TareGrams < 0 || r.TareGrams > r.GrossGrams:
		problems.Add("weigh.tare.above_gross", "tare_grams")
	case r.Units > 0 && r.GrossGrams == r.TareGrams:
		problems.Add("weigh.weight.nothing", "gross_grams")
	case r.Units == 0 && r.GrossGrams > r.TareGrams:
		problems.Add("weigh.units.missing", "units")
	}
}

// FarFromEstimate tells whether a weight per unit differs from what is usual by more than toleranceBP.
func FarFromEstimate(netGrams, units, gramsPerUnit, toleranceBP int64) bool {
	if units <= 0 || gramsPerUnit <= 0 {
		return false
	}
	usual := units * gramsPerUnit
	off := netGrams - usual
	if off < 0 {
		off = -off
	}
	allowed, err := money.BasisPoints(usual, toleranceBP)
	return err != nil || off > allowed
}

// Weighing is one accepted ticket of a delivery, as far as its money is concerned.
type Weighing struct {
	TicketID  int64
	Household int64
	Grade     string
	Price     money.Price
	Measure   int64 // grams, or units where goods are counted

	Agent   int64 // organisation that raised it on the household's behalf, 0: nobody
	AgentBP int64 // and its part of what is left after the fee

	AmountFen int64 // out
	FeeFen    int64 // out
	AgentFen  int64 // out
}

// Settle sets what a delivery's tickets are worth and returns the delivery's amount and fee. Each grade is priced once
// over all it weighed at one price (a contract's prices change from day to day), rounded half up; the amount is then split by weight and the fee by amount, by largest
// remainder with ties to the lowest household. Nobody's fee exceeds what it is kept back from. What is left of the goods of
// one raiser is divided once between him and the households, and his part split in the same way.
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
