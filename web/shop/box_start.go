package shop

import (
	"net/http"
	"slices"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/orders/adopt"
	"banmuyuan/web/auth"
	"banmuyuan/web/page"
)

type boxStartPage struct {
	Offer   adopt.StandingOffer
	Points  []page.Option
	Starts  []page.Option
	Grades  []page.Option
	Account *auth.Account
}

func (s *adopting) boxStartPage(r *http.Request) (boxStartPage, error) {
	ctx := r.Context()
	d := boxStartPage{Account: auth.FromContext(ctx)}
	offers, err := s.Boxes.StandingOffers(ctx, catalog.None{})
	if err != nil {
		return d, err
	}
	id := page.PathInt(r, "presale")
	i := slices.IndexFunc(offers.Items, func(o adopt.StandingOffer) bool { return o.PresaleID == id })
	if i < 0 {
		return d, link.E(link.NotFound, "presale.unknown", "")
	}
	d.Offer = offers.Items[i]
	ref, err := s.Reference(ctx)
	if err != nil {
		return d, err
	}
	d.Points = page.PickupPoints(ref)
	f, w := page.Format{Lang: page.LangOf(r), Now: s.Now()}, s.Words(r)
	for _, day := range d.Offer.Starts {
		d.Starts = append(d.Starts, page.Option{Value: day, Label: f.Day(page.OnDay(day))})
	}
	for _, g := range d.Offer.Grades {
		d.Grades = append(d.Grades, page.Option{Value: g.Grade, Label: w.Say("grade", g.Grade) + " " + f.Money(g.Price.Fen) + "/" + w.Say("unit", d.Offer.PriceUnit)})
	}
	return d, nil
}

func (s *adopting) boxStart(w http.ResponseWriter, r *http.Request) error {
	d, err := s.boxStartPage(r)
	if err != nil {
		return err
	}
	f := s.NewForm(page.LangOf(r))
	f.Values.Set("every_days", "7")
	f.Values.Set("grade", d.Offer.Grades[0].Grade)
	f.Values.Set("start_on", d.Offer.Starts[0])
	presetDelivery(f, d.Account)
	return s.RenderForm(w, r, "shop/box_start", d, f)
}

func (s *adopting) boxSubscribe(w http.ResponseWriter, r *http.Request) error {
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	d, err := s.boxStartPage(r)
	if err != nil {
		return err
	}
	qty, every := f.Int("quantity"), f.Int("every_days")
	f.Need("quantity", "every_days")
	needDelivery(f)
	if f.OK() {
		st, err := s.Boxes.Subscribe(r.Context(), adopt.Subscribe{IdempotencyKey: f.Key(), PresaleID: d.Offer.PresaleID, Grade: f.Text("grade"),
			Qty: qty, EveryDays: every, StartOn: f.Text("start_on"), Delivery: postedDelivery(f)})
		if err == nil {
			s.Flash(r, page.Good, "standing.started")
			return s.GoTo(w, r, "shop.box", "id", st.ID)
		}
		if !f.Fail(err) {
			return err
		}
	}
	return s.RenderForm(w, r, "shop/box_start", d, f)
}
