package live_test

import (
	"bufio"
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"banmuyuan/web/live"
)

// read opens topic as a browser does and passes on the data of each event.
func read(t *testing.T, url string) (events <-chan string, leave func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != http.StatusOK || resp.Header.Get("Content-Type") != "text/event-stream" {
		t.Fatalf("%s %v", resp.Status, resp.Header)
	}
	out := make(chan string)
	go func() {
		defer close(out)
		defer resp.Body.Close()
		var data []string
		for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
			if d, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
				data = append(data, d)
			} else if lines.Text() == "" && data != nil {
				out <- strings.Join(data, "\n")
				data = nil
			}
		}
	}()
	return out, cancel
}

func serve(t *testing.T) (*live.Hub, string) {
	t.Helper()
	hub := live.NewHub()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := hub.Serve(w, r, r.URL.Path); err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
		}
	}))
	t.Cleanup(s.Close)
	t.Cleanup(hub.Close)
	return hub, s.URL
}

func TestReadersGetWhatIsPublished(t *testing.T) {
	t.Parallel()
	hub, url := serve(t)
	stock, leave := read(t, url+"/stock")
	other, _ := read(t, url+"/other")
	hub.Publish("/stock", "left 7\r\nof 10")
	if got := <-stock; got != "left 7\nof 10" {
		t.Errorf("got %q", got)
	}
	hub.Publish("/other", "x")
	if got := <-other; got != "x" {
		t.Errorf("the other topic got %q", got)
	}
	leave()
	for range stock { // until the browser has left
	}
	for hub.Watched("/stock") {
		hub.Publish("/stock", "to nobody")
	}
}

// A reader that does not read holds nobody up and is told the newest state when it does.
func TestSlowReaderGetsTheNewest(t *testing.T) {
	t.Parallel()
	hub, url := serve(t)
	slow, _ := read(t, url+"/stock")
	for hub.Publish("/stock", "old"); ; hub.Publish("/stock", "old") {
		if got := <-slow; got == "old" {
			break
		}
	}
	for range 100_000 {
		hub.Publish("/stock", strings.Repeat("old ", 50))
	}
	hub.Publish("/stock", "newest")
	for got := range slow {
		if got == "newest" {
			return
		}
	}
	t.Error("the newest state never came")
}

func TestClosedHubTakesNobody(t *testing.T) {
	t.Parallel()
	hub, url := serve(t)
	events, _ := read(t, url+"/stock")
	hub.Close()
	hub.Close()
	for range events {
		t.Error("an event from a closed hub")
	}
	// A page that opens now is told to come again, with an answer after which browsers do.
	w := httptest.NewRecorder()
	if err := hub.Serve(w, httptest.NewRequest(http.MethodGet, "/stock", nil), "/stock"); err != nil || w.Code != http.StatusOK || w.Body.String() != "retry: 1000\n\n" {
		t.Errorf("a closed hub: %v, %d %q", err, w.Code, w.Body)
	}
}
