package main

import (
	"context"

	"github.com/jmoiron/sqlx"
	"github.com/nats-io/nats.go"

	"banmuyuan/internal/link"
	"banmuyuan/orders"
	"banmuyuan/orders/adopt"
	"banmuyuan/payments"
	"banmuyuan/web"
)

// tellBuyers has buyers told of events of their orders, each once, by whichever process of the web is first.
func (m *modules) tellBuyers(db *sqlx.DB, nc *nats.Conn, site *web.Server) []*link.Consumer {
	tell := func(ctx context.Context, _ *sqlx.Tx, ev link.Event) error { return site.TellBuyer(ctx, ev) }
	return []*link.Consumer{
		link.NewConsumer(db, nc, link.ConsumerConfig{Durable: "web-buyers", Stream: moduleOrders, Log: m.log,
			Filters: []string{orders.EvtOrderPlaced, orders.EvtOrderChanged, orders.EvtShortageAsked, adopt.EvtChanged}}, tell),
		link.NewConsumer(db, nc, link.ConsumerConfig{Durable: "web-buyers-money", Stream: modulePayments, Log: m.log,
			Filters: []string{payments.EvtRefundDone, payments.EvtPaymentSucceeded}}, tell),
	}
}
