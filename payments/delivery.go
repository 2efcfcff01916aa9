package payments

import (
	"fmt"

	"banmuyuan/internal/link"
)

// MaxShares is the largest number of shares of a delivery, far above a village's households: it must fit a message.
const MaxShares = 12_000

// DeliveryTotals are the sums of a delivery. GrossFen − FeeFen − AgentFen is owed to households.
type DeliveryTotals struct {
	GrossFen int64 // billed
	FeeFen   int64 // kept of it, by the organisation and a village
	AgentFen int64 // owed to raisers

	VillageFen int64 // of FeeFen, owed to a village collective
}

// CoopFen is the part of the fees that the organisation is owed.
func (t DeliveryTotals) CoopFen() int64 { return t.FeeFen - t.VillageFen }

// Totals sums a delivery. It returns Invalid for a delivery that cannot be: no number, no shares and no own goods, a source
// twice, a share of nobody, parts that are negative or more than the share, a fee without an organisation, a village's part
// above the shares' fees or without a village.
func (d AcceptDelivery) Totals() (DeliveryTotals, error) {
	var t DeliveryTotals
	bad := d.DeliveryID <= 0 || len(d.Shares) == 0 && d.OwnFen == 0 || len(d.Shares) > MaxShares || d.OwnFen < 0 || d.OwnFen > MaxFen
	seen := make(map[string]bool, len(d.Shares))
	for _, sh := range d.Shares {
		bad = bad || seen[sh.SourceKey] || !sh.plausible()
		seen[sh.SourceKey] = true
		t.GrossFen += sh.GrossFen
		t.FeeFen += sh.FeeFen
		t.AgentFen += sh.AgentFen
	}
	bad = bad || d.Village < 0 || d.VillageFen < 0 || d.VillageFen > t.FeeFen || d.VillageFen > 0 && d.Village == 0
	t.GrossFen, t.FeeFen, t.VillageFen = t.GrossFen+d.OwnFen, t.FeeFen+d.OwnFen, d.VillageFen
	if bad || t.FeeFen > 0 && d.Coop <= 0 {
		return DeliveryTotals{}, link.E(link.Invalid, "malformed", "").Because(fmt.Errorf("delivery %d cannot be", d.DeliveryID))
	}
	return t, nil
}

// NetFen is the part of a share that its household is owed.
func (sh DeliveryShare) NetFen() int64 { return sh.GrossFen - sh.FeeFen - sh.AgentFen }

func (sh DeliveryShare) plausible() bool {
	return sh.SourceKey != "" && sh.Household > 0 && sh.FeeFen >= 0 && sh.AgentFen >= 0 && sh.GrossFen <= MaxFen && sh.NetFen() >= 0 &&
		sh.GrossFen >= sh.FeeFen && (sh.AgentFen == 0 || sh.Agent > 0)
}

// Unwinding is the effect of reversing a delivery on one of its payables.
type Unwinding int

const (
	UnwindPending  Unwinding = iota // it is taken back; the household had not been promised the money
	UnwindReleased                  // it is taken back; the household was to be paid
	UnwindPaid                      // it is on its way or paid: the household owes it, and its next payout is less
	UnwindNothing                   // it is on its way with nothing to pay
)

// Unwind returns the effect of reversing a delivery on a payable of amountFen in a state.
func Unwind(s PayableState, amountFen int64) Unwinding {
	switch {
	case PayableMachine.Can(s, PayableReverse) && s == PayablePending:
		return UnwindPending
	case PayableMachine.Can(s, PayableReverse):
		return UnwindReleased
	case amountFen > 0:
		return UnwindPaid
	}
	return UnwindNothing
}

// ReleaseStep is the event that releases a payable: a payable of nothing is paid at once.
func ReleaseStep(amountFen int64) PayableStep {
	if amountFen == 0 {
		return PayableClear
	}
	return PayableRelease
}
