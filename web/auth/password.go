package auth

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/alexedwards/argon2id"
)

// params follow the OWASP advice for argon2id (more memory than its minimum);
// one hash takes about 50 ms of one core.
var params = &argon2id.Params{Memory: 32 * 1024, Iterations: 3, Parallelism: 1, SaltLength: 16, KeyLength: 32}

// Shortest and longest password. Characters, not bytes; the upper end only keeps
// a megabyte from being hashed.
const (
	PasswordMin = 8
	PasswordMax = 128
)

// Passwords hashes and checks passwords, a few at a time: each takes 32 MiB, and
// a crowd at the login page must not take the machine down.
type Passwords struct {
	slots chan struct{}
	// decoy is compared when there is no account, so that an unknown login takes
	// as long as a wrong password.
	decoy string
}

// NewPasswords allows at most the given number of hashes at once.
func NewPasswords(atOnce int) (*Passwords, error) {
	if atOnce < 1 {
		return nil, errors.New("passwords: at least one at once")
	}
	decoy, err := argon2id.CreateHash("nobody has this password", params)
	if err != nil {
		return nil, fmt.Errorf("hash decoy: %w", err)
	}
	return &Passwords{slots: make(chan struct{}, atOnce), decoy: decoy}, nil
}

func (p *Passwords) take(ctx context.Context) error {
	select {
	case p.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Hash returns an argon2id hash in its standard text form.
func (p *Passwords) Hash(ctx context.Context, password string) (string, error) {
	if err := p.take(ctx); err != nil {
		return "", err
	}
	defer func() { <-p.slots }()
	hash, err := argon2id.CreateHash(password, params)
	if err != nil {
		return "", fmt.Errorf("hash password: %w", err)
	}
	return hash, nil
}

// Matches reports whether the password belongs to the hash. An empty hash never
// matches and takes as long as any other.
func (p *Passwords) Matches(ctx context.Context, password, hash string) (bool, error) {
	if err := p.take(ctx); err != nil {
		return false, err
	}
	defer func() { <-p.slots }()
	known := hash != ""
	if !known {
		hash = p.decoy
	}
	ok, err := argon2id.ComparePasswordAndHash(password, hash)
	if err != nil {
		return false, fmt.Errorf("compare password: %w", err)
	}
	return ok && known, nil
}

// ownWords are names of the product.
var ownWords = []string{"banmuyuan", "半亩园"}

// CheckPassword says what is wrong with a new password as a message key, or "".
// It asks for length, not for odd characters, which people write on paper. names are words of the installation, such as
// its county and products: with digits they are no password.
func CheckPassword(password, login string, names ...string) string {
	switch n := utf8.RuneCountInString(password); {
	case n == 0:
		return "account.password.empty"
	case n < PasswordMin:
		return "account.password.short"
	case n > PasswordMax:
		return "account.password.long"
	}
	if Common(password) || strings.EqualFold(password, login) || onlyNames(password, slices.Concat(names, ownWords, []string{login})) {
		return "account.password.common"
	}
	return ""
}

// onlyNames reports whether a password is some of the names, and nothing else but digits and signs.
func onlyNames(password string, names []string) bool {
	rest := strings.ToLower(password)
	slices.SortFunc(names, func(a, b string) int { return len(b) - len(a) }) // a name may be a part of another
	for _, name := range names {
		if utf8.RuneCountInString(name) >= 2 {
			rest = strings.ReplaceAll(rest, strings.ToLower(name), " ")
		}
	}
	return rest != strings.ToLower(password) && !strings.ContainsFunc(rest, unicode.IsLetter)
}
