package postgres_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"banmuyuan/internal/link"
	"banmuyuan/orders"
	"banmuyuan/orders/adopt"
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

// What the county sets holds in another process within seconds, also where the process's settings say something else; who may
// not set it does not; each setting stays.
func TestUnpaidRulesAreTheCountys(t *testing.T) {
	b := setup(t, limited)
	other, _ := b.process(limited)
	approves := as("approver", 12, 0)
	_, err := b.orders.SetUnpaidRules(county(), orders.UnpaidLimits{Orders: 5, OrgOrders: 6, Part: 20})
	wantCode(t, err, link.Forbidden, "rules.unpaid.looser", "")
	_, err = b.orders.SetUnpaidRules(buyer(501), orders.UnpaidLimits{Orders: 1, OrgOrders: 1, Part: 1})
	wantCode(t, err, link.Forbidden, "forbidden", "")
	_, err = b.orders.SetUnpaidRules(approves, orders.UnpaidLimits{Orders: 0, OrgOrders: 6, Part: 20})
	wantCode(t, err, link.Invalid, "rules.unpaid.orders", "orders")
	b.place(verified(501, "one"), b.asking(geese, 1))
	for range 2 {
		r, err := b.orders.SetUnpaidRules(county(), orders.UnpaidLimits{Orders: 1, OrgOrders: 6, Part: 20})
		if err != nil || r.Orders != 1 || len(r.History) != 1 || r.History[0].By != "operator11" {
			t.Fatalf("%+v, %v", r, err)
		}
	}
	_, err = b.orders.Place(verified(501, "one"), b.asking(geese, 1)) // this process at once
	wantCode(t, err, link.Conflict, "order.unpaid.orders", "")
	b.eventually("the other process keeps to it", func() bool {
		_, err := other.Place(verified(501, "one"), b.asking(geese, 1))
		return link.CodeOf(err) == link.Conflict && link.AsError(err).Args["max"] == "1"
	})
	if r, err := b.orders.SetUnpaidRules(approves, orders.UnpaidLimits{Orders: 9, OrgOrders: 6, Part: 20}); err != nil || r.Orders != 9 || len(r.History) != 2 {
		t.Errorf("looser: %+v, %v", r, err)
	}
	b.place(verified(501, "one"), b.asking(geese, 1))
	if n := b.count(`SELECT count(*) FROM outbox WHERE subject = 'evt.orders.v1.act' AND data->>'kind' = 'rules.unpaid'`); n != 2 {
		t.Errorf("%d acts, want 2", n)
	}
	for _, change := range []string{`UPDATE unpaid_rules SET orders = 100`, `DELETE FROM unpaid_rules`} {
		if _, err := b.db.Exec(change); link.Constraint(err) != "unpaid_rules_stay" {
			t.Errorf("%s: %v", change, err)
		}
	}
}

// Unpaid adoptions are counted by account and by verified phone, and by units of the presale's plots, also when they come at once.
func TestUnpaidAdoptionsAreBounded(t *testing.T) {
	y := newYard(t)
	plots := []int64{y.offer(1, gardenAdopt, 8).ID, y.offer(2, gardenAdopt, 8).ID} // adoptions of one plot take turns anyhow
	if _, err := y.orders.SetUnpaidRules(as("approver", 12, 0), orders.UnpaidLimits{Orders: 2, OrgOrders: 9, Part: 100}); err != nil {
		t.Fatal(err)
	}
	adoptAs := func(ctx context.Context, key string, plot int) error {
		_, err := y.orders.Adopt(ctx, adoptRequest(key, plots[plot], 1, adopt.FailureRefund))
		return err
	}
	var mu sync.Mutex
	taken := 0
	var asking sync.WaitGroup
	for i := range 12 {
		asking.Go(func() {
			err := adoptAs(verified(501+int64(i/2%2), "one"), fmt.Sprintf("at-once-%d", i), i%2) // two accounts, one phone
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				taken++
			} else if link.AsError(err).Key != "adoption.unpaid" {
				t.Errorf("refused by %v", err)
			}
		})
	}
	asking.Wait()
	if taken != 2 {
		t.Errorf("%d adoptions, want 2", taken)
	}
	if err := adoptAs(y.buyer(1), "unverified-1", 0); err != nil {
		t.Error(err)
	}
	wantError(t, adoptAs(y.buyer(1), "unverified-2", 1), link.Conflict, "adoption.unpaid")
	if err := adoptAs(y.buyer(1), "unverified-1", 0); err != nil { // the same request again
		t.Errorf("again: %v", err)
	}
}
