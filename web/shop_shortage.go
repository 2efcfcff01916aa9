package web

import (
	"net/http"

	"banmuyuan/orders"
)

// shopOrderShortage answers what is to be done about units that will not come.
func (s *ordering) shopOrderShortage(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := s.postedForm(r)
	if err != nil {
		return err
	}
	ref, answer := orderRef(r), orders.ShortageAnswer(f.Text("answer"))
	_, err = s.Orders.AnswerShortage(ctx, orders.AnswerShortageRequest{OrderNo: ref.No, ID: pathInt(r, "id"), Answer: answer})
	if err != nil {
		if !f.Fail(err) {
			return err
		}
		d, err := s.orderPage(ctx, ref)
		if err != nil {
			return err
		}
		return s.renderForm(w, r, "shop/order", d, f)
	}
	s.flash(r, good, "shortage.answered_"+string(answer))
	return s.goTo(w, r, "shop.order", "no", ref.No)
}
