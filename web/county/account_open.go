package county

import (
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/web/auth"
	"banmuyuan/web/page"
)

var loginPattern = regexp.MustCompile(`^[a-z0-9][a-z0-9.\-]{2,39}$`)

// accountOpen opens an account with a password that is shown once, to be handed over and changed.
func (s *people) accountOpen(w http.ResponseWriter, r *http.Request) error {
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	a := auth.Account{Login: auth.CleanLogin(f.Text("login")), Name: page.CheckName(f, "name"), Role: auth.Role(f.Text("role")), Lang: string(page.ZH)}
	if f.Need("login") && !loginPattern.MatchString(a.Login) {
		f.Add("login", "accounts.login.form")
	}
	if phone := f.Text("phone"); phone != "" {
		if a.Phone = auth.CleanPhone(phone); a.Phone == "" {
			f.Add("phone", "account.phone.invalid")
		}
	}
	if err := s.bindAccount(r, f, &a); err != nil {
		return err
	}
	password, hash, err := s.firstPassword(r)
	if err != nil {
		return err
	}
	a.PasswordHash = hash
	if f.OK() {
		if _, err = s.Accounts.Create(r.Context(), a); errors.Is(err, auth.ErrLoginTaken) {
			f.Add("login", "accounts.login.taken")
		} else if err != nil {
			return fmt.Errorf("open account: %w", err)
		}
	}
	d, err := s.accountsPage(r)
	if err != nil {
		return err
	}
	if f.OK() {
		s.Log.InfoContext(r.Context(), "account opened", "login", a.Login, "role", a.Role, "by", d.Me)
		d.Login, d.Password = a.Login, password
		f = s.NewForm(page.LangOf(r))
	}
	return s.RenderForm(w, r, "county/accounts", d, f)
}

// bindAccount finds the organisation, household or helper of a role.
func (s *people) bindAccount(r *http.Request, f *page.Form, a *auth.Account) error {
	switch {
	case a.Role.In(auth.Organisation...):
		if a.OrgID = f.Int("org"); a.OrgID == 0 {
			f.Add("org", "accounts.org")
		}
	case a.Role.In(auth.Earning...):
		h, err := s.Catalog.Household(r.Context(), catalog.HouseholdRef{Code: f.Text("household")})
		if err != nil && link.CodeOf(err) != link.NotFound && link.CodeOf(err) != link.Invalid {
			return err
		}
		switch {
		case a.Role == auth.Household && h.ID == 0:
			f.Add("household", "accounts.household")
		case a.Role == auth.Helper && h.HelperID == 0:
			f.Add("household", "accounts.household.helper")
		case a.Role == auth.Household:
			a.HouseholdID = h.ID
		default:
			a.HelperID = h.HelperID
		}
	case !a.Role.In(auth.County...):
		f.Add("role", "accounts.role")
	}
	return nil
}

// firstPassword makes a password that is easy to read out and to type, with 50 bits of chance in it.
func (s *people) firstPassword(r *http.Request) (password, hash string, err error) {
	text := strings.ToLower(rand.Text()) // base32: letters and 2 to 7
	password = text[:5] + "-" + text[5:10]
	hash, err = s.Passwords.Hash(r.Context(), password)
	return password, hash, err
}
