package account

import (
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"time"

	"banmuyuan/internal/link"
	"banmuyuan/web/auth"
	"banmuyuan/web/page"
)

func (s *Pages) accountRoutes() {
	s.Open("GET", "/login", "login", s.loginPage)
	s.Open("POST", "/login", "login.do", s.login)
	s.Open("POST", "/logout", "logout", s.logout)
	s.Open("GET", "/register", "register", s.registerPage)
	s.Open("POST", "/register", "register.do", s.register)
	s.Guarded("GET", "/account", "account", s.accountPage, auth.Roles...)
	s.Guarded("GET", "/account/password", "account.password.page", s.passwordPage, auth.Roles...)
	s.Guarded("POST", "/account/password", "account.password", s.changePassword, auth.Roles...)
	s.Guarded("POST", "/account/lang", "account.lang", s.changeLang, auth.Roles...)
}

// nextPage is the address that the pages before a login carry along.
type nextPage struct{ Next string }

// afterLogin returns the first page after a login.
func (s *Pages) afterLogin(a *auth.Account, next string) string {
	if next = page.SafeNext(next); next != "" {
		return next
	}
	return s.Home(a)
}

func throttled(wait time.Duration) *link.Error {
	minutes := int64(math.Ceil(wait.Minutes()))
	e := link.E(link.Unavailable, "throttled", "", "minutes", strconv.FormatInt(max(minutes, 1), 10))
	e.RetryAfter = int(math.Ceil(wait.Seconds()))
	return e
}

// begin logs somebody in: the session, and the language they chose before.
func (s *Pages) begin(w http.ResponseWriter, r *http.Request, a *auth.Account) error {
	if err := s.StartSession(r, a); err != nil {
		return err
	}
	if page.ValidLang(a.Lang) {
		s.SetLangCookie(w, page.Lang(a.Lang))
	}
	return nil
}

// newBuyer creates a private buyer's account from a form.
func (s *Pages) newBuyer(r *http.Request, f *page.Form) (*auth.Account, error) {
	name, password := page.CheckName(f, "name"), f.Raw("password")
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
	wait, err := s.Throttle.Try(r.Context(), "register:"+s.ClientIP(r), auth.NewAccounts)
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
		Role: auth.Buyer, PasswordHash: hash, Lang: string(page.LangOf(r))})
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
