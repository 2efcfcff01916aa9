package auth_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"banmuyuan/web/audit"
	"banmuyuan/web/auth"
)

// book is an Accounts of one account; the methods that Login does not use are missing.
type book struct {
	auth.Accounts
	account auth.Account
	fault   error
}

func (b *book) ByLogin(_ context.Context, login string) (*auth.Account, error) {
	if b.fault != nil {
		return nil, b.fault
	}
	if login != b.account.Login {
		return nil, auth.ErrNotFound
	}
	a := b.account
	return &a, nil
}

func (b *book) ByPhone(_ context.Context, phone string) (*auth.Account, error) {
	if b.account.Role != auth.Household || phone != b.account.Phone {
		return nil, auth.ErrNotFound
	}
	a := b.account
	return &a, nil
}

// counter is a Throttle in memory that never forgets by itself.
type counter struct {
	mu    sync.Mutex
	tries map[string]int
}

func (c *counter) Try(_ context.Context, key string, limit auth.Limit) (time.Duration, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.tries[key]++; c.tries[key] > limit.Tries {
		return limit.Window, nil
	}
	return 0, nil
}

func (c *counter) Tries(_ context.Context, key string) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.tries[key], nil
}

func (c *counter) GiveBack(_ context.Context, key string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.tries[key] > 0 {
		c.tries[key]--
	}
	return nil
}

func (c *counter) Forget(_ context.Context, key string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.tries, key)
	return nil
}

const password = "一句自己记得住的话"

func setup(t *testing.T) (*auth.Authenticator, *book, *counter) {
	t.Helper()
	passwords, err := auth.NewPasswords(2)
	if err != nil {
		t.Fatal(err)
	}
	hash, err := passwords.Hash(t.Context(), password)
	if err != nil {
		t.Fatal(err)
	}
	b := &book{account: auth.Account{ID: 7, Login: "13800138000", Role: auth.Buyer, PasswordHash: hash}}
	c := &counter{tries: map[string]int{}}
	return &auth.Authenticator{Accounts: b, Throttle: c, Passwords: passwords, Factors: &pocket{}, Cipher: open{}, Trail: &diary{}, Now: time.Now}, b, c
}

// pocket is a Factors of one account, with one recovery code.
type pocket struct {
	auth.Factors
	secret string // "" is no second factor
	step   int64
	code   []byte
}

func (p *pocket) Factor(context.Context, int64) (auth.Factor, error) {
	if p.secret == "" {
		return auth.Factor{}, auth.ErrNotFound
	}
	return auth.Factor{Sealed: []byte(p.secret)}, nil
}

func (p *pocket) UseStep(_ context.Context, _, step int64) (bool, error) {
	if step <= p.step {
		return false, nil
	}
	p.step = step
	return true, nil
}

func (p *pocket) UseCode(_ context.Context, _ int64, hash []byte) (bool, error) {
	if !bytes.Equal(hash, p.code) {
		return false, nil
	}
	p.code = nil
	return true, nil
}

// open is a Cipher that seals nothing.
type open struct{}

func (open) Seal(value, _ string) []byte                  { return []byte(value) }
func (open) Open(sealed []byte, _ string) (string, error) { return string(sealed), nil }

// diary is a Trail in memory.
type diary struct {
	audit.Trail
	mu      sync.Mutex
	entries []audit.Entry
}

func (d *diary) Append(_ context.Context, entries ...audit.Entry) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.entries = append(d.entries, entries...)
	return nil
}

func TestLogin(t *testing.T) {
	t.Parallel()
	a, b, _ := setup(t)
	if got, err := a.Login(t.Context(), " 138 0013 8000 ", password, "10.0.0.1"); err != nil || got.ID != 7 {
		t.Fatalf("the right password: %v, %v", got, err)
	}
	for name, try := range map[string][2]string{
		"wrong password": {"13800138000", "guessed guessed"}, "no password": {"13800138000", ""}, "nobody": {"13900139000", password},
		"the hash itself": {"13800138000", b.account.PasswordHash},
	} {
		if got, err := a.Login(t.Context(), try[0], try[1], "10.0.0.1"); !errors.Is(err, auth.ErrWrongLogin) || got != nil {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
	b.account.DisabledAt = time.Now()
	if _, err := a.Login(t.Context(), "13800138000", password, "10.0.0.1"); !errors.Is(err, auth.ErrWrongLogin) {
		t.Errorf("a disabled account: %v", err)
	}
	b.account.DisabledAt = time.Time{}
	b.fault = errors.New("the database is away")
	if _, err := a.Login(t.Context(), "13800138000", password, "10.0.0.1"); err == nil || errors.Is(err, auth.ErrWrongLogin) {
		t.Errorf("a fault of the store looks like a wrong password: %v", err)
	}
}

// Whoever tries too often waits, with the right password too; the right one in time clears the account's count and not
// the address's.
func TestLoginIsThrottled(t *testing.T) {
	t.Parallel()
	a, _, c := setup(t)
	for range auth.PerAccount.Tries - 1 {
		if _, err := a.Login(t.Context(), "13800138000", "guessed guessed", "10.0.0.1"); !errors.Is(err, auth.ErrWrongLogin) {
			t.Fatal(err)
		}
	}
	if _, err := a.Login(t.Context(), "13800138000", password, "10.0.0.1"); err != nil {
		t.Fatalf("the last try allowed: %v", err)
	}
	if n := c.tries["network:10.0.0.0/24"]; n != auth.PerAccount.Tries-1 {
		t.Errorf("the network is counted %d times, want the %d failures", n, auth.PerAccount.Tries-1)
	}
	for range auth.PerAccount.Tries {
		_, _ = a.Login(t.Context(), "13800138000", "guessed guessed", "10.0.0.2")
	}
	_, err := a.Login(t.Context(), "13800138000", password, "10.0.0.3")
	if wait, ok := errors.AsType[*auth.ThrottledError](err); !ok || wait.RetryAfter != auth.PerAccount.Window {
		t.Errorf("one try too many: %v", err)
	}
}

// An office whose people know their passwords is never shut out; a network that guesses is, and with it no other.
func TestSuccessesDoNotCount(t *testing.T) {
	t.Parallel()
	a, _, c := setup(t)
	for range 3 {
		if _, err := a.Login(t.Context(), "13800138000", password, "10.0.0.1"); err != nil {
			t.Fatal(err)
		}
	}
	if c.tries["network:10.0.0.0/24"] != 0 || c.tries["overall"] != 0 {
		t.Errorf("logins that succeed are counted: %v", c.tries)
	}
	for i := range auth.PerNetwork.Tries {
		if wait := tryFrom(t, c, fmt.Sprintf("10.0.0.%d", 1+i%200)); wait != 0 {
			t.Fatalf("try %d has to wait %s", i+1, wait)
		}
	}
	var throttled *auth.ThrottledError
	if _, err := a.Login(t.Context(), "13800138000", password, "10.0.0.201"); !errors.As(err, &throttled) {
		t.Errorf("another address of a network that guesses: %v", err)
	}
	if _, err := a.Login(t.Context(), "13800138000", password, "10.0.1.1"); err != nil {
		t.Errorf("the next network: %v", err)
	}
}

// Guesses from many networks, each within its own limit, raise an alarm and leave each network less; nobody is shut out.
func TestManyNetworksRaiseAnAlarm(t *testing.T) {
	t.Parallel()
	a, _, c := setup(t)
	for i := range auth.Overall.Tries + 1 {
		tryFrom(t, c, fmt.Sprintf("10.%d.%d.1", i/250, i%250))
	}
	if c.tries["overall alarm"] == 0 {
		t.Error("no alarm was raised")
	}
	if _, err := a.Login(t.Context(), "13800138000", password, "192.0.2.1"); err != nil {
		t.Errorf("somebody with the right password: %v", err)
	}
	for range auth.StrictPerNetwork.Tries {
		tryFrom(t, c, "192.0.2.1")
	}
	if wait := tryFrom(t, c, "192.0.2.1"); wait == 0 {
		t.Error("a network fails more often than is allowed under attack")
	}
}

func tryFrom(t *testing.T, c *counter, address string) time.Duration {
	t.Helper()
	wait, err := auth.TryFrom(t.Context(), c, address)
	if err != nil {
		t.Fatal(err)
	}
	return wait
}

func TestNetwork(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{"203.0.113.9": "203.0.113.0/24", "::ffff:203.0.113.9": "203.0.113.0/24",
		"2001:db8:1:2:3:4:5:6": "2001:db8:1:2::/64", "fe80::1%eth0": "fe80::/64", "nowhere": "nowhere"} {
		if got := auth.Network(address); got != want {
			t.Errorf("%s: %s, want %s", address, got, want)
		}
	}
}

// refusing is a throttle with one key at its limit.
type refusing struct {
	auth.Throttle
	key   string
	limit auth.Limit
}

func (r refusing) Try(_ context.Context, key string, l auth.Limit) (time.Duration, error) {
	if key == r.key && l == r.limit {
		return time.Hour, nil
	}
	return 0, nil
}

// Codes are counted for the number within an hour and a day, for the network, and for everybody together.
func TestCountCode(t *testing.T) {
	t.Parallel()
	for key, limit := range map[string]auth.Limit{"code contact:13800138000": auth.CodesPerContact, "code contact day:13800138000": auth.CodesPerContactDay,
		"code network:203.0.113.0/24": auth.CodesPerNetwork, "code overall": auth.CodesPerDay} {
		wait, err := auth.CountCode(t.Context(), refusing{key: key, limit: limit}, "13800138000", "203.0.113.9")
		if err != nil || wait != time.Hour {
			t.Errorf("beyond %s: %s, %v", key, wait, err)
		}
	}
}

func TestCheckPassword(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]string{
		"": "account.password.empty", "白鹅白鹅白鹅白": "account.password.short", "白鹅白鹅白鹅白鹅": "", strings.Repeat("a", auth.PasswordMax): "",
		strings.Repeat("a", auth.PasswordMax+1): "account.password.long", "Password": "account.password.common", "13800138000": "account.password.common",
		"bai-e-zi-hua": "", "Banmuyuan-2026": "account.password.common", "半亩园！依安大鹅26": "account.password.common", "依安县大鹅2026": "account.password.common",
		"13800138000!": "account.password.common", "dà é 20262026": "", "依安大鹅真好吃26": "", "20262026-7431": "", "Goose_2026_Yi'an": "account.password.common",
	} {
		if got := auth.CheckPassword(typed, "13800138000", "依安县", "依安", "大鹅", "Goose", "Yi'an", ""); got != want {
			t.Errorf("%q: %q, want %q", typed, got, want)
		}
	}
}

func TestCleanPhone(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]string{
		"13800138000": "13800138000", " 138-0013-8000 ": "13800138000", "＋８６１３８００１３８０００": "", "+86 138 0013 8000": "13800138000",
		"１３８００１３８０００": "13800138000", "12800138000": "", "1380013800": "", "138001380000": "", "call me": "", "": "",
	} {
		if got := auth.CleanPhone(typed); got != want {
			t.Errorf("%q: %q, want %q", typed, got, want)
		}
	}
}

// A household logs in with its phone, and its tries count whichever way its login is typed.
func TestHouseholdLogsInByPhone(t *testing.T) {
	t.Parallel()
	a, b, _ := setup(t)
	b.account.Login, b.account.Role, b.account.Phone = "ya-01-001-0007", auth.Household, "13900000007"
	if got, err := a.Login(t.Context(), "139 0000 0007", password, "10.0.0.1"); err != nil || got.ID != 7 {
		t.Fatalf("by phone: %v, %v", got, err)
	}
	for range auth.PerAccount.Tries {
		if _, err := a.Login(t.Context(), "13900000007", "guessed guessed", "10.0.0.1"); !errors.Is(err, auth.ErrWrongLogin) {
			t.Fatalf("a wrong PIN: %v", err)
		}
	}
	var wait *auth.ThrottledError
	if _, err := a.Login(t.Context(), "ya-01-001-0007", password, "10.0.0.1"); !errors.As(err, &wait) {
		t.Errorf("after guessing by phone the login is free: %v", err)
	}
}
