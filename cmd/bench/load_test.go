package main

import (
	"context"
	"errors"
	"testing"
	"time"
)

func nothing()           {}
func noProgress(_ int64) {}

func TestClosedLoopCountsOutcomes(t *testing.T) {
	t.Parallel()
	p := phase{workers: 4, measure: 10 * time.Second, most: 300}
	f, err := p.run(t.Context(), func(_ int, n int64) (outcome, time.Duration, error) {
		switch n % 3 {
		case 0:
			return done, 0, nil
		case 1:
			return refused, 0, nil
		}
		return failed, 0, errors.New("no")
	}, nothing, nothing, noProgress)
	if err != nil {
		t.Fatal(err)
	}
	if f.done != 100 || f.refused != 100 || f.failed != 100 || f.allDone != 100 {
		t.Errorf("done %d refused %d failed %d of all %d", f.done, f.refused, f.failed, f.allDone)
	}
	if f.latency.TotalCount() != 100 || f.refusals.TotalCount() != 100 {
		t.Errorf("%d latencies and %d of refusals", f.latency.TotalCount(), f.refusals.TotalCount())
	}
	if f.firstError == nil || f.firstError.Error() != "no" {
		t.Errorf("first failure: %v", f.firstError)
	}
}

func TestWarmUpIsNotMeasured(t *testing.T) {
	t.Parallel()
	measuring := 0
	p := phase{workers: 1, warmUp: time.Minute, measure: time.Minute, most: 5}
	f, err := p.run(t.Context(), func(int, int64) (outcome, time.Duration, error) { return done, 0, nil },
		func() { measuring++ }, nothing, noProgress)
	if err != nil {
		t.Fatal(err)
	}
	if f.done != 0 || f.allDone != 5 || measuring != 0 || f.latency.TotalCount() != 0 {
		t.Errorf("%d of %d measured in the warm-up", f.done, f.allDone)
	}
}

// In an open loop the attempts that were due while the server stalled count their waiting.
func TestOpenLoopCountsFromWhenDue(t *testing.T) {
	t.Parallel()
	const stall = 200 * time.Millisecond
	p := phase{workers: 1, rate: 1000, measure: time.Minute, most: 100}
	f, err := p.run(t.Context(), func(_ int, n int64) (outcome, time.Duration, error) {
		if n == 0 {
			time.Sleep(stall)
		}
		return done, 0, nil
	}, nothing, nothing, noProgress)
	if err != nil {
		t.Fatal(err)
	}
	// All 100 were due within 100 ms: each waited for the rest of the stall.
	if least := f.latency.Min(); least < (stall - 101*time.Millisecond).Microseconds() {
		t.Errorf("somebody waited for only %d µs", least)
	}
}

func TestRunEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	p := phase{workers: 2, measure: time.Hour}
	_, err := p.run(ctx, func(int, int64) (outcome, time.Duration, error) {
		cancel()
		return refused, time.Hour, nil
	}, nothing, nothing, noProgress)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("ended with %v", err)
	}
}
