package organisation

import (
	"net/http"

	"banmuyuan/orders"
)

type ticketsPage struct {
	Page   orders.TicketPage
	Filter orders.TicketFilter
}

func (s *collectionPages) tickets(w http.ResponseWriter, r *http.Request) error {
	f := s.QueryForm(r)
	d := ticketsPage{Filter: orders.TicketFilter{OrderNo: f.Text("order"), State: orders.TicketState(f.Text("state")),
		VillageID: f.Int("village"), Cursor: f.Text("cursor"), Limit: 50}}
	var err error
	if d.Page, err = s.Orders.Tickets(r.Context(), d.Filter); err != nil && !f.Fail(err) {
		return err
	}
	return s.RenderForm(w, r, "organisation/tickets", d, f)
}
