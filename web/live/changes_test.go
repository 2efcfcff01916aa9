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

// However many wait, there is a bound, and who stops makes room.
func TestChangesAreBounded(t *testing.T) {
	t.Parallel()
	c := live.NewChanges()
	var stops []func()
	for id := int64(0); ; id++ {
		_, stop, err := c.Watch(id % 7)
		if errors.Is(err, live.ErrFull) {
			break
		}
		if err != nil || id > 1_000_000 {
			t.Fatalf("%d wait, %v", id, err)
		}
		stops = append(stops, stop)
	}
	stops[0]()
	stops[0]() // is not room for two
	watch(t, c, 3)
	if _, _, err := c.Watch(3); !errors.Is(err, live.ErrFull) {
		t.Errorf("one more than there is room for: %v", err)
	}
	for _, stop := range stops {
		stop()
	}
	for range stops[1:] {
		watch(t, c, 8)
	}
}

func TestClosedChangesHoldNobody(t *testing.T) {
	t.Parallel()
	c := live.NewChanges()
	one, stop := watch(t, c, 1)
	two, _ := watch(t, c, 2)
	c.Close()
	c.Close()
	<-one // or the test never ends
	<-two
	c.Tell(1)
	stop()
	if _, _, err := c.Watch(1); !errors.Is(err, live.ErrFull) {
		t.Errorf("waits for what is closed: %v", err)
	}
}
