package ledger_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"banmuyuan/payments/ledger"
)

func sum(lines []ledger.Line) (total int64) {
	for _, l := range lines {
		total += l.Amount
	}
	return total
}

func TestMoveSumsToZero(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var s ledger.ByHousehold
		var total int64
		for range rapid.IntRange(0, 20).Draw(t, "amounts") {
			fen := rapid.Int64Range(0, 100).Draw(t, "fen")
			s.Add(rapid.Int64Range(1, 5).Draw(t, "household"), fen)
			total += fen
		}
		if lines := s.Move(ledger.PayablePending, ledger.Payable); sum(lines) != 0 || ledger.Empty(lines) != (total == 0) {
			t.Fatalf("%v of %d", lines, total)
		}
		if got := sum(s.Lines(ledger.Payable, -1)); got != -total {
			t.Fatalf("credited %d of %d", got, total)
		}
	})
}

func TestPayoutLines(t *testing.T) {
	t.Parallel()
	parts := []ledger.PayoutPart{{Household: 17, OwedFen: 500}, {Household: 18, OwedFen: 300, KeptFen: 100}}
	want := []ledger.Line{
		ledger.Debit(ledger.Payable(17), 500), ledger.Debit(ledger.Payable(18), 300), ledger.Credit(ledger.HouseholdReceivable(18), 100),
		ledger.Credit(ledger.Bank(), 700),
	}
	if got := ledger.PayoutLines(parts, ledger.Bank(), 1); !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	for i := range want {
		want[i].Amount = -want[i].Amount
	}
	if got := ledger.PayoutLines(parts, ledger.Bank(), -1); !slices.Equal(got, want) {
		t.Errorf("back: %v, want %v", got, want)
	}
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Int64Range(0, 100)
		var parts []ledger.PayoutPart
		for i := range rapid.IntRange(0, 9).Draw(t, "parts") {
			parts = append(parts, ledger.PayoutPart{Household: int64(i + 1), OwedFen: n.Draw(t, "owed"), KeptFen: n.Draw(t, "kept")})
		}
		if got := ledger.PayoutLines(parts, ledger.Bank(), 1); sum(got) != 0 {
			t.Fatalf("%v", got)
		}
	})
}
