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

// factorPages are the pages, and the endpoints, of second factors.
type factorPages struct{ *Pages }

func (s factorPages) factorRoutes() {
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
func (s factorPages) factorView(r *http.Request) (factorPage, error) {
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
func (s factorPages) newSecret(r *http.Request, a *auth.Account) (string, error) {
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

func (s factorPages) factorPage(w http.ResponseWriter, r *http.Request) error {
	return s.showFactor(w, r, s.NewForm(page.LangOf(r)), nil)
}

// showFactor shows the page; codes are shown once.
func (s factorPages) showFactor(w http.ResponseWriter, r *http.Request, f *page.Form, codes []string) error {
	d, err := s.factorView(r)
	if err != nil {
		return err
	}
	d.Codes = codes
	w.Header().Set("Cache-Control", "no-store")
	return s.RenderForm(w, r, "account/factor", d, f)
}

// asOwner checks the password of the account that is logged in: an unlocked screen changes no second factor. Invalid; throttled.
func (s factorPages) asOwner(r *http.Request, password string) error {
	if password == "" {
		return link.E(link.Invalid, "form.required", "password")
	}
	return s.checkOld(r, auth.FromContext(r.Context()), newSecret{kind: "second factor", old: password, oldField: "password"})
}

// failed notes an error that a form can show, and returns any other.
func failed(f *page.Form, err error) error {
	if e := link.AsError(err); err != nil && e.RetryAfter > 0 {
		f.AddError("", e)
		return nil
	}
	if err != nil && !f.Fail(err) {
		return err
	}
	return nil
}

// errFactorOn: the account has a second factor already, as after a form that was sent twice.
var errFactorOn = link.E(link.Conflict, "account.factor.on", "")

// enrol turns the second factor on, once a code shows that the authenticator has the secret, and returns its recovery codes.
func (s factorPages) enrol(r *http.Request, typed, password string) ([]string, error) {
	a := auth.FromContext(r.Context())
	if typed == "" {
		return nil, link.E(link.Invalid, "form.required", "code")
	}
	if err := s.asOwner(r, password); err != nil {
		return nil, err
	}
	if _, err := s.Factors.Factor(r.Context(), a.ID); err == nil {
		return nil, errFactorOn
	}
	secret, err := s.newSecret(r, a)
	if err != nil {
		return nil, err
	}
	step, err := auth.FactorStep(secret, auth.CleanCode(typed), s.Now())
	if err != nil {
		return nil, err
	}
	if step == 0 {
		return nil, link.E(link.Invalid, "account.factor.wrong", "code")
	}
	codes, hashes := auth.NewRecoveryCodes(a.ID)
	if err := s.Factors.Enrol(r.Context(), a.ID, s.Cipher.Seal(secret, auth.FactorOwner(a.ID)), step, hashes); err != nil {
		return nil, fmt.Errorf("enrol second factor: %w", err)
	}
	s.Sessions.Remove(r.Context(), sessionNewFactor)
	// Sessions that began with the password alone end.
	if _, err := s.Logins.EndOtherSessions(r.Context(), a.ID, s.LoginID(r)); err != nil {
		return nil, err
	}
	a.MustEnrol = false
	return codes, nil
}

// newCodes makes new recovery codes; the old ones end. NotFound without a second factor.
func (s factorPages) newCodes(r *http.Request, password string) ([]string, error) {
	if err := s.asOwner(r, password); err != nil {
		return nil, err
	}
	a := auth.FromContext(r.Context())
	codes, hashes := auth.NewRecoveryCodes(a.ID)
	err := s.Factors.NewCodes(r.Context(), a.ID, hashes)
	if errors.Is(err, auth.ErrNotFound) {
		return nil, link.E(link.NotFound, "account.factor.none", "")
	}
	return codes, err
}

// dropFactor turns the second factor off, where the county does not require it.
func (s factorPages) dropFactor(r *http.Request, password string) error {
	a := auth.FromContext(r.Context())
	if a.Role.Guarded() {
		return link.E(link.Forbidden, "account.factor.required", "")
	}
	if err := s.asOwner(r, password); err != nil {
		return err
	}
	return s.Factors.DropFactor(r.Context(), a.ID)
}

func (s factorPages) factorEnrol(w http.ResponseWriter, r *http.Request) error {
	return s.factorForm(w, r, func(f *page.Form) ([]string, error) {
		f.Need("code", "password")
		if !f.OK() {
			return nil, nil
		}
		return s.enrol(r, f.Raw("code"), f.Raw("password"))
	})
}

func (s factorPages) factorCodes(w http.ResponseWriter, r *http.Request) error {
	return s.factorForm(w, r, func(f *page.Form) ([]string, error) { return s.newCodes(r, f.Raw("password")) })
}

// factorForm shows the recovery codes that a form led to, once, or its mistakes.
func (s factorPages) factorForm(w http.ResponseWriter, r *http.Request, do func(f *page.Form) ([]string, error)) error {
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	codes, err := do(f)
	if errors.Is(err, errFactorOn) || link.CodeOf(err) == link.NotFound { // sent twice, or taken away meanwhile
		return s.GoTo(w, r, "account.factor")
	}
	if err := failed(f, err); err != nil {
		return err
	}
	if !f.OK() {
		return s.showFactor(w, r, f, nil)
	}
	return s.showFactor(w, r, s.NewForm(page.LangOf(r)), codes)
}

func (s factorPages) factorOff(w http.ResponseWriter, r *http.Request) error {
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	if err := s.dropFactor(r, f.Raw("password")); link.CodeOf(err) == link.Forbidden {
		return err
	} else if err := failed(f, err); err != nil {
		return err
	}
	if !f.OK() {
		return s.showFactor(w, r, f, nil)
	}
	s.Flash(r, page.Good, "account.factor.is_off")
	return s.GoTo(w, r, "account.factor")
}
