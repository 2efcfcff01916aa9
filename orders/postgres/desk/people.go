package desk

import (
	"context"

	"banmuyuan/catalog"
)

// People asks the catalogue for households by id. The caller has checked that the actor may see them.
func (m *Desk) People(ctx context.Context, ids []int64) (map[int64]catalog.Household, error) {
	byID := make(map[int64]catalog.Household, len(ids))
	var distinct []int64
	for _, id := range ids {
		if _, ok := byID[id]; !ok {
			byID[id] = catalog.Household{ID: id}
			distinct = append(distinct, id)
		}
	}
	const most = 500
	for len(distinct) > 0 {
		n := min(len(distinct), most)
		page, err := m.Catalog.Households(AsSystem(ctx), catalog.HouseholdFilter{IDs: distinct[:n]})
		if err != nil {
			return nil, err
		}
		for _, h := range page.Items {
			byID[h.ID] = h
		}
		distinct = distinct[n:]
	}
	return byID, nil
}
