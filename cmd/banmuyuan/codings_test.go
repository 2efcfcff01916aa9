package main

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"testing"

	"banmuyuan/internal/link"
	"banmuyuan/orders"
)

// counting is held by tests that run modules in the process of the test: it has one pair of counters.
var counting sync.Mutex

// TestCodingsOfAnOrder counts JSON encodings and decodings between the request and the answer of an order, in the API, on
// the wire and in the stores together.
func TestCodingsOfAnOrder(t *testing.T) {
	t.Parallel()
	takeTurns(t)
	const most = 10
	counting.Lock()
	t.Cleanup(counting.Unlock)
	w := startHere(t)
	buyer := w.as(t, "buyer")
	geese := w.presale(t, "goose-main")
	want := placing{Lines: []orders.QuoteLine{{PresaleID: geese.ID, Qty: 2}}, Delivery: w.pickup(t), Shortage: orders.ShortageRefill}
	post[orders.Quote](t, buyer, "/quotes", "", orders.QuoteRequest{Lines: want.Lines})

	// Whatever else the process does in between only adds to a count, so the least of several is the order's own. A busy
	// machine delivers the order's event before its answer in nearly every one.
	least, counts := int64(1<<62), ""
	for n := 0; n < 8 || n < 200 && least > most; n++ {
		e0, d0 := link.Codings()
		placed := post[orders.Order](t, buyer, "/orders", w.key(), want)
		e1, d1 := link.Codings()
		if placed.State != orders.StatePlaced || placed.DepositFen == 0 {
			t.Fatalf("the order is %+v", placed)
		}
		counts += fmt.Sprintf(" %d+%d", e1-e0, d1-d0)
		least = min(least, e1-e0+d1-d0)
	}
	t.Logf("encodings + decodings of each order:%s", counts)
	if least > most {
		t.Errorf("an order takes %d encodings and decodings, want at most %d", least, most)
	}
	// Request, reservation there and back, event and answer are on the way in any case.
	if least < 8 {
		t.Errorf("only %d were counted: something is encoded past internal/link", least)
	}
}

// startHere runs the product in the process of the test.
func startHere(t *testing.T) *world {
	t.Helper()
	data := demoData(t)
	m := &Main{Config: Config{Data: data}, Addr: "127.0.0.1:0", Modules: []string{"all"}, Settings: Settings{}, Log: slog.New(slog.DiscardHandler)}
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
	return &world{t: t, url: m.URL(), county: demoCounty(), sessions: map[string]session{}}
}
