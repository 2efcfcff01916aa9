package account

import (
	"errors"
	"fmt"
	"net/http"

	"banmuyuan/internal/link"
	"banmuyuan/web/auth"
)

// CardLogin starts a session with the secret of a card and the household's PIN, or once the card's word.
func (p Programs) CardLogin(r *http.Request, secret, proof string) (string, *auth.Account, error) {
	var problems link.Problems
	if secret == "" {
		problems.Add("form.required", "secret")
	}
	if proof == "" {
		problems.Add("form.required", "proof")
	}
	if err := problems.Err(); err != nil {
		return "", nil, err
	}
	by, err := p.cardAccount(r, auth.SecretHash(secret), proof)
	var wait *auth.ThrottledError
	switch {
	case errors.Is(err, auth.ErrWrongLogin):
		return "", nil, link.E(link.Unauthenticated, "card.wrong", "")
	case errors.As(err, &wait):
		return "", nil, throttled(wait.RetryAfter)
	case err != nil:
		return "", nil, fmt.Errorf("log in by card: %w", err)
	}
	if err := p.StartSession(r, by.account); err != nil {
		return "", nil, err
	}
	p.Began(r, by.account, by.card, "")
	return p.token(r, by.account)
}

// SetPIN changes the PIN of the household that is logged in; the session goes on under another token.
func (p Programs) SetPIN(r *http.Request, key, pin, old string) (string, *auth.Account, error) {
	a, err := p.changePIN(r, key, pin, old)
	if err != nil {
		return "", nil, err
	}
	return p.token(r, a)
}

func (p Programs) token(r *http.Request, a *auth.Account) (string, *auth.Account, error) {
	token, _, err := p.Sessions.Commit(r.Context())
	if err != nil {
		return "", nil, fmt.Errorf("store session: %w", err)
	}
	return token, a, nil
}
