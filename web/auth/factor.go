package auth

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"
	"github.com/pquerna/otp/totp"
)

// The second factor is a time-based code (RFC 6238: SHA-1, six digits, 30 seconds, which every authenticator reads).
const (
	factorStep   = 30 * time.Second
	factorDigits = otp.DigitsSix

	// RecoveryCodes is how many one-use codes a person gets for the day on which the phone is lost.
	RecoveryCodes = 10

	recoveryGroups = 4
	recoveryGroup  = 4
)

// PerFactor bounds the tries of the codes of one account.
var PerFactor = Limit{Tries: 5, Window: 15 * time.Minute}

// Errors of the second factor.
var (
	// ErrNeedsCode: the password is right, and the account has a second factor.
	ErrNeedsCode = errors.New("needs the code of the second factor")
	// ErrWrongCode: the code is wrong, or was used before.
	ErrWrongCode = errors.New("code is wrong or was used")
)

// Cipher seals secrets that must not be readable in the database, for their owner.
type Cipher interface {
	Seal(value, owner string) []byte
	Open(sealed []byte, owner string) (string, error)
}

// Factor is the second factor of an account, from when it is enrolled.
type Factor struct {
	Sealed     []byte // the secret; see FactorOwner
	EnrolledAt time.Time
	CodesLeft  int // recovery codes that were not used
}

// Factors keeps second factors.
type Factors interface {
	// Factor returns ErrNotFound for an account without a second factor.
	Factor(ctx context.Context, account int64) (Factor, error)
	// Enrol stores a second factor with the digests of its recovery codes, in place of an earlier one. step is that of the
	// code with which its owner proved it: the code works no second time.
	Enrol(ctx context.Context, account int64, sealed []byte, step int64, codes [][]byte) error
	// NewCodes replaces the recovery codes. ErrNotFound.
	NewCodes(ctx context.Context, account int64, codes [][]byte) error
	// UseStep reports whether no code of this step or a later one was used, and uses it.
	UseStep(ctx context.Context, account, step int64) (bool, error)
	// UseCode reports whether an unused recovery code has this digest, and uses it.
	UseCode(ctx context.Context, account int64, hash []byte) (bool, error)
	// DropFactor takes the account's own second factor away.
	DropFactor(ctx context.Context, account int64) error
	// ResetFactor takes away a second factor that was lost, and ends the account's sessions. ErrNotFound, ErrNeedsTwo,
	// ErrOwnAccount.
	ResetFactor(ctx context.Context, by Author, account int64) error
	// Security returns the rules of the county.
	Security(ctx context.Context) (Security, error)
	// SetSecurity stores them.
	SetSecurity(ctx context.Context, by Author, s Security) error
}

// FactorOwner is the owner that an account's secret is sealed for.
func FactorOwner(account int64) string { return fmt.Sprintf("second factor of account %d", account) }

// NewFactor makes a secret for an authenticator, and the address that its QR code holds.
func NewFactor(issuer, login string) (secret, address string, err error) {
	key, err := totp.Generate(totp.GenerateOpts{Issuer: issuer, AccountName: login, Digits: factorDigits})
	if err != nil {
		return "", "", fmt.Errorf("make second factor: %w", err)
	}
	return key.Secret(), key.URL(), nil
}

// FactorAddress is the address of a secret that was made before.
func FactorAddress(issuer, login, secret string) (string, error) {
	raw, err := decodeSecret(secret)
	if err != nil {
		return "", err
	}
	key, err := totp.Generate(totp.GenerateOpts{Issuer: issuer, AccountName: login, Digits: factorDigits, Secret: raw})
	if err != nil {
		return "", fmt.Errorf("write address of second factor: %w", err)
	}
	return key.URL(), nil
}

// FactorCode is the code of a secret at a time.
func FactorCode(secret string, at time.Time) (string, error) {
	return hotp.GenerateCodeCustom(secret, uint64(stepOf(at)), hotp.ValidateOpts{Digits: factorDigits, Algorithm: otp.AlgorithmSHA1})
}

func stepOf(at time.Time) int64 { return at.Unix() / int64(factorStep/time.Second) }

// FactorStep returns the step of a typed code: the present one, or one beside it, since clocks differ. 0 is none.
func FactorStep(secret, typed string, now time.Time) (int64, error) {
	var found int64
	for _, off := range []time.Duration{0, -factorStep, factorStep} {
		at := now.Add(off)
		code, err := FactorCode(secret, at)
		if err != nil {
			return 0, fmt.Errorf("compute code: %w", err)
		}
		if subtle.ConstantTimeCompare([]byte(code), []byte(typed)) == 1 && found == 0 {
			found = stepOf(at)
		}
	}
	return found, nil
}

// CleanCode is a typed code without blanks and hyphens, in small letters and with plain digits.
func CleanCode(typed string) string {
	return strings.ToLower(halfWidth.Replace(strings.TrimSpace(typed)))
}

// NewRecoveryCodes makes recovery codes, and the digests that are kept of them.
func NewRecoveryCodes(account int64) (codes []string, hashes [][]byte) {
	for range RecoveryCodes {
		code := make([]byte, 0, recoveryGroups*(recoveryGroup+1))
		drawn := make([]byte, 1)
		for n := 0; n < recoveryGroups*recoveryGroup; {
			_, _ = rand.Read(drawn) // never fails
			if int(drawn[0]) >= 256-256%len(oneTimeLetters) {
				continue // the first letters would be likelier than the last
			}
			if n > 0 && n%recoveryGroup == 0 {
				code = append(code, '-')
			}
			code = append(code, oneTimeLetters[int(drawn[0])%len(oneTimeLetters)])
			n++
		}
		codes = append(codes, string(code))
		hashes = append(hashes, RecoveryHash(account, string(code)))
	}
	return codes, hashes
}

// RecoveryHash is the digest of a recovery code. It has 79 bits of chance, so a plain digest is enough.
func RecoveryHash(account int64, typed string) []byte {
	sum := sha256.Sum256([]byte("recovery code of account " + strconv.FormatInt(account, 10) + " " + CleanCode(typed)))
	return sum[:]
}

// IsRecovery reports whether a typed code has the form of a recovery code.
func IsRecovery(typed string) bool { return len(CleanCode(typed)) == recoveryGroups*recoveryGroup }

// Security is what the county rules about the logins of people who approve, see the county or open accounts.
type Security struct {
	GraceDays   int       // after which a second factor is required, from the opening of the account or Since
	IdleMinutes int       // after which their sessions end
	Since       time.Time // from when the county has these rules
}

// Bounds of the rules. A session ends after SessionMost also when it is used.
const (
	GraceMost   = 365
	IdleLeast   = 5
	IdleMost    = 8 * 60
	SessionMost = 24 * time.Hour
)

// FactorDue returns from when an account needs a second factor; zero: never.
func (s Security) FactorDue(a *Account) time.Time {
	if !a.Role.Guarded() {
		return time.Time{}
	}
	from := s.Since
	if a.CreatedAt.After(from) {
		from = a.CreatedAt
	}
	return from.AddDate(0, 0, s.GraceDays)
}

// MayEnrol reports whether an account of this role can have a second factor: a household logs in with its card or PIN.
func (r Role) MayEnrol() bool { return r != Household }

func decodeSecret(secret string) ([]byte, error) {
	raw, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(secret)
	if err != nil {
		return nil, fmt.Errorf("read secret of second factor: %w", err)
	}
	return raw, nil
}
