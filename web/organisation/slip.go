package organisation

import (
	"net/http"

	"banmuyuan/orders/shelf"
	"banmuyuan/web/page"
)

type slipPage struct {
	BuyIn shelf.BuyIn
	Link  string
}

// buyInSlip is the slip that the household takes home.
func (s *shopkeeping) buyInSlip(w http.ResponseWriter, r *http.Request) error {
	var d slipPage
	var err error
	if d.BuyIn, err = s.Shelf.BuyInSlip(r.Context(), shelf.IDRef{ID: page.PathInt(r, "id")}); err != nil {
		return err
	}
	if d.Link, err = s.traceLink(d.BuyIn.Trace); err != nil {
		return err
	}
	return s.Render(w, r, http.StatusOK, "organisation/buyin_slip", d)
}
