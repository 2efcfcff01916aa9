package main

import (
	"context"

	"github.com/jmoiron/sqlx"
	"github.com/nats-io/nats.go"

	"banmuyuan/internal/link"
	"banmuyuan/payments"
	"banmuyuan/web"
)

// tellAccounts has households told of changes of their payout accounts, each once, by whichever process of the web is first.
func (m *modules) tellAccounts(db *sqlx.DB, nc *nats.Conn, site *web.Server) *link.Consumer {
	return link.NewConsumer(db, nc, link.ConsumerConfig{
		Durable: "web-accounts", Stream: modulePayments, Filters: []string{payments.EvtPayoutAccount}, Log: m.log,
	}, func(ctx context.Context, _ *sqlx.Tx, ev link.Event) error {
		var e payments.PayoutAccountEvent
		if err := ev.Decode(&e); err != nil {
			return err
		}
		return site.TellPayoutAccount(ctx, e)
	})
}
