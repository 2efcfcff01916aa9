package account

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"github.com/gorilla/mux"

	"banmuyuan/internal/link"
	"banmuyuan/web/auth"
	"banmuyuan/web/page"
)

// setupRoutes are the page of the link that a server without an administrator prints when it starts.
func (s *Pages) setupRoutes() {
	const path = "/setup/{token:[A-Za-z0-9_-]{43}}"
	s.Open("GET", path, "setup", s.setupPage)
	s.Open("POST", path, "setup.do", s.setup)
}

// setupLink counts the request and returns the digest of its token. A link that does not work is NotFound.
func (s *Pages) setupLink(r *http.Request) ([]byte, error) {
	ctx := r.Context()
	byAddress, err := auth.TryFrom(ctx, s.Throttle, s.ClientIP(r))
	if err != nil {
		return nil, fmt.Errorf("count set-up: %w", err)
	}
	bySetup, err := s.Throttle.Try(ctx, "setup:"+s.ClientIP(r), auth.PerSetup)
	if err != nil {
		return nil, fmt.Errorf("count set-up: %w", err)
	}
	if wait := max(byAddress, bySetup); wait > 0 {
		return nil, throttled(wait)
	}
	hash := auth.SetupHash(mux.Vars(r)["token"])
	if err := setupError(s.Setup.CheckSetupLink(ctx, hash, s.Now())); err != nil {
		return nil, err
	}
	return hash, auth.Succeeded(ctx, s.Throttle, s.ClientIP(r))
}

// setupError turns a link that does not work into NotFound.
func setupError(err error) error {
	if errors.Is(err, auth.ErrNotFound) {
		return link.E(link.NotFound, "setup.over", "")
	}
	return err
}

func (s *Pages) setupPage(w http.ResponseWriter, r *http.Request) error {
	if _, err := s.setupLink(r); err != nil {
		return err
	}
	return s.renderSetup(w, r, s.NewForm(page.LangOf(r)))
}

// renderSetup shows the form. Browsers tell its address, which is a secret, to this site only.
func (s *Pages) renderSetup(w http.ResponseWriter, r *http.Request, f *page.Form) error {
	return s.RenderForm(w, r, "account/setup", r.URL.Path, f)
}

// setup makes the first administrator and logs it in.
func (s *Pages) setup(w http.ResponseWriter, r *http.Request) error {
	hash, err := s.setupLink(r)
	if e := link.AsError(err); err != nil && e.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(e.RetryAfter))
	}
	if err != nil {
		return err
	}
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	a := s.checkSetup(r, f)
	a.Lang = string(page.LangOf(r))
	if !f.OK() {
		return s.renderSetup(w, r, f)
	}
	if a.PasswordHash, err = s.Auth.Passwords.Hash(r.Context(), f.Raw("password")); err != nil {
		return err
	}
	made, err := s.Setup.UseSetupLink(r.Context(), hash, s.Now(), a)
	if errors.Is(err, auth.ErrLoginTaken) {
		f.Add("login", "accounts.login.taken")
		return s.renderSetup(w, r, f)
	}
	if err != nil {
		return setupError(err)
	}
	s.Log.InfoContext(r.Context(), "first administrator made", "login", made.Login)
	if err := s.begin(w, r, made); err != nil {
		return err
	}
	s.Flash(r, page.Good, "setup.done", "name", made.Name)
	page.Redirect(w, r, s.Home(made))
	return nil
}

// checkSetup reads the administrator from the form and notes what is wrong.
func (s *Pages) checkSetup(r *http.Request, f *page.Form) auth.Account {
	a := auth.Account{Login: auth.CleanLogin(f.Text("login")), Name: page.CheckName(f, "name"), Role: auth.Admin}
	if f.Need("login") {
		if key := auth.CheckLogin(a.Login); key != "" {
			f.Add("login", key)
		}
	}
	if phone := f.Text("phone"); phone != "" {
		if a.Phone = auth.CleanPhone(phone); a.Phone == "" {
			f.Add("phone", "account.phone.invalid")
		}
	}
	if key := s.checkPassword(r.Context(), f.Raw("password"), a.Login); key != "" {
		f.Add("password", key)
	}
	if f.Raw("again") != f.Raw("password") {
		f.Add("again", "account.password.repeat")
	}
	return a
}
