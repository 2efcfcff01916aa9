package page

import (
	"context"
	"slices"

	"banmuyuan/internal/link"
	"banmuyuan/orders/shelf"
	"banmuyuan/payments"
)

// OpenSale is a sale from a shelf with its open payment.
type OpenSale struct {
	Sale    shelf.Sale
	Pending *payments.Payment
	Methods []string
}

// LookAtSale reads a sale and, while it waits for money, its payment.
func LookAtSale(ctx context.Context, counter shelf.Service, pay payments.Service, id int64) (OpenSale, error) {
	var d OpenSale
	var err error
	if d.Sale, err = counter.Sale(ctx, shelf.SaleRef{ID: id}); err != nil {
		return d, err
	}
	if d.Sale.State != shelf.SalePlaced {
		return d, nil
	}
	account, err := pay.Account(link.System(ctx, "web.sale"), payments.Ref{Ref: shelf.SaleRefOf(id)})
	if err != nil {
		return d, err
	}
	if d.Pending = PendingOf(account); d.Pending != nil {
		// Asking makes the module look at the provider when no announcement came.
		if p, err := pay.Payment(link.System(ctx, "web.sale"), payments.PaymentRef{ID: d.Pending.ID}); err == nil {
			d.Pending = &p
		}
	}
	d.Methods, err = Cashless(ctx, pay, false)
	return d, err
}

// Cashless returns the payable methods for an organisation at its desk: everything but cash.
func Cashless(ctx context.Context, pay payments.Service, transfer bool) ([]string, error) {
	methods, err := pay.Methods(ctx, payments.None{})
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(methods.Items, func(m string) bool {
		return m == payments.Cash || m == payments.BankTransfer && !transfer
	}), nil
}

// PendingOf is a payment that is open or in doubt.
func PendingOf(a payments.Account) *payments.Payment {
	for i := range a.Payments {
		switch a.Payments[i].State {
		case payments.PaymentOpen, payments.PaymentUnknown, payments.PaymentSending, payments.PaymentReady:
			return &a.Payments[i]
		}
	}
	return nil
}
