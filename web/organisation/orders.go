package organisation

import (
	"net/http"

	"banmuyuan/orders"
)

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
