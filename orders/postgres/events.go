package postgres

import (
	"context"

	"github.com/jmoiron/sqlx"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/orders/postgres/desk"
	"banmuyuan/payments"
)

// paymentsChanged applies a batch of the payment module's events, one room after another.
func (m *Module) paymentsChanged(ctx context.Context, tx *sqlx.Tx, evs []link.Event) error {
	if err := link.PlanOnce(ctx, tx); err != nil {
		return err
	}
	e, err := sortPayments(evs)
	if err != nil {
		return err
	}
	for _, r := range m.rooms {
		if err := r.PaymentsChanged(ctx, tx, e); err != nil {
			return err
		}
	}
	return nil
}

func sortPayments(evs []link.Event) (e desk.PaymentEvents, err error) {
	for _, ev := range evs {
		switch ev.Subject {
		case payments.EvtPaymentSucceeded:
			err = collect(ev, &e.Succeeded)
		case payments.EvtRefClosed, payments.EvtRefSettled:
			err = collect(ev, &e.Refs)
		case payments.EvtRefundDone:
			err = collect(ev, &e.Refunds)
		case payments.EvtPayables:
			var c payments.PayablesChanged
			err = ev.Decode(&c)
			e.Payables = append(e.Payables, c.Changes...)
		}
		if err != nil {
			return e, err
		}
	}
	return e, nil
}

func collect[T any](ev link.Event, into *[]T) error {
	var v T
	if err := ev.Decode(&v); err != nil {
		return err
	}
	*into = append(*into, v)
	return nil
}

// holdExpired tells the order, or the adoption, that the catalogue gave its stock away. Stock may also have been held for
// an order that was never written.
func (m *Module) holdExpired(ctx context.Context, tx *sqlx.Tx, ev link.Event) error {
	var e catalog.HoldExpired
	if err := ev.Decode(&e); err != nil {
		return err
	}
	err := m.orderRoom.HoldExpired(ctx, tx, e.OrderID)
	if link.CodeOf(err) == link.NotFound {
		return m.adoptRoom.HoldExpired(ctx, tx, e.OrderID)
	}
	return err
}

// householdsChanged keeps the copy of the catalogue's households up to date.
func (m *Module) householdsChanged(ctx context.Context, tx *sqlx.Tx, evs []link.Event) error {
	var changes []catalog.HouseholdsChanged
	for _, ev := range evs {
		if err := collect(ev, &changes); err != nil {
			return err
		}
	}
	return m.HouseholdsChanged(ctx, tx, changes)
}
