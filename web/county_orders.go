package web

import (
	"net/http"

	"banmuyuan/catalog"
	"banmuyuan/orders"
	"banmuyuan/web/auth"
)

// orderRoutes are the pages of orders.
func (s *goods) orderRoutes() {
	county := auth.County
	s.guarded("GET", "/county/orders", "county.orders", s.countyOrders, county...)
	s.guarded("GET", "/county/orders/{no}/split", "county.split", s.countySplit, county...)
}

type countyOrdersPage struct {
	Words    words
	Page     orders.OrderPage
	Filter   orders.OrderFilter
	State    string
	States   []Option
	Channels []Option
	Filtered bool
}

func (s *goods) countyOrders(w http.ResponseWriter, r *http.Request) error {
	l := langOf(r)
	f := s.queryForm(r)
	d := countyOrdersPage{Words: s.words(r), State: f.Text("state"), Filter: orders.OrderFilter{Query: f.Text("q"),
		Channel: catalog.Channel(f.Text("channel")), Presale: f.Int("presale"), From: f.Text("from"), To: f.Text("to"), Cursor: f.Text("cursor"), Limit: 50}}
	if d.State != "" {
		d.Filter.State = []orders.State{orders.State(d.State)}
	}
	d.Filtered = d.State != "" || d.Filter.Query != "" || d.Filter.Channel != "" || d.Filter.Presale != 0 || d.Filter.From != "" || d.Filter.To != ""
	d.States = options(l.pick("全部状态", "All states"), orders.States, func(st orders.State) string { return string(st) },
		func(st orders.State) string { return d.Words.Say("status.order", st) })
	d.Channels = s.channelOptions(r, l.pick("全部渠道", "All channels"))
	if f.OK() {
		var err error
		if d.Page, err = s.Orders.Orders(r.Context(), d.Filter); err != nil && !f.Fail(err) {
			return err
		}
	}
	return s.renderForm(w, r, "county/orders", d, f)
}
