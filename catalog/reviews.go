package catalog

import (
	"strings"
	"unicode/utf8"

	"banmuyuan/internal/link"
)

// Check trims the reason and reports a decision without one, or without a key.
func (d *DecideReviewRequest) Check() error {
	d.Why = strings.TrimSpace(d.Why)
	if n := utf8.RuneCountInString(d.Why); n < 1 || n > 200 || !utf8.ValidString(d.Why) || strings.ContainsRune(d.Why, 0) {
		return link.E(link.Invalid, "review.why", "why")
	}
	if d.IdempotencyKey == "" || len(d.IdempotencyKey) > 64 {
		return link.E(link.Invalid, "reserve.key.missing", "idempotency_key")
	}
	return nil
}

// ReviewRecord is a review as a decision finds it.
type ReviewRecord struct {
	State     ReviewState
	OpenedBy  int64 // account
	DecidedBy int64 // account
}

// PastDecision is the decision that a key was used for.
type PastDecision struct {
	ID    int64
	State ReviewState
	Why   string
}

// Decide reports whether a decision of an account changes a review; repeating the same decision changes nothing. same is
// the decision that its key was used for, or nil. Conflict for a used key or a decided review, Forbidden for the account
// that opened it.
func (d DecideReviewRequest) Decide(r ReviewRecord, account int64, same *PastDecision) (bool, error) {
	step := d.Step()
	to := ReviewMachine.To(step)
	switch {
	case same != nil && *same != (PastDecision{d.ID, to, d.Why}):
		return false, ErrKeyReused()
	case r.State == to && r.DecidedBy == account:
		return false, nil
	case !ReviewMachine.Can(r.State, step):
		return false, link.E(link.Conflict, ReviewMachine.Refused(step), "")
	case r.OpenedBy != 0 && r.OpenedBy == account:
		return false, link.E(link.Forbidden, "review.second_person", "")
	}
	return true, nil
}

// ErrKeyReused refuses an idempotency key that came with other content before.
func ErrKeyReused() error { return link.E(link.Conflict, "reserve.key.reused", "idempotency_key") }

// Check trims the reason, names the head where no person is named, and reports a reason that is missing.
func (r *UnmaskID) Check() error {
	r.Reason = strings.TrimSpace(r.Reason)
	if n := utf8.RuneCountInString(r.Reason); n < 4 || n > 200 {
		return link.E(link.Invalid, "unmask.reason", "reason")
	}
	if r.Position == 0 {
		r.Position = 1
	}
	return nil
}

// MaskID hides the birthday of an id number and leaves the digits that tell the numbers of a family apart.
func MaskID(number string) string {
	if len(number) < 12 {
		return strings.Repeat("*", len(number))
	}
	return number[:6] + strings.Repeat("*", len(number)-10) + number[len(number)-4:]
}
