package web

import (
	"net/http"

	"banmuyuan/orders"
)

// organisationShortfall records that a village will not deliver what it still owes.
func (s *collectionPages) organisationShortfall(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := s.postedForm(r)
	if err != nil {
		return err
	}
	village := pathInt(r, "village")
	fell, err := s.Orders.ReportShortfall(ctx, orders.ShortfallRequest{
		VillageID: village, Reason: f.Text("reason"), Lost: f.Text("lost") != "", IdempotencyKey: f.Key()})
	if err != nil {
		if !f.Fail(err) {
			return err
		}
		d, err := s.collectionPage(ctx, s.newForm(langOf(r)), village)
		if err != nil {
			return err
		}
		return s.renderForm(w, r, "organisation/collection", d, f)
	}
	s.flash(r, good, "shortfall.saved", "orders", fell.Orders, "households", fell.Households, "n", fell.Units)
	return s.goTo(w, r, "organisation.collection", "village", village)
}
