package orders

// ShareAccount tells how a share came to its amount: the goods that were handed over, their price and its parts, and the
// causes of the difference from the estimate of the day of the sale.
type ShareAccount struct {
	Units    int64 // accepted at the scales
	Rejected int64
	NetGrams int64
	Parts             // of all tickets that count
	Tickets  []Ticket // that count, oldest first
	Waiting  []Ticket // held for a second person
	Final    bool     // nothing is still to come, and all amounts are settled

	// Of a final share: the difference from the estimate, and its parts by cause. They add up to it.
	DifferenceFen int64
	UnitsFen      int64 // fewer units than were sold
	WeightFen     int64 // units heavier or lighter than estimated
	PriceFen      int64 // another grade, or an agreed adjustment
	PartsFen      int64 // fee and raiser's part of the difference, with the other sign
	Grams         int64 // net weight less the estimate for these units
}

// Account accounts for a share by its tickets.
func (s Share) Account(tickets []Ticket) (ShareAccount, error) {
	a := ShareAccount{Final: s.Received+s.Short >= s.Qty}
	measured, unit := int64(0), int64(1) // in the price's measure
	for _, k := range tickets {
		if k.OrderID != s.OrderID || k.Line != s.Line || k.LotID != s.LotID {
			continue
		}
		switch k.State {
		case TicketHeld:
			a.Waiting, a.Final = append(a.Waiting, k), false
			continue
		case TicketAccepted:
		default:
			continue
		}
		a.Tickets = append(a.Tickets, k)
		a.Final = a.Final && k.Settled
		a.Units, a.Rejected, a.NetGrams = a.Units+k.Units, a.Rejected+k.Rejected, a.NetGrams+k.NetGrams
		a.GrossFen, a.FeeFen, a.AgentFen = a.GrossFen+k.AmountFen, a.FeeFen+k.FeeFen, a.AgentFen+k.AgentFen
		if Weighed(k.PriceUnit) {
			measured, unit = measured+k.NetGrams, s.GramsPerUnit
		} else {
			measured += k.Units
		}
	}
	switch {
	case !a.Final:
		return a, nil
	case len(a.Tickets) == 0:
		a.DifferenceFen, a.UnitsFen = -s.SoldFen, -s.SoldFen
		return a, nil
	}
	sold, err := s.Price.Amount(s.Qty * unit)
	if err != nil {
		return a, err
	}
	delivered, err := s.Price.Amount(a.Units * unit)
	if err != nil {
		return a, err
	}
	weighed, err := s.Price.Amount(measured)
	if err != nil {
		return a, err
	}
	a.DifferenceFen = a.NetFen() - s.SoldFen
	a.UnitsFen, a.WeightFen, a.PriceFen = delivered-sold, weighed-delivered, a.GrossFen-weighed
	a.PartsFen = a.DifferenceFen - a.UnitsFen - a.WeightFen - a.PriceFen
	if unit > 1 {
		a.Grams = measured - a.Units*unit
	}
	return a, nil
}
