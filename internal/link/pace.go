package link

import (
	"context"
	"time"
)

// Pace spaces rounds of work: the first round after a pause begins at once, and under load rounds are Every apart, because
// a round costs nearly the same for one item as for many. It is for one goroutine; its zero value does not wait.
type Pace struct {
	Every time.Duration // from the beginning of a round to that of the next
	last  time.Time
}

// Wait returns when the next round may begin, or when ctx ends.
func (p *Pace) Wait(ctx context.Context) {
	if left := time.Until(p.last.Add(p.Every)); left > 0 {
		pause(ctx, left)
	}
	p.last = time.Now()
}
