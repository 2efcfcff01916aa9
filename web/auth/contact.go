package auth

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"errors"
	"fmt"
	"math/big"
	"net/mail"
	"strings"
	"time"
)

// CodePurpose is the use of a code that was sent to a phone or an e-mail address. A code of one purpose opens no other.
type CodePurpose string

// The purposes of codes.
const (
	CodeRegister CodePurpose = "register"
	CodeReset    CodePurpose = "reset"  // of a forgotten password
	CodeNumber   CodePurpose = "number" // of a phone or address that takes the place of another
)

// Bounds of a code.
const (
	CodeLife  = 10 * time.Minute
	CodeTries = 5
	codeSpace = 1_000_000
)

// Limits of the codes that are sent.
var (
	CodesPerContact    = Limit{Tries: 4, Window: time.Hour}
	CodesPerContactDay = Limit{Tries: 8, Window: 24 * time.Hour}
	CodesPerNetwork    = Limit{Tries: 40, Window: time.Hour}
	CodesPerDay        = Limit{Tries: 5000, Window: 24 * time.Hour} // by everybody together: each costs money
)

// ContactCodes keeps the codes that were sent. A phone or address has one code of a purpose, the last one. Neither is stored:
// key and hash are keyed digests.
type ContactCodes interface {
	// PutContactCode stores a code in place of an earlier one.
	PutContactCode(ctx context.Context, key, hash []byte, life time.Duration) error
	// TryContactCode counts a try of the code and returns its hash. It returns ErrNotFound where there is none, it ran out, or
	// the tries are used up.
	TryContactCode(ctx context.Context, key []byte, tries int) (hash []byte, err error)
	// SpendContactCode removes a code, and reports whether it was there: a code works once.
	SpendContactCode(ctx context.Context, key, hash []byte) (bool, error)
}

// PrivacyVersion is the version of the privacy notice. A buyer agrees to it, and is asked again when it changes.
const PrivacyVersion = 1

// CleanContact returns a mainland mobile number or an e-mail address in the form in which they are stored and compared, or
// "". isMail tells which.
func CleanContact(typed string) (contact string, isMail bool) {
	if phone := CleanPhone(typed); phone != "" {
		return phone, false
	}
	typed = strings.TrimSpace(typed)
	address, err := mail.ParseAddress(typed)
	if err != nil || address.Address != typed || len(typed) > 64 || strings.ContainsAny(typed, "\"<>(), ") {
		return "", false
	}
	at := strings.LastIndexByte(typed, '@')
	if !strings.Contains(typed[at:], ".") {
		return "", false
	}
	return strings.ToLower(typed), true
}

// NewContactCode draws six digits.
func NewContactCode() string {
	n, err := rand.Int(rand.Reader, big.NewInt(codeSpace))
	if err != nil {
		panic(err) // crypto/rand never fails
	}
	return fmt.Sprintf("%06d", n)
}

// Codes makes and checks codes.
type Codes struct {
	Store   ContactCodes
	Digests Digests
}

// Make stores a new code of a purpose and returns it, to be sent.
func (c Codes) Make(ctx context.Context, purpose CodePurpose, contact string) (string, error) {
	code := NewContactCode()
	return code, c.Store.PutContactCode(ctx, c.key(purpose, contact)[0], c.hash(purpose, contact, code)[0], CodeLife)
}

// Use reports whether a code fits, and uses it up. Each call is a try.
func (c Codes) Use(ctx context.Context, purpose CodePurpose, contact, typed string) (bool, error) {
	typed = CleanCode(typed)
	hashes := c.hash(purpose, contact, typed)
	for i, key := range c.key(purpose, contact) {
		want, err := c.Store.TryContactCode(ctx, key, CodeTries)
		if err != nil {
			if errors.Is(err, ErrNotFound) {
				continue
			}
			return false, err
		}
		if !hmac.Equal(want, hashes[i]) {
			continue
		}
		return c.Store.SpendContactCode(ctx, key, want)
	}
	return false, nil
}

func (c Codes) key(purpose CodePurpose, contact string) [][]byte {
	return c.Digests.Indexes("contact " + string(purpose) + " " + contact)
}

func (c Codes) hash(purpose CodePurpose, contact, code string) [][]byte {
	return c.Digests.Indexes("code " + string(purpose) + " " + contact + " " + code)
}

// CountCode counts a code that somebody wants to be sent, and returns how long to wait.
func CountCode(ctx context.Context, t Throttle, contact, address string) (wait time.Duration, err error) {
	for _, l := range []struct {
		key   string
		limit Limit
	}{{"code network:" + Network(address), CodesPerNetwork}, {"code contact:" + contact, CodesPerContact},
		{"code contact day:" + contact, CodesPerContactDay}, {"code overall", CodesPerDay}} {
		w, err := t.Try(ctx, l.key, l.limit)
		if err != nil {
			return 0, fmt.Errorf("count codes: %w", err)
		}
		if wait = max(wait, w); wait > 0 {
			return wait, nil // a refusal costs nothing of the wider limits
		}
	}
	return 0, nil
}
