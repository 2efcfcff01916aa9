package main

import (
	"context"
	"encoding/json"
	"log/slog"
	"sync/atomic"
	"testing"

	"banmuyuan/internal/link"
	"banmuyuan/orders"
	paymentspg "banmuyuan/payments/postgres"
)

// Orders publish an event for every change, and a waiting look is woken by it. A fake plays the orders module: it reports
// each read.
func TestLookIsWokenByTheEvent(t *testing.T) {
	t.Parallel()
	takeTurns(t)
	counting.Lock()
	t.Cleanup(counting.Unlock)
	pg, broker := startServers(t)
	nc, err := broker.Connect("orders")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)

	var confirmed atomic.Bool
	read := make(chan struct{}, 100)
	module := link.NewServer(nc, moduleOrders, link.ServerOptions{Log: slog.New(slog.DiscardHandler)})
	t.Cleanup(module.Close)
	link.Handle(module, orders.SubjectOrder, func(context.Context, orders.OrderRef) (orders.Order, error) {
		o := orders.Order{ID: 12, No: orders.Number(12), State: orders.StatePlaced}
		if confirmed.Load() {
			o.State = orders.StateConfirmed
		}
		read <- struct{}{}
		return o, nil
	})
	tell := func(data any) {
		t.Helper()
		text, err := json.Marshal(data)
		if err == nil {
			err = nc.Publish(orders.EvtOrderChanged, text)
		}
		if err != nil {
			t.Error(err)
		}
	}

	logged := &product{}
	m := &Main{Config: Config{DatabaseURL: pg.URL(), NATSURL: broker.URL()}, Addr: "127.0.0.1:0", Modules: []string{moduleWeb},
		Settings: Settings{Key: paymentspg.NewKey()}, Log: slog.New(slog.NewTextHandler(&logged.stderr, nil))}
	if err := m.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), patience)
		defer cancel()
		if err := m.Close(ctx); err != nil {
			t.Error(err)
		}
	})
	buyer := session{url: m.URL()}
	const phone, secret = "13900000007", "两只鹅在一亩地里"
	w := &world{t: t, url: m.URL(), sessions: map[string]session{}}
	running.Lock()
	if running.products == nil {
		running.products = map[*world][]*product{}
	}
	running.products[w] = []*product{logged}
	running.Unlock()
	t.Cleanup(func() {
		running.Lock()
		delete(running.products, w)
		running.Unlock()
	})
	post[any](t, buyer, "/accounts", "", w.registration(t, "林晓", phone, secret))
	buyer.token = post[struct{ Token string }](t, buyer, "/sessions", "", map[string]string{"login": phone, "password": secret}).Token

	answered := make(chan orders.Order, 1)
	go func() {
		a, err := buyer.try(request{method: "GET", path: "/orders/" + orders.Number(12) + "?while=placed"})
		var o orders.Order
		if err == nil {
			err = json.Unmarshal(a.body, &o)
		}
		if err != nil {
			t.Errorf("%d %s, %v", a.status, a.body, err)
		}
		answered <- o
	}()
	<-read
	tell("this is no order") // passed over
	// More readings than a look makes by itself before its time is over.
	for range 20 {
		tell(orders.OrderEvent{OrderID: 12, State: orders.StatePlaced})
		select {
		case <-read:
		case o := <-answered:
			t.Fatalf("answered %s without being woken", o.State)
		}
	}
	confirmed.Store(true)
	tell(orders.OrderEvent{OrderID: 12, State: orders.StateConfirmed})
	if o := <-answered; o.State != orders.StateConfirmed {
		t.Errorf("answered %s", o.State)
	}
}
