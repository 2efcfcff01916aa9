package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"banmuyuan/internal/link"
	"banmuyuan/web/basket"
)

var _ basket.Store = (*Store)(nil)

// basketKeys is the number of additions that a basket remembers.
const basketKeys = 20

// Basket implements basket.Store.
func (s *Store) Basket(ctx context.Context, account int64) ([]basket.Item, error) {
	var raw []byte
	err := s.db.GetContext(ctx, &raw, `SELECT coalesce((SELECT items FROM basket WHERE account_id = $1), '[]')`, account)
	if err != nil {
		return nil, fmt.Errorf("read basket: %w", err)
	}
	var items []basket.Item
	if err := json.Unmarshal(raw, &items); err != nil {
		return nil, fmt.Errorf("decode basket: %w", err)
	}
	return items, nil
}

// ChangeBasket implements basket.Store.
func (s *Store) ChangeBasket(ctx context.Context, account int64, key string, change basket.Change) ([]basket.Item, error) {
	var items []basket.Item
	err := link.InTx(ctx, s.db, nil, func(tx *sqlx.Tx) error {
		items = nil
		if _, err := tx.ExecContext(ctx, `INSERT INTO basket (account_id) VALUES ($1) ON CONFLICT DO NOTHING`, account); err != nil {
			return err
		}
		var row struct {
			Items []byte         `db:"items"`
			Keys  pq.StringArray `db:"keys"`
		}
		if err := tx.GetContext(ctx, &row, `SELECT items, keys FROM basket WHERE account_id = $1 FOR UPDATE`, account); err != nil {
			return err
		}
		if err := json.Unmarshal(row.Items, &items); err != nil {
			return fmt.Errorf("decode: %w", err)
		}
		if key != "" && slices.Contains(row.Keys, key) {
			return nil
		}
		items = change(items)
		if items == nil {
			items = []basket.Item{}
		}
		encoded, err := json.Marshal(items)
		if err != nil {
			return fmt.Errorf("encode: %w", err)
		}
		if key != "" {
			row.Keys = append(row.Keys, key)
			row.Keys = row.Keys[max(0, len(row.Keys)-basketKeys):]
		}
		_, err = tx.ExecContext(ctx, `UPDATE basket SET items = $2, keys = $3, changed_at = now() WHERE account_id = $1`, account, encoded, row.Keys)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("change basket: %w", err)
	}
	return items, nil
}
