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

// Key of the session of a card that is not proved yet, and for how long after a login
// with a card a new PIN may be chosen without the old one.
const (
	sessionCard     = "card"
	newPINAfterCard = 15 * time.Minute
)

// cardRoutes let a household in that was handed a card. The code's address is left at once, so that it stays neither in
// the address bar nor in the log of later requests.
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

// cardOpen logs a household in by its card and the last four of the head's id number. A card that was
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
	s.Sessions.Put(r.Context(), page.SessionCardIn, s.Now().Unix())
	page.Redirect(w, r, s.Home(a))
	return nil
}

func (s *Pages) cardAccount(r *http.Request, hash []byte, proof string) (*auth.Account, error) {
	ctx := r.Context()
	// Both are counted before anything is looked at.
	byAddress, err := auth.TryFrom(ctx, s.Throttle, s.ClientIP(r))
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
	if err := auth.Succeeded(ctx, s.Throttle, s.ClientIP(r)); err != nil {
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
