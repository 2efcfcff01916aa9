package link

import (
	"context"
	"database/sql/driver"
	"errors"
	"net"
	"sort"
	"strings"

	"github.com/lib/pq"
	"github.com/nats-io/nats.go"
)

// Code is the kind of a failure; web maps it to an HTTP status.
type Code string

const (
	Invalid         Code = "invalid"         // the request is wrong; Field names where
	Unauthenticated Code = "unauthenticated" // nobody is logged in
	Forbidden       Code = "forbidden"       // somebody is, but may not
	NotFound        Code = "not_found"       // also for things of other people
	Conflict        Code = "conflict"        // the state does not allow it, or an idempotency key was reused
	SoldOut         Code = "sold_out"        // less is left than was asked for
	TooLarge        Code = "too_large"
	Unavailable     Code = "unavailable" // try again; after a timeout the outcome is unknown
	Internal        Code = "internal"    // a defect: logged where it happened, told to nobody
)

// Error is a failure that may reach a person: Key is looked up in the glossary and filled with Args, Field is the JSON
// path of the input it is about, such as "lines[0].quantity". The cause stays in the process that met it.
type Error struct {
	Code       Code              `json:"code"`
	Key        string            `json:"key,omitempty"`
	Field      string            `json:"field,omitempty"`
	Args       map[string]string `json:"args,omitempty"`
	Details    []*Error          `json:"details,omitempty"`
	RetryAfter int               `json:"retry_after,omitempty"` // seconds
	cause      error
}

// E makes an Error; args are pairs of name and value.
func E(code Code, key, field string, args ...string) *Error {
	e := &Error{Code: code, Key: key, Field: field}
	if len(args) > 0 {
		e.Args = make(map[string]string, len(args)/2)
		for i := 0; i+1 < len(args); i += 2 {
			e.Args[args[i]] = args[i+1]
		}
	}
	return e
}

// Because keeps the cause for the log of this process. It returns e.
func (e *Error) Because(err error) *Error {
	e.cause = err
	return e
}

// Unwrap returns the cause, which is nil for an error that crossed a process.
func (e *Error) Unwrap() error { return e.cause }

// Error is for logs, not for people.
func (e *Error) Error() string {
	if e == nil {
		return "nil *link.Error"
	}
	var b strings.Builder
	b.WriteString(string(e.Code))
	if e.Key != "" && e.Key != string(e.Code) {
		b.WriteString(" " + e.Key)
	}
	if e.Field != "" {
		b.WriteString(" at " + e.Field)
	}
	names := make([]string, 0, len(e.Args))
	for name := range e.Args {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		b.WriteString(" " + name + "=" + e.Args[name])
	}
	for _, d := range e.Details {
		b.WriteString("; " + d.Error())
	}
	if e.cause != nil {
		b.WriteString(": " + e.cause.Error())
	}
	return b.String()
}

// Is makes errors.Is(err, link.E(code, key, "")) compare the code, and the key and field that the target sets.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t != nil && e != nil && e.Code == t.Code && (t.Key == "" || e.Key == t.Key) && (t.Field == "" || e.Field == t.Field)
}

// CodeOf returns the kind of failure that err is. A missed deadline, an unreachable broker and an unreachable database are
// Unavailable; an unclassified error is Internal. CodeOf(nil) is "".
func CodeOf(err error) Code {
	if err == nil {
		return ""
	}
	if e, ok := errors.AsType[*Error](err); ok {
		if e == nil || e.Code == "" {
			return Internal
		}
		return e.Code
	}
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled),
		errors.Is(err, nats.ErrNoResponders), errors.Is(err, nats.ErrTimeout),
		errors.Is(err, nats.ErrConnectionClosed), errors.Is(err, nats.ErrDisconnected),
		errors.Is(err, nats.ErrConnectionReconnecting), errors.Is(err, nats.ErrReconnectBufExceeded),
		errors.Is(err, nats.ErrNoServers), errors.Is(err, driver.ErrBadConn):
		return Unavailable
	case errors.Is(err, nats.ErrMaxPayload):
		return TooLarge
	}
	if pe, ok := errors.AsType[*pq.Error](err); ok {
		switch {
		// 57014 is a statement cancelled because its context ended, 57P0x a server that stops or starts, 53 one without
		// disk, memory or connections to spare, 08 a lost connection, 40 a conflict that survived every retry.
		case pe.Code == "57014", strings.HasPrefix(string(pe.Code), "57P0"), strings.HasPrefix(string(pe.Code), "53"),
			strings.HasPrefix(string(pe.Code), "08"), strings.HasPrefix(string(pe.Code), "40"):
			return Unavailable
		case pe.Code == "22021", pe.Code == "22P05", // text that is no text: a zero byte, broken UTF-8
			pe.Code == "22003", pe.Code == "22008": // a number or a day that no column holds
			return Invalid
		}
		return Internal
	}
	if _, ok := errors.AsType[net.Error](err); ok {
		return Unavailable
	}
	return Internal
}

// AsError returns the *Error in err, or a new one with the code of CodeOf and err as its cause; the key of a missed
// deadline is "timeout". AsError(nil) is nil.
func AsError(err error) *Error {
	if err == nil {
		return nil
	}
	var e *Error
	if errors.As(err, &e) && e != nil {
		return e
	}
	code := CodeOf(err)
	key := string(code)
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) || errors.Is(err, nats.ErrTimeout) || IsCode(err, "57014") {
		key = "timeout"
	}
	if code == Invalid {
		key = "malformed"
	}
	if IsCode(err, "53100") {
		return Full().Because(err)
	}
	return E(code, key, "").Because(err)
}

// fullRetry is when to ask a server with a full disk again, in seconds.
const fullRetry = 60

// Full is Unavailable for want of room on a disk: nothing was done.
func Full() *Error {
	e := E(Unavailable, "disk_full", "")
	e.RetryAfter = fullRetry
	return e
}

// Join makes one Invalid of the errors of several fields. It never returns nil: call it with at least one error, or
// collect them in Problems, which has an Err that may be nil.
func Join(details []*Error) *Error {
	if len(details) == 1 {
		return details[0]
	}
	return &Error{Code: Invalid, Key: string(Invalid), Details: details}
}

// Problems collects the errors of a request's fields.
type Problems []*Error

// Add notes an Invalid field.
func (p *Problems) Add(key, field string, args ...string) {
	*p = append(*p, E(Invalid, key, field, args...))
}

// Err is nil when nothing was noted.
func (p Problems) Err() error {
	if len(p) == 0 {
		return nil
	}
	return Join(p)
}
