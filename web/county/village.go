package county

import (
	"net/http"
	"slices"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/payments"
	"banmuyuan/web/page"
)

type villageMoneyPage struct {
	Village   catalog.Village
	Township  string
	Statement payments.VillageStatement
	PayTo     bool // its account can be paid from
}

// villageMoney is the statement of a village collective: where its money came from, and where it went.
func (s *pools) villageMoney(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	ref, err := s.Reference(ctx)
	if err != nil {
		return err
	}
	id := page.PathInt(r, "id")
	i := slices.IndexFunc(ref.Villages, func(v catalog.Village) bool { return v.ID == id })
	if i < 0 {
		return link.E(link.NotFound, "not_found", "")
	}
	d := villageMoneyPage{Village: ref.Villages[i]}
	for _, t := range ref.Townships {
		if t.ID == d.Village.TownshipID {
			d.Township = t.Name
		}
	}
	if d.Statement, err = s.Distributions.VillageStatement(ctx, payments.VillageRef{Village: id}); err != nil {
		return err
	}
	d.PayTo = len(d.Statement.Items) > 0
	return s.Render(w, r, http.StatusOK, "county/village_money", d)
}
