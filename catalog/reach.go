package catalog

import (
	"strconv"

	"banmuyuan/internal/link"
)

// PresaleReach is the supply behind a presale: its lots, and before it opens the lots that opening makes.
type PresaleReach struct {
	PresaleID  int64           `json:"presale_id"`
	Season     int             `json:"season"`
	Registered int64           `json:"registered"` // households that produce the product
	Households int64           `json:"households"` // with units in the presale
	Units      int64           `json:"units"`
	New        int64           `json:"new"`      // of the households: with a lot that opening it makes
	Raised     int64           `json:"raised"`   // of the units: raised for their household by somebody else
	Sellable   int64           `json:"sellable"` // of the units: sellable under the least part for households
	Money      MoneyParts      `json:"money"`    // of all units
	ByTownship []TownshipReach `json:"by_township"`
	// Reason is the key of the sentence why it reaches nobody; empty where it reaches somebody.
	Reason string `json:"reason,omitempty"`
}

// TownshipReach is the part of one township.
type TownshipReach struct {
	TownshipID int64  `json:"township_id"`
	Township   string `json:"township"`
	Households int64  `json:"households"`
	Units      int64  `json:"units"`
}

// Yields reports whether any household can have the product: its yield is known, or households register it.
func (p Product) Yields() bool { return p.YieldOf == YieldRegistered || p.Yield > 0 }

// WhyNone returns the key of the reason why a presale of the product has no supply: the yield is unknown, nobody is
// registered for it, or everything is promised elsewhere.
func (p Product) WhyNone(registered int64) string {
	switch {
	case !p.Yields():
		return "presale.reach.no_yield"
	case registered == 0:
		return "presale.reach.no_household"
	}
	return "presale.reach.promised"
}

// CheckOpening refuses to open a presale that reaches nobody, with the reason. Conflict.
func (r PresaleReach) CheckOpening(p Product) error {
	if r.Units > 0 && r.Reason == "" {
		return nil
	}
	return link.E(link.Conflict, r.Reason, "state", "product", p.Name.Zh)
}

// Bound says what of the units the presale's least part for households lets be sold: lots are all that it has or is to get.
func (r *PresaleReach) Bound(p PublicPresale, lots []LotUnitsByPart) {
	money := p.Money(lots)
	r.Raised, r.Money, r.Sellable = money.All.RaisedUnits, money.All, money.Sellable+money.Sold.Units
	if r.Units > 0 && r.Sellable == 0 {
		r.Reason = "presale.reach.least"
	}
}

func yearText(year int) string { return strconv.Itoa(year) }
