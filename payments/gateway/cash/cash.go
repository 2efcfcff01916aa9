// Package cash is payment in cash at a collection point or counter. Nobody outside knows of it: a payment stays open
// until somebody takes the money against a numbered receipt.
package cash

import (
	"context"
	"strconv"

	"banmuyuan/payments"
	"banmuyuan/payments/gateway"
)

// Gateway takes cash.
type Gateway struct{}

// New makes the gateway.
func New() Gateway { return Gateway{} }

// Name is the gateway's name.
func (Gateway) Name() string { return payments.Cash }

// Create opens a payment; its session is known by our own id.
func (Gateway) Create(_ context.Context, r gateway.Request) (gateway.Session, error) {
	return gateway.Session{ID: "cash_" + strconv.FormatInt(r.PaymentID, 10), ExpiresAt: r.ExpiresAt}, nil
}

// Lookup knows nothing that our own books do not: as far as the gateway is concerned it is open.
func (Gateway) Lookup(context.Context, string) (gateway.Status, error) {
	return gateway.Status{State: payments.PaymentOpen}, nil
}

// Expire always succeeds: no buyer can pay cash by himself.
func (Gateway) Expire(context.Context, string) (gateway.Status, error) {
	return gateway.Status{State: payments.PaymentExpired}, nil
}

// Refund is handed out by a person.
func (Gateway) Refund(context.Context, gateway.RefundRequest) (gateway.RefundStatus, error) {
	return gateway.RefundStatus{State: payments.RefundByBank}, nil
}

// LookupRefund says the same.
func (Gateway) LookupRefund(context.Context, string, gateway.RefundRequest) (gateway.RefundStatus, error) {
	return gateway.RefundStatus{State: payments.RefundByBank}, nil
}
