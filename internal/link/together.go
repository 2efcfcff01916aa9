package link

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// Together does as one what callers bring at the same moment, so that they share a transaction and its commit. Nobody
// waits for company: who finds nothing being done begins at once, and what comes meanwhile is done next, all of it.
type Together[In, Out any] struct {
	do   func(context.Context, []In) ([]Out, error)
	most int

	mu      sync.Mutex
	waiting []*errand[In, Out]
	busy    bool
}

type errand[In, Out any] struct {
	in   In
	out  Out
	err  error
	done chan struct{}
}

// togetherTimeout is the work's own: a caller who no longer waits must not undo what others asked for.
const togetherTimeout = 30 * time.Second

// NewTogether has do called with at most so many at a time, never twice at once. It answers each in their order. With an
// error nothing was done, and each is tried by itself: none fails for what is wrong with another. What concerns one
// caller alone belongs into its Out.
func NewTogether[In, Out any](most int, do func(context.Context, []In) ([]Out, error)) *Together[In, Out] {
	return &Together[In, Out]{do: do, most: most}
}

// Do returns when in is done. Unavailable: ctx ended first, and in may be done nevertheless.
func (t *Together[In, Out]) Do(ctx context.Context, in In) (Out, error) {
	e := &errand[In, Out]{in: in, done: make(chan struct{})}
	t.mu.Lock()
	t.waiting = append(t.waiting, e)
	if !t.busy {
		t.busy = true
		go t.work()
	}
	t.mu.Unlock()
	select {
	case <-e.done:
		return e.out, e.err
	case <-ctx.Done():
		var none Out
		return none, E(Unavailable, "timeout", "").Because(ctx.Err())
	}
}

func (t *Together[In, Out]) work() {
	for {
		t.mu.Lock()
		batch := t.waiting[:min(len(t.waiting), t.most)]
		t.waiting = t.waiting[len(batch):]
		t.busy = len(batch) > 0
		t.mu.Unlock()
		if len(batch) == 0 {
			return
		}
		err := t.try(batch)
		for _, e := range batch {
			if e.err = err; err != nil && len(batch) > 1 {
				e.err = t.try([]*errand[In, Out]{e})
			}
			close(e.done)
		}
	}
}

func (t *Together[In, Out]) try(batch []*errand[In, Out]) (err error) {
	ctx, cancel := context.WithTimeout(context.Background(), togetherTimeout)
	defer cancel()
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	in := make([]In, len(batch))
	for i, e := range batch {
		in[i] = e.in
	}
	out, err := t.do(ctx, in)
	if err == nil && len(out) != len(in) {
		err = fmt.Errorf("%d answers to %d", len(out), len(in))
	}
	if err != nil {
		return err
	}
	for i, e := range batch {
		e.out = out[i]
	}
	return nil
}
