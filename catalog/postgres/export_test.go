package postgres

import (
	"context"
	"strconv"
	"strings"
	"sync/atomic"

	"encoding/json"

	"github.com/jmoiron/sqlx"

	"banmuyuan/catalog/postgres/desk"
	"banmuyuan/internal/link"
)

// WithoutFence has the writer store under any version.
func (c *Catalog) WithoutFence() {
	without := strings.Replace(c.writer.storeSQL, "AND version = $2 ", "AND $2::bigint IS NOT NULL ", 1)
	if without == c.writer.storeSQL {
		panic("the fence is not where the test looks for it")
	}
	c.writer.storeSQL = without
}

// AlwaysLock has the writer go the way it otherwise goes after three misses.
func (c *Catalog) AlwaysLock() { c.writer.maxMisses = 0 }

// BreakStore has the writer store with a statement that fails, until repair is called.
func (c *Catalog) BreakStore(ctx context.Context) (repair func() error, err error) {
	set := func(q string) error {
		return c.writer.do(ctx, func() error {
			c.writer.disconnect()
			c.writer.storeSQL = q
			return nil
		})
	}
	good := c.writer.storeSQL
	broken := strings.Replace(good, "RETURNING 1)", "RETURNING 1/(lot.id - lot.id))", 1)
	return func() error { return set(good) }, set(broken)
}

var eventNo atomic.Int64

// Apply applies a command as the consumer does, without the broker.
func (c *Catalog) Apply(ctx context.Context, subject string, data any) error {
	b, err := json.Marshal(data)
	if err != nil {
		return err
	}
	return link.InTx(ctx, c.DB, nil, func(tx *sqlx.Tx) error {
		return c.applyCommands(ctx, tx, []link.Event{{ID: strconv.FormatInt(eventNo.Add(1), 10), Subject: subject, Data: b}})
	})
}

// Waiting is how many reservations wait in the queue.
func (c *Catalog) Waiting() int { return len(c.writer.queue) }

// Occupy keeps the writer busy until release is called.
func (c *Catalog) Occupy() (release func()) {
	busy, free := make(chan struct{}), make(chan struct{})
	go c.writer.do(context.Background(), func() error {
		close(busy)
		<-free
		return nil
	})
	<-busy
	return func() { close(free) }
}

// DropConnection cuts the writer's connection to the database.
func (c *Catalog) DropConnection(ctx context.Context, admin *sqlx.DB) error {
	var pid int
	err := c.writer.do(ctx, func() error {
		if err := c.writer.connect(ctx); err != nil {
			return err
		}
		return c.writer.conn.GetContext(ctx, &pid, `SELECT pg_backend_pid()`)
	})
	if err != nil {
		return err
	}
	_, err = admin.ExecContext(ctx, `SELECT pg_terminate_backend($1)`, pid)
	return err
}

// HouseholdsChanged gives households their next version in a transaction of its own.
func (c *Catalog) HouseholdsChanged(ctx context.Context, ids []int64) error {
	return link.InTx(ctx, c.DB, nil, func(tx *sqlx.Tx) error { return desk.HouseholdsChanged(ctx, tx, ids) })
}

// ApplyIncomes is the handler of the income ledger's events.
var ApplyIncomes = applyIncomes
