package adopt

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/orders"
)

// Part is a box of an adoption with the figures that the rules need.
type Part struct {
	No          int
	DueOn       time.Time // a day in UTC
	State       BoxState
	AmountFen   int64
	FeeFen      int64
	HouseholdID int64
}

// Worth is the value of the boxes that were or will be delivered.
func Worth(boxes []Part) (fen int64) {
	for _, b := range boxes {
		if b.State != BoxFailed && b.State != BoxVoid {
			fen += b.AmountFen
		}
	}
	return fen
}

// AnyOpen reports whether something is still to happen to one of the boxes.
func AnyOpen(boxes []Part) bool {
	return slices.ContainsFunc(boxes, func(b Part) bool { return b.State.Open() })
}

// Begun reports whether one of the boxes was handed over.
func Begun(boxes []Part) bool {
	return slices.ContainsFunc(boxes, func(b Part) bool {
		return b.State == BoxDelivered || b.State == BoxSettled || b.State == BoxDisputed
	})
}

// CheckCancel lets an adoption be cancelled before its first box.
func CheckCancel(boxes []Part) error {
	if Begun(boxes) {
		return link.E(link.Conflict, "adoption.cancel.begun", "")
	}
	return nil
}

// TooEarly reports whether now is more than EarlyDays before a box's date.
func TooEarly(dueOn, now time.Time) bool {
	return now.Before(orders.BeginningOf(dueOn.AddDate(0, 0, -EarlyDays)))
}

// CheckDeliver lets a box of a paid adoption be handed over, a little before its date at the earliest.
func (b Part) CheckDeliver(adoption State, now time.Time) error {
	switch {
	case adoption == Reserved:
		return link.E(link.Conflict, "adoption.box.unpaid", "no")
	case adoption != Growing:
		return link.E(link.Conflict, "adoption.wrong_state", "no", "state", string(adoption))
	case TooEarly(b.DueOn, now):
		return link.E(link.Conflict, "adoption.box.early", "no", "days", strconv.Itoa(EarlyDays))
	}
	return nil
}

// Handed reports whether a box was handed over and nobody has complained: handing it over once more changes nothing.
func (s BoxState) Handed() bool { return s == BoxDelivered || s == BoxSettled }

// GivenUp reports whether the household has said already that the box will not come.
func (s BoxState) GivenUp() bool { return s == BoxSeeking || s == BoxFailed }

// FailReasons are the reasons for which a box does not come.
var FailReasons = []string{"died", "hail", "harvest", "quality", "other"}

// LosesStock reports whether goods are gone for good: they do not return to the household's lot.
func LosesStock(reason string) bool { return reason == "died" || reason == "hail" }

// Check cleans the note of a failure and returns its problems.
func (r *FailBox) Check() link.Problems {
	var problems link.Problems
	if !slices.Contains(FailReasons, r.Reason) {
		problems.Add("adoption.box.reason", "reason")
	}
	var ok bool
	if r.Note, ok = orders.CleanText(r.Note, orders.NoteMax); !ok {
		problems.Add("order.note", "note", "max", fmt.Sprint(orders.NoteMax))
	}
	return problems
}

// Affects reports whether a failure of the box at is one of box b too: b itself, or with Rest each later planned box of
// the same household. Boxes that were given up before are left alone.
func (r FailBox) Affects(at, b Part) bool {
	if b.State.GivenUp() {
		return false
	}
	return b.No == at.No || r.Rest && b.No >= r.No && b.HouseholdID == at.HouseholdID && b.State == BoxPlanned
}

// FailStep is the event of a box that will not come, as the adopter chose.
func FailStep(chosen OnFailure) BoxStep {
	if chosen == FailureReplace {
		return BoxSeek
	}
	return BoxFail
}

// Check cleans the note of a complaint, which may not be empty.
func (r *DisputeBox) Check() error {
	note, ok := orders.CleanText(r.Note, orders.NoteMax)
	if !ok || note == "" {
		return link.E(link.Invalid, "adoption.box.note", "note", "max", fmt.Sprint(orders.NoteMax))
	}
	r.Note = note
	return nil
}

// Check cleans the note of a decision.
func (r *DecideBox) Check() error {
	note, ok := orders.CleanText(r.Note, orders.NoteMax)
	if !ok {
		return link.E(link.Invalid, "order.note", "note", "max", fmt.Sprint(orders.NoteMax))
	}
	r.Note = note
	return nil
}

// Decided reports whether a box is in the state already that the decision leads to.
func (r DecideBox) Decided(s BoxState) bool {
	return r.Came && s == BoxSettled || !r.Came && s == BoxFailed
}

// Step is the event of a decision.
func (r DecideBox) Step() BoxStep {
	if r.Came {
		return BoxUphold
	}
	return BoxReject
}

// ReplacedOn is the date of a box that another household fills: its own, or as soon as a new adoption's first box.
func ReplacedOn(dueOn, now time.Time) time.Time {
	if soonest := orders.DayOf(now).AddDate(0, 0, LeadDays); dueOn.Before(soonest) {
		return soonest
	}
	return dueOn
}

// Check cleans the reason of a cancellation.
func (r *Cancel) Check() error {
	reason, ok := orders.Clean(r.Reason, 0, orders.ReasonMax)
	if !ok {
		return link.E(link.Invalid, "order.cancel.reason", "reason", "max", fmt.Sprint(orders.ReasonMax))
	}
	r.Reason = reason
	return nil
}

// FromOne returns the only share of a reservation: a box, like a plot, comes from one household. ok is false for a
// reservation of several lines or lots.
func FromOne(res catalog.Reservation) (share catalog.Shares, ok bool) {
	if len(res.Lines) != 1 || len(res.Lines[0].Lots) != 1 {
		return catalog.Shares{}, false
	}
	return res.Lines[0], true
}
