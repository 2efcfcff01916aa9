package refund_test

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"banmuyuan/payments"
	"banmuyuan/payments/refund"
)

var noon = time.Date(2026, 9, 18, 4, 0, 0, 0, time.UTC) // 12:00 in China

func TestSplitRefund(t *testing.T) {
	t.Parallel()
	newest := refund.Source{PaymentID: 3, LeftFen: 100}
	older := refund.Source{PaymentID: 2, LeftFen: 50}
	late := refund.Source{PaymentID: 1, LeftFen: 70, Late: true}
	from := []refund.Source{newest, late, older}
	ready := func(id, fen int64) refund.Part {
		return refund.Part{PaymentID: id, AmountFen: fen, State: payments.RefundReady}
	}
	for name, c := range map[string]struct {
		rules           refund.Rules
		amount, payment int64
		from            []refund.Source
		want            []refund.Part
		refused         bool
	}{
		"the newest first":               {amount: 80, from: from, want: []refund.Part{ready(3, 80)}},
		"over two payments":              {amount: 120, from: from, want: []refund.Part{ready(3, 100), ready(2, 20)}},
		"late money is nobody else's":    {amount: 151, from: from, refused: true},
		"late money by its own payment":  {amount: 70, payment: 1, from: from, want: []refund.Part{ready(1, 70)}},
		"one payment alone":              {amount: 30, payment: 2, from: from, want: []refund.Part{ready(2, 30)}},
		"more than the one payment":      {amount: 71, payment: 1, from: from, refused: true},
		"nothing left":                   {amount: 10, from: []refund.Source{{PaymentID: 9}, older}, want: []refund.Part{ready(2, 10)}},
		"by bank, no provider":           {amount: 10, from: []refund.Source{{PaymentID: 4, LeftFen: 10, Manual: true}}, want: []refund.Part{{PaymentID: 4, AmountFen: 10, State: payments.RefundByBank, ByBank: true}}},
		"by bank, the window is over":    {rules: refund.Rules{Now: noon}, amount: 10, from: []refund.Source{{PaymentID: 4, LeftFen: 10, Until: noon}}, want: []refund.Part{{PaymentID: 4, AmountFen: 10, State: payments.RefundByBank, ByBank: true, FailureKey: "refund.window_over"}}},
		"the window is open":             {rules: refund.Rules{Now: noon}, amount: 10, from: []refund.Source{{PaymentID: 4, LeftFen: 10, Until: noon.Add(1)}}, want: []refund.Part{ready(4, 10)}},
		"at the limit":                   {rules: refund.Rules{LimitFen: 100}, amount: 100, from: from, want: []refund.Part{ready(3, 100)}},
		"above the limit":                {rules: refund.Rules{LimitFen: 99}, amount: 100, from: from, want: []refund.Part{{PaymentID: 3, AmountFen: 100, State: payments.RefundReview, Review: true}}},
		"above the limit, by bank":       {rules: refund.Rules{LimitFen: 9}, amount: 10, from: []refund.Source{{PaymentID: 4, LeftFen: 10, Manual: true}}, want: []refund.Part{{PaymentID: 4, AmountFen: 10, State: payments.RefundReview, ByBank: true, Review: true}}},
		"only the part above the limit":  {rules: refund.Rules{LimitFen: 60}, amount: 150, from: from, want: []refund.Part{{PaymentID: 3, AmountFen: 100, State: payments.RefundReview, Review: true}, ready(2, 50)}},
		"from nobody":                    {amount: 1, refused: true},
		"nothing is refunded of nothing": {amount: 0, from: from},
	} {
		got, err := c.rules.Split(c.amount, c.payment, c.from)
		if (err != nil) != c.refused || !slices.Equal(got, c.want) {
			t.Errorf("%s: %+v, %v; want %+v", name, got, err, c.want)
		}
	}
}

func TestSplitRefundAddsUp(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var from []refund.Source
		var left int64
		for i := range rapid.IntRange(0, 6).Draw(t, "payments") {
			p := refund.Source{PaymentID: int64(i + 1), LeftFen: rapid.Int64Range(0, 100).Draw(t, "left"), Late: rapid.Bool().Draw(t, "late"),
				Manual: rapid.Bool().Draw(t, "manual")}
			if !p.Late {
				left += p.LeftFen
			}
			from = append(from, p)
		}
		amount := rapid.Int64Range(0, 500).Draw(t, "amount")
		parts, err := refund.Rules{LimitFen: rapid.Int64Range(0, 50).Draw(t, "limit")}.Split(amount, 0, from)
		if (err != nil) != (amount > left) {
			t.Fatalf("refund %d of %d: %v", amount, left, err)
		}
		var sum int64
		for _, p := range parts {
			of := from[p.PaymentID-1]
			if p.AmountFen <= 0 || p.AmountFen > of.LeftFen || of.Late || p.ByBank != of.Manual {
				t.Fatalf("part %+v of %+v", p, of)
			}
			if !slices.Contains([]payments.RefundState{payments.RefundReview, payments.RefundReady, payments.RefundByBank}, p.State) {
				t.Fatalf("part %+v is created in a state that is no beginning", p)
			}
			sum += p.AmountFen
		}
		if err == nil && sum != amount {
			t.Fatalf("%d of %d fen", sum, amount)
		}
	})
}

func TestDisputeCovers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		lost, used, amount int64
		want               bool
	}{{100, 0, 100, true}, {100, 0, 101, false}, {100, 60, 40, true}, {100, 60, 41, false}} {
		if got := refund.DisputeCovers(c.lost, c.used, c.amount); got != c.want {
			t.Errorf("%+v: %t", c, got)
		}
	}
}
