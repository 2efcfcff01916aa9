package link

import "time"

// SetBeforeMark runs fn between publishing a batch and marking it; an error from it ends the holder's term.
func (r *Relay) SetBeforeMark(fn func() error) { r.beforeMark = fn }

// SetIdle sets how long the relay keeps its connection with nothing to publish.
func (r *Relay) SetIdle(d time.Duration) { r.idle = d }

// SetPatience sets how long the relay tries a broker that takes no messages before it says so.
func (r *Relay) SetPatience(d time.Duration) { r.patience = d }

// SetBeforeAck runs fn between a commit and the ack; false loses the ack, as a crash would.
func (c *Consumer) SetBeforeAck(fn func() bool) { c.beforeAck = fn }

// Waiting is how many items wait for the next batch.
func (b *Batcher[In, Out]) Waiting() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.waiting)
}
