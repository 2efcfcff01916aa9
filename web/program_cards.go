package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/web/api"
	"banmuyuan/web/auth"
)

var _ api.Cards = program{}

// VillageCards lists who of a village has a card.
func (p program) VillageCards(ctx context.Context, village int64) (api.VillageCards, error) {
	d, err := p.countyCardsPage(ctx, village)
	out := api.VillageCards{VillageID: d.Village.ID, Village: d.Village.Name, Without: d.Without, Items: []api.HouseholdCard{}}
	for _, row := range d.Rows {
		c := api.HouseholdCard{Code: row.Household.Code, Head: row.Household.Head}
		if row.Card != nil {
			c.IssuedAt, c.IssuedBy = &row.Card.IssuedAt, row.Card.IssuedBy
			if !row.Card.UsedAt.IsZero() {
				c.UsedAt = &row.Card.UsedAt
			}
		}
		out.Items = append(out.Items, c)
	}
	return out, err
}

// IssueCards makes cards of a village's households and tells what is to be printed on them, to whoever asks with its key.
func (p program) IssueCards(ctx context.Context, key string, village int64, household string) (api.IssuedCards, error) {
	out := api.IssuedCards{Items: []api.IssuedCard{}}
	d, err := p.countyCardsPage(ctx, village)
	if err != nil {
		return out, err
	}
	if household != "" && len(d.wanted(household)) == 0 {
		return out, link.E(link.NotFound, "household.unknown", "household")
	}
	prints, err := p.issueCards(ctx, d, household, key)
	for _, one := range prints {
		out.Items = append(out.Items, api.IssuedCard{Code: one.Household.Code, Head: one.Household.Head, Village: d.Village.Name, Township: d.Township, Address: one.Address})
	}
	return out, err
}

// RevokeCard ends a household's card and whatever is open with it.
func (p program) RevokeCard(ctx context.Context, key, code string) (bool, error) {
	h, err := p.deps.Catalog.Household(ctx, catalog.HouseholdRef{Code: code})
	if err != nil {
		return false, err
	}
	return p.revokeCard(ctx, h.ID, key)
}

// CardLogin starts a session with what a card's code holds and the last four of the head's id number.
func (p program) CardLogin(r *http.Request, secret, proof string) (string, *auth.Account, error) {
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
	a, err := p.cardAccount(r, auth.SecretHash(secret), proof)
	var wait *auth.ThrottledError
	switch {
	case errors.Is(err, auth.ErrWrongLogin):
		return "", nil, link.E(link.Unauthenticated, "card.wrong", "")
	case errors.As(err, &wait):
		return "", nil, throttled(wait.RetryAfter)
	case err != nil:
		return "", nil, fmt.Errorf("log in by card: %w", err)
	}
	if err := p.startSession(r, a); err != nil {
		return "", nil, err
	}
	p.sessions.Put(r.Context(), sessionCardIn, p.now().Unix())
	return p.token(r, a)
}

// SetPIN changes the PIN of the household that is logged in; the session goes on under another token.
func (p program) SetPIN(r *http.Request, key, pin, old string) (string, *auth.Account, error) {
	a, err := p.changePIN(r, key, pin, old)
	if err != nil {
		return "", nil, err
	}
	return p.token(r, a)
}

func (p program) token(r *http.Request, a *auth.Account) (string, *auth.Account, error) {
	token, _, err := p.sessions.Commit(r.Context())
	if err != nil {
		return "", nil, fmt.Errorf("store session: %w", err)
	}
	return token, a, nil
}
