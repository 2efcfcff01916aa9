package adopt

import (
	"slices"
	"time"
)

// Stake is a person's part in an adoption.
type Stake int

const (
	StakeNone Stake = iota
	StakeHousehold
	StakeSeller // the cooperative that packs and brings the boxes
	StakeCounty
	StakeAdopter
)

// Person is the actor that asks for an adoption.
type Person struct {
	County    bool
	Buyer     int64 // account of a private buyer, or 0
	Household int64 // the person's own, or the one helped
	Org       int64 // the cooperative the person works for
}

// Parties are the people of an adoption.
type Parties struct {
	Account     int64
	SellerOrg   int64
	HouseholdID int64
	Reserved    bool // the deposit is paid
}

// StakeOf returns a person's part in an adoption with these boxes. A household has a part as soon as one box comes from
// it, the cooperative once the deposit is paid.
func StakeOf(p Person, of Parties, boxes []Part) Stake {
	fills := func(b Part) bool { return b.HouseholdID == p.Household }
	switch {
	case p.County:
		return StakeCounty
	case p.Buyer != 0 && p.Buyer == of.Account:
		return StakeAdopter
	case p.Household != 0 && (p.Household == of.HouseholdID || slices.ContainsFunc(boxes, fills)):
		return StakeHousehold
	case p.Org != 0 && p.Org == of.SellerOrg && of.Reserved:
		return StakeSeller
	}
	return StakeNone
}

// ReadsUpdates reports whether the adopter of an adoption in that state may read the texts of the household.
func (s State) ReadsUpdates() bool { return s == Reserved || s == Growing || s == Completed }

// Sees reports whether a box is shown: a household that only helps out sees its own boxes.
func (s Stake) Sees(adopted, household int64, b Part) bool {
	return s != StakeHousehold || household == adopted || household == b.HouseholdID
}

// Allow fills in the actions that somebody may take with a box of an adoption in that state, and the figures that are
// not for the adopter.
func (x *Box) Allow(s Stake, household int64, adoption State, b Part, now time.Time) {
	switch s {
	case StakeAdopter:
		x.CanDispute = b.State.Can(BoxDispute)
	case StakeHousehold:
		mine := b.HouseholdID == household
		x.NetFen, x.HouseholdID = b.AmountFen-b.FeeFen, b.HouseholdID
		x.CanFail = mine && adoption.Can(StepComplete) && b.State.Can(BoxSeek)
		x.CanDeliver = mine && adoption == Growing && b.State.Can(BoxDeliver) && !TooEarly(b.DueOn, now)
	case StakeCounty:
		x.NetFen, x.HouseholdID, x.CanDecide = b.AmountFen-b.FeeFen, b.HouseholdID, b.State.Can(BoxReject)
	}
}

// CanCancel reports whether the adopter may cancel at now, and returns the cost.
func (a Account) CanCancel(boxes []Part, now time.Time) (can bool, cost int64) {
	if !a.State.Can(StepCancel) || Begun(boxes) {
		return false, 0
	}
	cost, err := a.CancelCost(now)
	if err != nil {
		return true, 0
	}
	return true, cost
}
