package contract_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"banmuyuan/orders"
	"banmuyuan/orders/contract"
)

func TestWorkOff(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ left, amount, fee, want int64 }{
		"less is left":        {10, 100, 3, 10},
		"less is owed":        {100, 50, 3, 47},
		"nothing is left":     {0, 100, 3, 0},
		"the fee is all":      {10, 3, 3, 0},
		"the fee is above it": {10, 3, 5, 0},
	} {
		if got := contract.WorkOff(c.left, c.amount, c.fee); got != c.want {
			t.Errorf("%s: %d", name, got)
		}
	}
	if contract.AdvanceDue(5, 7) != 5 || contract.AdvanceDue(7, 5) != 5 {
		t.Error("the buyer pays more than is billed")
	}
}

func TestAdvancesAreDeducted(t *testing.T) {
	t.Parallel()
	ws := []orders.Weighing{
		{TicketID: 1, Household: 1, AmountFen: 100, FeeFen: 3, AgentFen: 7},
		{TicketID: 2, Household: 2, AmountFen: 100, FeeFen: 3},
		{TicketID: 3, Household: 1, AmountFen: 100, FeeFen: 3},
		{TicketID: 4, Household: 1, AmountFen: 100, FeeFen: 3},
	}
	parts, total := contract.Deduct(ws, 1, 120)
	if !slices.Equal(parts, []int64{90, 0, 30, 0}) || total != 120 {
		t.Errorf("%v, %d", parts, total)
	}
	for i, want := range []int64{10, 100, 70, 100} {
		if ws[i].AmountFen != want {
			t.Errorf("ticket %d: %d", ws[i].TicketID, ws[i].AmountFen)
		}
	}
}

// An advance is never deducted beyond its rest or beyond a household's claim, and nobody else pays for it.
func TestDeductionsAddUp(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		ws := rapid.SliceOf(rapid.Custom(func(t *rapid.T) orders.Weighing {
			amount := rapid.Int64Range(0, 1000).Draw(t, "amount")
			return orders.Weighing{Household: rapid.Int64Range(1, 3).Draw(t, "household"), AmountFen: amount, FeeFen: rapid.Int64Range(0, amount).Draw(t, "fee")}
		})).Draw(t, "tickets")
		left := rapid.Int64Range(0, 3000).Draw(t, "left")
		before := slices.Clone(ws)
		parts, total := contract.Deduct(ws, 1, left)
		var sum, owed int64
		for i, w := range ws {
			sum += parts[i]
			if w.Household == 1 {
				owed += before[i].AmountFen - before[i].FeeFen
			}
			if w.Household != 1 && parts[i] != 0 || w.AmountFen != before[i].AmountFen-parts[i] || w.AmountFen < w.FeeFen {
				t.Fatalf("%+v, deducted %d", w, parts[i])
			}
		}
		if sum != total || total != min(left, owed) {
			t.Fatalf("%d, parts %d, left %d, owed %d", total, sum, left, owed)
		}
	})
}
