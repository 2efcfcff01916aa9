package auth

import (
	"fmt"
	"io"
	"time"
)

// OneTimeLife is how long a one-time password opens its account.
const OneTimeLife = 72 * time.Hour

const (
	// oneTimeLetters leave out i, l, o, 0 and 1, which paper and voices confuse.
	oneTimeLetters = "abcdefghjkmnpqrstuvwxyz23456789"
	oneTimeGroups  = 3
	oneTimeGroup   = 4
)

// NewOneTimePassword returns a password that is easy to read out and to type, with 59 bits of chance in it. random is
// crypto/rand.Reader outside of tests.
func NewOneTimePassword(random io.Reader) (string, error) {
	// A byte from here on is drawn again, or the first letters would be likelier than the last.
	const unfair = 256 - 256%len(oneTimeLetters)
	password := make([]byte, 0, oneTimeGroups*(oneTimeGroup+1))
	drawn := make([]byte, 1)
	for n := 0; n < oneTimeGroups*oneTimeGroup; {
		if _, err := io.ReadFull(random, drawn); err != nil {
			return "", fmt.Errorf("draw one-time password: %w", err)
		}
		if int(drawn[0]) >= unfair {
			continue
		}
		if n > 0 && n%oneTimeGroup == 0 {
			password = append(password, '-')
		}
		password = append(password, oneTimeLetters[int(drawn[0])%len(oneTimeLetters)])
		n++
	}
	return string(password), nil
}

// MustChangePassword reports whether the account still has its one-time password. Until its owner chooses another, the
// account opens nothing but the page for it.
func (a *Account) MustChangePassword() bool { return !a.OneTimeUntil.IsZero() }

// OneTimeOver reports whether a one-time password was not changed in time. It then opens nothing any more.
func (a *Account) OneTimeOver(now time.Time) bool {
	return a.MustChangePassword() && !now.Before(a.OneTimeUntil)
}
