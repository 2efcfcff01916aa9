package web

import (
	"net/http"
	"slices"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/orders/adopt"
	"banmuyuan/web/auth"
)

// boxRoutes are the pages of standing orders.
func (s *adopting) boxRoutes() {
	s.open("GET", "/boxes", "shop.boxes", s.shopBoxes)
	s.guarded("GET", "/boxes/start/{presale:[0-9]+}", "shop.box.start", s.shopBoxStart, auth.Buyer)
	s.guarded("POST", "/boxes/start/{presale:[0-9]+}", "shop.box.subscribe", s.shopBoxSubscribe, auth.Buyer)
	s.guarded("GET", "/boxes/{id:[0-9]+}", "shop.box", s.shopBox, auth.Buyer)
	s.guarded("POST", "/boxes/{id:[0-9]+}/state", "shop.box.state", s.shopBoxState, auth.Buyer)
	s.guarded("POST", "/boxes/{id:[0-9]+}/skip", "shop.box.skip", s.shopBoxSkip, auth.Buyer)
	s.guarded("GET", "/boxes/{id:[0-9]+}/change", "shop.box.change", s.shopBoxChange, auth.Buyer)
	s.guarded("POST", "/boxes/{id:[0-9]+}/change", "shop.box.change.do", s.shopBoxChangeDo, auth.Buyer)
}

type boxesPage struct {
	Offers []adopt.StandingOffer
	Mine   []adopt.Standing
	May    bool
}

func (s *adopting) shopBoxes(w http.ResponseWriter, r *http.Request) error {
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
	return s.render(w, r, http.StatusOK, "shop/boxes", d)
}

type boxStartPage struct {
	Offer   adopt.StandingOffer
	Points  []Option
	Starts  []Option
	Grades  []Option
	Account *auth.Account
}

func (s *adopting) boxStartPage(r *http.Request) (boxStartPage, error) {
	ctx := r.Context()
	d := boxStartPage{Account: auth.FromContext(ctx)}
	offers, err := s.Boxes.StandingOffers(ctx, catalog.None{})
	if err != nil {
		return d, err
	}
	id := pathInt(r, "presale")
	i := slices.IndexFunc(offers.Items, func(o adopt.StandingOffer) bool { return o.PresaleID == id })
	if i < 0 {
		return d, link.E(link.NotFound, "presale.unknown", "")
	}
	d.Offer = offers.Items[i]
	ref, err := s.reference(ctx)
	if err != nil {
		return d, err
	}
	d.Points = pickupPoints(ref)
	f, w := format{lang: langOf(r), now: s.now()}, s.words(r)
	for _, day := range d.Offer.Starts {
		d.Starts = append(d.Starts, Option{Value: day, Label: f.day(onDay(day))})
	}
	for _, g := range d.Offer.Grades {
		d.Grades = append(d.Grades, Option{Value: g.Grade, Label: w.Say("grade", g.Grade) + " " + f.money(g.Price.Fen) + "/" + w.Say("unit", d.Offer.PriceUnit)})
	}
	return d, nil
}

func (s *adopting) shopBoxStart(w http.ResponseWriter, r *http.Request) error {
	d, err := s.boxStartPage(r)
	if err != nil {
		return err
	}
	f := s.newForm(langOf(r))
	f.Values.Set("every_days", "7")
	f.Values.Set("grade", d.Offer.Grades[0].Grade)
	f.Values.Set("start_on", d.Offer.Starts[0])
	presetDelivery(f, d.Account)
	return s.renderForm(w, r, "shop/box_start", d, f)
}

func (s *adopting) shopBoxSubscribe(w http.ResponseWriter, r *http.Request) error {
	f, err := s.postedForm(r)
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
			s.flash(r, good, "standing.started")
			return s.goTo(w, r, "shop.box", "id", st.ID)
		}
		if !f.Fail(err) {
			return err
		}
	}
	return s.renderForm(w, r, "shop/box_start", d, f)
}

type boxPage struct {
	Standing adopt.Standing
	Points   []Option
}

func (s *adopting) boxPage(r *http.Request) (boxPage, error) {
	ctx := r.Context()
	var d boxPage
	var err error
	if d.Standing, err = s.Boxes.Standing(ctx, adopt.StandingRef{ID: pathInt(r, "id")}); err != nil {
		return d, err
	}
	ref, err := s.reference(ctx)
	d.Points = pickupPoints(ref)
	return d, err
}

func (s *adopting) shopBox(w http.ResponseWriter, r *http.Request) error {
	d, err := s.boxPage(r)
	if err != nil {
		return err
	}
	return s.renderForm(w, r, "shop/box", d, s.newForm(langOf(r)))
}

// shopBoxState pauses, resumes or ends.
func (s *adopting) shopBoxState(w http.ResponseWriter, r *http.Request) error {
	f, err := s.postedForm(r)
	if err != nil {
		return err
	}
	state := adopt.StandingState(f.Text("state"))
	_, err = s.Boxes.SetStanding(r.Context(), adopt.SetStanding{ID: pathInt(r, "id"), State: state})
	return s.boxChanged(w, r, f, err, "standing.now_"+string(state))
}

func (s *adopting) shopBoxSkip(w http.ResponseWriter, r *http.Request) error {
	f, err := s.postedForm(r)
	if err != nil {
		return err
	}
	skip, key := f.Text("skip") == "1", "standing.kept"
	if skip {
		key = "standing.skipped"
	}
	_, err = s.Boxes.SkipDate(r.Context(), adopt.SkipDate{ID: pathInt(r, "id"), On: f.Text("on"), Skip: skip})
	return s.boxChanged(w, r, f, err, key)
}

// boxChanged shows a standing order after a change, or what was wrong with it.
func (s *adopting) boxChanged(w http.ResponseWriter, r *http.Request, f *Form, err error, key string) error {
	if err == nil {
		s.flash(r, good, key)
		return s.goTo(w, r, "shop.box", "id", pathInt(r, "id"))
	}
	if !f.Fail(err) {
		return err
	}
	d, err := s.boxPage(r)
	if err != nil {
		return err
	}
	return s.renderForm(w, r, "shop/box", d, f)
}

func (s *adopting) shopBoxChange(w http.ResponseWriter, r *http.Request) error {
	d, err := s.boxPage(r)
	if err != nil {
		return err
	}
	f := s.newForm(langOf(r))
	st := d.Standing
	for name, value := range map[string]string{"quantity": num64(st.Qty), "every_days": num64(st.EveryDays), "delivery.kind": string(st.Delivery.Kind),
		"delivery.point_id": num64(st.Delivery.PointID), "delivery.name": st.Delivery.Name, "delivery.phone": st.Delivery.Phone, "delivery.address": st.Delivery.Address} {
		f.Values.Set(name, value)
	}
	return s.renderForm(w, r, "shop/box_change", d, f)
}

func (s *adopting) shopBoxChangeDo(w http.ResponseWriter, r *http.Request) error {
	f, err := s.postedForm(r)
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
			s.flash(r, good, "standing.changed")
			return s.goTo(w, r, "shop.box", "id", d.Standing.ID)
		}
		if !f.Fail(err) {
			return err
		}
	}
	return s.renderForm(w, r, "shop/box_change", d, f)
}
