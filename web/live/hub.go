// Package live sends what happens to the pages that show it, as server-sent
// events, and wakes the programs that wait for it. What must always hold: a slow
// reader never delays a publisher or another reader; the number of readers is
// bounded; what a reader missed is told by the next event, so every event carries
// a whole state and not a difference.
package live

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"
)

// ErrFull says that no more readers can be taken.
var ErrFull = errors.New("too many live readers")

// errClosed says that the process stops.
var errClosed = errors.New("live updates have ended")

// Bounds of a hub.
const (
	maxReaders         = 5000
	maxReadersPerTopic = 2000
	heartbeat          = 25 * time.Second // below the 30 s after which proxies hang up
	retry              = 5 * time.Second
	again              = time.Second // after which a reader of a process that stops comes back
)

// Hub passes events on. The zero value is not usable; see NewHub.
type Hub struct {
	mu      sync.Mutex
	topics  map[string]map[*reader]struct{}
	readers int
	closed  bool
	done    chan struct{}
}

// A reader holds one event at most: a newer one replaces it.
type reader struct{ next chan string }

// NewHub returns an empty hub.
func NewHub() *Hub {
	return &Hub{topics: map[string]map[*reader]struct{}{}, done: make(chan struct{})}
}

// Publish sends data, HTML or JSON, to whoever reads topic. It never waits.
func (h *Hub) Publish(topic, data string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for r := range h.topics[topic] {
		for {
			select {
			case r.next <- data:
			default:
				select { // the reader is slow: it gets the newest state only
				case <-r.next:
				default:
				}
				continue
			}
			break
		}
	}
}

// Watched reports whether anybody reads topic, so that nothing is rendered for
// nobody.
func (h *Hub) Watched(topic string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.topics[topic]) > 0
}

// Close ends every reader, so that the HTTP server can shut down, and has them connect again.
func (h *Hub) Close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.closed {
		h.closed = true
		close(h.done)
	}
}

func (h *Hub) subscribe(topic string) (*reader, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return nil, errClosed
	}
	if h.readers >= maxReaders || len(h.topics[topic]) >= maxReadersPerTopic {
		return nil, ErrFull
	}
	r := &reader{next: make(chan string, 1)}
	if h.topics[topic] == nil {
		h.topics[topic] = map[*reader]struct{}{}
	}
	h.topics[topic][r] = struct{}{}
	h.readers++
	return r, nil
}

func (h *Hub) unsubscribe(topic string, r *reader) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.topics[topic], r)
	if len(h.topics[topic]) == 0 {
		delete(h.topics, topic)
	}
	h.readers--
}

// Serve writes the events of a topic until the browser leaves. It returns ErrFull
// before anything is written. The caller has checked that the reader may see the
// topic.
func (h *Hub) Serve(w http.ResponseWriter, r *http.Request, topic string) error {
	me, err := h.subscribe(topic)
	if errors.Is(err, errClosed) {
		header(w)
		// A browser that gets another answer does not come back by itself.
		_, _ = fmt.Fprintf(w, "retry: %d\n\n", again.Milliseconds())
		return nil
	}
	if err != nil {
		return err
	}
	defer h.unsubscribe(topic, me)
	control := http.NewResponseController(w)
	if err := control.SetWriteDeadline(time.Time{}); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return fmt.Errorf("lift write deadline: %w", err)
	}
	header(w)
	send := func(text string) bool {
		_, err := w.Write([]byte(text))
		return err == nil && control.Flush() == nil
	}
	if !send(fmt.Sprintf("retry: %d\n\n", retry.Milliseconds())) {
		return nil
	}
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	for {
		var ok bool
		select {
		case <-r.Context().Done():
			return nil
		case <-h.done:
			send(fmt.Sprintf("retry: %d\n\n", again.Milliseconds()))
			return nil
		case <-beat.C:
			ok = send(": still here\n\n")
		case data := <-me.next:
			ok = send(event(data))
		}
		if !ok {
			return nil // the browser went away
		}
	}
}

func header(w http.ResponseWriter) {
	header := w.Header()
	header.Set("Content-Type", "text/event-stream")
	header.Set("Cache-Control", "no-store")
	header.Set("X-Accel-Buffering", "no") // nginx would wait for a full buffer
	w.WriteHeader(http.StatusOK)
}

// event writes data as one event; each of its lines is a data line.
func event(data string) string {
	data = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(data)
	return "event: message\ndata: " + strings.ReplaceAll(data, "\n", "\ndata: ") + "\n\n"
}
