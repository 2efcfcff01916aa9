// Package money owns the arithmetic of fen and grams: pricing, rates, splitting, and how people write and read both.
//
// Amounts are int64 fen and weights int64 grams, in this package and everywhere else; nothing is a float. Rules that must
// always hold: products are exact in 128 bits before the one rounding, the parts of a split add up to the total, a
// negative amount is the mirror image of the positive one (so that a reversal cancels to the fen), and a result that
// does not fit is an error, never a wrong number.
//
// The package imports the standard library only.
package money

import (
	"errors"
	"math"
	"math/bits"
)

var (
	// ErrOverflow says that a result does not fit in an int64.
	ErrOverflow = errors.New("money: amount out of range")
	// ErrPer says that a price names no positive number of units.
	ErrPer = errors.New("money: price per zero or fewer units")
)

// Price is Fen for every Per units of the goods: grams for goods sold by weight (500 for a price by 斤, 1000 by
// 公斤), and 1 for goods sold by the head, egg or box.
type Price struct {
	Fen int64 `json:"fen"`
	Per int64 `json:"per"`
}

// Amount is the price of qty units (grams for a price by weight), rounded once, halves away from zero. A negative qty, as
// in a reversal, gives the mirror image. It returns ErrPer or ErrOverflow.
func (p Price) Amount(qty int64) (int64, error) {
	if p.Per <= 0 {
		return 0, ErrPer
	}
	return scale(p.Fen, qty, p.Per)
}

// BasisPoints is bp hundredths of a percent of amount, rounded once, halves away from zero: 3000 takes 30 %. It returns
// ErrOverflow only when bp is above 10,000 or below -10,000.
func BasisPoints(amount, bp int64) (int64, error) { return scale(amount, bp, 10_000) }

// scale is a·b/per, the product exact in 128 bits. per must be positive.
func scale(a, b, per int64) (int64, error) {
	negative := (a < 0) != (b < 0)
	hi, lo := bits.Mul64(magnitude(a), magnitude(b))
	d := uint64(per)
	if hi >= d {
		return 0, ErrOverflow
	}
	q, r := bits.Div64(hi, lo, d)
	if r >= d-r { // 2r >= d, without the overflow
		if q == math.MaxUint64 {
			return 0, ErrOverflow
		}
		q++
	}
	return signed(q, negative)
}

func magnitude(x int64) uint64 {
	if x < 0 {
		return -uint64(x)
	}
	return uint64(x)
}

func signed(m uint64, negative bool) (int64, error) {
	switch {
	case negative && m <= 1<<63:
		return int64(-m), nil
	case !negative && m <= math.MaxInt64:
		return int64(m), nil
	}
	return 0, ErrOverflow
}
