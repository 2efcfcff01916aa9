package order

import (
	"context"
	"fmt"
	"sync"
	"time"

	"banmuyuan/internal/link"
	"banmuyuan/orders"
	"banmuyuan/orders/postgres/desk"
)

// unpaidState returns the SQL condition that an order waits for its deposit, as the indexes on places have it.
func unpaidState(alias string) string {
	var unpaid []string
	for _, s := range orders.States {
		if s.Unpaid() {
			unpaid = append(unpaid, string(s))
		}
	}
	return desk.StateIs(alias+".state", unpaid)
}

// gate bounds in memory how much stock an account can hold at the catalogue for orders that will be refused: as many orders
// of an account are under way at a time as it may have unpaid, and an account that was refused is counted before stock is
// held for it again. Buyers without a refusal are not looked up.
type gate struct {
	mu       sync.Mutex
	accounts map[int64]*entered
}

type entered struct {
	keys    map[string]int // requests under way, by key: the same one may come many times
	refused time.Time
}

// refusedLately is how long an account is counted before stock is held for it.
const refusedLately = 30 * time.Second

// gateSize is the number of accounts above which finished ones are forgotten.
const gateSize = 10_000

// enter admits an order; leave says that it was decided.
func (g *gate) enter(account int64, key string, limit int, now time.Time) (leave func(), count bool, admitted bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.accounts == nil {
		g.accounts = map[int64]*entered{}
	}
	if len(g.accounts) > gateSize {
		for id, e := range g.accounts {
			if len(e.keys) == 0 && now.Sub(e.refused) > refusedLately {
				delete(g.accounts, id)
			}
		}
	}
	e := g.accounts[account]
	if e == nil {
		e = &entered{keys: map[string]int{}}
		g.accounts[account] = e
	}
	if e.keys[key] == 0 && len(e.keys) >= limit {
		return nil, false, false
	}
	e.keys[key]++
	return func() { g.leave(account, key) }, now.Sub(e.refused) <= refusedLately, true
}

func (g *gate) leave(account int64, key string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	e := g.accounts[account]
	if e.keys[key]--; e.keys[key] == 0 {
		delete(e.keys, key)
	}
	if len(e.keys) == 0 && e.refused.IsZero() {
		delete(g.accounts, account)
	}
}

func (g *gate) refuse(account int64, now time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if e := g.accounts[account]; e != nil {
		e.refused = now
	}
}

// enter refuses an order that is beyond the limits of unpaid orders before stock is held for it, where that is known without
// the database. The intake has the last word.
func (m *Room) enter(ctx context.Context, d *desk.Draft) (leave func(), err error) {
	if err := d.Limit.Check(orders.Unpaid{}, d.Asks()); err != nil {
		return nil, err
	}
	if d.Limit.Orders == 0 {
		return func() {}, nil
	}
	leave, count, ok := m.gate.enter(d.AccountID, d.Key, d.Limit.Orders, m.Now())
	if !ok {
		return nil, d.Limit.TooManyOrders(d.Limit.Orders)
	}
	if count {
		if err = m.checkUnpaid(ctx, d); err != nil {
			leave()
			return nil, err
		}
	}
	return leave, nil
}

// checkUnpaid counts the buyer's unpaid orders.
func (m *Room) checkUnpaid(ctx context.Context, d *desk.Draft) error {
	var rows []struct {
		ID      int64 `db:"id"`
		Presale int64 `db:"presale_id"`
		Units   int64 `db:"units"`
	}
	err := m.DB.SelectContext(ctx, &rows, `
		SELECT o.id, l.presale_id, sum(l.ordered)::bigint AS units FROM orders o JOIN order_line l ON l.order_id = o.id
		WHERE (o.account_id = $1 OR o.person = $2 AND o.person <> '') AND o.open_slot > 0 AND `+unpaidState("o")+`
		GROUP BY o.id, l.presale_id`, d.AccountID, d.Person)
	if err != nil {
		return fmt.Errorf("count unpaid orders: %w", err)
	}
	held, seen := orders.Unpaid{Units: map[int64]int64{}}, map[int64]bool{}
	for _, r := range rows {
		held.Units[r.Presale] += r.Units
		if !seen[r.ID] {
			seen[r.ID] = true
			held.Orders++
		}
	}
	return d.Limit.Check(held, d.Asks())
}

// unpaidTries is how often an order is offered to the intake when another process took its place.
const unpaidTries = 20

// refusedUnpaid decides about an order that the intake left out: its error when it is beyond the limits, with its stock
// released, and nil when it can be offered again.
func (m *Room) refusedUnpaid(ctx context.Context, d *desk.Draft, try int) error {
	err := m.checkUnpaid(ctx, d)
	if err == nil && try < unpaidTries {
		return nil
	}
	if err == nil {
		err = desk.ErrBusy()
	} else if link.CodeOf(err) == link.Conflict {
		m.gate.refuse(d.AccountID, m.Now())
	}
	if rerr := m.release(ctx, d); rerr != nil {
		m.Log.Warn("release stock of a refused order", "order", d.ID, "error", rerr) // it expires by itself
	}
	return err
}
