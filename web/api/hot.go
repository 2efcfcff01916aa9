package api

import (
	"context"
	"net/http"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"
)

// hotAnswers keeps the encoded answers of public, often asked endpoints for a moment: a request within it is
// answered without asking a module, and a crowd of requests asks once. Only successes are kept.
type hotAnswers struct {
	mu      sync.RWMutex
	answers map[string]hotAnswer
	flight  singleflight.Group
	now     func() time.Time
}

type hotAnswer struct {
	body  []byte
	etag  string
	until time.Time
}

const (
	// hotFor bounds how old "left" can be together with the module's own memory.
	hotFor  = 500 * time.Millisecond
	hotMost = 2000 // distinct filters kept at a time
)

func newHotAnswers() *hotAnswers {
	return &hotAnswers{answers: map[string]hotAnswer{}, now: time.Now}
}

func (h *hotAnswers) get(key string, answer func() ([]byte, error)) (hotAnswer, error) {
	h.mu.RLock()
	a, ok := h.answers[key]
	h.mu.RUnlock()
	if ok && h.now().Before(a.until) {
		return a, nil
	}
	v, err, _ := h.flight.Do(key, func() (any, error) {
		body, err := answer()
		if err != nil {
			return nil, err
		}
		a := hotAnswer{body: body, etag: tagOf(body), until: h.now().Add(hotFor)}
		h.mu.Lock()
		defer h.mu.Unlock()
		if len(h.answers) >= hotMost {
			clear(h.answers)
		}
		h.answers[key] = a
		return a, nil
	})
	if err != nil {
		return hotAnswer{}, err
	}
	return v.(hotAnswer), nil
}

func (a *API) serveHot(w http.ResponseWriter, r *http.Request, e endpoint) {
	answer, err := a.hot.get(cacheKey(r.URL.Path, r.URL.Query()), func() ([]byte, error) {
		// The answer is for all waiting requests: one that goes away must not end it.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), 10*time.Second)
		defer cancel()
		res, err := e.serve(ctx, r)
		if err != nil {
			return nil, err
		}
		return encode(res)
	})
	if err != nil {
		a.fail(w, r, err)
		return
	}
	send(w, r, e.status, answer.body, answer.etag, "public, max-age=0, must-revalidate")
}
