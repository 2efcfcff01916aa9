package orders

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"banmuyuan/internal/link"
)

// ShortReasons are the reasons for which a household does not deliver.
var ShortReasons = []string{"died", "harvest", "quality", "refused", "other"}

// AskFor is how long a buyer may think about a shortage.
const AskFor = 48 * time.Hour

// CheckShort adds a problem for each mistake of a report of a shortage. The share is not looked at.
func CheckShort(problems *link.Problems, r ShortRequest) {
	CheckKey(problems, r.IdempotencyKey)
	if r.Units <= 0 {
		problems.Add("short.units", "units")
	}
	checkShortReason(problems, r.Reason)
}

// CheckShortfall adds a problem for each mistake of a report that a household or a village does not deliver.
func CheckShortfall(problems *link.Problems, r ShortfallRequest) {
	CheckKey(problems, r.IdempotencyKey)
	if (r.VillageID > 0) == (r.HouseholdID > 0) || r.VillageID < 0 || r.HouseholdID < 0 {
		problems.Add("shortfall.whose", "village_id")
	}
	checkShortReason(problems, r.Reason)
}

func checkShortReason(problems *link.Problems, reason string) {
	if !slices.Contains(ShortReasons, reason) {
		problems.Add("short.reason", "reason")
	}
}

// Or returns the wish of a request, refill when it has none. ok is false for a wish that does not exist.
func (s Shortage) Or() (wish Shortage, ok bool) {
	switch s {
	case "":
		return ShortageRefill, true
	case ShortageRefill, ShortageRefund, ShortageAsk:
		return s, true
	}
	return s, false
}

// SeekUntil returns the time until which a buyer is asked about a shortage of now, or nil for a buyer that is not asked;
// seek is false when no units are looked for at all.
func (s Shortage) SeekUntil(now time.Time) (until *time.Time, seek bool) {
	switch s {
	case ShortageRefund:
		return nil, false
	case ShortageAsk:
		at := now.Add(AskFor)
		return &at, true
	}
	return nil, true
}

// Valid reports whether the answer is one that a buyer may give.
func (a ShortageAnswer) Valid() bool {
	return a == AnswerRefill || a == AnswerLess || a == AnswerCancel
}

// EndsSearch reports whether no units are looked for after the answer.
func (a ShortageAnswer) EndsSearch() bool { return a != AnswerRefill }

// LessAfter returns how many units to ask the catalogue for after it refused to give asked units: the stock that is left,
// and always less than before, so that asking ends.
func LessAfter(asked int64, refusal error) int64 {
	return max(min(leftOf(refusal), asked-1), 0)
}

// leftOf is how much the catalogue says is left, when it says so.
func leftOf(refusal error) int64 {
	e := link.AsError(refusal)
	if e.Code != link.SoldOut {
		return 0
	}
	n, err := strconv.ParseInt(e.Args["left"], 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// ShortOutcome divides reported units into units found at other households, units still looked for, and missing units.
func ShortOutcome(reported, found int64, looking bool) ShortResult {
	left := reported - found
	if looking {
		return ShortResult{Refilled: found, Looking: left}
	}
	return ShortResult{Refilled: found, Short: left}
}

// RefundedUnits is the part of a shortfall that is not charged: neither found, nor looked for, nor asked about.
func (s Shortfall) RefundedUnits() int64 { return s.Units - s.Refilled - s.Looking - s.Asked }

// ReportShort counts units that the household says will not come. They are given to others at once, so that they count as
// returned as well. Invalid when more are reported than may still come.
func (c ShareCount) ReportShort(units int64) (ShareCount, error) {
	if room := c.Room(); units > room {
		return c, link.E(link.Invalid, "short.units.above_share", "units", "room", strconv.FormatInt(room, 10))
	}
	c.Short += units
	c.Returned += units
	return c, nil
}

// CloseShares returns how many units of a village's shares will not come when their collection ends. NotFound without a
// share, Conflict while a ticket waits for a second person.
func CloseShares(shares []ShareCount) (missing int64, err error) {
	if len(shares) == 0 {
		return 0, link.E(link.NotFound, "village.no_shares", "village_id")
	}
	for _, s := range shares {
		if s.Held > 0 {
			return 0, link.E(link.Conflict, "village.held_tickets", "")
		}
		missing += s.Room()
	}
	return missing, nil
}

// PolicyName is a policy without its version: "fair" of "fair/1".
func PolicyName(policy string) string {
	name, _, _ := strings.Cut(policy, "/")
	return name
}
