package page

import (
	"encoding/gob"
	"fmt"
	"net/http"
	"time"

	"github.com/alexedwards/scs/v2"

	"banmuyuan/web/auth"
)

// Keys of the session.
const (
	SessionAccountID = "account"
	// SessionCardIn is when the session began with a household's card; it is removed once the household has a PIN.
	SessionCardIn  = "card_in"
	sessionSince   = "since"
	sessionFlashes = "flashes"
)

// flash is a message that is shown once, on the next page.
type flash struct {
	Tone tone
	Text string
}

func (s *Site) newSessions(store scs.Store) *scs.SessionManager {
	gob.RegisterName("[]web.flash", []flash{}) // the name that stored sessions have
	gob.RegisterName("[]web.basketItem", []BasketItem{})
	m := scs.New()
	m.Store = store
	m.Lifetime = 14 * 24 * time.Hour
	m.HashTokenInStore = true // a reader of the table cannot log in with it
	m.Cookie.Name = "banmu_session"
	if s.config.Secure {
		m.Cookie.Name = "__Host-banmu_session"
	}
	m.Cookie.Path = "/"
	m.Cookie.HttpOnly = true
	m.Cookie.Secure = s.config.Secure
	m.Cookie.SameSite = http.SameSiteLaxMode
	m.ErrorFunc = func(w http.ResponseWriter, r *http.Request, err error) {
		s.Fail(w, r, fmt.Errorf("session: %w", err))
	}
	return m
}

type LoadedKey struct{}

func hasSession(r *http.Request) bool { return r.Context().Value(LoadedKey{}) != nil }

// StartSession logs an account in under a new token: one that somebody planted
// before is worth nothing.
func (s *Site) StartSession(r *http.Request, a *auth.Account) error {
	if err := s.Sessions.RenewToken(r.Context()); err != nil {
		return fmt.Errorf("renew session: %w", err)
	}
	s.Sessions.Put(r.Context(), SessionAccountID, a.ID)
	// The clock of the database may be ahead of ours.
	since := s.Now()
	for _, ended := range []time.Time{a.PasswordChangedAt, a.SessionsFrom} {
		if since.Before(ended) {
			since = ended
		}
	}
	s.Sessions.Put(r.Context(), sessionSince, since.UnixNano())
	return nil
}

func (s *Site) EndSession(r *http.Request) error {
	if err := s.Sessions.Destroy(r.Context()); err != nil {
		return fmt.Errorf("end session: %w", err)
	}
	return nil
}

// SessionHolds reports whether the session began after the last change of the account's password and rights.
func (s *Site) SessionHolds(r *http.Request, a *auth.Account) bool {
	since := time.Unix(0, s.Sessions.GetInt64(r.Context(), sessionSince))
	return !since.Before(a.PasswordChangedAt) && !since.Before(a.SessionsFrom)
}

// Flash shows a word of the glossary on the next page.
func (s *Site) Flash(r *http.Request, t tone, key string, pairs ...any) {
	text, err := s.word(LangOf(r), key, pairs)
	if err != nil {
		s.Log.ErrorContext(r.Context(), "flash without words", "error", err)
		return
	}
	if !hasSession(r) {
		return
	}
	had, _ := s.Sessions.Get(r.Context(), sessionFlashes).([]flash)
	if len(had) >= 5 {
		had = had[1:]
	}
	s.Sessions.Put(r.Context(), sessionFlashes, append(had, flash{Tone: t, Text: text}))
}

func (s *Site) popFlashes(r *http.Request) []flash {
	if !hasSession(r) || !s.Sessions.Exists(r.Context(), sessionFlashes) {
		return nil
	}
	f, _ := s.Sessions.Pop(r.Context(), sessionFlashes).([]flash)
	return f
}
