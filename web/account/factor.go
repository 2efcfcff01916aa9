package account

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"banmuyuan/internal/link"
	"banmuyuan/web/auth"
	"banmuyuan/web/page"
)

// sessionNewFactor is the sealed secret of a second factor that is being enrolled.
const sessionNewFactor = "factor_new"

// factorIssuer is the name that authenticators show.
const factorIssuer = "半亩园 Banmuyuan"

func (s *Pages) factorRoutes() {
	enrols := slices.DeleteFunc(slices.Clone(auth.Roles), func(r auth.Role) bool { return !r.MayEnrol() })
	s.Open("GET", "/login/code", "login.code", s.loginCodePage)
	s.Open("POST", "/login/code", "login.code.do", s.loginCode)
	s.Guarded("GET", "/account/factor", "account.factor", s.factorPage, enrols...)
	s.Guarded("POST", "/account/factor", "account.factor.enrol", s.factorEnrol, enrols...)
	s.Guarded("POST", "/account/factor/codes", "account.factor.codes", s.factorCodes, enrols...)
	s.Guarded("POST", "/account/factor/off", "account.factor.off", s.factorOff, enrols...)
}

type factorPage struct {
	Factor   auth.Factor
	On       bool
	Secret   string // in groups, to be typed
	Address  string // for the QR code
	Due      time.Time
	Required bool // of this role
	Must     bool // by now
	Codes    []string
}

// factorView is the page as it is now; for an account without a second factor with the secret of one.
func (s *Pages) factorView(r *http.Request) (factorPage, error) {
	a := auth.FromContext(r.Context())
	rules, err := s.Factors.Security(r.Context())
	if err != nil {
		return factorPage{}, err
	}
	d := factorPage{Due: rules.FactorDue(a), Required: a.Role.Guarded(), Must: a.MustEnrol}
	d.Factor, err = s.Factors.Factor(r.Context(), a.ID)
	if d.On = err == nil; d.On {
		return d, nil
	}
	if !errors.Is(err, auth.ErrNotFound) {
		return d, err
	}
	secret, err := s.newSecret(r, a)
	if err != nil {
		return d, err
	}
	for i, letter := range secret {
		if i > 0 && i%4 == 0 {
			d.Secret += " "
		}
		d.Secret += string(letter)
	}
	d.Address, err = auth.FactorAddress(factorIssuer, a.Login, secret)
	return d, err
}

// newSecret is the secret that is being enrolled in this session; it is made when it is first asked for.
func (s *Pages) newSecret(r *http.Request, a *auth.Account) (string, error) {
	if sealed := s.Sessions.GetBytes(r.Context(), sessionNewFactor); len(sealed) > 0 {
		if secret, err := s.Cipher.Open(sealed, auth.FactorOwner(a.ID)); err == nil {
			return secret, nil
		}
	}
	secret, _, err := auth.NewFactor(factorIssuer, a.Login)
	if err != nil {
		return "", err
	}
	s.Sessions.Put(r.Context(), sessionNewFactor, s.Cipher.Seal(secret, auth.FactorOwner(a.ID)))
	return secret, nil
}

func (s *Pages) factorPage(w http.ResponseWriter, r *http.Request) error {
	return s.showFactor(w, r, s.NewForm(page.LangOf(r)), nil)
}

// showFactor shows the page; codes are shown once.
func (s *Pages) showFactor(w http.ResponseWriter, r *http.Request, f *page.Form, codes []string) error {
	d, err := s.factorView(r)
	if err != nil {
		return err
	}
	d.Codes = codes
	w.Header().Set("Cache-Control", "no-store")
	return s.RenderForm(w, r, "account/factor", d, f)
}

// ownPassword checks the password of the account that is logged in: an unlocked screen changes no second factor.
func (s *Pages) ownPassword(r *http.Request, f *page.Form) error {
	if !f.Need("password") {
		return nil
	}
	err := s.checkOld(r, auth.FromContext(r.Context()), newSecret{kind: "second factor", old: f.Raw("password"), oldField: "password"})
	if e := link.AsError(err); err != nil && e.RetryAfter > 0 {
		f.AddError("", e)
		return nil
	}
	if err != nil && !f.Fail(err) {
		return err
	}
	return nil
}

// factorEnrol turns the second factor on, once a code shows that the authenticator has the secret.
func (s *Pages) factorEnrol(w http.ResponseWriter, r *http.Request) error {
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	a := auth.FromContext(r.Context())
	f.Need("code")
	if err := s.ownPassword(r, f); err != nil {
		return err
	}
	if _, err := s.Factors.Factor(r.Context(), a.ID); err == nil { // sent twice
		return s.GoTo(w, r, "account.factor")
	}
	secret, err := s.newSecret(r, a)
	if err != nil {
		return err
	}
	var step int64
	if f.OK() {
		if step, err = auth.FactorStep(secret, auth.CleanCode(f.Raw("code")), s.Now()); err != nil {
			return err
		}
		if step == 0 {
			f.Add("code", "account.factor.wrong")
		}
	}
	if !f.OK() {
		return s.showFactor(w, r, f, nil)
	}
	codes, hashes := auth.NewRecoveryCodes(a.ID)
	if err := s.Factors.Enrol(r.Context(), a.ID, s.Cipher.Seal(secret, auth.FactorOwner(a.ID)), step, hashes); err != nil {
		return fmt.Errorf("enrol second factor: %w", err)
	}
	s.Sessions.Remove(r.Context(), sessionNewFactor)
	// Sessions that began with the password alone end.
	if _, err := s.Logins.EndOtherSessions(r.Context(), a.ID, s.LoginID(r)); err != nil {
		return err
	}
	a.MustEnrol = false
	return s.showFactor(w, r, s.NewForm(page.LangOf(r)), codes)
}

// factorCodes gives new recovery codes; the old ones end.
func (s *Pages) factorCodes(w http.ResponseWriter, r *http.Request) error {
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	if err := s.ownPassword(r, f); err != nil {
		return err
	}
	if !f.OK() {
		return s.showFactor(w, r, f, nil)
	}
	a := auth.FromContext(r.Context())
	codes, hashes := auth.NewRecoveryCodes(a.ID)
	if err := s.Factors.NewCodes(r.Context(), a.ID, hashes); err != nil {
		if errors.Is(err, auth.ErrNotFound) {
			return s.GoTo(w, r, "account.factor")
		}
		return err
	}
	return s.showFactor(w, r, s.NewForm(page.LangOf(r)), codes)
}

// factorOff turns the second factor off, where the county does not require it.
func (s *Pages) factorOff(w http.ResponseWriter, r *http.Request) error {
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	a := auth.FromContext(r.Context())
	if a.Role.Guarded() {
		return link.E(link.Forbidden, "account.factor.required", "")
	}
	if err := s.ownPassword(r, f); err != nil {
		return err
	}
	if !f.OK() {
		return s.showFactor(w, r, f, nil)
	}
	if err := s.Factors.DropFactor(r.Context(), a.ID); err != nil {
		return err
	}
	s.Flash(r, page.Good, "account.factor.is_off")
	return s.GoTo(w, r, "account.factor")
}
