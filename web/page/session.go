package page

import (
	"encoding/gob"
	"fmt"
	"net/http"
	"time"

	"github.com/alexedwards/scs/v2"

	"banmuyuan/internal/link"
	"banmuyuan/web/auth"
)

// Keys of the session.
const (
	SessionAccountID = "account"
	// SessionCardIn is when the session began with a household's card; it is removed once the household has a PIN.
	SessionCardIn  = "card_in"
	sessionBegun   = "begun"      // link.BegunByCard, link.BegunByPIN
	sessionCardID  = "begun_card" // the card that it began with
	sessionSince   = "since"
	sessionLogin   = "login"  // id of the auth.LoginSession
	sessionHalf    = "half"   // account whose password was right and whose code is asked for
	sessionHalfAt  = "halfat" // and when
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
	since := s.notBefore(a)
	s.Sessions.Put(r.Context(), sessionSince, since.UnixNano())
	s.Sessions.Remove(r.Context(), sessionHalf)
	id, err := s.Logins.BeginSession(r.Context(), auth.LoginSession{Account: a.ID, Device: auth.DeviceOf(r.UserAgent(), WantsJSON(r)),
		Network: auth.Network(s.ClientIP(r)), BegunAt: since}, s.LoginID(r))
	if err != nil {
		return err
	}
	s.Sessions.Put(r.Context(), sessionLogin, id)
	return nil
}

// notBefore returns the present time, or that of the account's last change: the clock of the database may be ahead of ours.
func (s *Site) notBefore(a *auth.Account) time.Time {
	since := s.Now()
	for _, ended := range []time.Time{a.PasswordChangedAt, a.SessionsFrom} {
		if since.Before(ended) {
			since = ended
		}
	}
	return since
}

// LoginID returns the id of the auth.LoginSession that a request belongs to, or 0.
func (s *Site) LoginID(r *http.Request) int64 { return s.Sessions.GetInt64(r.Context(), sessionLogin) }

// halfLife is how long the code of the second factor may be typed after the password.
const halfLife = 10 * time.Minute

// StartHalf notes, under a new token, that the password of an account was right and the code of its second factor is asked for.
// Nobody is logged in by it.
func (s *Site) StartHalf(r *http.Request, a *auth.Account) error {
	if err := s.Sessions.RenewToken(r.Context()); err != nil {
		return fmt.Errorf("renew session: %w", err)
	}
	s.Sessions.Remove(r.Context(), SessionAccountID)
	s.Sessions.Put(r.Context(), sessionHalf, a.ID)
	s.Sessions.Put(r.Context(), sessionHalfAt, s.notBefore(a).UnixNano())
	return nil
}

// Half returns the account that gave a right password a moment ago, or 0, and the time of that.
func (s *Site) Half(r *http.Request) (account int64, at time.Time) {
	at = time.Unix(0, s.Sessions.GetInt64(r.Context(), sessionHalfAt))
	if s.Now().Sub(at) > halfLife {
		return 0, at
	}
	return s.Sessions.GetInt64(r.Context(), sessionHalf), at
}

// Began notes how a session began that was just started: with a card, or with the password. A household's PIN, a password
// that was set through a card and a one-time password are less than a password of its own.
func (s *Site) Began(r *http.Request, a *auth.Account, card int64, password string) {
	ctx := r.Context()
	s.Sessions.Remove(ctx, SessionCardIn)
	s.Sessions.Remove(ctx, sessionCardID)
	s.Sessions.Remove(ctx, sessionBegun)
	switch {
	case a.Role != auth.Household:
	case card != 0:
		s.Sessions.Put(ctx, SessionCardIn, s.Now().Unix())
		s.Sessions.Put(ctx, sessionCardID, card)
		s.Sessions.Put(ctx, sessionBegun, link.BegunByCard)
	case auth.IsPIN(password), a.MustChangePassword():
		s.Sessions.Put(ctx, sessionBegun, link.BegunByPIN)
	}
}

// Begun returns how the session began, as link.Actor has it.
func (s *Site) Begun(r *http.Request, a *auth.Account) string {
	if a.Role != auth.Household {
		return ""
	}
	begun := s.Sessions.GetString(r.Context(), sessionBegun)
	if begun == "" && a.SecretCard != 0 {
		begun = link.BegunByPIN
	}
	return begun
}

// BegunCard returns the card that the session began with, or 0.
func (s *Site) BegunCard(r *http.Request) int64 {
	return s.Sessions.GetInt64(r.Context(), sessionCardID)
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
