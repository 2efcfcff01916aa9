package account

import (
	"fmt"
	"net/http"

	"banmuyuan/web/auth"
	"banmuyuan/web/page"
)

func (s *Pages) changePassword(w http.ResponseWriter, r *http.Request) error {
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	a := auth.FromContext(r.Context())
	next := f.Raw("password")
	f.Need("current")
	if key := auth.CheckPassword(next, a.Login); key != "" {
		f.Add("password", key)
	}
	if !f.OK() {
		return s.RenderForm(w, r, "account/account", nil, f)
	}
	// Tries at an unlocked screen are counted as well.
	wait, err := s.Throttle.Try(r.Context(), "login:"+a.Login, auth.PerAccount)
	if err != nil {
		return fmt.Errorf("count password change: %w", err)
	}
	if wait > 0 {
		f.AddError("", throttled(wait))
		return s.RenderForm(w, r, "account/account", nil, f)
	}
	ok, err := s.Auth.Passwords.Matches(r.Context(), f.Raw("current"), a.PasswordHash)
	if err != nil {
		return err
	}
	if !ok {
		f.Add("current", "account.password.wrong")
		return s.RenderForm(w, r, "account/account", nil, f)
	}
	hash, err := s.Auth.Passwords.Hash(r.Context(), next)
	if err != nil {
		return err
	}
	if a, err = s.Accounts.SetPassword(r.Context(), a.ID, hash); err != nil {
		return fmt.Errorf("store password: %w", err)
	}
	if err := s.StartSession(r, a); err != nil {
		return err
	}
	s.Flash(r, page.Good, "account.password.changed")
	to, err := s.URL("account")
	if err != nil {
		return err
	}
	page.Redirect(w, r, to)
	return nil
}
