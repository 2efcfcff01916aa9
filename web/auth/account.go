// Package auth holds who may use the pages: accounts, their roles, how passwords
// are kept and how often a password may be tried.
//
// What must always hold: a password is kept only as an argon2id hash; a wrong
// login, a wrong password, a one-time password that ran out and a disabled account
// look the same from outside; a session that is older than the last change of
// password, role or organisation is not valid; an administrator that works stays.
package auth

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"slices"
	"time"
)

// Role says which audience an account belongs to. An account has one.
type Role string

// The roles, from the buyers to the county.
const (
	Buyer       Role = "buyer"        // 私人买家
	Officer     Role = "officer"      // 采购员: orders for an organisation
	OrgApprover Role = "org_approver" // 单位审批人: agrees to large orders
	Clerk       Role = "clerk"        // 收购站司磅员: weighs in
	Household   Role = "household"    // 农户
	Helper      Role = "helper"       // 帮扶责任人: acts for households that agreed
	Operator    Role = "operator"     // 县经办
	Approver    Role = "approver"     // 县复核: the second person
	Admin       Role = "admin"        // 管理员
)

// Roles are all roles, in the order people list them.
var Roles = []Role{Buyer, Officer, OrgApprover, Clerk, Household, Helper, Operator, Approver, Admin}

// Sets of roles that pages ask for.
var (
	// Buying roles may put things in a basket.
	Buying = []Role{Buyer, Officer, OrgApprover}
	// Organisation roles work at a cooperative, enterprise or charity supermarket.
	Organisation = []Role{Officer, OrgApprover, Clerk}
	// Earning roles see a household's income: the household, or who helps it.
	Earning = []Role{Household, Helper}
	// County roles see the whole county. An administrator of accounts sees none of its money, contracts and people.
	County = []Role{Operator, Approver}
	// Staff roles work for the county.
	Staff = []Role{Operator, Approver, Admin}
)

// Valid reports whether the role is one of Roles.
func (r Role) Valid() bool { return slices.Contains(Roles, r) }

// In reports whether the role is one of those listed.
func (r Role) In(roles ...Role) bool { return slices.Contains(roles, r) }

// Account is somebody who can log in.
type Account struct {
	ID           int64
	Login        string // lower case; a private buyer's is the phone number, or the e-mail address
	Name         string
	Phone        string
	Email        string    // of a buyer without a mainland phone
	VerifiedAt   time.Time // when the owner proved phone or address; zero: never
	Role         Role
	OrgID        int64 // the organisation of an Organisation role, else 0
	HouseholdID  int64 // the household of a Household, else 0
	HelperID     int64 // the helper in the catalog, else 0
	PasswordHash string
	Lang         string // "zh" or "en"
	CreatedAt    time.Time
	// PasswordChangedAt ends every session that is older.
	PasswordChangedAt time.Time
	// OneTimeUntil is until when a one-time password works; zero: the password is the owner's.
	OneTimeUntil time.Time
	// SecretCard is the household's card through which the password or PIN was set, which ends with it; 0: none.
	SecretCard int64
	// Begun is how the session of a request began, as link.Actor has it. It is not stored.
	Begun string
	// SessionsFrom ends every session that is older, after a change of what the account may do; zero: none.
	SessionsFrom time.Time
	DisabledAt   time.Time // zero: the account works
	// PrivacyVersion is the version of the privacy notice that the owner agreed to; 0: none.
	PrivacyVersion int
	// MustEnrol: the account needs a second factor and has none. It is not stored.
	MustEnrol bool
}

// Disabled reports whether the account was switched off.
func (a *Account) Disabled() bool { return !a.DisabledAt.IsZero() }

// Prove makes a proved phone or address the account's. It is the login of a private buyer.
func (a *Account) Prove(contact string, isMail bool) {
	if isMail {
		a.Email = contact
	} else {
		a.Phone = contact
	}
	if a.Role == Buyer {
		a.Login = contact
	}
}

// Person returns a digest of the phone or address that the account's owner proved to have, or "". Limits of unpaid orders
// count by it.
func (a *Account) Person() string {
	contact := cmp.Or(a.Phone, a.Email)
	if contact == "" || a.VerifiedAt.IsZero() {
		return ""
	}
	sum := sha256.Sum256([]byte("contact:" + contact))
	return base64.RawURLEncoding.EncodeToString(sum[:12])
}

// Errors of Accounts. Others are faults of the store.
var (
	ErrNotFound   = errors.New("no such account")
	ErrLoginTaken = errors.New("login is taken")
)

// Accounts keeps accounts. Logins are compared in lower case.
type Accounts interface {
	Requests
	// SettledAdmins counts the administrators who work and have a password of their own: see NeedsTwo.
	SettledAdmins(ctx context.Context) (int, error)
	// ByID returns ErrNotFound where there is none. Disabled accounts are returned.
	ByID(ctx context.Context, id int64) (*Account, error)
	// ByLogin returns ErrNotFound where there is none. Disabled accounts are returned.
	ByLogin(ctx context.Context, login string) (*Account, error)
	// ByPhone returns the account of the one household that has this phone, else ErrNotFound.
	ByPhone(ctx context.Context, phone string) (*Account, error)
	// IsHouseholdPhone reports whether the login of a household has this phone, which is reserved for it.
	IsHouseholdPhone(ctx context.Context, phone string) (bool, error)
	// ProveContact makes a phone or address, which the account's owner just proved, the account's, and the login of a private
	// buyer. ErrNotFound, ErrLoginTaken.
	ProveContact(ctx context.Context, id int64, contact string, isMail bool) error
	// HouseholdPhones returns the phones of a household's logins.
	HouseholdPhones(ctx context.Context, household int64) ([]string, error)
	// Create stores a new account and returns it with its ID and times. ErrLoginTaken.
	Create(ctx context.Context, a Account) (*Account, error)
	// Open is Create for an account that somebody opens for another person; its history begins with it. ErrLoginTaken,
	// ErrNeedsTwo.
	Open(ctx context.Context, by Author, a Account) (*Account, error)
	// CreateMany stores accounts in bulk; a login that is there already keeps its
	// account and is not counted. It returns how many are new.
	CreateMany(ctx context.Context, accounts []Account) (int, error)
	// SetPassword stores the hash of a password that its owner chose and ends older sessions. card is the card that the
	// session began with, or 0. A request that comes again finds the account as it is, and again is true. ErrNotFound,
	// ErrKeyReused.
	SetPassword(ctx context.Context, once Once, id int64, hash string, card int64) (a *Account, again bool, err error)
	// ResetPassword stores the hash of a one-time password that works until the given time, and ends older sessions. ErrNotFound,
	// ErrNeedsTwo.
	ResetPassword(ctx context.Context, by Author, id int64, hash string, until time.Time) (*Account, error)
	// Asked tells whether a request was carried out before. ErrKeyReused.
	Asked(ctx context.Context, once Once) (bool, error)
	// SetLang stores the language of an account. ErrNotFound.
	SetLang(ctx context.Context, id int64, lang string) error
	// SetDisabled switches an account off, which ends its sessions, or on again. ErrNotFound, ErrNeedsTwo and
	// the errors of CheckChange.
	SetDisabled(ctx context.Context, by Author, id int64, disabled bool) error
	// Change stores name, phone, role, organisation, household and helper of the account with the ID of want, and notes
	// in its history what is new. seen is the last entry of the history that the author saw, or -1.
	// ErrNotFound, ErrChangedMeanwhile, ErrNeedsTwo and the errors of CheckChange.
	Change(ctx context.Context, by Author, want Account, seen int64) ([]Change, error)
	// History returns the last changes of an account, newest first.
	History(ctx context.Context, id int64, limit int) ([]Change, error)
	// List returns accounts of the given roles (all roles if none) whose login begins
	// with prefix, by login, after the given login, for pages of at most limit rows.
	List(ctx context.Context, prefix, after string, limit int, roles ...Role) ([]Account, error)
	// CountByRole returns how many accounts that work each role has.
	CountByRole(ctx context.Context) (map[Role]int, error)
}

type contextKey struct{}

// WithAccount returns a context that carries who is logged in.
func WithAccount(ctx context.Context, a *Account) context.Context {
	return context.WithValue(ctx, contextKey{}, a)
}

// FromContext returns who is logged in, or nil.
func FromContext(ctx context.Context) *Account {
	a, _ := ctx.Value(contextKey{}).(*Account)
	return a
}
