package link

import "time"

// SetBeforeMark runs fn between publishing a batch and marking it; an error from it ends the holder's term.
func (r *Relay) SetBeforeMark(fn func() error) { r.beforeMark = fn }

// SetRest sets how long the relay keeps its connection with nothing to publish.
func (r *Relay) SetRest(d time.Duration) { r.rest = d }

// SetBeforeAck runs fn between a commit and the ack; false loses the ack, as a crash would.
func (c *Consumer) SetBeforeAck(fn func() bool) { c.beforeAck = fn }

// Waiting is how many have come that nobody works for yet.
func (t *Together[In, Out]) Waiting() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.waiting)
}
