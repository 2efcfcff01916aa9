package county

import (
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"time"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/web/auth"
	"banmuyuan/web/page"
)

// accountOpen opens an account with a one-time password that is shown once, to be handed over.
func (s *people) accountOpen(w http.ResponseWriter, r *http.Request) error {
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	a := auth.Account{Login: auth.CleanLogin(f.Text("login")), Lang: string(page.ZH)}
	if f.Need("login") {
		if key := auth.CheckLogin(a.Login); key != "" {
			f.Add("login", key)
		}
	}
	if err := s.bindAccount(r, f, &a); err != nil {
		return err
	}
	var shown oneTime
	if f.OK() {
		shown, err = s.open(r, a)
		if errors.Is(err, auth.ErrNeedsTwo) {
			if err = s.askAccount(w, r, auth.RequestOpen, a, -1); err == nil {
				return nil
			}
		}
		if errors.Is(err, auth.ErrLoginTaken) {
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
		d.OneTime = shown
		f = s.NewForm(page.LangOf(r))
	}
	return s.RenderForm(w, r, "county/accounts", d, f)
}

func (s *people) open(r *http.Request, a auth.Account) (oneTime, error) {
	shown, hash, until, err := s.oneTimePassword(r, a.Login)
	if err != nil {
		return oneTime{}, err
	}
	a.PasswordHash, a.OneTimeUntil = hash, until
	me := auth.FromContext(r.Context())
	if _, err := s.Accounts.Open(r.Context(), auth.AuthorOf(me), a); err != nil {
		return oneTime{}, err
	}
	s.Log.InfoContext(r.Context(), "account opened", "login", a.Login, "role", a.Role, "by", me.ID)
	return shown, nil
}

// oneTimePassword makes a one-time password for an account.
func (s *people) oneTimePassword(r *http.Request, login string) (shown oneTime, hash string, until time.Time, err error) {
	password, err := auth.NewOneTimePassword(rand.Reader)
	if err != nil {
		return shown, "", until, err
	}
	if hash, err = s.Passwords.Hash(r.Context(), password); err != nil {
		return shown, "", until, err
	}
	return oneTime{Login: login, Password: password, Hours: int(auth.OneTimeLife.Hours())}, hash, s.Now().Add(auth.OneTimeLife), nil
}

// bindAccount reads name, phone and role of an account from the form, and finds the organisation, household or helper
// of the role. A field for those that is empty keeps what an account of the same role has.
func (s *people) bindAccount(r *http.Request, f *page.Form, a *auth.Account) error {
	had := *a
	a.Name, a.Phone, a.Role = page.CheckName(f, "name"), "", auth.Role(f.Text("role"))
	a.OrgID, a.HouseholdID, a.HelperID = 0, 0, 0
	if phone := f.Text("phone"); phone != "" {
		if a.Phone = auth.CleanPhone(phone); a.Phone == "" {
			f.Add("phone", "account.phone.invalid")
		}
	}
	switch {
	case a.Role.In(auth.Organisation...):
		if a.OrgID = f.Int("org"); a.OrgID == 0 {
			f.Add("org", "accounts.org")
		}
	case a.Role.In(auth.Earning...) && a.Role == had.Role && f.Text("household") == "":
		a.HouseholdID, a.HelperID = had.HouseholdID, had.HelperID
	case a.Role.In(auth.Earning...):
		return s.bindHousehold(r, f, a)
	case a.Role == auth.Buyer && had.Role == auth.Buyer: // registered by itself, and stays what it is
	case !a.Role.In(auth.Staff...):
		f.Add("role", "accounts.role")
	}
	return nil
}

// bindHousehold finds the household of the form, or its helper.
func (s *people) bindHousehold(r *http.Request, f *page.Form, a *auth.Account) error {
	h, err := s.Catalog.Household(link.System(r.Context(), "accounts"), catalog.HouseholdRef{Code: f.Text("household")})
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
	return nil
}
