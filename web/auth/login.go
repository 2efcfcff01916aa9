package auth

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// ErrWrongLogin is all a stranger learns of a login that failed.
var ErrWrongLogin = errors.New("login or password is wrong")

// ThrottledError says that a login was tried too often.
type ThrottledError struct{ RetryAfter time.Duration }

func (e *ThrottledError) Error() string {
	return fmt.Sprintf("too many tries, wait %s", e.RetryAfter)
}

// Authenticator checks logins.
type Authenticator struct {
	Accounts  Accounts
	Throttle  Throttle
	Passwords *Passwords
	Now       func() time.Time
}

// Login returns the account of a login and password. It returns ErrWrongLogin, or
// a *ThrottledError, without telling whether there is such an account.
func (a *Authenticator) Login(ctx context.Context, login, password, address string) (*Account, error) {
	login = CleanLogin(login)
	// Both are counted even when one already refuses: a refusal may not be a way to
	// learn which of them it was.
	byAddress, err := TryFrom(ctx, a.Throttle, address)
	if err != nil {
		return nil, fmt.Errorf("count login: %w", err)
	}
	byAccount, err := a.Throttle.Try(ctx, "login:"+login, PerAccount)
	if err != nil {
		return nil, fmt.Errorf("count login: %w", err)
	}
	if wait := max(byAddress, byAccount); wait > 0 {
		return nil, &ThrottledError{RetryAfter: wait}
	}
	account, err := a.Accounts.ByLogin(ctx, login)
	if errors.Is(err, ErrNotFound) && CleanPhone(login) != "" {
		account, err = a.byPhone(ctx, login)
	}
	if err != nil && !errors.Is(err, ErrNotFound) {
		return nil, err
	}
	hash := ""
	if account != nil && !account.Disabled() && !account.OneTimeOver(a.Now()) {
		hash = account.PasswordHash
	}
	ok, err := a.Passwords.Matches(ctx, password, hash)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, ErrWrongLogin
	}
	for _, name := range []string{login, account.Login} { // the same, unless it was found by its phone
		if err := a.Throttle.Forget(ctx, "login:"+name); err != nil {
			return nil, fmt.Errorf("forget tries: %w", err)
		}
	}
	if err := Succeeded(ctx, a.Throttle, address); err != nil {
		return nil, err
	}
	return account, nil
}

// byPhone finds the household with this phone. Its tries count together, whatever is typed for its login.
func (a *Authenticator) byPhone(ctx context.Context, phone string) (*Account, error) {
	account, err := a.Accounts.ByPhone(ctx, phone)
	if err != nil {
		return nil, fmt.Errorf("find account: %w", err)
	}
	wait, err := a.Throttle.Try(ctx, "login:"+account.Login, PerAccount)
	if err != nil {
		return nil, fmt.Errorf("count login: %w", err)
	}
	if wait > 0 {
		return nil, &ThrottledError{RetryAfter: wait}
	}
	return account, nil
}

// CleanLogin is the form in which logins are stored and compared: lower case,
// without the blanks people put into phone numbers.
func CleanLogin(login string) string {
	return strings.ToLower(strings.Join(strings.Fields(login), ""))
}
