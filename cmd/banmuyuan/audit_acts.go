package main

import (
	"context"
	"strconv"

	"github.com/jmoiron/sqlx"
	"github.com/nats-io/nats.go"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/orders"
	"banmuyuan/payments"
	"banmuyuan/web/audit"
	webpg "banmuyuan/web/postgres"
)

// auditActs has the acts of the modules written into the audit trail, each once, by whichever process of the web is first.
func (m *modules) auditActs(db *sqlx.DB, nc *nats.Conn) []*link.Consumer {
	of := func(stream string, subjects ...string) *link.Consumer {
		return link.NewBatchConsumer(db, nc, link.ConsumerConfig{Durable: "web-audit-" + stream, Stream: stream, Filters: subjects, Log: m.log},
			func(ctx context.Context, tx *sqlx.Tx, events []link.Event) error {
				var entries []audit.Entry
				for _, ev := range events {
					e, err := auditEntry(ev)
					if err != nil {
						return err
					}
					entries = append(entries, e)
				}
				return webpg.AppendTx(ctx, tx, entries...)
			})
	}
	return []*link.Consumer{
		of(moduleCatalog, catalog.EvtAct),
		of(moduleOrders, orders.EvtAct),
		of(modulePayments, payments.EvtAct, payments.EvtPayoutAccount),
	}
}

// auditEntry is the entry of a module's event.
func auditEntry(ev link.Event) (audit.Entry, error) {
	e := audit.Entry{At: ev.OccurredAt, Account: ev.Actor.Account, Login: ev.Actor.Login, Role: ev.Actor.Role, Event: ev.ID}
	if ev.Subject == payments.EvtPayoutAccount {
		var a payments.PayoutAccountEvent
		if err := ev.Decode(&a); err != nil {
			return e, err
		}
		e.Kind, e.On, e.Object = audit.Kind("payout_account."+string(a.Step)), audit.OnHousehold, strconv.FormatInt(a.Household, 10)
		return e, nil
	}
	var a link.Act
	if err := ev.Decode(&a); err != nil {
		return e, err
	}
	e.Kind, e.On, e.Object, e.Detail = audit.Kind(a.Kind), a.On, a.Object, a.Detail
	return e, nil
}
