package live_test

import (
	"errors"
	"testing"

	"banmuyuan/web/live"
)

// woken tells whether who waits was told of a change since it last asked.
func woken(changed <-chan struct{}) bool {
	select {
	case _, open := <-changed:
		return open
	default:
		return false
	}
}

func watch(t *testing.T, c *live.Changes, id int64) (changed <-chan struct{}, stop func()) {
	t.Helper()
	changed, stop, err := c.Watch(id)
	if err != nil {
		t.Fatal(err)
	}
	return changed, stop
}

func TestChangesWakeWhoeverWaitsForThem(t *testing.T) {
	t.Parallel()
	c := live.NewChanges()
	c.Tell(1) // nobody waits
	one, stop := watch(t, c, 1)
	too, _ := watch(t, c, 1)
	other, _ := watch(t, c, 2)
	if woken(one) {
		t.Error("told of a change from before it waited")
	}
	for range 3 {
		c.Tell(1)
	}
	if !woken(one) || !woken(too) {
		t.Error("not everybody who waits was woken")
	}
	if woken(one) {
		t.Error("woken again though nothing has changed since")
	}
	if woken(other) {
		t.Error("woken by a change of something else")
	}
	stop()
	stop()
	c.Tell(1)
	if woken(one) || !woken(too) {
		t.Error("stopping ended the wait of another, or not its own")
	}
}

// However many wait, for one thing or for many, there is a bound, and who stops makes room.
func TestChangesAreBounded(t *testing.T) {
	t.Parallel()
	for what, id := range map[string]func(n int64) int64{
		"one thing":   func(int64) int64 { return 1 },
		"many things": func(n int64) int64 { return n },
	} {
		c := live.NewChanges()
		var stops []func()
		for n := int64(0); ; n++ {
			_, stop, err := c.Watch(id(n))
			if errors.Is(err, live.ErrFull) {
				break
			}
			if err != nil || n > 1_000_000 {
				t.Fatalf("%d wait for %s, %v", n, what, err)
			}
			stops = append(stops, stop)
		}
		_, stop, err := c.Watch(-1)
		if room := err == nil; room != (what == "one thing") {
			t.Errorf("room for others beside %s: %t", what, room)
		} else if room {
			stop()
		}
		stops[0]()
		stops[0]() // makes no room for two
		watch(t, c, id(0))
		if _, _, err := c.Watch(id(0)); !errors.Is(err, live.ErrFull) {
			t.Errorf("one more waits for %s than there is room for: %v", what, err)
		}
		for _, stop := range stops {
			stop()
		}
		for n := range stops[1:] {
			watch(t, c, id(int64(n)))
		}
	}
}

func TestClosedChangesHoldNobody(t *testing.T) {
	t.Parallel()
	c := live.NewChanges()
	one, stop := watch(t, c, 1)
	two, _ := watch(t, c, 2)
	c.Close()
	c.Close()
	for _, changed := range []<-chan struct{}{one, two} {
		select {
		case _, more := <-changed:
			if more {
				t.Error("told of a change")
			}
		default:
			t.Error("still waits")
		}
	}
	c.Tell(1)
	stop()
	if _, _, err := c.Watch(1); !errors.Is(err, live.ErrFull) {
		t.Errorf("waits for what is closed: %v", err)
	}
}
