package api

import (
	"context"
	"net/http"
	"time"
)

// Factor is the second factor of an account as its owner sees it.
type Factor struct {
	On           bool       `json:"on"`
	CodesLeft    int        `json:"recovery_codes_left"`
	Required     bool       `json:"required" description:"The account's role needs one"`
	RequiredFrom *time.Time `json:"required_from,omitempty" description:"Then the account can do nothing else before it has one"`
}

type factorSecretOut struct {
	Secret  string `json:"secret" description:"In base32, for an authenticator: SHA-1, six digits, 30 seconds"`
	Address string `json:"address" description:"The same as an otpauth address, for a QR code"`
}

type factorEnrolIn struct {
	Code     string `json:"code" description:"That the authenticator shows now"`
	Password string `json:"password"`
}

type factorPasswordIn struct {
	Password string `json:"password"`
}

type factorCodesOut struct {
	RecoveryCodes []string `json:"recovery_codes" description:"Each works once, in place of a code; they are shown here and never again"`
}

// factorEndpoints set up the second factor of the account that is logged in. They stand below sessions: the secret that is
// being enrolled belongs to one.
func (a *API) factorEndpoints() []endpoint {
	look := op("GET", "/sessions/current/factor", "accounts.factor", "Whether the account has a second factor, and needs one", loggedIn,
		func(context.Context, struct{}) (Factor, error) { return Factor{}, nil })
	look.serve = func(_ context.Context, r *http.Request) (any, error) { return a.accounts.Factor(r) }
	secret := op("POST", "/sessions/current/factor/secret", "accounts.factor_secret", "The secret of a second factor to be enrolled; the same one again in the same session", loggedIn,
		func(context.Context, struct{}) (factorSecretOut, error) { return factorSecretOut{}, nil })
	secret.serve = func(_ context.Context, r *http.Request) (any, error) {
		text, address, err := a.accounts.FactorSecret(r)
		return factorSecretOut{text, address}, err
	}
	enrol := op("PUT", "/sessions/current/factor", "accounts.factor_enrol", "Turn the second factor on, by a code of its secret; other sessions end", loggedIn,
		func(context.Context, factorEnrolIn) (factorCodesOut, error) { return factorCodesOut{}, nil })
	enrol.serve = func(_ context.Context, r *http.Request) (any, error) {
		var in factorEnrolIn
		if err := decode(r, &in); err != nil {
			return nil, err
		}
		codes, err := a.accounts.EnrolFactor(r, in.Code, in.Password)
		return factorCodesOut{codes}, err
	}
	codes := op("POST", "/sessions/current/factor/codes", "accounts.factor_codes", "Replace the recovery codes", loggedIn,
		func(context.Context, factorPasswordIn) (factorCodesOut, error) { return factorCodesOut{}, nil })
	codes.serve = func(_ context.Context, r *http.Request) (any, error) {
		var in factorPasswordIn
		if err := decode(r, &in); err != nil {
			return nil, err
		}
		fresh, err := a.accounts.NewFactorCodes(r, in.Password)
		return factorCodesOut{fresh}, err
	}
	off := op("POST", "/sessions/current/factor/off", "accounts.factor_off", "Turn the second factor off, where the role does not need it", loggedIn,
		func(context.Context, factorPasswordIn) (struct{}, error) { return struct{}{}, nil })
	off.serve = func(_ context.Context, r *http.Request) (any, error) {
		var in factorPasswordIn
		if err := decode(r, &in); err != nil {
			return nil, err
		}
		return struct{}{}, a.accounts.DropFactor(r, in.Password)
	}
	return []endpoint{look, secret, enrol, codes, off}
}
