package ledger

import "strconv"

// Kinds of account of distributions.
const (
	KindPool    = "pool"
	KindReserve = "reserve_fund"
)

// Pool is money that a distribution has to give and has not given yet.
func Pool(id int64) Account {
	return strict(KindPool, Liability, "distribution", strconv.FormatInt(id, 10))
}

// Reserve is money that a cooperative (org 0: the villages) keeps back of distributions.
func Reserve(org int64) Account {
	return strict(KindReserve, Liability, "org", strconv.FormatInt(org, 10))
}
