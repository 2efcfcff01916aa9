package account

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"banmuyuan/web/auth"
	"banmuyuan/web/page"
)

// loginCodePage asks for the code of the second factor, after the password.
func (s *Pages) loginCodePage(w http.ResponseWriter, r *http.Request) error {
	if account, _ := s.Half(r); account == 0 {
		return s.GoTo(w, r, "login")
	}
	return s.RenderForm(w, r, "account/code", nextPage{Next: page.SafeNext(r.URL.Query().Get("next"))}, s.NewForm(page.LangOf(r)))
}

// loginCode finishes a login after a right password.
func (s *Pages) loginCode(w http.ResponseWriter, r *http.Request) error {
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	a, err := s.halfAccount(r)
	if err != nil {
		return err
	}
	if a == nil {
		s.Flash(r, page.Care, "login.code.late")
		return s.GoTo(w, r, "login")
	}
	then := nextPage{Next: page.SafeNext(f.Text("next"))}
	if !f.Need("code") {
		return s.RenderForm(w, r, "account/code", then, f)
	}
	err = s.Auth.SecondFactor(r.Context(), a, f.Raw("code"), s.ClientIP(r))
	var wait *auth.ThrottledError
	switch {
	case errors.Is(err, auth.ErrWrongCode):
		f.Add("code", "login.code.wrong")
		return s.RenderForm(w, r, "account/code", then, f)
	case errors.As(err, &wait):
		e := throttled(wait.RetryAfter)
		w.Header().Set("Retry-After", strconv.Itoa(e.RetryAfter))
		f.AddError("", e)
		return s.RenderForm(w, r, "account/code", then, f)
	case err != nil:
		return fmt.Errorf("check second factor: %w", err)
	}
	if err := s.begin(w, r, a); err != nil {
		return err
	}
	page.Redirect(w, r, s.afterLogin(a, then.Next))
	return nil
}

// halfAccount is the account whose password was right a moment ago, or nil: also when the password or the rights changed since.
func (s *Pages) halfAccount(r *http.Request) (*auth.Account, error) {
	id, at := s.Half(r)
	if id == 0 {
		return nil, nil
	}
	a, err := s.Accounts.ByID(r.Context(), id)
	if errors.Is(err, auth.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read account: %w", err)
	}
	if a.Disabled() || a.OneTimeOver(s.Now()) || at.Before(a.PasswordChangedAt) || at.Before(a.SessionsFrom) {
		return nil, nil
	}
	return a, nil
}
