package account

import (
	"fmt"
	"net/http"
	"time"

	"banmuyuan/internal/link"
	"banmuyuan/web/auth"
	"banmuyuan/web/page"
)

type pinPage struct{ NeedsOld bool }

// pinNeedsOld tells whether the old PIN has to be given: not right after a login with a card, which is how a household
// that never had one, or forgot it, gets one.
func (s *Pages) pinNeedsOld(r *http.Request) bool {
	in := s.Sessions.GetInt64(r.Context(), sessionCardIn)
	return in == 0 || s.Now().Sub(time.Unix(in, 0)) > newPINAfterCard
}

func (s *Pages) householdPIN(w http.ResponseWriter, r *http.Request) error {
	return s.RenderForm(w, r, "account/pin", pinPage{s.pinNeedsOld(r)}, s.NewForm(page.LangOf(r)))
}

// householdPINSave sets the PIN that a household logs in with, next to its phone number.
func (s *Pages) householdPINSave(w http.ResponseWriter, r *http.Request) error {
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	d := pinPage{s.pinNeedsOld(r)}
	if f.Text("pin") != f.Text("again") {
		f.Add("again", "account.pin.repeat")
	}
	if f.OK() {
		_, err := s.changePIN(r, f.Key(), f.Text("pin"), f.Raw("old"))
		if err == nil {
			s.Flash(r, page.Good, "account.pin.saved")
			return s.GoTo(w, r, "household.home")
		}
		if e := link.AsError(err); e.RetryAfter > 0 {
			f.AddError("", e)
		} else if !f.Fail(err) {
			return err
		}
	}
	return s.RenderForm(w, r, "account/pin", d, f)
}

// changePIN sets the PIN of the household that is logged in, and starts its session anew: every other one ends. The old
// PIN is asked for, and tries are counted, but right after a login with the card. The same request again, of which only
// the key is remembered and no PIN, finds the PIN as it wants it.
func (s *Pages) changePIN(r *http.Request, key, pin, old string) (*auth.Account, error) {
	ctx := r.Context()
	a := auth.FromContext(ctx)
	if wrong := auth.CheckPIN(pin); wrong != "" {
		return nil, link.E(link.Invalid, wrong, "pin")
	}
	once, err := page.OnceBy(a, key, "PIN")
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
		return s.pinAgain(r, a, pin)
	}
	if s.pinNeedsOld(r) {
		wait, err := s.Throttle.Try(ctx, "login:"+a.Login, auth.PerAccount)
		if err != nil {
			return nil, fmt.Errorf("count change of PIN: %w", err)
		}
		if wait > 0 {
			return nil, throttled(wait)
		}
		ok, err := s.Auth.Passwords.Matches(ctx, old, a.PasswordHash)
		if err != nil {
			return nil, err
		}
		if !ok {
			return nil, link.E(link.Invalid, "account.password.wrong", "old")
		}
	}
	hash, err := s.Auth.Passwords.Hash(ctx, pin)
	if err != nil {
		return nil, err
	}
	if a, again, err = s.Accounts.SetPIN(ctx, once, a.ID, hash); err != nil {
		return nil, fmt.Errorf("store PIN: %w", page.ErrOnce(err))
	}
	if again { // sent twice at once
		return s.pinAgain(r, a, pin)
	}
	return a, s.pinSession(r, a)
}

// pinAgain answers a request that set the PIN before: it is the same when its PIN is the account's. Otherwise this would
// be a way to try PINs, so tries are counted.
func (s *Pages) pinAgain(r *http.Request, a *auth.Account, pin string) (*auth.Account, error) {
	ctx := r.Context()
	wait, err := s.Throttle.Try(ctx, "login:"+a.Login, auth.PerAccount)
	if err != nil {
		return nil, fmt.Errorf("count change of PIN: %w", err)
	}
	if wait > 0 {
		return nil, throttled(wait)
	}
	same, err := s.Auth.Passwords.Matches(ctx, pin, a.PasswordHash)
	if err != nil {
		return nil, err
	}
	if !same {
		return nil, page.ErrOnce(auth.ErrKeyReused)
	}
	if s.SessionHolds(r, a) {
		return a, nil
	}
	return a, s.pinSession(r, a)
}

// pinSession starts the session anew after the PIN was set.
func (s *Pages) pinSession(r *http.Request, a *auth.Account) error {
	if err := s.StartSession(r, a); err != nil {
		return err
	}
	s.Sessions.Remove(r.Context(), sessionCardIn)
	return nil
}
