package web

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/gorilla/mux"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/orders"
	"banmuyuan/web/auth"
)

// shopRoutes are the pages of visitors and buyers.
func (s *Server) shopRoutes() {
	s.open("GET", "/", "shop.home", s.shopHome)
	s.open("GET", "/presales", "shop.presales", s.shopPresales)
	s.open("GET", "/presales/{code}", "shop.presale", s.shopPresale)
	s.open("GET", "/live/stock", "shop.live", func(w http.ResponseWriter, r *http.Request) error { return s.live.Serve(w, r, stockTopic) })
	s.open("GET", "/basket", "shop.basket", s.shopBasket)
	s.open("POST", "/basket", "shop.basket.add", s.shopBasketAdd)
	s.open("POST", "/basket/change", "shop.basket.change", s.shopBasketChange)
	s.guarded("GET", "/checkout", "shop.checkout", s.shopCheckout, auth.Buying...)
	s.guarded("POST", "/checkout", "shop.checkout.check", s.shopCheckoutCheck, auth.Buying...)
	s.guarded("POST", "/orders", "shop.order.place", s.shopOrderPlace, auth.Buying...)
	s.guarded("GET", "/orders", "shop.orders", s.shopOrders, auth.Buying...)
	s.guarded("GET", "/orders/{no}", "shop.order", s.shopOrder, auth.Roles...)
	s.guarded("GET", "/orders/{no}/print", "shop.order.print", s.shopOrderPrint, auth.Roles...)
	s.guarded("POST", "/orders/{no}/pay", "shop.order.pay", s.shopOrderPay, auth.Buying...)
	s.guarded("GET", "/orders/{no}/back", "shop.order.back", s.shopOrderBack, auth.Buying...)
	s.guarded("POST", "/orders/{no}/shortages/{id:[0-9]+}", "shop.order.shortage", s.shopOrderShortage, auth.Buying...)
	s.guarded("GET", "/orders/{no}/cancel", "shop.order.cancel", s.shopOrderCancel, auth.Roles...)
	s.guarded("POST", "/orders/{no}/cancel", "shop.order.cancel.do", s.shopOrderCancelDo, auth.Roles...)
}

const stockTopic = "stock"

// publishStock tells the pages that are open what is left, once a second, until ctx ends.
func (s *Server) publishStock(ctx context.Context) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	last := ""
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if !s.live.Watched(stockTopic) {
			last = ""
			continue
		}
		stock, err := s.deps.Catalog.Stock(ctx, catalog.None{})
		if err != nil {
			continue // the pages keep the last figure; the next tick asks again
		}
		left := make(map[string]int64, len(stock))
		for _, one := range stock {
			left[strconv.FormatInt(one.PresaleID, 10)] = one.Left
		}
		data, err := json.Marshal(left)
		if err == nil && string(data) != last {
			last = string(data)
			s.live.Publish(stockTopic, last)
		}
	}
}

type referenceCache struct {
	sync.Mutex
	value catalog.Reference
	at    time.Time
}

// reference holds names of places and products. It changes rarely and every page asks for it.
func (s *Server) reference(ctx context.Context) (catalog.Reference, error) {
	s.ref.Lock()
	defer s.ref.Unlock()
	if s.now().Sub(s.ref.at) < time.Minute {
		return s.ref.value, nil
	}
	ref, err := s.deps.Catalog.Reference(link.WithActor(ctx, link.Actor{}), catalog.None{})
	if err != nil {
		if !s.ref.at.IsZero() {
			return s.ref.value, nil // old names are better than no page
		}
		return ref, err
	}
	s.ref.value, s.ref.at = ref, s.now()
	return ref, nil
}

// pick returns the text of a module in the reader's language.
func (l Lang) text(t catalog.Text) string { return l.pick(t.Zh, t.En) }

// buyersChannel is the channel an account orders through: private unless it buys for an organisation.
func (s *Server) buyersChannel(ctx context.Context, a *auth.Account) catalog.Channel {
	if a == nil || a.OrgID == 0 {
		return catalog.ChannelPrivate
	}
	ref, err := s.reference(ctx)
	if err != nil {
		return catalog.ChannelContract
	}
	i := slices.IndexFunc(ref.Organisations, func(o catalog.Organisation) bool { return o.ID == a.OrgID })
	if i >= 0 && ref.Organisations[i].Kind == catalog.OrgSupermarket {
		return catalog.ChannelMarket
	}
	return catalog.ChannelContract
}

type homePage struct {
	Presales   []catalog.PublicPresale
	Products   []catalog.Product
	Villages   int
	Townships  int
	Households int64
	Left       map[string]int64
}

func (s *Server) shopHome(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	ref, err := s.reference(ctx)
	if err != nil {
		return err
	}
	channel := s.buyersChannel(ctx, auth.FromContext(ctx))
	page, err := s.deps.Catalog.Presales(ctx, catalog.PresaleFilter{Channel: channel, State: catalog.PresaleOpen, Limit: 100})
	if err != nil {
		return err
	}
	d := homePage{Products: ref.Products, Villages: len(ref.Villages), Townships: len(ref.Townships)}
	seen := map[string]bool{}
	for _, p := range page.Items { // one of each product first: a shop window, not a list
		d.Households = max(d.Households, p.Households)
		if p.Orderable && !seen[p.Product.Code] {
			seen[p.Product.Code] = true
			d.Presales = append(d.Presales, p)
		}
	}
	return s.render(w, r, http.StatusOK, "shop/home", d)
}

type presalesPage struct {
	Page      catalog.PresalePage
	Filter    catalog.PresaleFilter
	Reference catalog.Reference
	Channel   catalog.Channel
	Filtered  bool
}

func (s *Server) shopPresales(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f := s.queryForm(r)
	channel := s.buyersChannel(ctx, auth.FromContext(ctx))
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
	if d.Reference, err = s.reference(ctx); err != nil {
		return err
	}
	if f.OK() {
		d.Page, err = s.deps.Catalog.Presales(ctx, filter)
		if err != nil && !f.Fail(err) {
			return err
		}
	}
	return s.renderForm(w, r, "shop/presales", d, f)
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

func (s *Server) presalePage(ctx context.Context, code string) (presalePage, error) {
	d := presalePage{Channel: s.buyersChannel(ctx, auth.FromContext(ctx))}
	var err error
	if d.Presale, err = s.deps.Catalog.Presale(ctx, catalog.PresaleRef{Code: code}); err != nil {
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

func (s *Server) shopPresale(w http.ResponseWriter, r *http.Request) error {
	d, err := s.presalePage(r.Context(), mux.Vars(r)["code"])
	if err != nil {
		return err
	}
	return s.renderForm(w, r, "shop/presale", d, s.newForm(langOf(r)))
}

// orderRef reads the number in the path.
func orderRef(r *http.Request) orders.OrderRef { return orders.OrderRef{No: mux.Vars(r)["no"]} }
