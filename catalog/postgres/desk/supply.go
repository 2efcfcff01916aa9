package desk

import (
	"context"
	"fmt"

	"github.com/lib/pq"

	"banmuyuan/catalog"
)

// Resized is a household with another flock or garden in the register.
type Resized struct {
	ID            int64
	Before, After catalog.Household
}

// SupplyColumns are the columns that Product.NewLot reads.
const (
	SupplyColumns = `h.id, h.programmes, h.garden_m2, h.geese, coalesce(h.raiser_org, 0), coalesce(o.raiser_bp, 0),
	(SELECT jsonb_object_agg(g.product_id, g.units) FROM holding g WHERE g.household_id = h.id)`
	SupplyTables = `household h LEFT JOIN organisation o ON o.id = h.raiser_org`
)

// ScanSupply scans SupplyColumns, after the fields of more.
func ScanSupply(scan func(...any) error, more ...any) (catalog.Household, error) {
	var h catalog.Household
	var holdings AsJSON[map[int64]int64]
	err := scan(append(more, &h.ID, (*pq.StringArray)(&h.Programmes), &h.GardenM2, &h.Geese, &h.RaiserOrg, &h.RaiserBP, &holdings)...)
	h.Holdings = holdings.V
	return h, err
}

// UnitsByPart counts the units of a presale's lots by the part of their raisers.
func UnitsByPart(ctx context.Context, q Querier, presale int64) (parts []catalog.LotUnitsByPart, err error) {
	rows, err := q.QueryContext(ctx, `
		SELECT agent_bp, sum(capacity)::bigint, sum(reserved + delivered)::bigint FROM lot WHERE presale_id = $1
		GROUP BY agent_bp ORDER BY agent_bp`, presale)
	if err != nil {
		return nil, fmt.Errorf("count units by part: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var p catalog.LotUnitsByPart
		if err := rows.Scan(&p.AgentBP, &p.Capacity, &p.Sold); err != nil {
			return nil, fmt.Errorf("count units by part: %w", err)
		}
		parts = append(parts, p)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("count units by part: %w", err)
	}
	return parts, nil
}
