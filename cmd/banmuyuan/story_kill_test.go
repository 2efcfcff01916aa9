package main

import (
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"

	"banmuyuan/orders"
)

// killed ends the product with kill -9 while 32 clients place orders. Every order that was acknowledged is there after
// the next start, none is there twice, and everything holds once the others' holds have expired.
func killed(t *testing.T, w *world) {
	const clients, enough = 32, 200
	// The holds of an order without an answer expire soon.
	w.restart(t, rush...)
	buyer := w.as(t, "buyer")
	presale, delivery := w.presale(t, "goose-main"), w.pickup(t)
	before := presale.Left
	body := placing{Lines: []orders.QuoteLine{{PresaleID: presale.ID, Qty: 1}}, Delivery: delivery}

	type acknowledged struct{ key, no string }
	var mu sync.Mutex
	var done []acknowledged
	var asked []string
	reached := make(chan struct{})
	var working sync.WaitGroup
	for client := range clients {
		working.Go(func() {
			for n := 0; ; n++ {
				key := fmt.Sprintf("killed-%02d-%06d", client, n)
				mu.Lock()
				asked = append(asked, key)
				mu.Unlock()
				a, err := buyer.try(request{method: "POST", path: "/orders", key: key, body: body})
				if err != nil {
					return // the product is gone
				}
				if a.status != http.StatusCreated {
					if a.status == http.StatusServiceUnavailable {
						continue // busy, or on its way down
					}
					t.Errorf("%s: %d %s", key, a.status, a.body)
					return
				}
				o := decoded[orders.Order](t, a)
				mu.Lock()
				if done = append(done, acknowledged{key, o.No}); len(done) == enough {
					close(reached)
				}
				mu.Unlock()
			}
		})
	}
	gaveUp := make(chan struct{})
	go func() { working.Wait(); close(gaveUp) }()
	select {
	case <-reached:
	case <-gaveUp:
		t.Fatalf("the clients gave up after %d orders", len(done))
	}
	w.kill()
	<-gaveUp
	t.Logf("killed after %d orders were acknowledged of %d asked for", len(done), len(asked))

	w.restart(t, rush...)
	buyer = w.as(t, "buyer")
	numbers := map[string]bool{}
	for i, a := range done {
		if numbers[a.no] {
			t.Errorf("two keys were answered with order %s", a.no)
		}
		numbers[a.no] = true
		if o := get[orders.Order](t, buyer, "/orders/"+a.no); o.No != a.no || o.Lines[0].Ordered != 1 {
			t.Errorf("order %s was acknowledged and is %+v", a.no, o)
		}
		if i%20 == 0 { // asking again with the same key gives the same order
			if again := post[orders.Order](t, buyer, "/orders", a.key, body); again.No != a.no {
				t.Errorf("%s was answered with %s, and now with %s", a.key, a.no, again.No)
			}
		}
	}
	// A client that was told nothing asks again with its key: either way it has one order afterwards.
	mu.Lock()
	unknown := slices.DeleteFunc(slices.Clone(asked), func(key string) bool {
		return slices.ContainsFunc(done, func(a acknowledged) bool { return a.key == key })
	})
	mu.Unlock()
	for _, key := range unknown {
		o := post[orders.Order](t, buyer, "/orders", key, body)
		if numbers[o.No] {
			t.Errorf("%s is answered with %s, which is another's", key, o.No)
		}
		numbers[o.No] = true
	}
	w.left(t, "goose-main", "all unpaid orders expired", before)
	w.verified(t)
}
