package desk

import (
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
