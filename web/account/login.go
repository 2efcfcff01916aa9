package account

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"banmuyuan/web/auth"
	"banmuyuan/web/page"
)

func (s *Pages) login(w http.ResponseWriter, r *http.Request) error {
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	then := nextPage{Next: page.SafeNext(f.Text("next"))}
	if !f.Need("login", "password") {
		return s.RenderForm(w, r, "account/login", then, f)
	}
	login := f.Text("login")
	if phone := auth.CleanPhone(login); phone != "" {
		login = phone
	}
	a, err := s.Auth.Login(r.Context(), login, f.Raw("password"), s.ClientIP(r))
	var wait *auth.ThrottledError
	switch {
	case errors.Is(err, auth.ErrNeedsCode):
		if err := s.StartHalf(r, a); err != nil {
			return err
		}
		return s.GoTo(w, r, "login.code", "next", then.Next)
	case errors.Is(err, auth.ErrWrongLogin):
		f.Add("", "login.wrong")
		return s.RenderForm(w, r, "account/login", then, f)
	case errors.As(err, &wait):
		e := throttled(wait.RetryAfter)
		w.Header().Set("Retry-After", strconv.Itoa(e.RetryAfter))
		f.AddError("", e)
		return s.RenderForm(w, r, "account/login", then, f)
	case err != nil:
		return fmt.Errorf("log in: %w", err)
	}
	if err := s.begin(w, r, a); err != nil {
		return err
	}
	s.Began(r, a, 0, f.Raw("password"))
	page.Redirect(w, r, s.afterLogin(a, then.Next))
	return nil
}
