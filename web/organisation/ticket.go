package organisation

import (
	"context"
	"net/http"

	"banmuyuan/orders"
	"banmuyuan/web/auth"
	"banmuyuan/web/page"
)

type ticketPage struct {
	Ticket    orders.Ticket
	MayDecide bool
	MayWeigh  bool
	Link      string
}

func (s *collectionPages) ticketPage(ctx context.Context, id int64) (ticketPage, error) {
	var d ticketPage
	var err error
	if d.Ticket, err = s.Orders.Ticket(ctx, orders.TicketRef{ID: id}); err != nil {
		return d, err
	}
	a := auth.FromContext(ctx)
	d.MayWeigh = a.Role.In(collecting...)
	d.MayDecide = d.Ticket.State == orders.TicketHeld && a.Login != d.Ticket.Actor && a.Role != auth.OrgApprover
	u, err := s.URL("organisation.ticket", "id", id)
	d.Link = s.Abs(u)
	return d, err
}

func (s *collectionPages) ticket(w http.ResponseWriter, r *http.Request) error {
	d, err := s.ticketPage(r.Context(), page.PathInt(r, "id"))
	if err != nil {
		return err
	}
	return s.RenderForm(w, r, "organisation/ticket", d, s.NewForm(page.LangOf(r)))
}

func (s *collectionPages) ticketDecide(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	id := page.PathInt(r, "id")
	accept := f.Text("decision") == "accept"
	_, err = s.Orders.DecideTicket(ctx, orders.DecideTicketRequest{ID: id, Accept: accept, Reason: f.Text("reason")})
	if err != nil {
		if !f.Fail(err) {
			return err
		}
		d, err := s.ticketPage(ctx, id)
		if err != nil {
			return err
		}
		return s.RenderForm(w, r, "organisation/ticket", d, f)
	}
	s.Flash(r, page.Good, map[bool]string{true: "ticket.accepted", false: "ticket.refused"}[accept])
	return s.GoTo(w, r, "organisation.ticket", "id", id)
}
