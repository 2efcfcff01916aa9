package organisation

import (
	"net/http"

	"banmuyuan/catalog"
	"banmuyuan/orders"
	"banmuyuan/web/auth"
	"banmuyuan/web/page"
)

// collecting roles fetch and weigh what a cooperative sells.
var collecting = []auth.Role{auth.Clerk, auth.Officer}

// routes are the pages of cooperatives, enterprises and charity supermarkets that buy in quantity and read
// what they sold.
func (s *pages) routes() {
	s.Guarded("GET", "/desk", "organisation.home", s.home, auth.Organisation...)
	s.Guarded("GET", "/desk/buy", "organisation.presales", s.buy, auth.Officer, auth.OrgApprover)
	s.Guarded("POST", "/desk/buy", "organisation.presales.add", s.buyAdd, auth.Officer, auth.OrgApprover)
	s.Guarded("GET", "/desk/orders", "organisation.orders", s.orders, auth.Officer, auth.OrgApprover)
	s.Guarded("GET", "/desk/owed", "organisation.owed", s.owed, auth.Officer, auth.OrgApprover)
	s.Guarded("GET", "/desk/sales", "organisation.sales", s.sales, auth.Organisation...)
}

type homePage struct {
	Organisation catalog.Organisation
	Buying       orders.OrderPage
	Due          int // bought orders that wait for money
	Selling      orders.OrderPage
	Villages     orders.CollectionVillages
	Open         int64
	Held         orders.TicketPage
	Collects     bool
	Buys         bool
}

func (s *pages) home(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	a := auth.FromContext(ctx)
	d := homePage{Organisation: s.Organisation(ctx), Buys: a.Role.In(auth.Officer, auth.OrgApprover)}
	d.Collects = d.Organisation.Kind == catalog.OrgCooperative
	var err error
	if d.Buys {
		if d.Buying, err = s.Orders.Orders(ctx, orders.OrderFilter{Limit: 8}); err != nil {
			return err
		}
		for _, o := range d.Buying.Items {
			if o.DueFen > 0 {
				d.Due++
			}
		}
	}
	if d.Collects {
		if d.Selling, err = s.Orders.Orders(ctx, orders.OrderFilter{Selling: true, Limit: 8}); err != nil {
			return err
		}
		if d.Villages, err = s.Orders.CollectionVillages(ctx, orders.CollectionFilter{State: orders.ShareExpected}); err != nil {
			return err
		}
		for _, v := range d.Villages.Items {
			d.Open += v.Open
		}
		if d.Held, err = s.Orders.Tickets(ctx, orders.TicketFilter{State: orders.TicketHeld, Limit: 20}); err != nil {
			return err
		}
	}
	return s.Render(w, r, http.StatusOK, "organisation/home", d)
}

// organisationBuy is a dense list with a quantity for each presale: one form fills the basket.
type buyPage struct {
	Page    catalog.PresalePage
	Channel catalog.Channel
	Basket  map[string]int64
}

func (s *pages) buyPage(r *http.Request) (buyPage, error) {
	ctx := r.Context()
	d := buyPage{Channel: s.BuyersChannel(ctx, auth.FromContext(ctx)), Basket: map[string]int64{}}
	var err error
	d.Page, err = s.Catalog.Presales(ctx, catalog.PresaleFilter{Channel: d.Channel, State: catalog.PresaleOpen, Limit: 100})
	for _, item := range s.Basket(r) {
		d.Basket[item.Code] = item.Qty
	}
	return d, err
}

func (s *pages) buy(w http.ResponseWriter, r *http.Request) error {
	d, err := s.buyPage(r)
	if err != nil {
		return err
	}
	return s.RenderForm(w, r, "organisation/buy", d, s.NewForm(page.LangOf(r)))
}

func (s *pages) buyAdd(w http.ResponseWriter, r *http.Request) error {
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	d, err := s.buyPage(r)
	if err != nil {
		return err
	}
	var items []page.BasketItem
	for _, p := range d.Page.Items {
		qty := f.Int("qty." + p.Code)
		if qty == 0 {
			continue
		}
		item := page.BasketItem{PresaleID: p.ID, Code: p.Code, Grade: f.Text("grade." + p.Code), Qty: qty}
		if text := s.BasketProblem(page.LangOf(r), p, item, d.Channel); text != "" {
			f.AddText("qty."+p.Code, text)
		}
		items = append(items, item)
	}
	if len(items) == 0 && f.OK() {
		f.Add("", "basket.nothing")
	}
	if len(items) > page.BasketMost {
		f.Add("", "basket.full")
	}
	if !f.OK() {
		return s.RenderForm(w, r, "organisation/buy", d, f)
	}
	s.SetBasket(r, items)
	return s.GoTo(w, r, "shop.checkout")
}

type ordersPage struct {
	Page    orders.OrderPage
	Filter  orders.OrderFilter
	State   string
	Selling bool
}

func (s *pages) orders(w http.ResponseWriter, r *http.Request) error {
	return s.orderList(w, r, false)
}

func (s *pages) sales(w http.ResponseWriter, r *http.Request) error {
	return s.orderList(w, r, true)
}

func (s *pages) orderList(w http.ResponseWriter, r *http.Request, selling bool) error {
	f := s.QueryForm(r)
	d := ordersPage{State: f.Text("state"), Selling: selling, Filter: orders.OrderFilter{Query: f.Text("q"),
		From: f.Text("from"), To: f.Text("to"), Selling: selling, Cursor: f.Text("cursor"), Limit: 50}}
	if d.State != "" {
		d.Filter.State = []orders.State{orders.State(d.State)}
	}
	var err error
	if d.Page, err = s.Orders.Orders(r.Context(), d.Filter); err != nil && !f.Fail(err) {
		return err
	}
	return s.RenderForm(w, r, "organisation/orders", d, f)
}
