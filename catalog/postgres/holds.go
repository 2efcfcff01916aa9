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
	"banmuyuan/catalog/postgres/desk"
	"banmuyuan/internal/link"
	"banmuyuan/internal/link/paging"
)

const consumerName = "catalog-commands"

// consumer applies the commands of orders.
func (c *Catalog) consumer() *link.Consumer {
	return link.NewBatchConsumer(c.DB, c.nc, link.ConsumerConfig{
		Durable: consumerName, Stream: "catalog", Filters: []string{"cmd.catalog.v1.>"}, Log: c.Log,
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
		if err == nil {
			err = cmd.deliver.Check()
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
	changed := catalog.LotChanges{}
	holds, err := lockHolds(ctx, tx, `order_id = ANY($1)`, pq.Array(orders))
	if err != nil {
		return err
	}
	byOrder := map[int64][]*catalog.Hold{}
	for _, h := range holds {
		byOrder[h.OrderID] = append(byOrder[h.OrderID], h)
	}
	for i, cmd := range commands {
		holds := byOrder[orders[i]]
		switch {
		case cmd.confirm != nil:
			if err := catalog.ConfirmHolds(holds); err != nil {
				return err
			}
		case cmd.release != nil:
			for _, h := range holds {
				h.Release(cmd.release.Step(), changed)
			}
		default:
			if err := catalog.DeliverHolds(holds, *cmd.deliver, changed); err != nil {
				return err
			}
		}
	}
	if err := storeHolds(ctx, tx, holds); err != nil {
		return err
	}
	return storeLotChanges(ctx, tx, changed)
}

var confirmSQL = `
		WITH target AS (
			SELECT order_id, line, key FROM hold
			WHERE order_id = ANY($1) AND ` + among("state", catalog.HoldMachine.From(catalog.HoldStepConfirm)) + ` ORDER BY order_id, line, key FOR UPDATE)
		UPDATE hold SET state = ` + word(catalog.HoldMachine.To(catalog.HoldStepConfirm)) + `, expires_at = NULL
		FROM target t
		WHERE (hold.order_id, hold.line, hold.key) = (t.order_id, t.line, t.key) AND ` + among("hold.state", catalog.HoldMachine.From(catalog.HoldStepConfirm))

// lateSQL finds an order of which everything expired.
const lateSQL = `
		SELECT order_id FROM hold WHERE order_id = ANY($1)
		GROUP BY order_id
		HAVING bool_or(state = ` + released + ` AND expired) AND NOT bool_or(state = ` + confirmed + `)
		LIMIT 1`

// confirmHolds confirms the holds of the orders.
func confirmHolds(ctx context.Context, tx *sqlx.Tx, orders []int64) error {
	_, err := tx.ExecContext(ctx, confirmSQL, pq.Array(orders))
	if err != nil {
		return fmt.Errorf("confirm holds: %w", err)
	}
	// In a statement of its own, which sees changes that the first one may have waited for.
	var late []int64
	err = tx.SelectContext(ctx, &late, lateSQL, pq.Array(orders))
	if err != nil {
		return fmt.Errorf("confirm holds: %w", err)
	}
	if len(late) > 0 {
		return catalog.ErrHoldExpired(late[0])
	}
	return nil
}

// storeLotChanges writes the changes and notes them. The seasons are locked since lockHolds.
func storeLotChanges(ctx context.Context, tx *sqlx.Tx, ch catalog.LotChanges) error {
	for _, season := range slices.Sorted(maps.Keys(ch)) {
		lots := slices.Sorted(maps.Keys(ch[season]))
		lots = slices.DeleteFunc(lots, func(id int64) bool { return ch[season][id] == catalog.LotChange{} })
		if len(lots) == 0 {
			continue
		}
		var reserved, delivered, capacity []int64
		for _, id := range lots {
			by := ch[season][id]
			reserved, delivered, capacity = append(reserved, by.Reserved), append(delivered, by.Delivered), append(capacity, by.Capacity)
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
		if err := desk.NoteChange(ctx, tx, season, desk.Change{Lots: lots}); err != nil {
			return err
		}
	}
	return nil
}

// lockSQL reads and locks the holds of some seasons, which are the parameter after the condition's.
func lockSQL(condition string, parameters int) string {
	return `
		SELECT order_id, line, key::text, season, presale_id, state, expired, lots, qty,
		       coalesce(held, CASE WHEN state = ` + released + ` THEN array_fill(0::bigint, ARRAY[cardinality(qty)]) ELSE qty END),
		       coalesce(delivered, array_fill(0::bigint, ARRAY[cardinality(qty)]))
		FROM hold WHERE season = ANY($` + strconv.Itoa(parameters+1) + `) AND ` + condition + `
		ORDER BY order_id, line, created_at, key FOR UPDATE`
}

// lockHolds locks the seasons of the holds that meet a condition and then the holds: seasons first, as everybody does.
func lockHolds(ctx context.Context, tx *sqlx.Tx, condition string, args ...any) ([]*catalog.Hold, error) {
	var seasons []int
	err := tx.SelectContext(ctx, &seasons, `SELECT DISTINCT season FROM hold WHERE `+condition+` ORDER BY season`, args...)
	if err != nil {
		return nil, fmt.Errorf("find seasons of holds: %w", err)
	}
	for _, id := range seasons {
		if _, err := desk.LockSeason(ctx, tx, id); err != nil {
			return nil, err
		}
	}
	rows, err := tx.QueryContext(ctx, lockSQL(condition, len(args)), append(args, pq.Array(seasons))...)
	if err != nil {
		return nil, fmt.Errorf("lock holds: %w", err)
	}
	defer rows.Close()
	var all []*catalog.Hold
	for rows.Next() {
		h := &catalog.Hold{}
		err := rows.Scan(&h.OrderID, &h.Line, &h.Key, &h.Season, &h.PresaleID, &h.State, &h.Expired,
			(*pq.Int64Array)(&h.Lots), (*pq.Int64Array)(&h.Qty), (*pq.Int64Array)(&h.Held), (*pq.Int64Array)(&h.Delivered))
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

const storeHoldsSQL = `
		UPDATE hold SET state = d.state, expired = d.expired, held = d.held::bigint[], delivered = d.delivered::bigint[],
		                expires_at = CASE WHEN d.state = ` + held + ` THEN hold.expires_at END
		FROM unnest($1::bigint[], $2::int[], $3::uuid[], $4::text[], $5::bool[], $6::text[], $7::text[])
		     AS d (order_id, line, key, state, expired, held, delivered)
		WHERE hold.order_id = d.order_id AND hold.line = d.line AND hold.key = d.key`

// storeHolds writes the holds that changed.
func storeHolds(ctx context.Context, tx *sqlx.Tx, holds []*catalog.Hold) error {
	var orders, lines []int64
	var keys, states, expired, keep, delivered []string
	for _, h := range holds {
		if !h.Changed() {
			continue
		}
		orders, lines, keys = append(orders, h.OrderID), append(lines, int64(h.Line)), append(keys, h.Key)
		states, expired = append(states, string(h.State)), append(expired, strconv.FormatBool(h.Expired))
		keep, delivered = append(keep, literal(h.Held)), append(delivered, literal(h.Delivered))
	}
	if len(orders) == 0 {
		return nil
	}
	_, err := tx.ExecContext(ctx, storeHoldsSQL,
		pq.Array(orders), pq.Array(lines), pq.Array(keys), pq.Array(states), pq.Array(expired), pq.Array(keep), pq.Array(delivered))
	if err != nil {
		return fmt.Errorf("change holds: %w", err)
	}
	return nil
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
			c.Log.Warn("expired holds not released", "error", err)
		}
		if n > 0 {
			c.Log.Info("released expired holds", "holds", n)
		}
	}
}

const sweepBatch = 500

var (
	mayExpire  = among("state", catalog.HoldMachine.From(catalog.HoldStepExpire))
	expiredSQL = `
			SELECT DISTINCT order_id FROM (
				SELECT order_id FROM hold WHERE ` + mayExpire + ` AND expires_at < $1 ORDER BY expires_at LIMIT $2) AS due`
	expiredCondition = `order_id = ANY($1) AND ` + mayExpire + ` AND expires_at < $2`
)

// Sweep releases the holds whose expiry, and the grace after it, has passed, and returns their number. Each is released once
// by any number of processes: the season is locked first, and then only holds that are still held are found.
func (c *Catalog) Sweep(ctx context.Context) (int, error) {
	ctx = link.System(ctx, "catalog-sweeper")
	due := c.Now().Add(-c.cfg.Grace)
	total := 0
	for {
		var orders []int64
		err := c.DB.SelectContext(ctx, &orders, expiredSQL, due, sweepBatch)
		if err != nil {
			return total, fmt.Errorf("find expired holds: %w", err)
		}
		if len(orders) == 0 {
			return total, nil
		}
		released := 0
		err = link.InTx(ctx, c.DB, nil, func(tx *sqlx.Tx) error {
			released = 0
			changed := catalog.LotChanges{}
			holds, err := lockHolds(ctx, tx, expiredCondition, pq.Array(orders), due)
			if err != nil {
				return err
			}
			var events []link.Message
			notified := map[int64]bool{}
			for _, h := range holds {
				h.Release(catalog.HoldStepExpire, changed)
				released++
				if !notified[h.OrderID] {
					notified[h.OrderID] = true
					events = append(events, link.Message{Subject: catalog.EvtHoldExpired, Data: catalog.HoldExpired{OrderID: h.OrderID}})
				}
			}
			if err := storeHolds(ctx, tx, holds); err != nil {
				return err
			}
			if err := storeLotChanges(ctx, tx, changed); err != nil {
				return err
			}
			return link.Publish(ctx, tx, events...)
		})
		if err != nil {
			return total, fmt.Errorf("release expired holds: %w", err)
		}
		total += released
		c.Relay.Notify()
		if len(orders) < sweepBatch {
			return total, nil
		}
	}
}

// Holds pages through the holds of order lines, by order.
func (c *Catalog) Holds(ctx context.Context, r catalog.HoldPageRequest) (catalog.HoldPage, error) {
	if _, err := desk.RequireCounty(ctx); err != nil {
		return catalog.HoldPage{}, err
	}
	limit, err := paging.Size(r.Limit, 1000, 10_000)
	if err != nil {
		return catalog.HoldPage{}, err
	}
	// Whole orders: the next page begins after the last order of this one. A line that was reserved more than once is
	// one line; its state is that of the hold that still counts.
	rows, err := c.DB.QueryContext(ctx, `
		WITH page AS (
			SELECT order_id FROM hold WHERE order_id > $1 GROUP BY order_id ORDER BY order_id LIMIT $2)
		SELECT h.order_id, h.line,
		       CASE WHEN bool_or(h.state = `+confirmed+`) THEN `+confirmed+` WHEN bool_or(h.state = `+held+`) THEN `+held+` ELSE `+released+` END,
		       sum(CASE WHEN h.state = `+released+` THEN 0 ELSE (SELECT sum(n) FROM unnest(coalesce(h.held, h.qty)) AS n) END)::bigint,
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
