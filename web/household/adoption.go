package household

import (
	"net/http"
	"slices"

	"github.com/gorilla/mux"

	"banmuyuan/orders/adopt"
	"banmuyuan/web/page"
)

type adoptionPage struct {
	page.HouseholdPage
	Adoption adopt.Adoption
	Net      int64 // of all boxes that this household fills
}

// adoption is one adoption as the household sees it: its deliveries, their days and its pay. Of the adopter it
// learns a family name.
func (s *growing) adoption(w http.ResponseWriter, r *http.Request) error {
	if s.ChooseHousehold(w, r) {
		return nil
	}
	ctx, who, err := s.Acting(r)
	if err != nil {
		return err
	}
	d := adoptionPage{HouseholdPage: who}
	if d.Adoption, err = s.Adoptions.Adoption(ctx, adopt.Ref{No: mux.Vars(r)["no"]}); err != nil {
		return err
	}
	d.Adoption.Boxes = slices.DeleteFunc(d.Adoption.Boxes, func(b adopt.Box) bool { return b.HouseholdID != who.Household.ID })
	for _, b := range d.Adoption.Boxes {
		if b.State != adopt.BoxFailed && b.State != adopt.BoxVoid {
			d.Net += b.NetFen
		}
	}
	return s.Render(w, r, http.StatusOK, "household/adoption", d)
}
