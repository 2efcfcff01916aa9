package organisation

import (
	"cmp"
	"context"
	"net/http"
	"slices"

	"github.com/google/uuid"
	"github.com/gorilla/mux"

	"banmuyuan/internal/link"
	"banmuyuan/orders"
	"banmuyuan/web/auth"
	"banmuyuan/web/page"
)

type weighPage struct {
	Rows     []collectionVillageRow
	Village  int64
	Name     string
	Page     orders.CollectionPage
	Searched bool
}

// weigh finds the household that stands at the scale: by village, then by name, code or the last digits of
// the phone.
func (s *collectionPages) weigh(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f := s.QueryForm(r)
	d := weighPage{Village: f.Int("village")}
	villages, err := s.Orders.CollectionVillages(ctx, orders.CollectionFilter{State: orders.ShareExpected})
	if err != nil {
		return err
	}
	for _, v := range villages.Items {
		village, township := s.Village(ctx, v.VillageID)
		if i := slices.IndexFunc(d.Rows, func(r collectionVillageRow) bool { return r.VillageID == v.VillageID }); i >= 0 {
			d.Rows[i].Open += v.Open
			continue
		}
		d.Rows = append(d.Rows, collectionVillageRow{CollectionVillage: v, Village: village.Name, Township: township})
	}
	if d.Village == 0 && len(d.Rows) == 1 {
		d.Village = d.Rows[0].VillageID
	}
	if d.Searched = d.Village != 0 || f.Text("q") != ""; d.Searched {
		village, _ := s.Village(ctx, d.Village)
		d.Name = village.Name
		d.Page, err = s.Orders.Collection(ctx, orders.CollectionFilter{VillageID: d.Village, Query: f.Text("q"),
			State: orders.ShareExpected, Cursor: f.Text("cursor"), Limit: 50})
		if err != nil && !f.Fail(err) {
			return err
		}
	}
	return s.RenderForm(w, r, "organisation/weigh", d, f)
}

type weighSharePage struct {
	Share    orders.Share
	Line     orders.Line
	OrderNo  string
	Weighed  bool // over a scale, rather than counted
	Room     int64
	Tickets  []orders.Ticket
	Replaces int64
	Village  string
	applied  []string
}

// Applies tells whether a premium or deduction is ticked.
func (d weighSharePage) Applies(code string) bool { return slices.Contains(d.applied, code) }

func (s *collectionPages) weighSharePage(ctx context.Context, r *http.Request) (weighSharePage, error) {
	d := weighSharePage{OrderNo: mux.Vars(r)["no"]}
	lineNo, lot := int(page.PathInt(r, "line")), page.PathInt(r, "lot")
	o, err := s.Orders.Order(ctx, orders.OrderRef{No: d.OrderNo})
	if err != nil {
		return d, err
	}
	i := slices.IndexFunc(o.Lines, func(l orders.Line) bool { return l.No == lineNo })
	if i < 0 {
		return d, link.E(link.NotFound, "not_found", "")
	}
	d.Line = o.Lines[i]
	d.Weighed = orders.Weighed(d.Line.PriceUnit)
	share, err := s.share(ctx, d.OrderNo, lineNo, lot)
	if err != nil {
		return d, err
	}
	d.Share, d.Room = share, share.Qty-share.Received-share.Short
	village, _ := s.Village(ctx, share.VillageID)
	d.Village = village.Name
	tickets, err := s.Orders.Tickets(ctx, orders.TicketFilter{OrderNo: d.OrderNo, Household: share.HouseholdID, Limit: 50})
	if err != nil {
		return d, err
	}
	for _, t := range tickets.Items {
		if t.Line == lineNo && t.LotID == lot && t.State != orders.TicketSuperseded {
			d.Tickets = append(d.Tickets, t)
		}
	}
	return d, nil
}

// share finds one share. Collection narrows it down by order; a line has at most one share per lot.
func (s *collectionPages) share(ctx context.Context, no string, line int, lot int64) (orders.Share, error) {
	filter := orders.CollectionFilter{OrderNo: no, LotID: lot, Limit: 50}
	list, err := s.Orders.Collection(ctx, filter)
	if err != nil {
		return orders.Share{}, err
	}
	for _, one := range list.Items {
		if one.Line == line && one.LotID == lot {
			return one, nil
		}
	}
	return orders.Share{}, link.E(link.NotFound, "not_found", "")
}

func (s *collectionPages) weighShare(w http.ResponseWriter, r *http.Request) error {
	d, err := s.weighSharePage(r.Context(), r)
	if err != nil {
		return err
	}
	f := s.NewForm(page.LangOf(r))
	f.Values.Set("grade", d.Line.Grade)
	f.Values.Set("client_id", uuid.NewString())
	if d.Room > 0 {
		f.Values.Set("units", page.Num64(d.Room))
	}
	for _, t := range d.Tickets { // correcting one: start from what it says
		if page.Num64(t.ID) == r.URL.Query().Get("replace") {
			d.Replaces = t.ID
			d.Room += t.Units
			f.Values.Set("units", page.Num64(t.Units))
			f.Values.Set("grade", t.Grade)
			f.Values.Set("supersedes", page.Num64(t.ID))
			if t.Contract != nil {
				d.applied = t.Contract.Adjustments
			}
		}
	}
	return s.RenderForm(w, r, "organisation/weigh_share", d, f)
}

// weighSave records the weighing. The ticket's id was made with the form, so a second click is the same
// ticket.
func (s *collectionPages) weighSave(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	d, err := s.weighSharePage(ctx, r)
	if err != nil {
		return err
	}
	d.Replaces, d.applied = f.Int("supersedes"), f.Values["adjustments"]
	unit := f.Text("weight_unit")
	req := orders.WeighRequest{
		ClientID: f.Text("client_id"), OrderNo: d.OrderNo, Line: d.Line.No, LotID: d.Share.LotID,
		PointID: cmp.Or(d.Share.AgreedPoint, s.villagePoint(ctx, d.Share.VillageID).ID),
		Units:   f.Int("units"), Rejected: f.Int("rejected"), Reason: f.Text("reason"), Grade: f.Text("grade"),
		GrossGrams: f.Grams("gross_grams", unit), TareGrams: f.Grams("tare_grams", unit),
		WeighedAt: s.Now(), Final: f.Text("final") != "", Supersedes: d.Replaces, Adjustments: d.applied,
	}
	if f.OK() {
		var t orders.Ticket
		if t, err = s.Orders.Weigh(ctx, req); err == nil {
			if t.State == orders.TicketHeld {
				s.Flash(r, page.Care, "ticket.held")
			} else {
				s.Flash(r, page.Good, "ticket.saved")
			}
			return s.GoTo(w, r, "organisation.ticket", "id", t.ID)
		}
		if !f.Fail(err) {
			return err
		}
	}
	return s.RenderForm(w, r, "organisation/weigh_share", d, f)
}

// short records that a household will not deliver the rest.
func (s *collectionPages) short(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	d, err := s.weighSharePage(ctx, r)
	if err != nil {
		return err
	}
	res, err := s.Orders.ReportShort(ctx, orders.ShortRequest{OrderNo: d.OrderNo, Line: d.Line.No, LotID: d.Share.LotID,
		Units: f.Int("short_units"), Reason: f.Text("short_reason"), Lost: f.Text("lost") != "", IdempotencyKey: f.Key()})
	if err != nil {
		if !f.Fail(err) {
			return err
		}
		return s.RenderForm(w, r, "organisation/weigh_share", d, f)
	}
	if res.Refilled > 0 {
		s.Flash(r, page.Good, "short.refilled", "n", res.Refilled)
	} else {
		s.Flash(r, page.Good, "short.saved")
	}
	return s.GoTo(w, r, "organisation.weigh", "village", d.Share.VillageID)
}

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
