// Package fill keeps the columns that names are found by.
package fill

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"banmuyuan/internal/search"
)

const (
	every = 2 * time.Second
	chunk = 1000
)

// Column is a name of a table with a column search beside it.
type Column struct {
	Table string
	Name  string // expression of the name
}

// Filler writes search texts where a name is new or changed: a trigger empties them.
type Filler struct {
	DB      *sqlx.DB
	Columns []Column
	Log     *slog.Logger
}

// Run fills until ctx ends.
func (f *Filler) Run(ctx context.Context) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		if err := f.Fill(ctx); err != nil && ctx.Err() == nil {
			f.Log.Warn("search texts not written", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// Fill writes all search texts that are empty.
func (f *Filler) Fill(ctx context.Context) error {
	for _, c := range f.Columns {
		for {
			n, err := f.fill(ctx, c.Table, c.Name)
			if err != nil {
				return err
			}
			if n < chunk {
				break
			}
		}
	}
	return nil
}

func (f *Filler) fill(ctx context.Context, table, of string) (int, error) {
	var rows []struct {
		ID   int64  `db:"id"`
		Name string `db:"name"`
	}
	err := f.DB.SelectContext(ctx, &rows, fmt.Sprintf(`SELECT t.id, %s AS name FROM %s t WHERE t. search = '' LIMIT %d`, of, table, chunk))
	if err != nil || len(rows) == 0 {
		return 0, err
	}
	ids, names, texts := make([]int64, len(rows)), make([]string, len(rows)), make([]string, len(rows))
	for i, r := range rows {
		ids[i], names[i], texts[i] = r.ID, r.Name, search.Text(r.Name)
	}
	// Not for a name that changed meanwhile.
	_, err = f.DB.ExecContext(ctx, fmt.Sprintf(`
		UPDATE %s t SET search = u.text FROM unnest($1::bigint[], $2::text[], $3::text[]) AS u (id, name, text)
		WHERE t.id = u.id AND %s = u.name`, table, of), pq.Array(ids), pq.Array(names), pq.Array(texts))
	if err != nil {
		return 0, fmt.Errorf("write search texts of %s: %w", table, err)
	}
	return len(rows), nil
}
