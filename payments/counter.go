package payments

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"banmuyuan/internal/link"
)

// CheckCounterReceipt checks a receipt of an organisation's counter and returns its number without the space around it. It
// returns Invalid for a receipt without a number, an organisation or a plausible sum.
func CheckCounterReceipt(receipt string, org, fen int64) (string, error) {
	receipt = strings.TrimSpace(receipt)
	if receipt == "" || utf8.RuneCountInString(receipt) > 60 || org <= 0 || !plausibleFen(fen) {
		return "", link.E(link.Invalid, "malformed", "").Because(fmt.Errorf("receipt %q of organisation %d over %d fen cannot be", receipt, org, fen))
	}
	return receipt, nil
}

// CounterPurpose is the purpose of cash from a counter: it may come before the bill, as a deposit, or after it, as the
// balance, because commands may overtake each other.
func CounterPurpose(receivableFen int64, closed bool) string {
	if receivableFen > 0 || closed {
		return PurposeBalance
	}
	return PurposeDeposit
}

// MayTakeBack reports whether goods worth fen may come back from a Ref of which billedFen was billed and beforeFen came back.
func MayTakeBack(fen, beforeFen, billedFen int64) bool { return beforeFen+fen <= billedFen }

// CashBack divides a sum that goes back into the part that the counter gave back of cash it holds, leftFen of which is not
// given back, and the rest, which goes back to other payments.
func CashBack(fen, leftFen int64) (cash, rest int64) {
	cash = max(min(fen, leftFen), 0)
	return cash, fen - cash
}
