package payments

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"banmuyuan/internal/link"
)

// Known reports whether k is an account that organisations have.
func (k OrgAccountKind) Known() bool { return k == OrgCoop || k == OrgRaiser || k == OrgVillage }

func (k OrgAccountKind) check() error {
	if k != "" && !k.Known() {
		return link.E(link.Invalid, "orgpay.account", "account")
	}
	return nil
}

// Check returns Invalid for an account that organisations do not have.
func (f OrgAccountFilter) Check() error { return f.Account.check() }

// Check returns Invalid for an account that organisations do not have, or an unknown state.
func (f OrgPayoutFilter) Check() error {
	if err := f.Account.check(); err != nil {
		return err
	}
	if f.State != "" && !slices.Contains(OrgPayoutMachine.States(), f.State) {
		return link.E(link.Invalid, "orgpay.state", "state")
	}
	return nil
}

// Check returns the proposal with its note trimmed, or Invalid with every field that cannot be.
func (r ProposeOrgPayout) Check() (ProposeOrgPayout, error) {
	r.Note = strings.TrimSpace(r.Note)
	var bad link.Problems
	if r.IdempotencyKey == "" || len(r.IdempotencyKey) > 200 {
		bad.Add("payment.key", "idempotency_key")
	}
	if r.Org <= 0 {
		bad.Add("orgpay.org", "org")
	}
	if !r.Account.Known() {
		bad.Add("orgpay.account", "account")
	}
	if !plausibleFen(r.AmountFen) {
		bad.Add("payment.amount", "amount_fen")
	}
	if utf8.RuneCountInString(r.Note) > 200 {
		bad.Add("orgpay.note", "note")
	}
	return r, bad.Err()
}

// Asks reports whether the proposal asks for the payment p: only then may both have one key.
func (r ProposeOrgPayout) Asks(p OrgPayout) bool {
	return r.Org == p.Org && r.Account == p.Account && r.AmountFen == p.AmountFen && r.Note == p.Note
}

// Check returns the record with its reference trimmed, or Invalid with every field that cannot be: the bank has not paid on
// a day that is still to come.
func (r RecordOrgPayout) Check(now time.Time) (RecordOrgPayout, error) {
	r.BankRef = strings.TrimSpace(r.BankRef)
	var bad link.Problems
	if r.BankRef == "" || utf8.RuneCountInString(r.BankRef) > 100 {
		bad.Add("orgpay.bank_ref", "bank_ref")
	}
	if !comeDay(r.PaidOn, now) {
		bad.Add("orgpay.paid_on", "paid_on")
	}
	return r, bad.Err()
}

// Check returns the report with its reason trimmed, or Invalid without a reason.
func (r FailOrgPayout) Check() (FailOrgPayout, error) {
	var bad link.Problems
	r.Why = orgPayoutWhy(&bad, r.Why)
	return r, bad.Err()
}

// Check returns the report with its reason trimmed, or Invalid with every field that cannot be.
func (r ReturnOrgPayout) Check(now time.Time) (ReturnOrgPayout, error) {
	var bad link.Problems
	r.Why = orgPayoutWhy(&bad, r.Why)
	if !comeDay(r.ReturnedOn, now) {
		bad.Add("orgpay.returned_on", "returned_on")
	}
	return r, bad.Err()
}

func orgPayoutWhy(bad *link.Problems, why string) string {
	why = strings.TrimSpace(why)
	if n := utf8.RuneCountInString(why); n == 0 || n > 200 {
		bad.Add("orgpay.why", "why")
	}
	return why
}

// comeDay reports whether t is a day that has begun in China.
func comeDay(t, now time.Time) bool { return !t.IsZero() && Day(t) <= Day(now) }
