package web

import (
	"net/http"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
)

type incomeBatchPage struct {
	Title, Back string
	Sheets      []householdIncomePage
	Missing     int // households that have not agreed that the helper acts for them
}

// countyVillageIncome prints the statements of a whole village, one sheet each.
func (s *householdPages) countyVillageIncome(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	village, township := s.village(ctx, pathInt(r, "village"))
	if village.Name == "" {
		return link.E(link.NotFound, "not_found", "")
	}
	back, err := s.url("county.households", "village", village.ID)
	if err != nil {
		return err
	}
	d := incomeBatchPage{Title: township + " " + village.Name, Back: back}
	if err := s.sheets(ctx, r, &d, catalog.HouseholdFilter{VillageID: village.ID}); err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, "household/income_batch", d)
}
