package household

import (
	"net/http"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/web/page"
)

type incomeBatchPage struct {
	Title, Back string
	Part        page.Part
	Sheets      []incomePage
	Missing     int // households that have not agreed that the helper acts for them
}

// countyVillageIncome prints the statements of a whole village, one sheet each, in parts.
func (s *pages) countyVillageIncome(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	village, township := s.Village(ctx, page.PathInt(r, "village"))
	if village.Name == "" {
		return link.E(link.NotFound, "not_found", "")
	}
	back, err := s.URL("county.households", "village", village.ID)
	if err != nil {
		return err
	}
	d := incomeBatchPage{Title: township + " " + village.Name, Back: back}
	if err := s.sheets(ctx, r, &d, catalog.HouseholdFilter{VillageID: village.ID}); err != nil {
		return err
	}
	return s.Render(w, r, http.StatusOK, "household/income_batch", d)
}
