package postgres

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
)

// A hold is held until it is confirmed or released; a confirmed one is delivered or released, in parts or whole.
const (
	stateHeld      = "held"
	stateConfirmed = "confirmed"
	stateReleased  = "released"
)

const consumerName = "catalog-commands"

// consumer applies what orders commands.
func (c *Catalog) consumer() *link.Consumer {
	return link.NewBatchConsumer(c.db, c.nc, link.ConsumerConfig{
		Durable: consumerName, Stream: "catalog", Filters: []string{"cmd.catalog.v1.>"}, Log: c.log,
	}, c.applyCommands)
}

// command is one of the three, decoded.
type command struct {
	confirm *catalog.HoldConfirm
	release *catalog.HoldRelease
	deliver *catalog.HoldDeliver
}

func decode(ev link.Event) (cmd command, orderID int64, err error) {
	switch ev.Subject {
	case catalog.CmdConfirm:
		cmd.confirm = &catalog.HoldConfirm{}
		err = ev.Decode(cmd.confirm)
		orderID = cmd.confirm.OrderID
	case catalog.CmdRelease:
		cmd.release = &catalog.HoldRelease{}
		err = ev.Decode(cmd.release)
		orderID = cmd.release.OrderID
	case catalog.CmdDeliver:
		cmd.deliver = &catalog.HoldDeliver{}
		err = ev.Decode(cmd.deliver)
		orderID = cmd.deliver.OrderID
		if d := cmd.deliver; err == nil && (len(d.Delivered) != len(d.Lots) || len(d.Returned) != len(d.Lots)) {
			err = link.E(link.Invalid, "malformed", "lots")
		}
	default:
		err = link.E(link.Invalid, "malformed", "").Because(fmt.Errorf("unknown command %s", ev.Subject))
	}
	return cmd, orderID, err
}

// applyCommands applies commands in the order of the stream, in the consumer's transaction. Commands for an order
// without holds do nothing.
func (c *Catalog) applyCommands(ctx context.Context, tx *sqlx.Tx, evs []link.Event) error {
	if err := link.PlanOnce(ctx, tx); err != nil {
		return err
	}
	commands := make([]command, len(evs))
	orders := make([]int64, len(evs))
	onlyConfirms := true
	for i, ev := range evs {
		var err error
		if commands[i], orders[i], err = decode(ev); err != nil {
			return err
		}
		onlyConfirms = onlyConfirms && commands[i].confirm != nil
	}
	if onlyConfirms { // no lot changes, so that no season is involved
		return confirmHolds(ctx, tx, orders)
	}
	changed := newLotChanges()
	holds, err := lockHolds(ctx, tx, `order_id = ANY($1)`, pq.Array(orders))
	if err != nil {
		return err
	}
	byOrder := map[int64][]*hold{}
	for _, h := range holds {
		byOrder[h.orderID] = append(byOrder[h.orderID], h)
	}
	for i, cmd := range commands {
		holds := byOrder[orders[i]]
		switch {
		case cmd.confirm != nil:
			if err := confirm(holds); err != nil {
				return err
			}
		case cmd.release != nil:
			for _, h := range holds {
				if h.state != stateConfirmed || !cmd.release.Unconfirmed {
					h.release(false, changed)
				}
			}
		default:
			if err := deliver(holds, *cmd.deliver, changed); err != nil {
				return err
			}
		}
	}
	if err := storeHolds(ctx, tx, holds); err != nil {
		return err
	}
	return changed.store(ctx, tx)
}

// confirmHolds confirms whatever is held for the orders.
func confirmHolds(ctx context.Context, tx *sqlx.Tx, orders []int64) error {
	_, err := tx.ExecContext(ctx, `
		WITH target AS (
			SELECT order_id, line, key FROM hold
			WHERE order_id = ANY($1) AND state = 'held' ORDER BY order_id, line, key FOR UPDATE)
		UPDATE hold SET state = 'confirmed', expires_at = NULL
		FROM target t
		WHERE (hold.order_id, hold.line, hold.key) = (t.order_id, t.line, t.key) AND hold.state = 'held'`, pq.Array(orders))
	if err != nil {
		return fmt.Errorf("confirm holds: %w", err)
	}
	// In a statement of its own, which sees what the first one may have waited for.
	var late []int64
	err = tx.SelectContext(ctx, &late, `
		SELECT order_id FROM hold WHERE order_id = ANY($1)
		GROUP BY order_id
		HAVING bool_or(state = 'released' AND expired) AND NOT bool_or(state = 'confirmed')
		LIMIT 1`, pq.Array(orders))
	if err != nil {
		return fmt.Errorf("confirm holds: %w", err)
	}
	if len(late) > 0 {
		return errLate(late[0])
	}
	return nil
}

// errLate refuses to confirm what has expired: the command becomes a dead letter, so that somebody looks at the order.
func errLate(orderID int64) error {
	return link.E(link.Conflict, "hold.expired", "order_id", "order", strconv.FormatInt(orderID, 10))
}

// hold is a stored hold that is locked for changing.
type hold struct {
	orderID, presaleID int64
	line, season       int
	key, state         string
	expired            bool
	lots, qty          []int64
	held, delivered    []int64
	dirty              bool
}

// lotChanges collects what a transaction does to lots, by season.
type lotChanges struct {
	reserved, delivered, capacity map[int64]int64
	lots                          map[int]map[int64]bool
}

func newLotChanges() *lotChanges {
	return &lotChanges{
		reserved: map[int64]int64{}, delivered: map[int64]int64{}, capacity: map[int64]int64{}, lots: map[int]map[int64]bool{},
	}
}

func (ch *lotChanges) add(season int, lotID, reserved, delivered, capacity int64) {
	ch.reserved[lotID] += reserved
	ch.delivered[lotID] += delivered
	ch.capacity[lotID] += capacity
	if ch.lots[season] == nil {
		ch.lots[season] = map[int64]bool{}
	}
	ch.lots[season][lotID] = true
}

// store writes the changes and notes them. The seasons are locked since lockHolds.
func (ch *lotChanges) store(ctx context.Context, tx *sqlx.Tx) error {
	for _, season := range slices.Sorted(maps.Keys(ch.lots)) {
		lots := slices.Sorted(maps.Keys(ch.lots[season]))
		lots = slices.DeleteFunc(lots, func(id int64) bool {
			return ch.reserved[id] == 0 && ch.delivered[id] == 0 && ch.capacity[id] == 0
		})
		if len(lots) == 0 {
			continue
		}
		var reserved, delivered, capacity []int64
		for _, id := range lots {
			reserved = append(reserved, ch.reserved[id])
			delivered = append(delivered, ch.delivered[id])
			capacity = append(capacity, ch.capacity[id])
		}
		_, err := tx.ExecContext(ctx, `
			UPDATE lot SET reserved = lot.reserved + d.reserved, delivered = lot.delivered + d.delivered,
			               capacity = lot.capacity + d.capacity
			FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[]) AS d (id, reserved, delivered, capacity)
			WHERE lot.id = d.id`, pq.Array(lots), pq.Array(reserved), pq.Array(delivered), pq.Array(capacity))
		switch link.Constraint(err) {
		case "lot_not_oversold", "lot_not_negative":
			return link.E(link.Conflict, "hold.exceeded", "").Because(err)
		}
		if err != nil {
			return fmt.Errorf("change lots: %w", err)
		}
		if err := noteChange(ctx, tx, season, change{lots: lots}); err != nil {
			return err
		}
	}
	return nil
}

// lockHolds locks the seasons of the holds that meet a condition and then the holds: seasons first, as everybody does.
func lockHolds(ctx context.Context, tx *sqlx.Tx, condition string, args ...any) ([]*hold, error) {
	var seasons []int
	err := tx.SelectContext(ctx, &seasons, `SELECT DISTINCT season FROM hold WHERE `+condition+` ORDER BY season`, args...)
	if err != nil {
		return nil, fmt.Errorf("find seasons of holds: %w", err)
	}
	for _, id := range seasons {
		if _, err := lockSeason(ctx, tx, id); err != nil {
			return nil, err
		}
	}
	rows, err := tx.QueryContext(ctx, `
		SELECT order_id, line, key::text, season, presale_id, state, expired, lots, qty,
		       coalesce(held, CASE WHEN state = 'released' THEN array_fill(0::bigint, ARRAY[cardinality(qty)]) ELSE qty END),
		       coalesce(delivered, array_fill(0::bigint, ARRAY[cardinality(qty)]))
		FROM hold WHERE season = ANY($`+strconv.Itoa(len(args)+1)+`) AND `+condition+`
		ORDER BY order_id, line, created_at, key FOR UPDATE`, append(args, pq.Array(seasons))...)
	if err != nil {
		return nil, fmt.Errorf("lock holds: %w", err)
	}
	defer rows.Close()
	var all []*hold
	for rows.Next() {
		h := &hold{}
		err := rows.Scan(&h.orderID, &h.line, &h.key, &h.season, &h.presaleID, &h.state, &h.expired,
			(*pq.Int64Array)(&h.lots), (*pq.Int64Array)(&h.qty), (*pq.Int64Array)(&h.held), (*pq.Int64Array)(&h.delivered))
		if err != nil {
			return nil, fmt.Errorf("lock holds: %w", err)
		}
		all = append(all, h)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("lock holds: %w", err)
	}
	return all, nil
}

// storeHolds writes the holds that changed.
func storeHolds(ctx context.Context, tx *sqlx.Tx, holds []*hold) error {
	var orders, lines []int64
	var keys, states, expired, held, delivered []string
	for _, h := range holds {
		if !h.dirty {
			continue
		}
		orders, lines, keys = append(orders, h.orderID), append(lines, int64(h.line)), append(keys, h.key)
		states, expired = append(states, h.state), append(expired, strconv.FormatBool(h.expired))
		held, delivered = append(held, literal(h.held)), append(delivered, literal(h.delivered))
	}
	if len(orders) == 0 {
		return nil
	}
	_, err := tx.ExecContext(ctx, `
		UPDATE hold SET state = d.state, expired = d.expired, held = d.held::bigint[], delivered = d.delivered::bigint[],
		                expires_at = CASE WHEN d.state = 'held' THEN hold.expires_at END
		FROM unnest($1::bigint[], $2::int[], $3::uuid[], $4::text[], $5::bool[], $6::text[], $7::text[])
		     AS d (order_id, line, key, state, expired, held, delivered)
		WHERE hold.order_id = d.order_id AND hold.line = d.line AND hold.key = d.key`,
		pq.Array(orders), pq.Array(lines), pq.Array(keys), pq.Array(states), pq.Array(expired), pq.Array(held), pq.Array(delivered))
	if err != nil {
		return fmt.Errorf("change holds: %w", err)
	}
	return nil
}

// confirm confirms the holds of one order.
func confirm(holds []*hold) error {
	late, good := false, false
	for _, h := range holds {
		if h.state == stateHeld {
			h.state, h.dirty = stateConfirmed, true
		}
		late = late || (h.state == stateReleased && h.expired)
		good = good || h.state == stateConfirmed
	}
	if late && !good {
		return errLate(holds[0].orderID)
	}
	return nil
}

// release gives back what is still held. A second release finds nothing.
func (h *hold) release(expired bool, ch *lotChanges) {
	if h.state == stateReleased {
		return
	}
	for i, n := range h.held {
		if n != 0 {
			ch.add(h.season, h.lots[i], -n, 0, 0)
			h.held[i] = 0
		}
	}
	h.state, h.expired, h.dirty = stateReleased, expired, true
}

// deliver settles shares of a line. A line may have several holds, when it was refilled, and a lot may have a share in
// more than one of them: the oldest is settled first, and undone last.
func deliver(holds []*hold, d catalog.HoldDeliver, ch *lotChanges) error {
	var line []*hold
	for _, h := range holds {
		if h.line == d.Line {
			line = append(line, h)
		}
	}
	if len(line) == 0 {
		return nil // the order's Reserve has not been seen: orders never delivers what it did not reserve
	}
	for i, lotID := range d.Lots {
		if rest := settle(line, lotID, d.Delivered[i], true, false, ch); rest != 0 {
			return errExceeded(d, lotID)
		}
		if rest := settle(line, lotID, d.Returned[i], false, d.Lost, ch); rest != 0 {
			return errExceeded(d, lotID)
		}
	}
	return nil
}

func errExceeded(d catalog.HoldDeliver, lotID int64) error {
	return link.E(link.Conflict, "hold.exceeded", "lots").Because(
		fmt.Errorf("order %d line %d: more is delivered or returned than lot %d's share holds", d.OrderID, d.Line, lotID))
}

// settle moves n units of a lot out of what the holds keep: delivered, or else returned to the lot or lost with its
// capacity. A negative n moves them back. It returns what could not be moved.
func settle(holds []*hold, lotID, n int64, delivered, lost bool, ch *lotChanges) int64 {
	if n < 0 {
		holds = slices.Clone(holds)
		slices.Reverse(holds)
	}
	for _, h := range holds {
		if h.state == stateReleased {
			continue
		}
		for i, id := range h.lots {
			if id != lotID || n == 0 {
				continue
			}
			var m int64
			switch {
			case n > 0:
				m = min(n, h.held[i])
			case delivered:
				m = -min(-n, h.delivered[i])
			default:
				m = -min(-n, h.qty[i]-h.held[i]-h.delivered[i])
			}
			if m == 0 {
				continue
			}
			n -= m
			h.held[i] -= m
			h.dirty = true
			switch {
			case delivered:
				h.delivered[i] += m
				ch.add(h.season, lotID, -m, m, 0)
			case lost:
				ch.add(h.season, lotID, -m, 0, -m)
			default:
				ch.add(h.season, lotID, -m, 0, 0)
			}
		}
	}
	return n
}

// sweepLoop releases holds that nobody confirmed in time.
func (c *Catalog) sweepLoop(ctx context.Context) {
	tick := time.NewTicker(c.cfg.Sweep)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		n, err := c.Sweep(ctx)
		if err == nil {
			err = c.pruneChanges(ctx)
		}
		if err != nil && ctx.Err() == nil {
			c.log.Warn("expired holds not released", "error", err)
		}
		if n > 0 {
			c.log.Info("released expired holds", "holds", n)
		}
	}
}

const sweepBatch = 500

// Sweep releases the holds whose expiry, and the grace after it, has passed, and says how many. Each is released once,
// however many processes sweep: the season is locked first, and then only what is still held is found.
func (c *Catalog) Sweep(ctx context.Context) (int, error) {
	ctx = link.System(ctx, "catalog-sweeper")
	due := c.now().Add(-c.cfg.Grace)
	total := 0
	for {
		var orders []int64
		err := c.db.SelectContext(ctx, &orders, `
			SELECT DISTINCT order_id FROM (
				SELECT order_id FROM hold WHERE state = 'held' AND expires_at < $1 ORDER BY expires_at LIMIT $2) AS due`, due, sweepBatch)
		if err != nil {
			return total, fmt.Errorf("find expired holds: %w", err)
		}
		if len(orders) == 0 {
			return total, nil
		}
		released := 0
		err = link.InTx(ctx, c.db, nil, func(tx *sqlx.Tx) error {
			released = 0
			changed := newLotChanges()
			holds, err := lockHolds(ctx, tx, `order_id = ANY($1) AND state = 'held' AND expires_at < $2`, pq.Array(orders), due)
			if err != nil {
				return err
			}
			var events []link.Message
			told := map[int64]bool{}
			for _, h := range holds {
				h.release(true, changed)
				released++
				if !told[h.orderID] {
					told[h.orderID] = true
					events = append(events, link.Message{Subject: catalog.EvtHoldExpired, Data: catalog.HoldExpired{OrderID: h.orderID}})
				}
			}
			if err := storeHolds(ctx, tx, holds); err != nil {
				return err
			}
			if err := changed.store(ctx, tx); err != nil {
				return err
			}
			return link.Publish(ctx, tx, events...)
		})
		if err != nil {
			return total, fmt.Errorf("release expired holds: %w", err)
		}
		total += released
		c.relay.Notify()
		if len(orders) < sweepBatch {
			return total, nil
		}
	}
}

// Holds pages through what every order line holds, by order.
func (c *Catalog) Holds(ctx context.Context, r catalog.HoldPageRequest) (catalog.HoldPage, error) {
	if _, err := requireCounty(ctx); err != nil {
		return catalog.HoldPage{}, err
	}
	limit, err := pageSize(r.Limit, 1000, 10_000)
	if err != nil {
		return catalog.HoldPage{}, err
	}
	// Whole orders: the next page begins after the last order of this one. A line that was reserved more than once is
	// one line; its state is that of what still counts.
	rows, err := c.db.QueryContext(ctx, `
		WITH page AS (
			SELECT order_id FROM hold WHERE order_id > $1 GROUP BY order_id ORDER BY order_id LIMIT $2)
		SELECT h.order_id, h.line,
		       CASE WHEN bool_or(h.state = 'confirmed') THEN 'confirmed' WHEN bool_or(h.state = 'held') THEN 'held' ELSE 'released' END,
		       sum(CASE WHEN h.state = 'released' THEN 0 ELSE (SELECT sum(n) FROM unnest(coalesce(h.held, h.qty)) AS n) END)::bigint,
		       sum((SELECT coalesce(sum(n), 0) FROM unnest(h.delivered) AS n))::bigint
		FROM hold h JOIN page USING (order_id)
		GROUP BY h.order_id, h.line ORDER BY h.order_id, h.line`, r.AfterOrder, limit)
	if err != nil {
		return catalog.HoldPage{}, fmt.Errorf("read holds: %w", err)
	}
	defer rows.Close()
	page := catalog.HoldPage{Items: []catalog.HoldDigest{}}
	for rows.Next() {
		var d catalog.HoldDigest
		if err := rows.Scan(&d.OrderID, &d.Line, &d.State, &d.Held, &d.Deliv); err != nil {
			return catalog.HoldPage{}, fmt.Errorf("read holds: %w", err)
		}
		page.Items = append(page.Items, d)
	}
	if err := rows.Err(); err != nil {
		return catalog.HoldPage{}, fmt.Errorf("read holds: %w", err)
	}
	return page, nil
}
