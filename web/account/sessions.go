package account

import (
	"errors"
	"fmt"
	"net/http"

	"banmuyuan/internal/link"
	"banmuyuan/web/auth"
	"banmuyuan/web/page"
)

func (s *Pages) sessionRoutes() {
	s.Guarded("GET", "/account/sessions", "account.sessions", s.sessionsPage, auth.Roles...)
	s.Guarded("POST", "/account/sessions/others", "account.sessions.others", s.sessionsOthers, auth.Roles...)
	s.Guarded("POST", "/account/sessions/{id:[0-9]+}", "account.sessions.end", s.sessionEnd, auth.Roles...)
}

type sessionsPage struct {
	Sessions []auth.LoginSession
	This     int64
	Words    page.Words
}

// Device writes the device of a login.
func (d sessionsPage) Device(one auth.LoginSession) string {
	program, system := one.Device.Program, one.Device.System
	switch program {
	case "":
		program = d.Words.Say("device", "unknown")
	case "api", "WeChat", "Alipay", "DingTalk":
		program = d.Words.Say("device", program)
	}
	if system == "" {
		return program
	}
	return program + " · " + system
}

// ownSessions lists the sessions of the account that is logged in that are not over.
func (s *Pages) ownSessions(r *http.Request) ([]auth.LoginSession, error) {
	a := auth.FromContext(r.Context())
	since := a.PasswordChangedAt
	if a.SessionsFrom.After(since) {
		since = a.SessionsFrom
	}
	list, err := s.Logins.LoginSessions(r.Context(), a.ID, since)
	if err != nil {
		return nil, err
	}
	rules, err := s.Factors.Security(r.Context())
	if err != nil {
		return nil, err
	}
	open := list[:0]
	for _, one := range list {
		if !(auth.Look{LoginSession: one, Security: rules}).Over(a, s.Now()) {
			open = append(open, one)
		}
	}
	return open, nil
}

func (s *Pages) sessionsPage(w http.ResponseWriter, r *http.Request) error {
	list, err := s.ownSessions(r)
	if err != nil {
		return err
	}
	return s.RenderForm(w, r, "account/sessions", sessionsPage{Sessions: list, This: s.LoginID(r), Words: s.Words(r)}, s.NewForm(page.LangOf(r)))
}

// endSession ends a session of the account that is logged in.
func (s *Pages) endSession(r *http.Request, id int64) error {
	err := s.Logins.EndLoginSession(r.Context(), auth.FromContext(r.Context()).ID, id)
	if errors.Is(err, auth.ErrNotFound) {
		return link.E(link.NotFound, "account.session.unknown", "")
	}
	return err
}

func (s *Pages) sessionEnd(w http.ResponseWriter, r *http.Request) error {
	if err := s.endSession(r, page.PathInt(r, "id")); err != nil {
		return err
	}
	s.Flash(r, page.Good, "account.session.ended")
	return s.GoTo(w, r, "account.sessions")
}

func (s *Pages) sessionsOthers(w http.ResponseWriter, r *http.Request) error {
	if _, err := s.Logins.EndOtherSessions(r.Context(), auth.FromContext(r.Context()).ID, s.LoginID(r)); err != nil {
		return err
	}
	s.Flash(r, page.Good, "account.logged_out_others")
	return s.GoTo(w, r, "account.sessions")
}

// endOwn logs out.
func (s *Pages) endOwn(r *http.Request) error {
	ctx := r.Context()
	if a := auth.FromContext(ctx); a != nil {
		err := s.Logins.EndLoginSession(ctx, a.ID, s.LoginID(r))
		if err != nil && !errors.Is(err, auth.ErrNotFound) {
			return fmt.Errorf("log out: %w", err)
		}
	}
	return s.EndSession(r)
}
