package orders

import (
	"maps"
	"slices"

	"banmuyuan/payments"
)

// IncomeStage is how far an entry of the income ledger has come. From owed on it follows the payable.
type IncomeStage string

const (
	StageExpected IncomeStage = "expected"
	StageOwed     IncomeStage = "owed"
	StageReleased IncomeStage = "released" // owed, and nothing but the bank stands between
	StagePaid     IncomeStage = "paid"
)

// StageOf returns the stage of a payable's income, or "" for a reversed one: nothing is owed.
func StageOf(s payments.PayableState) IncomeStage {
	switch s {
	case payments.PayablePending:
		return StageOwed
	case payments.PayableReleased, payments.PayableBatched:
		return StageReleased
	case payments.PayablePaid:
		return StagePaid
	}
	return ""
}

// Sum is an amount of one entry as a sum. Released income is owed.
func (s IncomeStage) Sum(fen int64) IncomeSum {
	switch s {
	case StageExpected:
		return IncomeSum{ExpectedFen: fen}
	case StagePaid:
		return IncomeSum{PaidFen: fen}
	}
	return IncomeSum{OwedFen: fen}
}

// LatestChanges returns the change with the highest version of each payable, by source key; of equal versions the later
// one. In this order of keys two batches wait for each other in one direction only.
func LatestChanges(changes []payments.PayableChange) []payments.PayableChange {
	latest := make(map[string]payments.PayableChange, len(changes))
	for _, c := range changes {
		if c.Version >= latest[c.SourceKey].Version {
			latest[c.SourceKey] = c
		}
	}
	out := make([]payments.PayableChange, 0, len(latest))
	for _, key := range slices.Sorted(maps.Keys(latest)) {
		out = append(out, latest[key])
	}
	return out
}
