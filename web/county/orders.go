package county

import (
	"net/http"
	"slices"

	"banmuyuan/catalog"
	"banmuyuan/orders"
	"banmuyuan/web/auth"
	"banmuyuan/web/page"
)

// orderRoutes are the pages of orders.
func (s *goods) orderRoutes() {
	county := auth.County
	s.Guarded("GET", "/county/orders", "county.orders", s.orders, county...)
	s.Guarded("GET", "/county/orders/{no}/split", "county.split", s.split, county...)
}

type ordersPage struct {
	Words    page.Words
	Page     orders.OrderPage
	Filter   orders.OrderFilter
	State    string
	States   []page.Option
	Channels []page.Option
	Seasons  []page.Option
	Filtered bool
}

// openState stands for all states of an order that is not over.
const openState = "open"

func (s *goods) orders(w http.ResponseWriter, r *http.Request) error {
	l := page.LangOf(r)
	f := s.QueryForm(r)
	d := ordersPage{Words: s.Words(r), State: f.Text("state"), Filter: orders.OrderFilter{Query: f.Text("q"),
		Channel: catalog.Channel(f.Text("channel")), Presale: f.Int("presale"), Season: int(f.Int("season")), From: f.Text("from"), To: f.Text("to"), Cursor: f.Text("cursor"), Limit: 50}}
	switch d.State {
	case "":
	case openState:
		d.Filter.State = orders.Unfinished()
	default:
		d.Filter.State = []orders.State{orders.State(d.State)}
	}
	d.Filtered = d.State != "" || d.Filter.Query != "" || d.Filter.Channel != "" || d.Filter.Presale != 0 || d.Filter.Season != 0 || d.Filter.From != "" || d.Filter.To != ""
	d.States = page.Options(l.Pick("全部状态", "All states"), orders.States, func(st orders.State) string { return string(st) },
		func(st orders.State) string { return d.Words.Say("status.order", st) })
	d.States = slices.Insert(d.States, 1, page.Option{Value: openState, Label: l.Pick("没有完成的", "Not finished")})
	choice, err := s.SeasonChoice(r, d.Filter.Season)
	if err != nil {
		return err
	}
	d.Seasons = slices.Insert(choice.Options(catalog.SeasonMachine.States()...), 0, page.Option{Value: "", Label: l.Pick("全部年度", "All seasons"), Selected: d.Filter.Season == 0})
	d.Channels = s.channelOptions(r, l.Pick("全部渠道", "All channels"))
	if f.OK() {
		if d.Page, err = s.Orders.Orders(r.Context(), d.Filter); err != nil && !f.Fail(err) {
			return err
		}
	}
	return s.RenderForm(w, r, "county/orders", d, f)
}
