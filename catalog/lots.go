package catalog

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"

	"banmuyuan/catalog/allocate"
	"banmuyuan/internal/link"
	"banmuyuan/internal/money"
)

// Check reports a capacity that nobody can have.
func (r OfferRequest) Check() error {
	if r.Capacity < 0 || r.Capacity > MostUnits {
		return link.E(link.Invalid, "household.offer.capacity", "capacity")
	}
	return nil
}

// CheckOffer refuses to make the capacity of a lot less than is sold of it. Conflict.
func (l Lot) CheckOffer(capacity int64) error {
	if sold := l.Reserved + l.Delivered; capacity < sold {
		return link.E(link.Conflict, "household.offer.below_sold", "capacity", "sold", strconv.FormatInt(sold, 10))
	}
	return nil
}

// NewLot returns the lot that a household gets when a presale of the product opens: its supply less the units that its
// other lots of the product promise this season. It reports false where nothing is left.
func (p Product) NewLot(h Household, promised int64) (Lot, bool) {
	l := Lot{HouseholdID: h.ID, Capacity: p.Supply(h) - promised}
	l.AgentOrg, l.AgentBP = p.Raised(h)
	return l, l.Capacity > 0
}

// Plausible reports whether a household may offer capacity units without a review. registered is its supply, sold its
// sales of the product in other presales, had its capacity so far, which may always stay. It returns money.ErrOverflow.
func Plausible(registered, sold, had, capacity int64) (bool, error) {
	if registered <= 0 || capacity <= had {
		return true, nil
	}
	likely, err := money.BasisPoints(registered, PlausibleBP)
	if err != nil {
		return false, err
	}
	return capacity+sold <= likely, nil
}

// SupplyLot is a lot of one product that a household has this season, of a presale or of a contract.
type SupplyLot struct {
	ID         int64
	ContractID int64
	PresaleID  int64
	Capacity   int64
	Sold       int64
	AgentOrg   int64
	AgentBP    int64
}

// Promised returns the units of a lot that others count on: the sold ones, and all of a contract's lot.
func (l SupplyLot) Promised() int64 {
	if l.ContractID != 0 {
		return l.Capacity
	}
	return l.Sold
}

// SpareUnits returns the units that a household can still promise: its supply, or its offers if they are more, less all
// promises.
func SpareUnits(supply int64, lots []SupplyLot) int64 {
	var offered, promised int64
	for _, l := range lots {
		offered += l.Capacity
		promised += l.Promised()
	}
	return max(max(supply, offered)-promised, 0)
}

// IdleUnits returns the units of a household's supply that it offers nowhere.
func IdleUnits(supply int64, lots []SupplyLot) int64 {
	for _, l := range lots {
		supply -= l.Capacity
	}
	return max(supply, 0)
}

// QuotaChange is the plan for a household's quota of a contract.
type QuotaChange struct {
	Lot      SupplyLot // of the contract so far; without ID where there is none
	Capacity int64     // from now on
	More     int64     // units that the quota gains, negative where it loses them
	Moved    int64     // units of More that come from the household's other lots
}

// PlanQuota plans a quota of qty units under the presale of a contract; qty 0 ends it and leaves the units called off.
// Conflict when qty is less than is called off, SoldOut when the household has less.
func PlanQuota(supply int64, lots []SupplyLot, presale, qty int64) (QuotaChange, error) {
	var c QuotaChange
	if i := slices.IndexFunc(lots, func(l SupplyLot) bool { return l.PresaleID == presale }); i >= 0 {
		c.Lot = lots[i]
	}
	if qty == 0 {
		qty = c.Lot.Sold
	}
	if qty < c.Lot.Sold {
		return c, link.E(link.Conflict, "quota.called_off", "qty", "sold", strconv.FormatInt(c.Lot.Sold, 10))
	}
	c.Capacity, c.More = qty, qty-c.Lot.Capacity
	if c.More > 0 {
		if spare := SpareUnits(supply, lots); c.More > spare {
			return c, link.E(link.SoldOut, "quota.supply", "qty", "left", strconv.FormatInt(c.Lot.Capacity+spare, 10))
		}
		c.Moved = max(c.More-IdleUnits(supply, lots), 0)
	}
	return c, nil
}

// LotUnits is a number of units of a lot.
type LotUnits struct{ Lot, Units int64 }

// TakeUnits returns from which lots of presales units come that a quota needs: the largest unsold rest first.
func TakeUnits(lots []SupplyLot, units int64) (parts []LotUnits) {
	open := slices.DeleteFunc(slices.Clone(lots), func(l SupplyLot) bool { return l.ContractID != 0 || l.Capacity <= l.Sold })
	slices.SortFunc(open, func(a, b SupplyLot) int {
		return cmp.Or(cmp.Compare(b.Capacity-b.Sold, a.Capacity-a.Sold), cmp.Compare(a.ID, b.ID))
	})
	rest := make([]LotUnits, len(open))
	for i, l := range open {
		rest[i] = LotUnits{l.ID, l.Capacity - l.Sold}
	}
	return GiveUnits(rest, units)
}

// GiveUnits divides units over lots in their order, each up to its own number; units beyond all of them are left out.
func GiveUnits(lots []LotUnits, units int64) (parts []LotUnits) {
	for _, l := range lots {
		part := min(units, l.Units)
		if part <= 0 {
			break
		}
		parts = append(parts, LotUnits{l.Lot, part})
		units -= part
	}
	return parts
}

// Oversold is a product of which a household has promised more than is registered.
type Oversold struct {
	Before, Registered int64 // supply before and after the register changed
	Sold               int64 // sold, or signed for under contracts
	Free               int64 // offered and not sold
}

// CheckOversold compares the promises of a household with its register, which became smaller.
func CheckOversold(p Product, before, after Household, lots []SupplyLot) (Oversold, bool) {
	o := Oversold{Before: p.Supply(before), Registered: p.Supply(after)}
	for _, l := range lots {
		o.Sold += l.Promised()
		if l.ContractID == 0 {
			o.Free += max(l.Capacity-l.Sold, 0)
		}
	}
	return o, o.Sold > o.Registered
}

// Args are the arguments of the sentence review.oversold.
func (o Oversold) Args(p Product) map[string]string {
	return map[string]string{"product": p.Name.Zh, "before": strconv.FormatInt(o.Before, 10),
		"registered": strconv.FormatInt(o.Registered, 10), "sold": strconv.FormatInt(o.Sold, 10), "free": strconv.FormatInt(o.Free, 10)}
}

// Candidate is a household that a quota may be proposed to.
type Candidate struct {
	Household allocate.Household
	Spare     int64 // units that it can still promise
	AgentBP   int64 // part of the price that a raiser keeps
}

// Check reports a quantity that cannot be proposed.
func (r ProposeRequest) Check() error {
	if r.Qty <= 0 || r.Qty > MostUnits {
		return link.E(link.Invalid, "order.quantity.not_positive", "qty")
	}
	return nil
}

// Propose divides a quantity over the candidates by the fair policy. No quota is smaller than Min or larger than Max.
func (r ProposeRequest) Propose(candidates []Candidate) (Proposal, error) {
	res := Proposal{Policy: allocate.PolicyFair.Version()}
	var households []allocate.Household
	var lots []allocate.Lot
	var room int64
	step := max(r.Min, 1)
	for _, c := range candidates {
		free := c.Spare
		if r.Max > 0 {
			free = min(free, r.Max)
		}
		if free < step || slices.Contains(r.Exclude, c.Household.ID) {
			continue
		}
		households = append(households, c.Household)
		lots = append(lots, allocate.Lot{ID: c.Household.ID, Presale: 1, Household: c.Household.ID, Free: free,
			UnitFen: LotUnitFen(r.UnitFen, c.AgentBP)})
		room += free
	}
	qty := min(r.Qty, room)
	if qty < step {
		return res, nil
	}
	shares, err := allocate.Fair(households, lots, qty, step)
	if err != nil {
		return res, fmt.Errorf("divide quotas: %w", err)
	}
	if shares, err = roundUp(households, lots, shares, step); err != nil {
		return res, fmt.Errorf("divide quotas: %w", err)
	}
	for _, s := range shares {
		res.Households, res.Villages = append(res.Households, s.Household), append(res.Villages, s.Village)
		res.Qty, res.LevelFen = append(res.Qty, s.Qty), append(res.LevelFen, s.Reason.LevelFen)
	}
	return res, nil
}

// roundUp moves the rest of an odd quantity, of which no quota could be made, to the other shares, the lowest level first. What
// they have no room for is left out.
func roundUp(households []allocate.Household, lots []allocate.Lot, shares []allocate.Share, step int64) ([]allocate.Share, error) {
	var rest, room int64
	shares = slices.DeleteFunc(shares, func(s allocate.Share) bool {
		if s.Qty < step {
			rest += s.Qty
		}
		return s.Qty < step
	})
	at := make(map[int64]int, len(shares))
	for i, s := range shares {
		at[s.Household] = i
	}
	var levels []allocate.Household
	var free []allocate.Lot
	for i, h := range households { // lot i is of household i
		if n, has := at[h.ID]; has {
			h.ExpectedFen += shares[n].ValueFen
			l := lots[i]
			l.Free -= shares[n].Qty
			room += l.Free
			levels, free = append(levels, h), append(free, l)
		}
	}
	if rest = min(rest, room); rest == 0 {
		return shares, nil
	}
	more, err := allocate.Fair(levels, free, rest, 1)
	for _, m := range more {
		s := &shares[at[m.Household]]
		s.Qty, s.ValueFen = s.Qty+m.Qty, s.ValueFen+m.ValueFen
	}
	return shares, err
}
