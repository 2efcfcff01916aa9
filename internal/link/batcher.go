package link

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// Batcher runs concurrent calls as one batch, so that they share a transaction and its commit. An idle batcher starts
// immediately; calls that arrive meanwhile form the next batch.
type Batcher[In, Out any] struct {
	run   func(context.Context, []In) ([]Out, error)
	limit int

	mu      sync.Mutex
	waiting []*item[In, Out]
	busy    bool
}

// item is one call.
type item[In, Out any] struct {
	in   In
	out  Out
	err  error
	done chan struct{}
}

// batchTimeout bounds a batch. The context of a single caller does not: a caller that gives up must not undo the calls
// of others.
const batchTimeout = 30 * time.Second

// NewBatcher returns a batcher that calls run with at most limit items, and never twice at the same time. The answers of
// run have the order of its items. An error of run means that nothing was done; the batcher then runs each item alone, so
// that no item fails because of another. A failure of one item alone belongs into its Out.
func NewBatcher[In, Out any](limit int, run func(context.Context, []In) ([]Out, error)) *Batcher[In, Out] {
	return &Batcher[In, Out]{run: run, limit: limit}
}

// Do returns when in is done. Unavailable: ctx ended first, and in may be done nevertheless.
func (b *Batcher[In, Out]) Do(ctx context.Context, in In) (Out, error) {
	i := &item[In, Out]{in: in, done: make(chan struct{})}
	b.mu.Lock()
	b.waiting = append(b.waiting, i)
	if !b.busy {
		b.busy = true
		go b.work()
	}
	b.mu.Unlock()
	select {
	case <-i.done:
		return i.out, i.err
	case <-ctx.Done():
		var none Out
		return none, E(Unavailable, "timeout", "").Because(ctx.Err())
	}
}

func (b *Batcher[In, Out]) work() {
	for {
		b.mu.Lock()
		batch := b.waiting[:min(len(b.waiting), b.limit)]
		b.waiting = b.waiting[len(batch):]
		b.busy = len(batch) > 0
		b.mu.Unlock()
		if len(batch) == 0 {
			return
		}
		err := b.try(batch)
		for _, i := range batch {
			if i.err = err; err != nil && len(batch) > 1 {
				i.err = b.try([]*item[In, Out]{i})
			}
			close(i.done)
		}
	}
}

func (b *Batcher[In, Out]) try(batch []*item[In, Out]) (err error) {
	ctx, cancel := context.WithTimeout(context.Background(), batchTimeout)
	defer cancel()
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	in := make([]In, len(batch))
	for n, i := range batch {
		in[n] = i.in
	}
	out, err := b.run(ctx, in)
	if err == nil && len(out) != len(in) {
		err = fmt.Errorf("%d answers to %d", len(out), len(in))
	}
	if err != nil {
		return err
	}
	for n, i := range batch {
		i.out = out[n]
	}
	return nil
}
