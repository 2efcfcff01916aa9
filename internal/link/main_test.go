package link_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"banmuyuan/internal/link/linktest"
)

func TestMain(m *testing.M) { linktest.Main(m) }

// quiet keeps expected failures out of the test's output.
var quiet = slog.New(slog.DiscardHandler)

// patience bounds every wait for something that must happen; nothing is measured against it.
const patience = 4 * time.Minute

// eventually waits until done is true.
func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !done(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("never happened: %s", what)
		}
	}
}

// background runs fn until the test ends, and waits for it.
func background(t *testing.T, fn func(context.Context) error) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := fn(ctx); err != nil {
			t.Errorf("background: %v", err)
		}
	}()
	stop = func() { cancel(); <-done }
	t.Cleanup(stop)
	return stop
}
