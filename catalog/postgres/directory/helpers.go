package directory

import (
	"context"
	"fmt"
	"slices"

	"github.com/jmoiron/sqlx"

	"banmuyuan/catalog"
	"banmuyuan/catalog/postgres/desk"
	"banmuyuan/internal/entry"
	"banmuyuan/internal/link"
)

// ReplaceHelper gives the households of a helper to another one, as the same number of forms would.
func (m *Room) ReplaceHelper(ctx context.Context, r catalog.ReplaceHelper) (catalog.HelperReplaced, error) {
	if _, err := desk.RequireCounty(ctx); err != nil {
		return catalog.HelperReplaced{}, err
	}
	if err := r.Check(); err != nil {
		return catalog.HelperReplaced{}, err
	}
	var out catalog.HelperReplaced
	err := link.InTx(ctx, m.DB, nil, func(tx *sqlx.Tx) error {
		var err error
		out, err = m.replaceHelper(ctx, tx, r)
		return err
	})
	if err != nil {
		return catalog.HelperReplaced{}, err
	}
	m.Relay.Notify()
	return out, m.store.RefreshReference(ctx)
}

func (m *Room) replaceHelper(ctx context.Context, tx *sqlx.Tx, r catalog.ReplaceHelper) (catalog.HelperReplaced, error) {
	var out catalog.HelperReplaced
	var known int64
	if err := tx.GetContext(ctx, &known, `SELECT id FROM helper WHERE id = $1 FOR NO KEY UPDATE`, r.ID); err != nil {
		return out, desk.NotFound(fmt.Errorf("find helper: %w", err), "directory.entry", "id")
	}
	var codes []string
	if err := tx.SelectContext(ctx, &codes, `SELECT code FROM household WHERE helper_id = $1 AND retired_at IS NULL ORDER BY code`, r.ID); err != nil {
		return out, fmt.Errorf("read households of helper %d: %w", r.ID, err)
	}
	l := m.newLoad()
	l.reason = r.Reason
	line := 0
	for chunk := range slices.Chunk(codes, batchChunk) {
		rows := make([]entry.Row, len(chunk))
		for i, code := range chunk {
			line++
			rows[i] = entry.Row{Line: line, Cells: map[string]string{"code": code, "helper": r.By}}
		}
		if err := l.rows(ctx, tx, kindOf(catalog.KindHousehold), rows); err != nil {
			return out, err
		}
		if len(l.problems) > 0 { // each household has the same
			e := link.E(link.Invalid, l.problems[0].Key, "by")
			e.Args = l.problems[0].Args
			return out, e
		}
	}
	out.Households = int(l.count(kindOf(catalog.KindHousehold)).Changed)
	return out, nil
}
