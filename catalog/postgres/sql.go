package postgres

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/jmoiron/sqlx"

	"banmuyuan/internal/link"
)

// errBehind means that a season has to be read whole.
var errBehind = errors.New("the log of changes does not reach back far enough")

// querier is a database, a connection or a transaction.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

// inSnapshot runs fn in a transaction that sees the database as it was at its first statement, and writes nothing.
func inSnapshot(ctx context.Context, db *sqlx.DB, fn func(tx *sqlx.Tx) error) error {
	return link.InTx(ctx, db, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true}, fn)
}

// asJSON reads a jsonb column into V.
type asJSON[T any] struct{ V T }

func (j *asJSON[T]) Scan(src any) error {
	switch b := src.(type) {
	case nil:
		return nil
	case []byte:
		return json.Unmarshal(b, &j.V)
	case string:
		return json.Unmarshal([]byte(b), &j.V)
	}
	return fmt.Errorf("scan %T as JSON", src)
}

// toJSON encodes jsonb parameters, all of types of the module that can be encoded.
func toJSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// notFound turns a missing row into an error for the caller.
func notFound(err error, key, field string) error {
	if errors.Is(err, sql.ErrNoRows) {
		return link.E(link.NotFound, key, field)
	}
	return err
}
