package contract

import "banmuyuan/orders"

// WorkOff is how much of an advance is deducted from the income of a delivery: no more than it is owed, and no more than is
// left of the advance.
func WorkOff(left, amountFen, feeFen int64) int64 { return max(min(left, amountFen-feeFen), 0) }

// Deduct takes the rest of a household's advance off its tickets, one after the other. It lowers their amounts, and returns
// the part of each ticket and their sum.
func Deduct(ws []orders.Weighing, household, left int64) (parts []int64, total int64) {
	parts = make([]int64, len(ws))
	for i := range ws {
		w := &ws[i]
		if w.Household != household {
			continue
		}
		parts[i] = WorkOff(left-total, w.AmountFen, w.FeeFen+w.AgentFen)
		w.AmountFen -= parts[i]
		total += parts[i]
	}
	return parts, total
}

// AdvanceDue is the buyer's expected payment when only the worked-off part of advances stays billed.
func AdvanceDue(due, worked int64) int64 { return min(due, worked) }
