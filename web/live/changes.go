package live

import "sync"

// Bounds of the requests that are held open for changes.
const (
	maxWaiting      = 5000
	maxWaitingPerID = 100 // so that nobody takes all the room with one order of theirs
)

// Changes wakes those who wait for a thing to change, by its id. It tells that something changed and not what: whoever
// is woken reads. The zero value is not usable; see NewChanges.
type Changes struct {
	mu      sync.Mutex
	waiting map[int64]map[chan struct{}]struct{}
	waiters int
	closed  bool
}

// NewChanges returns changes that nobody waits for.
func NewChanges() *Changes {
	return &Changes{waiting: map[int64]map[chan struct{}]struct{}{}}
}

// Watch waits for changes of id from now on: who watches before reading misses nothing in between. The channel receives
// after one or several changes, and is closed when no more will be told. It returns ErrFull when too many wait. The
// caller calls stop when it waits no longer.
func (c *Changes) Watch(id int64) (changed <-chan struct{}, stop func(), err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed || c.waiters >= maxWaiting || len(c.waiting[id]) >= maxWaitingPerID {
		return nil, nil, ErrFull
	}
	me := make(chan struct{}, 1)
	if c.waiting[id] == nil {
		c.waiting[id] = map[chan struct{}]struct{}{}
	}
	c.waiting[id][me] = struct{}{}
	c.waiters++
	return me, func() { c.stop(id, me) }, nil
}

func (c *Changes) stop(id int64, me chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.waiting[id][me]; !ok {
		return // stopped before, or closed
	}
	delete(c.waiting[id], me)
	if len(c.waiting[id]) == 0 {
		delete(c.waiting, id)
	}
	c.waiters--
}

// Tell wakes who waits for id. It never waits itself.
func (c *Changes) Tell(id int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for w := range c.waiting[id] {
		select {
		case w <- struct{}{}:
		default: // it has not read since the last change, and will see this one as well
		}
	}
}

// Close wakes everybody, and nobody can wait any more.
func (c *Changes) Close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	for _, ws := range c.waiting {
		for w := range ws {
			close(w)
		}
	}
	clear(c.waiting)
	c.waiters = 0
}
