package shop

import (
	"net/http"

	"github.com/gorilla/mux"

	"banmuyuan/internal/link"
	"banmuyuan/orders"
	"banmuyuan/orders/adopt"
	"banmuyuan/payments"
	"banmuyuan/web/page"
)

func (s *adopting) adoptionPay(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	no := mux.Vars(r)["no"]
	back, err := s.URL("shop.adoption.back", "no", no)
	if err != nil {
		return err
	}
	start, err := s.Adoptions.PayAdoption(ctx, adopt.Pay{AdoptionNo: no, Method: f.Text("method"),
		ReturnURL: s.Abs(back), IdempotencyKey: f.Key()})
	if err != nil {
		if !f.Fail(err) {
			return err
		}
		d, err := s.adoptionPage(ctx, no)
		if err != nil {
			return err
		}
		return s.RenderForm(w, r, "shop/adoption", d, f)
	}
	if start.URL != "" {
		page.Redirect(w, r, start.URL)
		return nil
	}
	return s.GoTo(w, r, "shop.adoption", "no", no)
}

// adoptionBack is where a provider sends the adopter. Coming here proves nothing: it says "confirming" until the
// module knows.
func (s *adopting) adoptionBack(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	d, err := s.adoptionPage(ctx, mux.Vars(r)["no"])
	if err != nil {
		return err
	}
	if d.Latest != nil && d.Latest.State != payments.PaymentSucceeded {
		// Asking makes the module look at the provider when no announcement came.
		if p, err := s.Payments.Payment(link.System(ctx, "web.adoption"), payments.PaymentRef{ID: d.Latest.ID}); err == nil {
			d.Latest = &p
		}
	}
	done := d.Latest != nil && d.Latest.State == payments.PaymentSucceeded && (d.Latest.Purpose == string(orders.PurposeDeposit) &&
		d.Adoption.State != adopt.Placed && d.Adoption.State != adopt.Expiring || d.Adoption.DueFen == 0)
	if done {
		s.Flash(r, page.Good, "order.paid")
		return s.GoTo(w, r, "shop.adoption", "no", d.Adoption.No)
	}
	if r.Header.Get("HX-Request") == "true" {
		return s.RenderPart(w, r, http.StatusOK, "shop/adoption_back", "status", d)
	}
	return s.Render(w, r, http.StatusOK, "shop/adoption_back", d)
}
