package shop

import (
	"context"
	"net/http"
	"strconv"

	"github.com/gorilla/mux"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/orders"
	"banmuyuan/orders/adopt"
	"banmuyuan/payments"
	"banmuyuan/web/auth"
	"banmuyuan/web/page"
)

// adoptionRoutes are the pages of adoptions for visitors and adopters.
func (s *adopting) adoptionRoutes() {
	s.Open("GET", "/adopt", "shop.adoptions", s.plots)
	s.Open("GET", "/adopt/{plot:[0-9]+}", "shop.plot", s.plot)
	s.Guarded("GET", "/adopt/{plot:[0-9]+}/take", "shop.adopt", s.adopt, auth.Buyer)
	s.Guarded("POST", "/adopt/{plot:[0-9]+}/take", "shop.adopt.check", s.adoptCheck, auth.Buyer)
	s.Guarded("POST", "/adopt/{plot:[0-9]+}", "shop.adopt.do", s.adoptDo, auth.Buyer)
	s.Guarded("GET", "/adoptions", "shop.adoptions.mine", s.adoptions, auth.Buyer)
	s.Guarded("GET", "/adoptions/{no}", "shop.adoption", s.adoption, auth.Buyer)
	s.Guarded("POST", "/adoptions/{no}/pay", "shop.adoption.pay", s.adoptionPay, auth.Buyer)
	s.Guarded("GET", "/adoptions/{no}/back", "shop.adoption.back", s.adoptionBack, auth.Buyer)
	s.Guarded("GET", "/adoptions/{no}/cancel", "shop.adoption.cancel", s.adoptionCancel, auth.Buyer)
	s.Guarded("POST", "/adoptions/{no}/cancel", "shop.adoption.cancel.do", s.adoptionCancelDo, auth.Buyer)
	s.Guarded("GET", "/adoptions/{no}/boxes/{box:[0-9]+}", "shop.adoption.dispute", s.dispute, auth.Buyer)
	s.Guarded("POST", "/adoptions/{no}/boxes/{box:[0-9]+}", "shop.adoption.dispute.do", s.disputeDo, auth.Buyer)
	s.Guarded("GET", "/adoptions/{no}/photos/{photo:[0-9]+}", "shop.adoption.photo", s.adoptionPhoto, auth.Roles...)
}

type plotsPage struct {
	Page      adopt.PlotPage
	Filter    adopt.PlotFilter
	Townships []page.Option
	Filtered  bool
}

// plots is where one picks a household: by place, by what it grows, by its story.
func (s *adopting) plots(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f := s.QueryForm(r)
	d := plotsPage{Filter: adopt.PlotFilter{Kind: orders.PlotKind(f.Text("kind")), Township: f.Int("township"), Query: f.Text("q"),
		Cursor: f.Text("cursor"), Limit: 24}}
	d.Filtered = d.Filter.Kind != "" || d.Filter.Township != 0 || d.Filter.Query != ""
	ref, err := s.Reference(ctx)
	if err != nil {
		return err
	}
	for _, t := range ref.Townships {
		d.Townships = append(d.Townships, page.Option{Value: page.Num64(t.ID), Label: t.Name})
	}
	if f.OK() {
		if d.Page, err = s.Adoptions.Plots(ctx, d.Filter); err != nil && !f.Fail(err) {
			return err
		}
	}
	return s.RenderForm(w, r, "shop/plots", d, f)
}

type plotPage struct {
	Plot     adopt.PublicPlot
	MayAdopt bool
	Units    int64
	Price    int64
	Deposit  int64
	Points   []page.Option
	Account  *auth.Account
	Request  adopt.Request
	Point    catalog.CollectionPoint
	Minutes  int64
}

func (s *adopting) plotPage(r *http.Request) (plotPage, error) {
	ctx := r.Context()
	d := plotPage{Account: auth.FromContext(ctx), Units: 1}
	id, err := strconv.ParseInt(mux.Vars(r)["plot"], 10, 64)
	if err != nil {
		return d, link.E(link.NotFound, "adoption.plot.unknown", "")
	}
	if d.Plot, err = s.Adoptions.Plot(ctx, adopt.PlotRef{ID: id}); err != nil {
		return d, err
	}
	d.MayAdopt = d.Plot.Open && (d.Account == nil || d.Account.Role == auth.Buyer)
	d.Price, d.Deposit = d.Plot.Price(1)
	ref, err := s.Reference(ctx)
	if err != nil {
		return d, err
	}
	d.Points = page.PickupPoints(ref)
	return d, nil
}

func (s *adopting) plot(w http.ResponseWriter, r *http.Request) error {
	d, err := s.plotPage(r)
	if err != nil {
		return err
	}
	return s.RenderForm(w, r, "shop/plot", d, s.NewForm(page.LangOf(r)))
}

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

type adoptionsPage struct {
	Page adopt.Page
}

func (s *adopting) adoptions(w http.ResponseWriter, r *http.Request) error {
	f := s.QueryForm(r)
	var d adoptionsPage
	var err error
	if d.Page, err = s.Adoptions.AdoptionList(r.Context(), adopt.Filter{Cursor: f.Text("cursor"), Limit: 20}); err != nil && !f.Fail(err) {
		return err
	}
	return s.RenderForm(w, r, "shop/adoptions", d, f)
}

type adoptionPage struct {
	Adoption adopt.Adoption
	Box      *adopt.Box // the one that is asked about
	Account  payments.Account
	Methods  []string
	Pending  *payments.Payment
	Latest   *payments.Payment
}

func (s *adopting) adoptionPage(ctx context.Context, no string) (adoptionPage, error) {
	var d adoptionPage
	var err error
	if d.Adoption, err = s.Adoptions.Adoption(ctx, adopt.Ref{No: no}); err != nil {
		return d, err
	}
	// The order module has just shown that the reader may see this adoption; what was paid for it belongs to it.
	d.Account, err = s.Payments.Account(link.System(ctx, "web.adoption"), payments.Ref{Ref: adopt.PaymentRef(d.Adoption.ID)})
	if err != nil {
		return d, err
	}
	for i, p := range d.Account.Payments {
		if !p.State.Final() {
			d.Pending = &d.Account.Payments[i]
		}
		if d.Latest == nil || p.ID > d.Latest.ID {
			d.Latest = &d.Account.Payments[i]
		}
	}
	methods, err := s.Payments.Methods(ctx, payments.None{})
	if err != nil {
		return d, err
	}
	for _, m := range methods.Items {
		if m != payments.Cash && m != payments.BankTransfer { // a private buyer pays at once
			d.Methods = append(d.Methods, m)
		}
	}
	return d, nil
}

func (s *adopting) adoption(w http.ResponseWriter, r *http.Request) error {
	d, err := s.adoptionPage(r.Context(), mux.Vars(r)["no"])
	if err != nil {
		return err
	}
	return s.RenderForm(w, r, "shop/adoption", d, s.NewForm(page.LangOf(r)))
}

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

func (s *adopting) adoptionCancel(w http.ResponseWriter, r *http.Request) error {
	d, err := s.adoptionPage(r.Context(), mux.Vars(r)["no"])
	if err != nil {
		return err
	}
	return s.RenderForm(w, r, "shop/adoption_cancel", d, s.NewForm(page.LangOf(r)))
}

func (s *adopting) adoptionCancelDo(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	no := mux.Vars(r)["no"]
	if _, err := s.Adoptions.CancelAdoption(ctx, adopt.Cancel{AdoptionNo: no, Reason: f.Text("reason")}); err != nil {
		if !f.Fail(err) {
			return err
		}
		d, err := s.adoptionPage(ctx, no)
		if err != nil {
			return err
		}
		return s.RenderForm(w, r, "shop/adoption_cancel", d, f)
	}
	s.Flash(r, page.Good, "adoption.cancelled")
	return s.GoTo(w, r, "shop.adoption", "no", no)
}

func (s *adopting) disputePage(r *http.Request) (adoptionPage, error) {
	d, err := s.adoptionPage(r.Context(), mux.Vars(r)["no"])
	if err != nil {
		return d, err
	}
	no := int(page.PathInt(r, "box"))
	for i, b := range d.Adoption.Boxes {
		if b.No == no {
			d.Box = &d.Adoption.Boxes[i]
			return d, nil
		}
	}
	return d, link.E(link.NotFound, "adoption.box.unknown", "")
}

func (s *adopting) dispute(w http.ResponseWriter, r *http.Request) error {
	d, err := s.disputePage(r)
	if err != nil {
		return err
	}
	return s.RenderForm(w, r, "shop/adoption_dispute", d, s.NewForm(page.LangOf(r)))
}

func (s *adopting) disputeDo(w http.ResponseWriter, r *http.Request) error {
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	d, err := s.disputePage(r)
	if err != nil {
		return err
	}
	if f.Need("note") {
		_, err := s.Adoptions.DisputeBox(r.Context(), adopt.DisputeBox{AdoptionNo: d.Adoption.No, No: d.Box.No, Note: f.Text("note")})
		if err == nil {
			s.Flash(r, page.Good, "adoption.disputed")
			return s.GoTo(w, r, "shop.adoption", "no", d.Adoption.No)
		}
		if !f.Fail(err) {
			return err
		}
	}
	return s.RenderForm(w, r, "shop/adoption_dispute", d, f)
}

// adoptionPhoto serves a picture to those who may see its update; others learn nothing.
func (s *adopting) adoptionPhoto(w http.ResponseWriter, r *http.Request) error {
	f, err := s.Adoptions.Photo(r.Context(), adopt.PhotoRef{AdoptionNo: mux.Vars(r)["no"], ID: page.PathInt(r, "photo")})
	if err != nil {
		return err
	}
	page.ServePhoto(w, r, f.JPEG)
	return nil
}
