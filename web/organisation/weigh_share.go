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
	"banmuyuan/web/page"
)

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
	for _, t := range d.Tickets { // a correction starts from the ticket's values
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
