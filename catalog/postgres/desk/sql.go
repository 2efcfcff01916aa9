package desk

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"banmuyuan/internal/link"
)

// Pattern matches texts that contain s, with its signs taken literally.
func Pattern(s string) string {
	return "%" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(s) + "%"
}

// Each calls row with the scanner of each row of a query.
func Each(ctx context.Context, q Querier, query string, row func(scan func(...any) error) error) error {
	rows, err := q.QueryContext(ctx, query)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := row(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

// PageSize checks a limit.
func PageSize(limit, otherwise, largest int) (int, error) {
	switch {
	case limit == 0:
		return otherwise, nil
	case limit < 0 || limit > largest:
		return 0, link.E(link.Invalid, "presale.limit", "limit")
	}
	return limit, nil
}

// IDs is never null as a parameter.
func IDs(v []int64) []int64 {
	if v == nil {
		return []int64{}
	}
	return v
}

// OrNull stores 0 as NULL in optional references.
func OrNull(id int64) any {
	if id == 0 {
		return nil
	}
	return id
}

// Texts is never null as a parameter.
func Texts(v []string) pq.StringArray {
	if v == nil {
		return pq.StringArray{}
	}
	return v
}

// Querier is a database, a connection or a transaction.
type Querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

// InSnapshot runs fn in a transaction that sees the database as it was at its first statement, and writes nothing.
func InSnapshot(ctx context.Context, db *sqlx.DB, fn func(tx *sqlx.Tx) error) error {
	return link.InTx(ctx, db, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true}, fn)
}

// AsJSON reads a jsonb column into V.
type AsJSON[T any] struct{ V T }

func (j *AsJSON[T]) Scan(src any) error {
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

// ToJSON encodes jsonb parameters, all of types of the module that can be encoded.
func ToJSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// NotFound turns a missing row into an error for the caller.
func NotFound(err error, key, field string) error {
	if errors.Is(err, sql.ErrNoRows) {
		return link.E(link.NotFound, key, field)
	}
	return err
}
