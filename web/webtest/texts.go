package webtest

import (
	"context"
	"regexp"
	"sync"
	"testing"
	"time"

	"banmuyuan/web/notify"
)

// Texts is a provider of messages that keeps them as their receivers would.
type Texts struct {
	mu  sync.Mutex
	got map[string][]notify.Message
}

// Notify implements notify.Notifier.
func (x *Texts) Notify(_ context.Context, m notify.Message) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.got == nil {
		x.got = map[string][]notify.Message{}
	}
	to := m.Phone + m.Email
	x.got[to] = append(x.got[to], m)
	return nil
}

// Count returns how many messages a phone or address got.
func (x *Texts) Count(to string) int {
	x.mu.Lock()
	defer x.mu.Unlock()
	return len(x.got[to])
}

// Last waits for the nth message to a phone or address, and returns it.
func (x *Texts) Last(t testing.TB, to string, n int) string {
	t.Helper()
	for range 500 {
		if x.Count(to) >= n {
			x.mu.Lock()
			defer x.mu.Unlock()
			return x.got[to][n-1].Text
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("%s got %d messages, want %d", to, x.Count(to), n)
	return ""
}

var sixDigits = regexp.MustCompile(`\b[0-9]{6}\b`)

// Code reads the code in the nth message to a phone or address.
func (x *Texts) Code(t testing.TB, to string, n int) string {
	t.Helper()
	text := x.Last(t, to, n)
	code := sixDigits.FindString(text)
	if code == "" {
		t.Fatalf("no code in %q", text)
	}
	return code
}
