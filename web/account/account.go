package account

import (
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
