package payments

import (
	"strings"
	"time"
	"unicode/utf8"

	"banmuyuan/internal/link"
)

// EnteredAccountState is the state in which a person's account is entered: a second person has to look at it, whoever
// entered it and by whatever route.
const EnteredAccountState = AccountReview

// ReplacedStates are the states of the accounts that a new one replaces: one that waits replaces another that waits, one in
// use replaces all.
func ReplacedStates(entered PayoutAccountState) []string {
	from := PayoutAccountMachine.From(AccountWithdraw)
	if entered == AccountActive {
		from = append(from, PayoutAccountMachine.From(AccountReplace)...)
	}
	return from
}

// MayEnterAccount returns Forbidden for a session that began by card or PIN: a card can be lost, copied or issued anew by
// one person of the staff.
func MayEnterAccount(actor link.Actor) error {
	if actor.Begun != "" {
		return link.E(link.Forbidden, "payout.session", "")
	}
	return nil
}

// CheckHolder returns Invalid unless the holder is the household's head, or a reason and a document say why not.
func (a SetPayoutAccount) CheckHolder(h RegisteredHousehold) error {
	var bad link.Problems
	switch {
	case h.ID == 0 || h.ID != a.Household:
		bad.Add("accounts.household.unknown", "household")
	case h.Retired:
		bad.Add("accounts.household.retired", "household")
	case HolderOf(a.Holder, h) == HolderHead:
	default:
		if !plainText(a.Why, 200) {
			bad.Add("payout.holder.why", "why")
		}
		if !plainText(a.Document, 100) {
			bad.Add("payout.holder.document", "document")
		}
	}
	return bad.Err()
}

// plainText reports whether s is two to most characters that can be stored and read.
func plainText(s string, most int) bool {
	n := utf8.RuneCountInString(s)
	return n >= 2 && n <= most && utf8.ValidString(s) && !strings.ContainsRune(s, 0)
}

// PayFrom is the time from which an account that is approved now is paid to; cooling 0 is none.
func PayFrom(approved time.Time, cooling time.Duration) *time.Time {
	if cooling <= 0 {
		return nil
	}
	from := approved.Add(cooling)
	return &from
}

// EvtPayoutAccount tells that a household's payout account was entered or decided: PayoutAccountEvent. The household is
// told by it at the contact that it has.
const EvtPayoutAccount = "evt.payments.v1.payout_account.changed"

// PayoutAccountEvent holds the masked ends of the numbers, and no names.
type PayoutAccountEvent struct {
	AccountID int64             `json:"account_id"`
	Household int64             `json:"household"`
	Step      PayoutAccountStep `json:"step"`               // enter, approve, refuse
	Tail      string            `json:"tail"`               // last four digits
	InUse     string            `json:"in_use,omitempty"`   // last four digits of the account that is, or was, in use
	PayFrom   int64             `json:"pay_from,omitempty"` // Unix seconds, of an approved account
}
