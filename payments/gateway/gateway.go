// Package gateway is the payment module's interface to payment providers.
//
// Invariants of an implementation (gatewaytest checks them):
//   - Create and Refund are idempotent by Key: asked again they answer the same and do nothing;
//   - an outcome that is not known is ErrUnknown, never a failure and never a success;
//   - Lookup and LookupRefund tell the present state, whatever was announced before;
//   - Expire returns the state after it: a session paid in the last moment is succeeded;
//   - no name, phone or other personal data is needed or sent.
//
// No method is called inside a database transaction of the caller.
//
// A further provider, for example WeChat Pay or Alipay directly, is one new package below this one: a type that implements
// Gateway, a test that hands it to gatewaytest.Run, and its constructor in the list of cmd's modules. Further abilities are
// further interfaces: Webhooks for announced changes (the handler then mounts "/pay/webhooks/{name}"), Audited for readable
// books (the daily reconciliation then compares them, books fees and follows payouts), Disputed for chargebacks, Pages for
// pages of its own. A wallet with a code to scan puts the code's address into Session.URL; a provider with a refund window
// sets Status.RefundableUntil. Neither the payment module nor the ledger knows providers by name.
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
type Refused struct { //nolint:errname // gateway.Refused is the outcome by its name
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

// Session is a payment at the provider: a page to send the buyer to, or instructions for a transfer.
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

// RefundRequest asks to refund a part of a session's payment.
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
	// LookupRefund finds a refund by id or, where id is "", by the request's key. ErrNotFound: it was never made.
	LookupRefund(ctx context.Context, id string, r RefundRequest) (RefundStatus, error)
}

// Event is a signed announcement that something changed. It carries no state: the state is looked up.
type Event struct {
	ID        string
	Type      string
	SessionID string
	RefundID  string
	DisputeID string
	Live      bool
	Version   string
}

// Webhooks is a gateway that announces changes.
type Webhooks interface {
	Gateway
	// Parse checks the signature and reads an event. Errors wrap ErrSignature or name the malformed part.
	Parse(h http.Header, body []byte, now time.Time) (Event, error)
	// Accepts tells whether an event is of the mode and version that this process works with.
	Accepts(e Event) bool
}

// MovementKind is the reason of a movement in a provider's books.
type MovementKind string

const (
	MovedPayment MovementKind = "payment"
	MovedRefund  MovementKind = "refund"  // negative; positive where one came back
	MovedDispute MovementKind = "dispute" // negative when it is opened, positive when it is won
	MovedFee     MovementKind = "fee"     // of no payment in particular
	MovedPayout  MovementKind = "payout"  // negative: sent to our account at the bank
	MovedOther   MovementKind = "other"   // a person has to look
)

// Movement is money in the provider's own books.
type Movement struct {
	ID        string // the provider's, unique
	Kind      MovementKind
	PaymentID int64 // ours, where the provider tells it
	SessionID string
	RefundID  string
	DisputeID string
	AmountFen int64 // + received, - sent, before the fee
	FeeFen    int64 // kept by the provider, on top
	At        time.Time
}

// Audited is a gateway with readable books, to be compared with ours.
type Audited interface {
	Gateway
	// Movements lists the movements at since or later, the oldest first; a zero since lists everything.
	Movements(ctx context.Context, since time.Time) ([]Movement, error)
}

// Dispute is a payment that the buyer takes back through the bank.
type Dispute struct {
	ID        string
	PaymentID int64  // ours, or
	SessionID string // the session it is about
	State     payments.DisputeState
	AmountFen int64
	Reason    string // the bank's word
	OpenedAt  time.Time
	RespondBy time.Time // zero: nothing can be said any more
}

// Disputed is a gateway with payments that can be disputed.
type Disputed interface {
	Gateway
	LookupDispute(ctx context.Context, id string) (Dispute, error)
}
