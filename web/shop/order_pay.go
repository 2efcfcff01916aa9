package shop

import (
	"net/http"

	"banmuyuan/internal/link"
	"banmuyuan/orders"
	"banmuyuan/payments"
	"banmuyuan/web/page"
)

// orderPay starts a payment and leads to the provider's page, or shows the transfer to make.
func (s *ordering) orderPay(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	ref := page.OrderRef(r)
	back, err := s.URL("shop.order.back", "no", ref.No)
	if err != nil {
		return err
	}
	start, err := s.Orders.Pay(ctx, orders.PayRequest{
		OrderNo: ref.No, Method: f.Text("method"), ReturnURL: s.Abs(back), IdempotencyKey: f.Key(),
	})
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
	if start.URL != "" {
		page.Redirect(w, r, start.URL)
		return nil
	}
	return s.GoTo(w, r, "shop.order", "no", ref.No)
}

type backPage struct {
	orderPage
	Latest *payments.Payment
}

// arrived reports whether the latest payment succeeded in time and the order has counted it.
func (d backPage) arrived() bool {
	p := d.Latest
	return p != nil && p.State == payments.PaymentSucceeded && !p.Late && p.FailureKey == "" && d.Order.PaidFen > 0 &&
		!d.Order.State.Unpaid() && d.Order.State != orders.StateExpired && d.Order.State != orders.StateCancelled && d.Order.DueFen == 0
}

// orderBack is where a provider sends the buyer. Coming here proves nothing: it says "confirming" until the payment
// module knows.
func (s *ordering) orderBack(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	d := backPage{}
	var err error
	if d.orderPage, err = s.orderPage(ctx, page.LangOf(r), page.OrderRef(r)); err != nil {
		return err
	}
	for i, p := range d.Account.Payments {
		if d.Latest == nil || p.ID > d.Latest.ID {
			d.Latest = &d.Account.Payments[i]
		}
	}
	if d.Latest != nil && d.Latest.State != payments.PaymentSucceeded {
		// Asking makes the module look at the provider when no announcement came.
		if p, err := s.Payments.Payment(link.System(ctx, "web.order"), payments.PaymentRef{ID: d.Latest.ID}); err == nil {
			d.Latest = &p
		}
	}
	if d.arrived() {
		s.Flash(r, page.Good, "order.paid")
		return s.GoTo(w, r, "shop.order", "no", d.Order.No)
	}
	if r.Header.Get("HX-Request") == "true" {
		return s.RenderPart(w, r, http.StatusOK, "shop/back", "status", d)
	}
	return s.Render(w, r, http.StatusOK, "shop/back", d)
}
