// Package refund divides money that goes back over the payments that it came from.
//
// What must always hold: the parts come to the sum, no payment gives back more than it has left, and late money goes back by a
// refund of its own payment only.
package refund

import (
	"fmt"
	"time"

	"banmuyuan/payments"
)

// Source is a payment that money can go back to.
type Source struct {
	PaymentID int64
	LeftFen   int64     // its amount less all refunds of it that did not fail
	Late      bool      // its money was never used: it goes back only by a refund of this payment
	Manual    bool      // no provider can be asked: the county transfers it
	Until     time.Time // the provider refunds until then; zero: without an end
}

// Part is a refund of one payment.
type Part struct {
	PaymentID  int64
	AmountFen  int64
	State      payments.RefundState // in which it is created
	ByBank     bool                 // the county transfers it
	Review     bool                 // a second person has to agree first
	FailureKey string               // why no provider is asked; message key, "" when there is nothing to say
}

// Rules are the conditions of a refund.
type Rules struct {
	LimitFen int64 // a larger part needs a second person; 0: no limit
	Now      time.Time
}

// Split takes amountFen back to the payments that it came from, in their order: to the one payment, late or not, or with
// payment 0 to all that are not late. It returns an error when that is more than they have left.
func (r Rules) Split(amountFen, payment int64, from []Source) ([]Part, error) {
	var parts []Part
	rest := amountFen
	for _, p := range from {
		if payment != 0 && p.PaymentID != payment || payment == 0 && p.Late {
			continue
		}
		part := min(rest, p.LeftFen)
		if part <= 0 {
			continue
		}
		parts = append(parts, r.part(p, part))
		rest -= part
	}
	if rest > 0 {
		return nil, fmt.Errorf("refund %d fen: %d more than was paid", amountFen, rest)
	}
	return parts, nil
}

func (r Rules) part(p Source, fen int64) Part {
	out := Part{PaymentID: p.PaymentID, AmountFen: fen, State: payments.RefundReady, Review: payments.AboveLimit(r.LimitFen, fen)}
	switch {
	case p.Manual:
		out.ByBank = true
	case WindowOver(p.Until, r.Now):
		out.ByBank, out.FailureKey = true, "refund.window_over"
	}
	switch {
	case out.Review:
		out.State = payments.RefundReview
	case out.ByBank:
		out.State = payments.RefundByBank
	}
	return out
}

// WindowOver reports whether a provider refunds no more; a zero until has no end.
func WindowOver(until, now time.Time) bool { return !until.IsZero() && !now.Before(until) }

// DisputeCovers reports whether the money that the buyer's bank took, lostFen, less usedFen that earlier refunds were ended
// with, covers a refund of amountFen.
func DisputeCovers(lostFen, usedFen, amountFen int64) bool { return lostFen-usedFen >= amountFen }
