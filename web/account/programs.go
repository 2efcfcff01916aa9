package account

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"banmuyuan/internal/link"
	"banmuyuan/web/api"
	"banmuyuan/web/auth"
	"banmuyuan/web/page"
)

// Programs logs programs in and registers buyers for the API, under the same rules
// as the pages.
type Programs struct{ *Pages }

// Login starts a session and returns its token. code is of the second factor, where the account has one.
func (p Programs) Login(r *http.Request, login, password, code string) (string, *auth.Account, error) {
	var problems link.Problems
	if login == "" {
		problems.Add("form.required", "login")
	}
	if password == "" {
		problems.Add("form.required", "password")
	}
	if err := problems.Err(); err != nil {
		return "", nil, err
	}
	if phone := auth.CleanPhone(login); phone != "" {
		login = phone
	}
	a, err := p.Auth.Login(r.Context(), login, password, p.ClientIP(r))
	if errors.Is(err, auth.ErrNeedsCode) {
		if code == "" {
			return "", nil, link.E(link.Unauthenticated, "login.code.needed", "code")
		}
		err = p.Auth.SecondFactor(r.Context(), a, code, p.ClientIP(r))
	}
	var wait *auth.ThrottledError
	switch {
	case errors.Is(err, auth.ErrWrongCode):
		return "", nil, link.E(link.Unauthenticated, "login.code.wrong", "code")
	case errors.Is(err, auth.ErrWrongLogin):
		return "", nil, link.E(link.Unauthenticated, "login.wrong", "")
	case errors.As(err, &wait):
		return "", nil, throttled(wait.RetryAfter)
	case err != nil:
		return "", nil, fmt.Errorf("log in: %w", err)
	}
	if err := p.StartSession(r, a); err != nil {
		return "", nil, err
	}
	p.Began(r, a, 0, password)
	token, _, err := p.Sessions.Commit(r.Context())
	if err != nil {
		return "", nil, fmt.Errorf("store session: %w", err)
	}
	return token, a, nil
}

// SetPassword changes the password of the account that is logged in; the session goes on under another token.
func (p Programs) SetPassword(r *http.Request, key, password, current string) (string, *auth.Account, error) {
	a, err := p.setPassword(r, key, password, current)
	if err != nil {
		return "", nil, err
	}
	return p.token(r, a)
}

// OwnData is the data of the account's person.
func (p Programs) OwnData(r *http.Request) (api.OwnData, error) { return p.takeData(r) }

// Factor tells of the second factor of the account that is logged in.
func (p Programs) Factor(r *http.Request) (api.Factor, error) {
	a := auth.FromContext(r.Context())
	rules, err := p.Factors.Security(r.Context())
	if err != nil {
		return api.Factor{}, err
	}
	out := api.Factor{Required: a.Role.Guarded()}
	if due := rules.FactorDue(a); !due.IsZero() {
		out.RequiredFrom = &due
	}
	factor, err := p.Factors.Factor(r.Context(), a.ID)
	if err != nil && !errors.Is(err, auth.ErrNotFound) {
		return out, err
	}
	out.On, out.CodesLeft = err == nil, factor.CodesLeft
	return out, nil
}

// FactorSecret makes the secret of a second factor that is being enrolled in this session, or returns it again.
func (p Programs) FactorSecret(r *http.Request) (secret, address string, err error) {
	a := auth.FromContext(r.Context())
	if !a.Role.MayEnrol() {
		return "", "", link.E(link.Forbidden, "account.factor.role", "")
	}
	if _, err := p.Factors.Factor(r.Context(), a.ID); err == nil {
		return "", "", errFactorOn
	}
	if secret, err = factorPages(p).newSecret(r, a); err != nil {
		return "", "", err
	}
	address, err = auth.FactorAddress(factorIssuer, a.Login, secret)
	return secret, address, err
}

// EnrolFactor turns the second factor on and returns its recovery codes.
func (p Programs) EnrolFactor(r *http.Request, code, password string) ([]string, error) {
	if a := auth.FromContext(r.Context()); !a.Role.MayEnrol() {
		return nil, link.E(link.Forbidden, "account.factor.role", "")
	}
	return factorPages(p).enrol(r, code, password)
}

// NewFactorCodes replaces the recovery codes.
func (p Programs) NewFactorCodes(r *http.Request, password string) ([]string, error) {
	return factorPages(p).newCodes(r, password)
}

// DropFactor turns the second factor off.
func (p Programs) DropFactor(r *http.Request, password string) error {
	return factorPages(p).dropFactor(r, password)
}

// Logout ends the session.
func (p Programs) Logout(r *http.Request) error { return p.endOwn(r) }

// LoginSessions lists where the account is logged in, and the session that asks.
func (p Programs) LoginSessions(r *http.Request) ([]auth.LoginSession, int64, error) {
	list, err := p.ownSessions(r)
	return list, p.LoginID(r), err
}

// EndLoginSession ends a session of the account.
func (p Programs) EndLoginSession(r *http.Request, id int64) error { return p.endSession(r, id) }

// Register creates a private buyer's account for a phone or address that the code proves; it does not log in.
func (p Programs) Register(r *http.Request, name, contact, code, password string, privacy int) (*auth.Account, error) {
	f := p.NewForm(page.LangOf(r))
	f.Values = url.Values{"name": {name}, "contact": {contact}, "code": {code}, "password": {password}, "agree": {strconv.Itoa(privacy)}}
	a, err := p.newBuyer(r, f)
	if err != nil {
		return nil, err
	}
	if !f.OK() {
		for _, e := range f.Problems {
			switch { // as the request names them
			case e.Field == "contact" && strings.Contains(contact, "@"):
				e.Field = "email"
			case e.Field == "contact":
				e.Field = "phone"
			case e.Field == "agree":
				e.Field = "privacy_version"
			}
		}
		return nil, link.Join(f.Problems)
	}
	return a, nil
}
