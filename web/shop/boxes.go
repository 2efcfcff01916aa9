package shop

import (
	"net/http"

	"banmuyuan/catalog"
	"banmuyuan/orders/adopt"
	"banmuyuan/web/auth"
)

// boxRoutes are the pages of standing orders.
func (s *adopting) boxRoutes() {
	s.Open("GET", "/boxes", "shop.boxes", s.boxes)
	s.Guarded("GET", "/boxes/start/{presale:[0-9]+}", "shop.box.start", s.boxStart, auth.Buyer)
	s.Guarded("POST", "/boxes/start/{presale:[0-9]+}", "shop.box.subscribe", s.boxSubscribe, auth.Buyer)
	s.Guarded("GET", "/boxes/{id:[0-9]+}", "shop.box", s.box, auth.Buyer)
	s.Guarded("POST", "/boxes/{id:[0-9]+}/state", "shop.box.state", s.boxState, auth.Buyer)
	s.Guarded("POST", "/boxes/{id:[0-9]+}/skip", "shop.box.skip", s.boxSkip, auth.Buyer)
	s.Guarded("GET", "/boxes/{id:[0-9]+}/change", "shop.box.change", s.boxChange, auth.Buyer)
	s.Guarded("POST", "/boxes/{id:[0-9]+}/change", "shop.box.change.do", s.boxChangeDo, auth.Buyer)
}

type boxesPage struct {
	Offers []adopt.StandingOffer
	Mine   []adopt.Standing
	May    bool
}

func (s *adopting) boxes(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	offers, err := s.Boxes.StandingOffers(ctx, catalog.None{})
	if err != nil {
		return err
	}
	a := auth.FromContext(ctx)
	d := boxesPage{Offers: offers.Items, May: a == nil || a.Role == auth.Buyer}
	if a != nil && a.Role == auth.Buyer {
		mine, err := s.Boxes.Standings(ctx, catalog.None{})
		if err != nil {
			return err
		}
		d.Mine = mine.Items
	}
	return s.Render(w, r, http.StatusOK, "shop/boxes", d)
}
