package shop

import (
	"net/http"

	"banmuyuan/internal/link"
	"banmuyuan/orders/adopt"
	"banmuyuan/web/page"
)

func (s *adopting) adopt(w http.ResponseWriter, r *http.Request) error {
	d, err := s.plotPage(r)
	if err != nil {
		return err
	}
	if !d.MayAdopt {
		return s.GoTo(w, r, "shop.plot", "plot", d.Plot.ID)
	}
	f := s.NewForm(page.LangOf(r))
	f.Values.Set("units", r.URL.Query().Get("units"))
	if f.Text("units") == "" {
		f.Values.Set("units", "1")
	}
	f.Values.Set("on_failure", string(adopt.FailureReplace))
	presetDelivery(f, d.Account)
	return s.RenderForm(w, r, "shop/adopt", d, f)
}

func (d *plotPage) read(f *page.Form) {
	d.Units = f.Int("units")
	d.Request = adopt.Request{IdempotencyKey: f.Key(), PlotID: d.Plot.ID, Units: d.Units,
		OnFailure: adopt.OnFailure(f.Text("on_failure")), Delivery: postedDelivery(f)}
	d.Price, d.Deposit = d.Plot.Price(max(d.Units, 0))
}

// adoptCheck shows everything that is fixed once it is taken.
func (s *adopting) adoptCheck(w http.ResponseWriter, r *http.Request) error {
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	d, err := s.plotPage(r)
	if err != nil {
		return err
	}
	d.read(f)
	if f.Need("units", "on_failure") && (d.Units < 1 || d.Units > d.Plot.MaxUnits) {
		f.Add("units", "order.quantity.sold_out", "left", page.Num64(d.Plot.MaxUnits))
	}
	needDelivery(f)
	if f.OK() && f.Text("change") == "" {
		d.Point = s.Point(r.Context(), d.Request.Delivery.PointID)
		return s.RenderForm(w, r, "shop/adopt_check", d, f)
	}
	return s.RenderForm(w, r, "shop/adopt", d, f)
}

// adoptDo takes the adoption. Sending the form twice takes it once: the key is in the form.
func (s *adopting) adoptDo(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	d, err := s.plotPage(r)
	if err != nil {
		return err
	}
	d.read(f)
	a, err := s.Adoptions.Adopt(ctx, d.Request)
	if err != nil {
		if !f.Fail(err) {
			return err
		}
		if link.CodeOf(err) == link.Unavailable { // unknown outcome: the same page with the same key
			d.Point = s.Point(ctx, d.Request.Delivery.PointID)
			return s.RenderForm(w, r, "shop/adopt_check", d, f)
		}
		return s.RenderForm(w, r, "shop/adopt", d, f)
	}
	s.Flash(r, page.Good, "adoption.taken_now")
	return s.GoTo(w, r, "shop.adoption", "no", a.No)
}
