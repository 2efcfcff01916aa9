// Package gateway is what the payment module expects of those who move money: one interface, whoever is behind it.
//
// What must always hold of an implementation (gatewaytest checks it):
//   - Create and Refund are idempotent by Key: asked again they answer the same and do nothing;
//   - an outcome that is not known is ErrUnknown, never a failure and never a success;
//   - Lookup and LookupRefund tell the present state, whatever was announced before;
//   - Expire tells what is true afterwards: a session paid in the last moment is succeeded;
//   - no name, phone or other personal data is needed or sent.
//
// No method is called inside a database transaction of the caller.
package gateway

import (
	"context"
	"errors"
	"net/http"
	"time"

	"banmuyuan/payments"
)

var (
	// ErrUnknown says that nobody knows whether the call had an effect. Ask again with the same key.
	ErrUnknown = errors.New("gateway: outcome unknown")
	// ErrNotFound says that the provider does not know the session or refund.
	ErrNotFound = errors.New("gateway: not known to the provider")
	// ErrSignature says that a webhook was not signed by the provider, or too long ago, or in the future.
	ErrSignature = errors.New("gateway: bad signature")
)

// Refused is a provider's definite no. Key is a message for the buyer.
type Refused struct {
	Key   string
	Cause error
}

func (r *Refused) Error() string {
	if r.Cause == nil {
		return "gateway: refused: " + r.Key
	}
	return "gateway: refused: " + r.Key + ": " + r.Cause.Error()
}

func (r *Refused) Unwrap() error { return r.Cause }

// Request asks for a payment.
type Request struct {
	Key         string // idempotency key, stored by the caller before the call
	PaymentID   int64
	AmountFen   int64
	Description string
	Code        string // 识别码, where one is quoted
	ReturnURL   string
	ExpiresAt   time.Time // zero: the provider's own limit
}

// Session is a payment at the provider: a page to send the buyer to, or what to transfer.
type Session struct {
	ID           string
	URL          string
	TransferCode string
	PayTo        string
	PayToAccount string
	PayToBank    string
	ExpiresAt    time.Time // zero: as asked
}

// Status of a session: open, succeeded, failed or expired.
type Status struct {
	State           payments.PaymentState
	AmountFen       int64 // paid
	PaidAt          time.Time
	RefundableUntil time.Time // zero: no limit known
	FailureKey      string
}

// RefundRequest asks to send back part of what a session paid.
type RefundRequest struct {
	Key       string
	RefundID  int64
	SessionID string
	AmountFen int64
}

// RefundStatus: pending, succeeded, failed, or by_bank where the provider does not refund at all.
type RefundStatus struct {
	ID         string
	State      payments.RefundState
	FailureKey string
}

// Gateway is a provider. Errors are ErrUnknown, ErrNotFound, *Refused, or wrap one of them; anything else counts as
// ErrUnknown.
type Gateway interface {
	Name() string
	Create(ctx context.Context, r Request) (Session, error)
	Lookup(ctx context.Context, sessionID string) (Status, error)
	Expire(ctx context.Context, sessionID string) (Status, error)
	Refund(ctx context.Context, r RefundRequest) (RefundStatus, error)
	// LookupRefund finds a refund by id or, where id is "", by what was asked. ErrNotFound: it was never made.
	LookupRefund(ctx context.Context, id string, r RefundRequest) (RefundStatus, error)
}

// Event is a signed announcement that something changed. It carries no state: the state is looked up.
type Event struct {
	ID        string
	Type      string
	SessionID string
	RefundID  string
	Live      bool
	Version   string
}

// Webhooks is a gateway that announces changes.
type Webhooks interface {
	Gateway
	// Parse checks the signature and reads an event. Errors wrap ErrSignature or tell what is malformed.
	Parse(h http.Header, body []byte, now time.Time) (Event, error)
	// Accepts tells whether an event is of the mode and version that this process works with.
	Accepts(e Event) bool
}

// Movement is money in the provider's own books.
type Movement struct {
	SessionID string
	RefundID  string // empty for a payment
	AmountFen int64  // + received, - refunded
	At        time.Time
}

// Audited is a gateway whose books can be read, to be compared with ours.
type Audited interface {
	Gateway
	Movements(ctx context.Context) ([]Movement, error)
}
