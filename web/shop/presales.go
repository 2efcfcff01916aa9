package shop

import (
	"context"
	"net/http"
	"slices"

	"github.com/gorilla/mux"

	"banmuyuan/catalog"
	"banmuyuan/orders"
	"banmuyuan/web/auth"
	"banmuyuan/web/page"
)

// routes are the pages of visitors and buyers.
func (s *ordering) routes() {
	s.Open("GET", "/", "shop.home", s.home)
	s.Open("GET", "/presales", "shop.presales", s.presales)
	s.Open("GET", "/presales/{code}", "shop.presale", s.presale)
	s.Open("GET", "/live/stock", "shop.live", func(w http.ResponseWriter, r *http.Request) error { return s.Live.Serve(w, r, stockTopic) })
	s.Open("GET", "/basket", "shop.basket", s.basket)
	s.Open("POST", "/basket", "shop.basket.add", s.basketAdd)
	s.Open("POST", "/basket/change", "shop.basket.change", s.basketChange)
	s.Guarded("GET", "/checkout", "shop.checkout", s.checkout, auth.Buying...)
	s.Guarded("POST", "/checkout", "shop.checkout.check", s.checkoutCheck, auth.Buying...)
	s.Guarded("GET", "/messages", "shop.messages", s.messages, auth.Buying...)
	s.Guarded("POST", "/messages", "shop.messages.set", s.messagesSet, auth.Buying...)
	s.Guarded("POST", "/orders", "shop.order.place", s.orderPlace, auth.Buying...)
	s.Guarded("GET", "/orders", "shop.orders", s.orders, auth.Buying...)
	s.Guarded("GET", "/orders/{no}", "shop.order", s.order, auth.Roles...)
	s.Guarded("GET", "/orders/{no}/print", "shop.order.print", s.orderPrint, auth.Roles...)
	s.Guarded("POST", "/orders/{no}/pay", "shop.order.pay", s.orderPay, auth.Buying...)
	s.Guarded("GET", "/orders/{no}/back", "shop.order.back", s.orderBack, auth.Buying...)
	s.Guarded("POST", "/orders/{no}/shortages/{id:[0-9]+}", "shop.order.shortage", s.orderShortage, auth.Buying...)
	s.Guarded("GET", "/orders/{no}/cancel", "shop.order.cancel", s.orderCancel, auth.Roles...)
	s.Guarded("POST", "/orders/{no}/cancel", "shop.order.cancel.do", s.orderCancelDo, auth.Roles...)
}

type homePage struct {
	Presales   []catalog.PublicPresale
	Products   []catalog.Product
	Villages   int
	Townships  int
	Households int64
	Left       map[string]int64
}

func (s *ordering) home(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	ref, err := s.Reference(ctx)
	if err != nil {
		return err
	}
	channel := s.BuyersChannel(ctx, auth.FromContext(ctx))
	list, err := s.Catalog.Presales(ctx, catalog.PresaleFilter{Channel: channel, State: catalog.PresaleOpen, Limit: 100})
	if err != nil {
		return err
	}
	d := homePage{Products: ref.Products, Villages: len(ref.Villages), Townships: len(ref.Townships)}
	seen := map[string]bool{}
	for _, p := range list.Items { // one of each product first: a shop window, not a list
		d.Households = max(d.Households, p.Households)
		if p.Orderable && !seen[p.Product.Code] {
			seen[p.Product.Code] = true
			d.Presales = append(d.Presales, p)
		}
	}
	return s.Render(w, r, http.StatusOK, "shop/home", d)
}

type presalesPage struct {
	Page      catalog.PresalePage
	Filter    catalog.PresaleFilter
	Reference catalog.Reference
	Channel   catalog.Channel
	Filtered  bool
}

func (s *ordering) presales(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f := s.QueryForm(r)
	channel := s.BuyersChannel(ctx, auth.FromContext(ctx))
	filter := catalog.PresaleFilter{
		Product: f.Text("product"), Township: f.Int("township"), DeliverOn: f.Text("deliver_on"), Query: f.Text("q"),
		Channel: catalog.Channel(f.Text("channel")), Cursor: f.Text("cursor"), Limit: 24,
	}
	d := presalesPage{Filter: filter, Channel: channel}
	d.Filtered = filter.Product != "" || filter.Township != 0 || filter.DeliverOn != "" || filter.Query != "" || filter.Channel != ""
	if filter.Channel == "" {
		filter.Channel = channel
	} else if filter.Channel == "all" {
		filter.Channel = ""
	}
	var err error
	if d.Reference, err = s.Reference(ctx); err != nil {
		return err
	}
	if f.OK() {
		d.Page, err = s.Catalog.Presales(ctx, filter)
		if err != nil && !f.Fail(err) {
			return err
		}
	}
	return s.RenderForm(w, r, "shop/presales", d, f)
}

type presalePage struct {
	Presale   catalog.PresaleDetail
	Channel   catalog.Channel
	MayOrder  bool            // this reader, now
	Adopt     orders.PlotKind // it is not ordered but adopted
	Whose     string
	TopMost   []catalog.PublicVillage // the villages with the largest part
	Suggested int64
}

func (s *ordering) presalePage(ctx context.Context, code string) (presalePage, error) {
	d := presalePage{Channel: s.BuyersChannel(ctx, auth.FromContext(ctx))}
	var err error
	if d.Presale, err = s.Catalog.Presale(ctx, catalog.PresaleRef{Code: code}); err != nil {
		return d, err
	}
	a := auth.FromContext(ctx)
	buys := a == nil || a.Role.In(auth.Buying...)
	d.MayOrder = buys && d.Presale.Orderable && slices.Contains(d.Presale.Channels, d.Channel)
	if kind, ok := orders.PlotOf(d.Presale.PublicPresale); ok {
		d.Adopt, d.MayOrder = kind, false
	}
	d.TopMost = slices.Clone(d.Presale.ByVillage)
	slices.SortStableFunc(d.TopMost, func(a, b catalog.PublicVillage) int { return int(b.Qty - a.Qty) })
	d.TopMost = d.TopMost[:min(len(d.TopMost), 12)]
	d.Suggested = max(d.Presale.MinQty, d.Presale.StepQty)
	return d, nil
}

func (s *ordering) presale(w http.ResponseWriter, r *http.Request) error {
	d, err := s.presalePage(r.Context(), mux.Vars(r)["code"])
	if err != nil {
		return err
	}
	return s.RenderForm(w, r, "shop/presale", d, s.NewForm(page.LangOf(r)))
}
