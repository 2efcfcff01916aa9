package main

import (
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"banmuyuan/orders"
)

// rush has one buyer order more than a person would, and orders expire while the test waits.
var rush = []string{"BANMU_PAY_WITHIN=20s", "BANMU_UNPAID_ORDERS=0", "BANMU_UNPAID_PART=100"}

// crashed ends catalog and orders processes with kill -9, one after another, while clients place orders through the
// others. A client that is told nothing asks again with its key. Every key has exactly one order afterwards, which is
// the one that was acknowledged, and nothing is held for anybody once their time is over.
func crashed(t *testing.T, w *world) {
	const clients, between = 16, 60
	w.restart(t, rush...)
	buyer := w.as(t, "buyer")
	presale, delivery := w.presale(t, "goose-main"), w.pickup(t)
	before := presale.Left
	body := placing{Lines: []orders.QuoteLine{{PresaleID: presale.ID, Qty: 1}}, Delivery: delivery}

	var mu sync.Mutex
	numbers := map[string]string{} // by key
	var acknowledged, unanswered atomic.Int64
	var over atomic.Bool
	var working sync.WaitGroup
	for client := range clients {
		working.Go(func() {
			for n := 0; !over.Load(); n++ {
				key := fmt.Sprintf("crashed-%02d-%06d", client, n)
				for began := time.Now(); ; { // until this key has its answer
					a, err := buyer.try(request{method: "POST", path: "/orders", key: key, body: body})
					if err == nil && a.status == http.StatusCreated {
						mu.Lock()
						numbers[key] = decoded[orders.Order](t, a).No
						mu.Unlock()
						acknowledged.Add(1)
						break
					}
					if err != nil || a.status != http.StatusServiceUnavailable || time.Since(began) > 2*time.Minute {
						t.Errorf("%s: %d %s, %v", key, a.status, a.body, err)
						return
					}
					unanswered.Add(1)
					time.Sleep(50 * time.Millisecond)
				}
			}
		})
	}
	for _, module := range []string{"orders", "catalog", "orders", "catalog"} {
		for enough := acknowledged.Load() + between; acknowledged.Load() < enough && !t.Failed(); {
			time.Sleep(10 * time.Millisecond)
		}
		w.crash(t, module, rush...)
	}
	over.Store(true)
	working.Wait()
	t.Logf("%d orders were acknowledged, %d times a client was told to come back", acknowledged.Load(), unanswered.Load())

	keys := map[string]string{} // by order
	sampled := 0
	for key, no := range numbers {
		if other := keys[no]; other != "" {
			t.Errorf("%s and %s were answered with order %s", other, key, no)
		}
		keys[no] = key
		if sampled++; sampled%10 != 0 {
			continue
		}
		if again := post[orders.Order](t, buyer, "/orders", key, body); again.No != no {
			t.Errorf("%s was answered with %s, and now with %s", key, no, again.No)
		}
	}
	w.left(t, "goose-main", "all unpaid orders expired", before)
	w.verified(t)
}
