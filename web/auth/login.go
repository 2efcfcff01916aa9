package auth

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"banmuyuan/web/audit"
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
	Factors   Factors
	Cipher    Cipher // of the second factors' secrets
	Trail     audit.Trail
	Now       func() time.Time
}

// Login returns the account of a login and password. It returns ErrWrongLogin, or
// a *ThrottledError, without telling whether there is such an account. With ErrNeedsCode the account is returned as well:
// SecondFactor has to let it in. What succeeds and what fails is in the audit trail.
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
	if !ok && account != nil && account.Role == Buyer && CleanPhone(login) != "" {
		// A household with the number of a buyer's account gets in by its PIN all the same.
		if account, ok, err = a.householdBehind(ctx, account, login, password); err != nil {
			return nil, err
		}
	}
	if !ok {
		return nil, a.failed(ctx, audit.LoginFailed, account, ErrWrongLogin)
	}
	for _, name := range []string{login, account.Login} { // the same, unless it was found by its phone
		if err := a.Throttle.Forget(ctx, "login:"+name); err != nil {
			return nil, fmt.Errorf("forget tries: %w", err)
		}
	}
	if err := Succeeded(ctx, a.Throttle, address); err != nil {
		return nil, err
	}
	switch _, err := a.Factors.Factor(ctx, account.ID); {
	case err == nil:
		return account, ErrNeedsCode
	case !errors.Is(err, ErrNotFound):
		return nil, err
	}
	return account, a.LetIn(ctx, account, "password")
}

// LetIn notes that somebody got in, and how.
func (a *Authenticator) LetIn(ctx context.Context, account *Account, how string) error {
	return a.Trail.Append(ctx, loginEntry(audit.LoginDone, account, how))
}

// failed notes a try that failed and returns cause. A login that nobody has is not kept: people type passwords there.
func (a *Authenticator) failed(ctx context.Context, kind audit.Kind, account *Account, cause error) error {
	if err := a.Trail.Append(ctx, loginEntry(kind, account, "")); err != nil {
		return err
	}
	return cause
}

// CardFailed notes a login by a card that failed, and returns ErrWrongLogin. account may be nil.
func (a *Authenticator) CardFailed(ctx context.Context, account *Account) error {
	return a.failed(ctx, audit.LoginFailed, account, ErrWrongLogin)
}

func loginEntry(kind audit.Kind, account *Account, how string) audit.Entry {
	e := audit.Entry{Kind: kind, Detail: how}
	if account != nil {
		e.Account, e.Login, e.Role = account.ID, account.Login, string(account.Role)
		e.On, e.Object = audit.OnAccount, strconv.FormatInt(account.ID, 10)
	}
	return e
}

// SecondFactor lets an account in whose password was right, by the code of its authenticator or by a recovery code; either
// works once. It returns ErrWrongCode, or a *ThrottledError.
func (a *Authenticator) SecondFactor(ctx context.Context, account *Account, code, address string) error {
	byAddress, err := TryFrom(ctx, a.Throttle, address)
	if err != nil {
		return fmt.Errorf("count code: %w", err)
	}
	key := factorKey(account)
	byAccount, err := a.Throttle.Try(ctx, key, PerFactor)
	if err != nil {
		return fmt.Errorf("count code: %w", err)
	}
	if wait := max(byAddress, byAccount); wait > 0 {
		return &ThrottledError{RetryAfter: wait}
	}
	how, err := a.codeFits(ctx, account, code)
	if err != nil {
		return err
	}
	if how == "" {
		return a.failed(ctx, audit.CodeFailed, account, ErrWrongCode)
	}
	if err := a.Throttle.Forget(ctx, key); err != nil {
		return fmt.Errorf("forget tries: %w", err)
	}
	if err := Succeeded(ctx, a.Throttle, address); err != nil {
		return err
	}
	return a.LetIn(ctx, account, how)
}

func factorKey(a *Account) string { return "factor:" + strconv.FormatInt(a.ID, 10) }

// codeFits uses a code up and returns its kind, or "" for none that works.
func (a *Authenticator) codeFits(ctx context.Context, account *Account, typed string) (string, error) {
	if IsRecovery(typed) {
		used, err := a.Factors.UseCode(ctx, account.ID, RecoveryHash(account.ID, typed))
		if err != nil || !used {
			return "", err
		}
		return "recovery", nil
	}
	f, err := a.Factors.Factor(ctx, account.ID)
	if errors.Is(err, ErrNotFound) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	secret, err := a.Cipher.Open(f.Sealed, FactorOwner(account.ID))
	if err != nil {
		return "", fmt.Errorf("open second factor: %w", err)
	}
	step, err := FactorStep(secret, CleanCode(typed), a.Now())
	if err != nil || step == 0 {
		return "", err
	}
	first, err := a.Factors.UseStep(ctx, account.ID, step)
	if err != nil || !first {
		return "", err
	}
	return "code", nil
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

// householdBehind tries a password at the household with the phone that is the login of a buyer.
func (a *Authenticator) householdBehind(ctx context.Context, buyer *Account, phone, password string) (*Account, bool, error) {
	household, err := a.byPhone(ctx, phone)
	if errors.Is(err, ErrNotFound) || err == nil && (household.Disabled() || household.OneTimeOver(a.Now())) {
		return buyer, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	ok, err := a.Passwords.Matches(ctx, password, household.PasswordHash)
	if err != nil || !ok {
		return buyer, false, err
	}
	return household, true, nil
}

// CleanLogin is the form in which logins are stored and compared: lower case,
// without the blanks people put into phone numbers.
func CleanLogin(login string) string {
	return strings.ToLower(strings.Join(strings.Fields(login), ""))
}
