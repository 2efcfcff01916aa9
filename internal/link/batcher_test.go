package link_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"testing"

	"banmuyuan/internal/link"
)

// Calls that arrive during a batch form the next one, each with its own answer.
func TestBatcher(t *testing.T) {
	t.Parallel()
	var sizes []int
	begun, go1 := make(chan struct{}), make(chan struct{})
	double := link.NewBatcher(3, func(_ context.Context, in []int) ([]int, error) {
		if len(sizes) == 0 {
			close(begun)
			<-go1
		}
		sizes = append(sizes, len(in))
		out := make([]int, len(in))
		for i, n := range in {
			out[i] = 2 * n
		}
		return out, nil
	})
	var all sync.WaitGroup
	ask := func(n int) {
		if got, err := double.Do(t.Context(), n); err != nil || got != 2*n {
			t.Errorf("%d: got %d, %v", n, got, err)
		}
	}
	all.Go(func() { ask(1) })
	<-begun
	gone, leave := context.WithCancel(t.Context())
	leave()
	for n := 2; n <= 5; n++ { // their items wait although the callers do not
		if _, err := double.Do(gone, n); link.CodeOf(err) != link.Unavailable {
			t.Errorf("a caller that left got %v", err)
		}
	}
	close(go1)
	all.Wait()
	ask(6)
	if !slices.Equal(sizes, []int{1, 3, 1, 1}) && !slices.Equal(sizes, []int{1, 3, 2}) {
		t.Errorf("done in batches of %d", sizes)
	}
}

// An item that cannot be done fails alone, a panic too, and later calls are served.
func TestBatcherFailsAlone(t *testing.T) {
	t.Parallel()
	begun, go1 := make(chan struct{}), make(chan struct{})
	var once sync.Once
	work := link.NewBatcher(10, func(_ context.Context, in []string) ([]string, error) {
		once.Do(func() { close(begun); <-go1 })
		if slices.Contains(in, "wrong") {
			return nil, errors.New("cannot be done")
		}
		if slices.Contains(in, "worse") {
			panic("cannot be thought of")
		}
		return in, nil
	})
	var all sync.WaitGroup
	all.Go(func() { _, _ = work.Do(t.Context(), "first") })
	<-begun
	for i, s := range []string{"wrong", "worse", "good", "better"} {
		all.Go(func() {
			got, err := work.Do(t.Context(), s)
			if bad := i < 2; bad != (err != nil) || !bad && got != s {
				t.Errorf("%s: got %q, %v", s, got, err)
			}
		})
	}
	for work.Waiting() < 4 {
		runtime.Gosched()
	}
	close(go1)
	all.Wait()
	short := link.NewBatcher(10, func(context.Context, []string) ([]string, error) { return nil, nil })
	if _, err := short.Do(t.Context(), "x"); fmt.Sprint(err) != "0 answers to 1" {
		t.Errorf("no answer: %v", err)
	}
}
