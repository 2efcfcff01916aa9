package auth

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"time"
)

// SetupLife is how long a link to the set-up page works.
const SetupLife = 24 * time.Hour

// setupBytes is the length of what a set-up link holds: 256 bits cannot be guessed.
const setupBytes = 32

// PerSetup bounds the requests of an address for set-up pages. TryFrom counts them as well.
var PerSetup = Limit{Tries: 30, Window: 15 * time.Minute}

// NewSetupToken makes what a set-up link holds, and its digest.
func NewSetupToken() (token string, hash []byte) {
	b := make([]byte, setupBytes)
	_, _ = rand.Read(b) // never fails
	token = base64.RawURLEncoding.EncodeToString(b)
	return token, SetupHash(token)
}

// SetupHash is the digest of a set-up token, which is all that is kept. A plain digest is enough for what is random.
func SetupHash(token string) []byte {
	sum := sha256.Sum256([]byte("setup:" + token))
	return sum[:]
}

// Setup keeps the links with which the first administrator is made. One works at a time, once, and none where there is
// an administrator.
type Setup interface {
	// NewSetupLink stores a link and ends older ones. It returns false, and stores nothing, where there is an
	// administrator.
	NewSetupLink(ctx context.Context, hash []byte, until time.Time) (bool, error)
	// CheckSetupLink returns ErrNotFound for a link that does not work at the time.
	CheckSetupLink(ctx context.Context, hash []byte, now time.Time) error
	// UseSetupLink makes the administrator and ends the link, or does neither. ErrNotFound, ErrLoginTaken.
	UseSetupLink(ctx context.Context, hash []byte, now time.Time, a Account) (*Account, error)
}
