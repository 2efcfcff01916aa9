package webtest

import (
	"context"

	"banmuyuan/payments"
)

// CounterPayments knows of no payment yet.
type CounterPayments struct{ *StubPayments }

func (CounterPayments) Account(context.Context, payments.Ref) (payments.Account, error) {
	return payments.Account{}, nil
}

func (CounterPayments) Methods(context.Context, payments.None) (payments.Methods, error) {
	return payments.Methods{Items: []string{payments.Sandbox, payments.BankTransfer, payments.Cash}}, nil
}
