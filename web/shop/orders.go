package shop

import (
	"net/http"

	"banmuyuan/orders"
)

type ordersPage struct {
	Page   orders.OrderPage
	Filter orders.OrderFilter
	State  string
}

func (s *ordering) orders(w http.ResponseWriter, r *http.Request) error {
	f := s.QueryForm(r)
	d := ordersPage{State: f.Text("state"), Filter: orders.OrderFilter{Query: f.Text("q"), Cursor: f.Text("cursor"), Limit: 20}}
	if d.State != "" {
		d.Filter.State = []orders.State{orders.State(d.State)}
	}
	var err error
	if d.Page, err = s.Orders.Orders(r.Context(), d.Filter); err != nil && !f.Fail(err) {
		return err
	}
	return s.RenderForm(w, r, "shop/orders", d, f)
}
