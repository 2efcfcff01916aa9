package payments

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"banmuyuan/internal/link"
	"banmuyuan/internal/money"
)

// VillagePart is the part of a distribution that a village collective (村集体) keeps: an amount, or a part of income less costs
// in basis points, from which the amount follows.
type VillagePart struct {
	Village   int64 `json:"village"`
	AmountFen int64 `json:"amount_fen"`
	BP        int64 `json:"bp,omitempty"`
}

// MaxVillageParts of a distribution.
const MaxVillageParts = 2_000

// checkVillages returns the parts with their amounts, and their sum, which is the reserve of a listed distribution. Only such
// a distribution leaves money to villages, and all money that it keeps back is some village's.
func checkVillages(bad *link.Problems, kind PoolKind, parts []VillagePart, reserve, income, costs int64) ([]VillagePart, int64) {
	if !kind.Listed() {
		if len(parts) > 0 {
			bad.Add("pool.villages_kind", "villages")
		}
		return []VillagePart{}, reserve
	}
	if len(parts) > MaxVillageParts {
		bad.Add("pool.villages_many", "villages", "max", strconv.Itoa(MaxVillageParts))
		return nil, 0
	}
	out := make([]VillagePart, len(parts))
	seen := make(map[int64]bool, len(parts))
	var sum int64
	for i, p := range parts {
		field := fmt.Sprintf("villages[%d]", i)
		switch {
		case p.Village <= 0:
			bad.Add("pool.village", field)
		case seen[p.Village]:
			bad.Add("pool.village_twice", field)
		case p.BP < 0 || p.BP > 10_000:
			bad.Add("pool.village_part", field)
		}
		seen[p.Village] = true
		if p.BP != 0 {
			fen, err := money.BasisPoints(max(income-costs, 0), p.BP)
			if err != nil {
				bad.Add("payment.amount", field)
			}
			p.AmountFen = fen
		} else if !plausibleFen(p.AmountFen) {
			bad.Add("payment.amount", field)
		}
		sum += p.AmountFen
		out[i] = p
	}
	if reserve != 0 && reserve != sum {
		bad.Add("pool.villages_sum", "reserve_fen", "villages", fmt.Sprint(sum))
	}
	return out, sum
}

// VillagesFen is the sum that village collectives keep.
func (p Pool) VillagesFen() int64 {
	var sum int64
	for _, v := range p.Villages {
		sum += v.AmountFen
	}
	return sum
}

// CheckVillages refuses to submit a distribution by list that keeps money back for no village.
func (p Pool) CheckVillages() error {
	if p.Kind.Listed() && p.ReserveFen != p.VillagesFen() {
		return link.E(link.Invalid, "pool.villages_sum", "villages", "villages", fmt.Sprint(p.VillagesFen()))
	}
	return nil
}

// VillageRef names a village.
type VillageRef struct {
	Village int64 `json:"village"`
}

// VillageEntryKind is the reason for which a village's money moved.
type VillageEntryKind string

const (
	VillageKept     VillageEntryKind = "kept"     // its part of a distribution
	VillageFee      VillageEntryKind = "fee"      // its part of the fee of a delivery
	VillageFeeBack  VillageEntryKind = "fee_back" // a delivery was taken back, as after a corrected weight
	VillagePaid     VillageEntryKind = "paid"     // to the collective's account
	VillageReturned VillageEntryKind = "returned" // a payment came back
	VillageReversed VillageEntryKind = "reversed" // a posting was reversed by hand
)

// VillageEntry is one movement of a village's money. Pool is its distribution, Payout its payment, or Delivery the delivery
// of Ref.
type VillageEntry struct {
	On         time.Time        `json:"on"`
	Kind       VillageEntryKind `json:"kind"`
	Pool       int64            `json:"pool,omitempty"`
	Payout     int64            `json:"payout,omitempty"`
	Delivery   int64            `json:"delivery,omitempty"`
	Ref        string           `json:"ref,omitempty"`
	Title      string           `json:"title"` // of the distribution, or number and purpose of the payment
	AmountFen  int64            `json:"amount_fen"`
	BalanceFen int64            `json:"balance_fen"` // after it
}

// OutFen is the amount of an entry that took money away.
func (e VillageEntry) OutFen() int64 { return max(-e.AmountFen, 0) }

// VillageStatement is the money of one village collective, from its accounts in the ledger.
type VillageStatement struct {
	Village    int64          `json:"village"`
	InFen      int64          `json:"in_fen"`
	OutFen     int64          `json:"out_fen"`
	BalanceFen int64          `json:"balance_fen"`
	Items      []VillageEntry `json:"items"` // oldest first
}

// VillageEntryOf reads the kind of a posting to a village's account, by the business key of the posting or of the one that it
// reverses.
func VillageEntryOf(key string, reversed bool) VillageEntry {
	var e VillageEntry
	parts := append(strings.Split(key, ":"), "", "") // a delivery's key has two parts only
	id, _ := strconv.ParseInt(parts[1], 10, 64)
	switch parts[0] + ":" + parts[2] {
	case "pool:close":
		e.Kind, e.Pool = VillageKept, id
	case "pool:paid":
		e.Kind, e.Pool = VillagePaid, id
	case "orgpay:paid":
		e.Kind, e.Payout = VillagePaid, id
	case "orgpay:returned":
		e.Kind, e.Payout = VillageReturned, id
	case "delivery:":
		e.Kind, e.Delivery = VillageFee, id
	}
	switch {
	case reversed && e.Kind == VillageFee:
		e.Kind = VillageFeeBack
	case reversed:
		e.Kind = VillageReversed
	}
	return e
}

// VillageFees are the parts of fees that village collectives earned, by village.
type VillageFees struct {
	Items []VillageFeeSum `json:"items"`
}

// VillageFeeSum sums a village's parts of the fees of accepted deliveries.
type VillageFeeSum struct {
	Village    int64 `json:"village"`
	Deliveries int64 `json:"deliveries"`
	AmountFen  int64 `json:"amount_fen"`
}

// Sum fills in balances and sums of a statement from its entries.
func (s *VillageStatement) Sum() {
	s.InFen, s.OutFen, s.BalanceFen = 0, 0, 0
	for i := range s.Items {
		e := &s.Items[i]
		if e.AmountFen > 0 {
			s.InFen += e.AmountFen
		} else {
			s.OutFen -= e.AmountFen
		}
		s.BalanceFen += e.AmountFen
		e.BalanceFen = s.BalanceFen
	}
}
