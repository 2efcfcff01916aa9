package auth

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Card is a paper with a QR code that a household logs in with, together with its PIN or, once, a word that another person
// than the card's issuer handed over. The code holds a random secret of which only a digest is kept: who reads the table
// cannot print a card.
type Card struct {
	ID          int64
	HouseholdID int64
	AccountID   int64
	Hash        []byte
	IssuedAt    time.Time
	IssuedBy    string
	Issuer      int64     // account of IssuedBy; 0: not known
	UsedAt      time.Time // zero: never

	WordHash   []byte // see WordHashes
	WordBy     int64  // account of the person who printed the word
	WordAt     time.Time
	WordUntil  time.Time
	WordUsedAt time.Time
}

// WordWorks reports whether the card's word still opens it.
func (c *Card) WordWorks(now time.Time) bool {
	return len(c.WordHash) > 0 && c.WordUsedAt.IsZero() && now.Before(c.WordUntil)
}

// WordLife is how long a printed word works.
const WordLife = 14 * 24 * time.Hour

// ErrOwnCard says that a card's issuer may not print its word, nor anybody where the issuer is not known.
var ErrOwnCard = errors.New("issuer of the card")

// CheckWordAuthor returns ErrOwnCard unless another person than the card's issuer prints its word.
func CheckWordAuthor(by Author, c Card) error {
	if by.Account == 0 || c.Issuer == 0 || by.Account == c.Issuer {
		return ErrOwnCard
	}
	return nil
}

// NewWord is a word to be stored with a card.
type NewWord struct {
	CardID int64
	Hash   []byte
}

// NewCard is a card to be stored. Account is made for a household that has none; its login is the household's code.
type NewCard struct {
	HouseholdID int64
	Hash        []byte
	Account     Account
}

// Cards keeps cards. A household has one that works.
type Cards interface {
	// IssueCards stores cards and ends those that the households had, with the sessions of their accounts and the PINs that
	// were set through them. It returns the cards that the request made, whenever it did. ErrKeyReused.
	IssueCards(ctx context.Context, once Once, by Author, cards []NewCard) ([]Card, error)
	// IssueWords stores words of cards that work, in place of earlier ones, and returns their cards. The same request again
	// returns them as they are. ErrOwnCard, ErrKeyReused.
	IssueWords(ctx context.Context, once Once, by Author, words []NewWord, until time.Time) ([]Card, error)
	// UseWord notes the use of a card's word. It reports false where the word was used before.
	UseWord(ctx context.Context, card int64) (bool, error)
	// CardByHash returns ErrNotFound for a card that was ended as well.
	CardByHash(ctx context.Context, hash []byte) (*Card, error)
	// CardUsed notes that somebody logged in with it.
	CardUsed(ctx context.Context, id int64) error
	// RevokeCard ends a household's card, every session of its account and the PIN that was set through it. It reports whether
	// there was one when it was asked for. ErrKeyReused.
	RevokeCard(ctx context.Context, once Once, household int64, by string) (bool, error)
	// CardsOf returns the cards that work, by household.
	CardsOf(ctx context.Context, households []int64) (map[int64]Card, error)
}

// PerCard is how often the PIN or word of a card may be tried.
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

// IsPIN reports whether a password has the form of a PIN.
func IsPIN(password string) bool {
	return len(password) >= PINMin && len(password) <= PINMax && strings.Trim(password, "0123456789") == ""
}

// NoSecret returns a hash that no password has, for an account whose PIN ended.
func NoSecret() string {
	b := make([]byte, 48)
	_, _ = rand.Read(b) // never fails
	return fmt.Sprintf("$argon2id$v=19$m=%d,t=%d,p=%d$%s$%s", params.Memory, params.Iterations, params.Parallelism,
		base64.RawStdEncoding.EncodeToString(b[:16]), base64.RawStdEncoding.EncodeToString(b[16:]))
}

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
	if same || up || down || Common(pin) {
		return "account.pin.common"
	}
	return ""
}
