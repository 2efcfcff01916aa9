package web

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"banmuyuan/web/auth"
)

func (s *accountPages) login(w http.ResponseWriter, r *http.Request) error {
	f, err := s.postedForm(r)
	if err != nil {
		return err
	}
	then := nextPage{Next: safeNext(f.Text("next"))}
	if !f.Need("login", "password") {
		return s.renderForm(w, r, "account/login", then, f)
	}
	login := f.Text("login")
	if phone := auth.CleanPhone(login); phone != "" {
		login = phone
	}
	a, err := s.Auth.Login(r.Context(), login, f.Raw("password"), s.clientIP(r))
	var wait *auth.ThrottledError
	switch {
	case errors.Is(err, auth.ErrWrongLogin):
		f.Add("", "login.wrong")
		return s.renderForm(w, r, "account/login", then, f)
	case errors.As(err, &wait):
		e := throttled(wait.RetryAfter)
		w.Header().Set("Retry-After", strconv.Itoa(e.RetryAfter))
		f.addError("", e)
		return s.renderForm(w, r, "account/login", then, f)
	case err != nil:
		return fmt.Errorf("log in: %w", err)
	}
	if err := s.begin(w, r, a); err != nil {
		return err
	}
	redirect(w, r, s.afterLogin(a, then.Next))
	return nil
}
