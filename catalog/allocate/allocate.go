// Package allocate decides which households an order's units come from. It is pure: no I/O, no clock, no randomness; the
// same state and request always give the same shares.
//
// Invariants:
//   - the shares of an order add up to the quantity asked for, or there is an error and nothing has changed;
//   - no lot gives more units than it has free;
//   - releasing taken shares restores exactly the state before;
//   - levels are compared as exact fractions of fen per person, never as floats;
//   - the result depends neither on the order in which households and lots were loaded nor on how the work was done:
//     the heap of small orders and the water-filling of huge ones give the same shares.
//
// # Fair
//
// A household's level is its income of the season per person, over all presales and channels, before the share. In an order of
// fair/2 the household with the lowest level that still has free units sells first: a whole collection minimum (the step)
// when it sells its first of the order, then one unit each time, or all it has if that is less, or what the order still
// needs if that is less. Before that, yards that have less than a step to collect, of whatever order, are filled up to it.
// Equal levels go to the household to which a unit is worth most, then to the one that got least the season before, then by
// an order of villages that the presale's code makes, then by id.
//
// Proved, and tested against every division (docs/allocation.md has the proofs):
//   - The lowest level is never lower than in any division in which each yard gives its minimum.
//   - A household that ends below the level at which the last unit started has sold all it had.
//   - At a step of 1, where a unit is worth the same per person to all, the sorted vector of levels is lexicographically
//     maximal among all divisions. It is then also majorised by every other division, so that no division has a smaller Gini.
//   - Else the vector is the greatest but for choices between households at one level, which are a knapsack; the policy does
//     not chase it, because "the lowest goes first" is a rule that a household can check.
//
// # Near
//
// near/2 takes the fewest villages that can fill the order; among the sets of that size, the one that comes first when
// villages are ranked by the household that would sell first in them; within them it is fair/2.
//
// # Direct and contract
//
// direct/1 takes all units from the named household. contract/1 divides in proportion to the rest of the signed
// quotas, by largest remainder, ties by household id, never over a quota nor over the lot's free units; the part that a full lot
// cannot take is divided among the others in the same proportion.
package allocate

import (
	"errors"
	"fmt"
	"strings"
)

// Bounds of a pool, far above any county: they keep every product below 63 bits.
const (
	MaxPersons = 1 << 10 // persons of one household
	MaxUnits   = 1 << 40 // units of one lot or one order
	MaxFen     = 1 << 46 // a household's expected income together with the value of all its free units
)

var (
	// ErrRange says that a number is zero, negative or beyond the bounds where it must not be.
	ErrRange = errors.New("allocate: number out of range")
	// ErrUnknown says that a lot, household or policy is named that the pool does not know.
	ErrUnknown = errors.New("allocate: unknown lot, household or policy")
	// ErrTwoLots says that a household would have a second lot in one presale, or a second quota in one contract.
	ErrTwoLots = errors.New("allocate: a second lot or quota of one household")
)

// SoldOutError says that fewer units are left than an order asks for, under its policy and without the excluded households.
type SoldOutError struct{ Qty, Left int64 }

func (e *SoldOutError) Error() string {
	return fmt.Sprintf("allocate: %d units asked for, %d left", e.Qty, e.Left)
}

// Policy says how an order is divided.
type Policy string

// The policies.
const (
	PolicyFair     Policy = "fair"
	PolicyNear     Policy = "near"
	PolicyDirect   Policy = "direct"
	PolicyContract Policy = "contract"
)

// Versions are stored with every hold. A change of a policy that can change a share is a new version, so that an old
// division can still be explained.
const (
	FairVersion     = "fair/2"
	NearVersion     = "near/2"
	DirectVersion   = "direct/1"
	ContractVersion = "contract/1"

	FairLeastVersion = "fair/3" // of presales with a least part for households: see Pool.SetLeast
	NearLeastVersion = "near/3"
)

// Version is the policy with its current version, or "" for an unknown policy.
func (p Policy) Version() string {
	switch p {
	case PolicyFair:
		return FairVersion
	case PolicyNear:
		return NearVersion
	case PolicyDirect:
		return DirectVersion
	case PolicyContract:
		return ContractVersion
	}
	return ""
}

// ParsePolicy reads a policy with or without a version: "fair", "fair/1". It returns ErrUnknown.
func ParsePolicy(s string) (Policy, error) {
	name, _, _ := strings.Cut(s, "/")
	if p := Policy(name); p.Version() != "" {
		return p, nil
	}
	return "", fmt.Errorf("parse policy %q: %w", s, ErrUnknown)
}

// Household is a household as policies see it: nothing that names it.
type Household struct {
	ID          int64
	Village     int64
	Persons     int32 // 1 to MaxPersons
	ExpectedFen int64 // income of the season over all presales and channels: expected, owed and paid
	LastFen     int64 // what last season's fair presales brought; counts at equal levels only
}

// Lot is one household's supply in one presale. A household has at most one in each.
type Lot struct {
	ID        int64
	Presale   int64
	Household int64
	Free      int64 // units that are neither reserved nor delivered
	Sold      int64 // units that are
	Open      int64 // of the sold units those that are not collected yet
	Told      int64 // of the open units those whose income the household's figure holds already; for UntoldFen only
	UnitFen   int64 // expected income of the household from one unit
}

// Quota is the rest of a household's signed quantity under a contract that has not been called off yet.
type Quota struct {
	Household int64
	Left      int64
}

// Request asks for units of one presale.
type Request struct {
	Presale int64
	Policy  Policy
	Qty     int64
	Step    int64 // collection minimum; 0 counts as 1. Direct and contract do not use it.

	Household int64   // source of direct
	Quotas    []Quota // weights of contract
	Exclude   []int64 // households that get nothing, because they cannot deliver
}

// Share is one household's part of an order: at most one share per lot.
type Share struct {
	Lot       int64  `json:"lot"`
	Household int64  `json:"household"`
	Village   int64  `json:"village"`
	Qty       int64  `json:"qty"`
	ValueFen  int64  `json:"value_fen"` // by how much the share raised the household's expected income
	Reason    Reason `json:"reason"`
}

// Fair divides qty units over the lots, which must be of one presale, by fair/2. It costs O(n + k log n) for k sales, and
// O(n log n + n log(range of levels)) where the order is many units per lot. It returns *SoldOutError, ErrRange,
// ErrUnknown or ErrTwoLots.
func Fair(households []Household, lots []Lot, qty, step int64) ([]Share, error) {
	return once(households, lots, Request{Policy: PolicyFair, Qty: qty, Step: step})
}

// Near divides qty units over the lots, which must be of one presale, by near/2: O(v²) for v villages on top of Fair. It
// returns the errors of Fair.
func Near(households []Household, lots []Lot, qty, step int64) ([]Share, error) {
	return once(households, lots, Request{Policy: PolicyNear, Qty: qty, Step: step})
}

// Direct takes qty units from the named household's lot among lots, which must be of one presale. It returns the errors of Fair.
func Direct(households []Household, lots []Lot, household, qty int64) ([]Share, error) {
	return once(households, lots, Request{Policy: PolicyDirect, Qty: qty, Household: household})
}

// Contract divides qty units over the quotas of households with lots, which must be of one presale, by contract/1:
// O(n log n). It returns the errors of Fair.
func Contract(households []Household, lots []Lot, quotas []Quota, qty int64) ([]Share, error) {
	return once(households, lots, Request{Policy: PolicyContract, Qty: qty, Quotas: quotas})
}

func once(households []Household, lots []Lot, r Request) ([]Share, error) {
	pool := NewPool()
	for _, h := range households {
		if err := pool.SetHousehold(h); err != nil {
			return nil, err
		}
	}
	for _, l := range lots {
		l.Presale = r.Presale
		if err := pool.SetLot(l); err != nil {
			return nil, err
		}
	}
	return pool.Take(r)
}
