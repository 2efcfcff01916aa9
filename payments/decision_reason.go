package payments

import (
	"strings"
	"unicode/utf8"

	"banmuyuan/internal/link"
)

// CheckDecision returns the reason of a decision without the space around it. A refusal needs a reason, an approval does
// not; it returns Invalid with the key at the field for a refusal without one, and for a reason above most characters.
func CheckDecision(approve bool, why string, most int, key, field string) (string, error) {
	why = strings.TrimSpace(why)
	if n := utf8.RuneCountInString(why); n > most || !approve && n == 0 {
		return why, link.E(link.Invalid, key, field)
	}
	return why, nil
}

// Check returns the decision with its reason trimmed, or Invalid for a refusal without a reason.
func (r DecideReversal) Check() (DecideReversal, error) {
	var err error
	r.Why, err = CheckDecision(r.Approve, r.Why, 200, "reversal.why", "why")
	return r, err
}

// Check returns the decision with its reason trimmed, none when it approves, or Invalid for a refusal without a reason.
func (r DecideOrgPayout) Check() (DecideOrgPayout, error) {
	var err error
	if r.Why, err = CheckDecision(r.Approve, r.Why, 200, "orgpay.why", "why"); err == nil && r.Approve {
		r.Why = ""
	}
	return r, err
}

// Check returns the decision with its reason trimmed, or Invalid when it is sent back without a reason.
func (r DecidePool) Check() (DecidePool, error) {
	r.Reason = strings.TrimSpace(r.Reason)
	if err := checkReason(r.Reason); err != nil {
		return r, err
	}
	_, err := CheckDecision(r.Approve, r.Reason, 500, "pool.reason", "reason")
	return r, err
}

// Check returns the decision with its reason trimmed. A rejected batch needs no reason: everything in it is released again.
func (r DecideBatch) Check() (DecideBatch, error) {
	r.Reason = strings.TrimSpace(r.Reason)
	return r, checkReason(r.Reason)
}

// Check returns the decision with its reason trimmed.
func (r DecideClosing) Check() (DecideClosing, error) {
	r.Reason = strings.TrimSpace(r.Reason)
	return r, checkReason(r.Reason)
}

func checkReason(reason string) error {
	if utf8.RuneCountInString(reason) > 500 {
		return link.E(link.Invalid, "payout.reason", "reason", "max", "500")
	}
	return nil
}

// Check returns the decision with its reason trimmed. An account's approval needs a reason as its refusal does: the reason
// says how the number was checked.
func (r DecidePayoutAccount) Check() (DecidePayoutAccount, error) {
	r.Why = strings.TrimSpace(r.Why)
	if n := utf8.RuneCountInString(r.Why); n < 1 || n > 200 || !utf8.ValidString(r.Why) || strings.ContainsRune(r.Why, 0) {
		return r, link.E(link.Invalid, "payout.review.why", "why")
	}
	return r, nil
}

// Check returns the request with its reason trimmed, or Invalid for a reason that says nothing: under four characters.
func (r AskReversal) Check() (AskReversal, error) {
	r.Reason = strings.TrimSpace(r.Reason)
	if n := utf8.RuneCountInString(r.Reason); n < 4 || n > 200 {
		return r, link.E(link.Invalid, "reversal.reason", "reason")
	}
	return r, nil
}
