package web

import (
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"time"

	"banmuyuan/internal/link"
	"banmuyuan/web/auth"
)

func (s *accountPages) accountRoutes() {
	s.open("GET", "/login", "login", s.loginPage)
	s.open("POST", "/login", "login.do", s.login)
	s.open("POST", "/logout", "logout", s.logout)
	s.open("GET", "/register", "register", s.registerPage)
	s.open("POST", "/register", "register.do", s.register)
	s.guarded("GET", "/account", "account", s.accountPage, auth.Roles...)
	s.guarded("POST", "/account/password", "account.password", s.changePassword, auth.Roles...)
	s.guarded("POST", "/account/lang", "account.lang", s.changeLang, auth.Roles...)
}

// nextPage is what the pages before a login carry along.
type nextPage struct{ Next string }

// afterLogin is where somebody goes who has just logged in.
func (s *accountPages) afterLogin(a *auth.Account, next string) string {
	if next = safeNext(next); next != "" {
		return next
	}
	return s.home(a)
}

func throttled(wait time.Duration) *link.Error {
	minutes := int64(math.Ceil(wait.Minutes()))
	e := link.E(link.Unavailable, "throttled", "", "minutes", strconv.FormatInt(max(minutes, 1), 10))
	e.RetryAfter = int(math.Ceil(wait.Seconds()))
	return e
}

// begin logs somebody in: the session, and the language they chose before.
func (s *accountPages) begin(w http.ResponseWriter, r *http.Request, a *auth.Account) error {
	if err := s.startSession(r, a); err != nil {
		return err
	}
	if validLang(a.Lang) {
		s.setLangCookie(w, Lang(a.Lang))
	}
	return nil
}

// newBuyer creates a private buyer's account from a form.
func (s *accountPages) newBuyer(r *http.Request, f *Form) (*auth.Account, error) {
	name, password := checkName(f, "name"), f.Raw("password")
	phone := auth.CleanPhone(f.Text("phone"))
	if f.Need("phone") && phone == "" {
		f.Add("phone", "account.phone.invalid")
	}
	if key := auth.CheckPassword(password, phone); key != "" {
		f.Add("password", key)
	}
	if !f.OK() {
		return nil, nil
	}
	wait, err := s.Throttle.Try(r.Context(), "register:"+s.clientIP(r), auth.NewAccounts)
	if err != nil {
		return nil, fmt.Errorf("count registration: %w", err)
	}
	if wait > 0 {
		return nil, throttled(wait)
	}
	hash, err := s.Auth.Passwords.Hash(r.Context(), password)
	if err != nil {
		return nil, err
	}
	a, err := s.Accounts.Create(r.Context(), auth.Account{Login: phone, Phone: phone, Name: name,
		Role: auth.Buyer, PasswordHash: hash, Lang: string(langOf(r))})
	if errors.Is(err, auth.ErrLoginTaken) {
		// A number is a login here, so that it is taken cannot be hidden; how often one
		// may ask is bounded above.
		f.Add("phone", "account.phone.taken")
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("create account: %w", err)
	}
	return a, nil
}
