package postgres_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"banmuyuan/internal/link"
	"banmuyuan/orders"
	"banmuyuan/orders/postgres"
	"banmuyuan/orders/postgres/desk"
)

// verified acts for a private buyer with a proved phone.
func verified(account int64, person string) context.Context {
	return link.WithActor(context.Background(), link.Actor{Account: account, Login: fmt.Sprint(account), Role: orders.RoleBuyer, Person: person})
}

func limited(c *desk.Config) { c.Unpaid = orders.UnpaidLimits{Orders: 4, OrgOrders: 6, Part: 20} }

// 1,000 orders of one account that come at the same moment to two processes hold what four orders may hold, whatever they
// ask for; the stock of the others is free again.
func TestUnpaidOrdersAreBounded(t *testing.T) {
	b := setup(t, limited)
	other, _ := b.process(limited)
	all := []*postgres.Module{b.orders, other}
	var mu sync.Mutex
	placed, errs := 0, map[string]int{}
	var asking sync.WaitGroup
	for i := range 1000 {
		asking.Go(func() {
			_, err := all[i%2].Place(verified(501, "one"), b.asking(geese, 1))
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				placed++
				return
			}
			errs[link.AsError(err).Key]++
		})
	}
	asking.Wait()
	if n := b.count(`SELECT count(*) FROM orders`); placed != 4 || n != 4 {
		t.Errorf("%d orders answered, %d written, want 4: refused %v", placed, n, errs)
	}
	if len(errs) == 0 || errs["order.unpaid.orders"] < 900 {
		t.Errorf("refused: %v", errs)
	}
	b.eventually("what was held for the others is free", func() bool { return b.reserved(geese) == 4 })
}

// The part of a presale is kept by orders that come to two processes at once: 120 of 600 geese, never more.
func TestUnpaidPartOfAPresaleIsBounded(t *testing.T) {
	b := setup(t, limited)
	other, _ := b.process(limited)
	all := []*postgres.Module{b.orders, other}
	var asking sync.WaitGroup
	for i := range 40 {
		asking.Go(func() { _, _ = all[i%2].Place(verified(501, "one"), b.asking(geese, 45)) })
	}
	asking.Wait()
	b.eventually("two orders of 45 are held", func() bool { return b.reserved(geese) == 90 })
	_, err := b.orders.Place(verified(501, "one"), b.asking(geese, 31))
	wantCode(t, err, link.Conflict, "order.unpaid.units", "lines[0].quantity")
	if e := link.AsError(err); e.Args["max"] != "120" || e.Args["left"] != "30" {
		t.Errorf("said %v", e.Args)
	}
	b.place(verified(501, "one"), b.asking(geese, 30))
	b.place(verified(502, "two"), b.asking(geese, 45)) // somebody else
}

// A verified phone counts over accounts, an account without one has a single order, a paid order counts no more, and an
// organisation has its own limit.
func TestUnpaidLimitsByBuyer(t *testing.T) {
	b := setup(t, limited)
	fill := func(ctx context.Context, n int) (last orders.Order) {
		t.Helper()
		for range n {
			last = b.place(ctx, b.asking(geese, 1))
		}
		_, err := b.orders.Place(ctx, b.asking(geese, 1))
		wantCode(t, err, link.Conflict, "order.unpaid.orders", "")
		return last
	}
	last := fill(verified(501, "one"), 4)
	_, err := b.orders.Place(verified(502, "one"), b.asking(geese, 1))
	wantCode(t, err, link.Conflict, "order.unpaid.orders", "")
	_, err = b.orders.Place(verified(501, "changed"), b.asking(geese, 1))
	wantCode(t, err, link.Conflict, "order.unpaid.orders", "")
	fill(buyer(503), 1)
	fill(as("officer", 9, 2), 6)
	b.pay(verified(501, "one"), last.No)
	fill(verified(501, "one"), 1)
	r := b.asking(geese, 1)
	_, err = b.orders.Place(verified(501, "one"), r)
	wantCode(t, err, link.Conflict, "order.unpaid.orders", "")
	o := b.order(last.No)
	if o.State != orders.StateConfirmed {
		t.Errorf("the paid order is %s", o.State)
	}
}

// The indexes keep the places of two orders apart even where the statement does not look.
func TestDatabaseKeepsPlacesOfUnpaidOrders(t *testing.T) {
	b := setup(t, limited)
	b.harmed = true
	b.place(verified(501, "one"), b.asking(geese, 1))
	b.place(verified(502, "two"), b.asking(geese, 1))
	for _, test := range []struct{ name, change string }{
		{"account", `UPDATE orders SET account_id = 501, idem_key = 'x' WHERE account_id = 502`},
		{"person", `UPDATE orders SET person = 'one' WHERE account_id = 502`},
	} {
		if _, err := b.db.Exec(test.change); !link.IsCode(err, "23505") {
			t.Errorf("two orders in one place of an %s: %v", test.name, err)
		}
	}
}
