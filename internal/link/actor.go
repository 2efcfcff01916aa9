package link

import (
	"context"
	"crypto/rand"
	"strings"
)

// Actor is the person or job behind a request or an event. It crosses every call, so that each module can check rights on
// its objects and store the author of a change. web sets it after login. A module trusts
// it because the request is signed, or the broker is inside the process (see Sign).
type Actor struct {
	Account    int64  `json:"a,omitempty"`
	Login      string `json:"l,omitempty"`
	Role       string `json:"r,omitempty"`
	Org        int64  `json:"o,omitempty"`
	Household  int64  `json:"h,omitempty"`
	Helper     int64  `json:"p,omitempty"`
	OnBehalfOf int64  `json:"b,omitempty"` // household id a helper acts for
	Begun      string `json:"g,omitempty"` // BegunByCard or BegunByPIN; "" is a password, or a job
	Person     string `json:"n,omitempty"` // digest of the phone or e-mail address that the account proved to have; "" is none
	System     bool   `json:"s,omitempty"` // a job of ours, named by Login
}

// Ways in which a household's session begins that need less than a password. Such a session reads and agrees, and changes
// no account.
const (
	BegunByCard = "card"
	BegunByPIN  = "pin" // or with a password that was set through a card
)

type actorKey struct{}
type requestIDKey struct{}

// WithActor returns a context that acts for a.
func WithActor(ctx context.Context, a Actor) context.Context {
	return context.WithValue(ctx, actorKey{}, a)
}

// ActorFrom returns the actor of ctx; the zero Actor is an anonymous visitor.
func ActorFrom(ctx context.Context) Actor {
	a, _ := ctx.Value(actorKey{}).(Actor)
	return a
}

// public returns the actor as events show it. Private buyers log in with their mobile number, which is personal and goes
// into no event: consumers know them by account.
func (a Actor) public() Actor {
	if len(a.Login) == 11 && a.Login[0] == '1' && strings.Trim(a.Login, "0123456789") == "" {
		a.Login = ""
	}
	a.Person = "" // a digest of eleven digits gives them away
	return a
}

// WithRequestID returns a context whose calls, events and logs carry id.
func WithRequestID(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, requestIDKey{}, id)
}

// RequestID returns the request id of ctx, or "".
func RequestID(ctx context.Context) string {
	id, _ := ctx.Value(requestIDKey{}).(string)
	return id
}

// NewRequestID returns an id that nobody can guess and nothing else has.
func NewRequestID() string { return rand.Text()[:20] }

// System returns a context for a job of ours, under a request id of its own.
func System(ctx context.Context, name string) context.Context {
	return WithRequestID(WithActor(ctx, Actor{Login: name, System: true}), NewRequestID())
}
