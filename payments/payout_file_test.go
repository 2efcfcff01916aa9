package payments_test

import (
	"testing"

	"banmuyuan/payments"
)

func TestBatchFile(t *testing.T) {
	t.Parallel()
	for s, want := range map[payments.BatchState][2]bool{
		payments.BatchDraft: {false, false}, payments.BatchRejected: {false, false}, payments.BatchApproved: {true, false},
		payments.BatchExported: {true, true}, payments.BatchDone: {true, true},
	} {
		if got := [2]bool{s.HasFile(), s.WithBank()}; got != want {
			t.Errorf("%s: %v, want %v", s, got, want)
		}
	}
}
