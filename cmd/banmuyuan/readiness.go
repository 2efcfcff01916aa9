package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// readiness answers /readyz: what a process still lacks to do its work, or that it lacks nothing.
type readiness struct {
	log *slog.Logger

	mu       sync.Mutex
	phase    func() string // of starting; nil once the modules work
	stopping bool
	checks   []check
	said     string // what was missing when it was last logged
}

// check asks for one need. Its error is shown when it is a lack, and only logged otherwise.
type check struct {
	name string
	ask  func(context.Context) error
}

// lack names a missing need, in words for the operator.
type lack string

func (l lack) Error() string { return string(l) }

// checkPatience bounds the wait for all checks together: a probe has given up by then.
const checkPatience = 2 * time.Second

func newReadiness(log *slog.Logger) *readiness {
	r := &readiness{log: log}
	r.starting("the process")
	return r
}

// starting names the present phase of the start.
func (r *readiness) starting(what string) { r.startingWith(func() string { return what }) }

// startingWith is starting with words that change meanwhile.
func (r *readiness) startingWith(what func() string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.phase = what
}

func (r *readiness) started() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.phase = nil
}

func (r *readiness) stop() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stopping = true
}

func (r *readiness) isStopping() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.stopping
}

func (r *readiness) add(name string, ask func(context.Context) error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.checks = append(r.checks, check{name, ask})
}

// missing lists everything that is missing, by name.
func (r *readiness) missing(ctx context.Context) []string {
	r.mu.Lock()
	phase, stopping, checks := r.phase, r.stopping, slices.Clone(r.checks)
	r.mu.Unlock()
	switch {
	case stopping:
		return []string{"stopping"}
	case phase != nil:
		return []string{"starting: " + phase()}
	}
	ctx, cancel := context.WithTimeout(ctx, checkPatience)
	defer cancel()
	answers := make([]error, len(checks))
	var asking sync.WaitGroup
	for i, c := range checks {
		asking.Go(func() { answers[i] = c.ask(ctx) })
	}
	asking.Wait()
	var missing, causes []string
	for i, err := range answers {
		if err == nil {
			continue
		}
		causes = append(causes, fmt.Sprintf("%s: %v", checks[i].name, err))
		var l lack
		if !errors.As(err, &l) {
			l = "does not answer"
		}
		missing = append(missing, checks[i].name+": "+string(l))
	}
	r.say(missing, causes)
	return missing
}

// say logs a change of the missing needs, once.
func (r *readiness) say(missing, causes []string) {
	names := make([]string, len(missing))
	for i, one := range missing {
		names[i], _, _ = strings.Cut(one, ":")
	}
	now := strings.Join(names, ", ")
	r.mu.Lock()
	before := r.said
	r.said = now
	r.mu.Unlock()
	switch {
	case now == before:
	case now == "":
		r.log.Info("ready again")
	default:
		r.log.Warn("not ready", "because", strings.Join(causes, "; "))
	}
}

// ServeHTTP answers 200, or 503 with the missing needs, one a line.
func (r *readiness) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	missing := r.missing(req.Context())
	if len(missing) == 0 {
		fmt.Fprintln(w, "ready")
		return
	}
	w.Header().Set("Retry-After", "5")
	w.WriteHeader(http.StatusServiceUnavailable)
	fmt.Fprintf(w, "not ready\n%s\n", strings.Join(missing, "\n")) //nolint:gosec // plain text
}
