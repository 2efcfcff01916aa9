package shop

import (
	"context"
	"net/http"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/orders"
	"banmuyuan/payments"
	"banmuyuan/web/auth"
	"banmuyuan/web/basket"
	"banmuyuan/web/page"
)

// checkoutPage asks where the goods go, and then shows everything once more before it counts.
type checkoutPage struct {
	Basket  basketPage
	Points  []page.Option
	Account *auth.Account
	Quote   orders.Quote
	Request orders.PlaceRequest
	Point   catalog.CollectionPoint
	Summary page.OrderSummary
	Methods []string // to pay with at once
}

func (s *ordering) checkoutPage(ctx context.Context, l page.Lang, items []page.BasketItem) (checkoutPage, error) {
	d := checkoutPage{Account: auth.FromContext(ctx)}
	var err error
	if d.Basket, err = s.basketPage(ctx, l, items); err != nil {
		return d, err
	}
	ref, err := s.Reference(ctx)
	if err != nil {
		return d, err
	}
	for _, p := range ref.Points {
		if p.Pickup {
			text := p.Name
			if p.Address != "" {
				text += "（" + p.Address + "）"
			}
			d.Points = append(d.Points, page.Option{Value: page.Num64(p.ID), Label: text})
		}
	}
	return d, nil
}

func (s *ordering) checkout(w http.ResponseWriter, r *http.Request) error {
	items, err := s.Basket(r)
	if err != nil {
		return err
	}
	if len(items) == 0 {
		return s.GoTo(w, r, "shop.basket")
	}
	d, err := s.checkoutPage(r.Context(), page.LangOf(r), items)
	if err != nil {
		return err
	}
	if d.Basket.Problems {
		return s.GoTo(w, r, "shop.basket")
	}
	f := s.NewForm(page.LangOf(r))
	f.Values.Set("delivery.kind", string(orders.DeliverPickup))
	f.Values.Set("delivery.name", d.Account.Name)
	f.Values.Set("delivery.phone", d.Account.Phone)
	f.Values.Set("shortage", string(orders.ShortageRefill))
	if s.remember(r.Context(), f) {
		d.Request = placeRequest(f, items)
		if d.Quote, err = s.Orders.Quote(r.Context(), orders.QuoteRequest{Lines: d.Request.Lines}); err == nil {
			return s.checkPage(w, r, d, f)
		}
		if !f.Fail(err) {
			return err
		}
	}
	return s.RenderForm(w, r, "shop/checkout", d, f)
}

// remember fills in how the buyer got the last order, and reports whether that can be done again.
func (s *ordering) remember(ctx context.Context, f *page.Form) bool {
	list, err := s.Orders.Orders(ctx, orders.OrderFilter{Limit: 1})
	if err != nil {
		s.Log.WarnContext(ctx, "last order", "error", err) // it is asked for instead
		return false
	}
	if len(list.Items) == 0 {
		return false
	}
	last := list.Items[0].Delivery
	switch {
	case last.Kind == orders.DeliverAddress && last.Address != "":
		f.Values.Set("delivery.address", last.Address)
	case last.Kind == orders.DeliverPickup && s.Point(ctx, last.PointID).Pickup:
		f.Values.Set("delivery.point_id", page.Num64(last.PointID))
	default:
		return false
	}
	f.Values.Set("delivery.kind", string(last.Kind))
	f.Values.Set("delivery.name", last.Name)
	f.Values.Set("delivery.phone", last.Phone)
	if wish, ok := list.Items[0].Shortage.Or(); ok {
		f.Values.Set("shortage", string(wish))
	}
	return true
}

// placeRequest reads the order that a form describes. The fields are called as in the module's errors, so that these
// stand beside them.
func placeRequest(f *page.Form, items []page.BasketItem) orders.PlaceRequest {
	req := orders.PlaceRequest{
		IdempotencyKey: f.Key(),
		Lines:          quoteLines(items),
		Delivery: orders.Delivery{
			Kind: orders.DeliveryKind(f.Text("delivery.kind")), Name: f.Text("delivery.name"), Phone: f.Text("delivery.phone"),
		},
		Shortage: orders.Shortage(f.Text("shortage")),
		Note:     f.Text("note"),
	}
	if req.Delivery.Kind == orders.DeliverAddress {
		req.Delivery.Address = f.Text("delivery.address")
	} else {
		req.Delivery.PointID = f.Int("delivery.point_id")
	}
	return req
}

// checkoutCheck shows the order as it would be placed.
func (s *ordering) checkoutCheck(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	items, err := s.Basket(r)
	if err != nil {
		return err
	}
	if len(items) == 0 {
		return s.GoTo(w, r, "shop.basket")
	}
	d, err := s.checkoutPage(ctx, page.LangOf(r), items)
	if err != nil {
		return err
	}
	d.Request = placeRequest(f, items)
	f.Need("delivery.name", "delivery.phone")
	switch d.Request.Delivery.Kind {
	case orders.DeliverAddress:
		f.Need("delivery.address")
	case orders.DeliverPickup:
		f.Need("delivery.point_id")
	default:
		f.Add("delivery.kind", "form.required")
	}
	if f.OK() && f.Text("change") == "" {
		d.Quote, err = s.Orders.Quote(ctx, orders.QuoteRequest{Lines: d.Request.Lines})
		if err == nil {
			return s.checkPage(w, r, d, f)
		}
		if !f.Fail(err) {
			return err
		}
	}
	return s.RenderForm(w, r, "shop/checkout", d, f)
}

// checkPage shows the order with its quote.
func (s *ordering) checkPage(w http.ResponseWriter, r *http.Request, d checkoutPage, f *page.Form) error {
	ctx := r.Context()
	d.Point = s.Point(ctx, d.Request.Delivery.PointID)
	methods, err := s.Payments.Methods(ctx, payments.None{})
	if err != nil {
		return err
	}
	ways := payable(methods.Items, d.Quote.Channel)
	for _, m := range ways {
		if m != payments.BankTransfer && d.Quote.DepositFen > 0 {
			d.Methods = append(d.Methods, m)
		}
	}
	d.Summary = s.Summarizer(page.LangOf(r)).Quote(d.Quote, d.Basket.Origins, ways)
	return s.RenderForm(w, r, "shop/check", d, f)
}

// orderPlace places the order. Sending the form twice places it once: the key is in the form.
func (s *ordering) orderPlace(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	items, err := s.Basket(r)
	if err != nil {
		return err
	}
	if len(items) == 0 {
		// A second click: the first one placed the order and emptied the basket.
		return s.GoTo(w, r, "shop.orders")
	}
	req := placeRequest(f, items)
	o, err := s.Orders.Place(ctx, req)
	if err != nil {
		d, pageErr := s.checkoutPage(ctx, page.LangOf(r), items)
		if pageErr != nil {
			return pageErr
		}
		d.Request = req
		if !f.Fail(err) {
			return err
		}
		if link.CodeOf(err) == link.Unavailable {
			// Unknown outcome: the same page with the same key, to be sent again.
			if d.Quote, err = s.Orders.Quote(ctx, orders.QuoteRequest{Lines: req.Lines}); err == nil {
				return s.checkPage(w, r, d, f)
			}
		}
		return s.RenderForm(w, r, "shop/checkout", d, f)
	}
	if err := s.ChangeBasket(r, "", basket.Without(items)); err != nil {
		s.Log.WarnContext(ctx, "empty basket", "error", err) // the order stands
	}
	if method := f.Text("method"); method != "" && o.DueFen > 0 {
		if s.payAtOnce(w, r, o.No, method, f.Key()+"-p") {
			return nil
		}
	}
	s.Flash(r, page.Good, "order.placed")
	return s.GoTo(w, r, "shop.order", "no", o.No)
}

// payAtOnce leads from the placed order to the provider. It is false where that did not work: the order's page asks again.
func (s *ordering) payAtOnce(w http.ResponseWriter, r *http.Request, no, method, key string) bool {
	back, err := s.URL("shop.order.back", "no", no)
	if err != nil {
		return false
	}
	start, err := s.Orders.Pay(r.Context(), orders.PayRequest{OrderNo: no, Method: method, ReturnURL: s.Abs(back), IdempotencyKey: key})
	if err != nil || start.URL == "" {
		if err != nil {
			s.Log.WarnContext(r.Context(), "pay at once", "order", no, "error", err)
		}
		return false
	}
	page.Redirect(w, r, start.URL)
	return true
}
