package postgres

import (
	"context"
	"fmt"

	"github.com/lib/pq"

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
	page := catalog.HouseholdFacts{Items: facts}
	if !r.Incomes || len(facts) == 0 {
		return page, nil
	}
	err = desk.Each(ctx, c.DB, fmt.Sprintf(`
		SELECT household_id, season, expected_fen, owed_fen, paid_fen, lots, units, version FROM household_income
		WHERE household_id > %d AND household_id <= %d ORDER BY household_id, season`, r.After, facts[len(facts)-1].ID),
		func(scan func(...any) error) error {
			var f catalog.SeasonIncome
			err := scan(&f.HouseholdID, &f.Season, &f.ExpectedFen, &f.OwedFen, &f.PaidFen, (*pq.Int64Array)(&f.Lots), (*pq.Int64Array)(&f.Units), &f.Version)
			page.Incomes = append(page.Incomes, f)
			return err
		})
	if err != nil {
		return catalog.HouseholdFacts{}, fmt.Errorf("page through incomes: %w", err)
	}
	return page, nil
}
