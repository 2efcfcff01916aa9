package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"banmuyuan/orders"
)

// balancer is a proxy as stands in front of several processes: it sends requests to those that say they are ready, and a
// request that found nobody listening to another.
type balancer struct {
	client *http.Client
	mu     sync.Mutex
	behind map[string]bool // addresses; whether ready
	turn   int
}

func (b *balancer) set(url string, ready bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.behind[url] = ready
}

func (b *balancer) forget(url string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.behind, url)
}

func (b *balancer) choose(not string) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	var able []string
	for url, ready := range b.behind {
		if ready && url != not {
			able = append(able, url)
		}
	}
	if len(able) == 0 {
		return ""
	}
	b.turn++
	return able[b.turn%len(able)]
}

// look asks every process how it is, as often as a proxy does.
func (b *balancer) look() {
	b.mu.Lock()
	var urls []string
	for url := range b.behind {
		urls = append(urls, url)
	}
	b.mu.Unlock()
	for _, url := range urls {
		status, _ := readyz(url)
		b.mu.Lock()
		if _, there := b.behind[url]; there {
			b.behind[url] = status == http.StatusOK
		}
		b.mu.Unlock()
	}
}

func (b *balancer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	for tried := ""; ; {
		to := b.choose(tried)
		if to == "" {
			http.Error(w, "nobody is ready", http.StatusBadGateway)
			return
		}
		req, err := http.NewRequestWithContext(r.Context(), r.Method, to+r.URL.RequestURI(), bytes.NewReader(body))
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		req.Header = r.Header.Clone()
		resp, err := b.client.Do(req)
		if errors.Is(err, syscall.ECONNREFUSED) && tried == "" {
			tried = to
			continue
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway) // what became of it is not known
			return
		}
		maps.Copy(w.Header(), resp.Header)
		w.WriteHeader(resp.StatusCode)
		_, _ = io.Copy(w, resp.Body)
		_ = resp.Body.Close()
		return
	}
}

// Processes are restarted one after another, under load and behind a proxy, and every order is answered the first time. Waiting
// looks and pages with live updates hold nothing up.
func TestRollingRestartsAnswerEverything(t *testing.T) {
	t.Parallel()
	takeTurns(t)
	restarts := 6
	if n, err := strconv.Atoi(os.Getenv("BANMU_RESTARTS")); err == nil {
		restarts = n
	}
	w := startSeparateServers(t)
	proxy := &balancer{behind: map[string]bool{}, client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64,
		DialContext: (&net.Dialer{Timeout: 5 * time.Second}).DialContext}}}
	var processes [2]*product
	var urls [2]string
	start := func(i int) {
		processes[i], urls[i] = w.startServing(append(slices.Clone(rush[1:]), "BANMU_SANDBOX=yes"))
		await(t, "a ready process", func() (string, bool) {
			status, text := readyz(urls[i])
			return text, status == http.StatusOK
		})
		proxy.set(urls[i], true)
	}
	start(0)
	start(1)
	site := httptest.NewServer(proxy)
	t.Cleanup(site.Close)
	w.url = site.URL
	ended := make(chan struct{})
	var looking sync.WaitGroup
	looking.Go(func() {
		for {
			select {
			case <-ended:
				return
			case <-time.After(200 * time.Millisecond):
				proxy.look()
			}
		}
	})
	buyer := w.as(t, "buyer")
	presale, delivery := w.presale(t, "goose-main"), w.pickup(t)
	body := placing{Lines: []orders.QuoteLine{{PresaleID: presale.ID, Qty: 1}}, Delivery: delivery}
	first := post[orders.Order](t, buyer, "/orders", "rolling-first", body)

	var over atomic.Bool
	var placed atomic.Int64
	var working sync.WaitGroup
	for client := range 8 {
		working.Go(func() {
			for n := 0; !over.Load(); n++ {
				key := fmt.Sprintf("rolling-%02d-%06d", client, n)
				a, err := buyer.try(request{method: "POST", path: "/orders", key: key, body: body})
				if err != nil || a.status != http.StatusCreated {
					t.Errorf("%s: %d %s, %v", key, a.status, a.body, err)
					return
				}
				placed.Add(1)
				time.Sleep(20 * time.Millisecond)
			}
		})
	}
	working.Go(func() { // a look that waits is answered with what there is
		for !over.Load() {
			a, err := buyer.try(request{method: "GET", path: "/orders/" + first.No + "?while=placed"})
			if err != nil || a.status != http.StatusOK {
				t.Errorf("a waiting look: %d %s, %v", a.status, a.body, err)
				return
			}
		}
	})
	for n := range restarts {
		i := n % 2
		live, err := http.Get(urls[i] + "/live/stock")
		if err != nil {
			t.Fatal(err)
		}
		w.end(processes[i]) // a request that does not end within requestPatience is an error
		text, err := io.ReadAll(live.Body)
		if err != nil || !bytes.HasSuffix(text, []byte("retry: 1000\n\n")) {
			t.Errorf("a page with live updates is told %q, %v", text, err)
		}
		_ = live.Body.Close()
		proxy.forget(urls[i])
		start(i)
		if t.Failed() {
			break
		}
	}
	over.Store(true)
	working.Wait()
	close(ended)
	looking.Wait()
	t.Logf("%d orders over %d restarts", placed.Load(), restarts)
	if placed.Load() < int64(restarts)*20 {
		t.Errorf("only %d orders: this was no load", placed.Load())
	}
}
