package main

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync/atomic"

	"banmuyuan/internal/link"
	"banmuyuan/web/api"
)

// front answers from the first moment of the process: how it is, and everything else as soon as the modules do.
type front struct {
	ready   *readiness
	product atomic.Pointer[http.Handler]
}

func (f *front) open(h http.Handler) { f.product.Store(&h) }

// ServeHTTP answers a request. While the process stops, connections are closed with their answer: a proxy opens the next one to
// another process.
func (f *front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if f.ready.isStopping() {
		w.Header().Set("Connection", "close")
	}
	switch r.URL.Path {
	case "/healthz":
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Header().Set("Cache-Control", "no-store")
		_, _ = io.WriteString(w, "ok\n")
		return
	case "/readyz":
		f.ready.ServeHTTP(w, r)
		return
	}
	if product := f.product.Load(); product != nil {
		(*product).ServeHTTP(w, r)
		return
	}
	sayStarting(w, r)
}

// keyStarting is the key of the answer of a process that is not open yet: nothing was done.
const keyStarting = "starting"

func sayStarting(w http.ResponseWriter, r *http.Request) {
	const zh, en = "系统正在启动，请稍候片刻再刷新。", "The site is starting. Please come back in a moment."
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Retry-After", "5")
	if strings.HasPrefix(r.URL.Path, api.Prefix) {
		body, err := json.Marshal(api.Problem{Type: "about:blank", Title: en, Status: http.StatusServiceUnavailable, Code: link.Unavailable, Key: keyStarting})
		if err == nil {
			w.Header().Set("Content-Type", api.ProblemType)
			w.WriteHeader(http.StatusServiceUnavailable)
			_, _ = w.Write(body)
			return
		}
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(http.StatusServiceUnavailable)
	_, _ = io.WriteString(w, zh+"\n"+en+"\n")
}
