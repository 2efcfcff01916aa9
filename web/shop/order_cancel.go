package shop

import (
	"net/http"

	"banmuyuan/orders"
	"banmuyuan/web/page"
)

func (s *ordering) orderCancel(w http.ResponseWriter, r *http.Request) error {
	d, err := s.orderPage(r.Context(), page.LangOf(r), page.OrderRef(r))
	if err != nil {
		return err
	}
	return s.RenderForm(w, r, "shop/cancel", d, s.NewForm(page.LangOf(r)))
}

func (s *ordering) orderCancelDo(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	ref := page.OrderRef(r)
	_, err = s.Orders.Cancel(ctx, orders.CancelRequest{OrderNo: ref.No, Reason: f.Text("reason"), IdempotencyKey: f.Key()})
	if err != nil {
		if !f.Fail(err) {
			return err
		}
		d, err := s.orderPage(ctx, page.LangOf(r), ref)
		if err != nil {
			return err
		}
		return s.RenderForm(w, r, "shop/cancel", d, f)
	}
	s.Flash(r, page.Good, "order.cancelled")
	return s.GoTo(w, r, "shop.order", "no", ref.No)
}
