package desk

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
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

// mostParameters is the number of parameters that InsertMany gives one statement; PostgreSQL takes 65,535.
const mostParameters = 20_000

// InsertMany inserts rows of the given columns in the order in which they come. conflict follows the values, such as
// an ON CONFLICT clause, or empty. Values of identity columns are taken as given.
func InsertMany(ctx context.Context, tx Querier, table string, columns []string, rows [][]any, conflict string) error {
	quoted := make([]string, len(columns))
	for i, c := range columns {
		quoted[i] = pq.QuoteIdentifier(c)
	}
	for chunk := range slices.Chunk(rows, max(1, mostParameters/len(columns))) {
		var text strings.Builder
		text.WriteString(`INSERT INTO ` + pq.QuoteIdentifier(table) + ` (` + strings.Join(quoted, ", ") + `) OVERRIDING SYSTEM VALUE VALUES `)
		args := make([]any, 0, len(chunk)*len(columns))
		for i, row := range chunk {
			for n, value := range row {
				sign := ", "
				switch {
				case n == 0 && i == 0:
					sign = "("
				case n == 0:
					sign = "), ("
				}
				args = append(args, value)
				text.WriteString(sign + "$" + strconv.Itoa(len(args)))
			}
		}
		if _, err := tx.ExecContext(ctx, text.String()+") "+conflict, args...); err != nil {
			return fmt.Errorf("insert into %s: %w", table, err)
		}
	}
	return nil
}

// DrawIDs takes n ids from a table's sequence, in ascending order.
func DrawIDs(ctx context.Context, tx *sqlx.Tx, table string, n int) ([]int64, error) {
	var ids []int64
	err := tx.SelectContext(ctx, &ids, `SELECT nextval(pg_get_serial_sequence($1, 'id')) AS id FROM generate_series(1, $2) ORDER BY id`, table, n)
	if err != nil {
		return nil, fmt.Errorf("draw ids of %s: %w", table, err)
	}
	return ids, nil
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
