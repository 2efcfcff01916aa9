package postgres

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"
)

// SealSamples opens one account number of each key that account numbers are sealed with, and returns what could not be
// opened, by household.
func SealSamples(ctx context.Context, q sqlx.QueryerContext, keys *Keys) (map[string]error, error) {
	var rows []struct {
		Household int64  `db:"household"`
		Sealed    []byte `db:"number_sealed"`
	}
	err := sqlx.SelectContext(ctx, q, &rows, `
		SELECT DISTINCT ON (substring(number_sealed FROM 1 FOR 4)) household, number_sealed FROM payout_account
		ORDER BY substring(number_sealed FROM 1 FOR 4), id`)
	if err != nil {
		return nil, fmt.Errorf("read sealed numbers: %w", err)
	}
	bad := map[string]error{}
	for _, r := range rows {
		if _, err := keys.Open(r.Sealed, sealOwner(r.Household)); err != nil {
			bad[fmt.Sprintf("household %d", r.Household)] = err
		}
	}
	return bad, nil
}
