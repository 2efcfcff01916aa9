package postgres

import (
	"context"
	"fmt"

	"banmuyuan/catalog"
	"banmuyuan/catalog/postgres/desk"
	"banmuyuan/internal/link/paging"
)

// HouseholdFacts pages through the facts of all households.
func (c *Catalog) HouseholdFacts(ctx context.Context, r catalog.HouseholdFactsRequest) (catalog.HouseholdFacts, error) {
	if err := desk.RequireSystem(ctx); err != nil {
		return catalog.HouseholdFacts{}, err
	}
	limit, err := paging.Size(r.Limit, 2000, 5000)
	if err != nil {
		return catalog.HouseholdFacts{}, err
	}
	facts, err := desk.ReadFacts(ctx, c.DB, `
		SELECT `+desk.FactColumns+` FROM household h WHERE h.id > $1 ORDER BY h.id LIMIT $2`, r.After, limit)
	if err != nil {
		return catalog.HouseholdFacts{}, fmt.Errorf("page through households: %w", err)
	}
	return catalog.HouseholdFacts{Items: facts}, nil
}
