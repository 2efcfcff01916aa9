package payments

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"banmuyuan/internal/link"
)

// MaxTransfers is the largest number of lines of one request.
const MaxTransfers = 5000

// Check returns the lines with their text trimmed, or Invalid with the lines that cannot be, at most 20: no reference of
// the bank, one twice, an amount or a day out of range.
func (r RecordTransfers) Check(now time.Time) (RecordTransfers, error) {
	if len(r.Lines) == 0 || len(r.Lines) > MaxTransfers {
		return r, link.E(link.Invalid, "transfer.lines", "lines", "max", fmt.Sprint(MaxTransfers))
	}
	var bad link.Problems
	seen := make(map[string]bool, len(r.Lines))
	lines := make([]Transfer, len(r.Lines))
	for i, l := range r.Lines {
		l.BankRef, l.Payer, l.Memo = strings.TrimSpace(l.BankRef), strings.TrimSpace(l.Payer), strings.TrimSpace(l.Memo)
		l.check(&bad, i, seen[l.BankRef], now)
		seen[l.BankRef] = true
		lines[i] = l
		if len(bad) >= 20 {
			break
		}
	}
	return RecordTransfers{Lines: lines}, bad.Err()
}

func (l Transfer) check(bad *link.Problems, i int, twice bool, now time.Time) {
	field := func(name string) string { return fmt.Sprintf("lines[%d].%s", i, name) }
	switch {
	case l.BankRef == "" || len(l.BankRef) > 100:
		bad.Add("transfer.bank_ref", field("bank_ref"))
	case twice:
		bad.Add("transfer.bank_ref_twice", field("bank_ref"))
	}
	if !plausibleFen(l.AmountFen) {
		bad.Add("payment.amount", field("amount_fen"))
	}
	if utf8.RuneCountInString(l.Payer) > 200 || utf8.RuneCountInString(l.Memo) > 500 {
		bad.Add("transfer.text", field("memo"))
	}
	if !plausibleDay(l.PaidOn, now) {
		bad.Add("transfer.paid_on", field("paid_on"))
	}
}

// Check returns the return with its reference trimmed, or Invalid with every field that cannot be.
func (r ReturnTransfer) Check(now time.Time) (ReturnTransfer, error) {
	r.BankRef = strings.TrimSpace(r.BankRef)
	var bad link.Problems
	if r.BankRef == "" || utf8.RuneCountInString(r.BankRef) > 100 {
		bad.Add("transfer.return_ref", "bank_ref")
	}
	if !plausibleDay(r.PaidOn, now) {
		bad.Add("refund.paid_on", "paid_on")
	}
	return r, bad.Err()
}
