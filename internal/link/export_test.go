package link

// SetBeforeMark runs fn between publishing a batch and marking it; an error from it ends the holder's term.
func (r *Relay) SetBeforeMark(fn func() error) { r.beforeMark = fn }

// SetBeforeAck runs fn between a commit and the ack; false loses the ack, as a crash would.
func (c *Consumer) SetBeforeAck(fn func() bool) { c.beforeAck = fn }
