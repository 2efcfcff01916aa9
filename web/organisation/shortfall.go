package organisation

import (
	"net/http"

	"banmuyuan/orders"
	"banmuyuan/web/page"
)

// shortfall records that a village will not deliver its open quantity.
func (s *collectionPages) shortfall(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	village := page.PathInt(r, "village")
	fell, err := s.Orders.ReportShortfall(ctx, orders.ShortfallRequest{
		VillageID: village, Reason: f.Text("reason"), Lost: f.Text("lost") != "", IdempotencyKey: f.Key()})
	if err != nil {
		if !f.Fail(err) {
			return err
		}
		d, err := s.collectionPage(ctx, s.NewForm(page.LangOf(r)), village)
		if err != nil {
			return err
		}
		return s.RenderForm(w, r, "organisation/collection", d, f)
	}
	s.Flash(r, page.Good, "shortfall.saved", "orders", fell.Orders, "households", fell.Households, "n", fell.Units)
	return s.GoTo(w, r, "organisation.collection", "village", village)
}
