package web

import (
	"context"

	"banmuyuan/payments"
)

// shelfPayments knows of no payment yet.
type shelfPayments struct{ *stubPayments }

func (shelfPayments) Account(context.Context, payments.Ref) (payments.Account, error) {
	return payments.Account{}, nil
}

func (shelfPayments) Methods(context.Context, payments.None) (payments.Methods, error) {
	return payments.Methods{Items: []string{payments.Sandbox, payments.BankTransfer, payments.Cash}}, nil
}
