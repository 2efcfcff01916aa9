package auth

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"time"
)

// Card is a paper with a QR code that a household logs in with, together with something that only the household knows.
// The code holds a random secret of which only a digest is kept: who reads the table cannot print a card.
type Card struct {
	ID          int64
	HouseholdID int64
	AccountID   int64
	Hash        []byte
	IssuedAt    time.Time
	IssuedBy    string
	UsedAt      time.Time // zero: never
}

// NewCard is a card to be stored. Account is made for a household that has none; its login is the household's code.
type NewCard struct {
	HouseholdID int64
	Hash        []byte
	Account     Account
}

// Cards keeps cards. A household has one that works.
type Cards interface {
	// IssueCards stores cards and ends those that the households had. It returns the cards that the request made, whenever it
	// did. ErrKeyReused.
	IssueCards(ctx context.Context, once Once, by string, cards []NewCard) ([]Card, error)
	// CardByHash returns ErrNotFound for a card that was ended as well.
	CardByHash(ctx context.Context, hash []byte) (*Card, error)
	// CardUsed notes that somebody logged in with it.
	CardUsed(ctx context.Context, id int64) error
	// RevokeCard ends a household's card and every session that began with it. It reports whether there was one when it was
	// asked for. ErrKeyReused.
	RevokeCard(ctx context.Context, once Once, household int64, by string) (bool, error)
	// CardsOf returns the cards that work, by household.
	CardsOf(ctx context.Context, households []int64) (map[int64]Card, error)
}

// PerCard is how often what belongs to a card may be tried: it is four digits.
var PerCard = Limit{Tries: 5, Window: time.Hour}

// secretBytes is how long what a card's code holds is.
const secretBytes = 20

// NewSecret makes what a card's code holds, and its digest.
func NewSecret() (secret string, hash []byte) {
	b := make([]byte, secretBytes)
	_, _ = rand.Read(b) // never fails
	secret = base64.RawURLEncoding.EncodeToString(b)
	return secret, SecretHash(secret)
}

// SecretHash is the digest of a card's secret. It is long and random, so a plain digest is enough.
func SecretHash(secret string) []byte {
	sum := sha256.Sum256([]byte("card:" + secret))
	return sum[:]
}

// Lengths of a household's PIN.
const (
	PINMin = 6
	PINMax = 12
)

// CheckPIN says what is wrong with a household's new PIN as a message key, or "". Six digits can be remembered; tries are
// counted, so only those that everybody tries first are refused.
func CheckPIN(pin string) string {
	if len(pin) < PINMin || len(pin) > PINMax {
		return "account.pin.length"
	}
	same, up, down := true, true, true
	for i := range len(pin) {
		if pin[i] < '0' || pin[i] > '9' {
			return "account.pin.digits"
		}
		if i > 0 {
			same = same && pin[i] == pin[i-1]
			up = up && pin[i] == pin[i-1]+1
			down = down && pin[i]+1 == pin[i-1]
		}
	}
	if same || up || down || common[pin] || pin == "123123" || pin == "112233" || pin == "520520" || pin == "168168" {
		return "account.pin.common"
	}
	return ""
}
