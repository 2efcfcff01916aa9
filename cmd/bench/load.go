package main

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// outcome is how an attempt ended, from the buyer's point of view.
type outcome int

const (
	done    outcome = iota
	refused         // an answer that says no: sold out, busy
	failed          // anything else
)

// attempt is one unit of work of worker w; n counts the attempts of all workers. wait is how long the worker was asked
// to stay away.
type attempt func(w int, n int64) (o outcome, wait time.Duration, err error)

// phase is one measurement.
type phase struct {
	workers int
	rate    float64 // open loop: so many attempts a second, whatever the answers do; 0: closed loop
	warmUp  time.Duration
	measure time.Duration
	most    int64 // ends after so many attempts; 0: only by time
}

// figures are the measurements of a phase.
type figures struct {
	seconds                float64
	done, refused, failed  int64 // within the measured time
	allDone                int64 // warm-up and late ends included
	latency                *hdrhistogram.Histogram
	refusals               *hdrhistogram.Histogram
	lastDone               time.Duration // since the phase began
	firstError             error
	startedAt, measuredTil time.Time
}

func (f *figures) perSecond() float64 {
	if f.seconds <= 0 {
		return 0
	}
	return float64(f.done) / f.seconds
}

// Latencies are kept in microseconds up to a minute, to three digits.
func newHistogram() *hdrhistogram.Histogram {
	return hdrhistogram.New(1, answerWithin.Microseconds(), 3)
}

func record(h *hdrhistogram.Histogram, d time.Duration) {
	// Out of range only past answerWithin, which counts as the longest there is.
	_ = h.RecordValue(min(max(d.Microseconds(), 1), h.HighestTrackableValue()))
}

func millis(h *hdrhistogram.Histogram, percentile float64) float64 {
	return float64(h.ValueAtPercentile(percentile)) / 1000
}

// shard records the attempts of some workers, so that they seldom wait for one another.
type shard struct {
	mu       sync.Mutex
	latency  *hdrhistogram.Histogram
	refusals *hdrhistogram.Histogram
	_        [64]byte // keeps shards off one another's cache lines
}

// run drives do by the phase's plan. measuring is called when the warm-up is over and measured when the time is, both
// from the goroutine that called run. In an open loop an attempt's time counts from when it was due, so that a server
// that stalls does not hide the attempts that were due meanwhile.
func (p phase) run(ctx context.Context, do attempt, measuring, measured func(), progress func(done int64)) (*figures, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	f := &figures{latency: newHistogram(), refusals: newHistogram()}
	shards := make([]shard, min(p.workers, 4*runtime.GOMAXPROCS(0)))
	for i := range shards {
		shards[i].latency, shards[i].refusals = newHistogram(), newHistogram()
	}
	var next, nDone, nRefused, nFailed, all, lastDone atomic.Int64
	var firstError atomic.Pointer[error]
	begin := time.Now()
	from, until := begin.Add(p.warmUp), begin.Add(p.warmUp+p.measure)
	var workers sync.WaitGroup
	for w := range p.workers {
		workers.Go(func() {
			s := &shards[w%len(shards)]
			for ctx.Err() == nil {
				n := next.Add(1) - 1
				if p.most > 0 && n >= p.most {
					return
				}
				start := time.Now()
				if p.rate > 0 {
					due := begin.Add(time.Duration(float64(n) / p.rate * float64(time.Second)))
					if due.After(until) {
						return
					}
					if !pause(ctx, time.Until(due)) {
						return
					}
					start = due
				} else if start.After(until) {
					return
				}
				o, wait, err := do(w, n)
				end := time.Now()
				counts := !end.Before(from) && end.Before(until)
				switch {
				case o == done:
					all.Add(1)
					lastDone.Store(max(lastDone.Load(), int64(end.Sub(begin))))
					if counts {
						nDone.Add(1)
						s.mu.Lock()
						record(s.latency, end.Sub(start))
						s.mu.Unlock()
					}
				case o == refused && counts:
					nRefused.Add(1)
					s.mu.Lock()
					record(s.refusals, end.Sub(start))
					s.mu.Unlock()
				case o == failed:
					if err == nil {
						err = fmt.Errorf("attempt %d failed", n)
					}
					firstError.CompareAndSwap(nil, &err)
					nFailed.Add(1)
				}
				if wait > 0 && !pause(ctx, min(wait, time.Until(until))) {
					return
				}
			}
		})
	}
	ended := make(chan struct{})
	go func() { workers.Wait(); close(ended) }()
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	warm, timeUp := time.NewTimer(time.Until(from)), time.NewTimer(time.Until(until))
	defer warm.Stop()
	defer timeUp.Stop()
	closed := false
	for running := true; running; {
		select {
		case <-warm.C:
			f.startedAt = time.Now()
			measuring()
		case <-timeUp.C:
			f.measuredTil = time.Now()
			measured()
			closed = true
		case <-tick.C:
			progress(nDone.Load())
		case <-ended:
			running = false
		}
	}
	if !closed {
		f.measuredTil = time.Now()
		measured()
	}
	progress(nDone.Load())
	if f.startedAt.IsZero() { // all attempts were made within the warm-up
		f.startedAt = begin
	}
	for i := range shards {
		f.latency.Merge(shards[i].latency)
		f.refusals.Merge(shards[i].refusals)
	}
	f.done, f.refused, f.failed, f.allDone = nDone.Load(), nRefused.Load(), nFailed.Load(), all.Load()
	f.lastDone = time.Duration(lastDone.Load())
	f.seconds = min(f.measuredTil.Sub(f.startedAt), p.measure).Seconds()
	if e := firstError.Load(); e != nil {
		f.firstError = *e
	}
	return f, context.Cause(ctx)
}

// pause sleeps and reports whether ctx is still alive.
func pause(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
