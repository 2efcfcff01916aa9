package shop

import (
	"net/http"

	"banmuyuan/orders"
	"banmuyuan/web/page"
)

// orderShortage records the buyer's decision about units that will not come.
func (s *ordering) orderShortage(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	ref, answer := page.OrderRef(r), orders.ShortageAnswer(f.Text("answer"))
	_, err = s.Orders.AnswerShortage(ctx, orders.AnswerShortageRequest{OrderNo: ref.No, ID: page.PathInt(r, "id"), Answer: answer})
	if err != nil {
		if !f.Fail(err) {
			return err
		}
		d, err := s.orderPage(ctx, page.LangOf(r), ref)
		if err != nil {
			return err
		}
		return s.RenderForm(w, r, "shop/order", d, f)
	}
	s.Flash(r, page.Good, "shortage.answered_"+string(answer))
	return s.GoTo(w, r, "shop.order", "no", ref.No)
}
