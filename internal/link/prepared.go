package link

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"

	"github.com/hashicorp/golang-lru/v2/simplelru"
	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
)

// statementsKept bounds the texts that one connection remembers. The modules have fewer; a text that is assembled anew
// each time drops out of the cache.
const statementsKept = 256

// preparing opens connections that prepare a statement when it is executed a second time. PostgreSQL then parses it once and, where a plan for any value costs no more than one for these values, plans it once; on short statements both
// cost more than the work itself. A statement that is executed only once is not prepared and leaves nothing
// behind.
type preparing struct {
	driver.Connector
}

// PlanOnce has the statements of a transaction planned once per connection, for any values. It is for transactions that
// look up rows by key: PostgreSQL by itself plans a lookup by an array of keys anew each time, because the plan for any
// number of keys seems dearer to it, and for a statement over many tables planning takes longer than the work.
func PlanOnce(ctx context.Context, tx *sqlx.Tx) error {
	if _, err := tx.ExecContext(ctx, `SET LOCAL plan_cache_mode = force_generic_plan`); err != nil {
		return fmt.Errorf("set how to plan: %w", err)
	}
	return nil
}

// fullConn lists the optional interfaces of lib/pq's connections that database/sql uses.
type fullConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.NamedValueChecker
	driver.Pinger
	driver.QueryerContext
	driver.SessionResetter
	driver.Validator
}

type fullStmt interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

type preparingConn struct {
	fullConn
	known *simplelru.LRU[string, fullStmt] // nil: seen once
}

func (p preparing) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := p.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	full, ok := conn.(fullConn)
	if !ok {
		_ = conn.Close()
		return nil, fmt.Errorf("the driver's %T lacks an interface that is needed here", conn)
	}
	known, err := simplelru.NewLRU(statementsKept, func(_ string, s fullStmt) {
		if s != nil {
			_ = s.Close() // a connection that cannot close it is broken, and says so at its next use
		}
	})
	if err != nil {
		return nil, err
	}
	return &preparingConn{full, known}, nil
}

func (c *preparingConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	s, err := c.statement(ctx, query, args)
	if err != nil {
		return nil, err
	}
	if s == nil {
		return c.fullConn.QueryContext(ctx, query, args)
	}
	rows, err := s.QueryContext(ctx, args)
	return rows, stillGood(err)
}

func (c *preparingConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	s, err := c.statement(ctx, query, args)
	if err != nil {
		return nil, err
	}
	if s == nil {
		return c.fullConn.ExecContext(ctx, query, args)
	}
	res, err := s.ExecContext(ctx, args)
	return res, stillGood(err)
}

// statement returns the prepared statement of a query. It is nil for a query that is executed the first time, and for one
// without parameters: such a text may hold several statements, which PostgreSQL does not prepare.
func (c *preparingConn) statement(ctx context.Context, query string, args []driver.NamedValue) (fullStmt, error) {
	if len(args) == 0 {
		return nil, nil
	}
	s, seen := c.known.Get(query)
	if !seen {
		c.known.Add(query, nil)
		return nil, nil
	}
	if s != nil {
		return s, nil
	}
	prepared, err := c.fullConn.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	s, ok := prepared.(fullStmt)
	if !ok {
		_ = prepared.Close()
		return nil, nil
	}
	c.known.Add(query, s)
	return s, nil
}

// stillGood has database/sql ask again on another connection, outside of a transaction at least, where a migration
// changed the columns of a statement after it was prepared. Nothing of it was done then.
func stillGood(err error) error {
	var pe *pq.Error
	if errors.As(err, &pe) && pe.Code == "0A000" && pe.Message == "cached plan must not change result type" {
		return driver.ErrBadConn
	}
	return err
}
