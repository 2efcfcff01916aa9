package postgres

import (
	"context"
	"fmt"

	"banmuyuan/catalog"
	"banmuyuan/catalog/postgres/desk"
	"banmuyuan/internal/link/paging"
)

// QuotaLots pages through the lots of all contracts.
func (c *Catalog) QuotaLots(ctx context.Context, r catalog.LotsRequest) (catalog.LotPage, error) {
	return c.lotPage(ctx, r, `p.contract_id <> 0`)
}

// RaisedLots pages through the lots of which a raiser has his part.
func (c *Catalog) RaisedLots(ctx context.Context, r catalog.LotsRequest) (catalog.LotPage, error) {
	return c.lotPage(ctx, r, `l.agent_org <> 0`)
}

func (c *Catalog) lotPage(ctx context.Context, r catalog.LotsRequest, which string) (catalog.LotPage, error) {
	page := catalog.LotPage{Items: []catalog.Lot{}}
	if err := desk.RequireSystem(ctx); err != nil {
		return page, err
	}
	limit, err := paging.Size(r.Limit, 2000, 5000)
	if err != nil {
		return page, err
	}
	rows, err := c.DB.QueryContext(ctx, `
		SELECT l.id, l.presale_id, l.household_id, h.village_id, l.capacity, l.reserved, l.delivered, l.agent_org, l.agent_bp
		FROM lot l JOIN presale p ON p.id = l.presale_id JOIN household h ON h.id = l.household_id
		WHERE l.id > $1 AND `+which+` ORDER BY l.id LIMIT $2`, r.After, limit)
	if err != nil {
		return page, fmt.Errorf("page through lots: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var l catalog.Lot
		err := rows.Scan(&l.ID, &l.PresaleID, &l.HouseholdID, &l.VillageID, &l.Capacity, &l.Reserved, &l.Delivered, &l.AgentOrg, &l.AgentBP)
		if err != nil {
			return page, fmt.Errorf("page through lots: %w", err)
		}
		page.Items = append(page.Items, l)
	}
	return page, rows.Err()
}
