package link_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"banmuyuan/internal/link"
)

func TestPace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := link.Pace{Every: 10 * time.Millisecond}
		round := func(ctx context.Context, want time.Duration) {
			t.Helper()
			began := time.Now()
			p.Wait(ctx)
			if got := time.Since(began); got != want {
				t.Errorf("waited %s, want %s", got, want)
			}
		}
		round(t.Context(), 0)
		time.Sleep(4 * time.Millisecond)
		round(t.Context(), 6*time.Millisecond)
		time.Sleep(time.Second)
		round(t.Context(), 0)
		over, cancel := context.WithCancel(t.Context())
		cancel()
		round(over, 0)
	})
}
