package main

import (
	"context"
	"io"
	"testing"

	"banmuyuan/internal/link/linktest"
)

func TestMain(m *testing.M) { linktest.Main(m) }

// The scenario does the work that it measures: postings balance, and the batch pays the whole county.
func TestMoneyDoesWhatItMeasures(t *testing.T) {
	ctx := context.Background()
	bk, err := openBooks(ctx, linktest.Postgres(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = bk.db.Close() })
	for _, parties := range []int{1, moneyHouseholds} {
		for n := range int64(3) {
			for name, do := range map[string]attempt{"bare": bk.bare(parties), "post": bk.post(parties)} {
				if o, _, err := do(0, n); o != done || err != nil {
					t.Errorf("%s of %d: %v", name, parties, err)
				}
			}
		}
	}
	b := &bench{stdout: io.Discard, report: &report{}}
	if err := b.benchBatch(ctx, bk); err != nil {
		t.Fatal(err)
	}
	took, ok := b.report.single("money", "payout batch of 11,187")
	t.Logf("batch: %.2f s", took)
	if !ok || took <= 0 {
		t.Error("the batch was not measured")
	}
}
