package shop

import (
	"net/http"

	"banmuyuan/orders/adopt"
	"banmuyuan/web/page"
)

func (s *adopting) boxChange(w http.ResponseWriter, r *http.Request) error {
	d, err := s.boxPage(r)
	if err != nil {
		return err
	}
	f := s.NewForm(page.LangOf(r))
	st := d.Standing
	for name, value := range map[string]string{"quantity": page.Num64(st.Qty), "every_days": page.Num64(st.EveryDays), "delivery.kind": string(st.Delivery.Kind),
		"delivery.point_id": page.Num64(st.Delivery.PointID), "delivery.name": st.Delivery.Name, "delivery.phone": st.Delivery.Phone, "delivery.address": st.Delivery.Address} {
		f.Values.Set(name, value)
	}
	return s.RenderForm(w, r, "shop/box_change", d, f)
}

func (s *adopting) boxChangeDo(w http.ResponseWriter, r *http.Request) error {
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	d, err := s.boxPage(r)
	if err != nil {
		return err
	}
	qty, every := f.Int("quantity"), f.Int("every_days")
	f.Need("quantity", "every_days")
	needDelivery(f)
	if f.OK() {
		_, err := s.Boxes.ChangeStanding(r.Context(), adopt.ChangeStanding{ID: d.Standing.ID, Qty: qty, EveryDays: every, Delivery: postedDelivery(f)})
		if err == nil {
			s.Flash(r, page.Good, "standing.changed")
			return s.GoTo(w, r, "shop.box", "id", d.Standing.ID)
		}
		if !f.Fail(err) {
			return err
		}
	}
	return s.RenderForm(w, r, "shop/box_change", d, f)
}
