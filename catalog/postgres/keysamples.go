package postgres

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"

	"banmuyuan/catalog/postgres/desk"
)

// SealSamples opens one id number of each key that id numbers are sealed with, and returns what could not be opened, by
// household.
func SealSamples(ctx context.Context, q sqlx.QueryerContext, cipher desk.Cipher) (map[string]error, error) {
	var rows []struct {
		Code   string `db:"code"`
		Sealed []byte `db:"id_sealed"`
	}
	err := sqlx.SelectContext(ctx, q, &rows, `
		SELECT DISTINCT ON (substring(p.id_sealed FROM 1 FOR 4)) h.code, p.id_sealed FROM person p JOIN household h ON h.id = p.household_id
		WHERE p.id_sealed IS NOT NULL ORDER BY substring(p.id_sealed FROM 1 FOR 4), p.household_id`)
	if err != nil {
		return nil, fmt.Errorf("read sealed numbers: %w", err)
	}
	bad := map[string]error{}
	for _, r := range rows {
		if _, err := cipher.Open(r.Sealed, desk.SealOwner(r.Code)); err != nil {
			bad["household "+r.Code] = err
		}
	}
	return bad, nil
}
