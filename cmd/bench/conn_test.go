package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func serve(t *testing.T, h http.HandlerFunc) *conn {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	c := &conn{addr: strings.TrimPrefix(s.URL, "http://"), token: "abc"}
	t.Cleanup(c.close)
	return c
}

func TestConnSpeaksHTTP(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("鹅", 50_000)
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		w.Header().Set("ETag", `"v1"`)
		switch r.URL.Path {
		case "/long":
			_, _ = io.WriteString(w, long) // chunked
		case "/same":
			w.WriteHeader(http.StatusNotModified)
		case "/busy":
			w.Header().Set("Retry-After", "2")
			w.WriteHeader(http.StatusServiceUnavailable)
		case "/close":
			w.Header().Set("Connection", "close")
			_, _ = io.WriteString(w, "bye")
		default:
			_, _ = io.WriteString(w, r.Method+" "+r.Header.Get("Authorization")+" "+r.Header.Get("Idempotency-Key")+" "+
				r.Header.Get("Accept")+" "+r.Header.Get("Content-Type")+" "+string(body))
		}
	})
	for range 2 { // over the same connection, and a new one after a close
		for _, want := range []struct {
			method, path, key, body, answer string
			status                          int
			more                            []header
		}{
			{"POST", "/echo", "k-1", `{"a":1}`, `POST Bearer abc k-1 application/json application/json {"a":1}`, 200, nil},
			{"POST", "/echo", "", "play=pay", "POST Bearer abc  text/html application/x-www-form-urlencoded play=pay", 200,
				[]header{{"Accept", "text/html"}, {"Content-Type", "application/x-www-form-urlencoded"}}},
			{"GET", "/long", "", "", long, 200, nil},
			{"GET", "/same", "", "", "", 304, nil},
			{"GET", "/busy", "", "", "", 503, nil},
			{"GET", "/close", "", "", "bye", 200, nil},
		} {
			var body []byte
			if want.body != "" {
				body = []byte(want.body)
			}
			res, err := c.do(want.method, want.path, want.key, body, want.more...)
			if err != nil {
				t.Fatalf("%s: %v", want.path, err)
			}
			if res.status != want.status || string(res.body) != want.answer || res.etag != `"v1"` {
				t.Errorf("%s: %d %q %s", want.path, res.status, res.body, res.etag)
			}
			if want.status == 503 && res.retryAfter != 2*time.Second {
				t.Errorf("%s: retry after %s", want.path, res.retryAfter)
			}
		}
	}
}

func TestJudge(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		res  reply
		want outcome
	}{
		{reply{status: 201, body: []byte(`{"state":"placed"}`)}, done},
		{reply{status: 201, body: []byte(`{"state":"expired"}`)}, failed},
		{reply{status: 409, body: []byte(`{"key":"order.quantity.sold_out"}`)}, refused},
		{reply{status: 409, body: []byte(`{"key":"order.key.reused"}`)}, failed},
		{reply{status: 503, retryAfter: time.Second}, refused},
		{reply{status: 503}, failed}, // refused without saying when to come back
		{reply{status: 500}, failed},
	} {
		if got, _, err := judge(c.res); got != c.want || (err != nil) != (c.want == failed) {
			t.Errorf("%d %s: %d %v", c.res.status, c.res.body, got, err)
		}
	}
}
