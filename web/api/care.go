package api

import (
	"context"
	"net/http"
	"time"

	"banmuyuan/internal/link"

	"banmuyuan/catalog"
	"banmuyuan/payments"
	"banmuyuan/web/auth"
)

// Cards are the papers that households log in with. The pages do it the same way. A write under a key is done once: the
// same again is answered as it was, and another request is a Conflict.
type Cards interface {
	// VillageCards lists the households of a village that have one. NotFound.
	VillageCards(ctx context.Context, village int64) (VillageCards, error)
	// IssueCards makes cards for all of a village's households that have none, or a new one for a household; its old one
	// ends. NotFound.
	IssueCards(ctx context.Context, key string, village int64, household string) (IssuedCards, error)
	// RevokeCard ends a household's card and the sessions that began with it. It reports whether there was one.
	RevokeCard(ctx context.Context, key, code string) (bool, error)
	// IssueCardWords makes one-time words for the cards of a village that have none, or for a household's card. Forbidden for
	// the issuer of the card.
	IssueCardWords(ctx context.Context, key string, village int64, household string) (CardWords, error)
	// CardLogin starts a session. Unauthenticated; throttled.
	CardLogin(r *http.Request, secret, proof string) (token string, a *auth.Account, err error)
	// SetPIN changes the PIN of the household that is logged in. Invalid names the field; throttled.
	SetPIN(r *http.Request, key, pin, old string) (token string, a *auth.Account, err error)
}

// HouseholdCard tells whether a household has a card that works.
type HouseholdCard struct {
	Code     string     `json:"code"`
	Head     string     `json:"head"`
	IssuedAt *time.Time `json:"issued_at,omitempty"` // missing: it has none
	IssuedBy string     `json:"issued_by,omitempty"`
	UsedAt   *time.Time `json:"used_at,omitempty"`
	Word     string     `json:"word,omitempty" description:"none, waits, used or over: its one-time word"`
}

// CardWord is a card's one-time word, to be handed over apart from the card.
type CardWord struct {
	Code  string    `json:"code"`
	Head  string    `json:"head"`
	Word  string    `json:"word" description:"Nobody is told again but with the same Idempotency-Key: only its digest is kept."`
	Until time.Time `json:"until"`
}

type CardWords struct {
	Items []CardWord `json:"items"`
	Left  int        `json:"left" description:"Cards that still wait for their word: at most 200 are made at once, so ask again with another key"`
}

type VillageCards struct {
	VillageID int64           `json:"village_id"`
	Village   string          `json:"village"`
	Without   int             `json:"without"`
	Items     []HouseholdCard `json:"items"`
}

// IssuedCard holds the text that is printed on a card.
type IssuedCard struct {
	Code     string `json:"code"`
	Head     string `json:"head"`
	Village  string `json:"village"`
	Township string `json:"township"`
	Address  string `json:"address" description:"What the QR code holds. Nobody is told again but with the same Idempotency-Key: only its digest is kept."`
}

type IssuedCards struct {
	Items []IssuedCard `json:"items"`
	Left  int          `json:"left" description:"Households of the village that still have none: at most 200 are made at once, so ask again with another key"`
}

type villageIn struct {
	Village int64 `path:"village"`
}

type issueCardsIn struct {
	Key       string `header:"Idempotency-Key" json:"-" required:"true"`
	Village   int64  `path:"village" json:"-"`
	Household string `json:"household,omitempty" description:"A household's code: a new card, and its old one ends. Empty: all that have none"`
}

type cardWordsIn struct {
	Key       string `header:"Idempotency-Key" json:"-" required:"true"`
	Village   int64  `path:"village" json:"-"`
	Household string `json:"household,omitempty" description:"A household's code: a new word. Empty: all cards without one that somebody else issued"`
}

type revokedOut struct {
	Revoked bool `json:"revoked" description:"False: there was none"`
}

type cardIn struct {
	Secret string `json:"secret" description:"The last part of the address in the card's QR code"`
	Proof  string `json:"proof" description:"The household's PIN, or once the word that came with the card"`
}

type revokeCardIn struct {
	Key  string `header:"Idempotency-Key" json:"-" required:"true"`
	Code string `path:"code"`
}

type pinIn struct {
	Key string `header:"Idempotency-Key" json:"-" required:"true"`
	PIN string `json:"pin" description:"6 to 12 digits"`
	Old string `json:"old,omitempty" description:"Not needed for a quarter of an hour after a login with the card"`
}

type reviewQuery struct {
	All    bool  `query:"all" description:"Decided ones as well"`
	Before int64 `query:"before" minimum:"0" description:"The last id of the page before"`
	Limit  int   `query:"limit" minimum:"1" maximum:"500"`
}

type decideIn struct {
	Key     string `header:"Idempotency-Key" json:"-" required:"true"`
	ID      int64  `path:"id" json:"-"`
	Approve bool   `json:"approve"`
	Why     string `json:"why"`
}

type decideAccountIn struct {
	Key     string `header:"Idempotency-Key" json:"-" required:"true"`
	Code    string `path:"code" json:"-"`
	Approve bool   `json:"approve"`
	Why     string `json:"why"`
}

// slipOut is everything that was done for a household, and by whom (回执).
type slipOut struct {
	Code     string                   `json:"code"`
	Consents []catalog.ConsentEntry   `json:"consents"`
	Actions  []catalog.Action         `json:"actions"`
	Accounts []payments.AccountChange `json:"accounts"`
}

func (a *API) careEndpoints() []endpoint {
	desk := only([]auth.Role{auth.Operator})
	two := only([]auth.Role{auth.Operator, auth.Approver})
	byCard := op("POST", "/sessions/card", "accounts.card", "Log in with a household's card", public,
		func(context.Context, cardIn) (sessionOut, error) { return sessionOut{}, nil }).created()
	byCard.serve = func(_ context.Context, r *http.Request) (any, error) {
		var in cardIn
		if err := decode(r, &in); err != nil {
			return nil, err
		}
		token, account, err := a.accounts.CardLogin(r, in.Secret, in.Proof)
		if err != nil {
			return nil, err
		}
		return sessionOut{Token: token, Account: outOf(account)}, nil
	}
	pin := op("PUT", "/sessions/current/pin", "accounts.pin", "Choose the household's PIN; every other session ends and this one gets another token", only([]auth.Role{auth.Household}),
		func(context.Context, pinIn) (sessionOut, error) { return sessionOut{}, nil })
	pin.serve = func(_ context.Context, r *http.Request) (any, error) {
		var in pinIn
		if err := decode(r, &in); err != nil {
			return nil, err
		}
		if err := needKey(in.Key); err != nil {
			return nil, err
		}
		token, account, err := a.accounts.SetPIN(r, in.Key, in.PIN, in.Old)
		if err != nil {
			return nil, err
		}
		return sessionOut{Token: token, Account: outOf(account)}, nil
	}
	return []endpoint{
		byCard, pin,
		op("GET", "/villages/{village}/cards", "cards.list", "Who of a village has a card", two,
			func(ctx context.Context, in villageIn) (VillageCards, error) {
				return a.accounts.VillageCards(ctx, in.Village)
			}).ofPeople(),
		op("POST", "/villages/{village}/cards", "cards.issue", "Make cards and get what is to be printed on them, once", desk,
			func(ctx context.Context, in issueCardsIn) (IssuedCards, error) {
				if err := needKey(in.Key); err != nil {
					return IssuedCards{}, err
				}
				return a.accounts.IssueCards(ctx, in.Key, in.Village, in.Household)
			}).created(),
		op("POST", "/villages/{village}/cards/words", "cards.words", "Make one-time words for cards that somebody else issued, and get them, once", two,
			func(ctx context.Context, in cardWordsIn) (CardWords, error) {
				if err := needKey(in.Key); err != nil {
					return CardWords{}, err
				}
				return a.accounts.IssueCardWords(ctx, in.Key, in.Village, in.Household)
			}).created(),
		op("DELETE", "/households/{code}/card", "cards.revoke", "End a household's card and what is open with it", desk,
			func(ctx context.Context, in revokeCardIn) (revokedOut, error) {
				if err := needKey(in.Key); err != nil {
					return revokedOut{}, err
				}
				revoked, err := a.accounts.RevokeCard(ctx, in.Key, in.Code)
				return revokedOut{revoked}, err
			}),
		op("GET", "/reviews", "reviews.list", "What is implausible and held until somebody has looked", only(auth.County),
			func(ctx context.Context, in reviewQuery) (link.Raw[catalog.ReviewPage], error) {
				return a.raw.Care.Reviews(ctx, catalog.ReviewFilter{All: in.All, Before: in.Before, Limit: in.Limit})
			}).ofPeople(),
		op("POST", "/reviews/{id}/decision", "reviews.decide", "Let through or refuse what was held, with a reason", only(auth.County),
			func(ctx context.Context, in decideIn) (link.Raw[catalog.Review], error) {
				if err := needKey(in.Key); err != nil {
					return nil, err
				}
				return a.raw.Care.DecideReview(ctx, catalog.DecideReviewRequest{ID: in.ID, Approve: in.Approve, Why: in.Why, IdempotencyKey: in.Key})
			}),
		op("GET", "/account-reviews", "reviews.accounts", "Payout accounts that wait for a second person", only(auth.County),
			func(ctx context.Context, _ struct{}) (link.Raw[payments.AccountsToReview], error) {
				return a.raw.AccountReviews.AccountsToReview(ctx, payments.None{})
			}).ofPeople(),
		op("POST", "/households/{code}/account/decision", "reviews.account_decide", "Put an account into use or refuse it, with a reason", only([]auth.Role{auth.Approver}),
			func(ctx context.Context, in decideAccountIn) (link.Raw[payments.PayoutAccount], error) {
				if err := needKey(in.Key); err != nil {
					return nil, err
				}
				h, err := a.services.Catalog.Household(ctx, catalog.HouseholdRef{Code: in.Code})
				if err != nil {
					return nil, err
				}
				return a.raw.AccountReviews.DecidePayoutAccount(ctx, payments.DecidePayoutAccount{Household: h.ID, Approve: in.Approve, Why: in.Why, IdempotencyKey: in.Key})
			}),
		op("GET", "/households/{code}/actions", "households.actions", "What was done for a household and by whom, as its slip says", loggedIn,
			func(ctx context.Context, in codeIn) (slipOut, error) {
				ctx, h, err := a.household(ctx, in.Code)
				if err != nil {
					return slipOut{}, err
				}
				log, err := a.services.Care.HouseholdLog(ctx, catalog.HouseholdRef{ID: h.ID})
				if err != nil {
					return slipOut{}, err
				}
				accounts, err := a.services.AccountReviews.AccountHistory(ctx, payments.HouseholdRef{ID: h.ID})
				return slipOut{Code: h.Code, Consents: log.Consents, Actions: log.Actions, Accounts: accounts.Items}, err
			}),
	}
}
