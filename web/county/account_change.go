package county

import (
	"errors"
	"fmt"
	"net/http"

	"banmuyuan/internal/link"
	"banmuyuan/web/auth"
	"banmuyuan/web/page"
)

// onAccount runs a command on the account of the path.
func (s *people) onAccount(r *http.Request) (*auth.Account, error) {
	a, err := s.Accounts.ByID(r.Context(), page.PathInt(r, "id"))
	if errors.Is(err, auth.ErrNotFound) {
		return nil, link.E(link.NotFound, "accounts.unknown", "")
	}
	return a, err
}

// accountPassword sets a new password for an account, shown once.
func (s *people) accountPassword(w http.ResponseWriter, r *http.Request) error {
	a, err := s.onAccount(r)
	if err != nil {
		return err
	}
	password, hash, err := s.firstPassword(r)
	if err != nil {
		return err
	}
	if _, err := s.Accounts.SetPassword(r.Context(), a.ID, hash); err != nil {
		return fmt.Errorf("reset password: %w", err)
	}
	d, err := s.accountsPage(r)
	if err != nil {
		return err
	}
	s.Log.InfoContext(r.Context(), "password reset", "login", a.Login, "by", d.Me)
	d.Login, d.Password = a.Login, password
	return s.RenderForm(w, r, "county/accounts", d, s.NewForm(page.LangOf(r)))
}

// accountSwitch switches an account off, which ends its sessions, or on again.
func (s *people) accountSwitch(w http.ResponseWriter, r *http.Request) error {
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	a, err := s.onAccount(r)
	if err != nil {
		return err
	}
	off := f.Text("off") != ""
	me := auth.FromContext(r.Context())
	if a.ID == me.ID {
		return link.E(link.Conflict, "accounts.self", "")
	}
	if err := s.Accounts.SetDisabled(r.Context(), a.ID, off); err != nil {
		return fmt.Errorf("switch account: %w", err)
	}
	s.Log.InfoContext(r.Context(), "account switched", "login", a.Login, "off", off, "by", me.ID)
	said := "accounts.on"
	if off {
		said = "accounts.off"
	}
	s.Flash(r, page.Good, said, "login", a.Login)
	return s.GoTo(w, r, "county.accounts", "q", a.Login)
}
