package payments_test

import (
	"testing"

	"pgregory.net/rapid"

	"banmuyuan/payments"
)

func TestFreeFen(t *testing.T) {
	t.Parallel()
	if got := payments.FreeFen(1000, 200, 300, 100); got != 400 {
		t.Errorf("free: %d", got)
	}
	for _, c := range [][3]int64{{100, 150, 0}, {100, 100, 0}, {100, 30, 70}, {100, 0, 100}} {
		if got := payments.LackFen(c[0], c[1]); got != c[2] {
			t.Errorf("%d taken off %d: %d lack", c[0], c[1], got)
		}
	}
}

func TestOrgPayoutBooking(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ amount, owed, overpaid, payable, receivable int64 }{
		{100, 250, 0, 100, 0},
		{250, 250, 0, 250, 0},
		{100, 60, 0, 60, 40},     // goods came back since it was approved
		{100, 150, 50, 150, -50}, // earlier overpayment is kept back
		{100, 180, 50, 150, -50},
		{100, 120, 50, 120, -20},
	} {
		if p, r := payments.OrgPayoutBooking(c.amount, c.owed, c.overpaid); p != c.payable || r != c.receivable {
			t.Errorf("%+v: %d, %d", c, p, r)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Int64Range(0, 1000)
		amount, owed, overpaid := n.Draw(t, "amount"), n.Draw(t, "owed"), n.Draw(t, "overpaid")
		p, r := payments.OrgPayoutBooking(amount, owed, overpaid)
		if p+r != amount || p > owed || overpaid+r < 0 {
			t.Fatalf("%d paid of %d owed and %d overpaid: %d and %d", amount, owed, overpaid, p, r)
		}
		if owed-p > 0 && overpaid+r > 0 {
			t.Fatalf("both sides are left open: %d and %d", owed-p, overpaid+r)
		}
	})
}
