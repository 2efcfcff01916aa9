package orders

import "banmuyuan/internal/money"

// Parts divide the price of goods: the cooperative keeps the fee, a raiser gets a part of the rest, and the household
// gets the remainder.
type Parts struct {
	GrossFen int64
	FeeFen   int64
	AgentFen int64 // the raiser's
}

// NetFen is the household's part.
func (p Parts) NetFen() int64 { return p.GrossFen - p.FeeFen - p.AgentFen }

// Divide divides an amount by the fee and the raiser's part, both in 1/10,000.
func Divide(grossFen, feeBP, agentBP int64) (Parts, error) {
	fee, err := money.BasisPoints(grossFen, feeBP)
	if err != nil {
		return Parts{}, err
	}
	agent, err := money.BasisPoints(grossFen-fee, agentBP)
	if err != nil {
		return Parts{}, err
	}
	return Parts{GrossFen: grossFen, FeeFen: fee, AgentFen: agent}, nil
}

// ExpectedParts divides the expected price of qty units.
func ExpectedParts(price money.Price, unitMeasure, qty, feeBP, agentBP int64) (Parts, error) {
	gross, _, err := Estimate(price, unitMeasure, qty, 0)
	if err != nil {
		return Parts{}, err
	}
	return Divide(gross, feeBP, agentBP)
}
