package account

import (
	"fmt"
	"net/http"

	"banmuyuan/internal/link"
	"banmuyuan/web/auth"
	"banmuyuan/web/page"
)

// newSecret is a password or PIN that the owner of an account chooses.
type newSecret struct {
	kind         string // what the request is remembered as
	key          string // idempotency key
	value, field string
	old          string
	oldField     string
	needsOld     bool
}

// changeSecret sets the password or PIN of the account that is logged in, and starts its session anew: every other one
// ends. Tries of the old one are counted. The same request again, of which only the key is remembered and no secret,
// finds the secret as it wants it.
func (s *Pages) changeSecret(r *http.Request, n newSecret) (*auth.Account, error) {
	ctx := r.Context()
	a := auth.FromContext(ctx)
	once, err := page.OnceBy(a, n.key, n.kind)
	if err != nil {
		return nil, err
	}
	again, err := s.Accounts.Asked(ctx, once)
	if err != nil {
		return nil, page.ErrOnce(err)
	}
	if again {
		if a, err = s.Accounts.ByID(ctx, a.ID); err != nil {
			return nil, fmt.Errorf("read account: %w", err)
		}
		return s.secretAgain(r, a, n.value)
	}
	if n.needsOld {
		if err := s.checkOld(r, a, n); err != nil {
			return nil, err
		}
	}
	hash, err := s.Auth.Passwords.Hash(ctx, n.value)
	if err != nil {
		return nil, err
	}
	if a, again, err = s.Accounts.SetPassword(ctx, once, a.ID, hash, s.BegunCard(r)); err != nil {
		return nil, fmt.Errorf("store %s: %w", n.kind, page.ErrOnce(err))
	}
	if again { // sent twice at once
		return s.secretAgain(r, a, n.value)
	}
	return a, s.secretSession(r, a)
}

// checkOld compares the old secret. Tries at an unlocked screen are counted like those at the login page.
func (s *Pages) checkOld(r *http.Request, a *auth.Account, n newSecret) error {
	ctx := r.Context()
	wait, err := s.Throttle.Try(ctx, "login:"+a.Login, auth.PerAccount)
	if err != nil {
		return fmt.Errorf("count change of %s: %w", n.kind, err)
	}
	if wait > 0 {
		return throttled(wait)
	}
	ok, err := s.Auth.Passwords.Matches(ctx, n.old, a.PasswordHash)
	switch {
	case err != nil:
		return err
	case !ok:
		return link.E(link.Invalid, "account.password.wrong", n.oldField)
	case a.MustChangePassword() && n.value == n.old:
		return link.E(link.Invalid, "account.password.same", n.field)
	}
	return nil
}

// secretAgain answers a request that set the secret before: it is the same when its secret is the account's. Otherwise
// this would be a way to try secrets, so tries are counted.
func (s *Pages) secretAgain(r *http.Request, a *auth.Account, value string) (*auth.Account, error) {
	ctx := r.Context()
	wait, err := s.Throttle.Try(ctx, "login:"+a.Login, auth.PerAccount)
	if err != nil {
		return nil, fmt.Errorf("count change of password: %w", err)
	}
	if wait > 0 {
		return nil, throttled(wait)
	}
	same, err := s.Auth.Passwords.Matches(ctx, value, a.PasswordHash)
	if err != nil {
		return nil, err
	}
	if !same {
		return nil, page.ErrOnce(auth.ErrKeyReused)
	}
	if s.SessionHolds(r, a) {
		return a, nil
	}
	return a, s.secretSession(r, a)
}

// secretSession starts the session anew after the secret was set.
func (s *Pages) secretSession(r *http.Request, a *auth.Account) error {
	if err := s.StartSession(r, a); err != nil {
		return err
	}
	s.Sessions.Remove(r.Context(), page.SessionCardIn)
	return nil
}
