package account

import (
	"crypto/hmac"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gorilla/mux"

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

// cardOpen logs a household in by its card and its PIN, or once by the word that came with the card. A card that was ended,
// a wrong PIN and an account that was switched off look the same.
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
	by, err := s.cardAccount(r, hash, f.Text("proof"))
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
	if err := s.begin(w, r, by.account); err != nil {
		return err
	}
	s.Began(r, by.account, by.card, "")
	s.Sessions.Remove(r.Context(), sessionCard)
	if by.word { // it does not open the card again
		return s.GoTo(w, r, "household.pin")
	}
	page.Redirect(w, r, s.Home(by.account))
	return nil
}

// cardLogin is a login by card.
type cardLogin struct {
	account *auth.Account
	card    int64
	word    bool // and not by the PIN
}

func (s *Pages) cardAccount(r *http.Request, hash []byte, proof string) (cardLogin, error) {
	ctx := r.Context()
	// Both are counted before anything is looked at.
	byAddress, err := auth.TryFrom(ctx, s.Throttle, s.ClientIP(r))
	if err != nil {
		return cardLogin{}, err
	}
	key := "card:" + hex.EncodeToString(hash[:16])
	byCard, err := s.Throttle.Try(ctx, key, auth.PerCard)
	if err != nil {
		return cardLogin{}, err
	}
	if wait := max(byAddress, byCard); wait > 0 {
		return cardLogin{}, &auth.ThrottledError{RetryAfter: wait}
	}
	card, err := s.Cards.CardByHash(ctx, hash)
	if errors.Is(err, auth.ErrNotFound) {
		return cardLogin{}, s.Auth.CardFailed(ctx, nil)
	}
	if err != nil {
		return cardLogin{}, err
	}
	a, err := s.Accounts.ByID(ctx, card.AccountID)
	if err != nil {
		return cardLogin{}, err
	}
	if a.Disabled() || a.Role != auth.Household || a.HouseholdID != card.HouseholdID {
		return cardLogin{}, s.Auth.CardFailed(ctx, a)
	}
	word, err := s.provesCard(r, a, card, digitsOf(proof))
	if errors.Is(err, auth.ErrWrongLogin) {
		return cardLogin{}, s.Auth.CardFailed(ctx, a)
	}
	if err != nil {
		return cardLogin{}, err
	}
	if err := s.Throttle.Forget(ctx, key); err != nil {
		return cardLogin{}, err
	}
	if err := auth.Succeeded(ctx, s.Throttle, s.ClientIP(r)); err != nil {
		return cardLogin{}, err
	}
	if err := s.Auth.LetIn(ctx, a, "card"); err != nil {
		return cardLogin{}, err
	}
	return cardLogin{account: a, card: card.ID, word: word}, s.Cards.CardUsed(ctx, card.ID)
}

// provesCard compares the digits with the card's word, which it uses up, and with the household's PIN. A one-time password
// is no PIN: a person of the staff knows it. ErrWrongLogin.
func (s *Pages) provesCard(r *http.Request, a *auth.Account, card *auth.Card, typed string) (word bool, err error) {
	ctx := r.Context()
	if typed == "" {
		return false, auth.ErrWrongLogin
	}
	if card.WordWorks(s.Now()) {
		for _, hash := range auth.WordHashes(s.Digests, card.ID, typed) {
			if !hmac.Equal(hash, card.WordHash) {
				continue
			}
			if word, err = s.Cards.UseWord(ctx, card.ID); err != nil || word {
				return word, err
			}
		}
	}
	hash := a.PasswordHash
	if a.MustChangePassword() {
		hash = ""
	}
	ok, err := s.Auth.Passwords.Matches(ctx, typed, hash)
	if err != nil {
		return false, err
	}
	if !ok {
		return false, auth.ErrWrongLogin
	}
	return false, nil
}

// digitsOf returns typed digits without the spaces and hyphens that paper has between them, or "" for anything else.
func digitsOf(typed string) string {
	typed = strings.Map(func(r rune) rune {
		switch {
		case r >= '０' && r <= '９':
			return r - '０' + '0'
		case r == ' ', r == '\u3000', r == '-':
			return -1
		}
		return r
	}, typed)
	if strings.Trim(typed, "0123456789") != "" {
		return ""
	}
	return typed
}
