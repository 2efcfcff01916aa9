package link

// SetBeforeMark runs fn between publishing a batch and marking it; an error from it ends the holder's term.
func (r *Relay) SetBeforeMark(fn func() error) { r.beforeMark = fn }

// SetBeforeAck runs fn between a commit and the ack; false loses the ack, as a crash would.
func (c *Consumer) SetBeforeAck(fn func() bool) { c.beforeAck = fn }

// Waiting is how many have come that nobody works for yet.
func (t *Together[In, Out]) Waiting() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.waiting)
}
