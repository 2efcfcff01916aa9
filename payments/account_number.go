package payments

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"banmuyuan/internal/link"
)

// CleanNumber removes spaces and hyphens between the digits of an account number, and makes full-width digits plain.
func CleanNumber(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= '０' && r <= '９':
			return r - '０' + '0'
		case unicode.IsSpace(r), r == '-', r == '－':
			return -1
		}
		return r
	}, s)
}

// NumberTail returns the last four digits of an account number, the part that is stored readably.
func NumberTail(number string) string { return number[max(0, len(number)-4):] }

// MaskNumber is an account number with this tail as it leaves the module.
func MaskNumber(tail string) string { return "•••• " + tail }

// Check returns the account with its text cleaned, or Invalid with every field that cannot be.
func (a SetPayoutAccount) Check() (SetPayoutAccount, error) {
	a.Holder, a.Bank, a.Number = strings.TrimSpace(a.Holder), strings.TrimSpace(a.Bank), CleanNumber(a.Number)
	a.Why, a.Document = strings.TrimSpace(a.Why), strings.TrimSpace(a.Document)
	var bad link.Problems
	if a.Household <= 0 {
		bad.Add("payout.household", "household")
	}
	if !bankName(a.Holder, 40) {
		bad.Add("payout.holder", "holder")
	}
	if !bankName(a.Bank, 60) {
		bad.Add("payout.bank", "bank")
	}
	if !plausibleNumber(a.Number) {
		bad.Add("payout.number", "number")
	}
	if a.Why != "" && !plainText(a.Why, 200) {
		bad.Add("payout.holder.why", "why")
	}
	if a.Document != "" && !plainText(a.Document, 100) {
		bad.Add("payout.holder.document", "document")
	}
	return a, bad.Err()
}

// plausibleNumber reports whether a cleaned number can be that of a card or a passbook.
func plausibleNumber(number string) bool {
	digits := strings.IndexFunc(number, func(r rune) bool { return r < '0' || r > '9' }) < 0
	return digits && len(number) >= 10 && len(number) <= 25
}

// bankName reports whether s is a name of two to most signs that a bank's file can hold: no formula of a spreadsheet, no control characters.
func bankName(s string, most int) bool {
	if n := utf8.RuneCountInString(s); n < 2 || n > most || !utf8.ValidString(s) {
		return false
	}
	return !strings.ContainsAny(s[:1], "=+-@") && strings.IndexFunc(s, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune(" ·•.．()（）-", r)
	}) < 0
}
