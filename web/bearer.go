package web

import (
	"net/http"
	"strings"
	"sync"
	"time"

	"banmuyuan/web/api"
	"banmuyuan/web/auth"
	"banmuyuan/web/page"
)

// bearer lets programs send the session token as "Authorization: Bearer …". It is
// the same session as the cookie's, but no page can be made to send it unasked.
//
// A till or a market's server sends the same token many times a second. Who sent it
// is remembered for a moment, and the request goes straight to known; whatever
// begins or ends a session reads it.
func (s *Server) bearer(session, known http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token := bearerToken(r)
		if token == "" {
			session.ServeHTTP(w, r)
			return
		}
		if strings.HasPrefix(r.URL.Path, api.Sessions) {
			s.tokens.forget(token)
		} else if a := s.tokens.account(token, s.Now()); a != nil {
			known.ServeHTTP(w, asAccount(r, a))
			return
		}
		r = r.Clone(r.Context())
		r.Header.Del("Cookie")
		r.AddCookie(&http.Cookie{Name: s.Sessions.Cookie.Name, Value: token}) //nolint:gosec // goes into the request of this process, never to a browser
		session.ServeHTTP(w, r)
	})
}

// bearerToken is the token that a program sent, or "".
func bearerToken(r *http.Request) string {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok || !page.WantsJSON(r) {
		return ""
	}
	return strings.TrimSpace(token)
}

const (
	// tokenFor is how long an account that was switched off, or a session that another process ended, may still be
	// answered. A look that waits was let in when it began.
	tokenFor   = time.Second
	tokensMost = 10_000
)

// tokens remembers the accounts of tokens that were sent a moment ago.
type tokens struct {
	mu    sync.RWMutex
	known map[string]knownToken
}

type knownToken struct {
	account *auth.Account
	until   time.Time
}

func (t *tokens) account(token string, now time.Time) *auth.Account {
	t.mu.RLock()
	k, ok := t.known[token]
	t.mu.RUnlock()
	if !ok || !now.Before(k.until) {
		return nil
	}
	return k.account
}

func (t *tokens) remember(token string, a *auth.Account, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.known == nil || len(t.known) >= tokensMost {
		t.known = map[string]knownToken{}
	}
	t.known[token] = knownToken{account: a, until: now.Add(tokenFor)}
}

func (t *tokens) forget(token string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.known, token)
}
