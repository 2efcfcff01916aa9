package orders_test

import (
	"testing"

	"pgregory.net/rapid"

	"banmuyuan/orders"
)

func TestVillageFee(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ fee, bp, want int64 }{
		{100, 0, 0}, {0, 2500, 0}, {100, 10_000, 100}, {100, 2500, 25},
		{1, 4999, 0}, {1, 5000, 1}, {101, 2500, 25}, {102, 2500, 26}, {3, 3333, 1},
	} {
		if got, err := orders.VillageFee(c.fee, c.bp); err != nil || got != c.want {
			t.Errorf("%d of 10,000 of %d fen: %d, %v, want %d", c.bp, c.fee, got, err, c.want)
		}
	}
}

func TestVillageFeeStaysWithinTheFee(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		fee, bp := rapid.Int64Range(0, 1<<40).Draw(t, "fee"), rapid.Int64Range(0, 10_000).Draw(t, "bp")
		part, err := orders.VillageFee(fee, bp)
		if err != nil || part < 0 || part > fee {
			t.Fatalf("%d of 10,000 of %d: %d, %v", bp, fee, part, err)
		}
		more, err := orders.VillageFee(fee, min(bp+1, 10_000))
		if err != nil || more < part {
			t.Fatalf("a larger part is smaller: %d, %d, %v", part, more, err)
		}
		// It is the nearest fen.
		if d := part*10_000 - fee*bp; fee < 1<<32 && (d > 5_000 || d <= -5_000) {
			t.Fatalf("%d of 10,000 of %d is %d", bp, fee, part)
		}
	})
}
