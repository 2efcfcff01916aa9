package household

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"html/template"
	"net/http"
	"strconv"

	"rsc.io/qr"

	"banmuyuan/internal/link"
	"banmuyuan/orders"
	"banmuyuan/web/page"
)

type ticketsPage struct {
	page.HouseholdPage
	Page orders.TicketPage
}

func (s *pages) tickets(w http.ResponseWriter, r *http.Request) error {
	if s.ChooseHousehold(w, r) {
		return nil
	}
	ctx, who, err := s.Acting(r)
	if err != nil {
		return err
	}
	f := s.QueryForm(r)
	d := ticketsPage{HouseholdPage: who}
	if d.Page, err = s.Orders.Tickets(ctx, orders.TicketFilter{Household: who.Household.ID, Cursor: f.Text("cursor"), Limit: 20}); err != nil && !f.Fail(err) {
		return err
	}
	return s.RenderForm(w, r, "household/tickets", d, f)
}

type ticketPage struct {
	page.HouseholdPage
	Ticket orders.Ticket
	QR     template.URL
	Check  string // the address in the code
}

func (s *pages) ticketPage(r *http.Request) (ticketPage, error) {
	ctx, who, err := s.Acting(r)
	d := ticketPage{HouseholdPage: who}
	if err != nil {
		return d, err
	}
	if d.Ticket, err = s.Orders.Ticket(ctx, orders.TicketRef{ID: page.PathInt(r, "id")}); err != nil {
		return d, err
	}
	if d.Ticket.HouseholdID != who.Household.ID {
		return d, link.E(link.NotFound, "not_found", "")
	}
	path, err := s.URL("household.ticket", "id", d.Ticket.ID, "h", d.H)
	if err != nil {
		return d, err
	}
	d.Check = s.Abs(path)
	d.QR, err = qrPicture(d.Check)
	return d, err
}

// qrPicture draws a code as a picture that is part of the page.
func qrPicture(text string) (template.URL, error) {
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		return "", fmt.Errorf("draw code: %w", err)
	}
	var b bytes.Buffer
	size := code.Size + 8 // four modules of quiet ground on each side
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" shape-rendering="crispEdges"><rect width="100%%" height="100%%" fill="#fff"/><path d="`, size, size)
	for y := range code.Size {
		for x := range code.Size {
			if code.Black(x, y) {
				b.WriteString("M" + strconv.Itoa(x+4) + " " + strconv.Itoa(y+4) + "h1v1h-1z")
			}
		}
	}
	b.WriteString(`"/></svg>`)
	return template.URL("data:image/svg+xml;base64," + base64.StdEncoding.EncodeToString(b.Bytes())), nil
}

func (s *pages) ticket(w http.ResponseWriter, r *http.Request) error {
	if s.ChooseHousehold(w, r) {
		return nil
	}
	d, err := s.ticketPage(r)
	if err != nil {
		return err
	}
	return s.Render(w, r, http.StatusOK, "household/ticket", d)
}

func (s *pages) ticketPrint(w http.ResponseWriter, r *http.Request) error {
	d, err := s.ticketPage(r)
	if err != nil {
		return err
	}
	return s.Render(w, r, http.StatusOK, "household/ticket_print", d)
}
