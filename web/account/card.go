package account

import (
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gorilla/mux"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/web/auth"
	"banmuyuan/web/page"
)

// Keys of the session for somebody who holds a card and has not said yet whose it is, and for how long after a login
// with a card a new PIN may be chosen without the old one.
const (
	sessionCard     = "card"
	sessionCardIn   = "card_in"
	newPINAfterCard = 15 * time.Minute
)

// cardRoutes let a household in that was handed a card. The code's address is left at once, so that it stays neither in
// the address bar nor in the log of what follows.
func (s *Pages) cardRoutes() {
	s.Open("GET", "/card", "card", s.cardPage)
	s.Open("POST", "/card", "card.open", s.cardOpen)
	s.Open("GET", "/card/{secret:[A-Za-z0-9_-]{20,40}}", "card.scan", s.cardScan)
	s.Guarded("GET", "/my/pin", "household.pin", s.householdPIN, auth.Household)
	s.Guarded("POST", "/my/pin", "household.pin.save", s.householdPINSave, auth.Household)
}

func (s *Pages) cardScan(w http.ResponseWriter, r *http.Request) error {
	s.Sessions.Put(r.Context(), sessionCard, auth.SecretHash(mux.Vars(r)["secret"]))
	return s.GoTo(w, r, "card")
}

func (s *Pages) cardPage(w http.ResponseWriter, r *http.Request) error {
	if len(s.Sessions.GetBytes(r.Context(), sessionCard)) == 0 {
		return s.GoTo(w, r, "login")
	}
	return s.RenderForm(w, r, "account/card", nil, s.NewForm(page.LangOf(r)))
}

// cardOpen logs a household in: whoever has the card and knows the last four of the head's id number. A card that was
// ended, a wrong number and an account that was switched off look the same.
func (s *Pages) cardOpen(w http.ResponseWriter, r *http.Request) error {
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	hash := s.Sessions.GetBytes(r.Context(), sessionCard)
	if len(hash) == 0 {
		return s.GoTo(w, r, "login")
	}
	if !f.Need("proof") {
		return s.RenderForm(w, r, "account/card", nil, f)
	}
	a, err := s.cardAccount(r, hash, f.Text("proof"))
	var wait *auth.ThrottledError
	switch {
	case errors.Is(err, auth.ErrWrongLogin):
		f.Add("proof", "card.wrong")
		return s.RenderForm(w, r, "account/card", nil, f)
	case errors.As(err, &wait):
		e := throttled(wait.RetryAfter)
		w.Header().Set("Retry-After", strconv.Itoa(e.RetryAfter))
		f.AddError("", e)
		return s.RenderForm(w, r, "account/card", nil, f)
	case err != nil:
		return fmt.Errorf("log in by card: %w", err)
	}
	if err := s.begin(w, r, a); err != nil {
		return err
	}
	s.Sessions.Remove(r.Context(), sessionCard)
	s.Sessions.Put(r.Context(), sessionCardIn, s.Now().Unix())
	page.Redirect(w, r, s.Home(a))
	return nil
}

func (s *Pages) cardAccount(r *http.Request, hash []byte, proof string) (*auth.Account, error) {
	ctx := r.Context()
	// Both are counted before anything is looked at.
	byAddress, err := s.Throttle.Try(ctx, "address:"+s.ClientIP(r), auth.PerAddress)
	if err != nil {
		return nil, err
	}
	key := "card:" + hex.EncodeToString(hash[:16])
	byCard, err := s.Throttle.Try(ctx, key, auth.PerCard)
	if err != nil {
		return nil, err
	}
	if wait := max(byAddress, byCard); wait > 0 {
		return nil, &auth.ThrottledError{RetryAfter: wait}
	}
	card, err := s.Cards.CardByHash(ctx, hash)
	if errors.Is(err, auth.ErrNotFound) {
		return nil, auth.ErrWrongLogin
	}
	if err != nil {
		return nil, err
	}
	a, err := s.Accounts.ByID(ctx, card.AccountID)
	if err != nil {
		return nil, err
	}
	if a.Disabled() || a.Role != auth.Household || a.HouseholdID != card.HouseholdID {
		return nil, auth.ErrWrongLogin
	}
	h, err := s.Catalog.Household(link.WithActor(ctx, link.Actor{Account: a.ID, Login: a.Login, Role: string(a.Role), Household: a.HouseholdID}),
		catalog.HouseholdRef{ID: card.HouseholdID})
	if err != nil {
		return nil, err
	}
	if !provesHousehold(h, proof) {
		return nil, auth.ErrWrongLogin
	}
	if err := s.Throttle.Forget(ctx, key); err != nil {
		return nil, err
	}
	return a, s.Cards.CardUsed(ctx, card.ID)
}

// provesHousehold compares what was typed with the last four of the head's id number, which is all that leaves the
// catalogue. A household without a number has nothing to prove itself with.
func provesHousehold(h catalog.Household, typed string) bool {
	if len(h.Members) == 0 {
		return false
	}
	number := h.Members[0].IDNumber
	typed = strings.ToUpper(strings.Map(func(r rune) rune {
		switch {
		case r >= '０' && r <= '９':
			return r - '０' + '0'
		case r == ' ', r == '\u3000':
			return -1
		}
		return r
	}, typed))
	if len(number) < 4 || strings.Contains(number[len(number)-4:], "*") || len(typed) != 4 {
		return false
	}
	return subtle.ConstantTimeCompare([]byte(number[len(number)-4:]), []byte(typed)) == 1
}

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
