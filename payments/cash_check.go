package payments

import (
	"strings"
	"time"
	"unicode/utf8"

	"banmuyuan/internal/link"
)

// Check returns the banking with its slip trimmed, or Invalid with every field that cannot be.
func (r BankCash) Check(now time.Time) (BankCash, error) {
	r.Slip = strings.TrimSpace(r.Slip)
	var bad link.Problems
	if r.Slip == "" || utf8.RuneCountInString(r.Slip) > 60 {
		bad.Add("cash.slip", "slip")
	}
	if !plausibleFen(r.AmountFen) {
		bad.Add("payment.amount", "amount_fen")
	}
	if !plausibleDay(r.PaidOn, now) {
		bad.Add("cash.banked_on", "paid_on")
	}
	return r, bad.Err()
}

// OldestInBox returns the time of the oldest receipt, of receipts with the newest first, that is still covered by the cash of a
// box, onHandFen, or nil. The oldest money leaves first: the newest receipts that add up to the box are in it.
func OldestInBox(onHandFen int64, receipts []CashReceipt) *time.Time {
	var oldest *time.Time
	for _, r := range receipts {
		if onHandFen <= 0 {
			break
		}
		at := r.At
		oldest = &at
		onHandFen -= r.AmountFen
	}
	return oldest
}
