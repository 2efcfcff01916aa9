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

// boxRoutes are the pages of standing orders.
func (s *adopting) boxRoutes() {
	s.Open("GET", "/boxes", "shop.boxes", s.boxes)
	s.Guarded("GET", "/boxes/start/{presale:[0-9]+}", "shop.box.start", s.boxStart, auth.Buyer)
	s.Guarded("POST", "/boxes/start/{presale:[0-9]+}", "shop.box.subscribe", s.boxSubscribe, auth.Buyer)
	s.Guarded("GET", "/boxes/{id:[0-9]+}", "shop.box", s.box, auth.Buyer)
	s.Guarded("POST", "/boxes/{id:[0-9]+}/state", "shop.box.state", s.boxState, auth.Buyer)
	s.Guarded("POST", "/boxes/{id:[0-9]+}/skip", "shop.box.skip", s.boxSkip, auth.Buyer)
	s.Guarded("GET", "/boxes/{id:[0-9]+}/change", "shop.box.change", s.boxChange, auth.Buyer)
	s.Guarded("POST", "/boxes/{id:[0-9]+}/change", "shop.box.change.do", s.boxChangeDo, auth.Buyer)
}

type boxesPage struct {
	Offers []adopt.StandingOffer
	Mine   []adopt.Standing
	May    bool
}

func (s *adopting) boxes(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	offers, err := s.Boxes.StandingOffers(ctx, catalog.None{})
	if err != nil {
		return err
	}
	a := auth.FromContext(ctx)
	d := boxesPage{Offers: offers.Items, May: a == nil || a.Role == auth.Buyer}
	if a != nil && a.Role == auth.Buyer {
		mine, err := s.Boxes.Standings(ctx, catalog.None{})
		if err != nil {
			return err
		}
		d.Mine = mine.Items
	}
	return s.Render(w, r, http.StatusOK, "shop/boxes", d)
}

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

type boxPage struct {
	Standing adopt.Standing
	Points   []page.Option
}

func (s *adopting) boxPage(r *http.Request) (boxPage, error) {
	ctx := r.Context()
	var d boxPage
	var err error
	if d.Standing, err = s.Boxes.Standing(ctx, adopt.StandingRef{ID: page.PathInt(r, "id")}); err != nil {
		return d, err
	}
	ref, err := s.Reference(ctx)
	d.Points = page.PickupPoints(ref)
	return d, err
}

func (s *adopting) box(w http.ResponseWriter, r *http.Request) error {
	d, err := s.boxPage(r)
	if err != nil {
		return err
	}
	return s.RenderForm(w, r, "shop/box", d, s.NewForm(page.LangOf(r)))
}

// boxState pauses, resumes or ends.
func (s *adopting) boxState(w http.ResponseWriter, r *http.Request) error {
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	state := adopt.StandingState(f.Text("state"))
	_, err = s.Boxes.SetStanding(r.Context(), adopt.SetStanding{ID: page.PathInt(r, "id"), State: state})
	return s.boxChanged(w, r, f, err, "standing.now_"+string(state))
}

func (s *adopting) boxSkip(w http.ResponseWriter, r *http.Request) error {
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	skip, key := f.Text("skip") == "1", "standing.kept"
	if skip {
		key = "standing.skipped"
	}
	_, err = s.Boxes.SkipDate(r.Context(), adopt.SkipDate{ID: page.PathInt(r, "id"), On: f.Text("on"), Skip: skip})
	return s.boxChanged(w, r, f, err, key)
}

// boxChanged shows a standing order after a change, or what was wrong with it.
func (s *adopting) boxChanged(w http.ResponseWriter, r *http.Request, f *page.Form, err error, key string) error {
	if err == nil {
		s.Flash(r, page.Good, key)
		return s.GoTo(w, r, "shop.box", "id", page.PathInt(r, "id"))
	}
	if !f.Fail(err) {
		return err
	}
	d, err := s.boxPage(r)
	if err != nil {
		return err
	}
	return s.RenderForm(w, r, "shop/box", d, f)
}

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
