// Package audit owns the trail of what people did that others may have to account for: logins, accounts, rights, consents,
// numbers seen in full, decisions, imports, sales opened and closed, personal data taken out.
//
// What must always hold: an entry is written in the transaction of the act, or from the act's event; nothing is ever changed
// in it or taken out; each entry holds the hash of the one before, and numbers have no gap, so that a change shows. It holds
// no names, phone numbers, id or account numbers: people are accounts, things are their numbers.
package audit

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"time"
)

// Kind names the act: an area and a verb. Words for it are in the pages' messages, as audit.KIND.
type Kind string

// Acts of people at their own accounts.
const (
	LoginDone          Kind = "login.done" // Detail is how: password, code, recovery, card
	LoginFailed        Kind = "login.failed"
	CodeFailed         Kind = "login.code_failed"
	Registered         Kind = "account.registered"
	PrivacyAgreed      Kind = "privacy.agreed" // Detail is the version
	AccountClosed      Kind = "privacy.closed"
	CorrectionAnswered Kind = "privacy.correction" // Detail is the request
	ContactProved      Kind = "account.contact"    // the phone or address that the account has
	PasswordChosen     Kind = "account.password_own"
	FactorOn           Kind = "factor.on"
	FactorOff          Kind = "factor.off"
	FactorCodes        Kind = "factor.codes"
	FactorLost         Kind = "factor.reset"
	SessionEnded       Kind = "session.ended" // Object is the number of sessions
	RulesChanged       Kind = "security.rules"
	Exported           Kind = "export.file" // Object is the file
	AuditExported      Kind = "export.audit"
	OwnData            Kind = "export.own"     // of the person that asked
	ReadByProgram      Kind = "export.program" // Object is the endpoint

	// AccountChanged is followed by the name of the change, as auth.Changed has it.
	AccountChanged = "account."
	// RequestAsked is followed by the kind of request; so are the two that follow it.
	RequestAsked   = "request."
	RequestAgreed  = "agreed."
	RequestRefused = "refused."

	CardIssued Kind = "card.issued"
	CardWord   Kind = "card.word"
	CardEnded  Kind = "card.ended"
)

// On names the sort of object of an act.
const (
	OnAccount   = "account"
	OnHousehold = "household"
)

// Entry is an act. An entry that is written needs At, ID and Hash not: the trail sets them.
type Entry struct {
	ID      int64
	At      time.Time
	Kind    Kind
	Account int64  // of the person; 0: nobody who is logged in, or a job
	Login   string // then, or the name of a job; "" for people who log in with their phone
	Role    string // then
	On      string
	Object  string
	Detail  string
	Network string
	Event   string // that it was read from; unique
	Hash    []byte
}

// Sum is the entry's hash: SHA-256 over the hash before it and every field, each preceded by its length.
func (e Entry) Sum(before []byte) []byte {
	h := sha256.New()
	part := func(b []byte) {
		var n [4]byte
		binary.BigEndian.PutUint32(n[:], uint32(len(b)))
		h.Write(n[:])
		h.Write(b)
	}
	number := func(n int64) { part(binary.BigEndian.AppendUint64(nil, uint64(n))) }
	part(before)
	number(e.ID)
	number(e.At.UnixMicro())
	number(e.Account)
	for _, text := range []string{string(e.Kind), e.Login, e.Role, e.On, e.Object, e.Detail, e.Network, e.Event} {
		part([]byte(text))
	}
	return h.Sum(nil)
}

// Flaw is an entry at which the chain does not hold.
type Flaw struct {
	ID   int64
	What string
}

// Chain checks entries in their order. The zero Chain is before the first.
type Chain struct {
	Last int64
	Hash []byte
}

// Next returns the fault of the next entry, or "".
func (c *Chain) Next(e Entry) (flaws []Flaw) {
	switch {
	case e.ID != c.Last+1:
		flaws = append(flaws, Flaw{e.ID, "entries are missing before it"})
	case !bytes.Equal(e.Hash, e.Sum(c.Hash)):
		flaws = append(flaws, Flaw{e.ID, "it or the one before it was changed"})
	}
	c.Last, c.Hash = e.ID, e.Hash
	return flaws
}

// Filter chooses entries. Empty fields choose all.
type Filter struct {
	Account int64
	Login   string
	Area    string   // the part of Kind before the dot
	On      string   // with Objects
	Objects []string // any of them
	From    time.Time
	Until   time.Time // exclusive
	Before  int64     // id, for the next page
	Limit   int
}

// Trail keeps entries.
type Trail interface {
	// Append writes entries, in a transaction of their own.
	Append(ctx context.Context, entries ...Entry) error
	// Entries lists the entries that a filter chooses, newest first.
	Entries(ctx context.Context, f Filter) ([]Entry, error)
}

type networkKey struct{}

// WithNetwork returns a context whose entries name the network that a request came from.
func WithNetwork(ctx context.Context, network string) context.Context {
	return context.WithValue(ctx, networkKey{}, network)
}

// Network returns the network of ctx, or "".
func Network(ctx context.Context) string {
	n, _ := ctx.Value(networkKey{}).(string)
	return n
}
